import type { RecallId } from '#shared/domain/ids.ts';
import { MINUTE, SECOND } from '#shared/lib/durations.ts';
import { createPrng, type Prng } from '#shared/lib/prng.ts';
import type { Attachments } from './attachments.ts';
import { CONSUMER_NAMES, DEFAULT_AGENT_ID, ODD_NAMES, SHOPS } from './catalogue.ts';
import { agentSender, consumerSender } from './on-the-wire.ts';
import type { AgentRecord, ConversationRecord, MessageRecord, ShopRecord, SimulationState } from './records.ts';
import {
  FAREWELLS,
  GROUP_LINES,
  IMPATIENCE,
  RATINGS,
  REACTIONS,
  RECALL_REMARKS,
  scenarioById,
  threadOf,
} from './scenarios.ts';
import type { Scheduler } from './scheduler.ts';
import { contents, fill, makeVariables, newSimulation, pickScenario, saidSince } from './speech.ts';
import type { World } from './world.ts';

/**
 * Consumers and other agents who act by themselves. Consumers read after a while (some never), answer what was said, lose
 * patience, thank, rate and sometimes take a message back; the other agents answer their own conversations. Each
 * conversation draws from its own generator, so what one does depends on nothing but its own past.
 */

const DEVICE = 'd-practice' as never;
/** Waiting list: above this, new enquiries go to the other agents, who also claim from it. */
const COMFORTABLE_QUEUE = 10;
const FULL_QUEUE = 30;
/** Conversations of one agent, above which nobody is routed to them. */
const FULL_LOAD = 30;
const SILENCE_MS = 15 * MINUTE;

export interface SimulationOptions {
  readonly world: World;
  readonly attachments: Attachments;
  readonly scheduler: Scheduler;
  readonly seed: number;
  /** How often something new begins; 1 = an enquiry every 20–40 s. */
  readonly rate: number;
  /** Everything simulated happens this many times faster. */
  readonly timeScale: number;
}

export class Simulation {
  readonly #world: World;
  readonly #attachments: Attachments;
  readonly #scheduler: Scheduler;
  readonly #options: SimulationOptions;
  readonly #arrivals: Prng;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#world = options.world;
    this.#attachments = options.attachments;
    this.#scheduler = options.scheduler;
    this.#arrivals = createPrng(options.seed).fork('arrivals');
  }

  /** Takes up every open conversation where it stands, and starts the stream of new ones. */
  start(): void {
    if (this.#options.rate <= 0) return;
    for (const conversation of this.#world.conversations.values()) {
      if (conversation.data.intake === 'ended' || conversation.sim === null) continue;
      const last = conversation.messages.findLast(({ message }) => message.sender.role !== 'system');
      if (last === undefined) continue;
      if (last.message.sender.role === 'agent') this.#heard(conversation, last);
      else this.#spoken(conversation);
    }
    this.#nextArrival();
  }

  /** To be told of every new message. */
  onMessage(conversation: ConversationRecord, record: MessageRecord): void {
    if (this.#options.rate <= 0) return;
    switch (record.message.sender.role) {
      case 'agent':
        return this.#heard(conversation, record);
      case 'consumer':
        return this.#spoken(conversation);
      case 'system':
        return;
    }
  }

  /** To be told when an agent's message was recalled: what the consumer makes of the gap. */
  onRecalled(conversation: ConversationRecord, record: MessageRecord): void {
    const { sim } = conversation;
    if (this.#options.rate <= 0 || sim === null || sim.absent || sim.finished) return;
    const prng = this.#choices(conversation, 'recalled');
    if (!prng.chance(0.3)) return;
    this.#in(4 + prng.int(12), () => {
      if (conversation.data.intake === 'active')
        this.#say(conversation, prng.pick(RECALL_REMARKS[record.read_at === null ? 'unread' : 'read']), prng);
    });
  }

  #in(seconds: number, run: () => void, key?: string): void {
    this.#scheduler.at(this.#world.now() + (seconds * SECOND) / this.#options.timeScale, run, key);
  }

  #choices(conversation: ConversationRecord, label: string): Prng {
    return createPrng(conversation.sim?.seed ?? 0).fork(`${label} ${conversation.data.last_seq}`);
  }

  // ── new enquiries ────────────────────────────────────────────────────────────────────────────────────────────────

  #nextArrival(): void {
    this.#in(
      (20 + this.#arrivals.int(21)) / this.#options.rate,
      () => {
        this.#arrive();
        this.#nextArrival();
      },
      'arrival',
    );
  }

  #arrive(): void {
    const prng = this.#arrivals;
    this.#endSilent();
    // More waiting than anybody could serve is no practice.
    if (this.#waiting() >= FULL_QUEUE) return;
    if (prng.chance(0.15) && this.#comesBack(prng)) return;
    if (prng.chance(0.08) && this.#groupTalk(prng)) return;
    const shop = this.#world.shops.get(prng.pick(SHOPS).shop_id) as ShopRecord;
    this.enquire(shop, prng);
  }

  /** A new consumer with a scenario of the shop. Also used by the control. */
  enquire(shop: ShopRecord, prng: Prng = this.#arrivals, to?: AgentRecord | null): ConversationRecord {
    const name = prng.chance(0.04) ? prng.pick(ODD_NAMES) : prng.pick(CONSUMER_NAMES);
    const scenario = pickScenario(prng, shop.shop_id);
    const variables = makeVariables(prng, shop, name, this.#world.now(), scenario.goods);
    const sim = newSimulation(prng, scenario, variables, prng.chance(0.1));
    const conversation = this.#world.createConversation({
      assignTo: to === undefined ? this.#route(shop, prng) : to,
      shop_id: shop.shop_id,
      title: name,
      consumer: { consumer_id: `${this.#world.nextId('u')}`, name },
      sim,
    });
    this.#say(conversation, opening(sim), prng);
    return conversation;
  }

  /** The other agents end conversations in which nothing more is said. The person's own are theirs to end. */
  #endSilent(): void {
    const silentSince = this.#world.now() - SILENCE_MS;
    for (const conversation of this.#world.conversations.values()) {
      const { data } = conversation;
      const owner = this.#world.agents.get(data.assignee?.agent_id ?? '');
      if (
        data.intake === 'active' &&
        data.type === 'single' &&
        owner?.simulated === true &&
        (data.last_message_at ?? 0) < silentSince
      )
        this.#world.end(conversation);
    }
  }

  #groupTalk(prng: Prng): boolean {
    const groups = [...this.#world.conversations.values()].filter(
      ({ data, removed }) => data.type === 'group' && data.intake === 'active' && removed === null,
    );
    if (groups.length === 0) return false;
    const group = prng.pick(groups);
    const members = group.data.members?.filter(({ role }) => role === 'consumer') ?? [];
    if (members.length === 0) return false;
    const { id, name } = prng.pick(members);
    this.#world.addMessage(group, {
      sender: { role: 'consumer', id, name },
      kind: 'text',
      text: prng.pick(GROUP_LINES),
    });
    return true;
  }

  #comesBack(prng: Prng): boolean {
    const ended = [...this.#world.conversations.values()].filter(
      ({ data, archived, sim }) =>
        data.intake === 'ended' && !archived && sim !== null && sim.scenario !== '' && data.type === 'single',
    );
    if (ended.length === 0) return false;
    const conversation = prng.pick(ended);
    const scenario = pickScenario(prng, conversation.data.shop_id);
    const shop = this.#world.shops.get(conversation.data.shop_id) as ShopRecord;
    const variables = makeVariables(prng, shop, conversation.data.title, this.#world.now(), scenario.goods);
    const sim = newSimulation(prng, scenario, variables, false);
    conversation.sim = sim;
    // Who served them last and is there gets them back; otherwise the waiting list (IN6).
    const before = this.#world.agents.get(conversation.data.assignee?.agent_id ?? '');
    if (before !== undefined && before.presence === 'online' && this.#load(before) < FULL_LOAD && prng.chance(0.5))
      this.#world.assign(conversation, before, 'routed');
    else this.#world.enqueue(conversation);
    this.#say(conversation, opening(sim), prng);
    return true;
  }

  /** Null: the waiting list. */
  #route(shop: ShopRecord, prng: Prng): AgentRecord | null {
    const others = this.#world
      .agentsOfShop(shop.shop_id)
      .filter((agent) => agent.simulated && agent.presence !== 'off_duty');
    const ticket = prng.next();
    if (this.#waiting() < COMFORTABLE_QUEUE && ticket < 0.45) return null;
    const own = this.#world.agents.get(DEFAULT_AGENT_ID);
    if (
      ticket < 0.7 &&
      own?.presence === 'online' &&
      own.shop_ids.includes(shop.shop_id) &&
      this.#load(own) < FULL_LOAD
    )
      return own;
    return others.length === 0 ? null : prng.pick(others);
  }

  #waiting(): number {
    let waiting = 0;
    for (const { data } of this.#world.conversations.values()) if (data.intake === 'waiting') waiting++;
    return waiting;
  }

  #load(agent: AgentRecord): number {
    let load = 0;
    for (const { data } of this.#world.conversations.values())
      if (data.intake === 'active' && data.assignee?.agent_id === agent.agent_id) load++;
    return load;
  }

  // ── consumers ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Sends a line's messages with a breath between them. */
  #say(conversation: ConversationRecord, line: string, prng: Prng): void {
    const { sim } = conversation;
    let after = 0;
    for (const content of contents(line, sim?.variables ?? {}, prng, this.#attachments)) {
      const send = (): void => {
        if (!this.#world.conversations.has(conversation.data.conversation_id) || conversation.data.intake === 'ended')
          return;
        const record = this.#world.addMessage(conversation, { sender: consumerSender(conversation), ...content });
        if (content.kind === 'text' && prng.chance(0.03))
          this.#in(5 + prng.int(15), () => this.#takeBack(conversation, record));
      };
      if (after === 0) send();
      else this.#in(after, send);
      after += 2 + prng.int(6);
    }
  }

  #takeBack(conversation: ConversationRecord, record: MessageRecord): void {
    if (record.recalled !== null || conversation.removed !== null) return;
    this.#world.recall(conversation, record, {
      recall_id: this.#world.nextId('r') as RecallId,
      operator: { ...record.message.sender },
      effect: 'both',
    });
  }

  /** The consumer's phone gets an agent's message. */
  #heard(conversation: ConversationRecord, record: MessageRecord): void {
    const id = conversation.data.conversation_id;
    const { sim } = conversation;
    const prng = this.#choices(conversation, 'hears');
    const shop = this.#world.shops.get(conversation.data.shop_id) as ShopRecord;
    this.#scheduler.cancel(`${id} patience`);
    this.#in(0.3 + prng.next(), () => {
      if (record.recalled !== null || record.message.status !== 'sent') return;
      // Somebody who isn't in the app is told by a push, which nobody can take back.
      const push = sim?.absent === true && sim.scenario !== '' && shop.platform !== 'pdd' && prng.chance(0.5);
      if (push) record.push_delivered = true;
      this.#world.setStatus(conversation, record, 'delivered', push ? 'PUSH_DELIVERED' : undefined);
    });
    if (sim?.absent === true) return;
    // Long enough to take a slip back, mostly.
    const readIn = 6 + prng.int(25) + (prng.chance(0.2) ? 45 : 0);
    this.#in(readIn, () => this.#looks(conversation, prng), `${id} looks`);
  }

  #looks(conversation: ConversationRecord, prng: Prng): void {
    this.#world.consumerReads(conversation);
    for (const record of conversation.messages.slice(-6))
      if (
        record.message.sender.role === 'agent' &&
        record.message.attachment !== undefined &&
        record.recalled === null &&
        prng.chance(0.7)
      )
        this.#in(2 + prng.int(4), () => {
          if (record.recalled === null) this.#world.openAttachment(conversation, record);
        });
    const said = saidSince(conversation);
    const { sim } = conversation;
    if (sim === null || conversation.data.intake !== 'active' || said.length === 0) return;
    if (conversation.data.type === 'group' && prng.chance(0.6)) return;
    this.#in(3 + prng.int(16), () => this.#answers(conversation), `${conversation.data.conversation_id} answers`);
  }

  #answers(conversation: ConversationRecord): void {
    const { sim } = conversation;
    const said = saidSince(conversation);
    if (sim === null || said.length === 0 || conversation.data.intake !== 'active') return;
    const thread = threadOf(sim.scenario, sim.thread);
    if (thread === undefined) return;
    const prng = this.#choices(conversation, 'answers');
    const text = said.map((message) => message.text ?? '').join('\n');
    const turn = sim.finished ? undefined : thread.turns[sim.turn];
    const asScripted = turn !== undefined && text.includes(fill(turn.agent, sim.variables));
    // What was really said comes first; the thread's own next line otherwise.
    const reaction = asScripted
      ? undefined
      : REACTIONS.find(({ id, when }) => !sim.reacted.includes(id) && when.test(text));
    if (reaction !== undefined && (turn === undefined || prng.chance(0.75))) {
      sim.reacted.push(reaction.id);
      this.#say(conversation, prng.pick(reaction.say), prng);
      // An answer in context counts as the thread's turn too, or a talkative agent would never reach its end.
      if (turn !== undefined && prng.chance(0.5)) sim.turn += 1;
    } else if (turn !== undefined) {
      sim.turn += 1;
      this.#say(conversation, turn.consumer, prng);
    }
    if (sim.turn >= thread.turns.length && !sim.finished) this.#closes(conversation, sim, prng);
    this.#world.touch(conversation);
  }

  /** Everything is said: a rating perhaps, and the other agents end it. */
  #closes(conversation: ConversationRecord, sim: SimulationState, prng: Prng): void {
    sim.finished = true;
    const mood = scenarioById(sim.scenario)?.mood ?? 'neutral';
    if (prng.chance(0.55))
      this.#in(20 + prng.int(40), () => {
        if (conversation.data.intake === 'ended') return;
        this.#world.addMessage(conversation, {
          sender: { role: 'system', id: 'system', name: '' },
          kind: 'system',
          text: prng.pick(RATINGS[sim.complaints > 1 ? 'upset' : mood]),
        });
      });
    const owner = this.#world.agents.get(conversation.data.assignee?.agent_id ?? '');
    if (owner?.simulated !== true) return;
    this.#in(10 + prng.int(20), () => {
      if (conversation.data.intake !== 'active' || saidSince(conversation).length > 0) return;
      this.#world.addMessage(conversation, {
        sender: agentSender(owner, DEVICE),
        kind: 'text',
        text: prng.pick(FAREWELLS[sim.scenario === 'english' ? 'en' : 'zh']),
      });
    });
    this.#in(90 + prng.int(120), () => {
      if (conversation.data.intake === 'active' && conversation.data.assignee?.agent_id === owner.agent_id)
        this.#world.end(conversation);
    });
  }

  /** The consumer has said something and waits. */
  #spoken(conversation: ConversationRecord): void {
    const id = conversation.data.conversation_id;
    const { sim, data } = conversation;
    const prng = this.#choices(conversation, 'waits');
    this.#agentActs(conversation, prng);
    if (sim === null || sim.finished || data.type === 'group') return;
    this.#in(
      70 + prng.int(80) + sim.complaints * 60,
      () => {
        if (data.intake === 'ended' || saidSince(conversation).length > 0 || sim.complaints >= 3) return;
        const line = prng.pick(IMPATIENCE[sim.complaints] ?? ['？']);
        sim.complaints += 1;
        this.#say(conversation, line, prng);
      },
      `${id} patience`,
    );
  }

  // ── other agents ─────────────────────────────────────────────────────────────────────────────────────────────────

  #agentActs(conversation: ConversationRecord, prng: Prng): void {
    const id = conversation.data.conversation_id;
    if (conversation.data.intake === 'waiting') {
      this.#in(150 + prng.int(120), () => this.#claims(conversation, prng), `${id} claim`);
      return;
    }
    this.#in(8 + prng.int(30), () => this.#agentAnswers(conversation), `${id} agent`);
  }

  #claims(conversation: ConversationRecord, prng: Prng): void {
    if (conversation.data.intake !== 'waiting' || conversation.removed !== null) return;
    const others = this.#world
      .agentsOfShop(conversation.data.shop_id)
      .filter((agent) => agent.simulated && agent.presence === 'online' && this.#load(agent) < 15);
    // The list is the person's to practise with; only what piles up is taken from it.
    if (this.#waiting() <= COMFORTABLE_QUEUE / 2 || others.length === 0) {
      this.#in(120, () => this.#claims(conversation, prng), `${conversation.data.conversation_id} claim`);
      return;
    }
    this.#world.assign(conversation, prng.pick(others), 'claimed');
    this.#in(6 + prng.int(20), () => this.#agentAnswers(conversation), `${conversation.data.conversation_id} agent`);
  }

  #agentAnswers(conversation: ConversationRecord): void {
    const { sim, data } = conversation;
    const owner = this.#world.agents.get(data.assignee?.agent_id ?? '');
    if (
      owner?.simulated !== true ||
      data.intake !== 'active' ||
      sim === null ||
      sim.finished ||
      saidSince(conversation).length > 0
    )
      return;
    const prng = this.#choices(conversation, 'agent');
    this.#world.agentRead(conversation, data.last_seq);
    const line = threadOf(sim.scenario, sim.thread)?.turns[sim.turn]?.agent;
    if (line === undefined) return;
    const record = this.#world.addMessage(conversation, {
      sender: agentSender(owner, DEVICE),
      kind: 'text',
      text: fill(line, sim.variables),
    });
    if (!prng.chance(0.03)) return;
    // Even practised people mistype: taken back at once, said again.
    this.#in(1, () => {
      if (record.recalled !== null || record.read_at !== null) return;
      this.#world.recall(conversation, record, {
        recall_id: this.#world.nextId('r') as RecallId,
        operator: agentSender(owner, DEVICE),
        effect: 'both',
      });
      this.#world.addMessage(conversation, {
        sender: agentSender(owner, DEVICE),
        kind: 'text',
        text: fill(line, sim.variables),
        correction_of: record.message.msg_id,
      });
    });
  }

  /** An agent got a conversation that waits for an answer. To be told of assignments made outside the simulation. */
  onAssigned(conversation: ConversationRecord): void {
    if (this.#options.rate > 0)
      this.#in(
        6 + this.#choices(conversation, 'assigned').int(20),
        () => this.#agentAnswers(conversation),
        `${conversation.data.conversation_id} agent`,
      );
  }
}

function opening(sim: SimulationState): string {
  return threadOf(sim.scenario, sim.thread)?.open ?? '';
}

/** How often the gateway looks at clocks that run out by themselves. */
const HOUSEKEEPING_MS = 15 * SECOND;

/** What happens by time alone, with or without simulation: sessions end, removed groups are erased (IN5, AD2). */
export function keepHouse(world: World, attachments: Attachments, scheduler: Scheduler, flush: () => void): void {
  const look = (): void => {
    const now = world.now();
    let purged = false;
    for (const conversation of world.conversations.values()) {
      const { data, removed } = conversation;
      if (removed !== null && removed.until <= now) {
        world.purge(conversation);
        purged = true;
      } else if (data.intake === 'active' && data.ends_at !== null && data.ends_at <= now) world.end(conversation);
      else if (
        data.intake === 'waiting' &&
        !data.legal_hold &&
        data.deletes_at !== null &&
        data.deletes_at + MINUTE <= now
      )
        world.end(conversation);
    }
    if (purged) attachments.sweep();
    // What happened while nobody was connected.
    flush();
    scheduler.at(now + HOUSEKEEPING_MS, look, 'housekeeping');
  };
  scheduler.at(world.now() + HOUSEKEEPING_MS, look, 'housekeeping');
}
