import { describe, expect, it } from 'vitest';
import { shippedLessons } from '../../i18n/lesson-defaults.ts';
import { readLesson, type Lesson } from './format.ts';
import { judgeLesson, type LessonFacts, type LessonMessage } from './judge.ts';

function shipped(id: string): Lesson {
  for (const value of shippedLessons['zh-CN']) {
    const read = readLesson(value);
    if (read.ok && read.lesson.id === id) return read.lesson;
  }
  throw new Error(`no lesson ${id}`);
}

const said = (msg_id: string, text: string, more: Partial<LessonMessage> = {}): LessonMessage => ({
  msg_id,
  agent_id: 'me',
  text,
  sent_at: 1_000,
  correction_of: null,
  recalled: null,
  staged: false,
  ...more,
});
const facts = (
  conversations: Readonly<Record<string, readonly LessonMessage[]>>,
  more: Partial<LessonFacts> = {},
): LessonFacts => ({
  started_at: 0,
  agent_id: 'me',
  answer: null,
  incidents: [],
  conversations: Object.fromEntries(
    Object.entries(conversations).map(([name, messages]) => [
      name,
      {
        intake: 'active' as const,
        assignee_id: 'me',
        transferred_by_trainee: false,
        messages,
        phone: messages
          .filter(({ recalled }) => recalled === null || recalled.effect === 'local_only')
          .map(({ text }) => text),
      },
    ]),
  ),
  ...more,
});

describe('lessons', () => {
  it('[UX5] the five that ship fit the format in both languages, with the same ids and checks', () => {
    const read = (['zh-CN', 'en'] as const).map((locale) =>
      shippedLessons[locale].map((value) => {
        const result = readLesson(value);
        if (!result.ok) throw new Error(JSON.stringify(result.problems));
        return result.lesson;
      }),
    );
    expect(read[0]?.map(({ id }) => id)).toEqual([
      'recall-in-time',
      'already-read',
      'wrong-conversation',
      'privacy-leak',
      'promise-last-month',
    ]);
    const bare = (lessons: readonly Lesson[] | undefined) =>
      lessons?.map(({ id, checks }) => [id, checks.map((check) => ({ ...check, says: '' }))]);
    expect(bare(read[0])).toEqual(bare(read[1]));
    for (const lesson of read.flat()) expect(lesson.checks.reduce((sum, { points }) => sum + points, 0)).toBe(100);
  });

  it('[UX5] recall within the window: late, or on one side only, is no recall', () => {
    const lesson = shipped('recall-in-time');
    const wrong = (recalled: LessonMessage['recalled']) => said('m1', '现在 89 元', { staged: true, recalled });
    const judge = (...messages: LessonMessage[]) => judgeLesson(lesson, facts({ buyer: messages }));
    expect(judge(wrong(null)).score).toBe(0);
    expect(judge(wrong({ effect: 'both', at: 21_000 }))).toMatchObject({ score: 70, passed: false });
    expect(judge(wrong({ effect: 'both', at: 21_000 }), said('m2', '抱歉，是 189 元'))).toEqual({
      checks: [true, true, true],
      score: 100,
      passed: true,
    });
    expect(judge(wrong({ effect: 'both', at: 61_000 }), said('m2', '１８９ 元'))).toMatchObject({
      score: 90,
      passed: true,
    });
    expect(judge(wrong({ effect: 'local_only', at: 21_000 }), said('m2', '189')).passed).toBe(false);
    expect(judge(wrong({ effect: 'both', at: 130_000 }), said('m2', '189')).passed).toBe(false);
    // What the trainee took back again was not said.
    expect(
      judge(wrong({ effect: 'both', at: 9_000 }), said('m2', '189', { recalled: { effect: 'both', at: 9 } })).checks[1],
    ).toBe(false);
  });

  it('[UX5] the consumer has read it: a correction counts when it is linked to the message', () => {
    const lesson = shipped('already-read');
    const wrong = said('m1', '十件装 9.9 元，包邮。', { staged: true });
    const incidents = [{ with: 'buyer', type: 'price', state: 'open' }] as const;
    const loose = facts({ buyer: [wrong, said('m2', '【更正】39.9 元')] }, { incidents });
    expect(judgeLesson(lesson, loose).checks).toEqual([false, true, true]);
    const linked = facts({ buyer: [wrong, said('m2', '【更正】39.9 元', { correction_of: 'm1' })] }, { incidents });
    expect(judgeLesson(lesson, linked)).toMatchObject({ score: 100, passed: true });
    const draft = facts(
      { buyer: [wrong, said('m2', '39.9', { correction_of: 'm1' })] },
      { incidents: [{ with: 'buyer', type: 'price', state: 'draft' }] },
    );
    expect(judgeLesson(lesson, draft).passed).toBe(false);
  });

  it('[UX5] privacy: the consumer’s phone decides, and the ladder', () => {
    const lesson = shipped('privacy-leak');
    const leak = (effect: 'both' | 'local_only') =>
      said('m1', '电话是 13812348000', { staged: true, recalled: { effect, at: 5_000 } });
    const incidents = [{ with: 'buyer', type: 'privacy', state: 'supervisor' }] as const;
    expect(judgeLesson(lesson, facts({ buyer: [leak('both')] }, { incidents }))).toMatchObject({ passed: true });
    expect(judgeLesson(lesson, facts({ buyer: [leak('local_only')] }, { incidents })).checks[0]).toBe(false);
    const again = facts({ buyer: [leak('both'), said('m2', '138 1234 8000')] }, { incidents });
    expect(judgeLesson(lesson, again).passed).toBe(false);
  });

  it('[UX5] an answer is compared without width, case and blanks, and only with what was typed', () => {
    const lesson = shipped('promise-last-month');
    const told = facts({ buyer: [said('m1', '我们给您换一套新的')] });
    expect(judgeLesson(lesson, told).passed).toBe(false);
    expect(judgeLesson(lesson, { ...told, answer: ' ２６０９３０ 551208 ' })).toMatchObject({ score: 100 });
    expect(judgeLesson(lesson, { ...told, answer: '260930551209' }).checks[0]).toBe(false);
  });

  it('[UX5] a file that does not fit names every place', () => {
    const lesson = structuredClone(shippedLessons['zh-CN'][0]) as Record<string, unknown>;
    const problems = (change: Record<string, unknown>) => {
      const read = readLesson({ ...lesson, ...change });
      return read.ok ? [] : read.problems.map(({ at }) => at);
    };
    expect(problems({})).toEqual([]);
    expect(problems({ goal: '', chekcs: [] })).toEqual(expect.arrayContaining(['goal', '']));
    expect(problems({ mistakes: [{ with: 'nobody', text: '…' }] })).toEqual(['mistakes.0.with']);
    expect(problems({ question: '?' })).toEqual(['question']);
    expect(problems({ checks: [{ check: 'sent', with: 'buyer', any_of: [], says: 'x', points: 0 }] })).toEqual(
      expect.arrayContaining(['checks.0.any_of', 'checks.0.points']),
    );
    expect(readLesson(null).ok).toBe(false);
    expect(readLesson([]).ok).toBe(false);
  });
});
