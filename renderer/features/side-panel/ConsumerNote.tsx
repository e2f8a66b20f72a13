import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConsumerView } from '#shared/contract/desk.ts';
import type { ConversationView } from '#shared/contract/views.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useAccount } from '#renderer/bridge/live.ts';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { MultiSelect, TextArea } from '#renderer/ui/fields.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { toast } from '#renderer/ui/Toast.tsx';

/** Note and tags on the consumer: of this workbench, at every conversation with them (IN1). */
export function ConsumerNote(props: { conversation: ConversationView; consumer: ConsumerView }) {
  const { t } = useTranslation();
  const { conversation, consumer } = props;
  const role = useAccount(conversation.account_id)?.agent?.role;
  const known = useAsk('consumers.tags', {});
  const [note, setNote] = useState(consumer.note);
  const [tags, setTags] = useState<readonly string[]>(consumer.tags);
  const [busy, setBusy] = useState(false);
  // Written elsewhere meanwhile (another window): shown, unless something is being written here.
  const [base, setBase] = useState(consumer);
  /** What was known when saving: older than what was saved. */
  const [before, setBefore] = useState<ConsumerView | null>(null);
  const dirty = note !== base.note || tags.join('\n') !== base.tags.join('\n');
  useEffect(() => {
    if (
      dirty ||
      consumer === before ||
      (consumer.note === base.note && consumer.tags.join('\n') === base.tags.join('\n'))
    )
      return;
    setBase(consumer);
    setNote(consumer.note);
    setTags(consumer.tags);
  }, [consumer, base, dirty, before]);
  if (!isPermitted(role, 'consumer.note'))
    return (
      <>
        <h3>{t('desk.consumer.note')}</h3>
        <p className="side-quiet">{consumer.note === '' ? t('desk.consumer.readonly') : consumer.note}</p>
      </>
    );
  const save = async (): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('consumers.note', {
      conversation_key: conversation.key,
      note,
      tags: tags.map((tag) => tag.trim().slice(0, 24)).filter((tag) => tag !== ''),
    });
    setBusy(false);
    if (!answer.ok) {
      const words = errorWords(answer.error);
      toast({ tone: 'failed', text: words.title, note: errorLine(words) });
      return;
    }
    setBefore(consumer);
    setBase(answer.result);
    setNote(answer.result.note);
    setTags(answer.result.tags);
    known.reload();
    toast({ tone: 'done', text: t('desk.consumer.saved') });
  };
  return (
    <div className="side-note">
      <h3>{t('desk.consumer.tags')}</h3>
      <MultiSelect
        label={t('desk.consumer.tags')}
        value={tags}
        onChange={setTags}
        placeholder={t('desk.consumer.tagsPlaceholder')}
        options={(known.data?.tags ?? []).map(({ tag }) => ({ value: tag, label: tag }))}
        free
        width="100%"
      />
      <h3>{t('desk.consumer.note')}</h3>
      <TextArea
        aria-label={t('desk.consumer.note')}
        value={note}
        rows={3}
        maxLength={4_000}
        placeholder={t('desk.consumer.notePlaceholder')}
        onChange={(event) => setNote(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && dirty && !event.nativeEvent.isComposing)
            void save();
        }}
      />
      <div className="side-note-foot">
        <span className="side-quiet num">
          {base.updated &&
            t('desk.consumer.updated', { name: base.updated.by, time: formatStamp(base.updated.at).slice(5, 16) })}
        </span>
        <Button size="small" look="primary" disabled={!dirty} busy={busy} onClick={() => void save()}>
          {t('desk.consumer.save')}
        </Button>
      </div>
    </div>
  );
}
