import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SITUATIONS, type LessonSummary, type Situation } from '#shared/contract/lessons.ts';
import type { Lesson, LessonProblem } from '#shared/domain/lessons/format.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Tag } from '#renderer/ui/marks.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { LessonForm } from './LessonForm.tsx';
import { Outcomes } from './Outcomes.tsx';
import { ShopTimePanel } from './ShopTime.tsx';
import { useLessons, type OpenConversation } from './use-lessons.ts';
import './lessons.css';

/** 练习: lessons with goal, check and score, and situations on demand; in the practice shop alone. */
export default function LessonsView(props: { onConversation: OpenConversation }) {
  const { t } = useTranslation();
  const lessons = useLessons();
  const accounts = useLive((state) => state.accounts);
  const [writing, setWriting] = useState<{ readonly lesson: Lesson | null } | null>(null);
  const [problems, setProblems] = useState<readonly LessonProblem[]>([]);
  /** Whoever works at this window: the profile's first account, colleagues that were signed in besides come after it. */
  const trainee = accounts?.[0] ?? null;
  const { data } = lessons;
  if (data === null)
    return (
      <main className="lessons">
        {lessons.error ? (
          <ErrorState
            words={errorWords(lessons.error)}
            code={lessons.error.code}
            retry={t('common.retry')}
            onRetry={lessons.reload}
          />
        ) : (
          <LoadingState label={t('common.loading')} rows={5} />
        )}
      </main>
    );
  if (!data.available)
    return (
      <main className="lessons">
        <StateMessage icon="lesson" title={t('lessons.unavailable')} note={t('lessons.unavailableNote')} />
      </main>
    );
  return (
    <main className="lessons">
      <header className="lessons-head">
        <h1>{t('lessons.label')}</h1>
        {data.may_edit && (
          <span className="lessons-acts">
            <Button size="small" icon="pencil" onClick={() => setWriting({ lesson: null })}>
              {t('training.form.write')}
            </Button>
            <Button size="small" icon="upload" onClick={() => void readFile()}>
              {t('lessons.import')}
            </Button>
          </span>
        )}
      </header>
      <p className="lesson-quiet">{t('lessons.intro')}</p>
      {problems.length > 0 && (
        <div className="lessons-problems" role="alert">
          <p>{t('lessons.problems', { count: problems.length })}</p>
          <ul>
            {problems.map(({ at, what }) => (
              <li key={`${at} ${what}`}>
                <code>{at === '' ? t('lessons.whole') : at}</code> {what}
              </li>
            ))}
          </ul>
        </div>
      )}
      <ul className="lessons-list">
        {data.lessons.map((lesson) => (
          <li key={lesson.lesson_id} className={data.running?.lesson_id === lesson.lesson_id ? 'is-running' : ''}>
            <div className="lessons-what">
              <h2>
                {lesson.title} <Tag>{t(lesson.shipped ? 'lessons.shipped' : 'lessons.own')}</Tag>
                {data.running?.lesson_id === lesson.lesson_id && <Tag tone="accent">{t('lessons.running')}</Tag>}
              </h2>
              <p>{lesson.goal}</p>
            </div>
            <Best lesson={lesson} />
            <span className="lessons-acts">
              <Button
                size="small"
                look="primary"
                disabled={trainee?.state !== 'live'}
                onClick={() => void start(lesson)}
              >
                {t(lesson.tries > 0 ? 'lessons.again' : 'lessons.start')}
              </Button>
              <Button size="small" look="quiet" onClick={() => void writeFile(lesson)}>
                {t('lessons.export')}
              </Button>
              {!lesson.shipped && data.may_edit && (
                <>
                  <Button size="small" look="quiet" onClick={() => void edit(lesson)}>
                    {t('training.form.edit')}
                  </Button>
                  <Button size="small" look="quiet" onClick={() => void remove(lesson)}>
                    {t('lessons.remove')}
                  </Button>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      <p className="lesson-quiet">{t('lessons.editNote')}</p>
      <section aria-labelledby="situations">
        <h2 id="situations">{t('lessons.situations')}</h2>
        <p className="lesson-quiet">{t('lessons.situationsNote')}</p>
        <ul className="lessons-situations">
          {SITUATIONS.map((situation) => (
            <li key={situation}>
              <button type="button" disabled={trainee?.state !== 'live'} onClick={() => void happen(situation)}>
                <span>{t(`lessons.situation.${situation}.label`)}</span>
                <span className="lesson-quiet">{t(`lessons.situation.${situation}.note`)}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>
      <Outcomes trainee={trainee} onConversation={props.onConversation} onFailed={say} />
      <ShopTimePanel />
      {writing && <LessonForm lesson={writing.lesson} onClose={() => setWriting(null)} />}
    </main>
  );

  async function edit({ lesson_id }: LessonSummary): Promise<void> {
    const answer = await bridge.call('lessons.get', { lesson_id });
    if (answer.ok) setWriting({ lesson: answer.result });
    else say(answer.error);
  }

  function say(error: Parameters<typeof errorWords>[0]): void {
    const words = errorWords(error);
    toast({ tone: 'failed', text: words.title, note: errorLine(words) });
  }

  async function start(lesson: LessonSummary): Promise<void> {
    if (trainee === null) return;
    const answer = await bridge.call('lessons.start', {
      lesson_id: lesson.lesson_id,
      account_id: trainee.account_id,
    });
    if (!answer.ok) return say(answer.error);
    const first = answer.result.conversations[0];
    // The conversation comes over the wire like every other: a moment later it is there.
    for (let wait = 0; wait < 20 && first !== undefined; wait++) {
      const state = await bridge.call('lessons.state', { run_id: answer.result.run_id });
      const there = state.ok ? state.result.conversations[0] : undefined;
      if (there !== undefined && there.conversation_key !== null)
        return props.onConversation(there.conversation_key, there.intake);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async function happen(situation: Situation): Promise<void> {
    if (trainee === null) return;
    const answer = await bridge.call('practice.situation', { situation, account_id: trainee.account_id });
    if (!answer.ok) return say(answer.error);
    const label = t(`lessons.situation.${situation}.label`);
    if (answer.result.conversation_id === null && situation !== 'queue_pressure')
      toast({ tone: 'info', text: t('lessons.cannotHappen') });
    else toast({ tone: 'done', text: t('lessons.happened', { label }) });
  }

  async function readFile(): Promise<void> {
    const picked = await bridge.pickFile('.json');
    if (!picked.ok) return say(picked.error);
    if (picked.result === null) return;
    const answer = await bridge.call('lessons.import', { file: picked.result.handle });
    setProblems([]);
    if (answer.ok) {
      const { title, replaced } = answer.result;
      toast({ tone: 'done', text: t(replaced ? 'lessons.replaced' : 'lessons.imported', { title }) });
    } else {
      if (answer.error.code === 'LESSON_INVALID') setProblems(problemsOf(answer.error.details));
      say(answer.error);
    }
  }

  async function writeFile(lesson: LessonSummary): Promise<void> {
    const target = await bridge.pickSave(`${t('lessons.fileName')}-${lesson.lesson_id}.json`);
    if (!target.ok) return say(target.error);
    if (target.result === null) return;
    const answer = await bridge.call('lessons.export', {
      lesson_id: lesson.lesson_id,
      target: target.result.handle,
    });
    if (answer.ok) toast({ tone: 'done', text: t('lessons.exported') });
    else say(answer.error);
  }

  async function remove(lesson: LessonSummary): Promise<void> {
    const answer = await bridge.call('lessons.remove', { lesson_id: lesson.lesson_id });
    if (answer.ok) toast({ tone: 'done', text: t('lessons.removed') });
    else say(answer.error);
  }
}

function Best({ lesson }: { lesson: LessonSummary }) {
  const { t } = useTranslation();
  return (
    <span className="lessons-best">
      {lesson.best === null ? (
        <span className="lesson-quiet">{t('lessons.untried')}</span>
      ) : (
        <>
          <Tag tone={lesson.best.passed ? 'done' : 'waiting'}>
            <Icon name={lesson.best.passed ? 'check' : 'undo'} size={11} />
            {t(lesson.best.passed ? 'lessons.passed' : 'lessons.failed')}
          </Tag>
          <span className="num">{t('lessons.best', { score: lesson.best.score })}</span>
          <span className="lesson-quiet num">{t('lessons.tries', { count: lesson.tries })}</span>
        </>
      )}
    </span>
  );
}

function problemsOf(details: Readonly<Record<string, unknown>> | undefined): LessonProblem[] {
  const list = details?.['problems'];
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null || !('at' in item) || !('what' in item)) return [];
    return [{ at: String(item.at), what: String(item.what) }];
  });
}
