import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { AppFailure } from '#shared/contract/errors.ts';
import { connectWorker, type CallContext } from './rpc.ts';

const rpc = new URL('./rpc.ts', import.meta.url).href;

/** A real thread whose methods misbehave in the ways a thread can. */
const start = (): Worker =>
  new Worker(
    `import(${JSON.stringify(rpc)}).then(({ serve }) => {
      const { parentPort } = require('node:worker_threads');
      serve(parentPort, {
        add: (_, a, b) => a + b,
        die: () => process.exit(3),
        throwLater: () => { setTimeout(() => { throw new Error('outside of any call'); }); return new Promise(() => {}); },
        fail: () => { throw Object.assign(new Error('database disk image is malformed'), { code: 'SQLITE_CORRUPT_INDEX' }); },
        scan: (context) => { context.progress(1, 2); const end = Date.now() + 20000; while (!context.cancelled()) if (Date.now() > end) return 'never'; return 'stopped'; },
      }, () => {});
    })`,
    { eval: true },
  );

type Methods = {
  add: (context: CallContext, a: number, b: number) => number;
  die: (context: CallContext) => void;
  throwLater: (context: CallContext) => void;
  fail: (context: CallContext) => void;
  scan: (context: CallContext) => string;
};

const failureOf = async (promise: Promise<unknown>): Promise<AppFailure['error'] | null> =>
  promise.then(
    () => null,
    (thrown: unknown) => (thrown instanceof AppFailure ? thrown.error : null),
  );

describe('calls into a thread', () => {
  test('[ST1] answers come to whom they belong, errors as plain data of the closed union', async () => {
    const client = connectWorker<Methods>('test', start);
    expect(await Promise.all([client.call('add', [1, 2]), client.call('add', [3, 4])])).toEqual([3, 7]);
    expect(await failureOf(client.call('fail', []))).toMatchObject({
      code: 'STORE_DAMAGED',
      details: { sqlite: 'SQLITE_CORRUPT_INDEX' },
    });
    expect(await failureOf(client.call('missing' as 'add', [1, 2]))).toMatchObject({ code: 'UNSUPPORTED' });
    await client.close();
    expect(await failureOf(client.call('add', [1, 2]))).toMatchObject({ code: 'CANCELLED' });
  });

  test('[ST1] a thread that nobody asks for a while ends, is started anew by the next call, and loses no call', async () => {
    let started = 0;
    const ended: Promise<unknown>[] = [];
    const client = connectWorker<Methods>(
      'test',
      () => {
        started++;
        const worker = start();
        ended.push(new Promise((resolve) => worker.once('exit', resolve)));
        return worker;
      },
      { restAfterMs: 30 },
    );
    for (let round = 1; round <= 3; round++) {
      // Whatever moment the rest comes at, every call is answered.
      const sums = await Promise.all(Array.from({ length: 5 }, (_, n) => client.call('add', [n, round])));
      expect(sums).toEqual([0, 1, 2, 3, 4].map((n) => n + round));
      expect([client.running, started]).toEqual([true, round]);
      await ended[round - 1];
      expect(client.running).toBe(false);
    }
    expect(await client.call('add', [20, 3])).toBe(23);
    await client.close();
    await Promise.all(ended);
    expect(started).toBe(4);
  });

  test('[SY2] a thread that dies rejects what it was asked, and the next call starts it anew', async () => {
    const client = connectWorker<Methods>('test', start);
    const [first, second] = await Promise.all([
      failureOf(client.call('die', [])),
      failureOf(client.call('add', [1, 2])),
    ]);
    expect(first).toMatchObject({ code: 'INTERNAL', details: { worker: 'test' } });
    expect(second).toMatchObject({ code: 'INTERNAL' });
    expect(await client.call('add', [1, 2])).toBe(3);
    expect(await failureOf(client.call('throwLater', []))).toMatchObject({
      code: 'INTERNAL',
      details: { cause: 'Error' },
    });
    expect(await client.call('add', [2, 2])).toBe(4);
    await client.close();
  });

  test('[SR8] cancelling reaches a thread in the middle of its work; progress comes meanwhile', async () => {
    const client = connectWorker<Methods>('test', start);
    const cancel = new AbortController();
    const seen: number[] = [];
    const answer = client.call('scan', [], {
      signal: cancel.signal,
      onProgress: (done, total) => {
        seen.push(done, total);
        cancel.abort();
      },
    });
    expect(await answer).toBe('stopped');
    expect(seen).toEqual([1, 2]);
    expect(await failureOf(client.call('add', [1, 2], { signal: cancel.signal }))).toMatchObject({ code: 'CANCELLED' });
    await client.close();
  });
});
