import type { TFunction } from 'i18next';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { go, usePlace } from './store.ts';

/** A conversation that another screen names by its key: shown in the list that it is in now. */
export async function openByKey(key: ConversationKey): Promise<void> {
  const answer = await bridge.call('conversations.get', { conversation_key: key });
  if (answer.ok) return go.open(answer.result);
  const words = errorWords(answer.error);
  toast({ tone: 'failed', text: words.title, note: errorLine(words) });
}

/** One key to whoever needs an answer most (IN1), among what is chosen at the left. Pressed again: the one behind. */
export async function jumpTo(what: 'longest_waiting' | 'unreplied', t: TFunction): Promise<void> {
  const { accountId, shopId, conversation } = usePlace.getState();
  const answer = await bridge.call('conversations.next', {
    account_id: accountId,
    ...(shopId === null ? {} : { shop_id: shopId }),
    what,
    ...(conversation === null ? {} : { after: conversation }),
  });
  if (!answer.ok) {
    const words = errorWords(answer.error);
    toast({ tone: 'failed', text: words.title, note: errorLine(words) });
  } else if (answer.result.conversation !== null) go.open(answer.result.conversation);
  else toast({ tone: 'info', text: t(what === 'unreplied' ? 'desk.jump.noneUnreplied' : 'desk.jump.noneWaiting') });
}
