/**
 * Things due later, by the gateway's clock. One real timer; a test with its own clock calls `runDue` instead of waiting.
 * A task with a key replaces the earlier one of that key.
 */
export interface Scheduler {
  at(due: number, run: () => void, key?: string): void;
  cancel(key: string): void;
  /** The clock was set by so much: what is due stays as far away as it was. */
  shift(ms: number): void;
  /** Runs everything that is due now, in order of due time. */
  runDue(): void;
  readonly size: number;
  close(): void;
}

interface Task {
  due: number;
  readonly order: number;
  readonly run: () => void;
  readonly key: string | null;
}

/** Longest sleep: a clock that a test or a fault moves is noticed after at most this long. */
const LONGEST_SLEEP_MS = 250;

export function createScheduler(now: () => number): Scheduler {
  const tasks = new Set<Task>();
  const byKey = new Map<string, Task>();
  let order = 0;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;

  const forget = (task: Task): void => {
    tasks.delete(task);
    if (task.key !== null && byKey.get(task.key) === task) byKey.delete(task.key);
  };
  const runDue = (): void => {
    // A task that schedules another one for now must not loop here for ever: only what was there at the start runs.
    const due = [...tasks].filter((task) => task.due <= now()).sort((a, b) => a.due - b.due || a.order - b.order);
    for (const task of due) {
      if (!tasks.has(task)) continue;
      forget(task);
      task.run();
    }
  };
  const arm = (): void => {
    if (timer !== null || closed || tasks.size === 0) return;
    timer = setTimeout(() => {
      timer = null;
      runDue();
      arm();
    }, sleep());
    timer.unref();
  };
  const sleep = (): number => {
    let earliest = Infinity;
    for (const task of tasks) earliest = Math.min(earliest, task.due);
    return Math.max(1, Math.min(LONGEST_SLEEP_MS, earliest - now()));
  };

  return {
    at(due, run, key) {
      if (closed) return;
      if (key !== undefined) {
        const earlier = byKey.get(key);
        if (earlier !== undefined) forget(earlier);
      }
      const task: Task = { due, order: order++, run, key: key ?? null };
      tasks.add(task);
      if (key !== undefined) byKey.set(key, task);
      // The armed timer may be later than this task.
      if (timer !== null && due - now() < LONGEST_SLEEP_MS) {
        clearTimeout(timer);
        timer = null;
      }
      arm();
    },
    cancel(key) {
      const task = byKey.get(key);
      if (task !== undefined) forget(task);
    },
    shift(ms) {
      for (const task of tasks) task.due += ms;
    },
    runDue,
    get size() {
      return tasks.size;
    },
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      tasks.clear();
      byKey.clear();
    },
  };
}
