import { expect, test } from 'vitest';
import type { TopicMessage } from '#shared/contract/topics.ts';
import { createTopicHub } from './topic-hub.ts';

const goal = (key: number): TopicMessage =>
  ({ topic: 'open', payload: { account_id: 'a', conversation_key: key, kind: 'reply' } }) as unknown as TopicMessage;

test('[IN3] where somebody asked to go is kept until a screen listens, the last of it, and told once', () => {
  const hub = createTopicHub();
  const heard: unknown[] = [];
  hub.publish(goal(1));
  hub.publish(goal(2));
  const stop = hub.subscribe('open', ({ conversation_key }) => heard.push(conversation_key));
  expect(heard).toEqual([2]);
  hub.publish(goal(3));
  expect(heard).toEqual([2, 3]);
  // While the screen is drawn anew nobody listens for a moment.
  stop();
  hub.publish(goal(4));
  hub.subscribe('open', ({ conversation_key }) => heard.push(conversation_key));
  hub.subscribe('open', () => heard.push('second'));
  expect(heard).toEqual([2, 3, 4]);
  // A hint to ask again is worth nothing later.
  hub.publish({ topic: 'replies', payload: {} });
  hub.subscribe('replies', () => heard.push('replies'));
  expect(heard).toEqual([2, 3, 4]);
});
