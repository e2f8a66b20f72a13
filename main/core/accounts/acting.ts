import { AppFailure } from '#shared/contract/errors.ts';
import { isPermitted, type Permission } from '#shared/domain/permissions.ts';
import type { StoreReader } from '../ports/store.ts';

/** Whoever opened a profile without any account: nobody's records are in it but their own. */
export const LOCAL_ACTOR = 'local';

/** Who acts where no account is named: everyone signed in here, or the profile itself (EX8). */
export async function actorOf(store: Pick<StoreReader, 'accounts'>): Promise<string> {
  const agents = (await store.accounts()).flatMap((account) =>
    account.agent === null ? [] : [account.agent.agent_id],
  );
  return agents.length === 0 ? LOCAL_ACTOR : [...new Set(agents)].join(',');
}

/**
 * AD1, for what concerns the profile and no single account (import, export). One of the stored roles has to allow it, so
 * it holds offline too. Fails closed: accounts of which none was ever welcomed have no role. A profile without any
 * account holds nothing but what its person imported, and that is theirs; a practice account before its first welcome is
 * none yet. AppFailure NO_PERMISSION.
 */
export async function permitProfile(store: Pick<StoreReader, 'accounts'>, permission: Permission): Promise<void> {
  const accounts = (await store.accounts()).filter(({ practice, agent }) => !practice || agent !== null);
  if (accounts.length === 0) return;
  const roles = accounts.map(({ agent }) => agent?.role ?? null);
  if (roles.some((role) => isPermitted(role, permission))) return;
  throw new AppFailure('NO_PERMISSION', permission, { permission, roles: roles.filter((role) => role !== null) });
}
