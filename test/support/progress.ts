import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settle } from './wait.ts';

/** Waiting that a busy machine can't make too short: it ends when nothing gets on any more, not when a time is over. */

/** Longer than the program rests by itself: 30 s of backing off, 10 s for an answer. */
const STILL_MS = 180_000;
const STILL_LOOKS = 12_000;
/** Processor time, ms, after which a program that works and never gets there counts as hung. */
const ENOUGH_MS = 90_000;
/** So much is work; timers alone take less in {@link STILL_MS}. */
const WORK_MS = 5_000;

/**
 * Returns when `look` says done. Throws with `evidence` when what `look` calls its progress has stayed the same through
 * {@link STILL_LOOKS} looks and {@link STILL_MS}: both, since a machine with much to do makes the looks slow too.
 */
export async function untilDone(
  what: string,
  look: () => Promise<{ readonly done: boolean; readonly progress: unknown }>,
  evidence: () => Promise<string>,
): Promise<void> {
  let last = '';
  let looks = 0;
  let since = performance.now();
  for (;;) {
    const { done, progress } = await look();
    if (done) return;
    const now = JSON.stringify(progress);
    if (now !== last) {
      last = now;
      looks = 0;
      since = performance.now();
    } else if (++looks > STILL_LOOKS && performance.now() - since > STILL_MS)
      throw new Error(`hung: ${what}, at ${last}\n${await evidence()}`);
    await settle(5);
  }
}

/** Flags for a child that {@link stacksOf} can ask what it is doing. */
export const reporting = (directory: string): string[] => [
  '--report-on-signal',
  '--report-signal=SIGUSR2',
  `--report-directory=${directory}`,
  '--report-exclude-env',
];

/** Processor time of a process in pieces of {@link WORK_MS}, up to {@link ENOUGH_MS}; 0 where the system doesn't say. */
export function processorTime(child: ChildProcess): number {
  try {
    // After the name, which may hold spaces: utime and stime are the 12th and 13th, in hundredths of a second.
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const used = (Number(fields[11]) + Number(fields[12])) * 10;
    return Math.floor(Math.min(ENOUGH_MS, used) / WORK_MS);
  } catch {
    return 0;
  }
}

/** What every thread of a child started with {@link reporting} is in, and its open handles. */
export async function stacksOf(child: ChildProcess, directory: string): Promise<string> {
  child.kill('SIGUSR2');
  for (let looks = 0; looks < 200; looks++) {
    await settle(50);
    const name = readdirSync(directory).find((file) => /^report\..*\.json$/.test(file));
    if (name === undefined) continue;
    try {
      const report = JSON.parse(readFileSync(join(directory, name), 'utf8')) as {
        readonly javascriptStack: unknown;
        readonly workers: readonly { readonly javascriptStack: unknown }[];
        readonly libuv: readonly { readonly type: string; readonly is_active?: boolean }[];
      };
      return JSON.stringify({
        main: report.javascriptStack,
        workers: report.workers.map((worker) => worker.javascriptStack),
        handles: report.libuv.filter(({ is_active }) => is_active === true),
      });
    } catch {
      // Not written to its end yet.
    }
  }
  return 'no report: its main thread is not in JavaScript';
}
