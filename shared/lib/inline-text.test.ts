import { expect, test } from 'vitest';
import { inlineText } from './inline-text.ts';

test('[SE2] a name inside of a sentence turns nothing round: controls of direction go, every letter stays', () => {
  expect(inlineText('\u202e回款\u202c\u2066账户\u2069\u200f\u061c')).toBe('回款账户');
  expect(inlineText('مرحبا 小美 👩‍👩‍👧 e\u0301\n')).toBe('مرحبا 小美 👩‍👩‍👧 e\u0301\n');
});
