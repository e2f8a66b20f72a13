import { REQUEST_TIMEOUT_MS } from '#shared/protocol/limits.ts';
import { leftOut } from '#shared/protocol/fields.ts';
import {
  REQUESTS,
  type ReplyError,
  type RequestFields,
  type RequestName,
  type RequestResult,
} from '#shared/protocol/requests.ts';
import { describeIssues, type Reply } from '#shared/protocol/frames.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';

/**
 * What became of a request. `unknown`: it was handed to the socket and no usable answer came; it may or may not have been
 * carried out, and nobody may guess (RC15). `not-sent`: it never left.
 */
export type RequestOutcome<N extends RequestName> =
  /** `left_out`: elements of its lists that could not be read. Absent: none. */
  | { readonly kind: 'ok'; readonly result: RequestResult<N>; readonly left_out?: number }
  | { readonly kind: 'error'; readonly error: ReplyError }
  | { readonly kind: 'unknown'; readonly cause: 'timeout' | 'connection-lost' | 'bad-reply' }
  | { readonly kind: 'not-sent' };

interface Waiting {
  readonly name: RequestName;
  readonly settle: (outcome: RequestOutcome<RequestName>) => void;
  readonly timer: TimerHandle;
}

export type ReplyReading =
  | { readonly kind: 'read' }
  | { readonly kind: 'left-out'; readonly name: RequestName; readonly count: number }
  | { readonly kind: 'wrong-shape'; readonly name: RequestName; readonly problem: string };

export interface RequestTable {
  /** Sends a request frame and waits for its reply, at most 10 s. */
  request<N extends RequestName>(
    name: N,
    fields: RequestFields<N>,
    send: (text: string) => void,
  ): Promise<RequestOutcome<N>>;
  /** Answers what of the result could not be read; nothing of it is wrong where nobody waits for it any more. */
  reply(frame: Reply): ReplyReading;
  /** The connection is gone: everything that waits is unknown. */
  connectionLost(): void;
}

/** The requests of one connection: ids are unique within it, late replies of an earlier one can't be mistaken. */
export function createRequestTable(clock: Clock): RequestTable {
  const waiting = new Map<string, Waiting>();
  let generation = 0;
  let counter = 0;

  const settle = (id: string, outcome: RequestOutcome<RequestName>): void => {
    const entry = waiting.get(id);
    if (entry === undefined) return;
    waiting.delete(id);
    clock.clearTimeout(entry.timer);
    entry.settle(outcome);
  };

  return {
    request: (name, fields, send) =>
      new Promise((resolve) => {
        const id = `${generation}-${++counter}`;
        const timer = clock.setTimeout(() => settle(id, { kind: 'unknown', cause: 'timeout' }), REQUEST_TIMEOUT_MS);
        waiting.set(id, { name, settle: resolve as Waiting['settle'], timer });
        send(JSON.stringify({ ...fields, type: name, request_id: id }));
      }),
    reply(frame) {
      const entry = waiting.get(frame.request_id);
      if (entry === undefined) return { kind: 'read' };
      if (!frame.ok) {
        settle(frame.request_id, { kind: 'error', error: frame.error });
        return { kind: 'read' };
      }
      const { name } = entry;
      // Nothing to say is said by leaving it out, too.
      const result = REQUESTS[name].result.safeParse(frame.result ?? {});
      if (!result.success) {
        settle(frame.request_id, { kind: 'unknown', cause: 'bad-reply' });
        return { kind: 'wrong-shape', name, problem: describeIssues(result.error) };
      }
      const count = leftOut(frame.result, result.data);
      settle(frame.request_id, {
        kind: 'ok',
        result: result.data as RequestResult<RequestName>,
        ...(count === 0 ? {} : { left_out: count }),
      });
      return count === 0 ? { kind: 'read' } : { kind: 'left-out', name, count };
    },
    connectionLost() {
      generation++;
      for (const id of waiting.keys()) settle(id, { kind: 'unknown', cause: 'connection-lost' });
    },
  };
}
