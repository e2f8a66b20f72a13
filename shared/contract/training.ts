import { z } from 'zod';
import { AccountId } from '../domain/ids.ts';
import { Lesson } from '../domain/lessons/format.ts';
import { DAY, MINUTE } from '../lib/durations.ts';
import { RECALL_OUTCOMES } from './practice.ts';
import { procedure } from './procedure.ts';

/**
 * The practice shop in the trainee's hands: its time, ways a recall can go, and lessons written in the window. UNSUPPORTED
 * wherever no practice gateway runs.
 */

/** How much faster than real time. */
export const PRACTICE_SPEEDS = [1, 10, 60] as const;
export type PracticeSpeed = (typeof PRACTICE_SPEEDS)[number];
/** What a window offers to jump over: a recall window, a pause, a session (48 h), the retention of an accepted one (60 days). */
export const PRACTICE_JUMPS = [2 * MINUTE, 10 * MINUTE, 60 * MINUTE, DAY, 2 * DAY, 60 * DAY] as const;

export interface PracticeTimeView {
  readonly speed: PracticeSpeed;
  /** Ahead of the real time, milliseconds. */
  readonly ahead_ms: number;
  /** The shop's time as this answer was made. */
  readonly now: number;
}

export const TRAINING_PROCEDURES = {
  /** Null where there is no practice shop. */
  'practice.time': procedure<PracticeTimeView | null>()(z.object({}).strict()),
  /**
   * `jump`: ahead at once, everything that falls due meanwhile happens; `run`: from now on that much faster; `back`: to the
   * real time. Nothing that happened is undone.
   */
  'practice.set_time': procedure<PracticeTimeView>()(
    z.discriminatedUnion('what', [
      z.object({
        what: z.literal('jump'),
        ms: z
          .int()
          .min(1_000)
          .max(60 * DAY),
      }),
      z.object({ what: z.literal('run'), speed: z.literal(PRACTICE_SPEEDS) }),
      z.object({ what: z.literal('back') }),
    ]),
  ),
  /** A conversation of the trainee's, with a consumer of that name, in which a recall goes that way (main/practice/outcomes.ts). */
  'practice.outcome': procedure<{ conversation_id: string }>()(
    z.object({ outcome: z.enum(RECALL_OUTCOMES), account_id: AccountId, name: z.string().trim().min(1).max(64) }),
  ),
  /** NOT_FOUND. */
  'lessons.get': procedure<Lesson>()(z.object({ lesson_id: z.string().min(1).max(64) })),
  /** Judged like a file. One of the same id is replaced. */
  'lessons.save': procedure<{ lesson_id: string; title: string; replaced: boolean }>()(z.object({ lesson: Lesson })),
} as const;
