import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * After a burst (catching up, an import, a large search) V8 keeps what it took for it: a young generation never shrinks by
 * itself, and garbage among old objects stays until there is much more of it. In a program of six threads that runs all day
 * these are hundreds of megabytes, so each thread gives back what it no longer needs as soon as it has little to do.
 */

const LOOK_EVERY_MS = 5_000;
/** Busy for less than this share of the time: quiet. */
const QUIET = 0.05;
/** Less is not worth a pause of some 10 to 60 ms. */
const WORTH_BYTES = 24 * 1_048_576;

type Collect = (
  options:
    | { readonly type: 'minor'; readonly execution: 'sync' }
    | { readonly type: 'major'; readonly execution: 'sync'; readonly flavor: 'last-resort' },
) => void;

/** There is no other way to ask for it; taken at once, so that nothing else in the program finds a `gc`. */
function takeCollector(): Collect | null {
  try {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    setFlagsFromString('--no-expose-gc');
    return typeof collect === 'function' ? (collect as Collect) : null;
  } catch {
    return null;
  }
}

/**
 * For work of minutes without a pause (an import): V8 lets a heap grow to several times of what is in use before it looks for
 * garbage among old objects, and then keeps the pages: 100 MB and more in a thread that needs 20. To be called between two
 * pieces of the work, when nothing of the last one is in use any more: looking through the young objects then costs next to
 * nothing and leaves none to grow old. Whatever still did is collected (20 to 50 ms) when the thread has taken `grownBytes` more
 * than it needed the last time.
 */
export function collectWhileWorking(grownBytes: number): () => void {
  const collect = takeCollector();
  let next = 0;
  return () => {
    collect?.({ type: 'minor', execution: 'sync' });
    if (getHeapStatistics().total_physical_size < next) return;
    collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    next = getHeapStatistics().total_physical_size + grownBytes;
  };
}

/**
 * Gives memory back whenever this thread has become quiet after work. `release`: what else it can let go of (page caches).
 * Returns how to stop; doesn't keep the thread alive.
 */
export function restWhenQuiet(release: () => void = () => undefined): () => void {
  const collect = takeCollector();
  let before = performance.eventLoopUtilization();
  let worked = false;
  let atRest = 0;
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization >= QUIET) {
      worked = true;
      return;
    }
    if (worked) release();
    worked = false;
    if (getHeapStatistics().total_physical_size < atRest + WORTH_BYTES) return;
    collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    atRest = getHeapStatistics().total_physical_size;
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
