import { useCallback, useEffect, useRef, useState } from 'react';
import type { AppError } from '#shared/contract/errors.ts';
import type { GapView, MessageView, OutgoingView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { mergeNewest } from './items.ts';

const PAGE = 60;
const MOST = 1_000;

interface ChatState {
  readonly key: ConversationKey;
  readonly messages: readonly MessageView[] | null;
  readonly outgoing: readonly OutgoingView[];
  readonly gaps: readonly GapView[];
  readonly hasOlder: boolean;
  readonly error: AppError | null;
}

const empty = (key: ConversationKey): ChatState => ({
  key,
  messages: null,
  outgoing: [],
  gaps: [],
  hasOlder: false,
  error: null,
});

/** The messages of one conversation from some point to the newest, renewed when the core says that they changed. */
export function useChat(key: ConversationKey) {
  const [state, setState] = useState<ChatState>(() => empty(key));
  const turn = useRef(0);
  const drop = useCallback(() => void turn.current++, []);
  const shown = useRef<readonly MessageView[]>([]);
  const loadingOlder = useRef(false);

  const reload = useCallback(async () => {
    const own = ++turn.current;
    const limit = Math.max(PAGE, Math.min(MOST, shown.current.length + 20));
    const answer = await bridge.call('messages.page', { conversation_key: key, limit });
    if (own !== turn.current) return;
    setState((before) => {
      if (!answer.ok) return { ...(before.key === key ? before : empty(key)), error: answer.error };
      const page = answer.result;
      const messages =
        before.key === key && before.messages ? mergeNewest(before.messages, page.messages) : page.messages;
      shown.current = messages;
      const hasOlder = messages.length > page.messages.length ? before.hasOlder : page.has_older;
      return { key, messages, outgoing: page.outgoing, gaps: page.gaps, hasOlder, error: null };
    });
  }, [key]);

  useEffect(() => {
    shown.current = [];
    loadingOlder.current = false;
    void reload();
    return drop;
  }, [reload, drop]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hint = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void reload();
      }, 16);
    };
    const stop = [
      bridge.subscribe('messages', ({ keys }) => (keys.length === 0 || keys.includes(key)) && hint()),
      bridge.onHostState((host) => host === 'connected' && hint()),
    ];
    return () => {
      clearTimeout(timer);
      for (const end of stop) end();
    };
  }, [key, reload]);

  /** Adds an older page above. Answers whether there was one. */
  const older = useCallback(
    async (limit: number = PAGE): Promise<boolean> => {
      const oldest = shown.current[0];
      if (!oldest || loadingOlder.current) return false;
      loadingOlder.current = true;
      const answer = await bridge.call('messages.page', { conversation_key: key, limit, before: oldest.key });
      loadingOlder.current = false;
      if (!answer.ok) return false;
      const page = answer.result;
      setState((before) => {
        if (before.key !== key || before.messages?.[0]?.key !== oldest.key) return before;
        const messages = [...page.messages, ...before.messages];
        shown.current = messages;
        return { ...before, messages, hasOlder: page.has_older };
      });
      shown.current = shown.current[0]?.key === oldest.key ? [...page.messages, ...shown.current] : shown.current;
      return page.messages.length > 0;
    },
    [key],
  );

  const current = state.key === key ? state : empty(key);
  return { ...current, reload, older, shown };
}
