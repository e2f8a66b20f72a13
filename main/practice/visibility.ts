import type { Conversation, Message, Role } from '#shared/protocol/entities.ts';
import type { AgentRecord, ConversationRecord, MessageRecord } from './records.ts';

/** Roles that see every conversation of their shops and may open seals (RC19, AD1). */
const OVERSEERS: ReadonlySet<Role> = new Set<Role>(['supervisor', 'qa', 'admin']);

export function isOverseer(role: Role): boolean {
  return OVERSEERS.has(role);
}

/** Newest conv_seq of a conversation that an agent may see: Infinity for all, 0 for nothing (IN4, SR10). */
export function visibleUpTo(agent: AgentRecord, conversation: ConversationRecord): number {
  const { data } = conversation;
  if (!agent.shop_ids.includes(data.shop_id)) return 0;
  if (isOverseer(agent.role) || data.intake === 'waiting' || data.assignee?.agent_id === agent.agent_id)
    return Infinity;
  if (data.type === 'group' && data.members?.some((member) => member.id === agent.agent_id)) return Infinity;
  for (let i = data.assignments.length - 1; i >= 0; i--)
    if (data.assignments[i]?.agent_id === agent.agent_id) return conversation.assignment_end_seqs[i] ?? Infinity;
  return 0;
}

/** A message as an agent may see it: a recalled one without content for roles that may not open seals. */
export function showMessage(agent: AgentRecord, record: MessageRecord): Message {
  const { message, recalled } = record;
  if (recalled === null) return message;
  if (isOverseer(agent.role)) return { ...message, recalled };
  const { attachment: _attachment, order: _order, ...rest } = message;
  return { ...rest, text: null, order_nos: [], violation_nos: [], recalled };
}

/** A conversation as an agent may see it: for an earlier agent it ends where their part ended (IN4). */
export function showConversation(agent: AgentRecord, conversation: ConversationRecord): Conversation {
  const { data } = conversation;
  const upTo = visibleUpTo(agent, conversation);
  if (upTo >= data.last_seq || upTo === 0) return data;
  return {
    ...data,
    last_seq: upTo,
    last_message_at: conversation.messages[upTo - 1]?.message.sent_at ?? null,
    agent_read_seq: Math.min(data.agent_read_seq, upTo),
    consumer_read_seq: Math.min(data.consumer_read_seq, upTo),
  };
}
