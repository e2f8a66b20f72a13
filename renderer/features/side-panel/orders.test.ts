import { expect, it } from 'vitest';
import { ordersIn } from './orders.ts';

const card = (order_no: string, status: string, recalled = false) =>
  ({ order: { order_no, title: 't', amount: '1.00', status }, recalled: recalled ? {} : null }) as never;

it('[IN9] orders come once each, the newest card first, then numbers without a card', () => {
  const orders = ordersIn([card('A', '待付款'), card('B', '已发货'), card('A', '已付款')], ['B', 'C']);
  expect(orders.map((order) => [order.order_no, order.status])).toEqual([
    ['A', '已付款'],
    ['B', '已发货'],
    ['C', null],
  ]);
});
it('[RC19] a recalled order card is not shown', () => {
  expect(ordersIn([card('A', '待付款', true)], [])).toEqual([]);
});
