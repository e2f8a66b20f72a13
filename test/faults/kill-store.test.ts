import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createAttachmentCache } from '#main/adapters/attachments/attachment-cache.ts';
import { DATABASE_KEY_NAME } from '#main/adapters/secrets/database-key.ts';
import { compactAtOpen } from '#main/adapters/sqlite/administration/compact.ts';
import { rewriteFile } from '#main/adapters/sqlite/administration/eraser.ts';
import { openReadable, openWritable, pragma } from '#main/adapters/sqlite/connection.ts';
import { MIGRATIONS, migrate, schemaVersion } from '#main/adapters/sqlite/migrations/index.ts';
import { backupTo } from '#main/adapters/sqlite/backup.ts';
import { holdProfile, openRecords, openRecordsForReading } from '#main/adapters/sqlite/open-records.ts';
import { finishRotation, requestRotation } from '#main/hosts/keys/key-profile.ts';
import { createPrng } from '#shared/lib/prng.ts';
import { decryptedPages, foundIn } from '#test/support/decrypted.ts';
import { faultProgram } from '#test/support/fault-programs.ts';
import { LATER, storedKey } from '#test/support/store-kill-plan.ts';
import { KEY, open, temporaryFolder } from '#test/support/store-fixtures.ts';
import { failedChecks } from '#test/support/truth-check.ts';
import { until } from '#test/support/wait.ts';

/**
 * Kill −9 inside the store's single long steps: making a file, migrating one with many rows, copying it, writing it anew after an
 * erasure, giving it another key, building the index.
 */
const KILLS = Math.max(5, Math.ceil(Number(process.env['WORKBENCH_KILLS'] ?? 24) / 4));
/** Of those that take longest. */
const FEW = Math.ceil(KILLS / 2);
const SEED = Number(process.env['WORKBENCH_SEED'] ?? 11);
const ROWS = 4_000;

/** Kills the child so long after it first began something. Answers with the numbers of the steps it began and ended. */
function runAndKill(
  step: string,
  folder: string,
  first: number,
  afterMs: number,
): Promise<{ begun: number[]; ended: number[] }> {
  return new Promise((resolve, reject) => {
    const program = faultProgram('store-kill-child');
    const child = spawn(process.execPath, [program, step, folder, String(first)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let problem = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (output === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()));
    child.on('error', reject);
    child.on('close', () => {
      if (problem !== '') return reject(new Error(problem));
      const lines = output.slice(0, output.lastIndexOf('\n') + 1).split('\n');
      const of = (word: string): number[] =>
        lines.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.slice(word.length + 1)));
      resolve({ begun: of('begin'), ended: of('end') });
    });
  });
}

/** A file of version 1 with many rows in it, closed and checkpointed: copying its folder copies all of it. */
function template(folder: string): void {
  const directory = join(folder, 'template');
  mkdirSync(directory);
  const path = join(directory, 'records.db');
  const db = openWritable(path, KEY);
  migrate(db, path, MIGRATIONS.slice(0, 1));
  db.execute(`
    INSERT INTO sources (name) VALUES ('practice');
    INSERT INTO shops (source, shop_id, name, platform) VALUES (1, 's-1', '店', 'practice');
    INSERT INTO conversations (source, conversation_id, shop, type, title, intake, assignments, order_nos, violation_nos, last_seq,
      agent_read_seq, consumer_read_seq, restricts_recall, legal_hold, sort_at) VALUES (1, 'c1', 1, 0, '张三', 1, '[]', '[]', '[]', ${ROWS}, 0, 0, 0, 0, 5);
    INSERT INTO messages (id, conversation, msg_id, conv_seq, sender_role, sender_id, sender_name, kind, text, sent_at, status)
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
      SELECT 1000 + i, 1, 'm' || i, i, 1, 'u1', '张三', 0, '第' || i || '条 请问什么时候发货', i, 0 FROM n;
    INSERT INTO drafts VALUES (1, '草稿', 5);
  `);
  db.close();
}

const rowsOf = (
  path: string,
  key: Uint8Array = KEY,
): {
  count: number;
  version: number;
  dots: string;
  draft: string | undefined;
} => {
  const db = openReadable(path, key);
  try {
    expect(pragma(db, 'integrity_check(3)').map((row) => Object.values(row)[0])).toEqual(['ok']);
    return {
      count: db.readOne<number>('SELECT count(*) FROM messages').get() ?? 0,
      version: schemaVersion(db),
      // Each later step appends one dot to every text: all rows or none.
      dots: db
        .readOne<string>(`SELECT group_concat(DISTINCT length(text) - length(replace(text, '·', ''))) FROM messages`)
        .get() as string,
      draft: db.readOne<string>('SELECT text FROM drafts').get(),
    };
  } finally {
    db.close();
  }
};

describe('kill −9 of one step', () => {
  test(`[ST3] [SY2] ${KILLS} times inside migrations: each step whole or not at all, the copy before it whole, and the next start goes on`, async () => {
    const prng = createPrng(SEED);
    const folder = temporaryFolder();
    template(folder);
    let next = 0;
    let inside = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const { begun, ended } = await runAndKill('migrate', folder, next, prng.int(90));
      const last = begun.at(-1) ?? next;
      for (let n = next; n <= last; n++) {
        const directory = join(folder, String(n));
        const path = join(directory, 'records.db');
        const before = rowsOf(path);
        expect(before, `kill ${kill}`).toMatchObject({ count: ROWS, draft: '草稿' });
        expect(before.dots).toBe(String(Math.max(0, before.version - MIGRATIONS.length)));
        const copy = join(directory, 'backups/records.v1.db');
        // Only a whole copy has the final name; without one nothing has been migrated.
        if (existsSync(copy)) expect(rowsOf(copy)).toEqual({ count: ROWS, version: 1, dots: '0', draft: '草稿' });
        else expect(before.version).toBe(1);
        if (!ended.includes(n)) {
          inside++;
          openRecords(directory, KEY, LATER).close();
        }
        const newest = LATER.length;
        expect(rowsOf(path)).toEqual({
          count: ROWS,
          version: newest,
          dots: String(newest - MIGRATIONS.length),
          draft: '草稿',
        });
        rmSync(directory, { recursive: true });
      }
      next = last + 1;
    }
    expect(inside).toBeGreaterThan(KILLS / 2);
  }, 86_400_000);

  test(`[ST3] ${KILLS} times while a new profile is made: the next start makes it whole`, async () => {
    const prng = createPrng(SEED + 1);
    const folder = temporaryFolder();
    let next = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const { begun } = await runAndKill('create', folder, next, prng.int(40));
      const last = begun.at(-1) ?? next;
      for (let n = next; n <= last; n++) {
        const directory = join(folder, String(n));
        const hold = holdProfile(directory);
        const db = openRecords(directory, KEY);
        expect(schemaVersion(db), `kill ${kill}, profile ${n}`).toBe(MIGRATIONS.length);
        db.close();
        hold.release();
        // Once more: nothing of the killed start stands in the way later.
        openRecords(directory, KEY).close();
        rmSync(directory, { recursive: true });
      }
      next = last + 1;
    }
  }, 86_400_000);

  test(`[ST4] ${KILLS} times inside a backup: the one before stays, only a whole one has its name, nothing half lies about afterwards`, async () => {
    const prng = createPrng(SEED + 2);
    const folder = temporaryFolder();
    template(folder);
    const copy = join(folder, 'copy.db');
    cpSync(join(folder, 'template/records.db'), copy);
    let next = 0;
    let halves = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const { begun } = await runAndKill('backup', folder, next, prng.int(80));
      expect(rowsOf(copy), `kill ${kill}`).toEqual({ count: ROWS, version: 1, dots: '0', draft: '草稿' });
      expect(rowsOf(join(folder, 'template/records.db'))).toMatchObject({ count: ROWS, version: 1 });
      for (const name of readdirSync(folder)) if (name.includes('.partial')) halves++;
      next = (begun.at(-1) ?? next) + 1;
    }
    expect(halves).toBeGreaterThan(0);
    // The next backup cleans up what a killed one left.
    const db = openRecordsForReading(join(folder, 'template'), KEY);
    backupTo(db, copy, KEY);
    db.close();
    expect(readdirSync(folder).filter((name) => name.includes('.partial'))).toEqual([]);
  }, 86_400_000);

  // In place, or (a large file) as a copy at a start.
  test.each(['rewrite', 'compact'])(
    `[AD2] ${FEW} times while the file is written anew after an erasure (%s): the rows stay, and in the end nothing of what was erased is left`,
    async (step) => {
      const prng = createPrng(SEED + 3);
      const folder = temporaryFolder();
      template(folder);
      const secret = '龘靐齉';
      const path = join(folder, 'template/records.db');
      const db = openRecords(join(folder, 'template'), KEY);
      // As where a page was split or moved, which `secure_delete` does not reach.
      pragma(db, 'secure_delete = OFF');
      db.execute(`
      INSERT INTO messages (id, conversation, msg_id, conv_seq, sender_role, sender_id, sender_name, kind, text, sent_at, status)
        SELECT id + ${ROWS}, 1, 'x' || msg_id, conv_seq + ${ROWS}, 1, 'u1', '张三', 0, '${secret}' || text, sent_at, 0 FROM messages;
      DELETE FROM messages WHERE msg_id LIKE 'x%';
      INSERT INTO erasures (conversation, reason, stage, asked_at, months, counts) VALUES (1, 'group', 'pages', 1, '[]', '{}');`);
      db.close();
      expect(foundIn(decryptedPages(path, KEY), [secret])).toEqual([secret]);
      const whole = rowsOf(path);
      expect(whole).toMatchObject({ count: ROWS, draft: '草稿' });
      let next = 0;
      let inside = 0;
      for (let kill = 0; kill < FEW; kill++) {
        const { begun, ended } = await runAndKill(step, folder, next, prng.int(60));
        const last = begun.at(-1) ?? next;
        for (let n = next; n <= last; n++) {
          const directory = join(folder, String(n));
          const own = join(directory, 'records.db');
          // Killed while the copy was made a database with a log: what only reads can't play the journal back.
          if (existsSync(`${own}-journal`)) openRecords(directory, KEY).close();
          expect(rowsOf(own), `kill ${kill}`).toEqual(whole);
          if (!ended.includes(n)) {
            inside++;
            const again = openRecords(directory, KEY);
            if (step === 'rewrite') expect(rewriteFile(again)).toBe('done');
            const fresh =
              step === 'rewrite' ? again : compactAtOpen(directory, KEY, again, () => openRecords(directory, KEY), 0);
            expect(fresh.readOne('SELECT stage FROM erasures').all()).toEqual([
              step === 'rewrite' ? 'pages' : 'rewritten',
            ]);
            fresh.close();
            expect(rowsOf(own)).toEqual(whole);
            expect(readdirSync(directory)).not.toContain('records.db.clean');
          }
          expect(foundIn(decryptedPages(own, KEY, { withLog: true }), [secret])).toEqual([]);
          rmSync(directory, { recursive: true });
        }
        next = last + 1;
      }
      if (FEW >= 10) expect(inside).toBeGreaterThan(FEW / 4);
    },
    86_400_000,
  );

  test(`[ST1] ${FEW} times inside a change of keys: each file opens with one of the two, and the next start finishes it`, async () => {
    const prng = createPrng(SEED + 4);
    const folder = temporaryFolder();
    const made = temporaryFolder();
    template(made);
    const profile = join(folder, 'template');
    cpSync(join(made, 'template'), join(profile, 'store'), { recursive: true });
    await (await open({ directory: join(profile, 'store') })).close();
    const content = Buffer.alloc(300_000, 'ab');
    const sink = await createAttachmentCache({ folder: join(profile, 'attachments'), key: KEY }).create();
    await sink.write(content);
    await sink.commit();
    await (await storedKey(profile)).secrets.set(DATABASE_KEY_NAME, Buffer.from(KEY).toString('hex'));
    requestRotation({ folder: profile }, KEY, 1);
    let next = 0;
    let inside = 0;
    for (let kill = 0; kill < FEW; kill++) {
      const { begun, ended } = await runAndKill('rotate', folder, next, prng.int(120));
      const last = begun.at(-1) ?? next;
      for (let n = next; n <= last; n++) {
        const own = join(folder, String(n));
        const store = join(own, 'store');
        if (!ended.includes(n)) inside++;
        const known = await storedKey(own);
        const { key } = await finishRotation({ folder: own, store }, known.secrets, known.key);
        expect(key, `kill ${kill}`).not.toEqual(KEY);
        expect((await storedKey(own)).key).toEqual(key);
        expect(rowsOf(join(store, 'records.db'), key)).toMatchObject({ count: ROWS, draft: '草稿' });
        openReadable(join(store, 'search.db'), key).close();
        const cache = createAttachmentCache({ folder: join(own, 'attachments'), key });
        const read = await cache.read(createHash('sha256').update(content).digest('hex'));
        expect(Buffer.from(read ?? []).equals(content)).toBe(true);
        const left = [...readdirSync(own), ...readdirSync(store)];
        expect(left.filter((name) => /rotation|rekey/.test(name))).toEqual([]);
        rmSync(own, { recursive: true });
      }
      next = last + 1;
    }
    if (FEW >= 10) expect(inside).toBeGreaterThan(FEW / 4);
  }, 86_400_000);

  test(`[ST4] ${FEW} times while the index is made anew: the next start finishes it, and it agrees with the rows`, async () => {
    const prng = createPrng(SEED + 5);
    const folder = temporaryFolder();
    template(folder);
    const made = await open({ directory: join(folder, 'template') });
    await until('the index', async () => (await made.indexStatus()).pending === 0);
    await made.close();
    let next = 0;
    let inside = 0;
    for (let kill = 0; kill < FEW; kill++) {
      const { begun, ended } = await runAndKill('reindex', folder, next, prng.int(150));
      const last = begun.at(-1) ?? next;
      for (let n = next; n <= last; n++) {
        const directory = join(folder, String(n));
        if (!ended.includes(n)) {
          inside++;
          const store = await open({ directory });
          const found = await store.search({ text: '第3999条' }, { kind: 'all' }, { limit: 10, cursor: null });
          expect(found.rows, `kill ${kill}`).toHaveLength(1);
          await until('the index', async () => (await store.indexStatus()).pending === 0);
          await store.close();
        }
        expect(failedChecks(directory), `kill ${kill}`).toEqual([]);
        rmSync(directory, { recursive: true });
      }
      next = last + 1;
    }
    if (FEW >= 10) expect(inside).toBeGreaterThan(FEW / 4);
  }, 86_400_000);
});
