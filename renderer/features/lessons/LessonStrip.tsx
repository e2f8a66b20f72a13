import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LessonRunView } from '#shared/contract/lessons.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { Input } from '#renderer/ui/fields.tsx';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Tag } from '#renderer/ui/marks.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { useLessons, type OpenConversation } from './use-lessons.ts';
import './lessons.css';

/** The lesson under way, above every screen: goal, what is done, score. Nothing while none runs. */
export function LessonStrip(props: { onConversation: OpenConversation }) {
  const { t } = useTranslation();
  const run = useLessons().data?.running ?? null;
  const [unfolded, setUnfolded] = useState(true);
  const [answer, setAnswer] = useState('');
  if (run === null) return null;
  const done = run.checks.every(({ passed }) => passed);
  const submit = async (): Promise<void> => {
    if (answer.trim() === '') return;
    failed(await bridge.call('lessons.answer', { run_id: run.run_id, answer }));
  };
  return (
    <section className="lesson-strip" aria-label={t('lessons.strip')}>
      <div className="lesson-strip-head">
        <Icon name="lesson" />
        <h2 className="ellipsis">{run.title}</h2>
        <Tag tone={run.passed ? 'done' : 'neutral'}>
          <span className="num">{t('lessons.score', { score: run.score })}</span>
        </Tag>
        <span className="lesson-strip-go">
          {run.conversations.map(({ name, conversation_key, intake }) => (
            <Button
              key={name}
              size="small"
              look="quiet"
              disabled={conversation_key === null}
              onClick={() => conversation_key !== null && props.onConversation(conversation_key, intake)}
            >
              {t('lessons.goTo', { name })}
            </Button>
          ))}
        </span>
        <Button
          size="small"
          look={done ? 'primary' : 'plain'}
          title={t('lessons.endNote')}
          onClick={() => void end(run)}
        >
          {t('lessons.end')}
        </Button>
        <IconButton
          icon={unfolded ? 'chevronUp' : 'chevronDown'}
          label={t(unfolded ? 'lessons.fold' : 'lessons.unfold')}
          aria-expanded={unfolded}
          onClick={() => setUnfolded(!unfolded)}
        />
      </div>
      {unfolded && (
        <div className="lesson-strip-body">
          <p>{run.goal}</p>
          <Checks run={run} />
          {run.hints.length > 0 && (
            <details>
              <summary>{t('lessons.hints')}</summary>
              <ul className="lesson-hints">
                {run.hints.map((hint) => (
                  <li key={hint}>{hint}</li>
                ))}
              </ul>
            </details>
          )}
          {run.question !== null && (
            <form
              className="lesson-answer"
              onSubmit={(event) => {
                event.preventDefault();
                void submit();
              }}
            >
              <label htmlFor="lesson-answer">{run.question}</label>
              <Input
                id="lesson-answer"
                value={answer}
                maxLength={200}
                placeholder={t('lessons.answer')}
                onChange={(event) => setAnswer(event.target.value)}
              />
              <Button size="small" submit disabled={answer.trim() === ''}>
                {t('lessons.submit')}
              </Button>
              {run.answer !== null && (
                <span className="lesson-quiet">{t('lessons.answered', { answer: run.answer })}</span>
              )}
            </form>
          )}
          {done && <p role="status">{t('lessons.allDone')}</p>}
        </div>
      )}
    </section>
  );

  async function end({ run_id, title }: LessonRunView): Promise<void> {
    const answered = await bridge.call('lessons.end', { run_id });
    if (failed(answered)) return;
    if (answered.ok)
      toast({
        tone: answered.result.passed ? 'done' : 'info',
        text: t('lessons.ended', { title, score: answered.result.score }),
      });
  }
}

/** Each point that is scored, as it is now. */
export function Checks(props: { run: LessonRunView }) {
  const { t } = useTranslation();
  return (
    <ul className="lesson-checks" aria-label={t('lessons.checks')}>
      {props.run.checks.map(({ says, points, required, passed }) => (
        <li key={says} className={passed ? 'is-done' : ''}>
          <Icon name={passed ? 'check' : 'clock'} size={12} />
          <span className="visually-hidden">{t(passed ? 'lessons.done' : 'lessons.open')}</span>
          <span>{says}</span>
          <span className="lesson-quiet num">
            {points}
            {required ? ` · ${t('lessons.required')}` : ''}
          </span>
        </li>
      ))}
    </ul>
  );
}

function failed(answer: Awaited<ReturnType<typeof bridge.call>>): boolean {
  if (answer.ok) return false;
  const words = errorWords(answer.error);
  toast({ tone: 'failed', text: words.title, note: errorLine(words) });
  return true;
}
