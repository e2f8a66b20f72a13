import type { TFunction } from 'i18next';
import { memo, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConversationView } from '#shared/contract/views.ts';
import type { AccountId, ConversationKey, ShopId } from '#shared/domain/ids.ts';
import type { Intake } from '#shared/protocol/entities.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { serverNow, useAccount, useLive } from '#renderer/bridge/live.ts';
import { currentLocale, errorLine, errorWords } from '#renderer/ui/words.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { formatListTime, formatNumber, formatTimeSeconds, formatWaited } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Menu, menuAnchor, type MenuAnchor } from '#renderer/ui/Menu.tsx';
import { Avatar, CountBadge, Tag } from '#renderer/ui/marks.tsx';
import { ErrorState, LoadingState, OfflineStrip, StateMessage } from '#renderer/ui/states.tsx';
import { Tabs } from '#renderer/ui/Tabs.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { useNow } from '#renderer/ui/use-now.ts';
import { SparseList } from '#renderer/ui/SparseList.tsx';
import { ListTools } from './ListTools.tsx';
import { claim, useInbox } from './use-inbox.ts';
import { useListView } from './use-list-view.ts';
import { rowMarks } from './waiting.ts';
import './inbox.css';

const INTAKES = ['waiting', 'active', 'ended'] as const satisfies readonly Intake[];

export interface InboxProps {
  readonly accountId: AccountId | null;
  readonly shopId: ShopId | null;
  readonly intake: Intake;
  readonly selected: ConversationKey | null;
  readonly rowHeight: number;
  readonly onIntake: (intake: Intake) => void;
  /** `toWrite` unless the keyboard only passes by. */
  readonly onOpen: (conversation: ConversationView, toWrite: boolean) => void;
  /** The rows as they stand, for the shell's "next" and "previous". */
  readonly onRows?: (rows: readonly ConversationView[]) => void;
}

export function Inbox(props: InboxProps) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [menu, setMenu] = useState<{ readonly row: ConversationView; readonly anchor: MenuAnchor } | null>(null);
  const { accountId, shopId, intake } = props;
  const { sort, filter, onSort, onFilter } = useListView(accountId);
  const inbox = useInbox({ accountId, shopId, intake, sort, filter });
  const accounts = useLive((state) => state.accounts);
  const watched =
    accounts?.filter((account) => props.accountId === null || account.account_id === props.accountId) ?? [];
  const offline =
    watched.length > 0 && watched.every((account) => account.state !== 'live' && account.state !== 'catching-up');
  const { onRows } = props;
  useEffect(() => {
    if (inbox.pages) onRows?.(inbox.pages.rows());
  }, [inbox.pages, onRows]);
  const { pages } = inbox;
  const at = useCallback((index: number) => pages?.at(index), [pages]);
  const filtered = Object.keys(filter).length > 0;
  const { onOpen } = props;
  const onClaimed = useCallback((conversation: ConversationView) => onOpen(conversation, true), [onOpen]);

  return (
    <section className="inbox" aria-label={t('inbox.label')}>
      <Tabs
        label={t('inbox.label')}
        value={props.intake}
        onChange={props.onIntake}
        formatCount={(count) => formatNumber(count, locale)}
        tabs={INTAKES.map((intake) => ({
          value: intake,
          label: t(`inbox.${intake}`),
          count: inbox.counts?.[intake] ?? null,
          attention: intake === 'waiting',
        }))}
      />
      <ListTools sort={sort} filter={filter} onSort={onSort} onFilter={onFilter} />
      {offline && <OfflineStrip>{offlineWords()}</OfflineStrip>}
      {rows()}
      {menu && (
        <Menu
          anchor={menu.anchor}
          label={t('desk.list.rowMenu')}
          onClose={() => setMenu(null)}
          items={[
            {
              id: 'pin',
              icon: 'pin',
              label: menu.row.pinned ? t('desk.list.unpin') : t('desk.list.pin'),
              onSelect: () => mark(menu.row, 'pinned'),
            },
            {
              id: 'star',
              icon: 'star',
              label: menu.row.starred ? t('desk.list.unstar') : t('desk.list.star'),
              onSelect: () => mark(menu.row, 'starred'),
            },
          ]}
        />
      )}
    </section>
  );

  function offlineWords(): string {
    const { progress } = useLive.getState();
    const synced = Math.max(0, ...watched.map(({ account_id }) => progress[account_id]?.synced_at ?? 0));
    return synced > 0 ? t('inbox.offline', { time: formatTimeSeconds(synced, locale) }) : t('inbox.offlineNever');
  }

  function rows() {
    if (inbox.pages === null) {
      if (inbox.error)
        return (
          <ErrorState
            words={errorWords(inbox.error)}
            code={inbox.error.code}
            retry={t('common.retry')}
            onRetry={() => void inbox.reload()}
          />
        );
      return <LoadingState label={t('common.loading')} rows={8} avatar />;
    }
    if (inbox.pages.total === 0)
      return filtered ? (
        <StateMessage icon="filter" title={t('desk.list.none')} note={t('desk.list.noneNote')}>
          <Button onClick={() => onFilter({})}>{t('desk.list.clear')}</Button>
        </StateMessage>
      ) : (
        <StateMessage icon="inbox" title={t(`inbox.empty.${props.intake}`)} note={t(`inbox.empty.${props.intake}Note`)}>
          {props.intake === 'active' && (
            <Button onClick={() => props.onIntake('waiting')}>{t('inbox.empty.activeAction')}</Button>
          )}
        </StateMessage>
      );
    return (
      <SparseList
        key={JSON.stringify([accountId, shopId, intake, sort, filter])}
        label={t(`inbox.${props.intake}`)}
        count={inbox.pages.total}
        at={at}
        rowHeight={props.rowHeight}
        itemKey={(conversation) => conversation.key}
        selectedKey={props.selected}
        onSelect={props.onOpen}
        onRange={inbox.onRange}
        onKey={(event, conversation) => {
          if (conversation === undefined || event.ctrlKey || event.metaKey || event.altKey) return false;
          if (event.key === 'p') mark(conversation, 'pinned');
          else if (event.key === 's') mark(conversation, 'starred');
          else return false;
          return true;
        }}
        onRowMenu={(row, event) => setMenu({ row, anchor: menuAnchor(event) })}
        renderRow={(conversation) => (
          <ConversationRow
            conversation={conversation}
            accountName={
              props.accountId === null && watched.length > 1
                ? (watched.find(({ account_id }) => account_id === conversation.account_id)?.label ?? null)
                : null
            }
            onClaimed={onClaimed}
          />
        )}
        renderMissing={(index) => (
          <div className="conv-row is-missing">
            <span className="visually-hidden">{t('desk.list.loading', { row: index + 1 })}</span>
          </div>
        )}
      />
    );
  }
}

/** Pins and stars are this profile's own (IN1); the list learns of them with its next change notice. */
function mark(conversation: ConversationView, what: 'pinned' | 'starred'): void {
  void bridge
    .call('conversations.mark', { conversation_key: conversation.key, [what]: !conversation[what] })
    .then((answer) => {
      if (answer.ok) return;
      const words = errorWords(answer.error);
      toast({ tone: 'failed', text: words.title, note: errorLine(words) });
    });
}

const ConversationRow = memo(function ConversationRow({
  conversation,
  accountName,
  onClaimed,
}: {
  conversation: ConversationView;
  /** Where several accounts are in one list. */
  accountName: string | null;
  onClaimed: (conversation: ConversationView) => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const clockRuns = conversation.intake !== 'ended' && conversation.waiting_since !== null;
  const now = serverNow(conversation.account_id, useNow(clockRuns));
  const marks = rowMarks(conversation, now);
  const name = conversation.type === 'group' ? conversation.title : (conversation.consumer?.name ?? conversation.title);
  return (
    <div className="conv-row">
      <Avatar name={name} square={conversation.type === 'group'} />
      <div className="conv-row-body">
        <div className="conv-row-line">
          <span className="conv-row-name ellipsis foreign">{name}</span>
          {conversation.pinned && <RowMark icon="pin" label={t('desk.list.pinned')} />}
          {conversation.starred && <RowMark icon="star" label={t('desk.list.isStarred')} />}
          <span
            className="conv-row-shop ellipsis foreign"
            title={
              accountName === null
                ? conversation.shop.name
                : `${conversation.shop.name} · ${t('desk.list.account', { name: accountName })}`
            }
          >
            {accountName === null ? conversation.shop.name : `${conversation.shop.name} · ${accountName}`}
          </span>
          {conversation.tags?.slice(0, 1).map((tag) => (
            <Tag key={tag} title={conversation.tags?.join(t('common.listSeparator')) ?? ''}>
              {tag}
            </Tag>
          ))}
          {conversation.type === 'group' && <Tag>{t('inbox.group')}</Tag>}
          {marks.waitedMs !== null ? (
            <span
              className={`conv-row-clock num ${marks.long ? 'is-long' : ''}`}
              title={t('inbox.waited', { time: formatWaited(marks.waitedMs, locale) })}
            >
              <Icon name="clock" size={11} />
              {formatWaited(marks.waitedMs, locale)}
            </span>
          ) : (
            conversation.last_message_at !== null && (
              <time className="conv-row-time num">{formatListTime(conversation.last_message_at, now, locale)}</time>
            )
          )}
        </div>
        <div className="conv-row-line">
          <Preview conversation={conversation} />
          {conversation.intake === 'waiting' && conversation.unread > 1 && (
            <CountBadge count={conversation.unread} label={t('inbox.unread', { count: conversation.unread })} />
          )}
          {conversation.intake === 'waiting' ? (
            <ClaimButton conversation={conversation} name={name} onClaimed={onClaimed} />
          ) : (
            <ReplyMark reply={marks.reply} unread={conversation.unread} />
          )}
        </div>
      </div>
    </div>
  );
});

function RowMark(props: { icon: 'pin' | 'star'; label: string }) {
  return (
    <span className={`conv-row-own is-${props.icon}`} title={props.label}>
      <Icon name={props.icon} size={11} />
      <span className="visually-hidden">{props.label}</span>
    </span>
  );
}

function Preview({ conversation }: { conversation: ConversationView }) {
  const { t } = useTranslation();
  const self = useAccount(conversation.account_id)?.agent?.agent_id;
  if (conversation.draft)
    return (
      <span className="conv-row-preview ellipsis foreign">
        <span className="conv-row-draft">{t('inbox.draft')}</span> {oneLine(conversation.draft)}
      </span>
    );
  const { preview } = conversation;
  if (!preview) return <span className="conv-row-preview" />;
  // The preview names no sender; whose reply it is follows from whom the conversation is assigned to.
  const { assignee } = conversation;
  const own =
    preview.sender_role !== 'agent'
      ? ''
      : assignee !== null && assignee.agent_id !== self
        ? t('inbox.by', { name: assignee.name })
        : t('inbox.you');
  const text = preview.recalled
    ? t('inbox.recalled')
    : preview.text !== null && preview.text !== ''
      ? oneLine(preview.text)
      : t(`inbox.kinds.${preview.kind}`);
  return (
    <span className="conv-row-preview ellipsis foreign">
      {own}
      {text}
    </span>
  );
}

function oneLine(text: string): string {
  return text.slice(0, 120).replaceAll(/\s+/g, ' ');
}

function ReplyMark(props: { reply: ReturnType<typeof rowMarks>['reply']; unread: number }) {
  const { t } = useTranslation();
  switch (props.reply) {
    case 'unread':
      return <CountBadge count={props.unread} label={t('inbox.unread', { count: props.unread })} />;
    case 'read_unreplied':
    case 'unreplied':
      return <span className="conv-row-mark is-waiting">{t(`inbox.reply.${props.reply}`)}</span>;
    case 'replied':
      return (
        <span className="conv-row-mark" title={t('inbox.reply.replied')}>
          <Icon name="check" size={12} />
          <span className="visually-hidden">{t('inbox.reply.replied')}</span>
        </span>
      );
    case 'none':
      return null;
  }
}

/**
 * For the pointer only: an option of a list box may hold nothing interactive. With the keyboard or a screen reader the
 * conversation is opened and claimed by the button in the chat.
 */
function ClaimButton(props: {
  conversation: ConversationView;
  name: string;
  onClaimed: (conversation: ConversationView) => void;
}) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  return (
    <span
      className={`conv-row-claim ${busy ? 'is-busy' : ''}`}
      aria-hidden="true"
      onClick={(event) => {
        event.stopPropagation();
        if (busy) return;
        setBusy(true);
        void claimAndSay(props.conversation, props.name, t).then((claimed) => {
          setBusy(false);
          if (claimed) props.onClaimed(claimed);
        });
      }}
    >
      {t('inbox.claim')}
    </span>
  );
}

/** Claims and tells the outcome (IN2). Answers with the conversation when it was won. */
export async function claimAndSay(
  conversation: Pick<ConversationView, 'key'>,
  name: string,
  t: TFunction,
): Promise<ConversationView | null> {
  const result = await claim(conversation.key);
  switch (result.outcome) {
    case 'assigned':
      toast({ tone: 'done', text: t('inbox.claimed'), note: t('inbox.claimedNote', { name }) });
      return result.conversation;
    case 'lost':
      toast({
        tone: 'info',
        text: result.winner ? t('inbox.claimLost', { name: result.winner }) : t('inbox.claimLostUnknown'),
        note: t('inbox.claimLostNote'),
      });
      return null;
    case 'failed': {
      const words = errorWords(result.error);
      toast({ tone: 'failed', text: words.title, note: errorLine(words) });
      return null;
    }
  }
}
