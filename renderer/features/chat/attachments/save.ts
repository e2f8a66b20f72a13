import { plainName } from '#shared/domain/attachments/names.ts';
import type { MessageKey } from '#shared/domain/ids.ts';
import type { AppError } from '#shared/contract/errors.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { saveFile } from '#renderer/bridge/save.ts';

/** Through the host's own dialog to a place that the person chose; in a plain browser as a download. */
export async function saveAttachment(
  message_key: MessageKey,
  name: string,
): Promise<{ readonly ok: true; readonly name: string | null } | { readonly ok: false; readonly error: AppError }> {
  let chosen: string | null = null;
  const answer = await saveFile(plainName(name), (target, as) => {
    chosen = as;
    return bridge.call('attachments.save', { message_key, target });
  });
  return answer === null || answer.ok ? { ok: true, name: chosen } : answer;
}
