import { expect, it } from 'vitest';
import { stepMatch } from './step-match.ts';

it('[SR6] next and previous go round', () => {
  expect(stepMatch(null, 3, 1)).toBe(0);
  expect(stepMatch(2, 3, 1)).toBe(0);
  expect(stepMatch(0, 3, -1)).toBe(2);
  expect(stepMatch(null, 0, 1)).toBeNull();
});
