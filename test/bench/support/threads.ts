import type { Worker } from 'node:worker_threads';

/** What one thread of this process used since `begin`. */
export interface ThreadUse {
  readonly name: string;
  /** Processor time, seconds. */
  readonly seconds: number;
  /** Of its JavaScript heap, at the moment at which the process was largest, MB: in use, taken, outside of it. */
  readonly heapMb: number;
  readonly takenMb: number;
  readonly outsideMb: number;
}

export interface ThreadWatch {
  begin(): void;
  end(): readonly ThreadUse[];
}

interface Sample {
  seconds: number;
  heapMb: number;
  takenMb: number;
  outsideMb: number;
}

const EVERY_MS = 250;
const MB = 2 ** 20;

/** Looks at every thread of this process that starts after this call, and at the main thread. */
export function watchThreads(): ThreadWatch {
  const workers = new Set<Worker>();
  process.on('worker', (worker) => {
    workers.add(worker);
    worker.once('exit', () => workers.delete(worker));
  });
  let timer: NodeJS.Timeout | undefined;
  let before = new Map<Worker, number>();
  let mainBefore = process.threadCpuUsage();
  let use = new Map<string, Sample>();
  let largest = 0;

  const secondsOf = async (worker: Worker): Promise<number> => {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1e6;
  };
  const sampleOf = (name: string): Sample => {
    const known = use.get(name) ?? { seconds: 0, heapMb: 0, takenMb: 0, outsideMb: 0 };
    use.set(name, known);
    return known;
  };
  const look = async (): Promise<void> => {
    const into = use;
    const rss = process.memoryUsage.rss();
    const isLargest = rss > largest;
    largest = Math.max(largest, rss);
    if (isLargest) for (const sample of into.values()) Object.assign(sample, { heapMb: 0, takenMb: 0, outsideMb: 0 });
    const main = process.threadCpuUsage(mainBefore);
    const memory = process.memoryUsage();
    const sample = sampleOf('main');
    sample.seconds = (main.user + main.system) / 1e6;
    if (isLargest)
      Object.assign(sample, {
        heapMb: memory.heapUsed / MB,
        takenMb: memory.heapTotal / MB,
        outsideMb: memory.external / MB,
      });
    await Promise.all(
      [...workers].map(async (worker) => {
        try {
          const [seconds, heap] = await Promise.all([secondsOf(worker), worker.getHeapStatistics()]);
          const one = sampleOf(`${worker.threadName ?? ''} ${worker.threadId}`);
          one.seconds = seconds - (before.get(worker) ?? 0);
          if (isLargest)
            Object.assign(one, {
              heapMb: heap.used_heap_size / MB,
              takenMb: heap.total_heap_size / MB,
              outsideMb: (heap.external_memory + heap.malloced_memory) / MB,
            });
        } catch {
          // It ended while it was asked.
        }
      }),
    );
  };

  return {
    begin() {
      clearInterval(timer);
      use = new Map();
      largest = 0;
      before = new Map();
      for (const worker of workers)
        void secondsOf(worker).then(
          (seconds) => before.set(worker, seconds),
          () => {},
        );
      mainBefore = process.threadCpuUsage();
      timer = setInterval(() => void look(), EVERY_MS);
      timer.unref();
    },
    end() {
      clearInterval(timer);
      return [...use].map(([name, sample]) => ({ name, ...sample }));
    },
  };
}
