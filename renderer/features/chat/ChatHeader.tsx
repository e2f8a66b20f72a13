import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { serverNow } from '#renderer/bridge/live.ts';
import { currentLocale, errorLine, errorWords } from '#renderer/ui/words.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { ConfirmDialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input, Select } from '#renderer/ui/fields.tsx';
import { formatDuration, formatStamp, formatWaited } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Tag } from '#renderer/ui/marks.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { useNow } from '#renderer/ui/use-now.ts';
import type { AccountView, ConversationView } from '#shared/contract/views.ts';
import type { AgentId } from '#shared/domain/ids.ts';

/** Who, at which shop, in which state, and the clocks that run (IN5). */
export function ChatHeader(props: {
  conversation: ConversationView;
  account: AccountView | null;
  name: string;
  panelOpen: boolean;
  onPanel: () => void;
  onList: (() => void) | null;
  onFind: () => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { conversation, account } = props;
  const now = serverNow(conversation.account_id, useNow(conversation.intake !== 'ended'));
  const [dialog, setDialog] = useState<'end' | 'transfer' | null>(null);
  const mine = conversation.assignee !== null && conversation.assignee.agent_id === account?.agent?.agent_id;
  const active = conversation.intake === 'active';
  return (
    <header className="chat-header" aria-label={t('chat.header')}>
      {props.onList !== null && (
        <IconButton icon="undo" label={t('chat.toList')} className="chat-header-back" onClick={props.onList} />
      )}
      <div className="chat-header-who">
        <h2 className="ellipsis foreign">{props.name}</h2>
        <span className="chat-header-shop ellipsis foreign">
          {conversation.shop.name}
          {conversation.type === 'group' && ` · ${t('chat.members', { count: conversation.members.length })}`}
        </span>
      </div>
      <Tag
        tone={conversation.intake === 'waiting' ? 'waiting' : conversation.intake === 'active' ? 'accent' : 'neutral'}
      >
        {t(`inbox.${conversation.intake}`)}
      </Tag>
      <span className="chat-header-facts num">
        {active && (
          <span className="chat-header-whose">
            {mine
              ? t('chat.assignedToYou')
              : conversation.assignee
                ? t('chat.assignedTo', { name: conversation.assignee.name })
                : t('chat.unassigned')}
          </span>
        )}
        {conversation.intake !== 'ended' && conversation.waiting_since !== null && (
          <span className="is-waiting">
            <Icon name="clock" size={12} />
            <span className="chat-header-long">
              {t('chat.waiting', { time: formatWaited(now - conversation.waiting_since, locale) })}
            </span>
            <span className="chat-header-short">{formatWaited(now - conversation.waiting_since, locale)}</span>
          </span>
        )}
        {conversation.intake === 'waiting' && conversation.deletes_at !== null && conversation.deletes_at > now && (
          <span className="chat-header-end">
            {t('desk.closed.deletes', { time: formatDuration(conversation.deletes_at - now, locale) })}
          </span>
        )}
        {active && conversation.ends_at !== null && conversation.ends_at > now && (
          <span className="chat-header-end">
            {t('chat.endsIn', { time: formatDuration(conversation.ends_at - now, locale) })}
          </span>
        )}
        {conversation.intake === 'ended' && conversation.deletes_at !== null && (
          <span>{t('chat.retained', { time: formatStamp(conversation.deletes_at).slice(0, 10) })}</span>
        )}
      </span>
      {active && mine && (
        <>
          <Button size="small" look="quiet" onClick={() => setDialog('transfer')}>
            {t('chat.transfer')}
          </Button>
          <Button size="small" look="quiet" onClick={() => setDialog('end')}>
            {t('chat.end')}
          </Button>
        </>
      )}
      <IconButton icon="search" label={t('find.label')} onClick={props.onFind} />
      <IconButton icon="panel" label={t('chat.panel')} pressed={props.panelOpen} onClick={() => props.onPanel()} />
      {dialog === 'end' && <EndDialog conversation={conversation} name={props.name} onClose={() => setDialog(null)} />}
      {dialog === 'transfer' && account && (
        <TransferDialog
          conversation={conversation}
          account={account}
          name={props.name}
          onClose={() => setDialog(null)}
        />
      )}
    </header>
  );
}

function EndDialog(props: { conversation: ConversationView; name: string; onClose: () => void }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const end = async (): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('conversations.end', { conversation_key: props.conversation.key });
    if (!answer.ok) {
      const words = errorWords(answer.error);
      toast({ tone: 'failed', text: words.title, note: errorLine(words) });
    }
    props.onClose();
  };
  return (
    <ConfirmDialog
      open
      title={t('chat.endTitle', { name: props.name })}
      confirm={t('chat.endConfirm')}
      cancel={t('common.cancel')}
      busy={busy}
      onConfirm={() => void end()}
      onCancel={props.onClose}
    >
      <p>{t('chat.endText')}</p>
    </ConfirmDialog>
  );
}

function TransferDialog(props: {
  conversation: ConversationView;
  account: AccountView;
  name: string;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const agents = useAsk('accounts.agents', {
    account_id: props.account.account_id,
    shop_id: props.conversation.shop.shop_id,
  });
  const [to, setTo] = useState<AgentId | undefined>(undefined);
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const others = agents.data?.filter((agent) => agent.agent_id !== props.account.agent?.agent_id) ?? [];
  const transfer = async (): Promise<void> => {
    if (to === undefined) return;
    setBusy(true);
    const answer = await bridge.call('conversations.transfer', {
      conversation_key: props.conversation.key,
      to_agent_id: to,
      note,
    });
    setBusy(false);
    if (answer.ok) {
      toast({
        tone: 'done',
        text: t('chat.transferred', { name: others.find((agent) => agent.agent_id === to)?.name ?? '' }),
      });
      props.onClose();
    } else {
      const words = errorWords(answer.error);
      toast({ tone: 'failed', text: words.title, note: errorLine(words) });
    }
  };
  return (
    <ConfirmDialog
      open
      title={t('chat.transferTitle', { name: props.name })}
      confirm={t('chat.transferConfirm')}
      cancel={t('common.cancel')}
      busy={busy}
      disabled={to === undefined}
      onConfirm={() => void transfer()}
      onCancel={props.onClose}
    >
      {agents.data && others.length === 0 ? (
        <p>{t('chat.transferNobody')}</p>
      ) : (
        <div className="chat-form">
          <Field label={t('chat.transferTo')}>
            <Select<AgentId>
              label={t('chat.transferTo')}
              value={to}
              width="100%"
              searchable
              options={others.map((agent) => ({
                value: agent.agent_id,
                label: `${agent.name} · ${t(`account.presence.${agent.presence}`)}`,
              }))}
              onChange={setTo}
            />
          </Field>
          <Field label={t('chat.transferNote')}>
            <Input
              value={note}
              maxLength={1_024}
              onChange={(event) => setNote(event.target.value)}
              aria-label={t('chat.transferNote')}
            />
          </Field>
        </div>
      )}
    </ConfirmDialog>
  );
}
