import type { Role } from '../protocol/entities.ts';

/** Everything a role may or may not do here (AD1). The gateway decides again for whatever reaches it. */
export type Permission =
  | 'conversation.claim'
  | 'conversation.transfer'
  | 'conversation.end'
  | 'message.send'
  /** Only whether recall may be asked for at all; whether this one may is assessRecall's (RC2). */
  | 'recall.request'
  | 'recall.dashboard'
  | 'records.search'
  /** See whole sources instead of the parts assigned to oneself (SR10, IN4). */
  | 'records.search_all'
  | 'records.import'
  | 'records.export'
  | 'seal.open'
  | 'incident.write'
  | 'incident.decide'
  | 'playbook.edit'
  | 'compensation.approve'
  | 'review.write'
  | 'review.decide'
  | 'group.delete'
  | 'retention.run'
  | 'audit.read';

const roles = (...list: readonly Role[]): ReadonlySet<Role> => new Set(list);
const EVERYONE = roles('agent', 'supervisor', 'qa', 'admin');
const FRONT = roles('agent', 'supervisor', 'admin');
const LEADS = roles('supervisor', 'admin');
const OVERSIGHT = roles('supervisor', 'qa', 'admin');

/** The one table. A new permission doesn't compile until somebody decides who has it. */
const TABLE: Readonly<Record<Permission, ReadonlySet<Role>>> = {
  'conversation.claim': FRONT,
  'conversation.transfer': FRONT,
  'conversation.end': FRONT,
  'message.send': FRONT,
  'recall.request': EVERYONE,
  'recall.dashboard': OVERSIGHT,
  'records.search': EVERYONE,
  'records.search_all': OVERSIGHT,
  'records.import': EVERYONE,
  'records.export': EVERYONE,
  'seal.open': OVERSIGHT,
  'incident.write': FRONT,
  'incident.decide': LEADS,
  'playbook.edit': LEADS,
  'compensation.approve': LEADS,
  'review.write': OVERSIGHT,
  'review.decide': LEADS,
  'group.delete': roles('admin'),
  'retention.run': roles('admin'),
  'audit.read': OVERSIGHT,
};

/** Fails closed: no role, a role or a permission that was not thought of has nothing. */
export function isPermitted(role: Role | null | undefined, permission: Permission): boolean {
  if (role === null || role === undefined) return false;
  return Object.hasOwn(TABLE, permission) && TABLE[permission].has(role);
}

export const PERMISSIONS = Object.keys(TABLE) as readonly Permission[];
