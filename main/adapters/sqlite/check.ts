import { statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { verifyAudit } from './audit.ts';
import { pragma, type ReadableDatabase } from './connection.ts';
import { toFailure } from './errors.ts';
import { MIGRATIONS, schemaVersion } from './migrations/index.ts';
import { RECORDS_FILE } from './profile-files.ts';
import { createSearchChecks } from './search/check.ts';

/** One line of `doctor`. */
export interface StoreCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Below this, a day's work may not fit. Bytes. */
const FREE_SPACE_WANTED = 512 * 1_024 * 1_024;

/**
 * Self-checks of file, key, schema, rows and index (ST4). Never throws: a check that can't be made has failed. Slow on a large
 * file (it reads all of it).
 */
export function checkStore(
  db: ReadableDatabase,
  profile: { readonly directory: string; readonly indexed: boolean },
): StoreCheck[] {
  const checks: StoreCheck[] = [];
  const check = (name: string, run: () => { readonly ok: boolean; readonly detail: string }): void => {
    try {
      checks.push({ name, ...run() });
    } catch (thrown) {
      const { code, message } = toFailure(thrown).error;
      checks.push({ name, ok: false, detail: `${code}: ${message}` });
    }
  };
  const count = (sql: string): number => db.readOne<number>(sql).get() ?? 0;
  const none = (sql: string): { readonly ok: boolean; readonly detail: string } => {
    const found = count(sql);
    return { ok: found === 0, detail: String(found) };
  };

  check('store.file', () => ({ ok: true, detail: `${statSync(join(profile.directory, RECORDS_FILE)).size} bytes` }));
  check('store.integrity', () => {
    const problems = pragma(db, 'main.quick_check(10)').map((row) => String(Object.values(row)[0]));
    return { ok: problems.length === 1 && problems[0] === 'ok', detail: problems.join('; ') };
  });
  check('store.schema', () => {
    const version = schemaVersion(db);
    return { ok: version === MIGRATIONS.length, detail: `version ${version} of ${MIGRATIONS.length}` };
  });
  check('store.foreign_keys', () => {
    const broken = pragma(db, 'main.foreign_key_check').length;
    return { ok: broken === 0, detail: `${broken} broken references` };
  });
  check('store.audit', () => {
    const { entries, brokenAt } = verifyAudit(db);
    return { ok: brokenAt === null, detail: brokenAt === null ? `${entries} entries` : `broken at entry ${brokenAt}` };
  });
  // Nothing may refer to a message that isn't there, and no recalled text may be left outside the seals (RC19).
  check('store.orphans', () =>
    none(`SELECT (SELECT count(*) FROM seals s WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = s.message))
      + (SELECT count(*) FROM recalls r WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = r.message))
      + (SELECT count(*) FROM outbox o WHERE NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id = o.conversation))
      + (SELECT count(*) FROM order_messages o WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = o.message))
      + (SELECT count(*) FROM violation_messages v WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = v.message))`),
  );
  check('store.recalled_text', () =>
    none('SELECT count(*) FROM messages WHERE flags & 63 <> 0 AND flags & 1 <> 0 AND text IS NOT NULL'),
  );
  check('store.index_queue', () => ({ ok: true, detail: `${count('SELECT count(*) FROM index_queue')} waiting` }));
  if (profile.indexed) {
    try {
      checks.push(...createSearchChecks(db));
    } catch (thrown) {
      checks.push({ name: 'search.index', ok: false, detail: toFailure(thrown).message });
    }
  } else checks.push({ name: 'search.index', ok: false, detail: 'no index file: searches scan' });
  check('store.disk', () => {
    const { bavail, bsize } = statfsSync(profile.directory);
    return { ok: bavail * bsize >= FREE_SPACE_WANTED, detail: `${Math.floor((bavail * bsize) / 1_048_576)} MiB free` };
  });
  return checks;
}
