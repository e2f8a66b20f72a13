import { rankName, termsOf, type SpelledName } from './spelled.ts';

export interface IndexedMember {
  readonly id: string;
  readonly name: string;
  readonly spelled: SpelledName;
}

/** Members whose name, pinyin or initials fit every term, best first, then as the group has them. Empty: all. */
export function findMembers(members: readonly IndexedMember[], query: string, limit: number): IndexedMember[] {
  const terms = termsOf(query);
  return members
    .map((member, place) => {
      const ranks = terms.map((term) => rankName(member.spelled, term));
      return { member, place, rank: ranks.includes(-1) ? -1 : ranks.reduce((sum, rank) => sum + rank, 0) };
    })
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank || a.place - b.place)
    .slice(0, limit)
    .map(({ member }) => member);
}
