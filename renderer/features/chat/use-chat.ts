import { startTransition, useCallback, useEffect, useRef, useState } from 'react';
import type { CallAnswer } from '#shared/contract/door.ts';
import type { AppError } from '#shared/contract/errors.ts';
import type { GapView, MessagesPage, MessageView, OutgoingView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { spaced } from '#renderer/bridge/spaced.ts';
import { steady, steadyList } from '#renderer/bridge/steady.ts';
import { mergeGaps, mergeNewest, overlaps } from './items.ts';

const PAGE = 60;
/** Asked for at a hint: what is newest, and what changed among the last few. The rest follows when it is quiet. */
const NEWEST = 20;
const MOST = 1_000;
/** What stays of a chat that is read at its end, once twice as much has come: all that is held is renewed again and again. */
const KEPT = 150;
/** What was loaded on the way to an older message is held until that message had time to be shown. */
const HELD_MS = 10_000;

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

let opening: { readonly key: ConversationKey; readonly answer: Promise<CallAnswer<MessagesPage>> } | null = null;

/** Asks for a chat's first page while what else it needs is still on its way. */
export function beginChat(key: ConversationKey): void {
  opening = { key, answer: bridge.call('messages.page', { conversation_key: key, limit: PAGE }) };
}

/** After a burst of changes everything shown is renewed once it is quiet for so long, or has not been for longer. */
const QUIET_MS = 300;
const LONGEST_MS = 1_500;
/** Between an answer and the next question; hints come no faster than frames anyway. */
const REST_MS = 4;

/**
 * The messages of one conversation from some point to the newest, renewed when the core says that they changed: the newest
 * page at once, all that is shown when the burst is over. One request at a time: under a stream of changes each would
 * take the place of the one before, and nothing would ever be shown. `atEnd`: nobody looks at older ones, which then may go.
 */
export function useChat(key: ConversationKey, atEnd: () => boolean) {
  const [state, setState] = useState<ChatState>(() => empty(key));
  const turn = useRef(0);
  const drop = useCallback(() => void turn.current++, []);
  const wanted = useRef<'newest' | 'all' | null>(null);
  const busy = useRef(false);
  /** Ahead of the state, which may still be on its way to the screen. */
  const latest = useRef(state);
  const shown = useRef<readonly MessageView[]>([]);
  const loadingOlder = useRef<Promise<boolean> | null>(null);
  const olderAt = useRef(Number.NEGATIVE_INFINITY);

  const put = useCallback((next: ChatState, urgent: boolean): void => {
    if (next === latest.current) return;
    latest.current = next;
    shown.current = next.messages ?? [];
    if (urgent) setState(next);
    // A key press comes before what others write.
    else startTransition(() => setState(next));
  }, []);

  const load = useCallback(
    async (what: 'newest' | 'all', own: number) => {
      const { length } = shown.current;
      const all = what === 'all' || length === 0;
      const lets = (): boolean =>
        all &&
        length > 2 * KEPT &&
        atEnd() &&
        performance.now() - olderAt.current > HELD_MS &&
        loadingOlder.current === null;
      const limit = all ? Math.max(PAGE, lets() ? KEPT : Math.min(MOST, length + NEWEST)) : NEWEST;
      const begun = length === 0 && opening?.key === key ? opening.answer : null;
      opening = null;
      const answer = await (begun ?? bridge.call('messages.page', { conversation_key: key, limit }));
      if (own !== turn.current) return;
      // What came since it was asked for was told to nobody yet.
      if (begun) wanted.current ??= 'newest';
      const before = latest.current.key === key ? latest.current : empty(key);
      if (!answer.ok) return put({ ...before, error: answer.error }, true);
      const page = answer.result;
      if (!all && !overlaps(shown.current, page.messages)) {
        // More came than one page holds: joined to what is shown it would leave a hole.
        wanted.current = 'all';
        return;
      }
      put(renewed(before, page, lets()), before.messages === null);
    },
    [key, atEnd, put],
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
    latest.current = empty(key);
    shown.current = [];
    loadingOlder.current = null;
    olderAt.current = Number.NEGATIVE_INFINITY;
    busy.current = false;
    wanted.current = null;
    void renew('all');
    return drop;
  }, [key, renew, drop]);

  useEffect(() => {
    const newest = spaced(() => renew('newest'), REST_MS);
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

  const addOlder = useCallback(
    async (limit: number): Promise<boolean> => {
      const oldest = shown.current[0];
      if (!oldest) return false;
      const own = turn.current;
      const answer = await bridge.call('messages.page', { conversation_key: key, limit, before: oldest.key });
      if (own !== turn.current) return false;
      olderAt.current = performance.now();
      const before = latest.current;
      if (!answer.ok || before.messages?.[0]?.key !== oldest.key) return false;
      const page = answer.result;
      put({ ...before, messages: [...page.messages, ...before.messages], hasOlder: page.has_older }, true);
      return page.messages.length > 0;
    },
    [key, put],
  );
  /** Adds an older page above. Answers whether there was one; whoever asks while one is on its way is answered with that. */
  const older = useCallback(
    (limit: number = PAGE): Promise<boolean> => {
      if (loadingOlder.current !== null) return loadingOlder.current;
      const own = addOlder(limit).finally(() => {
        if (loadingOlder.current === own) loadingOlder.current = null;
      });
      loadingOlder.current = own;
      return own;
    },
    [addOlder],
  );

  const current = state.key === key ? state : empty(key);
  return { ...current, reload, older, shown };
}

/** The state with a fresh newest page: joined to what is shown above it, or (`alone`) in the place of all of it. */
function renewed(before: ChatState, page: MessagesPage, alone: boolean): ChatState {
  const joins = before.messages !== null && !alone;
  const messages = joins
    ? mergeNewest(before.messages, page.messages)
    : steadyList(before.messages, page.messages, (message) => message.key);
  const hasOlder = messages.length > page.messages.length ? before.hasOlder : page.has_older;
  const gaps = steady(before.gaps, joins ? mergeGaps(before.gaps, page) : page.gaps);
  const outgoing = steadyList(before.outgoing, page.outgoing, (one) => one.client_msg_id);
  const hiddenFrom = page.hidden_from ?? null;
  const same =
    before.messages === messages &&
    before.outgoing === outgoing &&
    before.gaps === gaps &&
    before.hasOlder === hasOlder &&
    before.hiddenFrom === hiddenFrom &&
    before.error === null;
  return same ? before : { key: before.key, messages, outgoing, gaps, hasOlder, hiddenFrom, error: null };
}
