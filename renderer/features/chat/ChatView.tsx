import type { TFunction } from 'i18next';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { assessRecall } from '#shared/domain/recall/assess.ts';
import type { AppError } from '#shared/contract/errors.ts';
import type { AccountView, ConversationView, MessageView, OutgoingView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { rolesWith } from '#shared/domain/permissions.ts';
import { recallFactsOf } from '#shared/domain/recall/facts.ts';
import { useConversation } from '#renderer/bridge/conversation.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { serverNow, useAccount, useLive } from '#renderer/bridge/live.ts';
import { useEvidence, useEvidenceRights } from '#renderer/bridge/evidence.ts';
import { useMayOpenSeals, useSeal } from '#renderer/bridge/seals.ts';
import { spaced } from '#renderer/bridge/spaced.ts';
import { useSteady } from '#renderer/bridge/steady.ts';
import { currentLocale, errorLine, errorWords } from '#renderer/ui/words.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { formatCountdown, formatDuration, formatStamp } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Menu, type MenuAnchor, type MenuItem } from '#renderer/ui/Menu.tsx';
import { EvidenceDialog, type EvidenceSay } from '#renderer/ui/EvidenceDialog.tsx';
import { sealWords, type SealSay } from '#renderer/ui/seal-words.ts';
import { SealDialog } from '#renderer/ui/SealDialog.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { useNow } from '#renderer/ui/use-now.ts';
import { PictureViewer } from './attachments/PictureViewer.tsx';
import { ChatHeader } from './ChatHeader.tsx';
import { FindBar } from './find/FindBar.tsx';
import { Composer, type ComposerHandle } from './Composer.tsx';
import { origins } from './composer/origin.ts';
import { MessageList, type MessageListHandle } from './MessageList.tsx';
import type { RowActions } from './MessageRow.tsx';
import { BatchBar, BatchDialog } from './recall/BatchRecall.tsx';
import { outgoingFacts, recallContext } from './recall/facts.ts';
import { recallMenu } from './recall/menu.ts';
import { RecallDialog } from './recall/RecallDialog.tsx';
import { reasonWords, riskWords } from './recall/words.ts';
import { beginChat, useChat } from './use-chat.ts';
import './chat.css';

export interface ChatViewProps {
  readonly conversationKey: ConversationKey;
  readonly panelOpen: boolean;
  readonly onPanel: () => void;
  readonly onSearchNumber: (number: string) => void;
  /** Words to find in this conversation, asked for from elsewhere (Ctrl/⌘ K); a new turn asks anew. */
  readonly findRequest?: { readonly text: string; readonly turn: number } | null;
  readonly onSearchText?: (text: string) => void;
  /** Claims a waiting conversation and tells the outcome (IN2). */
  readonly onClaim: (conversation: ConversationView, name: string) => Promise<unknown>;
  readonly onIncident: (incidentId: string) => void;
}

export function ChatView(props: ChatViewProps) {
  const { t } = useTranslation();
  const asked = useConversation(props.conversationKey);
  useLayoutEffect(() => beginChat(props.conversationKey), [props.conversationKey]);
  if (!asked.data)
    return (
      <section className="chat" aria-label={t('chat.label')}>
        {asked.error ? (
          <ErrorState
            words={errorWords(asked.error)}
            code={asked.error.code}
            retry={t('common.retry')}
            onRetry={asked.reload}
          />
        ) : (
          <LoadingState label={t('common.loading')} />
        )}
      </section>
    );
  return <OpenChat key={props.conversationKey} {...props} conversation={asked.data} />;
}

const NOT_FOR_COMPOSER: ReadonlySet<string> = new Set<keyof ConversationView>([
  'last_seq',
  'last_message_at',
  'preview',
  'unread',
  'reply_state',
  'consumer_read_seq',
  'waiting_since',
  'ends_at',
  'deletes_at',
]);
const NOT_FOR_ROWS: ReadonlySet<string> = new Set([...NOT_FOR_COMPOSER, 'draft']);
/** What was read is told this often while messages keep coming. */
const READ_REST_MS = 500;

type Target = { readonly message: MessageView } | { readonly outgoing: OutgoingView };

/** What the menu is about, as it is now: what was on its way when the menu opened may be a message of its own by now. */
function liveTarget(
  target: Target,
  messages: readonly MessageView[] | null,
  live: (message: MessageView) => MessageView,
): Target {
  if ('message' in target) return { message: live(target.message) };
  const { client_msg_id: id } = target.outgoing;
  const arrived = messages?.findLast((message) => message.client_msg_id === id);
  return arrived === undefined ? target : { message: arrived };
}

function failure(error: AppError): void {
  const words = errorWords(error);
  toast({ tone: 'failed', text: words.title, note: errorLine(words) });
}

function OpenChat(props: ChatViewProps & { conversation: ConversationView }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { conversation } = props;
  const account = useAccount(conversation.account_id);
  const appVersion = useLive((state) => state.info?.version ?? '0.0.0');
  const hostThere = useLive((state) => state.host) === 'connected';
  /** Somebody looks at older messages, or at some that are chosen. */
  const away = useRef(false);
  const busyAbove = useRef(false);
  const atEnd = useCallback(() => !away.current && !busyAbove.current, []);
  const onAway = useCallback((gone: boolean) => void (away.current = gone), []);
  const chat = useChat(conversation.key, atEnd);
  const list = useRef<MessageListHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  const [menu, setMenu] = useState<{ target: Target; anchor: MenuAnchor } | null>(null);
  const [recalling, setRecalling] = useState<MessageView | null>(null);
  const [freshRecalls, setFreshRecalls] = useState<ReadonlySet<number>>(new Set());
  const [remediesAsked, setRemediesAsked] = useState<ReadonlySet<number>>(new Set());
  const [selection, setSelection] = useState<ReadonlySet<number> | null>(null);
  const [batch, setBatch] = useState<readonly MessageView[] | null>(null);
  const mayOpenSeals = useMayOpenSeals();
  const { seal, open: openSeal, save: saveSeal, close: closeSeal } = useSeal();
  const evidence = useEvidence(({ evidence: kept }) =>
    toast({ tone: 'done', text: t(kept ? 'evidence.marked' : 'evidence.released') }),
  );
  const askEvidence = evidence.ask;
  const name = conversation.type === 'group' ? conversation.title : (conversation.consumer?.name ?? conversation.title);
  // Every message moves numbers of its conversation that rows and composer don't show.
  const forRows = useSteady(conversation, NOT_FOR_ROWS);
  const forComposer = useSteady(conversation, NOT_FOR_COMPOSER);
  const onSent = useCallback(() => list.current?.toEnd(), []);
  const waiting = useRef(chat.outgoing);
  waiting.current = chat.outgoing;
  const latestCancel = useRef<RowActions['cancelSend']>(() => undefined);
  const onTakeBack = useCallback(() => {
    const last = waiting.current.findLast(({ state, file }) => state === 'delayed' && !file);
    if (last) latestCancel.current(last);
    return last !== undefined;
  }, []);
  const onMessages = useCallback(() => list.current?.focusLast() ?? false, []);

  // What was read is told to the gateway once, and only while the person can see it.
  const told = useRef(0);
  const lastSeq = chat.messages?.at(-1)?.conv_seq ?? 0;
  const tellRead = useCallback(() => {
    if (conversation.intake !== 'active' || lastSeq <= told.current || !document.hasFocus()) return;
    told.current = lastSeq;
    return bridge.call('conversations.read', { conversation_key: conversation.key, conv_seq: lastSeq });
  }, [conversation.key, conversation.intake, lastSeq]);
  const latestTell = useRef(tellRead);
  latestTell.current = tellRead;
  const telling = useRef<ReturnType<typeof spaced> | null>(null);
  useEffect(() => {
    const own = spaced(() => latestTell.current(), READ_REST_MS);
    telling.current = own;
    own.ask();
    addEventListener('focus', own.ask);
    return () => {
      removeEventListener('focus', own.ask);
      own.stop();
    };
  }, []);
  useEffect(() => telling.current?.ask(), [tellRead]);

  const { older, shown } = chat;
  const onOlder = useCallback(() => void older(), [older]);
  const { findRequest } = props;
  const [finding, setFinding] = useState<{ readonly text: string; readonly turn: number } | null>(null);
  useEffect(() => {
    if (findRequest) setFinding(findRequest);
  }, [findRequest]);
  busyAbove.current = selection !== null || finding !== null;
  const openFind = useCallback(() => setFinding((now) => ({ text: now?.text ?? '', turn: (now?.turn ?? 0) + 1 })), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.isComposing || event.altKey || event.shiftKey || event.key.toLowerCase() !== 'f') return;
      if (event.ctrlKey === event.metaKey || document.querySelector('[role=dialog]')) return;
      event.preventDefault();
      openFind();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [openFind]);
  const showKey = useCallback(
    async (key: number): Promise<boolean> => {
      for (let page = 0; page < 25; page++) {
        const message = shown.current.find((one) => one.key === key);
        if (message && list.current?.show(message.msg_id)) return true;
        if (!message && !(await older(200))) return false;
        // The list learns of the older page with the next frame.
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      }
      return false;
    },
    [older, shown],
  );
  const jump = useCallback(
    async (msgId: string): Promise<void> => {
      for (let page = 0; page < 25; page++) {
        if (list.current?.show(msgId)) return;
        if (!(await older(200))) break;
        // The list learns of the older page with the next frame.
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      }
      if (!list.current?.show(msgId)) toast({ tone: 'info', text: t('chat.jumpNotFound') });
    },
    [older, t],
  );

  const { onSearchNumber, onIncident } = props;
  const actions = useMemo<RowActions>(
    () => ({
      openMenu: (target, anchor) => setMenu({ target, anchor }),
      jumpTo: (msgId) => void jump(msgId),
      searchNumber: onSearchNumber,
      correct: (message, text) =>
        composer.current?.correct(
          message.msg_id,
          message.text ?? t('recall.tombstone.self'),
          text ?? t('chat.correction'),
        ),
      fill: (text) => composer.current?.bringBack(text),
      showIncident: onIncident,
      openSeal: (message) => openSeal(message.key),
      askRemedy: (message) => setRemediesAsked((before) => new Set(before).add(message.key)),
      addIncident: (message) => {
        void bridge.call('incidents.open', { message_key: message.key, cause: 'manual' }).then((answer) => {
          if (!answer.ok) return failure(answer.error);
          toast({ tone: 'done', text: t('incidents.card.added') });
        });
      },
      evidence: askEvidence,
      toggle: (message) =>
        setSelection((before) => {
          const next = new Set(before ?? []);
          if (!next.delete(message.key)) next.add(message.key);
          return next;
        }),
      recall: (message) => setRecalling(message),
      reedit: (message) => {
        const recallId = message.recall?.recall_id ?? message.recalled?.recall_id;
        if (!recallId) return;
        void bridge
          .call('recall.reedit', { recall_id: recallId })
          .then((answer) => (answer.ok ? composer.current?.bringBack(answer.result.text) : failure(answer.error)));
      },
      cancelSend: (outgoing) => {
        void bridge.call('messages.cancel', { client_msg_id: outgoing.client_msg_id }).then((answer) => {
          if (!answer.ok) return failure(answer.error);
          composer.current?.bringBack(answer.result.text);
          toast({ tone: 'done', text: t('chat.cancelled') });
        });
      },
      retry: (outgoing) =>
        void bridge
          .call('messages.retry', { client_msg_id: outgoing.client_msg_id })
          .then((answer) => answer.ok || failure(answer.error)),
      discard: (outgoing) =>
        void bridge
          .call('messages.discard', { client_msg_id: outgoing.client_msg_id })
          .then((answer) => (answer.ok ? composer.current?.bringBack(answer.result.text) : failure(answer.error))),
    }),
    [askEvidence, jump, onIncident, onSearchNumber, openSeal, t],
  );
  latestCancel.current = actions.cancelSend;

  // The menu and the dialog follow the message as it is now, not as it was when they opened (RC1).
  const liveMessage = (message: MessageView): MessageView =>
    chat.messages?.find((one) => one.key === message.key) ?? message;

  return (
    <section
      className="chat"
      aria-label={t('chat.label')}
      onCopy={(event) => origins.copied({ key: conversation.key, name }, copiedText(event.target))}
      onCut={(event) => origins.copied({ key: conversation.key, name }, copiedText(event.target))}
    >
      <ChatHeader
        conversation={conversation}
        account={account}
        name={name}
        panelOpen={props.panelOpen}
        onPanel={props.onPanel}
        onFind={openFind}
      />
      {finding && (
        <FindBar
          conversation={conversation.key}
          request={finding}
          show={showKey}
          onRecords={(text) => props.onSearchText?.(text)}
          onClose={() => {
            setFinding(null);
            composer.current?.focus();
          }}
        />
      )}
      {chat.messages === null ? (
        chat.error ? (
          <ErrorState
            words={errorWords(chat.error)}
            code={chat.error.code}
            retry={t('common.retry')}
            onRetry={() => void chat.reload()}
          />
        ) : (
          <div className="chat-scroll-host">
            <LoadingState label={t('common.loading')} rows={5} />
          </div>
        )
      ) : chat.messages.length === 0 && chat.outgoing.length === 0 ? (
        <div className="chat-scroll-host">
          <StateMessage icon="chat" title={t('chat.empty')} note={t('chat.emptyNote')} />
        </div>
      ) : (
        <MessageList
          ref={list}
          messages={chat.messages}
          outgoing={chat.outgoing}
          gaps={chat.gaps}
          hasOlder={chat.hasOlder}
          onOlder={onOlder}
          onAway={onAway}
          conversation={forRows}
          account={account}
          appVersion={appVersion}
          hostThere={hostThere}
          freshRecalls={freshRecalls}
          remediesAsked={remediesAsked}
          selection={selection}
          mayOpenSeals={mayOpenSeals}
          hiddenFrom={chat.hiddenFrom}
          actions={actions}
        />
      )}
      <LiveRegion messages={chat.messages} />
      <PictureViewer />
      {selection === null ? (
        foot()
      ) : (
        <BatchBar
          count={selection.size}
          onRecall={() => setBatch((chat.messages ?? []).filter((message) => selection.has(message.key)))}
          onCancel={() => setSelection(null)}
        />
      )}
      {menu && (
        <MessageMenu
          target={liveTarget(menu.target, chat.messages, liveMessage)}
          anchor={menu.anchor}
          conversation={conversation}
          actions={actions}
          locale={locale}
          onClose={() => setMenu(null)}
        />
      )}
      {batch && (
        <BatchDialog
          messages={batch.map(liveMessage)}
          conversation={conversation}
          onClose={() => {
            setBatch(null);
            setSelection(null);
          }}
        />
      )}
      {seal && (
        <SealDialog
          opened={seal.opened}
          problem={seal.error === null ? null : { text: errorWords(seal.error).title, code: seal.error.code }}
          file={seal.file}
          words={sealWords(t as unknown as SealSay)}
          onSave={() => void saveSeal()}
          onClose={closeSeal}
        />
      )}
      {evidence.wish && (
        <EvidenceDialog
          marked={evidence.wish.message.evidence !== undefined}
          busy={evidence.wish.busy}
          error={evidence.wish.error}
          say={t as unknown as EvidenceSay}
          onConfirm={(note) => void evidence.confirm(note)}
          onClose={evidence.close}
        />
      )}
      {recalling && (
        <LiveRecallDialog
          message={liveMessage(recalling)}
          conversation={conversation}
          onClose={() => {
            setFreshRecalls((before) => new Set(before).add(recalling.key));
            setRecalling(null);
            composer.current?.focus();
          }}
        />
      )}
    </section>
  );

  function foot() {
    if (conversation.removed)
      return (
        <Closed>{`${t('chat.removed', { by: conversation.removed.by, time: formatStamp(conversation.removed.restorable_until) })} ${t('composer.closedRemoved')}`}</Closed>
      );
    if (conversation.account_id === null) return <Closed>{t('composer.noAccount')}</Closed>;
    if (conversation.intake === 'waiting')
      return <ClaimBar conversation={conversation} name={name} onClaim={props.onClaim} />;
    if (conversation.intake === 'ended') return <Closed>{endedWords(conversation, account, t, locale)}</Closed>;
    if (
      conversation.type === 'single' &&
      conversation.assignee &&
      account?.agent &&
      conversation.assignee.agent_id !== account.agent.agent_id
    )
      return <Closed>{t('composer.closedOther', { name: conversation.assignee.name })}</Closed>;
    return (
      <Composer
        ref={composer}
        conversation={forComposer}
        account={account}
        name={name}
        onSent={onSent}
        onTakeBack={onTakeBack}
        onMessages={onMessages}
      />
    );
  }
}

/** IN5: why nothing can be sent: the rule that ended it, where it was one, and what happens next. */
function endedWords(
  conversation: ConversationView,
  account: AccountView | null,
  t: TFunction,
  locale: 'zh-CN' | 'en',
): string {
  const policy = account?.shops.find(({ shop_id }) => shop_id === conversation.shop.shop_id)?.policy;
  const end = conversation.assignments.at(-1)?.to ?? null;
  const silent =
    policy !== null &&
    policy !== undefined &&
    end !== null &&
    conversation.last_message_at !== null &&
    end - conversation.last_message_at >= policy.session_end.after_ms;
  const why = silent
    ? t(`desk.closed.endedRule.${policy.session_end.since}`, {
        time: formatDuration(policy.session_end.after_ms, locale),
      })
    : t('composer.closedEnded');
  return `${why}。${t('desk.closed.reopen')}`.replace('。。', '。');
}

function Closed(props: { children: string }) {
  return (
    <div className="chat-closed" role="note">
      <Icon name="info" size={14} />
      {props.children}
    </div>
  );
}

function ClaimBar(props: { conversation: ConversationView; name: string; onClaim: ChatViewProps['onClaim'] }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  return (
    <div className="chat-claim">
      <div>
        <p className="chat-claim-title">{t('composer.claimTitle')}</p>
        <p>{t('composer.claimText')}</p>
      </div>
      <Button
        look="primary"
        busy={busy}
        onClick={() => {
          setBusy(true);
          void props.onClaim(props.conversation, props.name).finally(() => setBusy(false));
        }}
      >
        {t('inbox.claim')}
      </Button>
    </div>
  );
}

/** The menu with its live countdown: every second, and at once when message, policy or connection change. */
function MessageMenu(props: {
  target: Target;
  anchor: MenuAnchor;
  conversation: ConversationView;
  actions: RowActions;
  locale: 'zh-CN' | 'en';
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { target, conversation, actions, locale } = props;
  const account = useAccount(conversation.account_id);
  const appVersion = useLive((state) => state.info?.version ?? '0.0.0');
  const hostThere = useLive((state) => state.host) === 'connected';
  const rights = useEvidenceRights();
  const now = serverNow(conversation.account_id, useNow());
  const context = recallContext(account, conversation, appVersion, now, hostThere);
  const items: MenuItem[] = [];
  const text = 'message' in target ? target.message.text : target.outgoing.text;
  const ours = 'outgoing' in target || target.message.sender.role === 'agent';
  let blocked = false;

  if (ours && context && account) {
    const facts = 'message' in target ? recallFactsOf(target.message) : outgoingFacts(target.outgoing, account);
    const model = recallMenu(assessRecall(facts, context), now);
    // Not while it is being done: its own outcome will speak.
    blocked = model.disabled && model.reason?.code !== 'IN_FLIGHT' && model.reason?.code !== 'ALREADY_RECALLED';
    items.push({
      id: 'recall',
      icon: 'undo',
      danger: true,
      label: model.action === 'cancel' ? t('chat.cancelPending') : t('chat.recall'),
      ...(model.remainingMs === null ? {} : { trailing: formatCountdown(model.remainingMs) }),
      ...(model.reason === null
        ? {}
        : {
            note:
              model.reason.level === 'blocked'
                ? reasonWords(model.reason, t, locale)
                : riskWords(model.reason, t, locale),
          }),
      disabled: model.disabled,
      onSelect: () => {
        if ('outgoing' in target) actions.cancelSend(target.outgoing);
        else actions.recall(target.message);
      },
    });
  }
  if (ours && 'message' in target && blocked)
    items.push({
      id: 'remedy',
      icon: 'warning',
      label: t('incidents.card.remedy'),
      onSelect: () => actions.askRemedy(target.message),
    });
  if (ours && 'message' in target && conversation.intake === 'active')
    items.push({
      id: 'correct',
      icon: 'pencil',
      label: t('chat.sendCorrection'),
      onSelect: () => actions.correct(target.message),
    });
  if (text !== null && text !== '')
    items.push({
      id: 'copy',
      icon: 'copy',
      label: t('chat.copyText'),
      separatorBefore: items.length > 0,
      onSelect: () => {
        // PV5: copied here, so elsewhere it is asked about.
        const name = conversation.consumer?.name ?? conversation.title;
        origins.copied({ key: conversation.key, name }, text);
        void copy(text, t);
      },
    });
  if ('message' in target) {
    const { message } = target;
    if (ours && account?.agent) {
      items.push({
        id: 'incident',
        icon: 'incident',
        label: t('incidents.card.add'),
        separatorBefore: true,
        onSelect: () => actions.addIncident(message),
      });
      if (message.sender.id === account.agent.agent_id)
        items.push({
          id: 'select',
          icon: 'check',
          label: t('incidents.batch.select'),
          onSelect: () => actions.toggle(message),
        });
    }
    const may = message.evidence ? rights.release : rights.mark;
    items.push({
      id: 'evidence',
      icon: 'bookmark',
      label: t(message.evidence ? 'evidence.release' : 'evidence.mark'),
      disabled: !may,
      ...(may
        ? {}
        : {
            note: t('evidence.markNeeds', {
              roles: rolesWith(message.evidence ? 'hold.place' : 'evidence.mark')
                .map((role) => t(`administration.role.${role}`))
                .join(t('common.listSeparator')),
            }),
          }),
      onSelect: () => actions.evidence(message),
    });
    items.push({ id: 'copy-id', icon: 'copy', label: t('chat.copyId'), onSelect: () => void copy(message.msg_id, t) });
    for (const number of new Set([
      ...message.order_nos,
      ...message.violation_nos,
      ...(message.order ? [message.order.order_no] : []),
    ]))
      items.push({
        id: `number-${number}`,
        icon: 'search',
        label: t('chat.searchNumber', { number }),
        onSelect: () => actions.searchNumber(number),
      });
  }
  return <Menu anchor={props.anchor} label={t('chat.menu')} items={items} onClose={props.onClose} />;
}

/** What a copy takes: the selection of a field, or of the page. */
function copiedText(target: EventTarget): string {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement)
    return target.value.slice(target.selectionStart ?? 0, target.selectionEnd ?? 0);
  return getSelection()?.toString() ?? '';
}

async function copy(text: string, t: TFunction): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast({ tone: 'done', text: t('common.copied') });
  } catch {
    toast({ tone: 'failed', text: t('common.copyFailed') });
  }
}

function LiveRecallDialog(props: { message: MessageView; conversation: ConversationView; onClose: () => void }) {
  const account = useAccount(props.conversation.account_id);
  const appVersion = useLive((state) => state.info?.version ?? '0.0.0');
  const hostThere = useLive((state) => state.host) === 'connected';
  const now = serverNow(props.conversation.account_id, useNow());
  const context = recallContext(account, props.conversation, appVersion, now, hostThere);
  if (!context) return null;
  return (
    <RecallDialog
      message={props.message}
      verdict={assessRecall(recallFactsOf(props.message), context)}
      now={now}
      onClose={props.onClose}
    />
  );
}

/** New messages of the consumer are read out, once, without those that were there when the chat opened. */
function LiveRegion(props: { messages: readonly MessageView[] | null }) {
  const { t } = useTranslation();
  const heard = useRef<number | null>(null);
  const [said, setSaid] = useState({ seq: 0, words: '' });
  const { messages } = props;
  useEffect(() => {
    const last = messages?.at(-1);
    if (!messages || !last) return;
    const before = heard.current;
    heard.current = Math.max(before ?? 0, last.conv_seq);
    if (before === null) return;
    const fresh = messages.filter((one) => one.conv_seq > before && one.sender.role === 'consumer');
    if (fresh.length === 0) return;
    const words = fresh.map((one) =>
      t('chat.liveMessage', { name: one.sender.name, text: one.text ?? t(`inbox.kinds.${one.kind}`) }),
    );
    setSaid({ seq: last.conv_seq, words: words.join(' ') });
  }, [messages, t]);
  return (
    <div className="visually-hidden" aria-live="polite">
      {/* By its number, so that the same words said again are read out again. */}
      <span key={said.seq}>{said.words}</span>
    </div>
  );
}
