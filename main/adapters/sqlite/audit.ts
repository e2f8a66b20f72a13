import { createHash } from 'node:crypto';
import { canonicalJson } from '#shared/lib/canonical-json.ts';
import type { ReadableDatabase, WritableDatabase } from './connection.ts';

/** AD4: each entry's hash is the SHA-256 (hex) of the previous entry's hash, a line feed, and its own canonical JSON. */
export interface AuditEntry {
  /** Local wall clock, milliseconds. */
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What the first entry is chained to. */
const AUDIT_ROOT = '0'.repeat(64);

function auditHash(previous: string, entry: AuditEntry): string {
  const { at, actor, action, details } = entry;
  return createHash('sha256')
    .update(`${previous}\n${canonicalJson({ at, actor, action, details })}`, 'utf8')
    .digest('hex');
}

export function appendAudit(db: WritableDatabase, entry: AuditEntry): void {
  const previous = db.readOne<string>('SELECT hash FROM audit ORDER BY seq DESC LIMIT 1').get() ?? AUDIT_ROOT;
  db.write('INSERT INTO audit (at, actor, action, details, hash) VALUES (?, ?, ?, ?, ?)').run(
    entry.at,
    entry.actor,
    entry.action,
    canonicalJson(entry.details),
    auditHash(previous, entry),
  );
}

/** Walks the whole chain. Answers with the first entry that doesn't fit, or null. */
export function verifyAudit(db: ReadableDatabase): { readonly entries: number; readonly brokenAt: number | null } {
  let previous = AUDIT_ROOT;
  let entries = 0;
  let expected: number | null = null;
  const rows = db.readRaw<[number, number, string, string, string, string]>(
    'SELECT seq, at, actor, action, details, hash FROM audit ORDER BY seq',
  );
  for (const [seq, at, actor, action, details, hash] of rows.iterate()) {
    // AUTOINCREMENT never leaves a hole: a missing number is a removed entry.
    const follows = expected === null || seq === expected;
    if (
      !follows ||
      auditHash(previous, { at, actor, action, details: JSON.parse(details) as Record<string, unknown> }) !== hash
    )
      return { entries, brokenAt: seq };
    previous = hash;
    expected = seq + 1;
    entries += 1;
  }
  return { entries, brokenAt: null };
}
