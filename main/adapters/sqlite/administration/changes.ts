import type { Policy, Role } from '#shared/protocol/entities.ts';
import { appendAudit } from '../audit.ts';
import type { WritableDatabase } from '../connection.ts';

/** AD4: changes of roles and policies as the gateway tells them, in the transaction that stores them: each once. */

export function noteRole(db: WritableDatabase, agentId: string, from: string, to: Role, at: number): void {
  appendAudit(db, { at, actor: 'gateway', action: 'role.changed', details: { agent_id: agentId, from, to } });
}

/** Nothing where it is the policy known already, or an older one. `shop`: the row; before it is changed. */
export function notePolicy(db: WritableDatabase, shop: number, shopId: string, policy: Policy, at: number): void {
  const stored = db.readOne<string | null>('SELECT policy FROM shops WHERE id = ?').get(shop) ?? null;
  if (stored === null) return;
  const before = JSON.parse(stored) as Policy;
  if (before.version > policy.version || stored === JSON.stringify(policy)) return;
  const parts = (Object.keys(policy) as (keyof Policy)[]).filter(
    (part) => part !== 'version' && JSON.stringify(before[part]) !== JSON.stringify(policy[part]),
  );
  if (parts.length === 0 && before.version === policy.version) return;
  appendAudit(db, {
    at,
    actor: 'gateway',
    action: 'policy.changed',
    details: { shop_id: shopId, from: before.version, to: policy.version, parts },
  });
}
