import type { KeptPosition, KeptRaw, KeptReading } from '#main/core/ports/store.ts';
import type { EventKind, GatewayEvent } from '#shared/protocol/events.ts';
import type { WritableDatabase } from '../connection.ts';
import type { Conversations } from './conversations.ts';
import { KEPT_MESSAGE, type Events, type IngestAccount } from './events.ts';

/** What an earlier version kept raw because it could not read it, or not whole (SY8). */

/** Rows at a time; each may have up to a frame's megabyte. */
const CHUNK = 50;

/** What these say still holds whenever it is read; the words of a policy or a list carry their version. */
const TIMELESS: ReadonlySet<EventKind> = new Set<EventKind>([
  'message.created',
  'message.status',
  'message.recalled',
  'attachment.opened',
  'conversation.purged',
  'policy.updated',
  'words.updated',
]);

export interface Kept {
  /** At most a chunk behind that position, in the order of its keys. */
  after(position: KeptPosition | null): readonly KeptRaw[];
  /** Out of what is kept, and into rows, unless it was overtaken meanwhile. */
  take(reading: KeptReading): void;
}

export function createKept(parts: {
  readonly db: WritableDatabase;
  readonly conversations: Conversations;
  readonly events: Pick<Events, 'putMessage'>;
  /** One event on its own; one that can't be applied is kept anew. */
  readonly apply: (account: IngestAccount, event: GatewayEvent) => void;
}): Kept {
  const { db, conversations } = parts;

  /** The state of a conversation or an agent has been told of anew since. */
  const isOvertaken = (source: number, event: GatewayEvent): boolean =>
    event.kind === 'conversation.upserted'
      ? conversations.find(source, event.conversation.conversation_id) !== null
      : !TIMELESS.has(event.kind as EventKind);

  return {
    after: (position) =>
      db
        .read<{ readonly account: number; readonly event_seq: number; readonly kind: string; readonly raw: string }>(
          'SELECT account, event_seq, kind, raw FROM raw_events WHERE (account, event_seq) > (?, ?) ORDER BY account, event_seq LIMIT ?',
        )
        .all(position?.account ?? -1, position?.event_seq ?? 0, CHUNK)
        .map(({ kind, ...row }) => ({ ...row, of: kind === KEPT_MESSAGE ? 'message' : 'event' })),
    take: (reading) => {
      const { changes } = db
        .write('DELETE FROM raw_events WHERE account = ? AND event_seq = ?')
        .run(reading.account, reading.event_seq);
      const account = db
        .read<IngestAccount>(
          'SELECT a.id AS key, a.source, g.agent_id FROM accounts a LEFT JOIN agents g ON g.id = a.agent WHERE a.id = ?',
        )
        .get(reading.account);
      // Erased with its conversation while it was being read.
      if (changes === 0 || account === undefined) return;
      if (reading.of === 'message') parts.events.putMessage(account, reading.message);
      else if (!isOvertaken(account.source, reading.event)) parts.apply(account, reading.event);
    },
  };
}
