import { expect, it } from 'vitest';
import { zoneOffsetMinutes } from './time-zone.ts';

it('[SR11] the offset of a zone is that of the moment, summer time included', () => {
  expect(zoneOffsetMinutes('Asia/Shanghai', Date.UTC(2026, 6, 1))).toBe(480);
  expect(zoneOffsetMinutes('UTC', 0)).toBe(0);
  expect(zoneOffsetMinutes('Europe/Berlin', Date.UTC(2026, 0, 1))).toBe(60);
  expect(zoneOffsetMinutes('Europe/Berlin', Date.UTC(2026, 6, 1))).toBe(120);
  expect(zoneOffsetMinutes('America/New_York', Date.UTC(2026, 0, 1))).toBe(-300);
  expect(zoneOffsetMinutes('Asia/Kolkata', Date.UTC(2026, 0, 1))).toBe(330);
  expect(zoneOffsetMinutes('Nowhere/At_All', 0)).toBeNull();
});
