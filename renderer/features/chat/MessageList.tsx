import { useVirtualizer } from '#renderer/ui/virtual.ts';
import {
  memo,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type Ref,
} from 'react';
import { useTranslation } from 'react-i18next';
import type { AccountView, ConversationView, GapView, MessageView, OutgoingView } from '#shared/contract/views.ts';
import { currentLocale } from '#renderer/ui/words.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { historyEnd } from '#shared/domain/desk/sessions.ts';
import { formatDay, formatStamp } from '#renderer/ui/format.ts';
import { focusIfFree } from '#renderer/ui/return-focus.ts';
import { localNow } from '#renderer/ui/use-now.ts';
import { HistoryBubble } from './HistoryBubble.tsx';
import { chatItems, withHistory, withOlder } from './items.ts';
import { OlderButton } from './OlderButton.tsx';
import { MessageRow, OutgoingRow, type RowActions } from './MessageRow.tsx';

export interface MessageListHandle {
  /** Scrolls to a loaded message and lights it up. Answers whether it is loaded. */
  show(msgId: string): boolean;
  toEnd(): void;
  /** The keyboard goes to the newest message. Answers whether there is one. */
  focusLast(): boolean;
}

/** Distance from the end, in pixels, within which new messages pull the list along. */
const END_PX = 80;
/** Within this distance from the top there may be no message on which to hold on to. */
const TOP_PX = 64;
/** What stands this near to where a message stood has taken its place: the confirmed one that of the sent one. */
const SAME_PLACE_PX = 8;

/** Messages that are drawn, in their order on the screen: a new row may stand anywhere in the document. */
function articles(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>('[role=article]') ?? [])].toSorted(
    (a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top,
  );
}

/**
 * The chat anchored at its end: new messages keep it there, older ones loading above move nothing. By itself: numbers of the
 * conversation move with every message, and are shown elsewhere.
 */
export const MessageList = memo(function MessageList(props: {
  messages: readonly MessageView[];
  outgoing: readonly OutgoingView[];
  gaps: readonly GapView[];
  hasOlder: boolean;
  onOlder: () => void;
  /** The person went up from the end, or came back to it. */
  onAway: (away: boolean) => void;
  conversation: ConversationView;
  account: AccountView | null;
  appVersion: string;
  hostThere: boolean;
  freshRecalls: ReadonlySet<number>;
  remediesAsked: ReadonlySet<number>;
  /** Keys that are selected, or null outside of selection mode (RC18). */
  selection: ReadonlySet<number> | null;
  mayOpenSeals: boolean;
  /** IN4: from this server time on it is another agent's part, which is not here. */
  hiddenFrom: number | null;
  actions: RowActions;
  ref?: Ref<MessageListHandle>;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const scroller = useRef<HTMLDivElement>(null);
  const [flash, setFlash] = useState<string | null>(null);
  const [away, setAway] = useState(false);
  const [seen, setSeen] = useState(0);
  // Earlier sessions fold into one line (IN4); their messages stay loaded, so that find and jump can unfold to them.
  const earlier = historyEnd(props.conversation);
  const [unfolded, setUnfolded] = useState(false);
  const foldAt = unfolded ? null : earlier;
  const mayAsk = !props.hasOlder && props.account !== null;
  const items = useMemo(() => {
    const lines = withHistory(chatItems(props.messages, props.outgoing, props.gaps), foldAt);
    return mayAsk && lines[0]?.type !== 'history' ? withOlder(lines, props.messages) : lines;
  }, [props.messages, props.outgoing, props.gaps, foldAt, mayAsk]);
  const folded = items[0]?.type === 'history';
  const wanted = useRef<string | null>(null);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (items[index]?.type === 'message' ? 48 : 36),
    getItemKey: (index) => items[index]?.id ?? index,
    overscan: 10,
    paddingStart: 12,
    paddingEnd: 12,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_PX,
  });

  const started = useRef(false);
  useEffect(() => {
    if (started.current || items.length === 0) return;
    started.current = true;
    virtualizer.scrollToIndex(items.length - 1, { align: 'end' });
    // Once more when the rows that came into view have been measured, so that the end padding shows too.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => scroller.current?.scrollTo({ top: scroller.current.scrollHeight })),
    );
  }, [items.length, virtualizer]);

  const lastSeq = props.messages.at(-1)?.conv_seq ?? 0;
  useEffect(() => {
    if (!away) setSeen(lastSeq);
  }, [away, lastSeq]);

  const { onAway } = props;
  useEffect(() => onAway(away), [away, onAway]);

  const { hasOlder, onOlder } = props;
  const onScroll = (): void => {
    const element = scroller.current;
    if (!element) return;
    setAway(element.scrollHeight - element.scrollTop - element.clientHeight > END_PX * 2);
    // Two screens ahead, so that the person seldom gets to the top before they are here.
    if (hasOlder && !folded && element.scrollTop < 2 * element.clientHeight) onOlder();
  };

  // Whoever waits at the very top has a day's line there, which goes when older messages come above it, and the place with it.
  const firstMessage = items.find(({ type }) => type === 'message')?.id;
  const topmost = useRef(firstMessage);
  useLayoutEffect(() => {
    const before = topmost.current;
    topmost.current = firstMessage;
    if (before === undefined || before === firstMessage || (scroller.current?.scrollTop ?? 0) > TOP_PX) return;
    const index = items.findIndex(({ id }) => id === before);
    if (index > 0) virtualizer.scrollToIndex(index, { align: 'start' });
  }, [items, firstMessage, virtualizer]);

  useEffect(() => {
    if (flash === null) return;
    const timer = setTimeout(() => setFlash(null), 1_600);
    return () => clearTimeout(timer);
  }, [flash]);

  const toEnd = (): void => scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  useImperativeHandle(props.ref, () => ({
    show(msgId) {
      const index = items.findIndex((item) => item.type === 'message' && item.message.msg_id === msgId);
      if (index < 0) {
        if (!folded || !props.messages.some((message) => message.msg_id === msgId)) return false;
        wanted.current = msgId;
        setUnfolded(true);
        return true;
      }
      virtualizer.scrollToIndex(index, { align: 'center' });
      setFlash(msgId);
      return true;
    },
    toEnd,
    focusLast() {
      const last = articles(scroller.current).at(-1);
      last?.focus();
      return last !== undefined;
    },
  }));

  /** ↑ ↓ from message to message; below the newest one is the field. */
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (by === 0 || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = articles(scroller.current);
    const at = all.findIndex((one) => one === event.target);
    if (at < 0) return;
    event.preventDefault();
    const next = all[at + by];
    if (next) next.focus();
    else if (by > 0) document.getElementById('composer')?.focus();
  };

  // A message that goes, recalled by somebody or confirmed by the gateway, takes the focus with it. React says nothing of it.
  useEffect(() => {
    const list = scroller.current;
    const onFocusOut = ({ target, relatedTarget }: FocusEvent): void => {
      if (relatedTarget !== null || !(target instanceof Element) || target.role !== 'article') return;
      const { top } = target.getBoundingClientRect();
      requestAnimationFrame(() => {
        if (target.isConnected) return;
        const inItsPlace = articles(list).find(
          (one) => Math.abs(one.getBoundingClientRect().top - top) < SAME_PLACE_PX,
        );
        focusIfFree(inItsPlace ?? document.getElementById('composer'));
      });
    };
    list?.addEventListener('focusout', onFocusOut);
    return () => list?.removeEventListener('focusout', onFocusOut);
  }, []);

  useEffect(() => {
    if (wanted.current === null || folded) return;
    const msgId = wanted.current;
    wanted.current = null;
    const index = items.findIndex((item) => item.type === 'message' && item.message.msg_id === msgId);
    if (index < 0) return;
    virtualizer.scrollToIndex(index, { align: 'center' });
    setFlash(msgId);
  }, [items, folded, virtualizer]);

  const fresh = Math.max(0, lastSeq - seen);
  const offline = props.account !== null && props.account.state !== 'live';
  return (
    <div className="chat-scroll-host">
      <div
        ref={scroller}
        className="chat-scroll"
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        role="log"
        aria-label={t('chat.messages')}
        aria-live="off"
        tabIndex={-1}
      >
        <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
          {virtualizer.getVirtualItems().map((row) => {
            const item = items[row.index];
            if (!item) return null;
            return (
              <div
                key={row.key}
                data-index={row.index}
                ref={virtualizer.measureElement}
                className="chat-item"
                style={{ transform: `translateY(${row.start}px)` }}
              >
                {item.type === 'day' ? (
                  <div className="chat-day">
                    <span>{formatDay(item.at, localNow(), locale)}</span>
                  </div>
                ) : item.type === 'history' ? (
                  <HistoryBubble
                    count={item.count}
                    more={props.hasOlder}
                    until={item.until}
                    conversation={props.conversation}
                    onUnfold={() => setUnfolded(true)}
                  />
                ) : item.type === 'older' ? (
                  <OlderButton conversation={props.conversation.key} beforeSeq={item.beforeSeq} offline={offline} />
                ) : item.type === 'gap' ? (
                  <div className="chat-gap" role="status">
                    {t('chat.gap', { count: item.count })}
                  </div>
                ) : item.type === 'message' ? (
                  <MessageRow
                    message={item.message}
                    first={item.first}
                    last={item.last}
                    conversation={props.conversation}
                    account={props.account}
                    appVersion={props.appVersion}
                    hostThere={props.hostThere}
                    flash={flash === item.message.msg_id}
                    freshRemedy={props.freshRecalls.has(item.message.key) || props.remediesAsked.has(item.message.key)}
                    remedyAsked={props.remediesAsked.has(item.message.key)}
                    selected={props.selection === null ? null : props.selection.has(item.message.key)}
                    mayOpenSeals={props.mayOpenSeals}
                    actions={props.actions}
                  />
                ) : (
                  <OutgoingRow
                    outgoing={item.outgoing}
                    account={props.account}
                    offline={offline}
                    actions={props.actions}
                  />
                )}
              </div>
            );
          })}
        </div>
      </div>
      {props.hiddenFrom !== null && (
        <p className="chat-hidden" role="note">
          {t('desk.history.hidden', { time: formatStamp(props.hiddenFrom).slice(0, 16) })}
        </p>
      )}
      {away && (
        <Button className="chat-to-end" size="small" icon="arrowDown" onClick={toEnd}>
          {fresh > 0 ? t('chat.newMessages', { count: fresh }) : t('chat.toLatest')}
        </Button>
      )}
    </div>
  );
});
