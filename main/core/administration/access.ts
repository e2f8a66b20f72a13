import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers, ProcedureName } from '#shared/contract/procedures.ts';
import { ACCESS, type Access } from '#shared/contract/access.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import type { Role } from '#shared/protocol/entities.ts';

export interface AccessPorts {
  /** Roles of the accounts signed in here, by account; null where an account was never welcomed. */
  roles(): Promise<readonly { readonly account_id: string; readonly role: Role | null; readonly practice: boolean }[]>;
  /** Any of these accounts is connected and caught up, or has no gateway to ask (a profile of imports). */
  isOnline(accounts: readonly string[]): boolean;
}

/**
 * AD1: every procedure passes here before its handler runs. What is declared nowhere is refused. Where the input names an
 * account, that account's role decides, otherwise the profile's roles; the handlers judge conversations more closely.
 * Offline the cached role is enough for reading; what `needs: 'online'` says waits for the gateway to confirm the role.
 */
export function guardHandlers(handlers: Handlers, ports: AccessPorts): Handlers {
  const guarded = Object.entries(handlers).map(([name, handler]) => [
    name,
    async (input: unknown) => {
      await checkAccess(name, input, ports);
      return (handler as (input: unknown) => Promise<unknown>)(input);
    },
  ]);
  return Object.fromEntries(guarded) as Handlers;
}

export async function checkAccess(name: string, input: unknown, ports: AccessPorts): Promise<void> {
  const access: Access | undefined = Object.hasOwn(ACCESS, name) ? ACCESS[name as ProcedureName] : undefined;
  if (access === undefined)
    throw new AppFailure('NO_PERMISSION', 'nobody was given this procedure', { procedure: name });
  if (access.may === 'everyone') return;
  const permission = access.may;
  const accounts = (await ports.roles()).filter(({ practice, role }) => !practice || role !== null);
  // A profile without any account holds nothing but what its person imported, and that is theirs.
  if (accounts.length === 0) return;
  const named = accountNamed(input);
  // An account that isn't here is the handler's to refuse (NOT_FOUND).
  const asked = named === null ? accounts : accounts.filter(({ account_id }) => account_id === named);
  if (named !== null && asked.length === 0) return;
  const allowed = asked.filter(({ role }) => isPermitted(role, permission));
  if (allowed.length === 0)
    throw new AppFailure('NO_PERMISSION', permission, {
      permission,
      roles: asked.flatMap(({ role }) => (role === null ? [] : [role])),
    });
  if (access.needs === 'online' && !ports.isOnline(allowed.map(({ account_id }) => account_id)))
    throw new AppFailure('OFFLINE', 'a cached role is enough for reading only', { permission });
}

function accountNamed(input: unknown): string | null {
  if (typeof input !== 'object' || input === null || !('account_id' in input)) return null;
  return typeof input.account_id === 'string' ? input.account_id : null;
}
