import { useMemo } from 'react';
import type { ConversationView } from '#shared/contract/views.ts';
import type { IndexedMember } from '#shared/domain/composer/find-members.ts';
import { spelledName } from '#shared/domain/composer/spelled.ts';
import { useAsk } from '#renderer/bridge/ask.ts';

const NOBODY: readonly IndexedMember[] = [];

/** Members to be mentioned, by name and, once the core has spelled them, by pinyin. `wanted`: one is being looked up. */
export function useMembers(conversation: ConversationView, wanted: boolean): readonly IndexedMember[] {
  const { key, members } = conversation;
  const asked = useAsk('conversations.members', wanted ? { conversation_key: key } : null);
  const spelled = asked.data?.members;
  return useMemo(() => {
    if (!wanted) return NOBODY;
    const known = new Map(spelled?.map((member) => [`${member.id} ${member.name}`, member]));
    return members.map(({ id, name }) => {
      const found = known.get(`${id} ${name}`);
      return { id, name, spelled: spelledName(name, found?.spelled ?? '', found?.initials ?? '') };
    });
  }, [wanted, members, spelled]);
}
