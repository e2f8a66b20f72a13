/**
 * `run` at once when asked after a pause; whatever is asked while it runs, or within `restMs` after it ended, becomes one
 * more run. So an answer is never older than the last question, and a stream of hints never becomes a stream of questions.
 */
export interface Spaced {
  ask(): void;
  stop(): void;
}

export function spaced(run: () => Promise<unknown> | void, restMs: number): Spaced {
  let wanted = false;
  let running = false;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const go = (): void => {
    if (!wanted || running || stopped || timer !== undefined) return;
    wanted = false;
    running = true;
    const rest = (): void => {
      running = false;
      if (stopped) return;
      timer = setTimeout(() => {
        timer = undefined;
        go();
      }, restMs);
    };
    Promise.resolve(run()).then(rest, rest);
  };
  return {
    ask() {
      wanted = true;
      go();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
