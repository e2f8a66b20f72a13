import { INCIDENT_STATES, type IncidentState } from '../remedy/incident.ts';
import type { Intake, RecallEffect } from '../../protocol/entities.ts';
import type { Lesson, LessonCheck } from './format.ts';

/** What really happened, as gateway and store have it: never what the trainee says of it. Times: the gateway's. */
export interface LessonFacts {
  readonly started_at: number;
  readonly agent_id: string;
  readonly answer: string | null;
  /** By the lesson's name for the consumer. */
  readonly conversations: Readonly<Record<string, LessonConversation>>;
  readonly incidents: readonly { readonly with: string; readonly type: string; readonly state: IncidentState }[];
}

export interface LessonConversation {
  readonly intake: Intake;
  readonly assignee_id: string | null;
  readonly transferred_by_trainee: boolean;
  readonly messages: readonly LessonMessage[];
  /** Texts that the consumer's phone shows now. */
  readonly phone: readonly string[];
}

export interface LessonMessage {
  readonly msg_id: string;
  /** `agent_id` of the sender; null for consumers and the platform. */
  readonly agent_id: string | null;
  readonly text: string;
  readonly sent_at: number;
  readonly correction_of: string | null;
  readonly recalled: { readonly effect: RecallEffect; readonly at: number } | null;
  /** Put there by the lesson, not by the trainee. */
  readonly staged: boolean;
}

export interface LessonResult {
  /** As the lesson lists its checks. */
  readonly checks: readonly boolean[];
  /** 0–100, whole. */
  readonly score: number;
  /** Enough points, and everything that is required. */
  readonly passed: boolean;
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, '');

export function judgeLesson(lesson: Lesson, facts: LessonFacts): LessonResult {
  const checks = lesson.checks.map((check) => holds(check, facts));
  const total = lesson.checks.reduce((sum, { points }) => sum + points, 0);
  const reached = lesson.checks.reduce((sum, { points }, index) => sum + (checks[index] ? points : 0), 0);
  const score = Math.floor((reached * 100) / total);
  const required = lesson.checks.every((check, index) => !check.required || checks[index]);
  return { checks, score, passed: required && score >= lesson.pass };
}

function holds(check: LessonCheck, facts: LessonFacts): boolean {
  if (check.check === 'answer')
    return facts.answer !== null && check.any_of.some((wanted) => plain(wanted) === plain(facts.answer ?? ''));
  const there = facts.conversations[check.with];
  if (there === undefined) return false;
  const says = (text: string, phrase: string): boolean => plain(text).includes(plain(phrase));
  const own = there.messages.filter(({ agent_id, staged }) => agent_id === facts.agent_id && !staged);
  const live = own.filter(({ recalled }) => recalled === null || recalled.effect === 'local_only');
  switch (check.check) {
    case 'recalled':
      return there.messages.some(
        ({ agent_id, text, sent_at, recalled }) =>
          agent_id === facts.agent_id &&
          says(text, check.text) &&
          recalled?.effect === check.effect &&
          (check.within_seconds === undefined || recalled.at - sent_at <= check.within_seconds * 1_000),
      );
    case 'sent':
      return live.some(({ text }) => check.any_of.some((phrase) => says(text, phrase)));
    case 'not_sent':
      return !live.some(({ text }) => check.any_of.some((phrase) => says(text, phrase)));
    case 'corrected': {
      const wrong = new Set(there.messages.filter(({ text }) => says(text, check.text)).map(({ msg_id }) => msg_id));
      return live.some(({ correction_of }) => correction_of !== null && wrong.has(correction_of));
    }
    case 'cannot_see':
      return !there.phone.some((text) => says(text, check.text));
    case 'incident':
      return facts.incidents.some(
        (incident) =>
          incident.with === check.with &&
          (check.type === undefined || incident.type === check.type) &&
          INCIDENT_STATES.indexOf(incident.state) >= INCIDENT_STATES.indexOf(check.at_least),
      );
    case 'claimed':
      return there.assignee_id === facts.agent_id;
    case 'transferred':
      return there.transferred_by_trainee;
    case 'ended':
      return there.intake === 'ended';
  }
}
