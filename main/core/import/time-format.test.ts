import { expect, test } from 'vitest';
import { parseTime, proposeTimeFormat, zoneOfHeader } from './time-format.ts';

const at = Date.UTC(2026, 8, 1, 1, 36, 53);

test.each([
  ['2026-09-01 09:36:53', 'yyyy-MM-dd HH:mm:ss'],
  ['2026/9/1 9:36:53', 'yyyy/MM/dd HH:mm:ss'],
  ['2026.09.01 09:36:53', 'yyyy.MM.dd HH:mm:ss'],
  ['2026年9月1日 09:36:53', 'yyyy年MM月dd日 HH:mm:ss'],
  ['2026年09月01日 9时36分53秒', 'yyyy年MM月dd日 HH:mm:ss'],
  ['2026年09月01日 星期二 上午9:36:53', 'yyyy年MM月dd日 HH:mm:ss'],
  ['20260901093653', 'yyyyMMddHHmmss'],
  ['2026-09-01T09:36:53+08:00', 'iso'],
  ['2026-09-01T01:36:53Z', 'iso'],
  ['2026-09-01T01:36:53.000Z', 'iso'],
  ['1788226613', 'epoch_s'],
  ['1788226613000', 'epoch_ms'],
  ['1788226613000000', 'epoch_ms'],
  ['46266.400613425925', 'excel'],
  ['09/01/2026 09:36:53 AM', 'MM/dd/yyyy HH:mm:ss'],
  ['２０２６－０９－０１　０９：３６：５３', 'yyyy-MM-dd HH:mm:ss'],
  ["'2026-09-01 09:36:53", 'yyyy-MM-dd HH:mm:ss'],
  ['2026-09-01 09:36:53 CST', 'iso'],
  ['2026-09-01 10:36:53 JST', 'iso'],
  ['2026-09-01 09:36:53 北京时间', 'yyyy-MM-dd HH:mm:ss'],
  ['2026-09-01T09:36:53+08:00[Asia/Shanghai]', 'iso'],
  ['Tue, 1 Sep 2026 09:36:53 +0800', 'iso'],
  ['Tue Sep 01 09:36:53 CST 2026', 'iso'],
  ['Tue Sep 01 2026 09:36:53 GMT+0800 (中国标准时间)', 'iso'],
  ['Sep 1, 2026, 9:36:53 AM', 'iso'],
  ['01-Sep-2026 09:36:53', 'iso'],
])('[SR11] %s is read as %s', (value, format) => {
  expect(proposeTimeFormat([value])).toEqual({ format, share: 1 });
  expect(parseTime(value, format, 480)).toBe(at);
});

test('[SR11] day and month: the whole column decides, not one row', () => {
  const values = ['01/09/2026 10:00', '25/09/2026 10:00', '02/09/2026 10:00'];
  const proposed = proposeTimeFormat(values);
  expect(proposed?.format).toBe('dd/MM/yyyy HH:mm:ss');
  expect(parseTime(values[0]!, proposed!.format, 0)).toBe(Date.UTC(2026, 8, 1, 10));
  expect(proposeTimeFormat(['09/25/2026 10:00', '09/01/2026 1:00 PM'])?.format).toBe('MM/dd/yyyy HH:mm:ss');
  expect(parseTime('09/01/2026 1:00 PM', 'MM/dd/yyyy HH:mm:ss', 0)).toBe(Date.UTC(2026, 8, 1, 13));
});

test.each([
  '',
  '昨天',
  '2026-02-30 10:00:00',
  '2026-13-01 10:00:00',
  '2026-09-01 25:00:00',
  '2830038155123456789012',
  '12',
  '1e99',
  '不是时间',
])('[SR11] %j is no time', (value) => {
  expect(parseTime(value, 'iso', 0)).toBeNull();
});

test.each([
  ['Time (UTC)', 0],
  ['created_at_utc', 0],
  ['发送时间（UTC+9）', 540],
  ['时间 GMT-05:30', -330],
  ['时间(北京时间)', 480],
  ['發送時間（北京時間）', 480],
  ['时间', null],
  ['outcome time', null],
  ['cutcorner', null],
])('[SR11] the zone that the header %s names', (header, minutes) => {
  expect(zoneOfHeader(header)).toBe(minutes);
});
