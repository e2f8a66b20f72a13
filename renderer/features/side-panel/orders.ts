import type { MessageView } from '#shared/contract/views.ts';

export interface OrderLine {
  readonly order_no: string;
  /** Null where only the number is known. */
  readonly title: string | null;
  readonly amount: string | null;
  readonly status: string | null;
}

/** The consumer's orders as the conversation shows them (IN9): newest card first, each number once, then bare numbers. */
export function ordersIn(
  messages: readonly Pick<MessageView, 'order' | 'recalled'>[],
  known: readonly string[],
): OrderLine[] {
  const found = new Map<string, OrderLine>();
  for (const message of messages.toReversed()) {
    if (message.order && !message.recalled && !found.has(message.order.order_no))
      found.set(message.order.order_no, message.order);
  }
  for (const order_no of known)
    if (!found.has(order_no)) found.set(order_no, { order_no, title: null, amount: null, status: null });
  return [...found.values()];
}
