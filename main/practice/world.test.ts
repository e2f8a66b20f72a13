import { describe, expect, test } from 'vitest';
import { Conversation, Message, Policy } from '#shared/protocol/entities.ts';
import { startPracticeGateway, type PracticeGateway, type PracticeOptions } from './index.ts';

const START = Date.UTC(2026, 8, 1, 4);

async function withGateway<T>(options: PracticeOptions, use: (on: PracticeGateway) => T | Promise<T>): Promise<T> {
  const on = await startPracticeGateway({ port: 0, seed: 1, rate: 0, now: () => START, ...options });
  try {
    return await use(on);
  } finally {
    await on.close();
  }
}

describe('the practice world at its beginning', () => {
  test('[UX5] everything in it fits the protocol', async () => {
    await withGateway({}, ({ control }) => {
      for (const shop of control.shops()) Policy.parse(shop.policy);
      for (const conversation of control.conversations()) {
        Conversation.parse(conversation);
        const messages = control.messages(conversation.conversation_id);
        expect(messages.map(({ message }) => message.conv_seq)).toEqual(messages.map((_, index) => index + 1));
        for (const { message, recalled } of messages)
          Message.parse(recalled === null ? message : { ...message, recalled });
        expect(messages.every(({ message }) => message.sent_at <= START)).toBe(true);
        expect(
          messages.every(
            ({ message }, index) => index === 0 || message.sent_at >= (messages[index - 1]?.message.sent_at ?? 0),
          ),
        ).toBe(true);
        if (conversation.ends_at !== null) expect(conversation.ends_at).toBeGreaterThan(START);
      }
    });
  });

  test('[UX5] there is something to do and something to find from the first minute', async () => {
    await withGateway({}, ({ control }) => {
      const conversations = control.conversations();
      const messages = conversations.flatMap(({ conversation_id }) => control.messages(conversation_id));
      expect(conversations.length).toBeGreaterThanOrEqual(40);
      expect(messages.length).toBeGreaterThan(400);
      expect(conversations.filter(({ intake }) => intake === 'waiting').length).toBeGreaterThanOrEqual(5);
      expect(conversations.filter(({ intake }) => intake === 'ended').length).toBeGreaterThanOrEqual(20);
      expect(
        conversations.filter(({ intake, assignee }) => intake === 'active' && assignee?.agent_id === 'a-xiaomei')
          .length,
      ).toBeGreaterThanOrEqual(5);
      expect(conversations.filter(({ type }) => type === 'group').length).toBeGreaterThanOrEqual(2);
      expect(new Set(conversations.map(({ shop_id }) => shop_id)).size).toBeGreaterThanOrEqual(2);
      expect(messages.filter(({ recalled }) => recalled?.operator.role === 'agent').length).toBeGreaterThanOrEqual(3);
      expect(messages.filter(({ recalled }) => recalled?.operator.role === 'consumer').length).toBeGreaterThanOrEqual(
        1,
      );
      expect(messages.filter(({ message }) => message.correction_of !== null).length).toBeGreaterThanOrEqual(3);
      expect(messages.filter(({ message }) => message.kind === 'order_card').length).toBeGreaterThanOrEqual(5);
      expect(conversations.filter(({ violation_nos }) => violation_nos.length > 0).length).toBeGreaterThanOrEqual(2);
      expect(conversations.some(({ order_nos }) => order_nos.some((number) => /^\d{6}-\d{15}$/.test(number)))).toBe(
        true,
      );
      expect(messages.some(({ message }) => (message.text?.length ?? 0) >= 400)).toBe(true);
      expect(conversations.some(({ assignments }) => assignments.some(({ how }) => how === 'transferred'))).toBe(true);
      expect(conversations.some(({ legal_hold }) => legal_hold)).toBe(true);
      expect(conversations.some(({ consumer_restricts_recall }) => consumer_restricts_recall)).toBe(true);
    });
  });

  test('[UX5] its texts vary: hardly any sentence of a consumer repeats word for word', async () => {
    await withGateway({}, ({ control }) => {
      const openings = control
        .conversations()
        .map(({ conversation_id }) => control.messages(conversation_id)[0]?.message.text ?? '');
      expect(new Set(openings).size).toBeGreaterThan(openings.length * 0.7);
      const unfilled = control
        .conversations()
        .flatMap(({ conversation_id }) => control.messages(conversation_id))
        .filter(
          ({ message }) =>
            /\{[a-z]+\d?\}/.test(message.text ?? '') || /@(order|image|product)\b/.test(message.text ?? ''),
        );
      expect(unfilled).toEqual([]);
    });
  });

  test('[SY2] the same seed and clock give the same world, another seed another one', async () => {
    const dump = (seed: number): Promise<string> =>
      withGateway({ seed }, ({ control, tokens }) =>
        JSON.stringify([tokens, control.conversations().map((data) => [data, control.messages(data.conversation_id)])]),
      );
    expect(await dump(1)).toBe(await dump(1));
    expect(await dump(1)).not.toBe(await dump(2));
  });

  test('[SY7] without a memory, no id or number of an earlier world comes again', async () => {
    const run = async (): Promise<{ ids: string[]; firstSeq: number; token: string }> => {
      const on = await startPracticeGateway({ port: 0, seed: 1, rate: 0 });
      const conversations = on.control.conversations();
      const ids = conversations.flatMap(({ conversation_id }) => [
        conversation_id as string,
        ...on.control.messages(conversation_id).map(({ message }) => message.msg_id as string),
      ]);
      const firstSeq = on.control.lastEventSeq('a-xiaomei');
      await on.close();
      return { ids, firstSeq, token: on.token };
    };
    const first = await run();
    await new Promise((resolve) => setTimeout(resolve, 150));
    const second = await run();
    const earlier = new Set(first.ids);
    expect(second.ids.filter((id) => earlier.has(id))).toEqual([]);
    expect(second.firstSeq).toBeGreaterThan(first.firstSeq);
    expect(second.token).not.toBe(first.token);
  });
});
