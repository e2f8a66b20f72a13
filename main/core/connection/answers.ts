import { AppFailure, isAppErrorCode } from '#shared/contract/errors.ts';
import type { RequestName, RequestResult } from '#shared/protocol/requests.ts';
import type { RequestOutcome } from './requests.ts';

/** For requests that a person waits for: the result, or an AppFailure that says what became of it. */
export function resultOf<N extends RequestName>(outcome: RequestOutcome<N>): RequestResult<N> {
  switch (outcome.kind) {
    case 'ok':
      return outcome.result;
    case 'not-sent':
      throw new AppFailure('OFFLINE', 'not connected');
    case 'unknown':
      throw new AppFailure('NETWORK_UNKNOWN', outcome.cause);
    case 'error': {
      const { code, details, retry_after_ms } = outcome.error;
      const more = { ...details, ...(retry_after_ms === undefined ? {} : { retry_after_ms }) };
      // An unknown code is temporary (requests.ts), and shown as it came.
      if (!isAppErrorCode(code)) throw new AppFailure('SERVER_BUSY', 'unknown code', { ...more, gateway_code: code });
      throw new AppFailure(code, 'refused by the gateway', more);
    }
  }
}
