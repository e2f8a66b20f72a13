import { AppFailure } from '#shared/contract/errors.ts';
import type { LessonRunView, LessonSummary } from '#shared/contract/lessons.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import { readLesson, type Lesson } from '#shared/domain/lessons/format.ts';
import { judgeLesson, type LessonFacts, type LessonResult } from '#shared/domain/lessons/judge.ts';
import type { ConversationId, AccountId, ConversationKey } from '#shared/domain/ids.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import { shippedLessons } from '#shared/i18n/lesson-defaults.ts';
import type { Agent } from '#shared/protocol/entities.ts';
import { actorOf } from '../accounts/acting.ts';
import { decodeText } from '../import/encoding.ts';
import type { Clock } from '../ports/clock.ts';
import type { StoredLessonRun } from '../ports/desk-store.ts';
import type { Files } from '../ports/files.ts';
import type { Ids } from '../ports/ids.ts';
import type { Store } from '../ports/store.ts';
import type { StagedLesson, Training } from '../ports/training.ts';

type LessonHandlers = Pick<Handlers, Extract<keyof Handlers, `lessons.${string}`>>;

const LESSON_BYTES = 1_048_576;
/** Incidents looked at for a run: those opened since it began. */
const INCIDENTS = 500;

/** What a run keeps: the lesson as it was then, so that a score can be read later whatever became of the file. */
interface RunBody {
  readonly lesson: Lesson;
  readonly account_id: AccountId;
  readonly staged: StagedLesson;
  readonly answer: string | null;
  /** Once ended. */
  readonly result: LessonResult | null;
}

/** Training in the practice shop: lessons are played by its gateway and judged on what really happened. */
export function createLessons(ports: {
  readonly store: Store;
  readonly files: Files;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly training: Training | undefined;
  readonly agentOf: (account: AccountId) => Promise<Agent>;
  readonly onChanged: () => void;
  readonly locale: 'zh-CN' | 'en';
}): LessonHandlers {
  const { store, files, clock, ids } = ports;

  const training = (): Training => {
    if (ports.training === undefined) throw new AppFailure('UNSUPPORTED', 'no practice gateway here');
    return ports.training;
  };

  /** Shipped ones in the person's language, then the supervisors'; one of theirs takes the place of a shipped one. */
  async function all(): Promise<readonly { readonly lesson: Lesson; readonly shipped: boolean }[]> {
    const own = (await store.lessons()).flatMap(({ body }) => {
      const read = readLesson(body);
      return read.ok ? [{ lesson: read.lesson, shipped: false }] : [];
    });
    const replaced = new Set(own.map(({ lesson }) => lesson.id));
    const shipped = shippedLessons[ports.locale].flatMap((lesson) => {
      const read = readLesson(lesson);
      return read.ok && !replaced.has(read.lesson.id) ? [{ lesson: read.lesson, shipped: true }] : [];
    });
    return [...shipped, ...own];
  }

  async function lessonOf(id: string): Promise<Lesson> {
    const found = (await all()).find(({ lesson }) => lesson.id === id);
    if (found === undefined) throw new AppFailure('NOT_FOUND', 'no such lesson');
    return found.lesson;
  }

  async function runOf(id: string): Promise<{ readonly run: StoredLessonRun; readonly body: RunBody }> {
    const run = await store.lessonRun(id);
    if (run === null) throw new AppFailure('NOT_FOUND', 'no such run');
    return { run, body: run.body as RunBody };
  }

  async function factsOf(run: StoredLessonRun, body: RunBody, keys: Keys): Promise<LessonFacts> {
    const byKey = new Map(Object.entries(keys).flatMap(([name, key]) => (key === null ? [] : [[key, name] as const])));
    const { incidents } = await store.incidents(
      { from: run.started_at - 60_000 },
      { kind: 'all' },
      { limit: INCIDENTS, cursor: null },
    );
    return {
      started_at: run.started_at,
      agent_id: run.agent_id,
      answer: body.answer,
      conversations: await training().facts(body.staged, run.agent_id),
      incidents: incidents.flatMap(({ conversation_key, type, state }) => {
        const name = conversation_key === null ? undefined : byKey.get(conversation_key);
        return name === undefined ? [] : [{ with: name, type, state }];
      }),
    };
  }

  type Keys = Readonly<Record<string, ConversationKey | null>>;
  async function keysOf(body: RunBody): Promise<Keys> {
    const keys: Record<string, ConversationKey | null> = {};
    for (const [name, id] of Object.entries(body.staged.conversations))
      keys[name] = (await store.conversationByWireId(body.account_id, id as ConversationId))?.key ?? null;
    return keys;
  }

  async function judged(run: StoredLessonRun, body: RunBody): Promise<LessonResult> {
    return body.result ?? judgeLesson(body.lesson, await factsOf(run, body, await keysOf(body)));
  }

  async function viewOf(run: StoredLessonRun, body: RunBody, result: LessonResult): Promise<LessonRunView> {
    const keys = await keysOf(body);
    const facts = (await ports.training?.facts(body.staged, run.agent_id)) ?? {};
    const { lesson } = body;
    return {
      run_id: run.run_id,
      lesson_id: run.lesson_id,
      title: lesson.title,
      goal: lesson.goal,
      hints: lesson.hints,
      question: lesson.question ?? null,
      answer: body.answer,
      checks: lesson.checks.map(({ says, points, required }, index) => ({
        says,
        points,
        required,
        passed: result.checks[index] ?? false,
      })),
      score: result.score,
      passed: result.passed,
      started_at: run.started_at,
      ended_at: run.ended_at,
      conversations: lesson.consumers.map((consumer) => ({
        name: consumer.name,
        conversation_key: keys[consumer.as] ?? null,
        intake: facts[consumer.as]?.intake ?? 'ended',
      })),
    };
  }

  async function keep(lesson: Lesson): Promise<{ lesson_id: string; title: string; replaced: boolean }> {
    const { id, title } = lesson;
    const replaced = (await all()).some((known) => known.lesson.id === id);
    await store.putLesson({
      lesson_id: id,
      body: lesson,
      added_at: clock.wallNow(),
      added_by: await actorOf(store),
    });
    ports.onChanged();
    return { lesson_id: id, title, replaced };
  }

  async function look(id: string): Promise<LessonRunView> {
    const { run, body } = await runOf(id);
    return viewOf(run, body, await judged(run, body));
  }

  async function end(id: string): Promise<LessonRunView> {
    const { run, body } = await runOf(id);
    const result = await judged(run, body);
    const ended = {
      ...run,
      ended_at: run.ended_at ?? (await training().now()),
      body: { ...body, result } satisfies RunBody,
    };
    if (run.ended_at === null) {
      await store.putLessonRun(ended);
      ports.onChanged();
    }
    return viewOf(ended, ended.body, result);
  }

  return {
    async 'lessons.list'() {
      const accounts = await store.accounts();
      const may_edit = accounts.some(({ agent }) => isPermitted(agent?.role, 'lesson.edit'));
      if (ports.training === undefined) return { available: false, may_edit, lessons: [], running: null };
      const runs = await store.lessonRuns();
      const lessons = (await all()).map(({ lesson, shipped }): LessonSummary => {
        const tries = runs.filter(({ lesson_id, ended_at }) => lesson_id === lesson.id && ended_at !== null);
        const results = tries.flatMap(({ body }) => (body as RunBody).result ?? []);
        const best = results.toSorted((a, b) => Number(b.passed) - Number(a.passed) || b.score - a.score)[0];
        return {
          lesson_id: lesson.id,
          title: lesson.title,
          goal: lesson.goal,
          shipped,
          points: lesson.checks.reduce((sum, { points }) => sum + points, 0),
          best: best === undefined ? null : { score: best.score, passed: best.passed },
          tries: tries.length,
        };
      });
      const open = runs.find(({ ended_at }) => ended_at === null);
      return { available: true, may_edit, lessons, running: open === undefined ? null : await look(open.run_id) };
    },

    async 'lessons.start'({ lesson_id, account_id }) {
      const lesson = await lessonOf(lesson_id);
      const stage = training();
      const { agent_id } = await ports.agentOf(account_id);
      for (const { run_id, ended_at } of await store.lessonRuns()) if (ended_at === null) await end(run_id);
      const started_at = await stage.now();
      const body: RunBody = {
        lesson,
        account_id,
        staged: await stage.stage(lesson, agent_id),
        answer: null,
        result: null,
      };
      const run: StoredLessonRun = { run_id: ids.next(), lesson_id, agent_id, started_at, ended_at: null, body };
      await store.putLessonRun(run);
      ports.onChanged();
      return viewOf(run, body, await judged(run, body));
    },
    'lessons.state': ({ run_id }) => look(run_id),
    async 'lessons.answer'({ run_id, answer }) {
      const { run, body } = await runOf(run_id);
      if (run.ended_at !== null) throw new AppFailure('STALE_STATE', 'the lesson is over');
      await store.putLessonRun({ ...run, body: { ...body, answer } satisfies RunBody });
      ports.onChanged();
      return look(run_id);
    },
    'lessons.end': ({ run_id }) => end(run_id),

    async 'lessons.import'({ file }) {
      const { bytes } = await files.describe(file);
      if (bytes > LESSON_BYTES)
        throw new AppFailure('FILE_TOO_LARGE', 'no lesson is this large', { bytes, max: LESSON_BYTES });
      let text = '';
      for await (const part of decodeText(files.read(file)).text) text += part;
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (thrown) {
        // The engine's words quote the text; where it stops is all that is needed.
        const place = /position (\d+)/.exec(thrown instanceof Error ? thrown.message : '')?.[1];
        const line = place === undefined ? null : text.slice(0, Number(place)).split('\n').length;
        throw new AppFailure('LESSON_INVALID', 'not JSON', {
          problems: [{ at: line === null ? '' : `line ${line}`, what: 'not JSON' }],
        });
      }
      const read = readLesson(value);
      if (!read.ok) throw new AppFailure('LESSON_INVALID', 'does not fit the format', { problems: read.problems });
      return keep(read.lesson);
    },
    'lessons.get': ({ lesson_id }) => lessonOf(lesson_id),
    'lessons.save': ({ lesson }) => keep(lesson),
    async 'lessons.export'({ lesson_id, target }) {
      const lesson = await lessonOf(lesson_id);
      const sink = await files.create(target);
      try {
        await sink.write(new TextEncoder().encode(`${JSON.stringify(lesson, null, 2)}\n`));
        return { bytes: (await sink.commit()).bytes };
      } catch (thrown) {
        await sink.abort();
        throw thrown;
      }
    },
    async 'lessons.remove'({ lesson_id }) {
      await store.removeLesson(lesson_id);
      ports.onChanged();
      return {};
    },
  };
}
