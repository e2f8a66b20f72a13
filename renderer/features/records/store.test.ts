import { expect, test } from 'vitest';
import { viewOf } from './store.ts';

test('[SR8] words are shown by their messages first, which are there at once; agents and numbers by their overview', () => {
  expect(viewOf({ text: '退款' })).toBe('messages');
  expect(viewOf({ text: '退款', agents: ['小美'] })).toBe('messages');
  expect(viewOf({ agents: ['小美'] })).toBe('overview');
  expect(viewOf({})).toBe('overview');
  // A batch is read line by line, hit or miss (SR2).
  expect(viewOf({ text: '退款', orders: ['260901-805320551362352'] })).toBe('overview');
  expect(viewOf({ text: '退款', violations: ['WG20260901'] })).toBe('overview');
});
