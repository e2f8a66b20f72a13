import type { Situation } from '#shared/contract/lessons.ts';
import type { RecallOutcomeName } from '#shared/contract/practice.ts';
import type { ProcedureParsed } from '#shared/contract/procedures.ts';
import type { PracticeTimeView } from '#shared/contract/training.ts';
import type { Lesson } from '#shared/domain/lessons/format.ts';
import type { LessonConversation } from '#shared/domain/lessons/judge.ts';

/** What lessons need of the practice gateway beside this program: it plays the consumers, and knows what they see. */
export interface Training {
  /** Lets a lesson begin for that agent. By the lesson's names: which conversations these are. */
  stage(lesson: Lesson, agentId: string): Promise<StagedLesson>;
  /** How they stand now. One that is no more is left out. */
  facts(staged: StagedLesson, agentId: string): Promise<Readonly<Record<string, LessonConversation>>>;
  /** The conversation it is about, where it is about one. */
  situation(situation: Situation, agentId: string): Promise<string | null>;
  /** The conversation in which a recall goes that way. */
  outcome(outcome: RecallOutcomeName, agentId: string, name: string): Promise<string>;
  /** Gateway time. */
  now(): Promise<number>;
  /** How the shop's clock stands. */
  time(): Promise<PracticeTimeView>;
  setTime(change: ProcedureParsed<'practice.set_time'>): Promise<PracticeTimeView>;
}

export interface StagedLesson {
  readonly conversations: Readonly<Record<string, string>>;
  /** Messages that the lesson itself put there. */
  readonly messages: readonly string[];
}
