import type { Protection, RetentionRule } from '#shared/domain/administration/retention.ts';
import type { ReadableDatabase } from '../connection.ts';

/** SQL on `conversations c`: who keeps a conversation from being erased (AD3). Each answers 0 or 1. */

const held = (kind: string): string => `EXISTS (
  SELECT 1 FROM holds h WHERE h.released_at IS NULL AND h.kind = '${kind}' AND (
    h.conversation = c.id
    OR (c.consumer IS NOT NULL AND h.consumer = c.consumer)
    OR (h.number IS NOT NULL AND (
      EXISTS (SELECT 1 FROM order_conversations o WHERE o.number = h.number AND o.conversation = c.id)
      OR EXISTS (SELECT 1 FROM violation_conversations v WHERE v.number = h.number AND v.conversation = c.id)))))`;

/** A hold or evidence mark of this program: also keeps a group's purge back. */
export const HELD_SQL = `(${held('legal')} OR ${held('evidence')})`;

const ALWAYS: Readonly<Record<Exclude<Protection, 'review'>, string>> = {
  legal_hold: held('legal'),
  evidence: held('evidence'),
  gateway_hold: 'c.legal_hold = 1',
  incident: `EXISTS (SELECT 1 FROM incidents i WHERE i.conversation = c.id AND i.state <> 'closed')`,
  active: `(c.intake = 1 OR EXISTS (SELECT 1 FROM outbox o WHERE o.conversation = c.id))`,
  deletion: `(c.removed_by IS NOT NULL AND c.erased_seq = 0)`,
};

/** Groups whose time to be restored is over. Parameters: the account's id, the moment. */
export const EXPIRED_SQL = `SELECT c.id FROM conversations c WHERE c.source = (SELECT source FROM accounts WHERE account_id = ?) AND c.type = 1
  AND c.removed_by IS NOT NULL AND c.erased_seq = 0 AND c.purged_at IS NULL AND c.restorable_until > 0 AND c.restorable_until <= ?
  AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.conversation = c.id AND e.stage = 'held')`;

/** Column of a Protection, in the order of PROTECTION_COLUMNS. */
export function protectionColumns(db: ReadableDatabase): {
  readonly names: readonly Protection[];
  readonly sql: string;
} {
  const all: Record<string, string> = { ...ALWAYS, ...reviewSql(db) };
  const names = Object.keys(all) as Protection[];
  return { names, sql: names.map((name) => `${all[name]} AS p_${name}`).join(', ') };
}

/** Drawn for review and not done, being written, or appealed against (QA2–QA5). */
function reviewSql(db: ReadableDatabase): { readonly review?: string } {
  const known = db.readOne<number>("SELECT 1 FROM sqlite_schema WHERE name = 'conversations_under_review'").get();
  return known === undefined ? {} : { review: 'c.id IN (SELECT conversation FROM conversations_under_review)' };
}

/**
 * SQL on `conversations c JOIN sources s JOIN shops sh`: by which rule its time is counted, and how long that is.
 * `args`: days of imported records, days of shops without a policy; null = for ever.
 */
const RULE_SQL = `CASE WHEN s.name = 'import' THEN 'imported'
  WHEN sh.policy IS NULL THEN 'other' WHEN c.assignments = '[]' THEN 'waiting' ELSE 'accepted' END`;
const KEPT_MS_SQL = `CASE WHEN s.name = 'import' THEN args.imported_days * 86400000
  WHEN sh.policy IS NULL THEN args.other_days * 86400000
  WHEN c.assignments = '[]' THEN CAST(sh.policy ->> '$.retention.waiting_ms' AS INTEGER)
  ELSE CAST(sh.policy ->> '$.retention.accepted_ms' AS INTEGER) END`;
/** The last thing that happened to it: an incident's end starts its time again. */
const LAST_SQL = `max(c.last_message_at, coalesce((SELECT max(i.closed_at) FROM incidents i WHERE i.conversation = c.id), 0))`;

/**
 * What retention looks at: everything with messages, with when its time is over, why it may stay, what was announced. Its
 * first two parameters are the days of `args`.
 */
export function candidates(db: ReadableDatabase): { readonly sql: string; readonly names: readonly Protection[] } {
  const { names, sql } = protectionColumns(db);
  return {
    names,
    sql: `WITH args(imported_days, other_days) AS (SELECT ?, ?), due AS (
      SELECT c.id, c.title, sh.name AS shop, ${RULE_SQL} AS rule, ${LAST_SQL} AS last_at, ${KEPT_MS_SQL} AS kept_ms,
        c.deletes_at, a.announced_at, a.removes_at, ${sql}
      FROM args CROSS JOIN conversations c JOIN sources s ON s.id = c.source JOIN shops sh ON sh.id = c.shop
        LEFT JOIN retention_announcements a ON a.conversation = c.id
      WHERE c.purged_at IS NULL AND c.last_message IS NOT NULL)
    SELECT *, max(coalesce(deletes_at, 0), last_at + kept_ms) AS due_at,
      (${names.map((name) => `p_${name}`).join(' OR ')}) AS kept FROM due WHERE kept_ms IS NOT NULL`,
  };
}

export interface CandidateRow {
  readonly id: number;
  readonly title: string;
  readonly shop: string;
  readonly rule: RetentionRule;
  readonly last_at: number;
  readonly announced_at: number | null;
  readonly removes_at: number | null;
  readonly due_at: number;
  readonly kept: number;
}

export const protectionsOf = (row: object, names: readonly Protection[]): Protection[] =>
  names.filter((name) => (row as Record<string, unknown>)[`p_${name}`] === 1);
