import { createHash } from 'node:crypto';
import type { StagedAttachment } from '#shared/contract/attachments.ts';
import type { ProcedureInput, ProcedureName, ProcedureOutput } from '#shared/contract/procedures.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';

/** What a window does to hand a file over, for tests. */

type Call = <N extends ProcedureName>(procedure: N, input: ProcedureInput<N>) => Promise<ProcedureOutput<N>>;

export const PIECE = 256 * 1024;
export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that are no picture, different for each seed, and hard to compress. */
export function noise(length: number, seed: number): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < length; at += 64) blocks.push(createHash('sha512').update(`${seed} ${at}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

export async function stage(
  call: Call,
  conversation_key: ConversationKey,
  name: string,
  content: Buffer,
): Promise<StagedAttachment> {
  const { upload_id } = await call('attachments.begin', { conversation_key, name, bytes: content.length });
  for (let offset = 0; offset < content.length; offset += PIECE)
    await call('attachments.write', {
      upload_id,
      offset,
      data: content.subarray(offset, offset + PIECE).toString('base64'),
    });
  return call('attachments.finish', { upload_id });
}

export async function stageAndSend(
  call: Call,
  conversation_key: ConversationKey,
  name: string,
  content: Buffer,
): Promise<string> {
  const { staged_id } = await stage(call, conversation_key, name, content);
  const { client_msg_ids } = await call('attachments.send', { conversation_key, staged_ids: [staged_id] });
  return client_msg_ids[0] ?? '';
}
