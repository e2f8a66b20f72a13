import type { Policy, Role } from '../../protocol/entities.ts';
import { isPermitted } from '../permissions.ts';

/**
 * Deleting a customer group (AD2) as a row of steps, each stored before the next begins, so that whatever ends the program
 * leaves a state from which the person or the program goes on.
 *
 * started → exported (whole and verified) → noticed (the notice is written) → requested (asked for, answer unknown) →
 * removed (out of use, restorable) → purged (rows gone) → erased (gone from every page, log, index and cache).
 * Back: restored. Beside: held (the purge waits for a hold), abandoned.
 */
export const DELETION_STEPS = [
  'started',
  'exported',
  'noticed',
  'requested',
  'removed',
  'restored',
  'held',
  'purged',
  'erased',
  'abandoned',
] as const;
export type DeletionStep = (typeof DELETION_STEPS)[number];

const FOLLOWS: Readonly<Record<DeletionStep, readonly DeletionStep[]>> = {
  started: ['exported', 'abandoned'],
  // A second export replaces the first.
  exported: ['exported', 'noticed', 'abandoned'],
  noticed: ['exported', 'noticed', 'requested', 'abandoned'],
  // Refused by the gateway: back to where the person can decide.
  requested: ['noticed', 'removed', 'purged', 'held', 'restored'],
  removed: ['restored', 'held', 'purged'],
  held: ['purged', 'restored'],
  purged: ['erased'],
  erased: [],
  restored: ['started'],
  abandoned: ['started'],
};

/** Whether a deletion at `from` may be brought to `to`; null: none was begun. */
export function mayFollow(from: DeletionStep | null, to: DeletionStep): boolean {
  return from === null ? to === 'started' : FOLLOWS[from].includes(to);
}

/** The group is still in use and the person is on the way through the steps. */
export function isUnderWay(step: DeletionStep): boolean {
  return step === 'started' || step === 'exported' || step === 'noticed' || step === 'requested';
}

export type DeletionDenial = 'role' | 'policy' | 'no_policy';

export type DeletionRight = { readonly allowed: true } | { readonly allowed: false; readonly reason: DeletionDenial };

/** AD2, first step. Both have to say yes: the program's own table, and the shop's policy. Fails closed without a policy. */
export function mayDeleteGroup(role: Role | null | undefined, policy: Policy | null): DeletionRight {
  if (policy === null) return { allowed: false, reason: 'no_policy' };
  if (!isPermitted(role, 'group.delete')) return { allowed: false, reason: 'role' };
  if (role === null || role === undefined || !policy.group_delete.roles.includes(role))
    return { allowed: false, reason: 'policy' };
  return { allowed: true };
}

/** The typed name is the group's: what the eye doesn't see (width, spaces at the ends) may differ, nothing else. */
export function isTypedName(typed: string, title: string): boolean {
  const plain = (text: string): string => text.normalize('NFKC').trim().replace(/\s+/g, ' ');
  return plain(typed) !== '' && plain(typed) === plain(title);
}

/** What is said of a purged conversation for ever (AD2): no content, no names. */
export interface Tombstone {
  readonly messages: number;
  readonly recalled: number;
  readonly attachments: number;
  readonly first_at: number | null;
  readonly last_at: number | null;
  /** SHA-256 (hex) over id, time, sender and text of every message in order: proves what it was, to whoever has a copy. */
  readonly sha256: string;
}
