import { describe, expect, it } from 'vitest';
import { LONG_WAIT_MS, rowMarks } from './waiting.ts';

const base = {
  intake: 'waiting',
  waiting_since: 1_000,
  reply_state: 'unreplied',
  unread: 0,
  last_message_at: 1_000,
} as const;

describe('marks of a conversation row', () => {
  it('[IN1] the clock runs while the consumer waits, by the gateway’s time', () => {
    expect(rowMarks(base, 61_000).waitedMs).toBe(60_000);
    expect(rowMarks({ ...base, waiting_since: 90_000 }, 61_000).waitedMs).toBe(0);
    expect(rowMarks({ ...base, waiting_since: null }, 61_000).waitedMs).toBeNull();
    expect(rowMarks({ ...base, intake: 'ended' }, 61_000).waitedMs).toBeNull();
  });
  it('[IN1] a long wait is emphasised', () => {
    expect(rowMarks(base, 1_000 + LONG_WAIT_MS - 1).long).toBe(false);
    expect(rowMarks(base, 1_000 + LONG_WAIT_MS).long).toBe(true);
  });
  it('[IN1] the reply state is separate from the intake state, and unread goes before it', () => {
    expect(rowMarks({ ...base, intake: 'active', reply_state: 'read_unreplied' }, 0).reply).toBe('read_unreplied');
    expect(rowMarks({ ...base, intake: 'active', reply_state: 'replied' }, 0).reply).toBe('replied');
    expect(rowMarks({ ...base, unread: 3 }, 0).reply).toBe('unread');
    expect(rowMarks({ ...base, last_message_at: null }, 0).reply).toBe('none');
  });
});
