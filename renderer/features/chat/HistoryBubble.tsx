import { useTranslation } from 'react-i18next';
import type { ConversationView } from '#shared/contract/views.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';

/** Earlier sessions in one line: how much, by whom, until when; unfolded with one press (IN4). */
export function HistoryBubble(props: {
  count: number;
  /** There are older ones that aren't loaded. */
  more: boolean;
  until: number;
  conversation: ConversationView;
  onUnfold: () => void;
}) {
  const { t } = useTranslation();
  const names = [
    ...new Set(
      props.conversation.assignments.filter(({ to }) => to !== null && to <= props.until).map(({ name }) => name),
    ),
  ];
  const count = t('desk.history.count', { number: `${props.count}${props.more ? '+' : ''}` });
  return (
    <div className="chat-history">
      <Icon name="records" size={14} />
      <span className="chat-history-words">
        <strong>{t('desk.history.bubble')}</strong>
        <span className="num">{count}</span>
        {names.length > 0 && (
          <span className="foreign ellipsis">
            {t('desk.history.by', { names: names.join(t('common.listSeparator')) })}
          </span>
        )}
        <span className="num">{formatStamp(props.until).slice(0, 16)}</span>
      </span>
      <Button size="small" look="quiet" onClick={props.onUnfold}>
        {t('desk.history.unfold')}
      </Button>
    </div>
  );
}
