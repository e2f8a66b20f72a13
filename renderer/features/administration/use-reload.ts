import { useEffect } from 'react';
import { bridge } from '#renderer/bridge/index.ts';

/** Asks again when groups, holds or conversations changed; a burst is one. */
export function useReloadOn(reload: () => void): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const soon = (): void => {
      timer ??= setTimeout(() => {
        timer = null;
        reload();
      }, 300);
    };
    const stop = [bridge.subscribe('administration', soon), bridge.subscribe('conversations', soon)];
    return () => {
      if (timer !== null) clearTimeout(timer);
      for (const end of stop) end();
    };
  }, [reload]);
}
