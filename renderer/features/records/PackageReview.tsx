import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AppError } from '#shared/contract/errors.ts';
import type { SearchRow } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import { scoreOf, type Scorecard } from '#shared/domain/review/scorecard.ts';
import type { OfflineReview } from '#shared/package/review.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input, MultiSelect, Select, TextArea } from '#renderer/ui/fields.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorWords } from '#renderer/ui/words.ts';
import { useOpenPackages } from './packages.ts';

/** One agent's part of a conversation of an opened package, judged with the card it carries (QA4, EX7). */
function PackageReviewDialog(props: {
  packageId: string;
  card: Scorecard;
  conversation: string;
  /** Of that conversation, oldest first. */
  messages: readonly SearchRow[];
  agents: readonly string[];
  onClose: () => void;
}) {
  const written = useAsk('packages.reviews', { package_id: props.packageId });
  return written.data === null ? null : <Form {...props} all={written.data.reviews} />;
}

type Content = Pick<OfflineReview, 'marks' | 'messages' | 'comment' | 'tags'>;
const NOTHING: Content = { marks: {}, messages: [], comment: '', tags: [] };

function Form(props: {
  packageId: string;
  card: Scorecard;
  conversation: string;
  messages: readonly SearchRow[];
  agents: readonly string[];
  all: readonly OfflineReview[];
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { card, conversation } = props;
  const [agent, setAgent] = useState(props.agents[0] ?? '');
  const [changed, setChanged] = useState<ReadonlyMap<string, Content>>(new Map());
  const [error, setError] = useState<AppError | null>(null);
  const known = props.all.find((one) => one.conversation_id === conversation && one.agent === agent);
  const { marks, messages, comment, tags }: Content = changed.get(agent) ?? known ?? NOTHING;
  const content: Content = { marks, messages, comment, tags };
  const { score } = scoreOf(card, marks);
  const set = (next: Content): void => setChanged(new Map([...changed, [agent, next]]));
  const put = async (): Promise<void> => {
    const answer = await bridge.call('packages.putReview', {
      package_id: props.packageId,
      review: { conversation_id: conversation, agent, ...content },
    });
    if (!answer.ok) return setError(answer.error);
    const others = props.all.filter((one) => one !== known).length;
    toast({ tone: 'done', text: t('packages.review.put_done', { count: others + 1 }) });
    props.onClose();
  };
  return (
    <Dialog
      open
      title={t('packages.review.title')}
      width={560}
      onClose={props.onClose}
      footer={
        <>
          <span className="package-score num" role="status">
            {score === null ? t('packages.review.noScore') : t('packages.review.score', { score })}
          </span>
          <Button onClick={props.onClose}>{t('common.cancel')}</Button>
          <Button look="primary" disabled={score === null || agent === ''} onClick={() => void put()}>
            {t('packages.review.put')}
          </Button>
        </>
      }
    >
      {error !== null && (
        <p className="job-failed" role="alert">
          {errorWords(error).title} <code className="ui-code">{error.code}</code>
        </p>
      )}
      {props.agents.length > 1 && (
        <Field label={t('packages.review.agent')}>
          <Select
            label={t('packages.review.agent')}
            value={agent}
            options={props.agents.map((name) => ({ value: name, label: name }))}
            onChange={setAgent}
          />
        </Field>
      )}
      <ol className="package-criteria">
        {card.criteria.map((criterion) => {
          const max = criterion.kind === 'fatal' ? 1 : criterion.max;
          return (
            <li key={criterion.id} title={criterion.note}>
              <span className="ellipsis">{criterion.name}</span>
              <span className="package-points" role="radiogroup" aria-label={criterion.name}>
                {Array.from({ length: max + 1 }, (_, points) => (
                  <button
                    key={points}
                    type="button"
                    role="radio"
                    aria-checked={marks[criterion.id] === points}
                    onClick={() => set({ ...content, marks: { ...marks, [criterion.id]: points } })}
                  >
                    {criterion.kind === 'fatal'
                      ? t(points === 1 ? 'reviews.desk.passed' : 'reviews.desk.failed')
                      : points}
                  </button>
                ))}
              </span>
            </li>
          );
        })}
      </ol>
      <Field label={t('packages.review.comment')} id="package-comment">
        <TextArea
          id="package-comment"
          value={comment}
          maxLength={10_000}
          onChange={(event) => set({ ...content, comment: event.target.value })}
        />
      </Field>
      <Field label={t('reviews.desk.marks')}>
        <MultiSelect
          label={t('reviews.desk.marks')}
          width="100%"
          value={messages.map(({ msg_id }) => msg_id)}
          options={props.messages
            .filter((row) => row.agent === agent)
            .map((row) => ({ value: row.message_id, label: `${formatStamp(row.sent_at)} ${row.text}`.slice(0, 80) }))}
          onChange={(chosen) =>
            set({
              ...content,
              // What the package's page noted on a message stays with it.
              messages: chosen.map(
                (msg_id) => messages.find((mark) => mark.msg_id === msg_id) ?? { msg_id, criterion_id: null, note: '' },
              ),
            })
          }
        />
      </Field>
      <Field label={t('reviews.desk.tags')}>
        <MultiSelect
          label={t('reviews.desk.tags')}
          width="100%"
          value={tags}
          options={[...new Set(props.all.flatMap((one) => one.tags))].map((value) => ({ value, label: value }))}
          onChange={(chosen) => set({ ...content, tags: chosen.map((tag) => tag.trim().slice(0, 40)).slice(0, 20) })}
          free
        />
      </Field>
    </Dialog>
  );
}

/** Everything written so far, as the file that goes back to who exported the package. */
export function ReviewFileDialog(props: { packageId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const name = useLive((state) => state.accounts?.find((account) => account.agent !== null)?.agent?.name ?? '');
  const [reviewer, setReviewer] = useState(name);
  const [error, setError] = useState<AppError | null>(null);
  const [place, setPlace] = useState<string | null>(null);
  const save = async (): Promise<void> => {
    const target = await bridge.pickSave('review.json');
    if (!target.ok) return setError(target.error);
    if (target.result === null) return;
    const { handle } = target.result;
    const answer = await bridge.call('packages.saveReviews', {
      package_id: props.packageId,
      reviewer: reviewer.trim(),
      target: handle,
    });
    if (answer.ok) setPlace(handle);
    else setError(answer.error);
  };
  return (
    <Dialog
      open
      title={t('packages.review.save')}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>{t('common.close')}</Button>
          {place === null ? (
            <Button look="primary" icon="download" disabled={reviewer.trim() === ''} onClick={() => void save()}>
              {t('packages.review.save')}
            </Button>
          ) : (
            bridge.host === 'browser' && (
              <a className="ui-button ui-button-primary ui-button-normal" href={`files/download/${place}`} download>
                {t('export.download')}
              </a>
            )
          )}
        </>
      }
    >
      {error !== null && (
        <p className="job-failed" role="alert">
          {errorWords(error).title} <code className="ui-code">{error.code}</code>
        </p>
      )}
      {place === null ? (
        <Field label={t('packages.review.reviewer')} id="package-reviewer">
          <Input
            id="package-reviewer"
            value={reviewer}
            maxLength={64}
            onChange={(event) => setReviewer(event.target.value)}
          />
        </Field>
      ) : (
        <p role="status">{t('packages.review.saved')}</p>
      )}
    </Dialog>
  );
}

/** Judges the conversation that is shown, where the package carries a card and the person may review. */
export function ReviewButton(props: { packageId: string; conversation: ConversationKey }) {
  const { t } = useTranslation();
  const card = useOpenPackages(
    (state) => state.packages.find((one) => one.package_id === props.packageId)?.report?.card ?? null,
  );
  const may = useLive((state) => {
    const roles = state.accounts?.map((account) => account.agent?.role) ?? [];
    return roles.length === 0 || roles.some((role) => isPermitted(role, 'review.write'));
  });
  const [open, setOpen] = useState(false);
  const found = useAsk(
    'search.page',
    open
      ? {
          slot: 'records-review',
          query: { conversations: [props.conversation] },
          limit: 1_000,
          cursor: null,
          package: props.packageId,
        }
      : null,
  );
  if (!may) return null;
  const rows = found.data?.rows ?? [];
  return (
    <>
      <Button
        size="small"
        icon="review"
        disabled={card === null}
        title={card === null ? t('packages.review.noCard') : undefined}
        onClick={() => setOpen(true)}
      >
        {t('packages.review.open')}
      </Button>
      {open && card !== null && rows[0] !== undefined && (
        <PackageReviewDialog
          packageId={props.packageId}
          card={card}
          conversation={rows[0].conversation_id}
          messages={rows.toReversed()}
          agents={[...new Set(rows.map((row) => row.agent).filter((name) => name !== ''))]}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
