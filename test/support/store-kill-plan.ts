import { MIGRATIONS, type Migration } from '#main/adapters/sqlite/migrations/index.ts';

/** Steps that touch every row, so that a kill lands inside one; numbered after the real ones. */
export const LATER: readonly Migration[] = [
  ...MIGRATIONS,
  ...['ALTER TABLE messages ADD COLUMN step1 TEXT', 'CREATE INDEX messages_step2 ON messages (text)'].map((sql, i) => ({
    version: MIGRATIONS.length + 1 + i,
    sql: `${sql}; UPDATE messages SET text = text || '·';`,
  })),
];
