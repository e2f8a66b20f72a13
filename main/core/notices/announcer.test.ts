import { describe, expect, it } from 'vitest';
import type { TopicMessage } from '#shared/contract/topics.ts';
import type { AccountView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createAnnouncer } from './announcer.ts';

const key = (number: number): ConversationKey => number as ConversationKey;

function bench() {
  const clock = createFakeClock();
  const told: TopicMessage[] = [];
  let asked = 0;
  const answer: (() => void)[] = [];
  const announcer = createAnnouncer({
    clock,
    logger: { log: () => {} },
    accountsView: () => {
      asked++;
      return new Promise<readonly AccountView[]>((resolve) => answer.push(() => resolve([])));
    },
  });
  announcer.subscribe((message) => told.push(message));
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return {
    clock,
    announcer,
    turns,
    told: () => told.splice(0),
    asked: () => asked,
    async answer() {
      for (const resolve of answer.splice(0)) resolve();
      await turns();
    },
    message: (...keys: number[]) => announcer.changes({ conversations: [], messages: keys.map(key), many: false }),
  };
}

describe('announcer', () => {
  it('[UX4] the first change is told at once, those of the next 16 ms together, each conversation once', () => {
    const b = bench();
    b.message(1);
    expect(b.told()).toEqual([{ topic: 'messages', payload: { keys: [1] } }]);
    b.message(2);
    b.clock.advance(10);
    b.message(3, 2);
    expect(b.told()).toEqual([]);
    b.clock.advance(6);
    expect(b.told()).toEqual([{ topic: 'messages', payload: { keys: [2, 3] } }]);
    b.clock.advance(30);
    // Quiet again: at once.
    b.message(4);
    expect(b.told()).toEqual([{ topic: 'messages', payload: { keys: [4] } }]);
  });

  it('[UX4] [SY4] what comes while catching up is told every 250 ms, and something of the present at once with it', () => {
    const b = bench();
    const missed = (number: number): void =>
      b.announcer.changes({ conversations: [], messages: [key(number)], many: false }, true);
    missed(1);
    expect(b.told()).toEqual([{ topic: 'messages', payload: { keys: [1] } }]);
    for (let ms = 1; ms <= 1_000; ms++) {
      missed(1 + (ms % 3));
      b.clock.advance(1);
    }
    const told = b.told();
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(told.length).toBeLessThanOrEqual(4);
    missed(7);
    b.message(8);
    b.clock.advance(16);
    expect(b.told().flatMap(({ payload }) => (payload as unknown as { keys: number[] }).keys)).toEqual(
      expect.arrayContaining([7, 8]),
    );
    // The last of them is told even if nothing follows.
    missed(9);
    b.clock.advance(300);
    expect(b.told()).toEqual([{ topic: 'messages', payload: { keys: [9] } }]);
  });

  it('[UX4] under a steady stream at most one notice in 16 ms, and the last change is always told', () => {
    const b = bench();
    for (let ms = 0; ms < 3_000; ms++) {
      b.message(ms % 50);
      b.clock.advance(1);
    }
    const notices = b.told();
    expect(notices.length).toBeGreaterThan(180);
    expect(notices.length).toBeLessThanOrEqual(189);
    b.message(77);
    b.clock.advance(30);
    expect(b.told().at(-1)).toMatchObject({ payload: { keys: expect.arrayContaining([77]) } });
    b.clock.advance(30);
    expect(b.clock.waiting).toBe(0);
  });

  it('[UX4] more keys than a view shows rows are "many, ask again"', () => {
    const b = bench();
    b.message(0);
    for (let n = 0; n < 201; n++) b.message(n);
    b.told();
    b.clock.advance(30);
    expect(b.told()).toEqual([{ topic: 'messages', payload: { keys: [] } }]);
  });

  it('[SY9] accounts are told at once and then at most every 200 ms, never asked for twice at a time', async () => {
    const b = bench();
    b.announcer.accounts();
    expect(b.asked()).toBe(1);
    b.announcer.accounts();
    b.clock.advance(250);
    expect(b.asked()).toBe(1);
    await b.answer();
    // What changed while the first was asked for is asked for after it.
    expect(b.asked()).toBe(2);
    await b.answer();
    expect(b.told().map(({ topic }) => topic)).toEqual(['accounts', 'accounts']);
    for (let n = 0; n < 20; n++) {
      b.announcer.accounts();
      b.clock.advance(10);
      await b.answer();
    }
    expect(b.asked()).toBe(3);
  });

  it('[UX4] after the end nothing is told and no timer is left', () => {
    const b = bench();
    b.message(1);
    b.announcer.accounts();
    b.announcer.stop();
    b.message(2);
    b.announcer.accounts();
    expect(b.clock.waiting).toBe(0);
    expect(b.told()).toHaveLength(1);
    expect(b.asked()).toBe(1);
  });
});
