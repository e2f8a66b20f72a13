import { z } from 'zod';
import { INCIDENT_STATES } from '../remedy/incident.ts';
import { MistakeType } from '../remedy/mistakes.ts';
import { RecallEffect } from '../../protocol/entities.ts';

/**
 * A lesson of the practice shop: what happens, what is to be reached, and how that is checked (docs/lessons.md). Files of
 * supervisors and the lessons that ship have the same shape. Unknown fields are refused: a misspelt one would be a check
 * that never runs.
 */

const Line = z.string().trim().min(1).max(2_000);
const Name = z.string().trim().min(1).max(64);
/** Names a consumer within the lesson. */
const With = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);
const Points = z.int().min(1).max(100);
const Phrase = z.string().min(1).max(200);

const LessonConsumer = z.strictObject({
  as: With,
  name: Name,
  shop: z.string().min(1).max(128).optional(),
  says: z.array(Line).min(1).max(20),
  /** In the trainee's own list, or in the waiting list. */
  starts: z.enum(['mine', 'waiting']).default('mine'),
  /** When the consumer looks at the chat: never while the lesson runs, or at once at what stands there when it begins. */
  reads: z.enum(['never', 'at_once']).default('never'),
});

const common = { says: z.string().trim().min(1).max(200), points: Points, required: z.boolean().default(true) };

export const LessonCheck = z.discriminatedUnion('check', [
  /** A message with that text was recalled, and it is gone on both sides (or with the named effect). */
  z.strictObject({
    check: z.literal('recalled'),
    with: With,
    text: Phrase,
    effect: RecallEffect.default('both'),
    /** After it was sent. */
    within_seconds: z.int().min(1).max(604_800).optional(),
    ...common,
  }),
  /** The trainee has sent a message that holds one of these texts, after the lesson began. */
  z.strictObject({ check: z.literal('sent'), with: With, any_of: z.array(Phrase).min(1).max(20), ...common }),
  /** No message of the trainee, sent after the lesson began, holds one of these texts. */
  z.strictObject({ check: z.literal('not_sent'), with: With, any_of: z.array(Phrase).min(1).max(20), ...common }),
  /** A correction (RM2) of the message with that text was sent. */
  z.strictObject({ check: z.literal('corrected'), with: With, text: Phrase, ...common }),
  /** The consumer's phone shows no message with that text any more. */
  z.strictObject({ check: z.literal('cannot_see'), with: With, text: Phrase, ...common }),
  /** An incident about a message there stands at least on that rung, of that type where one is named. */
  z.strictObject({
    check: z.literal('incident'),
    with: With,
    type: MistakeType.optional(),
    at_least: z.enum(INCIDENT_STATES).default('open'),
    ...common,
  }),
  z.strictObject({ check: z.literal('claimed'), with: With, ...common }),
  z.strictObject({ check: z.literal('transferred'), with: With, ...common }),
  z.strictObject({ check: z.literal('ended'), with: With, ...common }),
  /** What was found is typed in; width, case and blanks don't matter. */
  z.strictObject({ check: z.literal('answer'), any_of: z.array(Phrase).min(1).max(20), ...common }),
]);
export type LessonCheck = z.infer<typeof LessonCheck>;

export const LESSON_FORMAT = 'merchant-workbench-lesson';

export const Lesson = z
  .strictObject({
    format: z.literal(LESSON_FORMAT),
    version: z.literal(1),
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
    title: z.string().trim().min(1).max(60),
    goal: z.string().trim().min(1).max(1_000),
    hints: z.array(z.string().trim().min(1).max(500)).max(10).default([]),
    /** What the trainee types an answer to; needs a check `answer`. */
    question: z.string().trim().min(1).max(300).optional(),
    /** Share of the points from which on it is passed, 1–100, besides everything `required`. */
    pass: z.int().min(1).max(100).default(60),
    consumers: z.array(LessonConsumer).min(1).max(10),
    /** What was said before, oldest first within a day. */
    past: z
      .array(
        z.strictObject({
          with: With,
          days_ago: z.int().min(1).max(365),
          lines: z
            .array(z.strictObject({ from: z.enum(['consumer', 'agent']), text: Line }))
            .min(1)
            .max(50),
        }),
      )
      .max(20)
      .default([]),
    /** Sent in the trainee's name as the lesson begins. */
    mistakes: z
      .array(z.strictObject({ with: With, text: Line }))
      .max(5)
      .default([]),
    checks: z.array(LessonCheck).min(1).max(20),
  })
  .superRefine((lesson, context) => {
    const names = lesson.consumers.map((consumer) => consumer.as);
    const known = (name: string, path: (string | number)[]): void => {
      if (!names.includes(name)) context.addIssue({ code: 'custom', path, message: `unknown consumer "${name}"` });
    };
    names.forEach((name, index) => {
      if (names.indexOf(name) !== index)
        context.addIssue({ code: 'custom', path: ['consumers', index, 'as'], message: `"${name}" is there twice` });
    });
    lesson.past.forEach((part, index) => known(part.with, ['past', index, 'with']));
    lesson.mistakes.forEach((part, index) => known(part.with, ['mistakes', index, 'with']));
    lesson.checks.forEach((check, index) => {
      if (check.check !== 'answer') known(check.with, ['checks', index, 'with']);
    });
    const asks = lesson.checks.some(({ check }) => check === 'answer');
    if (asks !== (lesson.question !== undefined))
      context.addIssue({
        code: 'custom',
        path: ['question'],
        message: asks ? 'a check "answer" needs a question' : 'a question needs a check "answer"',
      });
  });
export type Lesson = z.infer<typeof Lesson>;

export interface LessonProblem {
  /** Where in the file, e.g. `checks.2.with`; "" for the whole. */
  readonly at: string;
  readonly what: string;
}

export type ReadLesson =
  { readonly ok: true; readonly lesson: Lesson } | { readonly ok: false; readonly problems: readonly LessonProblem[] };

/** Every problem with its place, so that whoever wrote it can put all of it right at once (at most 20). */
export function readLesson(value: unknown): ReadLesson {
  const parsed = Lesson.safeParse(value);
  if (parsed.success) return { ok: true, lesson: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues
      .slice(0, 20)
      .map((issue) => ({ at: issue.path.map(String).join('.'), what: issue.message })),
  };
}
