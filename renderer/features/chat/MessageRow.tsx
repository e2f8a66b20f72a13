import type { TFunction } from 'i18next';
import { memo, useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { assessRecall } from '#shared/domain/recall/assess.ts';
import type { AccountView, ConversationView, MessageView, OutgoingView } from '#shared/contract/views.ts';
import type { RecallVerdict } from '#shared/domain/recall/types.ts';
import type { Locale } from '#shared/i18n/index.ts';
import { recallFactsOf } from '#shared/domain/recall/facts.ts';
import { serverNow } from '#renderer/bridge/live.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { formatCountdown, formatStamp, formatTime, formatTimeSeconds } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { menuAnchor, type MenuAnchor } from '#renderer/ui/Menu.tsx';
import { LongText } from '#renderer/ui/LongText.tsx';
import { Marked } from '#renderer/ui/Marked.tsx';
import { Kbd, Tag } from '#renderer/ui/marks.tsx';
import { useNow } from '#renderer/ui/use-now.ts';
import { AttachmentBody, OutgoingFile } from './attachments/AttachmentBody.tsx';
import { useFound } from './find/found.ts';
import { recallContext } from './recall/facts.ts';
import { ringShare } from './recall/menu.ts';
import { RemedyHost, type RemedyActions } from './recall/RemedyHost.tsx';
import { useWords } from './use-words.ts';

/** What rows may ask of the chat around them. */
export interface RowActions extends RemedyActions {
  openMenu(target: { message: MessageView } | { outgoing: OutgoingView }, anchor: MenuAnchor): void;
  jumpTo(msgId: string): void;
  searchNumber(number: string): void;
  openSeal(message: MessageView): void;
  askRemedy(message: MessageView): void;
  addIncident(message: MessageView): void;
  /** Keeps it as evidence, or takes the mark back (AD3). */
  evidence(message: MessageView): void;
  /** In selection mode (RC18). */
  toggle(message: MessageView): void;
  reedit(message: MessageView): void;
  cancelSend(outgoing: OutgoingView): void;
  retry(outgoing: OutgoingView): void;
  discard(outgoing: OutgoingView): void;
}

const LONG_PRESS_MS = 500;

/** Right click, long press, the keyboard's menu key and Shift+F10 all open the message menu (RC9). */
function useMenuTriggers(open: (anchor: MenuAnchor) => void) {
  const press = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const stop = (): void => clearTimeout(press.current);
  return {
    onContextMenu: (event: React.MouseEvent<HTMLElement>) => {
      event.preventDefault();
      open(menuAnchor(event));
    },
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => {
      if (
        event.key !== 'ContextMenu' &&
        !(event.key === 'F10' && event.shiftKey) &&
        !(event.key === 'Enter' && event.target === event.currentTarget)
      )
        return;
      event.preventDefault();
      open(menuAnchor({ clientX: 0, clientY: 0, currentTarget: event.currentTarget }));
    },
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.pointerType === 'mouse') return;
      const anchor = { x: event.clientX, y: event.clientY };
      stop();
      press.current = setTimeout(() => open(anchor), LONG_PRESS_MS);
    },
    onPointerUp: stop,
    onPointerCancel: stop,
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (Math.abs(event.movementX) + Math.abs(event.movementY) > 6) stop();
    },
  };
}

interface MessageRowProps {
  readonly message: MessageView;
  readonly first: boolean;
  readonly last: boolean;
  readonly conversation: ConversationView;
  readonly account: AccountView | null;
  readonly appVersion: string;
  readonly hostThere: boolean;
  readonly flash: boolean;
  readonly freshRemedy: boolean;
  /** The remedy was asked for from the menu (RM1). */
  readonly remedyAsked: boolean;
  /** Null: nothing is being selected. */
  readonly selected: boolean | null;
  readonly mayOpenSeals: boolean;
  readonly actions: RowActions;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, conversation, account, actions } = props;
  const { t, locale } = useWords();
  const self = message.sender.role === 'agent' && message.sender.id === account?.agent?.agent_id;
  const side = message.sender.role === 'agent' ? 'own' : 'other';
  const card = message.sender.role === 'agent' &&
    (props.remedyAsked || (message.recall !== null && props.account !== null)) && <LiveRemedy {...props} />;

  if (message.recalled) {
    return (
      <div className={`msg is-${side} is-first`} id={`msg-${message.key}`}>
        <Tombstone
          message={message}
          self={message.recalled.operator.role === 'agent' && message.recalled.operator.id === account?.agent?.agent_id}
          onReedit={() => actions.reedit(message)}
          onOpenSeal={props.mayOpenSeals && message.recalled.sealed ? () => actions.openSeal(message) : null}
          accountId={account?.account_id ?? null}
        />
        {message.evidence && <EvidenceMark since={message.evidence.at} />}
        {card}
      </div>
    );
  }
  if (message.kind === 'system' || message.sender.role === 'system')
    return (
      <div className="msg-system foreign">
        {message.text !== null && <span>{message.text}</span>} <UnknownNote message={message} />{' '}
        <time className="num">{formatTime(message.sent_at, locale)}</time>
      </div>
    );

  const named = props.first && ((side === 'own' && !self) || conversation.type === 'group');
  return (
    <div
      className={`msg is-${side} ${props.first ? 'is-first' : ''} ${props.last ? 'is-last' : ''} ${props.flash ? 'is-flash' : ''}`}
      id={`msg-${message.key}`}
    >
      {named && <span className="msg-name foreign">{message.sender.name}</span>}
      <MessageLine {...props} self={self} locale={locale} />
      <RecallLine message={message} accountId={account?.account_id ?? null} />
      {message.evidence && <EvidenceMark since={message.evidence.at} />}
      {message.corrected_by !== null && (
        <button type="button" className="msg-link" onClick={() => actions.jumpTo(message.corrected_by ?? '')}>
          <Icon name="link" size={12} />
          {t('chat.correctedBy')}
        </button>
      )}
      {card}
    </div>
  );
});

/** SY8: what a later version says can't be shown as it is, and is never left out. */
function UnknownNote(props: { message: MessageView }) {
  const { t } = useWords();
  const { kind, unknown, sender } = props.message;
  const name = unknown?.kind ?? '';
  const notes = [
    kind !== 'unknown' ? null : name === '' ? t('chat.unreadable') : t('chat.unknownKind', { kind: name }),
    unknown === undefined || unknown.role === null
      ? null
      : t('chat.unknownRole', { name: sender.name || sender.id, role: unknown.role }),
  ];
  return notes.map(
    (note) =>
      note !== null && (
        <span key={note} className="msg-unknown">
          <Icon name="info" size={12} /> {note}
        </span>
      ),
  );
}

/** AD3: 已保留为凭证. */
function EvidenceMark(props: { since: number }) {
  const { t } = useWords();
  return (
    <p className="msg-note" title={t('evidence.keptSince', { time: formatStamp(props.since) })}>
      <Icon name="bookmark" size={12} /> {t('evidence.kept')}
    </p>
  );
}

/** The remedy card follows the policy's clock; the row around it is only drawn when its message changes. */
function LiveRemedy(props: MessageRowProps) {
  useNow();
  return (
    <RemedyHost
      message={props.message}
      account={props.account}
      conversation={props.conversation}
      verdict={verdictOf(props)}
      asked={props.remedyAsked}
      fresh={props.freshRemedy}
      actions={props.actions}
    />
  );
}

/** What the policy says now, for own messages; null where nobody can tell. */
function verdictOf(props: MessageRowProps): RecallVerdict | null {
  if (props.account === null) return null;
  const now = serverNow(props.account.account_id);
  const context = recallContext(props.account, props.conversation, props.appVersion, now, props.hostThere);
  return context === null ? null : assessRecall(recallFactsOf(props.message), context);
}

function MessageLine(props: MessageRowProps & { self: boolean; locale: Locale }) {
  const { message, actions, self, locale } = props;
  const { t } = useWords();
  const triggers = useMenuTriggers((anchor) => actions.openMenu({ message }, anchor));
  const windowMightRun = self && props.account !== null;
  const verdictNow = serverNow(props.account?.account_id ?? null);
  const context = windowMightRun
    ? recallContext(props.account, props.conversation, props.appVersion, verdictNow, props.hostThere)
    : null;
  const verdict = context ? assessRecall(recallFactsOf(message), context) : null;
  const ring = verdict !== null && ringShare(verdict, verdictNow, message.sent_at) !== null;
  const status = self && (props.last || ring) && message.status !== 'sent' ? t(`chat.state.${message.status}`) : null;
  return (
    <div className="msg-line">
      {props.selected !== null && self && (
        <input
          type="checkbox"
          className="msg-select"
          aria-label={t('incidents.batch.choose')}
          checked={props.selected}
          onChange={() => actions.toggle(message)}
        />
      )}
      <div
        className="msg-bubble"
        tabIndex={0}
        role="article"
        aria-label={`${message.sender.name} ${formatTime(message.sent_at, locale)}`}
        {...triggers}
      >
        {message.correction_of !== null && (
          <button
            type="button"
            className="msg-correction"
            onClick={() => actions.jumpTo(message.correction_of ?? '')}
            title={t('chat.correctionOf')}
          >
            <Icon name="link" size={12} />
            {t('chat.correction')}
          </button>
        )}
        <MessageBody message={message} onSearch={actions.searchNumber} />
      </div>
      <div className={`msg-meta ${ring || props.last ? 'is-kept' : ''}`}>
        <IconButton
          icon="more"
          label={t('chat.openMenu')}
          iconSize={14}
          className="msg-more"
          tabIndex={-1}
          onClick={(event) => actions.openMenu({ message }, menuAnchor(event))}
        />
        {status !== null && <span className="msg-status">{status}</span>}
        {ring && verdict ? (
          <RingTime message={message} verdict={verdict} account={props.account} />
        ) : (
          <time className="num">{formatTime(message.sent_at, locale)}</time>
        )}
        <span className="msg-id num" title={t('chat.id')}>
          {message.msg_id}
        </span>
      </div>
    </div>
  );
}

/** The time with the thin ring that shows what remains of the recall window; the only thing that moves (ui.md). */
function RingTime(props: { message: MessageView; verdict: RecallVerdict; account: AccountView | null }) {
  const { locale } = useWords();
  const now = serverNow(props.account?.account_id ?? null, useNow());
  const share = ringShare(props.verdict, now, props.message.sent_at);
  const time = formatTime(props.message.sent_at, locale);
  if (share === null) return <time className="num">{time}</time>;
  return (
    <time
      className="msg-ring num"
      style={{ ['--share' as string]: share }}
      title={formatCountdown((props.verdict.window_ends_at ?? now) - now)}
    >
      {time}
    </time>
  );
}

function MessageBody(props: { message: MessageView; onSearch: (number: string) => void }) {
  const { message } = props;
  const { t } = useWords();
  const { order, attachment } = message;
  const found = useFound((state) => state.marks.get(message.key));
  const foundHere = useFound((state) => state.current === message.key);
  if (order)
    return (
      <div className="order-card">
        <div className="order-card-head">
          <Icon name="box" size={14} />
          <span>{t('chat.order')}</span>
          <Tag>{order.status}</Tag>
        </div>
        <p className="order-card-title foreign">{order.title}</p>
        <div className="order-card-foot">
          <button
            type="button"
            className="num order-card-no"
            onClick={() => props.onSearch(order.order_no)}
            title={t('chat.searchNumber', { number: order.order_no })}
          >
            {order.order_no}
          </button>
          <span className="num order-card-amount">¥{order.amount}</span>
        </div>
      </div>
    );
  return (
    <>
      <UnknownNote message={message} />
      {attachment && <AttachmentBody message={message} attachment={attachment} />}
      {message.text !== null && message.text !== '' ? (
        <div className="msg-text foreign">
          <LongText text={message.text} until={found?.at(-1)?.[1] ?? 0} more={(count) => t('chat.showAll', { count })}>
            {(shown) =>
              found ? (
                <Marked text={shown} matches={found} current={foundHere} />
              ) : (
                withNumbers(shown, [...message.order_nos, ...message.violation_nos], props.onSearch, t)
              )
            }
          </LongText>
        </div>
      ) : (
        !attachment && message.kind !== 'unknown' && <div className="msg-text is-empty">{t('chat.noText')}</div>
      )}
    </>
  );
}

/** IN9: numbers in the text that the gateway linked become links to their records. */
function withNumbers(
  text: string,
  numbers: readonly string[],
  onSearch: (number: string) => void,
  t: TFunction,
): ReactNode {
  const found = numbers
    .flatMap((number) => {
      const at = text.indexOf(number);
      return at < 0 ? [] : [{ number, at }];
    })
    .toSorted((a, b) => a.at - b.at);
  if (found.length === 0) return text;
  const parts: ReactNode[] = [];
  let end = 0;
  for (const { number, at } of found) {
    if (at < end) continue;
    parts.push(
      text.slice(end, at),
      <button
        key={at}
        type="button"
        className="msg-number num"
        title={t('chat.searchNumber', { number })}
        onClick={() => onSearch(number)}
      >
        {number}
      </button>,
    );
    end = at + number.length;
  }
  parts.push(text.slice(end));
  return parts;
}

/** How a recall asked for stands, while its message is still there (RC15, RC16). */
function RecallLine(props: { message: MessageView; accountId: AccountView['account_id'] | null }) {
  const { t } = useWords();
  const { recall } = props.message;
  const waiting = recall?.state === 'queued';
  const now = serverNow(props.accountId, useNow(waiting));
  if (!recall) return null;
  switch (recall.state) {
    case 'queued':
      return <p className="msg-note num">{t('recall.queued', { time: formatCountdown(recall.expires_at - now) })}</p>;
    case 'requested':
      return (
        <p className="msg-note">
          <span className="ui-spinner" aria-hidden="true" /> {t('recall.requested')}
        </p>
      );
    case 'unknown':
      return (
        <p className="msg-note is-waiting" title={t('recall.unknownNote')}>
          <Icon name="hourglass" size={12} /> {t('recall.unknown')}
        </p>
      );
    case 'done':
    case 'failed':
    case 'expired':
      return null;
  }
}

function Tombstone(props: {
  message: MessageView;
  self: boolean;
  accountId: AccountView['account_id'] | null;
  onReedit: () => void;
  onOpenSeal: (() => void) | null;
}) {
  const { t, locale } = useWords();
  const { recalled, recall } = props.message;
  const until = props.self ? (recall?.reedit_until ?? null) : null;
  const now = serverNow(props.accountId, useNow(until !== null));
  if (!recalled) return null;
  const words =
    recalled.operator.role === 'consumer'
      ? t('recall.tombstone.consumer')
      : props.self
        ? t('recall.tombstone.self')
        : t('recall.tombstone.agent', { name: recalled.operator.name });
  return (
    <div className="tombstone">
      <span className="foreign">{words}</span>
      <time className="num">{formatTimeSeconds(recalled.at, locale)}</time>
      {recalled.operator.role !== 'consumer' && recalled.effect !== 'both' && (
        <Tag tone="waiting">{t(`recall.effects.${recalled.effect}`)}</Tag>
      )}
      {recalled.disputed !== undefined && (
        <Tag tone="failed">{t('recall.disputed', { effect: t(`recall.effects.${recalled.disputed}`) })}</Tag>
      )}
      {until !== null && until > now && (
        <Button
          look="link"
          onClick={props.onReedit}
          title={t('recall.reeditLeft', { time: formatCountdown(until - now) })}
        >
          {t('recall.reedit')}
        </Button>
      )}
      {props.onOpenSeal && (
        <Button look="link" onClick={props.onOpenSeal} title={t('incidents.seal.hint')}>
          {t('incidents.seal.open')}
        </Button>
      )}
    </div>
  );
}

/** A message that the gateway has not confirmed (PV2, SY3). */
export const OutgoingRow = memo(function OutgoingRow(props: {
  outgoing: OutgoingView;
  account: AccountView | null;
  offline: boolean;
  actions: RowActions;
}) {
  const { outgoing, actions } = props;
  const { t } = useWords();
  const triggers = useMenuTriggers((anchor) => actions.openMenu({ outgoing }, anchor));
  return (
    <div className="msg is-own is-first is-last">
      <div className="msg-line">
        <div
          className={`msg-bubble is-pending ${outgoing.state === 'failed' ? 'is-failed' : ''}`}
          tabIndex={0}
          role="article"
          aria-label={t('common.you')}
          {...triggers}
        >
          {outgoing.correction_of !== null && (
            <button
              type="button"
              className="msg-correction"
              onClick={() => actions.jumpTo(outgoing.correction_of ?? '')}
            >
              <Icon name="link" size={12} />
              {t('chat.correction')}
            </button>
          )}
          {outgoing.file ? (
            <OutgoingFile outgoing={outgoing} onCancel={() => actions.cancelSend(outgoing)} />
          ) : (
            <div className="msg-text foreign">
              <LongText text={outgoing.text ?? ''} more={(count) => t('chat.showAll', { count })}>
                {(shown) => shown}
              </LongText>
            </div>
          )}
        </div>
      </div>
      {outgoing.state === 'delayed' ? (
        <DelayBar
          outgoing={outgoing}
          accountId={props.account?.account_id ?? null}
          onCancel={() => actions.cancelSend(outgoing)}
        />
      ) : outgoing.state === 'failed' ? (
        <p className="msg-note is-failed">
          <Icon name="warning" size={12} /> {t('chat.state.failed')}
          {outgoing.error && (
            <>
              {' '}
              <ErrorCode code={outgoing.error.code} />
            </>
          )}
          <Button look="link" onClick={() => actions.retry(outgoing)}>
            {t('chat.retry')}
          </Button>
          <Button look="link" onClick={() => actions.discard(outgoing)}>
            {t('chat.discard')}
          </Button>
        </p>
      ) : outgoing.state === 'queued' && outgoing.file?.uploaded === false ? null : (
        <p className={`msg-note ${outgoing.state === 'unknown' ? 'is-waiting' : ''}`}>
          {outgoing.state === 'unknown' ? (
            <Icon name="hourglass" size={12} />
          ) : outgoing.state === 'sending' ? (
            <span className="ui-spinner" aria-hidden="true" />
          ) : (
            <Icon name="clock" size={12} />
          )}{' '}
          {outgoing.state === 'queued' && props.offline
            ? t('chat.state.offlineQueued')
            : t(`chat.state.${outgoing.state}`)}
        </p>
      )}
    </div>
  );
});

/** PV2: what is left of the delay, with the way out. */
function DelayBar(props: {
  outgoing: OutgoingView;
  accountId: AccountView['account_id'] | null;
  onCancel: () => void;
}) {
  const { t } = useWords();
  const now = serverNow(props.accountId, useNow());
  const { release_at: release, created_at: created } = props.outgoing;
  const left = Math.max(0, (release ?? now) - now);
  const whole = Math.max(1, (release ?? now) - created);
  return (
    <div className="delay" role="status">
      <span
        className="delay-bar"
        style={{ animationDuration: `${whole}ms`, animationDelay: `${Math.min(0, left - whole)}ms` }}
      />
      <span className="num">{t('chat.state.delayed', { seconds: Math.ceil(left / 1_000) })}</span>
      <Button look="link" onClick={props.onCancel}>
        {t('chat.cancelSend')}
      </Button>
      <span className="delay-key" aria-hidden="true">
        <Kbd>Esc</Kbd>
      </span>
    </div>
  );
}
