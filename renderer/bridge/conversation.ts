import { useCallback, useSyncExternalStore } from 'react';
import type { AppError } from '#shared/contract/errors.ts';
import type { ConversationView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { bridge } from './index.ts';
import { spaced } from './spaced.ts';
import { steady } from './steady.ts';

/** Clocks and counters in a header: nobody reads them faster. */
const REST_MS = 100;

interface Known {
  readonly data: ConversationView | null;
  readonly error: AppError | null;
}
interface Watched {
  known: Known;
  readonly listeners: Set<() => void>;
  readonly ask: () => void;
  readonly end: () => void;
}

const NOTHING: Known = { data: null, error: null };
const watched = new Map<ConversationKey, Watched>();

function watch(key: ConversationKey): Watched {
  const listeners = new Set<() => void>();
  let ended = false;
  const questions = spaced(async () => {
    const answer = await bridge.call('conversations.get', { conversation_key: key });
    if (ended) return;
    const known = answer.ok
      ? { data: steady(entry.known.data, answer.result), error: null }
      : { data: entry.known.data, error: answer.error };
    if (known.data === entry.known.data && known.error === entry.known.error) return;
    entry.known = known;
    for (const listener of listeners) listener();
  }, REST_MS);
  const stop = [
    bridge.subscribe('conversations', ({ keys }) => (keys.length === 0 || keys.includes(key)) && questions.ask()),
    bridge.onHostState((host) => host === 'connected' && questions.ask()),
  ];
  const entry: Watched = {
    known: NOTHING,
    listeners,
    ask: questions.ask,
    end: () => {
      ended = true;
      questions.stop();
      for (const one of stop) one();
    },
  };
  questions.ask();
  return entry;
}

/**
 * One conversation, asked for once however many parts of the window show it, and again when the core says that it changed.
 * The object stays the same while it says the same.
 */
export function useConversation(key: ConversationKey): Known & { readonly reload: () => void } {
  const subscribe = useCallback(
    (listener: () => void) => {
      let entry = watched.get(key);
      if (!entry) watched.set(key, (entry = watch(key)));
      const { listeners } = entry;
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        // Whoever comes in the same turn (another part of the window, a strict second mount) takes it over.
        queueMicrotask(() => {
          if (listeners.size > 0 || watched.get(key)?.listeners !== listeners) return;
          watched.get(key)?.end();
          watched.delete(key);
        });
      };
    },
    [key],
  );
  const known = useSyncExternalStore(subscribe, () => watched.get(key)?.known ?? NOTHING);
  const reload = useCallback(() => watched.get(key)?.ask(), [key]);
  return { ...known, reload };
}
