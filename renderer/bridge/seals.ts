import { useCallback, useState } from 'react';
import type { AppError } from '#shared/contract/errors.ts';
import type { OpenedSeal } from '#shared/contract/remedy.ts';
import type { MessageKey } from '#shared/domain/ids.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import { bridge } from './index.ts';
import { useLive } from './live.ts';

/** Whether anybody signed in here may open seals (RC19); the core decides again. */
export function useMayOpenSeals(): boolean {
  return useLive((state) => state.accounts?.some((account) => isPermitted(account.agent?.role, 'seal.open')) ?? false);
}

export interface SealState {
  readonly key: MessageKey;
  readonly opened: OpenedSeal | null;
  readonly error: AppError | null;
}

/** Opening is asked for once a click: each one is audited. What was opened is forgotten when the dialog closes. */
export function useSeal() {
  const [seal, setSeal] = useState<SealState | null>(null);
  const open = useCallback((key: MessageKey): void => {
    setSeal({ key, opened: null, error: null });
    void bridge
      .call('seals.open', { message_key: key })
      .then((answer) =>
        setSeal((now) =>
          now?.key !== key
            ? now
            : answer.ok
              ? { key, opened: answer.result, error: null }
              : { key, opened: null, error: answer.error },
        ),
      );
  }, []);
  const close = useCallback(() => setSeal(null), []);
  return { seal, open, close };
}
