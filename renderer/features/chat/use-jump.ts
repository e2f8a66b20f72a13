import { useCallback, useRef, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { toast } from '#renderer/ui/Toast.tsx';
import type { MessageListHandle } from './MessageList.tsx';
import type { useChat } from './use-chat.ts';

/** Older pages are loaded on the way, this many at the most. */
const MOST_PAGES = 25;
const PAGE = 200;

/** To a message of this chat, wherever it stands: what isn't loaded yet is loaded until it is there. */
export function useJump(list: RefObject<MessageListHandle | null>, { shown, older }: ReturnType<typeof useChat>) {
  const { t } = useTranslation();
  /** Whoever wants to go somewhere else meanwhile isn't taken back by what was wanted before. */
  const turn = useRef(0);
  /** `wireId`: null as long as it isn't loaded. Answers false where it isn't to be had. */
  const go = useCallback(
    async (wireId: () => string | null): Promise<boolean> => {
      const own = ++turn.current;
      for (let page = 0; page < MOST_PAGES; page++) {
        const id = wireId();
        if (id !== null && list.current?.show(id)) return true;
        if (id === null && !(await older(PAGE))) return false;
        await drawn();
        if (own !== turn.current) return true;
      }
      return false;
    },
    [list, older],
  );
  /** By its key; false where it isn't to be had. */
  const showKey = useCallback(
    (key: number): Promise<boolean> => go(() => shown.current.find((one) => one.key === key)?.msg_id ?? null),
    [go, shown],
  );
  /** By its wire id, saying so where it can't be found. */
  const jumpTo = useCallback(
    async (msgId: string): Promise<void> => {
      const there = (): string | null => (shown.current.some((one) => one.msg_id === msgId) ? msgId : null);
      if (!(await go(there))) toast({ tone: 'info', text: t('chat.jumpNotFound') });
    },
    [go, shown, t],
  );
  return { showKey, jumpTo };
}

/** The list learns of an older page with the next frame. */
function drawn(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}
