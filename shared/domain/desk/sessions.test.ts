import { describe, expect, it } from 'vitest';
import type { Assignment } from '../../protocol/entities.ts';
import { historyEnd, seenUntil, sessionStart } from './sessions.ts';

const had = (agent_id: string, from: number, to: number | null, how: Assignment['how'] = 'claimed'): Assignment =>
  ({ agent_id, name: agent_id, from, to, how }) as Assignment;

describe('sessions', () => {
  it('[IN4] an earlier agent sees up to the end of their own part, the present one everything', () => {
    const parts = [had('a', 0, 10), had('b', 10, 20, 'transferred'), had('c', 30, null)];
    expect(seenUntil(parts, new Set(['a']))).toBe(10);
    expect(seenUntil(parts, new Set(['b']))).toBe(20);
    expect(seenUntil(parts, new Set(['c']))).toBe(Infinity);
    expect(seenUntil(parts, new Set(['d']))).toBe(-Infinity);
    expect(seenUntil([...parts, had('a', 40, 50)], new Set(['a', 'b']))).toBe(50);
  });
  it('[IN4] a session goes on through a transfer and begins anew with a claim or a routing', () => {
    expect(sessionStart([])).toBeNull();
    expect(sessionStart([had('a', 0, null)])).toBeNull();
    expect(sessionStart([had('a', 0, 10), had('b', 10, null, 'transferred')])).toBeNull();
    expect(sessionStart([had('a', 0, 10), had('b', 30, null, 'routed')])).toBe(10);
    expect(sessionStart([had('a', 0, 10), had('b', 30, 40), had('c', 40, null, 'transferred')])).toBe(10);
  });
  it('[IN4] while it waits again, what was before the last end is history', () => {
    expect(historyEnd({ intake: 'waiting', assignments: [had('a', 0, 10)] })).toBe(10);
    expect(historyEnd({ intake: 'waiting', assignments: [] })).toBeNull();
    expect(historyEnd({ intake: 'active', assignments: [had('a', 0, 10), had('a', 20, null)] })).toBe(10);
  });
});
