import type { RecallOutcomeName } from '#shared/contract/practice.ts';
import type { PracticeSpeed } from '#shared/contract/training.ts';
import type { MessageId, RecallId } from '#shared/domain/ids.ts';
import { Policy, type Message, type Presence, type Role } from '#shared/protocol/entities.ts';
import { CloseCode } from '#shared/protocol/limits.ts';
import { assert } from '#shared/lib/assert.ts';
import type { Attachments } from './attachments.ts';
import type { Faults } from './faults.ts';
import type { Gateway } from './gateway.ts';
import { agentSender, attachmentOf, consumerSender } from './on-the-wire.ts';
import type { AgentRecord, ConversationRecord, MessageRecord, ShopRecord } from './records.ts';
import { transfer } from './requests.ts';
import type { Outcomes } from './outcomes.ts';
import type { PracticeClockState, PracticeTime } from './practice-time.ts';
import type { Scheduler } from './scheduler.ts';
import type { Simulation } from './simulation.ts';
import type { PracticeTraining } from './training.ts';
import type { World } from './world.ts';

/** Names of `practice.fault` (shared/contract/procedures). */
export type FaultName = 'cut' | 'refuse' | 'slow' | 'drop' | 'duplicate' | 'reorder' | 'kick' | 'clock-skew' | 'none';

/** A message as the consumer's phone shows it at this moment. */
export interface ConsumerMessage {
  readonly msg_id: string;
  readonly conv_seq: number;
  readonly from: 'me' | 'agent' | 'system';
  readonly kind: Message['kind'];
  /** Null where nothing can be seen any more. */
  readonly text: string | null;
  /** False: gone from this screen by a recall. A `local_only` recall leaves it true. */
  readonly visible: boolean;
  /** What is left of a recalled one: a line that something was recalled. */
  readonly recall_notice: boolean;
  readonly read_at: number | null;
  /** The consumer saw it before it was recalled, or still does. */
  readonly seen: boolean;
}

export interface ConsumerView {
  readonly conversation_id: string;
  readonly consumer: string;
  readonly messages: readonly ConsumerMessage[];
}

type DeepPartial<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T;

/**
 * The hands of tests and of the practice panel: consumers, other agents, the platform and the network, on demand. Every
 * act takes effect before the call returns and goes out as ordinary events.
 */
export class PracticeControl {
  readonly faults: Faults;
  readonly #world: World;
  readonly #attachments: Attachments;
  readonly #gateway: Gateway;
  readonly #simulation: Simulation;
  readonly #outcomes: Outcomes;
  readonly #scheduler: Scheduler;
  readonly #training: PracticeTraining;
  readonly #time: PracticeTime;

  constructor(parts: {
    training: PracticeTraining;
    world: World;
    attachments: Attachments;
    gateway: Gateway;
    simulation: Simulation;
    outcomes: Outcomes;
    scheduler: Scheduler;
    faults: Faults;
    time: PracticeTime;
  }) {
    this.#time = parts.time;
    this.#training = parts.training;
    this.faults = parts.faults;
    this.#world = parts.world;
    this.#attachments = parts.attachments;
    this.#gateway = parts.gateway;
    this.#simulation = parts.simulation;
    this.#outcomes = parts.outcomes;
    this.#scheduler = parts.scheduler;
  }

  // ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────

  time(): PracticeClockState {
    return { speed: this.#time.speed, ahead_ms: this.#time.ahead, now: this.now() };
  }

  /** What falls due by it happens at once. A client learns it from its next pong, or by connecting anew. */
  setTime(
    change:
      | { readonly what: 'jump'; readonly ms: number }
      | { readonly what: 'run'; readonly speed: PracticeSpeed }
      | { readonly what: 'back' },
  ): PracticeClockState {
    if (change.what === 'jump') this.#time.jump(change.ms);
    else if (change.what === 'run') this.#time.run(change.speed);
    else {
      this.#scheduler.shift(-this.#time.ahead);
      this.#time.reset();
    }
    this.#scheduler.runDue();
    this.#gateway.flush();
    return this.time();
  }

  // ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────

  now(): number {
    return this.#world.now();
  }

  /** All conversations as an overseer would see them, newest created last. */
  conversations(): readonly ConversationRecord['data'][] {
    return [...this.#world.conversations.values()].map(({ data }) => data);
  }

  conversation(conversationId: string): ConversationRecord['data'] {
    return this.#conversation(conversationId).data;
  }

  /** Messages with their content, also recalled ones. */
  messages(conversationId: string): readonly MessageRecord[] {
    return this.#conversation(conversationId).messages;
  }

  message(msgId: string): Message {
    return this.#message(msgId).record.message;
  }

  consumerView(conversationId: string): ConsumerView {
    const conversation = this.#conversation(conversationId);
    return {
      conversation_id: conversationId,
      consumer: conversation.data.consumer?.name ?? conversation.data.title,
      messages: conversation.messages.map((record): ConsumerMessage => {
        const { message, recalled } = record;
        const visible = recalled === null || recalled.effect === 'local_only';
        const own = message.sender.role === 'consumer';
        return {
          msg_id: message.msg_id,
          conv_seq: message.conv_seq,
          from: own ? 'me' : message.sender.role === 'agent' ? 'agent' : 'system',
          kind: message.kind,
          text: visible ? message.text : null,
          visible,
          recall_notice: recalled !== null && visible === false,
          read_at: record.read_at,
          seen: own || record.read_at !== null || (recalled?.effect === 'local_only' && record.push_delivered),
        };
      }),
    };
  }

  lastEventSeq(agentId: string): number {
    return this.#world.log(agentId).lastSeq;
  }

  /** Newest event number that the account's client has acknowledged. */
  acked(agentId: string): number {
    return this.#world.log(agentId).acked;
  }

  isConnected(agentId: string): boolean {
    return this.#gateway.connection(agentId) !== undefined;
  }

  shops(): readonly ShopRecord[] {
    return [...this.#world.shops.values()];
  }

  agents(): readonly AgentRecord[] {
    return [...this.#world.agents.values()];
  }

  // ── consumers ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A new consumer. Without `assign_to` the conversation waits to be claimed; without `text` a scenario begins. */
  newEnquiry(
    options: { shop_id?: string; text?: string; assign_to?: string; name?: string } = {},
  ): ConversationRecord['data'] {
    const shop = this.#shop(options.shop_id ?? [...this.#world.shops.keys()][0] ?? '');
    const agent = options.assign_to === undefined ? null : this.#agent(options.assign_to);
    if (options.text === undefined && options.name === undefined)
      return this.#simulation.enquire(shop, undefined, agent).data;
    const name = options.name ?? '练习买家';
    const conversation = this.#world.createConversation({
      shop_id: shop.shop_id,
      title: name,
      consumer: { consumer_id: this.#world.nextId('u'), name },
      assignTo: agent,
    });
    this.#world.addMessage(conversation, {
      sender: consumerSender(conversation),
      kind: 'text',
      text: options.text ?? '你好',
    });
    return conversation.data;
  }

  /** A conversation of the agent's in which a recall goes that way (outcomes.ts). */
  stageOutcome(
    outcome: RecallOutcomeName,
    options: { agent_id: string; shop_id?: string; name?: string; text?: string },
  ): ConversationRecord['data'] {
    const agent = this.#agent(options.agent_id);
    return this.#outcomes.stage(outcome, {
      agent,
      shop: this.#shop(options.shop_id ?? agent.shop_ids[0] ?? ''),
      name: options.name ?? '练习买家',
      text: options.text ?? '在吗',
    }).data;
  }

  /** How recalls go in it; undefined: by themselves. */
  fate(conversationId: string): RecallOutcomeName | undefined {
    return this.#conversation(conversationId).fate;
  }

  /** An ended conversation is opened again and waits. */
  consumerSays(conversationId: string, text: string): Message {
    const conversation = this.#conversation(conversationId);
    if (conversation.data.intake === 'ended') this.#world.enqueue(conversation);
    return this.#world.addMessage(conversation, { sender: consumerSender(conversation), kind: 'text', text }).message;
  }

  consumerSendsFile(
    conversationId: string,
    file: { name: string; mime: string; content: Uint8Array; kind?: 'file' | 'image' | 'video' | 'voice' },
  ): Message {
    const conversation = this.#conversation(conversationId);
    const attachment = attachmentOf(this.#attachments.addContent(file.name, file.mime, file.content));
    return this.#world.addMessage(conversation, {
      sender: consumerSender(conversation),
      kind: file.kind ?? 'file',
      text: null,
      attachment,
    }).message;
  }

  /** Reads everything, or up to a conv_seq. */
  consumerReads(conversationId: string, upToSeq?: number): void {
    this.#world.consumerReads(this.#conversation(conversationId), upToSeq);
  }

  /** The consumer's device has got it; by a push where the consumer isn't in the app. */
  consumerGets(msgId: string, by: 'app' | 'push' = 'app'): void {
    const { conversation, record } = this.#message(msgId);
    if (by === 'push') record.push_delivered = true;
    this.#world.touchMessage(record);
    this.#world.setStatus(conversation, record, 'delivered', by === 'push' ? 'PUSH_DELIVERED' : undefined);
  }

  consumerOpens(msgId: string): void {
    const { conversation, record } = this.#message(msgId);
    this.#world.openAttachment(conversation, record);
  }

  consumerRecalls(msgId: string): void {
    const { conversation, record } = this.#message(msgId);
    assert(record.message.sender.role === 'consumer', "not a consumer's message");
    if (record.recalled !== null) return;
    this.#world.recall(conversation, record, {
      recall_id: this.#world.nextId('r') as RecallId,
      operator: { ...record.message.sender },
      effect: 'both',
    });
  }

  /** The platform gives up on an agent's message. */
  failMessage(msgId: string, code = 'REJECTED'): void {
    const { conversation, record } = this.#message(msgId);
    this.#world.setStatus(conversation, record, 'failed', code);
  }

  // ── agents and the platform ──────────────────────────────────────────────────────────────────────────────────────

  agentSays(
    agentId: string,
    conversationId: string,
    text: string,
    options: { device_id?: string; correction_of?: string } = {},
  ): Message {
    const conversation = this.#conversation(conversationId);
    return this.#world.addMessage(conversation, {
      sender: agentSender(this.#agent(agentId), (options.device_id ?? 'd-practice') as never),
      kind: 'text',
      text,
      correction_of: (options.correction_of as MessageId | undefined) ?? null,
    }).message;
  }

  endSession(conversationId: string): void {
    this.#world.end(this.#conversation(conversationId));
  }

  /** Back into the waiting list. */
  queue(conversationId: string): void {
    this.#world.enqueue(this.#conversation(conversationId));
  }

  assign(conversationId: string, agentId: string, how: 'routed' | 'claimed' = 'routed'): void {
    this.#world.assign(this.#conversation(conversationId), this.#agent(agentId), how);
  }

  transfer(conversationId: string, toAgentId: string, note = ''): void {
    const conversation = this.#conversation(conversationId);
    transfer(this.#world, conversation, conversation.data.assignee, this.#agent(toAgentId), note);
  }

  setFlags(conversationId: string, flags: { consumer_restricts_recall?: boolean; legal_hold?: boolean }): void {
    this.#world.setFlags(this.#conversation(conversationId), flags);
  }

  /** Changes parts of a shop's policy, raises its version, and announces it. */
  changePolicy(shopId: string, change: DeepPartial<Policy>): Policy {
    const shop = this.#shop(shopId);
    const policy = Policy.parse({ ...merge(shop.policy, change), version: shop.policy.version + 1 });
    this.#world.setPolicy(shop, policy);
    return policy;
  }

  changeWords(
    shopId: string,
    change: {
      add?: readonly { word: string; category: string; action: 'warn' | 'confirm' | 'block' }[];
      remove?: readonly string[];
    },
  ): number {
    const shop = this.#shop(shopId);
    this.#world.changeWords(shop, change.add ?? [], change.remove ?? []);
    return shop.words_version;
  }

  /** One more agent, whom nobody plays: their token comes from `issueToken`. */
  hire(agent: { agent_id: string; name: string; shop_ids: readonly string[]; role?: Role }): void {
    this.#world.addAgent({
      agent_id: agent.agent_id as AgentRecord['agent_id'],
      name: agent.name,
      role: agent.role ?? 'agent',
      presence: 'online',
      shop_ids: [...agent.shop_ids],
      simulated: false,
    });
  }

  setRole(agentId: string, role: Role): void {
    this.#world.updateAgent(this.#agent(agentId), { role });
  }

  setPresence(agentId: string, presence: Presence): void {
    this.#world.updateAgent(this.#agent(agentId), { presence });
  }

  // ── lessons and situations (docs/lessons.md) ─────────────────────────────────────────────────────────────────────

  stageLesson(...lesson: Parameters<PracticeTraining['stage']>): ReturnType<PracticeTraining['stage']> {
    return this.#training.stage(...lesson);
  }

  lessonFacts(...staged: Parameters<PracticeTraining['facts']>): ReturnType<PracticeTraining['facts']> {
    return this.#training.facts(...staged);
  }

  situation(...situation: Parameters<PracticeTraining['situation']>): string | null {
    return this.#training.situation(...situation);
  }

  // ── network and protocol ─────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The faults of `practice.fault`. `value`: milliseconds for `slow` and `clock-skew`, seconds of refusal for `refuse`,
   * how often for `drop`, `duplicate` and `reorder` (default 1).
   */
  fault(name: FaultName, value?: number): void {
    const times = Math.max(1, Math.round(value ?? 1));
    switch (name) {
      case 'none':
        this.faults.clear();
        this.faults.clockSkewMs = 0;
        this.#scheduler.cancel('maintenance');
        return;
      case 'cut':
        for (const connection of this.#gateway.connections()) connection.terminate();
        return;
      case 'refuse': {
        const seconds = value ?? 15;
        this.faults.maintenance = { retryAfterMs: 2_000 };
        this.#scheduler.at(this.now() + seconds * 1_000, () => (this.faults.maintenance = null), 'maintenance');
        for (const connection of this.#gateway.connections())
          connection.close(CloseCode.GOING_AWAY, JSON.stringify({ retry_after_ms: 2_000 }));
        return;
      }
      case 'slow':
        this.faults.add({ fault: 'delay', on: 'reply', ms: Math.round(value ?? 4_000) });
        return;
      case 'drop':
        this.faults.add({ fault: 'drop', on: 'reply', match: 'message.*', times });
        return;
      case 'duplicate':
        this.faults.add({ fault: 'duplicate', on: 'event', times });
        return;
      case 'reorder':
        this.faults.add({ fault: 'reorder', times });
        return;
      case 'kick':
        this.kick();
        return;
      case 'clock-skew':
        this.faults.clockSkewMs = Math.round(value ?? 60_000);
        return;
    }
  }

  /** TCP gone without a goodbye. */
  cut(agentId?: string): void {
    for (const connection of this.#gateway.connections())
      if (agentId === undefined || connection.agentId === agentId) connection.terminate();
  }

  kick(agentId?: string, byDevice = 'd-other'): void {
    for (const connection of this.#gateway.connections())
      if (connection.agentId !== null && (agentId === undefined || connection.agentId === agentId))
        connection.kick(byDevice);
  }

  closeWith(code: number, reason: string, agentId?: string): void {
    for (const connection of this.#gateway.connections())
      if (agentId === undefined || connection.agentId === agentId) connection.close(code, reason);
  }

  /** Open, and nothing comes for `ms`: no events, replies or pongs. 0 ends it at once. */
  silence(ms: number, agentId?: string): void {
    for (const connection of this.#gateway.connections())
      if (agentId === undefined || connection.agentId === agentId) connection.silence(ms);
  }

  /** An event of a kind that no client knows, with its number in order. */
  emitEvent(agentId: string, kind: string, fields: object): void {
    this.#world.log(agentId);
    this.#world.emit([agentId], kind, null, () => fields);
  }

  /** Any text as a frame, outside the numbered stream. */
  sendRaw(agentId: string, text: string): void {
    this.#gateway.connection(agentId)?.sendRaw(text);
  }

  issueToken(agentId: string): string {
    return this.#gateway.issueToken(this.#agent(agentId).agent_id).token;
  }

  /** The next login with it is 4002. */
  expireToken(token: string): void {
    const record = this.#world.tokens.get(token);
    assert(record !== undefined, 'unknown token');
    this.#world.saveToken({ ...record, expires_at: 0 });
  }

  /** The next login with it is 4001. */
  revokeToken(token: string): void {
    const record = this.#world.tokens.get(token);
    assert(record !== undefined, 'unknown token');
    this.#world.saveToken({ ...record, revoked: true });
  }

  /** The account can't resume from anywhere: its next login gets a snapshot, reason "expired". */
  forgetEvents(agentId: string): void {
    this.#world.forgetEvents(agentId);
  }

  /** With a clock of one's own: everything that is due by now happens. */
  runDue(): void {
    this.#scheduler.runDue();
  }

  #conversation(conversationId: string): ConversationRecord {
    const conversation = this.#world.conversations.get(conversationId);
    assert(conversation !== undefined, 'unknown conversation');
    return conversation;
  }

  #message(msgId: string): { conversation: ConversationRecord; record: MessageRecord } {
    const found = this.#world.message(msgId);
    assert(found !== undefined, 'unknown message');
    return found;
  }

  #agent(agentId: string): AgentRecord {
    const agent = this.#world.agents.get(agentId);
    assert(agent !== undefined, 'unknown agent');
    return agent;
  }

  #shop(shopId: string): ShopRecord {
    const shop = this.#world.shops.get(shopId);
    assert(shop !== undefined, 'unknown shop');
    return shop;
  }
}

function merge<T extends object>(base: T, change: DeepPartial<T>): T {
  const merged = { ...base } as Record<string, unknown>;
  for (const [key, value] of Object.entries(change)) {
    const old = merged[key];
    merged[key] =
      typeof value === 'object' && value !== null && !Array.isArray(value) && typeof old === 'object' && old !== null
        ? merge(old as object, value as object)
        : value;
  }
  return merged as T;
}
