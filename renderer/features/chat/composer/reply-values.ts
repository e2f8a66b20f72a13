import type { ConsumerOrder } from '#shared/contract/desk.ts';
import type { AccountView, ConversationView } from '#shared/contract/views.ts';
import { ORDER_VARIABLES, unfilledVariables, type VariableValues } from '#shared/domain/composer/variables.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { consumerDay } from '#shared/i18n/units.ts';
import { bridge } from '#renderer/bridge/index.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** What conversation and account tell at once; `at`: local time, milliseconds. */
export function knownValues(conversation: ConversationView, account: AccountView | null, at: number): VariableValues {
  const date = new Date(at);
  const own = (value: string | null | undefined): readonly string[] => (value ? [value] : []);
  return {
    买家昵称: own(conversation.consumer?.name),
    订单号: conversation.order_nos,
    店铺名: own(conversation.shop.name),
    客服昵称: own(account?.agent?.name),
    日期: [consumerDay(date.getMonth() + 1, date.getDate())],
    时间: [`${two(date.getHours())}:${two(date.getMinutes())}`],
  };
}

/** Whether a text asks for what only an order's card tells (PV7). */
export const asksForOrder = (text: string): boolean =>
  unfilledVariables(text).some(({ name }) => ORDER_VARIABLES.has(name));

/** Title and amount of the orders that are linked to this conversation; of none, the agent is asked. */
export async function orderValues(key: ConversationKey): Promise<VariableValues> {
  const answer = await bridge.call('consumers.get', { conversation_key: key });
  if (!answer.ok) return {};
  const cards = answer.result.orders.flatMap(({ card, conversation_key }: ConsumerOrder) =>
    card !== null && conversation_key === key ? [card] : [],
  );
  const each = (values: readonly string[]): readonly string[] => [...new Set(values.filter((value) => value !== ''))];
  return { 商品名: each(cards.map(({ title }) => title)), 金额: each(cards.map(({ amount }) => amount)) };
}
