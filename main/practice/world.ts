import type { ClientMessageId, ConversationId, MessageId, RecallId } from '#shared/domain/ids.ts';
import { assert } from '#shared/lib/assert.ts';
import type {
  Agent,
  Assignment,
  Attachment,
  Consumer,
  Conversation,
  Message,
  MessageKind,
  Operator,
  Order,
  Policy,
  RecallEffect,
  Recalled,
  Sender,
} from '#shared/protocol/entities.ts';
import { AccountLog } from './account-log.ts';
import { ordersIn, violationsIn } from './numbers-in-text.ts';
import type {
  AgentRecord,
  AttachmentRecord,
  ConversationRecord,
  LogEntry,
  MessageRecord,
  RecallRecord,
  ShopRecord,
  SimulationState,
  TokenRecord,
} from './records.ts';
import { setClocks, setWaiting } from './session-clocks.ts';
import type { StateFile, Tables } from './state-file.ts';
import { showConversation, showMessage, visibleUpTo } from './visibility.ts';

/** Live conversations kept in memory; beyond, the oldest ended ones are forgotten (clients keep their records). */
const MAX_CONVERSATIONS = 600;
/** Recall ids that can still be asked for; the oldest go first. */
const MAX_RECALLS = 20_000;
const DEFAULT_EVENTS_PER_ACCOUNT = 3_000;

export interface MessageDraft {
  readonly sender: Sender;
  readonly kind: MessageKind;
  readonly text: string | null;
  readonly client_msg_id?: ClientMessageId | null;
  readonly attachment?: Attachment;
  readonly order?: Order;
  readonly correction_of?: MessageId | null;
  /** Only for the past that a new world starts with. */
  readonly sent_at?: number;
}

export interface WorldOptions {
  readonly now: () => number;
  /** Part of every generated id that no other run has; empty in runs that must be repeatable. */
  readonly boot: string;
  /** Number before the first event of an account. */
  readonly firstEventSeq: number;
  readonly eventsPerAccount?: number | undefined;
  readonly state: StateFile | null;
}

export interface WorldListener {
  /** An account has a new event in its log. */
  onEvent(agentId: string): void;
  /** A message came into being, from anyone. */
  onMessage(conversation: ConversationRecord, record: MessageRecord): void;
  onRecalled(conversation: ConversationRecord, record: MessageRecord): void;
  onAssigned(conversation: ConversationRecord): void;
}

/**
 * Shops, agents, conversations and accounts of the practice gateway, and every change that can happen to them. A change
 * is complete when the method returns: records, numbered events of all accounts that may see it, and what is to be saved.
 */
export class World {
  readonly shops = new Map<string, ShopRecord>();
  readonly agents = new Map<string, AgentRecord>();
  readonly conversations = new Map<string, ConversationRecord>();
  readonly attachments = new Map<string, AttachmentRecord>();
  readonly tokens = new Map<string, TokenRecord>();
  readonly #messages = new Map<string, { conversation: ConversationRecord; record: MessageRecord }>();
  readonly #byClientId = new Map<string, MessageRecord>();
  readonly #recalls = new Map<string, RecallRecord>();
  readonly #logs = new Map<string, AccountLog>();
  readonly #options: WorldOptions;
  readonly #counters = new Map<string, number>();
  #listener: WorldListener | null = null;
  /** While the past is written nothing is announced. */
  #quiet = true;

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  listen(listener: WorldListener): void {
    this.#listener = listener;
    this.#quiet = false;
  }

  now(): number {
    return this.#options.now();
  }

  nextId(prefix: string): string {
    const next = (this.#counters.get(prefix) ?? 0) + 1;
    this.#counters.set(prefix, next);
    this.#options.state?.put('counter', prefix, () => this.#counters.get(prefix));
    const { boot } = this.#options;
    return boot === '' ? `${prefix}-${next}` : `${prefix}-${boot}-${next}`;
  }

  // ── accounts and events ──────────────────────────────────────────────────────────────────────────────────────────

  /** The account's log; starts it. */
  log(agentId: string): AccountLog {
    let log = this.#logs.get(agentId);
    if (log === undefined) {
      log = new AccountLog(
        agentId,
        this.#options.eventsPerAccount ?? DEFAULT_EVENTS_PER_ACCOUNT,
        this.#options.firstEventSeq,
      );
      this.#logs.set(agentId, log);
      this.#saveLog(log);
    }
    return log;
  }

  #saveLog(log: AccountLog): void {
    this.#options.state?.put('account', log.agentId, () => ({ last_seq: log.lastSeq }));
  }

  /** The account can't resume any more; its numbers go on. */
  forgetEvents(agentId: string): void {
    const log = this.log(agentId);
    log.forget();
    this.#saveLog(log);
  }

  setAcked(agentId: string, seq: number): void {
    const log = this.log(agentId);
    log.acked = Math.max(log.acked, seq);
  }

  /** One event into the log of every account in `agentIds` that has one. */
  emit(
    agentIds: Iterable<string>,
    kind: string,
    msgId: string | null,
    body: (agent: AgentRecord) => object | null,
  ): void {
    if (this.#quiet) return;
    const at = this.now();
    for (const agentId of agentIds) {
      const log = this.#logs.get(agentId);
      const agent = this.agents.get(agentId);
      if (log === undefined || agent === undefined) continue;
      const fields = body(agent);
      const entry = log.append(at, kind, msgId, fields === null ? null : JSON.stringify(fields));
      this.#options.state?.put('event', `${agentId}\n${entry.seq}`, () => entry);
      this.#listener?.onEvent(agentId);
    }
  }

  /** The frame of an event as this account may see it now. */
  eventFrame(agent: AgentRecord, entry: LogEntry): string {
    const head = { type: 'event', event_seq: entry.seq, at: entry.at, kind: entry.kind };
    if (entry.msg_id !== null) {
      const found = this.#messages.get(entry.msg_id);
      // Forgotten since, or the conversation erased: the number stays, the content is gone.
      if (found === undefined) return JSON.stringify({ ...head, kind: 'practice.forgotten', msg_id: entry.msg_id });
      return JSON.stringify({ ...head, message: showMessage(agent, found.record) });
    }
    return JSON.stringify({ ...(entry.body === null ? {} : (JSON.parse(entry.body) as object)), ...head });
  }

  agentsOfShop(shopId: string): AgentRecord[] {
    return [...this.agents.values()].filter((agent) => agent.shop_ids.includes(shopId));
  }

  /** Accounts that may see this conv_seq, or the conversation at all. */
  viewers(conversation: ConversationRecord, seq = 1): string[] {
    const ids: string[] = [];
    for (const agent of this.agents.values()) if (visibleUpTo(agent, conversation) >= seq) ids.push(agent.agent_id);
    return ids;
  }

  announceConversation(conversation: ConversationRecord, also: readonly string[] = []): void {
    if (conversation.archived || conversation.removed !== null) return;
    const ids = new Set([...this.viewers(conversation), ...also]);
    this.emit(ids, 'conversation.upserted', null, (agent) => ({
      conversation: showConversation(agent, conversation),
    }));
  }

  // ── conversations ────────────────────────────────────────────────────────────────────────────────────────────────

  createConversation(draft: {
    readonly shop_id: string;
    readonly type?: 'single' | 'group';
    readonly title: string;
    readonly consumer: Consumer | null;
    readonly members?: Conversation['members'];
    readonly archived?: boolean;
    readonly sim?: SimulationState | null;
    readonly at?: number;
    /** Routed at once: nobody else ever sees it waiting. */
    readonly assignTo?: Agent | null;
  }): ConversationRecord {
    const at = draft.at ?? this.now();
    const shop = this.shops.get(draft.shop_id);
    assert(shop !== undefined, 'unknown shop');
    const data: Conversation = {
      conversation_id: this.nextId('c') as ConversationId,
      shop_id: shop.shop_id as Conversation['shop_id'],
      type: draft.type ?? 'single',
      title: draft.title,
      consumer: draft.consumer,
      ...(draft.members === undefined ? {} : { members: draft.members }),
      intake: 'waiting',
      assignee: null,
      assignments: [],
      order_nos: [],
      violation_nos: [],
      last_seq: 0,
      last_message_at: null,
      agent_read_seq: 0,
      consumer_read_seq: 0,
      waiting_since: at,
      ends_at: null,
      deletes_at: at + shop.policy.retention.waiting_ms,
      consumer_restricts_recall: false,
      legal_hold: false,
    };
    const conversation: ConversationRecord = {
      data,
      ordinal: this.#counters.get('c') ?? 1,
      archived: draft.archived ?? false,
      assignment_end_seqs: [],
      removed: null,
      sim: draft.sim ?? null,
      messages: [],
    };
    if (draft.assignTo) {
      const { agent_id, name } = draft.assignTo;
      data.intake = 'active';
      data.assignee = { agent_id, name };
      data.assignments.push({ agent_id, name, from: at, to: null, how: 'routed' });
      conversation.assignment_end_seqs.push(null);
      data.waiting_since = null;
    }
    this.conversations.set(data.conversation_id, conversation);
    this.touch(conversation);
    this.announceConversation(conversation);
    this.#forgetOldest();
    return conversation;
  }

  /** Memory stays bounded: the oldest ended, unprotected conversations are dropped without a word to anyone. */
  #forgetOldest(): void {
    if (this.conversations.size <= MAX_CONVERSATIONS) return;
    for (const [id, conversation] of this.conversations) {
      if (conversation.data.intake !== 'ended' || conversation.data.legal_hold || conversation.removed !== null)
        continue;
      this.#erase(conversation);
      this.#options.state?.delete('conversation', id);
      return;
    }
  }

  #erase(conversation: ConversationRecord): void {
    this.conversations.delete(conversation.data.conversation_id);
    for (const { message } of conversation.messages) {
      this.#messages.delete(message.msg_id);
      if (message.client_msg_id !== null) this.#byClientId.delete(`${message.sender.id}\n${message.client_msg_id}`);
      if (message.attachment !== undefined) this.forgetAttachment(message.attachment.attachment_id);
      this.#options.state?.delete('message', message.msg_id);
    }
  }

  /** To be called after changing a conversation's own fields. */
  touch(conversation: ConversationRecord): void {
    this.#options.state?.put('conversation', conversation.data.conversation_id, () => ({
      ...conversation,
      messages: [],
    }));
  }

  touchMessage(record: MessageRecord): void {
    this.#options.state?.put('message', record.message.msg_id, () => record);
  }

  /** Gives the conversation to an agent; the assignment before it ends here. */
  assign(conversation: ConversationRecord, agent: Agent, how: Assignment['how'], at = this.now()): void {
    const { data } = conversation;
    const before = this.viewers(conversation);
    this.#endAssignment(conversation, at);
    data.intake = 'active';
    data.assignee = { agent_id: agent.agent_id, name: agent.name };
    data.assignments.push({ agent_id: agent.agent_id, name: agent.name, from: at, to: null, how });
    conversation.assignment_end_seqs.push(null);
    this.#clocks(conversation);
    this.touch(conversation);
    this.announceConversation(conversation, before);
    if (!this.#quiet) this.#listener?.onAssigned(conversation);
  }

  #endAssignment(conversation: ConversationRecord, at: number): void {
    const last = conversation.data.assignments.at(-1);
    if (last === undefined || last.to !== null) return;
    last.to = at;
    conversation.assignment_end_seqs[conversation.assignment_end_seqs.length - 1] = conversation.data.last_seq;
  }

  end(conversation: ConversationRecord, at = this.now()): void {
    const before = this.viewers(conversation);
    this.#endAssignment(conversation, at);
    conversation.data.intake = 'ended';
    conversation.data.waiting_since = null;
    conversation.data.ends_at = null;
    this.touch(conversation);
    this.announceConversation(conversation, before);
  }

  /** Back into the waiting list (IN6): nobody's until it is claimed. */
  enqueue(conversation: ConversationRecord, at = this.now()): void {
    const before = this.viewers(conversation);
    this.#endAssignment(conversation, at);
    conversation.data.intake = 'waiting';
    conversation.data.assignee = null;
    conversation.data.waiting_since ??= at;
    this.#clocks(conversation);
    this.touch(conversation);
    this.announceConversation(conversation, before);
  }

  agentRead(conversation: ConversationRecord, seq: number): void {
    const { data } = conversation;
    const to = Math.min(seq, data.last_seq);
    if (to <= data.agent_read_seq) return;
    data.agent_read_seq = to;
    this.touch(conversation);
    this.announceConversation(conversation);
  }

  setFlags(
    conversation: ConversationRecord,
    flags: { consumer_restricts_recall?: boolean; legal_hold?: boolean },
  ): void {
    Object.assign(conversation.data, flags);
    this.touch(conversation);
    this.announceConversation(conversation);
  }

  linkNumbers(conversation: ConversationRecord, orderNos: readonly string[], violationNos: readonly string[]): boolean {
    const { data } = conversation;
    let changed = false;
    for (const [list, numbers] of [
      [data.order_nos, orderNos],
      [data.violation_nos, violationNos],
    ] as const)
      for (const number of numbers)
        if (!list.includes(number)) {
          list.push(number);
          changed = true;
        }
    if (changed) this.touch(conversation);
    return changed;
  }

  /** Ending and deleting times as the last messages leave them (IN5). */
  #clocks(conversation: ConversationRecord): void {
    setClocks(conversation, (this.shops.get(conversation.data.shop_id) as ShopRecord).policy, this.now());
  }

  // ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

  addMessage(conversation: ConversationRecord, draft: MessageDraft): MessageRecord {
    const { data } = conversation;
    const at = draft.sent_at ?? this.now();
    const text = draft.text ?? '';
    const orderNos = [...new Set([...(draft.order === undefined ? [] : [draft.order.order_no]), ...ordersIn(text)])];
    const violationNos = violationsIn(text);
    const message: Message = {
      msg_id: this.nextId('m') as MessageId,
      conversation_id: data.conversation_id,
      conv_seq: data.last_seq + 1,
      client_msg_id: draft.client_msg_id ?? null,
      shop_id: data.shop_id,
      sender: draft.sender,
      kind: draft.kind,
      text: draft.text,
      ...(draft.attachment === undefined ? {} : { attachment: draft.attachment }),
      ...(draft.order === undefined ? {} : { order: draft.order }),
      order_nos: orderNos,
      violation_nos: violationNos,
      correction_of: draft.correction_of ?? null,
      sent_at: at,
      status: draft.sender.role === 'agent' ? 'sent' : 'delivered',
    };
    const record: MessageRecord = { message, read_at: null, opened_at: null, push_delivered: false, recalled: null };
    conversation.messages.push(record);
    this.#index(conversation, record);
    data.last_seq = message.conv_seq;
    data.last_message_at = at;
    const before = [data.waiting_since, data.ends_at === null, data.ends_at ?? 0] as const;
    setWaiting(data, draft.sender.role, at);
    this.#clocks(conversation);
    const linked = this.linkNumbers(conversation, orderNos, violationNos);
    const read = draft.sender.role === 'agent' && data.agent_read_seq < message.conv_seq;
    if (read) data.agent_read_seq = message.conv_seq;
    this.touch(conversation);
    this.touchMessage(record);
    this.emit(this.viewers(conversation, message.conv_seq), 'message.created', message.msg_id, () => null);
    const moved =
      before[0] !== data.waiting_since ||
      before[1] !== (data.ends_at === null) ||
      Math.abs((data.ends_at ?? 0) - before[2]) > 60_000;
    if (linked || moved) this.announceConversation(conversation);
    if (!this.#quiet) this.#listener?.onMessage(conversation, record);
    return record;
  }

  #index(conversation: ConversationRecord, record: MessageRecord): void {
    const { message } = record;
    this.#messages.set(message.msg_id, { conversation, record });
    if (message.client_msg_id !== null) this.#byClientId.set(`${message.sender.id}\n${message.client_msg_id}`, record);
  }

  message(msgId: string): { conversation: ConversationRecord; record: MessageRecord } | undefined {
    return this.#messages.get(msgId);
  }

  messageByClientId(agentId: string, clientMsgId: string): MessageRecord | undefined {
    return this.#byClientId.get(`${agentId}\n${clientMsgId}`);
  }

  setStatus(
    conversation: ConversationRecord,
    record: MessageRecord,
    status: 'delivered' | 'read' | 'failed',
    code?: string,
  ): void {
    const rank = { failed: 0, sent: 0, delivered: 1, read: 2 } as const;
    const { message } = record;
    if (status !== 'failed' && rank[status] <= rank[message.status]) return;
    message.status = status;
    const at = this.now();
    if (status === 'read') {
      record.read_at = at;
      if (message.conv_seq > conversation.data.consumer_read_seq) {
        conversation.data.consumer_read_seq = message.conv_seq;
        this.touch(conversation);
      }
    }
    this.touchMessage(record);
    this.emit(this.viewers(conversation, message.conv_seq), 'message.status', null, () => ({
      conversation_id: message.conversation_id,
      msg_id: message.msg_id,
      status,
      ...(code === undefined ? {} : { code }),
    }));
  }

  /** The consumer looks at the chat: every agent message up to `seq` becomes read. Recalled ones are no longer there. */
  consumerReads(conversation: ConversationRecord, seq = conversation.data.last_seq): void {
    for (const record of conversation.messages)
      if (record.message.conv_seq <= seq && record.message.sender.role === 'agent' && record.recalled === null)
        this.setStatus(conversation, record, 'read');
  }

  openAttachment(conversation: ConversationRecord, record: MessageRecord): void {
    if (record.opened_at !== null) return;
    record.opened_at = this.now();
    this.touchMessage(record);
    const { message } = record;
    this.emit(this.viewers(conversation, message.conv_seq), 'attachment.opened', null, () => ({
      conversation_id: message.conversation_id,
      msg_id: message.msg_id,
    }));
  }

  /** Does the recall and says so exactly once. The caller has decided that it may. */
  recall(
    conversation: ConversationRecord,
    record: MessageRecord,
    recall: { recall_id: RecallId; operator: Operator; effect: RecallEffect; reason?: string | undefined; at?: number },
  ): Recalled {
    assert(record.recalled === null, 'recalled twice');
    const { message } = record;
    const recalled: Recalled = {
      conversation_id: message.conversation_id,
      msg_id: message.msg_id,
      recall_id: recall.recall_id,
      operator: recall.operator,
      effect: recall.effect,
      at: recall.at ?? this.now(),
      ...(recall.reason === undefined ? {} : { reason: recall.reason }),
    };
    record.recalled = recalled;
    this.touchMessage(record);
    this.emit(this.viewers(conversation, message.conv_seq), 'message.recalled', null, () => recalled);
    if (!this.#quiet) this.#listener?.onRecalled(conversation, record);
    return recalled;
  }

  saveRecall(record: RecallRecord): void {
    const key = `${record.agent_id}\n${record.recall_id}`;
    this.#recalls.set(key, record);
    this.#options.state?.put('recall', key, () => record);
    const oldest = this.#recalls.keys().next();
    if (this.#recalls.size > MAX_RECALLS && oldest.done !== true) {
      this.#recalls.delete(oldest.value);
      this.#options.state?.delete('recall', oldest.value);
    }
  }

  findRecall(agentId: string, recallId: string): RecallRecord | undefined {
    return this.#recalls.get(`${agentId}\n${recallId}`);
  }

  /** Times of an agent's successful recalls after `since`. */
  recallTimes(agentId: string, since: number): number[] {
    const times: number[] = [];
    for (const record of this.#recalls.values())
      if (record.agent_id === agentId && record.ok && record.at > since) times.push(record.at);
    return times;
  }

  // ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────

  removeGroup(conversation: ConversationRecord, by: string, restoreMs: number): number {
    const at = this.now();
    const until = at + restoreMs;
    const viewers = this.viewers(conversation);
    conversation.removed = { at, until, by };
    this.touch(conversation);
    this.emit(viewers, 'conversation.removed', null, () => ({
      conversation_id: conversation.data.conversation_id,
      by,
      restorable_until: until,
    }));
    return until;
  }

  restoreGroup(conversation: ConversationRecord): void {
    conversation.removed = null;
    this.touch(conversation);
    this.announceConversation(conversation);
  }

  /** Final removal (AD2): content gone here, and every client told. */
  purge(conversation: ConversationRecord): void {
    const viewers = this.viewers(conversation);
    this.#erase(conversation);
    this.#options.state?.delete('conversation', conversation.data.conversation_id);
    this.emit(viewers, 'conversation.purged', null, () => ({ conversation_id: conversation.data.conversation_id }));
  }

  // ── shops and agents ─────────────────────────────────────────────────────────────────────────────────────────────

  addShop(shop: ShopRecord): void {
    this.shops.set(shop.shop_id, shop);
    this.saveShop(shop);
  }

  saveShop(shop: ShopRecord): void {
    this.#options.state?.put('shop', shop.shop_id, () => shop);
  }

  setPolicy(shop: ShopRecord, policy: Policy): void {
    shop.policy = policy;
    this.saveShop(shop);
    const ids = this.agentsOfShop(shop.shop_id).map((agent) => agent.agent_id);
    this.emit(ids, 'policy.updated', null, () => ({ shop_id: shop.shop_id, policy }));
  }

  changeWords(
    shop: ShopRecord,
    add: readonly { word: string; category: string; action: 'warn' | 'confirm' | 'block' }[],
    remove: readonly string[],
  ): void {
    const version = shop.words_version + 1;
    shop.words_version = version;
    shop.policy.send.words_version = version;
    for (const entry of shop.words) if (entry.removed === null && remove.includes(entry.word)) entry.removed = version;
    for (const { word, category, action } of add) {
      shop.words = shop.words.filter((entry) => entry.word !== word);
      shop.words.push({ word, category, action, since: version, removed: null });
    }
    this.saveShop(shop);
    const ids = this.agentsOfShop(shop.shop_id).map((agent) => agent.agent_id);
    this.emit(ids, 'words.updated', null, () => ({ shop_id: shop.shop_id, version }));
  }

  addAgent(agent: AgentRecord): void {
    this.agents.set(agent.agent_id, agent);
    this.#options.state?.put('agent', agent.agent_id, () => agent);
  }

  updateAgent(agent: AgentRecord, change: Partial<Pick<Agent, 'name' | 'role' | 'presence'>>): void {
    Object.assign(agent, change);
    this.#options.state?.put('agent', agent.agent_id, () => agent);
    const ids = [...this.agents.values()]
      .filter((other) => other.shop_ids.some((id) => agent.shop_ids.includes(id)))
      .map((other) => other.agent_id);
    const { agent_id, name, role, presence } = agent;
    this.emit(ids, 'agent.updated', null, () => ({ agent_id, name, role, presence }));
  }

  saveToken(token: TokenRecord): void {
    this.tokens.set(token.token, token);
    this.#options.state?.put('token', token.token, () => token);
  }

  saveAttachment(attachment: AttachmentRecord): void {
    this.attachments.set(attachment.attachment_id, attachment);
    this.#options.state?.put('attachment', attachment.attachment_id, () => attachment);
  }

  forgetAttachment(attachmentId: string): void {
    this.attachments.delete(attachmentId);
    this.#options.state?.delete('attachment', attachmentId);
  }

  // ── state ────────────────────────────────────────────────────────────────────────────────────────────────────────

  *records(): Generator<readonly [string, string, unknown]> {
    for (const [key, value] of this.#counters) yield ['counter', key, value];
    for (const shop of this.shops.values()) yield ['shop', shop.shop_id, shop];
    for (const agent of this.agents.values()) yield ['agent', agent.agent_id, agent];
    for (const token of this.tokens.values()) yield ['token', token.token, token];
    for (const attachment of this.attachments.values()) yield ['attachment', attachment.attachment_id, attachment];
    for (const conversation of this.conversations.values()) {
      yield ['conversation', conversation.data.conversation_id, { ...conversation, messages: [] }];
      for (const record of conversation.messages) yield ['message', record.message.msg_id, record];
    }
    for (const [key, recall] of this.#recalls) yield ['recall', key, recall];
    for (const log of this.#logs.values()) {
      yield ['account', log.agentId, { last_seq: log.lastSeq }];
      for (const entry of log.entries()) yield ['event', `${log.agentId}\n${entry.seq}`, entry];
    }
  }

  /** Takes up what an earlier run left. The file is our own and was checked line by line; see StateFile. */
  restore(tables: Tables): void {
    const rows = <T>(table: string): [string, T][] =>
      [...(tables.get(table) ?? new Map<string, unknown>())] as [string, T][];
    for (const [key, value] of rows<number>('counter')) this.#counters.set(key, value);
    for (const [key, shop] of rows<ShopRecord>('shop')) this.shops.set(key, shop);
    for (const [key, agent] of rows<AgentRecord>('agent')) this.agents.set(key, agent);
    for (const [key, token] of rows<TokenRecord>('token')) this.tokens.set(key, token);
    for (const [key, attachment] of rows<AttachmentRecord>('attachment')) this.attachments.set(key, attachment);
    for (const [key, conversation] of rows<ConversationRecord>('conversation'))
      this.conversations.set(key, conversation);
    for (const [, record] of rows<MessageRecord>('message')) {
      const conversation = this.conversations.get(record.message.conversation_id);
      if (conversation !== undefined) conversation.messages[record.message.conv_seq - 1] = record;
    }
    for (const conversation of this.conversations.values())
      for (const record of conversation.messages) this.#index(conversation, record);
    for (const [key, recall] of rows<RecallRecord>('recall')) this.#recalls.set(key, recall);
    const events = new Map<string, LogEntry[]>();
    for (const [key, entry] of rows<LogEntry>('event')) {
      const agentId = key.slice(0, key.lastIndexOf('\n'));
      const list = events.get(agentId);
      if (list === undefined) events.set(agentId, [entry]);
      else list.push(entry);
    }
    for (const [agentId, { last_seq: lastSeq }] of rows<{ last_seq: number }>('account')) {
      const entries = (events.get(agentId) ?? []).sort((a, b) => a.seq - b.seq);
      const newest = Math.max(entries.at(-1)?.seq ?? 0, lastSeq);
      // Forgotten since: what is there no longer leads up to the newest number.
      if (entries.at(-1)?.seq !== newest) entries.length = 0;
      this.#logs.set(
        agentId,
        new AccountLog(agentId, this.#options.eventsPerAccount ?? DEFAULT_EVENTS_PER_ACCOUNT, newest, entries),
      );
    }
  }
}
