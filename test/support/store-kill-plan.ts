import { join } from 'node:path';
import { DATABASE_KEY_NAME } from '#main/adapters/secrets/database-key.ts';
import { openSealedByKey } from '#main/adapters/secrets/sealed-file.ts';
import { MIGRATIONS, type Migration } from '#main/adapters/sqlite/migrations/index.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';

/** Steps that touch every row, so that a kill lands inside one; numbered after the real ones. */
export const LATER: readonly Migration[] = [
  ...MIGRATIONS,
  ...['ALTER TABLE messages ADD COLUMN step1 TEXT', 'CREATE INDEX messages_step2 ON messages (text)'].map((sql, i) => ({
    version: MIGRATIONS.length + 1 + i,
    sql: `${sql}; UPDATE messages SET text = text || '·';`,
  })),
];

/** The secrets of a profile, in a file sealed by a fixed key, and the key that they have for its store. */
export async function storedKey(folder: string): Promise<{ readonly secrets: Secrets; readonly key: Uint8Array }> {
  const secrets = openSealedByKey(join(folder, 'secrets.json'), 'key-file', new Uint8Array(32).fill(5));
  return { secrets, key: new Uint8Array(Buffer.from((await secrets.get(DATABASE_KEY_NAME)) ?? '', 'hex')) };
}
