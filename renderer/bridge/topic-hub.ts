import type { TopicMessage, TopicName, Topics } from '#shared/contract/topics.ts';

type Listener<T extends TopicName> = (payload: Topics[T]) => void;

/** Hands topic messages to whoever listens; one listener's failure doesn't keep the others from hearing. */
export function createTopicHub() {
  const listeners = new Map<TopicName, Set<Listener<TopicName>>>();
  return {
    publish(message: TopicMessage): void {
      for (const listener of listeners.get(message.topic) ?? []) {
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
      return () => set.delete(own);
    },
  };
}
