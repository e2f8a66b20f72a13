import { z } from 'zod';
import { AccountId, type ConversationKey } from '../domain/ids.ts';
import { procedure } from './procedure.ts';

/** Training in the practice shop: lessons and situations on demand. UNSUPPORTED wherever no practice gateway runs. */

export interface LessonSummary {
  readonly lesson_id: string;
  readonly title: string;
  readonly goal: string;
  /** False: a supervisor's. */
  readonly shipped: boolean;
  readonly points: number;
  /** Best score so far, 0–100, and whether it was passed; null where nobody tried. */
  readonly best: { readonly score: number; readonly passed: boolean } | null;
  readonly tries: number;
}

export interface LessonRunView {
  readonly run_id: string;
  readonly lesson_id: string;
  readonly title: string;
  readonly goal: string;
  readonly hints: readonly string[];
  readonly question: string | null;
  readonly answer: string | null;
  readonly checks: readonly {
    readonly says: string;
    readonly points: number;
    readonly required: boolean;
    readonly passed: boolean;
  }[];
  readonly score: number;
  readonly passed: boolean;
  /** Gateway time. */
  readonly started_at: number;
  readonly ended_at: number | null;
  /** In the order of the lesson; the key is null until the conversation has come in. */
  readonly conversations: readonly {
    readonly name: string;
    readonly conversation_key: ConversationKey | null;
    readonly intake: 'waiting' | 'active' | 'ended';
  }[];
}

export interface LessonsView {
  /** False: there is no practice gateway here, and nothing to train with. */
  readonly available: boolean;
  readonly may_edit: boolean;
  readonly lessons: readonly LessonSummary[];
  readonly running: LessonRunView | null;
}

/** What the practice shop can be asked to let happen (docs/lessons.md). */
export const SITUATIONS = [
  'queue_pressure',
  'claim_race',
  'transfer_to_me',
  'off_duty_return',
  'group_chat',
  'session_ends',
  'order_card',
  'only_reads',
] as const;
export type Situation = (typeof SITUATIONS)[number];

const LessonId = z.string().min(1).max(64);
const RunId = z.string().min(1).max(64);
const FileHandle = z.string().min(1).max(128);

export const LESSON_PROCEDURES = {
  'lessons.list': procedure<LessonsView>()(z.object({}).strict()),
  /** Ends the one under way. `account_id`: who trains. */
  'lessons.start': procedure<LessonRunView>()(z.object({ lesson_id: LessonId, account_id: AccountId })),
  /** Judged anew on what is so at this moment. */
  'lessons.state': procedure<LessonRunView>()(z.object({ run_id: RunId })),
  'lessons.answer': procedure<LessonRunView>()(z.object({ run_id: RunId, answer: z.string().trim().max(200) })),
  /** The score stands from then on. */
  'lessons.end': procedure<LessonRunView>()(z.object({ run_id: RunId })),
  /** LESSON_INVALID with `problems` (place and reason each), FILE_TOO_LARGE. One of the same id is replaced. */
  'lessons.import': procedure<{ lesson_id: string; title: string; replaced: boolean }>()(
    z.object({ file: FileHandle }),
  ),
  /** As a file, to begin one's own with. */
  'lessons.export': procedure<{ bytes: number }>()(z.object({ lesson_id: LessonId, target: FileHandle })),
  'lessons.remove': procedure<Record<string, never>>()(z.object({ lesson_id: LessonId })),
  'practice.situation': procedure<{ conversation_id: string | null }>()(
    z.object({ situation: z.enum(SITUATIONS), account_id: AccountId }),
  ),
} as const;
