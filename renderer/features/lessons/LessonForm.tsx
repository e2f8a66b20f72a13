import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Lesson } from '#shared/domain/lessons/format.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { Field, Input, Segmented, Select, TextArea } from '#renderer/ui/fields.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { useKept } from '#renderer/ui/use-kept.ts';
import { errorWords } from '#renderer/ui/words.ts';
import { CheckFields } from './CheckFields.tsx';
import { draftOf, lessonOf, newCheck, newConsumer, type LessonDraft } from './lesson-draft.ts';
import './lessons.css';

/** Lists of the draft that grow and shrink. */
type Part = 'consumers' | 'past' | 'mistakes' | 'checks';

/** A supervisor's lesson, written in the window; the same format as its file (docs/lessons.md). */
export function LessonForm(props: { lesson: Lesson | null; onClose: () => void }) {
  const { t } = useTranslation();
  const [draft, setDraft, drop] = useKept(`lesson-${props.lesson?.id ?? ''}`, () =>
    draftOf(props.lesson, `own-${Date.now().toString(36)}`),
  );
  /** Places are named after the first try, and from then on as they stand. */
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const made = lessonOf(draft);
  const problems = tried && !made.ok ? made.problems : [];

  const change = (patch: Partial<LessonDraft>): void => setDraft({ ...draft, ...patch });
  function put<P extends Part>(part: P, index: number, patch: Partial<LessonDraft[P][number]>): void {
    change({ [part]: draft[part].map((each, at) => (at === index ? { ...each, ...patch } : each)) });
  }
  const takeOut = (part: Part, index: number): void =>
    change({ [part]: (draft[part] as readonly unknown[]).filter((_, at) => at !== index) });
  /** What stands at a field after a try to save: of the place itself, or of something inside it. */
  const wrong = (place: string): ReactNode =>
    problems.some(({ at }) => at === place || at.startsWith(`${place}.`))
      ? t(place === 'question' ? 'training.form.questionPair' : 'training.form.invalid')
      : undefined;

  async function save(): Promise<void> {
    setTried(true);
    setRefused(null);
    if (!made.ok) return;
    setBusy(true);
    const answer = await bridge.call('lessons.save', { lesson: made.lesson });
    setBusy(false);
    if (!answer.ok) return setRefused(answer.error.code);
    toast({ tone: 'done', text: t('training.form.saved', { title: answer.result.title }) });
    drop();
    props.onClose();
  }

  const names = draft.consumers.map(({ as, name }, index) => ({
    value: as,
    label: name.trim() === '' ? t('training.form.consumer', { number: index + 1 }) : name,
  }));
  const first = draft.consumers[0]?.as ?? '';
  const remove = (part: Part, index: number): ReactNode => (
    <Button size="small" look="quiet" icon="trash" onClick={() => takeOut(part, index)}>
      {t('training.form.remove')}
    </Button>
  );
  const consumerOf = (part: 'past' | 'mistakes', index: number, value: string): ReactNode => (
    <Field label={t('training.form.consumers')}>
      <Select
        label={t('training.form.consumers')}
        value={value}
        options={names}
        width={150}
        onChange={(chosen) => put(part, index, { with: chosen })}
      />
    </Field>
  );

  return (
    <Dialog
      open
      width={760}
      title={
        props.lesson === null
          ? t('training.form.newTitle')
          : t('training.form.editTitle', { title: props.lesson.title })
      }
      onClose={props.onClose}
      footer={
        <>
          {problems.length > 0 && (
            <p className="ui-field-error" role="alert">
              {t('training.form.problems', { count: problems.length })}
            </p>
          )}
          {refused !== null && (
            <p className="ui-field-error" role="alert">
              {errorWords({ code: refused }).title} <ErrorCode code={refused} />
            </p>
          )}
          <Button
            onClick={() => {
              drop();
              props.onClose();
            }}
          >
            {t('common.cancel')}
          </Button>
          <Button look="primary" busy={busy} onClick={() => void save()}>
            {t('training.form.save')}
          </Button>
        </>
      }
    >
      <div className="lesson-form">
        <Field label={t('training.form.title')} id="lesson-title" error={wrong('title')}>
          <Input
            id="lesson-title"
            value={draft.title}
            maxLength={60}
            onChange={(event) => change({ title: event.target.value })}
          />
        </Field>
        <Field
          label={t('training.form.goal')}
          id="lesson-goal"
          error={wrong('goal')}
          note={t('training.form.goalHint')}
        >
          <TextArea
            id="lesson-goal"
            rows={2}
            value={draft.goal}
            maxLength={1_000}
            onChange={(event) => change({ goal: event.target.value })}
          />
        </Field>
        <Field
          label={t('training.form.hints')}
          id="lesson-hints"
          error={wrong('hints')}
          note={t('training.form.linesNote')}
        >
          <TextArea
            id="lesson-hints"
            rows={2}
            value={draft.hints}
            onChange={(event) => change({ hints: event.target.value })}
          />
        </Field>

        <fieldset>
          <legend>{t('training.form.consumers')}</legend>
          {draft.consumers.map((consumer, index) => (
            <div key={consumer.as} className="lesson-part">
              <div className="lesson-row">
                <div className="is-wide">
                  <Field
                    label={t('training.form.name')}
                    id={`lesson-name-${index}`}
                    error={wrong(`consumers.${index}.name`)}
                  >
                    <Input
                      id={`lesson-name-${index}`}
                      value={consumer.name}
                      maxLength={64}
                      onChange={(event) => put('consumers', index, { name: event.target.value })}
                    />
                  </Field>
                </div>
                <Field label={t('training.form.starts')}>
                  <Segmented
                    label={t('training.form.starts')}
                    value={consumer.starts}
                    onChange={(starts) => put('consumers', index, { starts })}
                    options={(['mine', 'waiting'] as const).map((value) => ({
                      value,
                      label: t(`training.form.startsWhere.${value}`),
                    }))}
                  />
                </Field>
                <Field label={t('training.form.reads')}>
                  <Segmented
                    label={t('training.form.reads')}
                    value={consumer.reads}
                    onChange={(reads) => put('consumers', index, { reads })}
                    options={(['never', 'at_once'] as const).map((value) => ({
                      value,
                      label: t(`training.form.readsWhen.${value}`),
                    }))}
                  />
                </Field>
                {draft.consumers.length > 1 && remove('consumers', index)}
              </div>
              <Field
                label={t('training.form.says')}
                id={`lesson-says-${index}`}
                error={wrong(`consumers.${index}.says`)}
                note={t('training.form.linesNote')}
              >
                <TextArea
                  id={`lesson-says-${index}`}
                  rows={2}
                  value={consumer.says}
                  onChange={(event) => put('consumers', index, { says: event.target.value })}
                />
              </Field>
            </div>
          ))}
          <Button
            size="small"
            icon="plus"
            onClick={() => change({ consumers: [...draft.consumers, newConsumer(draft.consumers)] })}
          >
            {t('training.form.addConsumer')}
          </Button>
        </fieldset>

        <fieldset>
          <legend>{t('training.form.past')}</legend>
          {draft.past.map((part, index) => (
            <div key={index} className="lesson-part">
              <div className="lesson-row">
                {consumerOf('past', index, part.with)}
                <div className="is-short">
                  <Field
                    label={t('training.form.daysAgo')}
                    id={`lesson-days-${index}`}
                    error={wrong(`past.${index}.days_ago`)}
                  >
                    <Input
                      id={`lesson-days-${index}`}
                      inputMode="numeric"
                      value={part.daysAgo}
                      onChange={(event) => put('past', index, { daysAgo: event.target.value })}
                    />
                  </Field>
                </div>
                {remove('past', index)}
              </div>
              <Field
                label={t('training.form.lines')}
                id={`lesson-lines-${index}`}
                error={wrong(`past.${index}.lines`)}
                note={t('training.form.linesWho')}
              >
                <TextArea
                  id={`lesson-lines-${index}`}
                  rows={3}
                  value={part.lines}
                  onChange={(event) => put('past', index, { lines: event.target.value })}
                />
              </Field>
            </div>
          ))}
          <Button
            size="small"
            icon="plus"
            onClick={() => change({ past: [...draft.past, { with: first, daysAgo: '30', lines: '' }] })}
          >
            {t('training.form.addPast')}
          </Button>
        </fieldset>

        <fieldset>
          <legend>{t('training.form.mistakes')}</legend>
          {draft.mistakes.map((mistake, index) => (
            <div key={index} className="lesson-row">
              {consumerOf('mistakes', index, mistake.with)}
              <div className="is-wide">
                <Field
                  label={t('training.form.mistakeText')}
                  id={`lesson-mistake-${index}`}
                  error={wrong(`mistakes.${index}.text`)}
                >
                  <Input
                    id={`lesson-mistake-${index}`}
                    value={mistake.text}
                    onChange={(event) => put('mistakes', index, { text: event.target.value })}
                  />
                </Field>
              </div>
              {remove('mistakes', index)}
            </div>
          ))}
          <Button
            size="small"
            icon="plus"
            onClick={() => change({ mistakes: [...draft.mistakes, { with: first, text: '' }] })}
          >
            {t('training.form.addMistake')}
          </Button>
        </fieldset>

        <fieldset>
          <legend>{t('training.form.checks')}</legend>
          {draft.checks.map((check, index) => (
            <CheckFields
              key={index}
              index={index}
              check={check}
              consumers={names}
              wrong={(place) => wrong(`checks.${index}.${place}`)}
              onChange={(patch) => put('checks', index, patch)}
              onRemove={draft.checks.length > 1 ? () => takeOut('checks', index) : null}
            />
          ))}
          <Button size="small" icon="plus" onClick={() => change({ checks: [...draft.checks, newCheck(first)] })}>
            {t('training.form.addCheck')}
          </Button>
        </fieldset>

        <div className="lesson-row">
          <div className="is-wide">
            <Field
              label={t('training.form.question')}
              id="lesson-question"
              error={wrong('question')}
              note={t('training.form.questionNote')}
            >
              <Input
                id="lesson-question"
                value={draft.question}
                maxLength={300}
                onChange={(event) => change({ question: event.target.value })}
              />
            </Field>
          </div>
          <div className="is-short">
            <Field label={t('training.form.pass')} id="lesson-pass" error={wrong('pass')}>
              <Input
                id="lesson-pass"
                inputMode="numeric"
                value={draft.pass}
                onChange={(event) => change({ pass: event.target.value })}
              />
            </Field>
          </div>
        </div>
      </div>
    </Dialog>
  );
}
