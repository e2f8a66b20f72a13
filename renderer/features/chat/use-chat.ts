import { useCallback, useEffect, useRef, useState } from 'react';
import type { AppError } from '#shared/contract/errors.ts';
import type { GapView, MessageView, OutgoingView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { spaced } from '#renderer/bridge/spaced.ts';
import { steady, steadyList } from '#renderer/bridge/steady.ts';
import { mergeGaps, mergeNewest, overlaps } from './items.ts';

const PAGE = 60;
/** Asked for at a hint: what is newest, and what changed among the last few. The rest follows when it is quiet. */
const NEWEST = 20;
const MOST = 1_000;

interface ChatState {
  readonly key: ConversationKey;
  readonly messages: readonly MessageView[] | null;
  readonly outgoing: readonly OutgoingView[];
  readonly gaps: readonly GapView[];
  readonly hasOlder: boolean;
  readonly hiddenFrom: number | null;
  readonly error: AppError | null;
}

const empty = (key: ConversationKey): ChatState => ({
  key,
  messages: null,
  outgoing: [],
  gaps: [],
  hasOlder: false,
  hiddenFrom: null,
  error: null,
});

/** After a burst of changes everything shown is renewed once it is quiet for so long, or has not been for longer. */
const QUIET_MS = 300;
const LONGEST_MS = 1_500;
/** Between two questions: no frame shows more. */
const FRAME_MS = 16;

/**
 * The messages of one conversation from some point to the newest, renewed when the core says that they changed: the newest
 * page at once, all that is shown when the burst is over. One request at a time: under a stream of changes each would
 * take the place of the one before, and nothing would ever be shown.
 */
export function useChat(key: ConversationKey) {
  const [state, setState] = useState<ChatState>(() => empty(key));
  const turn = useRef(0);
  const drop = useCallback(() => void turn.current++, []);
  const wanted = useRef<'newest' | 'all' | null>(null);
  const busy = useRef(false);
  const shown = useRef<readonly MessageView[]>([]);
  const loadingOlder = useRef(false);

  const load = useCallback(
    async (what: 'newest' | 'all', own: number) => {
      const all = what === 'all' || shown.current.length === 0;
      const limit = all ? Math.max(PAGE, Math.min(MOST, shown.current.length + NEWEST)) : NEWEST;
      const answer = await bridge.call('messages.page', { conversation_key: key, limit });
      if (own !== turn.current) return;
      if (answer.ok && !all && !overlaps(shown.current, answer.result.messages)) {
        // More came than one page holds: joined to what is shown it would leave a hole.
        wanted.current = 'all';
        return;
      }
      setState((before) => {
        if (!answer.ok) return { ...(before.key === key ? before : empty(key)), error: answer.error };
        const page = answer.result;
        const messages =
          before.key === key && before.messages ? mergeNewest(before.messages, page.messages) : page.messages;
        shown.current = messages;
        const hasOlder = messages.length > page.messages.length ? before.hasOlder : page.has_older;
        const gaps = steady(before.gaps, before.key === key ? mergeGaps(before.gaps, page) : page.gaps);
        const outgoing = steadyList(before.outgoing, page.outgoing, (one) => one.client_msg_id);
        const same =
          before.messages === messages &&
          before.outgoing === outgoing &&
          before.gaps === gaps &&
          before.hasOlder === hasOlder &&
          before.error === null;
        return same
          ? before
          : { key, messages, outgoing, gaps, hasOlder, hiddenFrom: page.hidden_from ?? null, error: null };
      });
    },
    [key],
  );

  const renew = useCallback(
    async (what: 'newest' | 'all') => {
      wanted.current = wanted.current === 'all' ? 'all' : what;
      if (busy.current) return;
      busy.current = true;
      const own = turn.current;
      while (own === turn.current && wanted.current !== null) {
        const next = wanted.current;
        wanted.current = null;
        await load(next, own);
      }
      if (own === turn.current) busy.current = false;
    },
    [load],
  );
  const reload = useCallback(() => renew('all'), [renew]);

  useEffect(() => {
    shown.current = [];
    loadingOlder.current = false;
    busy.current = false;
    wanted.current = null;
    void renew('all');
    return drop;
  }, [renew, drop]);

  useEffect(() => {
    const newest = spaced(() => renew('newest'), FRAME_MS);
    let quiet: ReturnType<typeof setTimeout> | undefined;
    let since = 0;
    const hint = (): void => {
      newest.ask();
      const now = performance.now();
      if (quiet === undefined) since = now;
      clearTimeout(quiet);
      quiet = setTimeout(
        () => {
          quiet = undefined;
          void renew('all');
        },
        Math.max(0, Math.min(QUIET_MS, since + LONGEST_MS - now)),
      );
    };
    const stop = [
      bridge.subscribe('messages', ({ keys }) => (keys.length === 0 || keys.includes(key)) && hint()),
      bridge.onHostState((host) => host === 'connected' && hint()),
    ];
    return () => {
      newest.stop();
      clearTimeout(quiet);
      for (const end of stop) end();
    };
  }, [key, renew]);

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
