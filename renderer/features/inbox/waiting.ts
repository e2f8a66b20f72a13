import type { ConversationView } from '#shared/contract/views.ts';

/** From when a waiting consumer's clock is emphasised, milliseconds. */
export const LONG_WAIT_MS = 180_000;

export interface RowMarks {
  /** How long the consumer has waited, milliseconds; null where no clock runs (IN1). */
  readonly waitedMs: number | null;
  readonly long: boolean;
  /** What stands at the right of the second line. */
  readonly reply: 'unread' | 'unreplied' | 'read_unreplied' | 'replied' | 'none';
}

/** Intake and reply are two separate things (IN1): a row shows the clock of the one and the mark of the other. */
export function rowMarks(
  conversation: Pick<ConversationView, 'intake' | 'waiting_since' | 'reply_state' | 'unread' | 'last_message_at'>,
  serverNow: number,
): RowMarks {
  const clockRuns = conversation.intake !== 'ended' && conversation.waiting_since !== null;
  const waitedMs =
    clockRuns && conversation.waiting_since !== null ? Math.max(0, serverNow - conversation.waiting_since) : null;
  const reply =
    conversation.last_message_at === null ? 'none' : conversation.unread > 0 ? 'unread' : conversation.reply_state;
  return { waitedMs, long: waitedMs !== null && waitedMs >= LONG_WAIT_MS, reply };
}
