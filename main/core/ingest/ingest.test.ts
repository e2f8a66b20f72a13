import { describe, expect, it } from 'vitest';
import { AppFailure } from '#shared/contract/errors.ts';
import { AccountId } from '#shared/domain/ids.ts';
import type { GatewayEvent } from '#shared/protocol/events.ts';
import type { IngestResult } from '../ports/store.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createIngest } from './ingest.ts';

/** Only the store's faults and its slowness are made up here; that it stores is the contract tests' business. */
function bench() {
  const clock = createFakeClock();
  const seen: string[] = [];
  const batches: number[][] = [];
  let cursor = 0;
  let fail: AppFailure | null = null;
  let finish: (() => void)[] = [];
  let slow = false;
  let failOnce = false;
  let last = Promise.resolve();
  const store = (events: readonly GatewayEvent[]): IngestResult => {
    if (fail !== null) throw fail;
    if (failOnce) {
      failOnce = false;
      throw new AppFailure('DISK_FULL', 'full');
    }
    batches.push(events.map((event) => event.event_seq));
    let gap: number | null = null;
    const before = cursor;
    for (const { event_seq } of events) {
      if (event_seq <= cursor) continue;
      if (event_seq !== cursor + 1) {
        gap = event_seq;
        break;
      }
      cursor = event_seq;
    }
    return {
      event_seq: cursor,
      applied: cursor - before,
      skipped: 0,
      gap_at: gap,
      changes: { conversations: [], messages: [], many: false },
      notices: [],
      shops_changed: false,
      agent_changed: false,
      refused_policies: [],
      settled_recalls: [],
      contradicted_recalls: [],
      settled_sends: [],
    };
  };
  const ingest = createIngest({
    account: AccountId.parse('a'),
    clock,
    logger: { log: () => {} },
    store: {
      async ingest(_account: AccountId, events: readonly GatewayEvent[]): Promise<IngestResult> {
        // One after the other, as the writer's thread does it.
        const gate = slow ? new Promise<void>((resolve) => finish.push(resolve)) : null;
        const before = last;
        let done = (): void => undefined;
        last = new Promise((resolve) => (done = resolve));
        await before;
        await gate;
        try {
          return store(events);
        } finally {
          done();
        }
      },
    },
    onStored: (result) => seen.push(`stored ${result.event_seq}`),
    onGap: (at) => seen.push(`gap ${at}`),
    onPause: () => seen.push('pause'),
    onResume: () => seen.push('resume'),
    onProblem: (code) => seen.push(`problem ${code}`),
  });
  const push = (from: number, to: number, chars = 100): void => {
    for (let seq = from; seq <= to; seq++)
      ingest.push({ type: 'event', event_seq: seq, at: 0, kind: 'unknown', unknown_kind: 'x', raw: '{}' }, chars);
  };
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await Promise.resolve();
  };
  return {
    clock,
    ingest,
    seen,
    batches,
    push,
    turns,
    set fail(value: AppFailure | null) {
      fail = value;
    },
    /** The next batch fails, those behind it don't. */
    failNext: () => {
      failOnce = true;
    },
    get finishing() {
      return finish.length;
    },
    set slow(value: boolean) {
      slow = value;
    },
    finish: () => {
      const ready = finish;
      finish = [];
      for (const resolve of ready) resolve();
    },
    get waiting() {
      return clock.waiting;
    },
  };
}

describe('ingest', () => {
  it('[SY2] what came together is one batch of at most a thousand; the next one is gathered no longer than 50 ms', async () => {
    const b = bench();
    b.push(1, 2_500);
    await b.turns();
    b.clock.advance(50);
    await b.turns();
    expect(b.batches.map((batch) => batch.length)).toEqual([1_000, 1_000, 500]);
    b.push(2_501, 2_503);
    await b.turns();
    expect(b.batches).toHaveLength(3);
    b.push(2_504, 2_504);
    b.clock.advance(50);
    await b.turns();
    expect(b.batches.at(-1)).toEqual([2_501, 2_502, 2_503, 2_504]);
    b.push(2_505, 2_505);
    b.clock.advance(50);
    await b.turns();
    // Quiet again: a single message doesn't wait at all.
    b.push(2_506, 2_506);
    await b.turns();
    expect(b.batches.at(-1)).toEqual([2_506]);
    expect(b.waiting).toBe(0);
  });

  it('[SY2] reading stops while the store is behind, and goes on when it has caught up', async () => {
    const b = bench();
    b.slow = true;
    b.push(1, 1);
    await b.turns();
    b.push(2, 6_000);
    expect(b.seen).toEqual(['pause']);
    b.slow = false;
    b.finish();
    for (let i = 0; i < 10; i++) {
      await b.turns();
      b.clock.advance(50);
    }
    expect(b.seen.filter((line) => line === 'pause' || line === 'resume')).toEqual(['pause', 'resume']);
    expect(b.seen.at(-1)).toBe('stored 6000');
  });

  it('[SY2] frames of a megabyte count as many: a few of them are a batch, some dozens stop the reading', async () => {
    const b = bench();
    b.slow = true;
    b.push(1, 31, 1_048_576);
    await b.turns();
    expect(b.seen).toEqual([]);
    b.push(32, 40, 1_048_576);
    expect(b.seen).toEqual(['pause']);
    b.slow = false;
    b.finish();
    for (let i = 0; i < 20; i++) {
      await b.turns();
      b.clock.advance(50);
    }
    expect(Math.max(...b.batches.map((batch) => batch.length))).toBe(4);
    expect(b.seen.filter((line) => line === 'pause' || line === 'resume')).toEqual(['pause', 'resume']);
    expect(b.seen.at(-1)).toBe('stored 40');
  });

  it('[SY2] a gap ends the batch and drops what came behind it, once', async () => {
    const b = bench();
    b.push(1, 3);
    b.push(7, 9);
    await b.turns();
    expect(b.seen).toEqual(['stored 3', 'gap 7']);
    b.clock.advance(1_000);
    await b.turns();
    expect(b.batches).toHaveLength(1);
  });

  it('[ST5] a full disk: said once, reading stops, nothing is lost, and it goes on by itself when there is room', async () => {
    const b = bench();
    b.fail = new AppFailure('DISK_FULL', 'full');
    b.push(1, 3);
    await b.turns();
    expect(b.seen).toEqual(['problem DISK_FULL', 'pause']);
    for (let i = 0; i < 5; i++) {
      b.clock.advance(1_000);
      await b.turns();
    }
    expect(b.seen).toEqual(['problem DISK_FULL', 'pause']);
    b.fail = null;
    b.clock.advance(1_000);
    await b.turns();
    expect(b.batches).toEqual([[1, 2, 3]]);
    expect(b.seen).toEqual(['problem DISK_FULL', 'pause', 'resume', 'stored 3']);
  });

  it('[SY7] while a snapshot is paged no more than 5,000 events wait in memory; those beyond are asked for again, none is lost', async () => {
    const b = bench();
    b.ingest.hold(true);
    b.push(1, 100_000);
    b.ingest.release();
    for (let i = 0; i < 20; i++) {
      await b.turns();
      b.clock.advance(50);
    }
    expect(b.batches.flat()).toHaveLength(5_000);
    expect(b.seen).toEqual([...[1, 2, 3, 4, 5].map((n) => `stored ${n * 1_000}`), 'gap 5001']);
    // What is on its way until the new connection stands is of no use; then the stream goes on where it broke off.
    b.push(100_001, 100_010);
    b.ingest.discard();
    b.push(5_001, 5_003);
    await b.turns();
    b.clock.advance(50);
    await b.turns();
    expect(b.seen.at(-1)).toBe('stored 5003');
  });

  it('[SY7] while a snapshot is paged events wait, and the socket is still read', async () => {
    const b = bench();
    b.ingest.hold(true);
    b.push(1, 5_000);
    await b.turns();
    b.clock.advance(1_000);
    await b.turns();
    expect(b.seen).toEqual([]);
    b.ingest.release();
    for (let i = 0; i < 10; i++) {
      await b.turns();
      b.clock.advance(50);
    }
    expect(b.seen.at(-1)).toBe('stored 5000');
  });

  it('[SY2] while one batch is stored the next full one is on its way, never a third, and what is not full waits', async () => {
    const b = bench();
    b.slow = true;
    b.push(1, 3_500);
    await b.turns();
    expect(b.finishing).toBe(2);
    b.slow = false;
    b.finish();
    await b.turns();
    expect(b.batches.map((batch) => batch.length)).toEqual([1_000, 1_000, 1_000]);
    b.clock.advance(50);
    await b.turns();
    expect(b.batches.flat()).toEqual(Array.from({ length: 3_500 }, (_, index) => index + 1));
    expect(b.seen).toEqual(['stored 1000', 'stored 2000', 'stored 3000', 'stored 3500']);
  });

  it('[SY2] [ST5] a batch fails while the next is on its way: that one is no gap, both are stored again in order, nothing is acknowledged before', async () => {
    const b = bench();
    b.slow = true;
    b.push(1, 2_500);
    await b.turns();
    b.failNext();
    b.slow = false;
    b.finish();
    await b.turns();
    expect(b.batches).toEqual([expect.objectContaining({ 0: 1_001, length: 1_000 })]);
    expect(b.seen).toEqual(['problem DISK_FULL', 'pause']);
    b.clock.advance(1_000);
    await b.turns();
    b.clock.advance(50);
    await b.turns();
    expect(b.batches.slice(1).map((batch) => [batch[0], batch.length])).toEqual([
      [1, 1_000],
      [1_001, 1_000],
      [2_001, 500],
    ]);
    expect(b.seen.slice(2)).toEqual(['resume', 'stored 1000', 'stored 2000', 'stored 2500']);
  });

  it('[SY2] a gap in the first of two batches on their way is told once, and nothing behind it is taken', async () => {
    const b = bench();
    b.slow = true;
    b.push(1, 500);
    b.push(502, 2_500);
    await b.turns();
    expect(b.finishing).toBe(2);
    b.slow = false;
    b.finish();
    await b.turns();
    b.clock.advance(1_000);
    await b.turns();
    expect(b.seen).toEqual(['stored 500', 'gap 502']);
  });

  it('[SY4] resuming: more than 5,000 events that come before the welcome is stored are read later, none is let go of', async () => {
    const b = bench();
    b.ingest.hold(false);
    b.push(1, 5_200);
    await b.turns();
    expect(b.seen).toEqual(['pause']);
    b.ingest.release();
    for (let i = 0; i < 20; i++) {
      await b.turns();
      b.clock.advance(50);
    }
    expect(b.batches.flat()).toHaveLength(5_200);
    expect(b.seen).toContain('resume');
    expect(b.seen.filter((line) => line.startsWith('gap'))).toEqual([]);
    expect(b.seen.at(-1)).toBe('stored 5200');
  });

  it('[SY2] a lost connection drops what is queued; only what is being stored right now is still awaited', async () => {
    const b = bench();
    b.slow = true;
    b.push(1, 2);
    await b.turns();
    b.push(3, 4);
    b.ingest.discard();
    let idle = false;
    void b.ingest.idle().then(() => (idle = true));
    await b.turns();
    expect(idle).toBe(false);
    b.finish();
    await b.turns();
    expect(idle).toBe(true);
    expect(b.batches).toEqual([[1, 2]]);
    b.clock.advance(1_000);
    await b.turns();
    expect(b.batches).toHaveLength(1);
  });
});
