import { expect, test } from 'vitest';
import { createRecent } from './recent.ts';

test('[SR11] what is asked for stays, what was not asked for lately goes, and never more than two generations are held', () => {
  const recent = createRecent<number, string>(100);
  recent.set(0, 'often');
  let held = 0;
  for (let n = 1; n <= 1_000; n++) {
    recent.trim();
    recent.set(n, `${n}`);
    expect(recent.get(0)).toBe('often');
    expect(recent.get(n)).toBe(`${n}`);
  }
  for (let n = 1; n <= 1_000; n++) if (recent.get(n) !== undefined) held++;
  expect(held).toBeGreaterThanOrEqual(100);
  expect(held).toBeLessThanOrEqual(200);
  expect(recent.get(1)).toBeUndefined();
});

test('[SR11] a value that is replaced, deleted or cleared doesn’t come back from the older generation', () => {
  const recent = createRecent<string, number>(2);
  for (const key of ['a', 'b']) recent.set(key, 1);
  recent.trim();
  recent.set('a', 2);
  recent.delete('b');
  expect(recent.get('a')).toBe(2);
  expect(recent.get('b')).toBeUndefined();
  recent.set('c', 3);
  recent.trim();
  recent.clear();
  for (const key of ['a', 'b', 'c']) expect(recent.get(key)).toBeUndefined();
});
