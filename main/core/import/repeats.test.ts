import { expect, test } from 'vitest';
import { createPrng } from '#shared/lib/prng.ts';
import { createRepeatCounter } from './repeats.ts';

test('[SR11] how often a row was said before is counted as by a map, for those said once and those said a thousand times', () => {
  const prng = createPrng(3);
  const counter = createRepeatCounter();
  const truth = new Map<string, number>();
  for (let n = 0; n < 60_000; n++) {
    const content = prng.chance(0.1) ? `在吗${prng.int(4)}` : `第${prng.int(40_000)}句`;
    const before = truth.get(content) ?? 0;
    truth.set(content, before + 1);
    expect(counter(content)).toBe(before);
  }
  expect(Math.max(...truth.values())).toBeGreaterThan(1_000);
});

test('[SR11] counts of the last half million rows are kept, those of more than a million rows ago are not', () => {
  const counter = createRepeatCounter();
  const rows = (from: number, to: number): void => {
    for (let n = from; n < to; n++) counter(`第${n}句`);
  };
  for (let n = 0; n < 300; n++) counter('您好');
  rows(0, 499_990);
  // Of the generation before, and so into the one under way.
  rows(600_000, 600_100);
  expect(counter('您好')).toBe(300);
  rows(1_000_000, 1_000_010);
  expect(counter('第499989句')).toBe(1);
  rows(2_000_000, 3_000_010);
  expect(counter('您好')).toBe(0);
  expect(counter('第499989句')).toBe(0);
  // Emptied places are free again.
  expect(counter('您好')).toBe(1);
});
