import { isPermitted, type Permission } from '#shared/domain/permissions.ts';
import type { Reviewer } from '#shared/domain/review/review.ts';
import { LOCAL_ACTOR } from '../accounts/acting.ts';
import type { Store, StoredAccount, Visibility } from '../ports/store.ts';
import { IMPORT_SOURCE } from '../search/visibility.ts';

/** Who is signed in here, as far as quality review is concerned (AD1, SR10). The stored role counts, so it holds offline. */
export interface People {
  /** Whoever has the permission for that source, or null. Records of other systems: whoever has it anywhere. */
  withPermission(source: string, permission: Permission): Reviewer | null;
  /** The person as themselves at that source, whatever the role. */
  at(source: string): readonly Reviewer[];
  anyWith(permission: Permission): Reviewer | null;
  /** Sources that are reviewed from here. */
  readonly sources: readonly string[];
  /** Own accounts: their own work, their own reviews. */
  readonly own: readonly { readonly source: string; readonly agent_id: string }[];
  readonly visibility: Visibility;
}

const LOCAL: Reviewer = { id: LOCAL_ACTOR, name: LOCAL_ACTOR, role: 'qa' };

/**
 * Fails closed: accounts that were never welcomed have no role. A profile without any account holds only what its person
 * imported, and that person reviews it.
 */
export async function peopleOf(store: Pick<Store, 'accounts'>): Promise<People> {
  const all = (await store.accounts()).filter(({ practice, agent }) => !practice || agent !== null);
  const known = all.filter(
    (account): account is StoredAccount & { agent: NonNullable<StoredAccount['agent']> } => account.agent !== null,
  );
  const personOf = ({ agent }: (typeof known)[number]): Reviewer => ({
    id: agent.agent_id,
    name: agent.name,
    role: agent.role,
  });
  /** Where a supervisor and QA are both signed in, QA reviews and the supervisor is left to decide appeals. */
  const bestOf = (
    able: readonly (typeof known)[number][],
    permission: Permission,
  ): (typeof known)[number] | undefined =>
    (permission === 'review.write' ? able.find(({ agent }) => agent.role === 'qa') : undefined) ?? able[0];
  const anyWith = (permission: Permission): Reviewer | null => {
    if (all.length === 0) return isPermitted(LOCAL.role, permission) ? LOCAL : null;
    const found = bestOf(
      known.filter(({ agent }) => isPermitted(agent.role, permission)),
      permission,
    );
    return found === undefined ? null : personOf(found);
  };
  const sources = [
    ...new Set(known.filter(({ agent }) => isPermitted(agent.role, 'review.write')).map(({ source }) => source)),
  ];
  if (anyWith('review.write') !== null) sources.push(IMPORT_SOURCE);
  return {
    withPermission(source, permission) {
      const able = known.filter((each) => each.source === source && isPermitted(each.agent.role, permission));
      const found = bestOf(able, permission);
      if (found !== undefined) return personOf(found);
      return source === IMPORT_SOURCE ? anyWith(permission) : null;
    },
    at: (source) => known.filter((each) => each.source === source).map(personOf),
    anyWith,
    sources,
    own: [
      ...known.map(({ source, agent }) => ({ source, agent_id: agent.agent_id as string })),
      ...(all.length === 0 ? [{ source: IMPORT_SOURCE, agent_id: LOCAL_ACTOR }] : []),
    ],
    visibility: { kind: 'limited', sources, agents: [] },
  };
}
