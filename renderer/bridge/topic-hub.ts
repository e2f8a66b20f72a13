import type { TopicMessage, TopicName, Topics } from '#shared/contract/topics.ts';

/** Where somebody asked to be taken, outside the window: kept until the screen that can go there listens, and told once. */
const KEPT: ReadonlySet<TopicName> = new Set(['open', 'outside'] as const);

type Listener<T extends TopicName> = (payload: Topics[T]) => void;

/** Hands topic messages to whoever listens; one listener's failure doesn't keep the others from hearing. */
export function createTopicHub() {
  const listeners = new Map<TopicName, Set<Listener<TopicName>>>();
  const kept = new Map<TopicName, TopicMessage>();
  return {
    publish(message: TopicMessage): void {
      const hearing = listeners.get(message.topic);
      if (KEPT.has(message.topic) && !hearing?.size) kept.set(message.topic, message);
      for (const listener of hearing ?? []) {
        try {
          (listener as (payload: unknown) => void)(message.payload);
        } catch (thrown) {
          reportError(thrown);
        }
      }
    },
    subscribe<T extends TopicName>(topic: T, listener: Listener<T>): () => void {
      const own = listener as Listener<TopicName>;
      let set = listeners.get(topic);
      if (!set) listeners.set(topic, (set = new Set()));
      set.add(own);
      const waiting = kept.get(topic);
      kept.delete(topic);
      if (waiting !== undefined) own(waiting.payload as Topics[TopicName]);
      return () => set.delete(own);
    },
  };
}
