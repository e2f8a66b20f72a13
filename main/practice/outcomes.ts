import { SECOND } from '#shared/lib/durations.ts';
import { createPrng } from '#shared/lib/prng.ts';
import type { RecallId } from '#shared/domain/ids.ts';
import type { RecallOutcomeName } from '#shared/contract/practice.ts';
import { RECALL_OUTCOMES } from '#shared/contract/practice.ts';
import type { Attachments } from './attachments.ts';
import type { Faults } from './faults.ts';
import { agentSender, attachmentOf, consumerSender } from './on-the-wire.ts';
import type { AgentRecord, ConversationRecord, MessageRecord, ShopRecord } from './records.ts';
import { transfer } from './requests.ts';
import type { Scheduler } from './scheduler.ts';
import type { World } from './world.ts';

/**
 * Every way in which a recall can go, played on purpose (RC3, RC12, RC15, RC17): a conversation carries a fate, and what its
 * agent says and recalls in it goes that way, always at the same moments. Staged by name, or (`outcomes` of the fault plan)
 * drawn for each conversation from the plan's seed and the conversation's number, so the same seed plays the same.
 */

/** Moments after the agent's message, by the gateway's clock. */
export const PLAYED_AT = {
  delivered: 1 * SECOND,
  read: 40 * SECOND,
  opened: 5 * SECOND,
  turn: 10 * SECOND,
  otherDevice: 1 * SECOND,
  /** How long a changed policy stays. */
  policyFor: 30 * SECOND,
} as const;
export const WRONG_CLOCK_MS = 5 * 60 * SECOND;
/** Longer than a client waits for an answer (RC15). */
const SILENT_MS = 12 * SECOND;
const SECOND_DEVICE = 'd-phone' as never;

/** These change more than their own conversation (the account's count, the shop's policy, the clock): only when asked for by name. */
const WIDE: ReadonlySet<RecallOutcomeName> = new Set([
  'group',
  'soft_limit',
  'hard_limit',
  'policy_changed',
  'clock_wrong',
]);
const DRAWN = RECALL_OUTCOMES.filter((outcome) => !WIDE.has(outcome));

export interface OutcomesParts {
  readonly world: World;
  readonly attachments: Attachments;
  readonly faults: Faults;
  readonly scheduler: Scheduler;
  readonly seed: number;
  readonly timeScale: number;
  /** The device that the account is connected with now. */
  readonly deviceOf: (agentId: string) => string | null;
}

export interface Staging {
  readonly agent: AgentRecord;
  readonly shop: ShopRecord;
  readonly name: string;
  readonly text: string;
}

export class Outcomes {
  readonly #parts: OutcomesParts;
  #recallIds = 0;
  /** The network does it once a message: asked for again, the recall goes through. */
  readonly #struck = new WeakSet<MessageRecord>();

  constructor(parts: OutcomesParts) {
    this.#parts = parts;
  }

  /** A conversation of this agent's in which a recall goes that way, with the past that it needs. */
  stage(outcome: RecallOutcomeName, { agent, shop, name, text }: Staging): ConversationRecord {
    const { world, faults, attachments } = this.#parts;
    const consumer = { consumer_id: world.nextId('u'), name };
    const group = outcome === 'group';
    const conversation = world.createConversation({
      shop_id: shop.shop_id,
      type: group ? 'group' : 'single',
      title: name,
      consumer: group ? null : consumer,
      ...(group
        ? {
            members: [
              { id: agent.agent_id, role: 'agent' as const, name: agent.name },
              { id: consumer.consumer_id, role: 'consumer' as const, name },
            ],
          }
        : {}),
      assignTo: agent,
    });
    conversation.fate = outcome;
    world.touch(conversation);
    world.addMessage(conversation, {
      sender: group ? { role: 'consumer', id: consumer.consumer_id, name } : consumerSender(conversation),
      kind: 'text',
      text,
    });
    switch (outcome) {
      case 'consumer_restricted':
        world.setFlags(conversation, { consumer_restricts_recall: true });
        break;
      case 'soft_limit':
        this.#useUp(conversation, agent, shop.policy.recall.per_hour_soft);
        break;
      case 'hard_limit':
        this.#useUp(conversation, agent, shop.policy.recall.per_hour_hard);
        break;
      case 'clock_wrong':
        faults.clockSkewMs = WRONG_CLOCK_MS;
        break;
      case 'attachment_opened': {
        // From the agent's own device, so that nothing but the opening stands against its recall.
        const picture = attachments.addDrawn('面单.png', 320, 240, 210);
        world.addMessage(conversation, {
          sender: agentSender(agent, (this.#parts.deviceOf(agent.agent_id) ?? 'd-practice') as never),
          kind: 'image',
          text: null,
          attachment: attachmentOf(picture),
        });
        break;
      }
      default:
        break;
    }
    return conversation;
  }

  /** To be told of every message. */
  onMessage(conversation: ConversationRecord, record: MessageRecord): void {
    const { world, faults } = this.#parts;
    const { sender } = record.message;
    if (sender.role !== 'agent') return;
    const agent = world.agents.get(sender.id);
    if (agent === undefined || agent.simulated) return;
    if (conversation.fate === undefined) {
      const drawFrom = faults.outcomesSeed;
      if (drawFrom === null || conversation.data.type === 'group') return;
      conversation.fate = createPrng(drawFrom).fork(`outcome ${conversation.ordinal}`).pick(DRAWN);
      if (conversation.fate === 'consumer_restricted')
        world.setFlags(conversation, { consumer_restricts_recall: true });
      world.touch(conversation);
    }
    this.#play(conversation.fate, conversation, record, agent);
  }

  /** To be told before a recall is decided or its request refused: what the network does to this one. */
  onRecallRequested(agent: AgentRecord, msgId: string): void {
    const { world, faults } = this.#parts;
    const found = world.message(msgId);
    if (found === undefined || this.#struck.has(found.record)) return;
    this.#struck.add(found.record);
    const select = { agent_id: agent.agent_id, match: 'message.recall', times: 1 };
    switch (found.conversation.fate) {
      case 'maintenance':
        return faults.add({ ...select, fault: 'error', code: 'SERVER_BUSY', retry_after_ms: 2_000 });
      case 'silence':
        // Never carried out, never answered; it is asked about afterwards, and asked for again.
        faults.add({ ...select, fault: 'silence', on: 'request', ms: SILENT_MS });
        return faults.add({ ...select, fault: 'drop', on: 'request' });
      case 'reply_lost':
        return faults.add({ ...select, fault: 'cut', on: 'reply', when: 'before' });
      case 'event_first':
        return faults.add({ ...select, fault: 'event_before_reply' });
      case 'event_twice':
        return faults.add({ ...select, match: 'message.recalled', fault: 'duplicate', on: 'event' });
      default:
        return;
    }
  }

  #in(ms: number, run: () => void): void {
    this.#parts.scheduler.at(this.#parts.world.now() + ms / this.#parts.timeScale, run);
  }

  #play(fate: RecallOutcomeName, conversation: ConversationRecord, record: MessageRecord, agent: AgentRecord): void {
    const { world } = this.#parts;
    const gone = (): boolean => record.recalled !== null || conversation.removed !== null;
    switch (fate) {
      case 'read_at_40s':
        return this.#in(PLAYED_AT.read, () => {
          if (!gone()) world.consumerReads(conversation, record.message.conv_seq);
        });
      case 'push':
        return this.#in(PLAYED_AT.delivered, () => {
          if (gone()) return;
          record.push_delivered = true;
          world.touchMessage(record);
          world.setStatus(conversation, record, 'delivered', 'PUSH_DELIVERED');
        });
      case 'attachment_opened':
        return this.#in(PLAYED_AT.opened, () => {
          if (!gone() && record.message.attachment !== undefined) world.openAttachment(conversation, record);
        });
      case 'session_ended':
        return this.#in(PLAYED_AT.turn, () => {
          if (conversation.data.intake === 'active') world.end(conversation);
        });
      case 'transferred':
        return this.#in(PLAYED_AT.turn, () => {
          const to = world
            .agentsOfShop(conversation.data.shop_id)
            .find((other) => other.agent_id !== agent.agent_id && other.simulated && other.presence !== 'off_duty');
          if (to !== undefined && conversation.data.assignee?.agent_id === agent.agent_id)
            transfer(world, conversation, conversation.data.assignee, to, '');
        });
      case 'other_device': {
        const said = conversation.messages.some(({ message }) => message.sender.device_id === SECOND_DEVICE);
        if (said) return;
        return this.#in(PLAYED_AT.otherDevice, () => {
          if (conversation.data.intake === 'active')
            world.addMessage(conversation, {
              sender: agentSender(agent, SECOND_DEVICE),
              kind: 'text',
              text: '我用手机回复您，稍等',
            });
        });
      }
      case 'policy_changed':
        this.#in(PLAYED_AT.turn, () => this.#enableRecall(conversation, false));
        return this.#in(PLAYED_AT.turn + PLAYED_AT.policyFor, () => this.#enableRecall(conversation, true));
      default:
        return;
    }
  }

  #enableRecall(conversation: ConversationRecord, enabled: boolean): void {
    const { world } = this.#parts;
    const shop = world.shops.get(conversation.data.shop_id);
    if (shop === undefined || shop.policy.recall.enabled === enabled) return;
    const { policy } = shop;
    world.setPolicy(shop, { ...policy, version: policy.version + 1, recall: { ...policy.recall, enabled } });
  }

  /** Real recalls of earlier messages until so many are within the hour (RC7). */
  #useUp(conversation: ConversationRecord, agent: AgentRecord, upTo: number): void {
    const { world } = this.#parts;
    const device = (this.#parts.deviceOf(agent.agent_id) ?? 'd-practice') as never;
    for (let used = world.recallTimes(agent.agent_id, world.now() - 3_600 * SECOND).length; used < upTo; used++) {
      const sender = agentSender(agent, device);
      const record = world.addMessage(conversation, { sender, kind: 'text', text: `发错的第 ${used + 1} 句` });
      const recallId = `r-practice-${this.#parts.seed}-${world.nextId('r')}-${++this.#recallIds}` as RecallId;
      world.saveRecall({
        recall_id: recallId,
        agent_id: agent.agent_id,
        msg_id: record.message.msg_id,
        conversation_id: conversation.data.conversation_id,
        ok: true,
        effect: 'both',
        code: null,
        details: null,
        at: world.now(),
        elapsed_ms: 0,
      });
      world.recall(conversation, record, { recall_id: recallId, operator: sender, effect: 'both' });
    }
  }
}
