import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { Pinyin } from '../ports/pinyin.ts';
import type { Store } from '../ports/store.ts';

/** Members of a group as they are mentioned: with their names' pinyin, which the window can't spell itself. */
export function createMembers(ports: {
  readonly store: Store;
  /** Absent: they are found by their names alone. */
  readonly pinyin?: Pinyin;
}): Pick<Handlers, 'conversations.members'> {
  return {
    async 'conversations.members'({ conversation_key }) {
      const conversation = await ports.store.conversation(conversation_key);
      if (conversation === null) throw new AppFailure('NOT_FOUND', 'no such conversation');
      return {
        members: conversation.members.map(({ id, name }) => ({
          id,
          name,
          ...(ports.pinyin?.spell(name) ?? { spelled: '', initials: '' }),
        })),
      };
    },
  };
}
