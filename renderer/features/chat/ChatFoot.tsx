import type { TFunction } from 'i18next';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { AccountView, ConversationView } from '#shared/contract/views.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { formatDuration, formatStamp, type Locale } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { currentLocale } from '#renderer/ui/words.ts';

/** Claims a waiting conversation and tells the outcome (IN2). */
export type OnClaim = (conversation: ConversationView, name: string) => Promise<unknown>;

/** Below the messages: where to write, or why nothing can be written here and what to do about it (IN5). */
export function ChatFoot(props: {
  conversation: ConversationView;
  account: AccountView | null;
  name: string;
  onClaim: OnClaim;
  /** The composer. */
  children: ReactNode;
}) {
  const { t, i18n } = useTranslation();
  const { conversation, account } = props;
  if (conversation.intake === 'waiting' && !conversation.removed && conversation.account_id !== null)
    return <ClaimBar conversation={conversation} name={props.name} onClaim={props.onClaim} />;
  const why = closedBecause(conversation, account, t, currentLocale(i18n.language));
  return why === null ? (
    props.children
  ) : (
    <div className="chat-closed" role="note">
      <Icon name="info" size={14} />
      {why}
    </div>
  );
}

/** Null: it is open, and this account's to answer. */
function closedBecause(
  conversation: ConversationView,
  account: AccountView | null,
  t: TFunction,
  locale: Locale,
): string | null {
  const { removed, assignee } = conversation;
  if (removed)
    return `${t('chat.removed', { by: removed.by, time: formatStamp(removed.restorable_until) })} ${t('composer.closedRemoved')}`;
  if (conversation.account_id === null) return t('composer.noAccount');
  if (conversation.intake === 'ended') return endedWords(conversation, account, t, locale);
  const own = account?.agent?.agent_id;
  return conversation.type === 'single' && assignee && own !== undefined && assignee.agent_id !== own
    ? t('composer.closedOther', { name: assignee.name })
    : null;
}

/** IN5: why nothing can be sent: the rule that ended it, where it was one, and what happens next. */
function endedWords(conversation: ConversationView, account: AccountView | null, t: TFunction, locale: Locale): string {
  const policy = account?.shops.find(({ shop_id }) => shop_id === conversation.shop.shop_id)?.policy;
  const end = conversation.assignments.at(-1)?.to ?? null;
  const silent =
    policy !== null &&
    policy !== undefined &&
    end !== null &&
    conversation.last_message_at !== null &&
    end - conversation.last_message_at >= policy.session_end.after_ms;
  return silent
    ? t(`desk.closed.endedRule.${policy.session_end.since}`, {
        time: formatDuration(policy.session_end.after_ms, locale),
      })
    : t('composer.closedEnded');
}

function ClaimBar(props: { conversation: ConversationView; name: string; onClaim: OnClaim }) {
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
