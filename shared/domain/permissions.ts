import type { Role } from '../protocol/entities.ts';

/** Everything a role may or may not do here (AD1). The gateway decides again for whatever reaches it. */
export type Permission =
  | 'conversation.claim'
  | 'conversation.transfer'
  | 'conversation.end'
  | 'message.send'
  /** Look at and save pictures and files of messages that one may see (IN8). */
  | 'attachment.open'
  /** Only whether recall may be asked for at all; whether this one may is assessRecall's (RC2). */
  | 'recall.request'
  | 'recall.dashboard'
  /** Colleagues' figures in the overview; one's own are everybody's. */
  | 'overview.team'
  | 'records.search'
  /** See whole sources instead of the parts assigned to oneself (SR10, IN4). */
  | 'records.search_all'
  | 'records.import'
  | 'records.export'
  | 'seal.open'
  | 'incident.write'
  | 'incident.decide'
  | 'playbook.edit'
  /** Local additions to a shop's sensitive words (PV3), its quick replies (PV7), articles (PV8). */
  | 'composer.edit_shop'
  /** Notes and tags on consumers (IN1). */
  | 'consumer.note'
  /** Lessons of the practice shop. */
  | 'lesson.edit'
  | 'compensation.approve'
  | 'review.write'
  | 'review.decide'
  /** Against a review of one's own work (QA5). */
  | 'review.appeal'
  | 'scorecard.edit'
  /** The most that a shop's policy can allow (AD2); it decides which of these roles do. */
  | 'group.delete'
  /** Settings and runs of retention; seeing what goes when; holds (AD3). */
  | 'retention.run'
  | 'retention.read'
  | 'hold.place'
  | 'evidence.mark'
  | 'audit.read'
  /** Recovery key and change of keys of the profile on this machine (ST1). */
  | 'keys.care'
  /** Back to an older state of this machine's records (ST4). */
  | 'backup.restore';

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
  'attachment.open': EVERYONE,
  'recall.request': EVERYONE,
  'recall.dashboard': OVERSIGHT,
  'overview.team': OVERSIGHT,
  'records.search': EVERYONE,
  'records.search_all': OVERSIGHT,
  'records.import': EVERYONE,
  'records.export': EVERYONE,
  'seal.open': OVERSIGHT,
  'incident.write': FRONT,
  'incident.decide': LEADS,
  'playbook.edit': LEADS,
  'composer.edit_shop': LEADS,
  'consumer.note': FRONT,
  'lesson.edit': LEADS,
  'compensation.approve': LEADS,
  'review.write': OVERSIGHT,
  'review.decide': LEADS,
  'review.appeal': EVERYONE,
  'scorecard.edit': OVERSIGHT,
  'group.delete': LEADS,
  'retention.run': roles('admin'),
  'retention.read': OVERSIGHT,
  'hold.place': LEADS,
  'evidence.mark': OVERSIGHT,
  'audit.read': OVERSIGHT,
  // Whoever works at this machine answers for its records: an agent's own profile must be recoverable too.
  'keys.care': EVERYONE,
  'backup.restore': LEADS,
};

/** Fails closed: no role, a role or a permission that was not thought of has nothing. */
export function isPermitted(role: Role | null | undefined, permission: Permission): boolean {
  if (role === null || role === undefined) return false;
  return Object.hasOwn(TABLE, permission) && TABLE[permission].has(role);
}

export const PERMISSIONS = Object.keys(TABLE) as readonly Permission[];

/** Who has it, for saying whom to ask. */
export function rolesWith(permission: Permission): readonly Role[] {
  return Object.hasOwn(TABLE, permission) ? [...TABLE[permission]] : [];
}
