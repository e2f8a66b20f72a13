import { expect, test } from 'vitest';
import { createPrng } from '#shared/lib/prng.ts';
import { startFaultChild } from '#test/support/fault-run.ts';
import { randomFaults } from '#test/support/random-faults.ts';
import { POLICY, temporaryFolder } from '#test/support/store-fixtures.ts';
import { failedChecks, problemsAtRest, type Accepted } from '#test/support/truth-check.ts';
import { startTruthGateway } from '#test/support/truth-gateway.ts';
import { settle } from '#test/support/wait.ts';

/**
 * The core in a process of its own, for a long time, at 200 events a second with sends and random faults on the wire:
 * memory stays flat after warming up, and in the end nothing is lost or doubled. `npm run soak` runs 30 minutes.
 */
const SECONDS = Number(process.env['WORKBENCH_SOAK_SECONDS'] ?? 60);
const EVENTS_PER_SECOND = 200;
const MIB = 1_048_576;

interface Sample {
  readonly at: number;
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
}
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

test(
  `[SY2] [SY3] [SY4] [SY5] ${SECONDS} s at ${EVENTS_PER_SECOND} events a second with random faults: memory flat, nothing lost, nothing doubled`,
  async () => {
    const prng = createPrng(Number(process.env['WORKBENCH_SEED'] ?? 7));
    const directory = temporaryFolder();
    const gateway = await startTruthGateway({ policy: POLICY, conversations: 20, heartbeatMs: 500, seed: 7 });
    gateway.fault = randomFaults(prng.fork('frames'), 0.002);
    gateway.run(EVENTS_PER_SECOND);

    const accepted: Accepted[] = [];
    const samples: Sample[] = [];
    const began = performance.now();
    let printed = 0;
    const core = startFaultChild(
      {
        directory,
        gateway,
        accepted,
        execArgv: ['--expose-gc'],
        onSay(message) {
          if (message.say !== 'memory') return;
          const at = (performance.now() - began) / 1_000;
          samples.push({ at, rss: message.rss / MIB, heap: message.heap / MIB, external: message.external / MIB });
          if (SECONDS > 120 && at - printed >= 60) {
            printed = at;
            process.stdout.write(`${line(samples.at(-1) as Sample, gateway.lastSeq, gateway.connections)}\n`);
          }
        },
      },
      { seed: 7, sendPauseMs: 8_000, memoryMs: Math.min(5_000, (SECONDS * 1_000) / 30) },
    );
    try {
      const end = began + SECONDS * 1_000;
      while (performance.now() < end && !core.over()) {
        await settle(Math.min(end - performance.now(), 2_000 + prng.int(10_000)));
        if (prng.chance(0.3)) await gateway.away(prng.int(1_500));
        else gateway.cut();
      }
      expect(core.over(), `the program has ended: ${core.failures.join('\n')}`).toBe(false);
      gateway.quiet();
      gateway.fault = null;
      core.child.send('quiet');
      await core.untilAtRest();
      // Recalls and read states of what a snapshot brought are looked at again after everything else.
      let problems: string[] = [];
      for (let look = 0; look < 10; look++) {
        problems = problemsAtRest(directory, gateway, accepted);
        if (problems.length === 0) break;
        await settle(3_000);
      }
      expect(problems).toEqual([]);
      expect(core.failures).toEqual([]);
    } finally {
      await core.kill();
      await gateway.close();
    }
    expect(failedChecks(directory)).toEqual([]);

    const part = (from: number, to: number): readonly Sample[] =>
      samples.filter(({ at }) => at >= SECONDS * from && at < SECONDS * to);
    const [middle, last] = [part(1 / 3, 2 / 3), part(2 / 3, 1)];
    const of = (list: readonly Sample[], key: 'rss' | 'heap' | 'external'): number =>
      median(list.map((sample) => sample[key]));
    const curve = Array.from({ length: 10 }, (_, i) => part(i / 10, (i + 1) / 10)).map(
      (list) => `${Math.round(of(list, 'heap'))}/${Math.round(of(list, 'rss'))}`,
    );
    process.stdout.write(
      `soak ${SECONDS} s: ${gateway.lastSeq} events, ${accepted.length} sends, ${gateway.connections} connections; heap/rss MiB by tenths: ${curve.join(' ')}\n`,
    );
    expect(samples.length).toBeGreaterThan(15);
    expect(gateway.lastSeq).toBeGreaterThan(SECONDS * EVENTS_PER_SECOND * 0.8);
    // What lives on the main thread's heap does not grow; the whole process may still fill its page caches (64 MB each).
    expect(of(last, 'heap')).toBeLessThan(of(middle, 'heap') * 1.15 + 6);
    expect(of(last, 'external')).toBeLessThan(of(middle, 'external') * 1.15 + 6);
    expect(of(last, 'rss')).toBeLessThan(of(middle, 'rss') * 1.2 + 48);
  },
  (2 * SECONDS + 1_800) * 1_000,
);

function line({ at, rss, heap }: Sample, events: number, connections: number): string {
  return `${Math.round(at)} s: heap ${heap.toFixed(1)}, rss ${rss.toFixed(0)} MiB, ${events} events, ${connections} connections`;
}
