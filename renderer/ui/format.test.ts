import { describe, expect, it } from 'vitest';
import {
  dayKey,
  daysBetween,
  formatBytes,
  formatCountdown,
  formatDay,
  formatDuration,
  formatElapsed,
  formatListTime,
  formatStamp,
  formatWaited,
} from './format.ts';

const at = (text: string): number => new Date(text).getTime();

describe('countdowns', () => {
  it('[RC9] a countdown rounds up, so that 0:00 means over', () => {
    expect(formatCountdown(83_000)).toBe('1:23');
    expect(formatCountdown(82_001)).toBe('1:23');
    expect(formatCountdown(1)).toBe('0:01');
    expect(formatCountdown(0)).toBe('0:00');
    expect(formatCountdown(-5_000)).toBe('0:00');
  });
  it('[IN1] a waiting clock rounds down', () => {
    expect(formatElapsed(7_999)).toBe('0:07');
    expect(formatElapsed(271_000)).toBe('4:31');
    expect(formatElapsed(3_765_000)).toBe('1:02:45');
    expect(formatWaited(271_000, 'zh-CN')).toBe('4:31');
    expect(formatWaited(3_765_000, 'zh-CN')).toBe('1小时2分');
    expect(formatWaited(90_600_000, 'en')).toBe('1d 1h');
  });
});

describe('days', () => {
  it('[UX1] the same local day has one key, the next midnight another', () => {
    expect(dayKey(at('2026-11-22T00:00:00'))).toBe('2026-11-22');
    expect(dayKey(at('2026-11-22T23:59:59.999'))).toBe('2026-11-22');
    expect(dayKey(at('2026-11-23T00:00:00'))).toBe('2026-11-23');
  });
  it('[UX1] days are calendar days, not 24 hours', () => {
    expect(daysBetween(at('2026-11-21T23:59:00'), at('2026-11-22T00:01:00'))).toBe(1);
    expect(daysBetween(at('2026-11-22T00:01:00'), at('2026-11-22T23:59:00'))).toBe(0);
  });
  it('[UX1] today, yesterday, weekday, date, and the year where it is another one', () => {
    const now = at('2026-11-22T10:00:00');
    expect(formatDay(at('2026-11-22T01:00:00'), now, 'zh-CN')).toBe('今天');
    expect(formatDay(at('2026-11-21T23:00:00'), now, 'zh-CN')).toBe('昨天');
    expect(formatDay(at('2026-11-18T12:00:00'), now, 'zh-CN')).toContain('星期三');
    expect(formatDay(at('2026-06-01T12:00:00'), now, 'zh-CN')).toBe('6月1日');
    expect(formatDay(at('2025-06-01T12:00:00'), now, 'zh-CN')).toBe('2025年6月1日');
    expect(formatDay(at('2026-11-22T01:00:00'), now, 'en')).toBe('Today');
  });
  it('[UX1] a list shows the time today and the day before that', () => {
    const now = at('2026-11-22T10:00:00');
    expect(formatListTime(at('2026-11-22T09:05:00'), now, 'zh-CN')).toBe('09:05');
    expect(formatListTime(at('2026-11-21T09:05:00'), now, 'zh-CN')).toBe('昨天');
    expect(formatListTime(at('2026-01-02T09:05:00'), now, 'zh-CN')).toBe('1/2');
  });
});

describe('amounts', () => {
  it('[UX1] durations name their two largest units', () => {
    expect(formatDuration(271_000, 'zh-CN')).toBe('4分31秒');
    expect(formatDuration(2 * 86_400_000 + 3 * 3_600_000, 'zh-CN')).toBe('2天3小时');
    expect(formatDuration(7_200_000, 'en')).toBe('2h');
    expect(formatDuration(0, 'zh-CN')).toBe('0秒');
  });
  it('[EX1] sizes are readable', () => {
    expect(formatBytes(512, 'zh-CN')).toBe('512 B');
    expect(formatBytes(1_536, 'zh-CN')).toBe('1.5 KB');
    expect(formatBytes(52_428_800, 'zh-CN')).toBe('50 MB');
  });
  it('[SR6] copied times are sortable and the same in every language', () => {
    expect(formatStamp(at('2026-03-04T05:06:07'))).toBe('2026-03-04 05:06:07');
  });
});
