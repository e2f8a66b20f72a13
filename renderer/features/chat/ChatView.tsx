import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConversationView, MessageView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { useConversation } from '#renderer/bridge/conversation.ts';
import { useAccount, useLive } from '#renderer/bridge/live.ts';
import { useEvidence } from '#renderer/bridge/evidence.ts';
import { useMayOpenSeals, useSeal } from '#renderer/bridge/seals.ts';
import { useSteady } from '#renderer/bridge/steady.ts';
import { errorWords } from '#renderer/ui/words.ts';
import type { MenuAnchor } from '#renderer/ui/Menu.tsx';
import { EvidenceDialog, type EvidenceSay } from '#renderer/ui/EvidenceDialog.tsx';
import { SealDialog, type SealSay } from '#renderer/ui/SealDialog.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { PictureViewer } from './attachments/PictureViewer.tsx';
import { ChatFoot, type OnClaim } from './ChatFoot.tsx';
import { ChatHeader } from './ChatHeader.tsx';
import { FindBar } from './find/FindBar.tsx';
import { Composer, keepAsDraft, type ComposerHandle } from './Composer.tsx';
import { origins } from './composer/origin.ts';
import { LiveRegion } from './LiveRegion.tsx';
import { addIncident, cancelSend, discardSend, reedit, retrySend } from './message-calls.ts';
import { MessageList, type MessageListHandle } from './MessageList.tsx';
import { liveTarget, MessageMenu, type MenuTarget } from './MessageMenu.tsx';
import type { RowActions } from './MessageRow.tsx';
import { BatchBar, BatchDialog } from './recall/BatchRecall.tsx';
import { RecallDialog } from './recall/RecallDialog.tsx';
import { beginChat, useChat } from './use-chat.ts';
import { useJump } from './use-jump.ts';
import { useTellRead } from './use-tell-read.ts';
import './chat.css';

export interface ChatViewProps {
  readonly conversationKey: ConversationKey;
  readonly panelOpen: boolean;
  readonly onPanel: () => void;
  /** Back to the list, where list and chat take turns. */
  readonly onList: (() => void) | null;
  readonly onSearchNumber: (number: string) => void;
  /** Words to find in this conversation, asked for from elsewhere (Ctrl/⌘ K); a new turn asks anew. */
  readonly findRequest?: { readonly text: string; readonly turn: number } | null;
  readonly onSearchText?: (text: string) => void;
  readonly onClaim: OnClaim;
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

function OpenChat(props: ChatViewProps & { conversation: ConversationView }) {
  const { t } = useTranslation();
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
  const [menu, setMenu] = useState<{ target: MenuTarget; anchor: MenuAnchor } | null>(null);
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

  useTellRead(conversation, chat.messages?.at(-1)?.conv_seq ?? 0);

  const { older } = chat;
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
  const { showKey, jumpTo } = useJump(list, chat);

  const latest = useRef(conversation);
  latest.current = conversation;
  const { onSearchNumber, onIncident } = props;
  const actions = useMemo<RowActions>(() => {
    const bringBack = (text: string | null): void => {
      if (text === null) return;
      // Another conversation may be open by now, or messages are being chosen: no text is lost for that.
      if (composer.current) composer.current.bringBack(text);
      else keepAsDraft(latest.current, text);
    };
    return {
      openMenu: (target, anchor) => setMenu({ target, anchor }),
      jumpTo: (msgId) => void jumpTo(msgId),
      searchNumber: onSearchNumber,
      correct: (message, text) =>
        composer.current?.correct(
          message.msg_id,
          message.text ?? t('recall.tombstone.self'),
          text ?? t('chat.correction'),
        ),
      fill: bringBack,
      showIncident: onIncident,
      openSeal: (message) => openSeal(message.key),
      askRemedy: (message) => setRemediesAsked((before) => new Set(before).add(message.key)),
      addIncident: (message) => void addIncident(message, t),
      evidence: askEvidence,
      toggle: (message) =>
        setSelection((before) => {
          const next = new Set(before ?? []);
          if (!next.delete(message.key)) next.add(message.key);
          return next;
        }),
      recall: (message) => setRecalling(message),
      reedit: (message) => void reedit(message).then(bringBack),
      cancelSend: (outgoing) => void cancelSend(outgoing, t).then(bringBack),
      retry: (outgoing) => void retrySend(outgoing),
      discard: (outgoing) => void discardSend(outgoing).then(bringBack),
    };
  }, [askEvidence, jumpTo, onIncident, onSearchNumber, openSeal, t]);
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
        onList={props.onList}
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
        <ChatFoot conversation={conversation} account={account} name={name} onClaim={props.onClaim}>
          <Composer
            ref={composer}
            conversation={forComposer}
            account={account}
            name={name}
            onSent={onSent}
            onTakeBack={onTakeBack}
            onMessages={onMessages}
          />
        </ChatFoot>
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
        <SealDialog seal={seal} say={t as unknown as SealSay} onSave={() => void saveSeal()} onClose={closeSeal} />
      )}
      {evidence.wish && (
        <EvidenceDialog
          wish={evidence.wish}
          say={t as unknown as EvidenceSay}
          onConfirm={(note) => void evidence.confirm(note)}
          onClose={evidence.close}
        />
      )}
      {recalling && (
        <RecallDialog
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
}

/** What a copy takes: the selection of a field, or of the page. */
function copiedText(target: EventTarget): string {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement)
    return target.value.slice(target.selectionStart ?? 0, target.selectionEnd ?? 0);
  return getSelection()?.toString() ?? '';
}
