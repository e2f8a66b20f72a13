import type { Situation } from '#shared/contract/lessons.ts';
import type { Lesson } from '#shared/domain/lessons/format.ts';
import type { LessonConversation } from '#shared/domain/lessons/judge.ts';
import { DAY, MINUTE, SECOND } from '#shared/lib/durations.ts';
import { agentSender, consumerSender } from './on-the-wire.ts';
import type { AgentRecord, ConversationRecord, ShopRecord, SimulationState } from './records.ts';
import { transfer } from './requests.ts';
import type { Scheduler } from './scheduler.ts';
import type { Simulation } from './simulation.ts';
import type { World } from './world.ts';

/** Plays lessons and situations: consumers who do what the lesson says and nothing else, and the truth about them. */

/** A message of the trainee's that the lesson puts there comes from a device of its own only where theirs is unknown. */
const DEVICE = 'd-practice' as never;
/** Enquiries at once, for queue pressure. */
const RUSH = 12;
/** How long a session lasts in `session_ends`. */
const SHORT_SESSION_MS = 2 * MINUTE;
/** The colleague is quicker than anybody who reads first. */
const RIVAL_MS = 4 * SECOND;

export interface Staged {
  readonly conversations: Readonly<Record<string, string>>;
  readonly messages: readonly string[];
}

export class PracticeTraining {
  readonly #world: World;
  readonly #simulation: Simulation;
  readonly #scheduler: Scheduler;
  readonly #deviceOf: (agentId: string) => string | null;

  constructor(parts: {
    world: World;
    simulation: Simulation;
    scheduler: Scheduler;
    deviceOf: (agentId: string) => string | null;
  }) {
    this.#world = parts.world;
    this.#simulation = parts.simulation;
    this.#scheduler = parts.scheduler;
    this.#deviceOf = parts.deviceOf;
  }

  stage(lesson: Lesson, agentId: string): Staged {
    const agent = this.#agent(agentId);
    const conversations: Record<string, string> = {};
    const messages: string[] = [];
    const now = this.#world.now();
    for (const consumer of lesson.consumers) {
      const past = lesson.past.filter((part) => part.with === consumer.as).toSorted((a, b) => b.days_ago - a.days_ago);
      const first = past[0];
      const conversation = this.#world.createConversation({
        shop_id: this.#shop(consumer.shop, agent).shop_id,
        title: consumer.name,
        consumer: { consumer_id: this.#world.nextId('u'), name: consumer.name },
        sim: silent(),
        ...(first === undefined
          ? { assignTo: consumer.starts === 'mine' ? agent : null }
          : { at: now - first.days_ago * DAY }),
      });
      conversations[consumer.as] = conversation.data.conversation_id;
      for (const part of past) {
        let at = now - part.days_ago * DAY;
        this.#world.assign(conversation, agent, 'claimed', at - SECOND);
        for (const line of part.lines) {
          const record = this.#world.addMessage(conversation, {
            sender: line.from === 'agent' ? this.#sender(agent) : consumerSender(conversation),
            kind: 'text',
            text: line.text,
            sent_at: at,
          });
          messages.push(record.message.msg_id);
          at += 40 * SECOND;
        }
        this.#world.consumerReads(conversation);
        this.#world.end(conversation, at);
      }
      if (first !== undefined) {
        if (consumer.starts === 'mine') this.#world.assign(conversation, agent, 'routed');
        else this.#world.enqueue(conversation);
      }
      for (const text of consumer.says) {
        const { message } = this.#world.addMessage(conversation, {
          sender: consumerSender(conversation),
          kind: 'text',
          text,
        });
        messages.push(message.msg_id);
      }
      for (const mistake of lesson.mistakes) {
        if (mistake.with !== consumer.as) continue;
        const { message } = this.#world.addMessage(conversation, {
          sender: this.#sender(agent),
          kind: 'text',
          text: mistake.text,
        });
        messages.push(message.msg_id);
      }
      if (consumer.reads === 'at_once') this.#world.consumerReads(conversation);
    }
    return { conversations, messages };
  }

  facts(staged: Staged, agentId: string): Record<string, LessonConversation> {
    const facts: Record<string, LessonConversation> = {};
    const own = new Set(staged.messages);
    for (const [name, id] of Object.entries(staged.conversations)) {
      const conversation = this.#world.conversations.get(id);
      if (conversation === undefined) continue;
      const { data, messages } = conversation;
      const last = data.assignments.at(-1);
      facts[name] = {
        intake: data.intake,
        assignee_id: data.intake === 'active' ? (data.assignee?.agent_id ?? null) : null,
        transferred_by_trainee:
          last?.how === 'transferred' && last.agent_id !== agentId && data.assignments.at(-2)?.agent_id === agentId,
        messages: messages.map(({ message, recalled }) => ({
          msg_id: message.msg_id,
          agent_id: message.sender.role === 'agent' ? message.sender.id : null,
          text: message.text ?? '',
          sent_at: message.sent_at,
          correction_of: message.correction_of,
          recalled: recalled === null ? null : { effect: recalled.effect, at: recalled.at },
          staged: own.has(message.msg_id),
        })),
        phone: messages
          .filter(({ recalled }) => recalled === null || recalled.effect === 'local_only')
          .flatMap(({ message }) => (message.text === null ? [] : [message.text])),
      };
    }
    return facts;
  }

  situation(situation: Situation, agentId: string): string | null {
    const agent = this.#agent(agentId);
    switch (situation) {
      case 'queue_pressure':
        for (let index = 0; index < RUSH; index++)
          this.#simulation.enquire(this.#shop(undefined, agent, index), undefined, null);
        return null;
      case 'claim_race': {
        const conversation = this.#enquiry(agent, '手快的买家', '在吗，有人吗，急', null);
        const rival = this.#colleague(agent, conversation.data.shop_id);
        this.#in(RIVAL_MS, () => {
          if (conversation.data.intake === 'waiting' && rival !== null)
            this.#world.assign(conversation, rival, 'claimed');
        });
        return conversation.data.conversation_id;
      }
      case 'transfer_to_me': {
        const conversation = this.#enquiry(agent, '要退差价的买家', '昨天买的今天就降价了，能退差价吗', null);
        const from = this.#colleague(agent, conversation.data.shop_id);
        if (from === null) return null;
        this.#world.assign(conversation, from, 'claimed');
        this.#say(conversation, from, '您好，我看一下您的订单。');
        transfer(this.#world, conversation, from, agent, '买家要退差价，已核对订单，请主管决定');
        return conversation.data.conversation_id;
      }
      case 'off_duty_return': {
        // Whoever had them is off duty: a returning consumer waits for anybody (IN6).
        const shop = this.#shop(undefined, agent);
        const conversation = this.#enquiry(agent, '回头再问的买家', '上次说的运费险怎么用', null, shop);
        const before = this.#colleague(agent, shop.shop_id);
        if (before !== null) {
          this.#world.assign(conversation, before, 'claimed');
          this.#say(conversation, before, '退货时自动抵扣，最高 12 元。');
          this.#world.end(conversation);
        }
        this.#world.enqueue(conversation);
        this.#world.addMessage(conversation, {
          sender: consumerSender(conversation),
          kind: 'text',
          text: '我还是没找到在哪里看',
        });
        return conversation.data.conversation_id;
      }
      case 'group_chat': {
        const group = [...this.#world.conversations.values()].find(
          ({ data, removed }) =>
            data.type === 'group' &&
            removed === null &&
            data.intake === 'active' &&
            data.members?.some(({ id }) => id === agent.agent_id) === true,
        );
        const members = group?.data.members?.filter(({ role }) => role === 'consumer') ?? [];
        if (group === undefined || members.length === 0) return null;
        members.slice(0, 3).forEach(({ id, name }, index) =>
          this.#world.addMessage(group, {
            sender: { role: 'consumer', id, name },
            kind: 'text',
            text: ['今天还有活动吗', '我也想问', '同问，有没有满减'][index] as string,
          }),
        );
        return group.data.conversation_id;
      }
      case 'session_ends': {
        const conversation = this.#enquiry(agent, '问完就走的买家', '请问什么时候发货', agent);
        const shop = this.#world.shops.get(conversation.data.shop_id) as ShopRecord;
        this.#world.setPolicy(shop, {
          ...shop.policy,
          version: shop.policy.version + 1,
          session_end: { after_ms: SHORT_SESSION_MS, since: 'agent_last' },
        });
        this.#say(conversation, agent, '您好，48 小时内发出。');
        return conversation.data.conversation_id;
      }
      case 'order_card': {
        const conversation = this.#enquiry(agent, '拿着订单来的买家', '看一下这个订单', agent);
        this.#world.addMessage(conversation, {
          sender: consumerSender(conversation),
          kind: 'order_card',
          text: null,
          order: {
            order_no: `26${String(this.#world.now()).slice(-8)}8812`,
            title: '水洗棉四件套 雾霾蓝 1.8米床',
            amount: '189.00',
            status: '待发货',
          },
        });
        return conversation.data.conversation_id;
      }
      case 'only_reads': {
        const conversation = this.#enquiry(agent, '只看不回的买家', '这个有货吗', agent);
        this.#say(conversation, agent, '您好，有现货，今天可以发出。');
        this.#in(3 * SECOND, () => this.#world.consumerReads(conversation));
        return conversation.data.conversation_id;
      }
    }
  }

  #in(ms: number, run: () => void): void {
    this.#scheduler.at(this.#world.now() + ms, run);
  }

  #agent(id: string): AgentRecord {
    const agent = this.#world.agents.get(id);
    if (agent === undefined) throw new Error('no such agent in the practice shop');
    return agent;
  }

  #shop(id: string | undefined, agent: AgentRecord, index = 0): ShopRecord {
    const own = agent.shop_ids[index % agent.shop_ids.length];
    const shop = this.#world.shops.get(id ?? '') ?? this.#world.shops.get(own ?? '');
    if (shop === undefined) throw new Error('no shop in the practice shop');
    return shop;
  }

  #colleague(agent: AgentRecord, shopId: string): AgentRecord | null {
    return (
      this.#world.agentsOfShop(shopId).find((other) => other.simulated && other.agent_id !== agent.agent_id) ?? null
    );
  }

  #sender(agent: AgentRecord) {
    return agentSender(agent, (this.#deviceOf(agent.agent_id) ?? DEVICE) as never);
  }

  #say(conversation: ConversationRecord, agent: AgentRecord, text: string): void {
    this.#world.addMessage(conversation, { sender: this.#sender(agent), kind: 'text', text });
  }

  #enquiry(
    agent: AgentRecord,
    name: string,
    text: string,
    assignTo: AgentRecord | null,
    shop = this.#shop(undefined, agent),
  ): ConversationRecord {
    const conversation = this.#world.createConversation({
      shop_id: shop.shop_id,
      title: name,
      consumer: { consumer_id: this.#world.nextId('u'), name },
      sim: silent(),
      assignTo,
    });
    this.#world.addMessage(conversation, { sender: consumerSender(conversation), kind: 'text', text });
    return conversation;
  }
}

/** Looks at nothing and says nothing by itself: what happens is the lesson's to say. */
function silent(): SimulationState {
  return {
    scenario: '',
    thread: 0,
    seed: 1,
    turn: 0,
    complaints: 0,
    reacted: [],
    absent: true,
    finished: true,
    variables: {},
  };
}
