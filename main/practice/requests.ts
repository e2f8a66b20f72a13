import type { AgentId, AttachmentId, MessageId } from '#shared/domain/ids.ts';
import { HOUR } from '#shared/lib/durations.ts';
import type { Message, Role } from '#shared/protocol/entities.ts';
import type { RequestFields, RequestName, RequestResult } from '#shared/protocol/requests.ts';
import type { Attachments } from './attachments.ts';
import { agentSender, attachmentOf } from './on-the-wire.ts';
import { decideRecall } from './recall.ts';
import type { AgentRecord, ConversationRecord, MessageRecord, RecallRecord, ShopRecord } from './records.ts';
import { isOverseer, showConversation, showMessage, visibleUpTo } from './visibility.ts';
import type { World } from './world.ts';
import { blockedBy } from './words.ts';

/** Every request of the protocol page. A handler is synchronous: what it answers has happened, whole. */

export interface RequestContext {
  readonly world: World;
  readonly attachments: Attachments;
  readonly agent: AgentRecord;
  readonly deviceId: string;
  readonly appVersion: string;
  readonly issueToken: (agentId: string) => { token: string; expires_at: number };
  /** Fault: answer with less than there is. */
  readonly emptyPage: boolean;
}

/** An error reply. Thrown by handlers; anything else thrown is a bug. */
export class Refusal extends Error {
  readonly code: string;
  readonly details: Record<string, unknown> | undefined;
  readonly retryAfterMs: number | undefined;
  constructor(
    code: string,
    message: string,
    options: { details?: Record<string, unknown>; retryAfterMs?: number } = {},
  ) {
    super(message);
    this.code = code;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }
}

type Handlers = {
  readonly [N in RequestName]: (context: RequestContext, fields: RequestFields<N>) => RequestResult<N>;
};

/** Frames stay well below the limit of 1 MiB, whatever the texts are. */
const PAGE_BYTES = 640 * 1024;
const RECORDS_PAGE = 500;

const MAY_SPEAK: ReadonlySet<Role> = new Set<Role>(['agent', 'supervisor', 'admin']);
const MAY_DIRECT: ReadonlySet<Role> = new Set<Role>(['supervisor', 'admin']);

export const REQUEST_HANDLERS: Handlers = {
  'message.send': (context, fields) => {
    const { world, agent } = context;
    // A repeated send is answered as the first one was, also when the conversation has ended since (SY3).
    const earlier = world.messageByClientId(agent.agent_id, fields.client_msg_id);
    if (earlier !== undefined) {
      if (!sameContent(earlier.message, fields))
        throw new Refusal('IDEMPOTENCY_CONFLICT', 'this client_msg_id was used for another message');
      return { message: showMessage(agent, earlier), duplicate: true };
    }
    const conversation = visible(context, fields.conversation_id, 'NO_PERMISSION');
    const shop = shopOf(world, conversation);
    const { data } = conversation;
    if (!MAY_SPEAK.has(agent.role)) throw new Refusal('NO_PERMISSION', 'this role does not send');
    if (data.intake === 'ended') throw new Refusal('SESSION_ENDED', 'the conversation has ended');
    if (data.intake === 'waiting') throw new Refusal('NO_PERMISSION', 'claim the conversation first');
    if (data.type === 'single' && data.assignee?.agent_id !== agent.agent_id && !MAY_DIRECT.has(agent.role))
      throw new Refusal('NO_PERMISSION', 'assigned to another agent');
    const content = contentOf(context, conversation, fields);
    const { policy } = shop;
    if (fields.text !== undefined) {
      const length = [...fields.text].length;
      if (length > policy.send.max_text)
        throw new Refusal('TOO_LONG', 'text too long', { details: { length, max_text: policy.send.max_text } });
      const override = { role: agent.role, reason: fields.override_reason };
      const blocked = blockedBy(shop, conversation, fields.text, override);
      if (blocked !== null) throw new Refusal('BLOCKED_WORD', 'blocked by the word list', { details: { ...blocked } });
    }
    if (shop.unanswered_quota !== null && unanswered(conversation) >= shop.unanswered_quota)
      throw new Refusal('QUOTA', 'too many messages without an answer', { details: { limit: shop.unanswered_quota } });
    const record = world.addMessage(conversation, {
      sender: agentSender(agent, context.deviceId as never),
      kind: fields.kind,
      client_msg_id: fields.client_msg_id,
      correction_of: fields.correction_of ?? null,
      ...content,
    });
    return { message: record.message, duplicate: false };
  },

  'message.recall': (context, fields) => {
    const { world, agent } = context;
    const asked = world.findRecall(agent.agent_id, fields.recall_id);
    if (asked !== undefined) {
      if (asked.msg_id !== fields.msg_id)
        throw new Refusal('BAD_REQUEST', 'this recall_id was used for another message');
      return recallAnswer(context, asked);
    }
    const found = world.message(fields.msg_id);
    if (
      found === undefined ||
      found.conversation.data.conversation_id !== fields.conversation_id ||
      found.conversation.removed !== null ||
      visibleUpTo(agent, found.conversation) < found.record.message.conv_seq
    )
      return recallAnswer(
        context,
        remember(context, fields, { ok: false, code: 'MSG_NOT_FOUND', details: {}, sentAt: null }),
      );
    const { conversation, record } = found;
    const decision = decideRecall(world, agent, context.deviceId, context.appVersion, conversation, record);
    if (!decision.ok)
      return recallAnswer(
        context,
        remember(context, fields, {
          ok: false,
          code: decision.code,
          details: decision.details,
          sentAt: record.message.sent_at,
        }),
      );
    const answer = remember(context, fields, { ok: true, effect: decision.effect, sentAt: record.message.sent_at });
    world.recall(conversation, record, {
      recall_id: fields.recall_id,
      operator: agentSender(agent, context.deviceId as never),
      effect: decision.effect,
      reason: fields.reason,
      at: answer.at,
    });
    return recallAnswer(context, answer);
  },

  'recall.query': (context, fields) => {
    const asked = context.world.findRecall(context.agent.agent_id, fields.recall_id);
    if (asked === undefined) return { known: false };
    return {
      known: true,
      ok: asked.ok,
      ...(asked.effect === null ? {} : { effect: asked.effect, recalled_at: asked.at }),
      ...(asked.code === null ? {} : { code: asked.code }),
    };
  },

  'conversation.pull': (context, fields) => {
    const { agent } = context;
    const conversation = visible(context, fields.conversation_id, 'NOT_VISIBLE');
    if (fields.from_seq > fields.to_seq) throw new Refusal('BAD_REQUEST', 'from_seq: after to_seq');
    const last = Math.min(fields.to_seq, conversation.data.last_seq, visibleUpTo(agent, conversation));
    if (context.emptyPage) return { messages: [], has_more: fields.from_seq <= last };
    const messages: Message[] = [];
    let bytes = 0;
    let seq = fields.from_seq;
    for (; seq <= last && messages.length < fields.limit && bytes < PAGE_BYTES; seq++) {
      const record = conversation.messages[seq - 1];
      if (record === undefined) continue;
      const message = showMessage(agent, record);
      bytes += Buffer.byteLength(JSON.stringify(message));
      messages.push(message);
    }
    return { messages, has_more: seq <= last };
  },

  'snapshot.get': (context, fields) => {
    const { world, agent } = context;
    const after = fields.cursor === null ? 0 : readCursor(fields.cursor);
    const list = [...world.conversations.values()]
      .filter((conversation) => conversation.ordinal > after && !conversation.archived && conversation.removed === null)
      .filter((conversation) => visibleUpTo(agent, conversation) > 0)
      .sort((a, b) => a.ordinal - b.ordinal);
    const limit = context.emptyPage ? 1 : fields.limit;
    const page: ConversationRecord[] = [];
    let bytes = 0;
    for (const conversation of list) {
      if (page.length >= limit || bytes >= PAGE_BYTES) break;
      bytes += Buffer.byteLength(JSON.stringify(conversation.data));
      page.push(conversation);
    }
    const last = page.at(-1);
    return {
      conversations: page.map((conversation) => showConversation(agent, conversation)),
      cursor: last === undefined || page.length === list.length ? null : String(last.ordinal),
    };
  },

  'conversation.claim': (context, fields) => {
    const { world, agent } = context;
    const conversation = world.conversations.get(fields.conversation_id);
    if (
      conversation === undefined ||
      conversation.removed !== null ||
      !agent.shop_ids.includes(conversation.data.shop_id)
    )
      throw new Refusal('NO_PERMISSION', 'no such conversation here');
    if (!MAY_SPEAK.has(agent.role)) throw new Refusal('NO_PERMISSION', 'this role does not serve consumers');
    const { data } = conversation;
    if (data.intake !== 'waiting' && data.assignee !== null) {
      // Claimed by ourselves already: the answer to the first request was lost.
      if (data.intake === 'active' && data.assignee.agent_id === agent.agent_id)
        return { conversation: showConversation(agent, conversation) };
      throw new Refusal('ALREADY_CLAIMED', 'claimed by another agent', {
        details: { by: data.assignee.name, by_agent_id: data.assignee.agent_id },
      });
    }
    world.assign(conversation, agent, 'claimed');
    return { conversation: showConversation(agent, conversation) };
  },

  'conversation.transfer': (context, fields) => {
    const { world, agent } = context;
    const conversation = directed(context, fields.conversation_id);
    const to = world.agents.get(fields.to_agent_id);
    if (to === undefined || !to.shop_ids.includes(conversation.data.shop_id) || !MAY_SPEAK.has(to.role))
      throw new Refusal('BAD_REQUEST', 'to_agent_id: no agent of this shop');
    if (conversation.data.intake === 'ended') throw new Refusal('BAD_REQUEST', 'the conversation has ended');
    if (conversation.data.assignee?.agent_id === to.agent_id)
      return { conversation: showConversation(agent, conversation) };
    if (to.presence === 'off_duty') throw new Refusal('AGENT_OFF_DUTY', 'off duty');
    transfer(world, conversation, agent, to, fields.note);
    return { conversation: showConversation(agent, conversation) };
  },

  'conversation.end': (context, fields) => {
    const conversation = directed(context, fields.conversation_id);
    if (conversation.data.intake !== 'ended') context.world.end(conversation);
    return { conversation: showConversation(context.agent, conversation) };
  },

  'conversation.read': (context, fields) => {
    const conversation = visible(context, fields.conversation_id, 'NO_PERMISSION');
    const { data } = conversation;
    // Looking into somebody else's conversation doesn't answer for them.
    if (data.assignee?.agent_id === context.agent.agent_id || data.type === 'group')
      context.world.agentRead(conversation, fields.conv_seq);
    return {};
  },

  'presence.set': (context, fields) => {
    context.world.updateAgent(context.agent, { presence: fields.presence });
    return { presence: fields.presence };
  },

  'agents.list': (context, fields) => {
    const { world, agent } = context;
    const shops = fields.shop_id === undefined ? agent.shop_ids : agent.shop_ids.filter((id) => id === fields.shop_id);
    if (fields.shop_id !== undefined && shops.length === 0)
      throw new Refusal('NO_PERMISSION', 'not a shop of this account');
    const agents = [...world.agents.values()].filter((other) => other.shop_ids.some((id) => shops.includes(id)));
    return {
      agents: agents.map(({ agent_id, name, role, presence }) => ({
        agent_id: agent_id as AgentId,
        name,
        role,
        presence,
      })),
    };
  },

  'attachment.put': (context, fields) => {
    const answer = context.attachments.put(context.agent.agent_id, fields);
    if (!answer.ok) throw new Refusal(answer.code, answer.problem);
    return { attachment_id: answer.attachment_id as AttachmentId, received: answer.received };
  },

  'attachment.get': (context, fields) => {
    const { world, attachments } = context;
    const record = world.attachments.get(fields.attachment_id);
    if (record === undefined || !mayOpen(context, fields.attachment_id))
      throw new Refusal('GONE', 'no such attachment');
    const content = attachments.content(record);
    if (content === null) throw new Refusal('GONE', 'no longer kept');
    if (fields.offset > content.length) throw new Refusal('BAD_REQUEST', 'offset: beyond the end');
    const data = content.subarray(fields.offset, fields.offset + fields.length).toString('base64');
    return { data, bytes: record.bytes, mime: record.mime, sha256: record.sha256 };
  },

  'words.sync': (context, fields) => {
    const shop = ownShop(context, fields.shop_id);
    const added = shop.words.filter(({ since, removed }) => since > fields.since_version && removed === null);
    const removed = shop.words.filter(
      ({ since, removed: at }) => at !== null && at > fields.since_version && since <= fields.since_version,
    );
    return {
      version: shop.words_version,
      added: added.map(({ word, category, action }) => ({ word, category, action })),
      removed: removed.map(({ word }) => word),
    };
  },

  'group.delete': (context, fields) => {
    const { world, agent } = context;
    const conversation = visible(context, fields.conversation_id, 'NO_PERMISSION');
    const { data } = conversation;
    const { policy } = shopOf(world, conversation);
    if (data.type !== 'group') throw new Refusal('GROUP_RULE', 'not a customer group', { details: { rule: 'type' } });
    if (!policy.group_delete.roles.includes(agent.role))
      throw new Refusal('NO_PERMISSION', 'this role does not delete groups', {
        details: { roles: policy.group_delete.roles },
      });
    if (policy.group_delete.notice_required && fields.notice.trim() === '')
      throw new Refusal('GROUP_RULE', 'a notice to the members is required', { details: { rule: 'notice' } });
    if (data.legal_hold) throw new Refusal('GROUP_RULE', 'on legal hold', { details: { rule: 'legal_hold' } });
    if (fields.notice.trim() !== '')
      world.addMessage(conversation, {
        sender: { role: 'system', id: 'system', name: '' },
        kind: 'system',
        text: fields.replacement === undefined ? fields.notice : `${fields.notice}\n${fields.replacement}`,
      });
    return { restorable_until: world.removeGroup(conversation, agent.name, policy.group_delete.restore_ms) };
  },

  'group.restore': (context, fields) => {
    const { world, agent } = context;
    const conversation = world.conversations.get(fields.conversation_id);
    if (conversation === undefined || !agent.shop_ids.includes(conversation.data.shop_id))
      throw new Refusal('NOT_RESTORABLE', 'no such group, or removed for good');
    if (!shopOf(world, conversation).policy.group_delete.roles.includes(agent.role))
      throw new Refusal('NO_PERMISSION', 'this role does not restore groups');
    if (conversation.removed === null || conversation.removed.until <= world.now())
      throw new Refusal('NOT_RESTORABLE', 'not removed, or too late');
    world.restoreGroup(conversation);
    return { conversation: showConversation(agent, conversation) };
  },

  'records.query': (context, fields) => {
    const { world, agent } = context;
    ownShop(context, fields.shop_id);
    if (fields.cursor !== null && !RECORD_KEY.test(fields.cursor))
      throw new Refusal('BAD_REQUEST', 'cursor: not one of ours');
    const found: MessageRecord[] = [];
    for (const conversation of world.conversations.values()) {
      const { data } = conversation;
      if (data.shop_id !== fields.shop_id || conversation.removed !== null) continue;
      if (fields.order_nos !== undefined && !data.order_nos.some((number) => fields.order_nos?.includes(number)))
        continue;
      if (
        fields.violation_nos !== undefined &&
        !data.violation_nos.some((number) => fields.violation_nos?.includes(number))
      )
        continue;
      const upTo = visibleUpTo(agent, conversation);
      for (const record of conversation.messages) {
        const { message } = record;
        if (message.conv_seq > upTo || message.sent_at < fields.from || message.sent_at >= fields.to) continue;
        if (
          fields.agent_ids !== undefined &&
          !fields.agent_ids.some((id) => id === agentAt(conversation, message.sent_at))
        )
          continue;
        found.push(record);
      }
    }
    const keys = new Map(found.map((record) => [record, recordKey(record)] as const));
    found.sort((a, b) => ((keys.get(a) as string) < (keys.get(b) as string) ? 1 : -1));
    const start =
      fields.cursor === null ? 0 : found.findIndex((record) => recordKey(record) < (fields.cursor as string));
    const rest = start === -1 ? [] : found.slice(start);
    const messages: Message[] = [];
    let bytes = 0;
    for (const record of rest) {
      if (messages.length >= RECORDS_PAGE || bytes >= PAGE_BYTES) break;
      const message = showMessage(agent, record);
      bytes += Buffer.byteLength(JSON.stringify(message));
      messages.push(message);
    }
    const last = rest[messages.length - 1];
    return { messages, cursor: last === undefined || messages.length === rest.length ? null : recordKey(last) };
  },

  'token.refresh': (context) => context.issueToken(context.agent.agent_id),
};

function readCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw new Refusal('BAD_REQUEST', 'cursor: not one of ours');
  return Number(cursor);
}

const RECORD_KEY = /^\d{15} .+ \d{9}$/;

/** Newest first, ties by id: a text that sorts like time. */
function recordKey({ message }: MessageRecord): string {
  return `${String(message.sent_at).padStart(15, '0')} ${message.conversation_id} ${String(message.conv_seq).padStart(9, '0')}`;
}

/** SR6: a message belongs to the agent the conversation was assigned to when it was sent. */
function agentAt(conversation: ConversationRecord, at: number): string | null {
  const held = conversation.data.assignments.findLast(({ from, to }) => from <= at && (to === null || at <= to));
  return held?.agent_id ?? null;
}

/** Passes a conversation on and says so in it, visible on both sides (IN6). */
export function transfer(
  world: World,
  conversation: ConversationRecord,
  from: { name: string } | null,
  to: AgentRecord,
  note: string,
): void {
  world.assign(conversation, to, 'transferred');
  world.addMessage(conversation, {
    sender: { role: 'system', id: 'system', name: '' },
    kind: 'system',
    text: `${from === null ? '系统' : from.name}将会话转接给${to.name}${note === '' ? '' : `，备注：${note}`}`,
  });
}

function visible(
  context: RequestContext,
  conversationId: string,
  code: 'NO_PERMISSION' | 'NOT_VISIBLE',
): ConversationRecord {
  const conversation = context.world.conversations.get(conversationId);
  if (conversation === undefined || conversation.removed !== null || visibleUpTo(context.agent, conversation) === 0)
    throw new Refusal(code, 'no such conversation here');
  return conversation;
}

/** For acts on a conversation's fate: the assignee's own, or a supervisor's. */
function directed(context: RequestContext, conversationId: string): ConversationRecord {
  const conversation = visible(context, conversationId, 'NO_PERMISSION');
  const { agent } = context;
  if (conversation.data.assignee?.agent_id !== agent.agent_id && !MAY_DIRECT.has(agent.role))
    throw new Refusal('NO_PERMISSION', 'assigned to another agent');
  return conversation;
}

function shopOf(world: World, conversation: ConversationRecord): ShopRecord {
  return world.shops.get(conversation.data.shop_id) as ShopRecord;
}

function ownShop(context: RequestContext, shopId: string): ShopRecord {
  const shop = context.world.shops.get(shopId);
  if (shop === undefined || !context.agent.shop_ids.includes(shopId))
    throw new Refusal('NO_PERMISSION', 'not a shop of this account');
  return shop;
}

function sameContent(message: Message, fields: RequestFields<'message.send'>): boolean {
  return (
    message.conversation_id === fields.conversation_id &&
    message.kind === fields.kind &&
    message.text === (fields.text ?? null) &&
    (message.attachment?.attachment_id ?? null) === (fields.attachment_id ?? null) &&
    message.correction_of === (fields.correction_of ?? null)
  );
}

function contentOf(
  context: RequestContext,
  conversation: ConversationRecord,
  fields: RequestFields<'message.send'>,
): { text: string | null; attachment?: ReturnType<typeof attachmentOf>; order?: NonNullable<Message['order']> } {
  const { world, agent } = context;
  if (fields.correction_of !== undefined) {
    const target = world.message(fields.correction_of as MessageId);
    if (target === undefined || target.conversation !== conversation || target.record.message.sender.role !== 'agent')
      throw new Refusal('BAD_REQUEST', 'correction_of: no message of this conversation');
  }
  switch (fields.kind) {
    case 'text':
      if (fields.text === undefined || fields.text.trim() === '') throw new Refusal('BAD_REQUEST', 'text: empty');
      return { text: fields.text };
    case 'image':
    case 'file':
    case 'video':
    case 'voice': {
      const record = fields.attachment_id === undefined ? undefined : world.attachments.get(fields.attachment_id);
      if (record === undefined || record.by !== agent.agent_id)
        throw new Refusal('BAD_REQUEST', 'attachment_id: not uploaded');
      return { text: fields.text ?? null, attachment: attachmentOf(record) };
    }
    case 'order_card':
    case 'product_card': {
      // A card is asked for by its number in `text`; the platform fills in the rest.
      const order = conversation.messages.find(({ message }) => message.order?.order_no === fields.text)?.message.order;
      if (fields.text === undefined) throw new Refusal('BAD_REQUEST', 'text: the number of the order or product');
      return order === undefined ? { text: fields.text } : { text: fields.text, order };
    }
    case 'system':
      throw new Refusal('BAD_REQUEST', 'kind: only the platform speaks as the system');
  }
}

function unanswered(conversation: ConversationRecord): number {
  let count = 0;
  for (let i = conversation.messages.length - 1; i >= 0; i--) {
    const message = conversation.messages[i]?.message;
    if (message?.sender.role === 'consumer') break;
    if (message?.sender.role === 'agent') count++;
  }
  return count;
}

function mayOpen(context: RequestContext, attachmentId: string): boolean {
  const { world, agent } = context;
  const record = world.attachments.get(attachmentId);
  if (record?.by === agent.agent_id) return true;
  for (const conversation of world.conversations.values()) {
    const upTo = visibleUpTo(agent, conversation);
    if (upTo === 0) continue;
    for (const { message, recalled } of conversation.messages)
      if (
        message.attachment?.attachment_id === attachmentId &&
        message.conv_seq <= upTo &&
        (recalled === null || isOverseer(agent.role))
      )
        return true;
  }
  return false;
}

function remember(
  context: RequestContext,
  fields: RequestFields<'message.recall'>,
  outcome: {
    ok: boolean;
    effect?: RecallRecord['effect'];
    code?: string;
    details?: Record<string, unknown>;
    sentAt: number | null;
  },
): RecallRecord {
  const at = context.world.now();
  const record: RecallRecord = {
    recall_id: fields.recall_id,
    agent_id: context.agent.agent_id,
    msg_id: fields.msg_id,
    conversation_id: fields.conversation_id,
    ok: outcome.ok,
    effect: outcome.effect ?? null,
    code: outcome.code ?? null,
    details: outcome.details ?? null,
    at,
    elapsed_ms: Math.max(0, at - (outcome.sentAt ?? at)),
  };
  context.world.saveRecall(record);
  return record;
}

/** The answer of a recall, the first time and whenever it is asked again with the same id (RC11). */
function recallAnswer(context: RequestContext, record: RecallRecord): RequestResult<'message.recall'> {
  const { world, agent } = context;
  if (!record.ok || record.effect === null)
    throw new Refusal(record.code ?? 'SERVER_BUSY', 'not recalled', { details: record.details ?? {} });
  const conversation = world.conversations.get(record.conversation_id);
  const limit = conversation === undefined ? 0 : shopOf(world, conversation).policy.recall.per_hour_hard;
  return {
    recall_id: record.recall_id,
    effect: record.effect,
    recalled_at: record.at,
    elapsed_ms: record.elapsed_ms,
    quota: { used: world.recallTimes(agent.agent_id, world.now() - HOUR).length, limit },
  };
}
