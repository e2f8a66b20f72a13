import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';

/** What the audit log covers so far (AD4). Details carry ids, codes and counts, never message text. */
export type AuditAction =
  | 'session.signed_in'
  | 'session.ended'
  | 'account.added'
  | 'account.removed'
  | 'account.renamed'
  | 'account.token_replaced'
  | 'store.restore_asked'
  | 'store.restored'
  | 'store.made_anew'
  | 'store.salvaged'
  | 'program.update_asked'
  | 'store.repaired'
  | 'gateway.went-back'
  | 'seal.opened'
  | 'recall.reedited'
  | 'records.imported'
  | 'records.exported'
  | 'package.opened'
  | 'playbooks.edited'
  | 'words.edited'
  | 'replies.imported'
  | 'article.edited'
  | 'message.guard_confirmed'
  | 'message.guard_overridden'
  | 'scorecard.saved'
  | 'sample.drawn'
  | 'sample.closed'
  | 'review.submitted'
  | 'review.revised'
  | 'review.merged'
  | 'review.appealed'
  | 'review.withdrawn'
  | 'review.upheld'
  | 'review.changed'
  | 'reviews.merged'
  | 'reviews.exported'
  | 'cases.shared'
  | 'cases.read'
  | 'lock.set'
  | 'lock.removed'
  | 'lock.failed'
  | 'keys.recovery_shown'
  | 'keys.recovery_saved'
  | 'keys.recovery_confirmed'
  | 'keys.rotation_requested'
  | 'keys.rotation_cancelled';

export interface Audit {
  /** Written before the thing itself is done: what can't be audited isn't done. */
  write(actor: string, action: AuditAction, details: Readonly<Record<string, unknown>>): Promise<void>;
}

export function createAudit(store: Store, clock: Clock): Audit {
  return { write: (actor, action, details) => store.appendAudit({ at: clock.wallNow(), actor, action, details }) };
}
