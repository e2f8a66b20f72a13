/**
 * Message keys follow server time (store.md, "Row id follows time"): the slot of the server time at 1,024 slots a
 * second since the epoch below, the next free one on a clash.
 */

/** 2000-01-01T00:00:00Z. Earlier times share slot 0 upwards. */
export const MESSAGE_KEY_EPOCH = 946_684_800_000;

const SLOTS_PER_SECOND = 1_024;

/** First slot of a millisecond. Unit of `serverTime`: milliseconds since 1970 UTC. */
export function messageKeySlot(serverTime: number): number {
  const ms = Math.max(0, serverTime - MESSAGE_KEY_EPOCH);
  return Math.floor((ms * SLOTS_PER_SECOND) / 1_000);
}

/**
 * Slack, in milliseconds, by which a key may lie after its time because of clashes. A date range is a key range widened
 * by this much at its upper end; `sent_at` then decides at the edges.
 */
export const MESSAGE_KEY_SLACK_MS = 3_600_000;

/**
 * The gateway's clock as seen from here (RC4). `offsetMs` = gateway minus local monotonic-anchored clock;
 * `uncertaintyMs` = half of the best round trip it was measured with.
 */
export interface ClockEstimate {
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}
