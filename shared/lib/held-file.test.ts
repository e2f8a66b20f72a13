import { expect, test } from 'vitest';
import { despiteHolders } from './held-file.ts';

const failing = (times: number, code: string): { readonly tries: () => number; readonly work: () => string } => {
  let tries = 0;
  return {
    tries: () => tries,
    work() {
      if (tries++ < times) throw Object.assign(new Error(code), { code });
      return 'renamed';
    },
  };
};

test('[ST5] what another program holds for a moment is tried again, anything else is not', () => {
  for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
    const held = failing(2, code);
    expect(despiteHolders(held.work)).toBe('renamed');
    expect(held.tries()).toBe(3);
  }
  const full = failing(1, 'ENOSPC');
  expect(() => despiteHolders(full.work)).toThrow('ENOSPC');
  expect(full.tries()).toBe(1);
  const forGood = failing(100, 'EBUSY');
  expect(() => despiteHolders(forGood.work)).toThrow('EBUSY');
  expect(forGood.tries()).toBe(6);
});
