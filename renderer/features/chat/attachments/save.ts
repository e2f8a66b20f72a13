import { plainName } from '#shared/domain/attachments/names.ts';
import type { MessageKey } from '#shared/domain/ids.ts';
import type { AppError } from '#shared/contract/errors.ts';
import { bridge } from '#renderer/bridge/index.ts';

/** Through the host's own dialog to a place that the person chose; in a plain browser as a download. */
export async function saveAttachment(
  message_key: MessageKey,
  name: string,
): Promise<{ readonly ok: true; readonly name: string | null } | { readonly ok: false; readonly error: AppError }> {
  const target = await bridge.pickSave(plainName(name));
  if (!target.ok) return target;
  if (target.result === null) return { ok: true, name: null };
  const answer = await bridge.call('attachments.save', { message_key, target: target.result.handle });
  if (!answer.ok) return answer;
  if (bridge.host === 'browser') {
    const link = document.createElement('a');
    link.href = new URL(`files/download/${target.result.handle}`, document.baseURI).href;
    link.download = target.result.name;
    link.click();
  }
  return { ok: true, name: target.result.name };
}
