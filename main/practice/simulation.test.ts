import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '#shared/lib/durations.ts';
import { startPracticeGateway, type PracticeGateway } from './index.ts';

/** Simulated people, on a clock of our own: an hour passes in a moment. */

const START = Date.UTC(2026, 8, 1, 4);

async function simulated(seed = 1, rate = 1): Promise<PracticeGateway & { pass(ms: number, step?: number): void }> {
  let now = START;
  const on = await startPracticeGateway({ port: 0, seed, rate, now: () => now });
  return Object.assign(on, {
    pass(ms: number, step = SECOND) {
      for (const end = now + ms; now < end;) {
        now += step;
        on.control.runDue();
      }
    },
  });
}

describe('simulated people', () => {
  test('[UX5] new enquiries come about every half minute, some wait, some are routed', async () => {
    const on = await simulated();
    const before = new Set(on.control.conversations().map(({ conversation_id }) => conversation_id));
    on.pass(20 * MINUTE);
    const fresh = on.control.conversations().filter(({ conversation_id }) => !before.has(conversation_id));
    expect(fresh.length).toBeGreaterThan(20);
    expect(fresh.length).toBeLessThan(60);
    expect(fresh.some(({ assignee }) => assignee?.agent_id === 'a-xiaomei')).toBe(true);
    expect(fresh.some(({ assignments }) => assignments.length === 0)).toBe(true);
    expect(fresh.some(({ assignee }) => assignee !== null && assignee.agent_id !== 'a-xiaomei')).toBe(true);
    await on.close();
  });

  test('[UX5] a consumer reads, answers in context, thanks at the end', async () => {
    const on = await simulated();
    const answered: string[] = [];
    for (const data of on.control.conversations()) {
      if (data.intake !== 'active' || data.assignee?.agent_id !== 'a-xiaomei' || data.type === 'group') continue;
      for (let i = 0; i < 8; i++) {
        on.control.agentSays(
          'a-xiaomei',
          data.conversation_id,
          i === 0 ? '您好，麻烦提供一下订单号' : '好的，已经为您处理，还有其他问题吗',
        );
        on.pass(2 * MINUTE, 2 * SECOND);
      }
      const messages = on.control.messages(data.conversation_id).filter(({ message }) => message.sent_at > START);
      const own = messages.filter(({ message }) => message.sender.role === 'agent');
      if (
        own.every(({ read_at }) => read_at !== null) &&
        messages.some(({ message }) => message.sender.role === 'consumer')
      )
        answered.push(data.conversation_id);
      if (answered.length >= 3) break;
    }
    expect(answered.length).toBeGreaterThanOrEqual(3);
    const asked = answered.flatMap((id) => on.control.messages(id)).filter(({ message }) => message.sent_at > START);
    // Asked for the order's number, somebody sends it: as text or as a card.
    expect(asked.some(({ message }) => message.sender.role === 'consumer' && message.order_nos.length > 0)).toBe(true);
    await on.close();
  });

  test('[IN1] who waits too long says so, a few times, and then no more', async () => {
    const on = await simulated();
    const { conversation_id: id } = on.control.newEnquiry({ shop_id: 's-qinghe', assign_to: 'a-xiaomei' });
    on.pass(2 * MINUTE);
    const first = on.control.messages(id).length;
    on.pass(20 * MINUTE);
    const later = on.control.messages(id).length;
    on.pass(30 * MINUTE);
    expect(later).toBeGreaterThan(first);
    expect(on.control.messages(id).length).toBe(later);
    expect(on.control.conversation(id).waiting_since).toBe(START);
    await on.close();
  });

  test('[UX5] other agents answer their own conversations and come to an end; nobody speaks for the person', async () => {
    const on = await simulated();
    on.pass(40 * MINUTE);
    const fresh = on.control
      .conversations()
      .flatMap(({ conversation_id }) =>
        on.control.messages(conversation_id).filter(({ message }) => message.sent_at > START),
      );
    const speakers = new Set(
      fresh.filter(({ message }) => message.sender.role === 'agent').map(({ message }) => message.sender.id),
    );
    expect(speakers.size).toBeGreaterThanOrEqual(2);
    expect(speakers.has('a-xiaomei')).toBe(false);
    expect(fresh.some(({ message }) => message.sender.role === 'system' && message.text?.includes('★'))).toBe(true);
    const ended = on.control
      .conversations()
      .filter(({ intake, last_message_at }) => intake === 'ended' && (last_message_at ?? 0) > START);
    expect(ended.length).toBeGreaterThan(3);
    await on.close();
  });

  test('[UX5] left alone for hours it stays bounded and its waiting list short', async () => {
    const on = await simulated(2, 12);
    on.pass(90 * MINUTE, 5 * SECOND);
    const conversations = on.control.conversations();
    expect(conversations.length).toBeLessThanOrEqual(601);
    expect(conversations.filter(({ intake }) => intake === 'waiting').length).toBeLessThan(40);
    await on.close();
  });

  test('[SY2] the same seed and the same minutes give the same talk', async () => {
    const run = async (): Promise<string> => {
      const on = await simulated(5);
      on.pass(10 * MINUTE);
      const text = JSON.stringify(
        on.control.conversations().map(({ conversation_id }) => on.control.messages(conversation_id)),
      );
      await on.close();
      return text;
    };
    expect(await run()).toBe(await run());
  });

  test('[UX5] with rate 0 nobody does anything by themselves', async () => {
    const on = await simulated(1, 0);
    const before = JSON.stringify(on.control.conversations());
    on.pass(30 * MINUTE, 10 * SECOND);
    expect(JSON.stringify(on.control.conversations())).toBe(before);
    await on.close();
  });
});
