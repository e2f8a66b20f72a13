import type { TFunction } from 'i18next';
import type { AppError } from '#shared/contract/errors.ts';
import type { MessageView, OutgoingView } from '#shared/contract/views.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorLine, errorWords } from '#renderer/ui/words.ts';

// What a person asks for at a message, done by the core. A text that comes back is the answer, for the composer; null: none
// does, and where that is a failure it has been said.

/** PV2: it has not left yet; nothing was sent. */
export async function cancelSend(outgoing: OutgoingView, t: TFunction): Promise<string | null> {
  const answer = await bridge.call('messages.cancel', { client_msg_id: outgoing.client_msg_id });
  if (!answer.ok) return failed(answer.error);
  toast({ tone: 'done', text: t('chat.cancelled') });
  return answer.result.text;
}

export async function retrySend(outgoing: OutgoingView): Promise<void> {
  const answer = await bridge.call('messages.retry', { client_msg_id: outgoing.client_msg_id });
  if (!answer.ok) failed(answer.error);
}

export async function discardSend(outgoing: OutgoingView): Promise<string | null> {
  const answer = await bridge.call('messages.discard', { client_msg_id: outgoing.client_msg_id });
  return answer.ok ? answer.result.text : failed(answer.error);
}

/** RC14: the text of an own recall, while it may be edited anew. */
export async function reedit(message: MessageView): Promise<string | null> {
  const recallId = message.recall?.recall_id ?? message.recalled?.recall_id;
  if (!recallId) return null;
  const answer = await bridge.call('recall.reedit', { recall_id: recallId });
  return answer.ok ? answer.result.text : failed(answer.error);
}

/** RM4: by hand, where no recall opened one. */
export async function addIncident(message: MessageView, t: TFunction): Promise<void> {
  const answer = await bridge.call('incidents.open', { message_key: message.key, cause: 'manual' });
  if (answer.ok) toast({ tone: 'done', text: t('incidents.card.added') });
  else failed(answer.error);
}

export async function copyText(text: string, t: TFunction): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast({ tone: 'done', text: t('common.copied') });
  } catch {
    toast({ tone: 'failed', text: t('common.copyFailed') });
  }
}

function failed(error: AppError): null {
  const words = errorWords(error);
  toast({ tone: 'failed', text: words.title, note: errorLine(words) });
  return null;
}
