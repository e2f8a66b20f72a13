import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openReadable, openWritable, type WritableDatabase } from '#main/adapters/sqlite/connection.ts';
import { migrate, MIGRATIONS, schemaVersion, type Migration } from '#main/adapters/sqlite/migrations/index.ts';
import { KEY, temporaryFolder } from '#test/support/store-fixtures.ts';

/**
 * The harness for every later step: make a file of the version before it, with rows in it, run the step on that file, and look
 * at the rows. `fixtures[n]` fills a file of version n; a migration without one fails the first test.
 */
const fixtures: Readonly<Record<number, (db: WritableDatabase) => void>> = {
  1: (db) =>
    db.execute(`
      INSERT INTO sources (name) VALUES ('practice');
      INSERT INTO shops (source, shop_id, name, platform) VALUES (1, 's-1', '店', 'practice');
      INSERT INTO conversations (source, conversation_id, shop, type, title, intake, assignments, order_nos, violation_nos, last_seq,
        agent_read_seq, consumer_read_seq, restricts_recall, legal_hold, sort_at) VALUES (1, 'c1', 1, 0, '张三', 1, '[]', '[]', '[]', 1, 0, 0, 0, 0, 5);
      INSERT INTO messages (id, conversation, msg_id, conv_seq, sender_role, sender_id, sender_name, kind, text, sent_at, status)
        VALUES (1000, 1, 'm1', 1, 1, 'u1', '张三', 0, '你好', 5, 0);
      INSERT INTO drafts VALUES (1, '草稿', 5);
      INSERT INTO accounts (account_id, source, label, gateway_url, device_id, practice) VALUES ('acc-1', 1, '店', 'ws://127.0.0.1', 'd-1', 1);
      INSERT INTO recalls (recall_id, account, message, conversation, msg_id, state, effect, requested_at, expires_at, resolved_at)
        VALUES ('r-ended', 1, 1000, 1, 'm1', 'done', 'both', 5, 9, 6);
      INSERT INTO recalls (recall_id, account, message, conversation, msg_id, state, requested_at, expires_at)
        VALUES ('r-under-way', 1, 1000, 1, 'm1', 'unknown', 5, 9);
    `),
  2: (db) => {
    fixtures[1]?.(db);
    db.execute(`
      INSERT INTO incidents (incident_id, source, account_id, shop_id, agent_id, conversation, message, state, type, approvals, opened_at,
        updated_at, seq, body) VALUES ('inc-1', 1, 'acc-1', 's-1', 'a-1', 1, 1000, 'draft', 'other', 0, 5, 5, 1, '{}');
      INSERT INTO incident_events VALUES (1, 1, '{}');
      INSERT INTO playbooks VALUES (1, 5, 'a-9', '{}');
      INSERT INTO cases (case_id, type, month, search_key, body) VALUES ('case-1', 'price', '2026-09', '', '{}');
      INSERT INTO outbox (client_msg_id, ordinal, account, conversation, kind, text, created_at, state)
        VALUES ('c-1', 1, 1, 1, 0, '在路上', 5, 'queued');
    `);
  },
  3: (db) => {
    fixtures[2]?.(db);
    db.execute(`
      INSERT INTO outbox (client_msg_id, ordinal, account, conversation, kind, text, created_at, state, attachment)
        VALUES ('out-1', 2, 1, 1, 1, '', 5, 'queued', '{"sha256":"aa"}');
      INSERT INTO staged_attachments VALUES ('staged-1', 1, 1, 'bb', '{}');
      INSERT INTO downloads VALUES (1000, 1, 'acc-1', '{}', 5);
    `);
  },
  4: (db) => {
    fixtures[3]?.(db);
    db.execute(`
      INSERT INTO word_lists VALUES (1, 1, 's-1', 7);
      INSERT INTO words VALUES (1, '刷单', 'fraud', 2);
      INSERT INTO local_words VALUES (1, 's-1', '内部价', 'local', 1, 'a-9', 5);
      INSERT INTO quick_replies VALUES (1, 1, 's-1', '物流', '发货', '今天发货', 'fahuo', 'fh', 0, 5);
      INSERT INTO articles VALUES (1, 'art-1', NULL, NULL, 1, 0, '{}');
      INSERT INTO article_versions VALUES (1, 1, '{}');
    `);
  },
  5: (db) => {
    fixtures[4]?.(db);
    db.execute(`
      INSERT INTO group_deletions VALUES (1, 'del-1', 'removed', 5, '{}');
      INSERT INTO erasures (conversation, reason, stage, asked_at, months, counts) VALUES (1, 'group', 'index', 5, '[]', '{}');
      INSERT INTO holds (kind, scope, conversation, note, placed_by, placed_at) VALUES ('legal', 'conversation', 1, '', 'a-9', 5);
      INSERT INTO retention_announcements VALUES (1, 5, 9);
    `);
  },
  6: (db) => {
    fixtures[5]?.(db);
    db.execute(`
      INSERT INTO agents (source, agent_id, name) VALUES (1, 'a-1', '小美');
      INSERT INTO scorecards VALUES ('general', 1, '{}');
      INSERT INTO review_samples VALUES ('sam-1', '九月', 'general', 1, '{}', '42', 9, 5, '{}', NULL);
      INSERT INTO review_items VALUES ('sam-1', 1, 1, 1, '[]');
      INSERT INTO reviews (review_id, source, conversation, agent, reviewer_id, state, updated_at, seq, body)
        VALUES ('rev-1', 1, 1, 1, 'a-qa', 'draft', 5, 1, '{}');
      INSERT INTO review_events VALUES (1, 1, '{}');
    `);
  },
  7: (db) => {
    fixtures[6]?.(db);
    db.execute(`
      INSERT INTO consumers (source, consumer_id, name) VALUES (1, 'u1', '张三');
      UPDATE conversations SET consumer = 1 WHERE id = 1;
      INSERT INTO conversation_marks VALUES (1, 5, NULL);
      INSERT INTO consumer_notes VALUES (1, '偏好顺丰', '["老客"]', 5, 'a-1');
      INSERT INTO consumer_tags VALUES ('老客', 1);
      INSERT INTO lessons VALUES ('own', '{}', 5, 'a-1');
      INSERT INTO lesson_runs VALUES ('run-1', 'own', 'a-1', 5, NULL, '{}');
    `);
  },
  8: (db) => {
    fixtures[7]?.(db);
    db.execute(`
      INSERT INTO holds (kind, scope, conversation, message, note, placed_by, placed_at)
        VALUES ('evidence', 'message', 1, 1000, '仲裁', 'a-9', 5);
    `);
  },
  9: (db) => fixtures[8]?.(db),
};

function fileOfVersion(version: number): string {
  const path = join(temporaryFolder(), 'records.db');
  const db = openWritable(path, KEY);
  migrate(db, path, MIGRATIONS.slice(0, version));
  fixtures[version]?.(db);
  db.close();
  return path;
}

/** Tables, indexes and triggers as SQLite wrote them down. */
const schemaOf = (db: WritableDatabase): readonly string[] =>
  db.readOne<string>(`SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1`).all();

describe('migrations', () => {
  test('[ST3] versions are numbered from 1 without holes, and each has a fixture with rows', () => {
    expect(MIGRATIONS.map((migration) => migration.version)).toEqual(MIGRATIONS.map((_, i) => i + 1));
    for (const { version } of MIGRATIONS) expect(fixtures[version], `fixture of version ${version}`).toBeDefined();
  });

  test('[ST3] from every version, with rows in it, one gets to the newest, and to the same schema as a new file', () => {
    const fresh = join(temporaryFolder(), 'records.db');
    const reference = openWritable(fresh, KEY);
    expect(migrate(reference, fresh)).toEqual({ from: 0, to: MIGRATIONS.length, backup: null });
    for (const { version } of MIGRATIONS) {
      const path = fileOfVersion(version);
      const db = openWritable(path, KEY);
      expect(migrate(db, path).from).toBe(version);
      expect(schemaVersion(db)).toBe(MIGRATIONS.length);
      expect(schemaOf(db)).toEqual(schemaOf(reference));
      expect(db.readOne<string>('SELECT text FROM messages WHERE id = 1000').get()).toBe('你好');
      expect(db.readOne<string>('SELECT text FROM drafts').get()).toBe('草稿');
      db.close();
    }
    reference.close();
  });

  const next: Migration = {
    version: MIGRATIONS.length + 1,
    sql: 'CREATE TABLE later (a INTEGER) STRICT; ALTER TABLE drafts ADD COLUMN note TEXT;',
  };

  test('[ST3] before an existing file is migrated a copy of it is taken, encrypted and complete', () => {
    const path = fileOfVersion(MIGRATIONS.length);
    const db = openWritable(path, KEY);
    const report = migrate(db, path, [...MIGRATIONS, next]);
    expect(report).toMatchObject({ from: MIGRATIONS.length, to: next.version });
    const copy = openReadable(report.backup ?? '', KEY);
    expect([schemaVersion(copy), copy.readOne<string>('SELECT text FROM drafts').get()]).toEqual([
      MIGRATIONS.length,
      '草稿',
    ]);
    copy.close();
    db.close();
  });

  test('[RM4] version 2: recalls that ended before there were incidents get none, the others will; timelines only grow', () => {
    const path = fileOfVersion(1);
    const db = openWritable(path, KEY);
    migrate(db, path);
    expect(
      db.readRaw<[string, number | null]>('SELECT recall_id, incident FROM recalls ORDER BY recall_id').all(),
    ).toEqual([
      ['r-ended', 0],
      ['r-under-way', null],
    ]);
    db.execute(`
      INSERT INTO incidents (incident_id, source, account_id, shop_id, agent_id, state, type, approvals, opened_at, updated_at, seq, body)
        VALUES ('inc-1', 1, 'acc-1', 's-1', 'a-1', 'draft', 'other', 0, 5, 5, 1, '{}');
      INSERT INTO incident_events VALUES (1, 1, '{}');
    `);
    expect(() => db.execute(`UPDATE incident_events SET event = '{"a":1}'`)).toThrow('append-only');
    expect(() => db.execute('DELETE FROM incident_events')).toThrow('append-only');
    db.close();
  });

  test('[IN1] [AD2] version 7: a note goes with its consumer, a pin with its conversation', () => {
    const path = fileOfVersion(7);
    const db = openWritable(path, KEY);
    migrate(db, path);
    db.execute(
      'UPDATE conversations SET consumer = NULL, purged_at = 9 WHERE id = 1; DELETE FROM consumers WHERE id = 1',
    );
    for (const table of ['conversation_marks', 'consumer_notes', 'consumer_tags'])
      expect(db.readOne<number>(`SELECT count(*) FROM ${table}`).get(), table).toBe(0);
    expect(db.readOne<number>('SELECT count(*) FROM lesson_runs').get()).toBe(1);
    db.close();
  });

  test('[ST3] a step that fails leaves the file as it was, at its version', () => {
    const path = fileOfVersion(MIGRATIONS.length);
    const db = openWritable(path, KEY);
    const before = schemaOf(db);
    const failing: Migration = {
      ...next,
      run: () => {
        throw new Error('stopped half way');
      },
    };
    expect(() => migrate(db, path, [...MIGRATIONS, failing])).toThrow('stopped half way');
    expect(schemaOf(db)).toEqual(before);
    expect(schemaVersion(db)).toBe(MIGRATIONS.length);
    // And the whole step succeeds afterwards; the first copy is kept.
    expect(migrate(db, path, [...MIGRATIONS, next]).to).toBe(next.version);
    expect(readdirSync(join(path, '../backups')).length).toBeGreaterThanOrEqual(1);
    db.close();
  });

  test('[ST3] a file from a newer version is refused and not touched', () => {
    const path = fileOfVersion(MIGRATIONS.length);
    const newer = openWritable(path, KEY);
    migrate(newer, path, [...MIGRATIONS, next]);
    const before = schemaOf(newer);
    expect(() => migrate(newer, path)).toThrow('STORE_FROM_NEWER_VERSION');
    expect(schemaOf(newer)).toEqual(before);
    newer.close();
  });
});
