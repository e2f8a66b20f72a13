import type { TransferView } from '#shared/contract/attachments.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';

/** What is on its way now, and what failed (IN8); told to the views at most every 100 ms, each ref's latest. */
export interface Transfers {
  set(view: TransferView): void;
  get(ref: string): TransferView | undefined;
  list(): readonly TransferView[];
  stop(): void;
}

const NOTICE_MS = 100;

export function createTransfers(options: {
  readonly clock: Clock;
  readonly publish: (transfers: readonly TransferView[]) => void;
}): Transfers {
  const current = new Map<string, TransferView>();
  const changed = new Map<string, TransferView>();
  let timer: TimerHandle | null = null;
  const flush = (): void => {
    timer = null;
    const views = [...changed.values()];
    changed.clear();
    options.publish(views);
  };
  return {
    set(view) {
      if (view.state === 'done' || view.state === 'gone') current.delete(view.ref);
      else current.set(view.ref, view);
      changed.set(view.ref, view);
      timer ??= options.clock.setTimeout(flush, NOTICE_MS);
    },
    get: (ref) => current.get(ref),
    list: () => [...current.values()],
    stop() {
      if (timer !== null) options.clock.clearTimeout(timer);
      timer = null;
    },
  };
}
