import {
  LESSON_FORMAT,
  readLesson,
  type Lesson,
  type LessonCheck,
  type LessonProblem,
} from '#shared/domain/lessons/format.ts';
import type { IncidentState } from '#shared/domain/remedy/incident.ts';
import type { MistakeType } from '#shared/domain/remedy/mistakes.ts';
import type { RecallEffect } from '#shared/protocol/entities.ts';

/** A lesson as its form holds it: numbers and lists as they are typed. The format itself judges it (docs/lessons.md). */
export interface LessonDraft {
  readonly id: string;
  readonly title: string;
  readonly goal: string;
  /** One a line, as every list here. */
  readonly hints: string;
  readonly question: string;
  readonly pass: string;
  readonly consumers: readonly ConsumerDraft[];
  readonly past: readonly PastDraft[];
  readonly mistakes: readonly MistakeDraft[];
  readonly checks: readonly CheckDraft[];
}

export interface ConsumerDraft {
  readonly as: string;
  readonly name: string;
  /** Kept as it is; the form shows none. */
  readonly shop?: string;
  readonly says: string;
  readonly starts: 'mine' | 'waiting';
  readonly reads: 'never' | 'at_once';
}
export interface PastDraft {
  readonly with: string;
  readonly daysAgo: string;
  /** Lines of the agent begin with `>`. */
  readonly lines: string;
}
export interface MistakeDraft {
  readonly with: string;
  readonly text: string;
}
export interface CheckDraft {
  readonly check: LessonCheck['check'];
  readonly with: string;
  readonly text: string;
  readonly anyOf: string;
  readonly within: string;
  readonly effect: RecallEffect;
  readonly type: MistakeType | 'any';
  readonly atLeast: IncidentState;
  readonly says: string;
  readonly points: string;
  readonly required: boolean;
}

export const CHECK_KINDS = [
  'recalled',
  'sent',
  'not_sent',
  'corrected',
  'cannot_see',
  'incident',
  'claimed',
  'transferred',
  'ended',
  'answer',
] as const satisfies readonly LessonCheck['check'][];

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
const number = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));

export function newConsumer(taken: readonly ConsumerDraft[]): ConsumerDraft {
  let index = taken.length + 1;
  while (taken.some(({ as }) => as === `c${index}`)) index++;
  return { as: `c${index}`, name: '', says: '', starts: 'mine', reads: 'never' };
}

export const newCheck = (consumer: string): CheckDraft => ({
  check: 'recalled',
  with: consumer,
  text: '',
  anyOf: '',
  within: '',
  effect: 'both',
  type: 'any',
  atLeast: 'open',
  says: '',
  points: '20',
  required: true,
});

/** `id`: of a new one. */
export function draftOf(lesson: Lesson | null, id: string): LessonDraft {
  if (lesson === null) {
    const consumer = newConsumer([]);
    return {
      id,
      title: '',
      goal: '',
      hints: '',
      question: '',
      pass: '60',
      consumers: [consumer],
      past: [],
      mistakes: [],
      checks: [newCheck(consumer.as)],
    };
  }
  return {
    id: lesson.id,
    title: lesson.title,
    goal: lesson.goal,
    hints: lesson.hints.join('\n'),
    question: lesson.question ?? '',
    pass: String(lesson.pass),
    consumers: lesson.consumers.map(({ says, ...rest }) => ({ ...rest, says: says.join('\n') })) as ConsumerDraft[],
    past: lesson.past.map((part) => ({
      with: part.with,
      daysAgo: String(part.days_ago),
      lines: part.lines.map(({ from, text }) => (from === 'agent' ? `> ${text}` : text)).join('\n'),
    })),
    mistakes: lesson.mistakes,
    checks: lesson.checks.map((check) => ({
      ...newCheck('with' in check ? check.with : (lesson.consumers[0]?.as ?? '')),
      check: check.check,
      says: check.says,
      points: String(check.points),
      required: check.required,
      ...('text' in check ? { text: check.text } : {}),
      ...('any_of' in check ? { anyOf: check.any_of.join('\n') } : {}),
      ...(check.check === 'recalled'
        ? { effect: check.effect, within: check.within_seconds === undefined ? '' : String(check.within_seconds) }
        : {}),
      ...(check.check === 'incident' ? { type: check.type ?? ('any' as const), atLeast: check.at_least } : {}),
    })),
  };
}

function checkOf(draft: CheckDraft): unknown {
  const common = {
    check: draft.check,
    says: draft.says,
    points: number(draft.points),
    required: draft.required,
    ...(draft.check === 'answer' ? {} : { with: draft.with }),
  };
  switch (draft.check) {
    case 'recalled':
      return {
        ...common,
        text: draft.text,
        effect: draft.effect,
        ...(draft.within.trim() === '' ? {} : { within_seconds: number(draft.within) }),
      };
    case 'corrected':
    case 'cannot_see':
      return { ...common, text: draft.text };
    case 'sent':
    case 'not_sent':
    case 'answer':
      return { ...common, any_of: lines(draft.anyOf) };
    case 'incident':
      return { ...common, at_least: draft.atLeast, ...(draft.type === 'any' ? {} : { type: draft.type }) };
    case 'claimed':
    case 'transferred':
    case 'ended':
      return common;
  }
}

/** Judged by the format; problems name their places, such as `checks.0.text`. */
export function lessonOf(
  draft: LessonDraft,
):
  { readonly ok: true; readonly lesson: Lesson } | { readonly ok: false; readonly problems: readonly LessonProblem[] } {
  return readLesson({
    format: LESSON_FORMAT,
    version: 1,
    id: draft.id,
    title: draft.title,
    goal: draft.goal,
    hints: lines(draft.hints),
    ...(draft.question.trim() === '' ? {} : { question: draft.question }),
    pass: number(draft.pass),
    consumers: draft.consumers.map((consumer) => ({ ...consumer, says: lines(consumer.says) })),
    past: draft.past.map((part) => ({
      with: part.with,
      days_ago: number(part.daysAgo),
      lines: lines(part.lines).map((line) =>
        line.startsWith('>') ? { from: 'agent', text: line.slice(1).trim() } : { from: 'consumer', text: line },
      ),
    })),
    mistakes: draft.mistakes,
    checks: draft.checks.map(checkOf),
  });
}
