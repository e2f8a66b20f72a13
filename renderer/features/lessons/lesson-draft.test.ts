import { expect, test } from 'vitest';
import { readLesson } from '#shared/domain/lessons/format.ts';
import { shippedLessons } from '#shared/i18n/lesson-defaults.ts';
import { CHECK_KINDS, draftOf, lessonOf, newCheck, newConsumer } from './lesson-draft.ts';

const places = (made: ReturnType<typeof lessonOf>): string[] =>
  made.ok ? [] : made.problems.map(({ at }) => at.replace(/\.\d+$/, ''));

test('[UX5] every lesson that ships goes through the form and comes out as it was', () => {
  for (const shipped of [...shippedLessons['zh-CN'], ...shippedLessons.en]) {
    const read = readLesson(shipped);
    if (!read.ok) throw new Error('broken');
    expect(lessonOf(draftOf(read.lesson, ''))).toEqual({ ok: true, lesson: read.lesson });
  }
});

test('[UX5] a new lesson names what is missing by its place, and is whole once that is filled in', () => {
  const empty = draftOf(null, 'own-1');
  expect(places(lessonOf(empty)).toSorted()).toEqual([
    'checks.0.says',
    'checks.0.text',
    'consumers.0.name',
    'consumers.0.says',
    'goal',
    'title',
  ]);
  const filled = {
    ...empty,
    title: '退差价',
    goal: '说清规则',
    consumers: [{ ...empty.consumers[0]!, name: '买家', says: '能退吗\n\n 昨天买的 ' }],
    past: [{ with: 'c1', daysAgo: '3', lines: '什么时候发\n> 今天发出' }],
  };
  const checks = CHECK_KINDS.map((check) => ({
    ...newCheck('c1'),
    check,
    says: check,
    text: '甲',
    anyOf: '乙\n丙',
    within: '60',
  }));
  const made = lessonOf({ ...filled, question: '几号', checks });
  if (!made.ok) throw new Error(JSON.stringify(made.problems));
  expect(made.lesson.consumers[0]?.says).toEqual(['能退吗', '昨天买的']);
  expect(made.lesson.past[0]?.lines).toEqual([
    { from: 'consumer', text: '什么时候发' },
    { from: 'agent', text: '今天发出' },
  ]);
  expect(made.lesson.checks[0]).toMatchObject({ within_seconds: 60, effect: 'both' });
  expect(places(lessonOf({ ...filled, checks }))).toEqual(['question']);
  for (const points of ['', 'x', '0', '1.5', '101'])
    expect(places(lessonOf({ ...filled, checks: [{ ...newCheck('c1'), says: '甲', text: '乙', points }] }))).toEqual([
      'checks.0.points',
    ]);
  expect(newConsumer([{ ...newConsumer([]), as: 'c2' }]).as).toBe('c3');
});
