import { useEffect } from 'react';
import type { LessonRunView } from '#shared/contract/lessons.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';

/** Lessons and the one under way; what really happened is looked at again when messages, chats or incidents changed. */
export function useLessons() {
  const asked = useAsk('lessons.list', {});
  const { reload, data } = asked;
  const running = data !== null && data.running !== null;
  useEffect(() => bridge.subscribe('lessons', reload), [reload]);
  useEffect(() => {
    if (!running) return undefined;
    // A consumer's phone follows the gateway, not this window: what was just done shows there a moment later.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hint = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        reload();
      }, 400);
    };
    const stop = [
      bridge.subscribe('messages', hint),
      bridge.subscribe('conversations', hint),
      bridge.subscribe('incidents', hint),
    ];
    return () => {
      clearTimeout(timer);
      for (const end of stop) end();
    };
  }, [running, reload]);
  return asked;
}

export type OpenConversation = (
  key: NonNullable<LessonRunView['conversations'][number]['conversation_key']>,
  intake: LessonRunView['conversations'][number]['intake'],
) => void;
