import { expect, test } from 'vitest';
import { waitingInAll } from './waiting.ts';

const at = (gateway_url: string, ...shops: readonly [string, number][]) => ({
  gateway_url,
  shops: shops.map(([shop_id, waiting]) => ({ shop_id, waiting })),
});

test('[IN1] consumers of a shop that two accounts serve wait once; shops of one name at two gateways are two', () => {
  const first = at('wss://one.example/gateway/', ['s-1', 3], ['s-2', 1]);
  const second = at('wss://one.example/gateway', ['s-1', 3]);
  expect(waitingInAll([first, second])).toBe(4);
  expect(waitingInAll([first, second, at('wss://two.example/gateway', ['s-1', 2])])).toBe(6);
  // One of them is behind: what the other has been told of waits all the same.
  expect(waitingInAll([at('wss://one.example', ['s-1', 2]), at('wss://one.example', ['s-1', 5])])).toBe(5);
  expect(waitingInAll([])).toBe(0);
});
