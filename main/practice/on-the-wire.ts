import type { AttachmentId, DeviceId } from '#shared/domain/ids.ts';
import type { Agent, Attachment, Sender } from '#shared/protocol/entities.ts';
import type { AttachmentRecord, ConversationRecord } from './records.ts';

/** What the gateway keeps, in the shapes of the wire. */

export function agentSender(agent: Agent, deviceId: DeviceId | null): Sender {
  return { role: 'agent', id: agent.agent_id, name: agent.name, ...(deviceId === null ? {} : { device_id: deviceId }) };
}

export function consumerSender(conversation: ConversationRecord): Sender {
  const { consumer, members } = conversation.data;
  if (consumer !== null) return { role: 'consumer', id: consumer.consumer_id, name: consumer.name };
  const member = members?.find(({ role }) => role === 'consumer');
  return { role: 'consumer', id: member?.id ?? 'unknown', name: member?.name ?? '' };
}

export function attachmentOf(record: AttachmentRecord): Attachment {
  return {
    attachment_id: record.attachment_id as AttachmentId,
    name: record.name,
    mime: record.mime,
    bytes: record.bytes,
    sha256: record.sha256,
    ...(record.drawn === null ? {} : { width: record.drawn.width, height: record.drawn.height }),
  };
}
