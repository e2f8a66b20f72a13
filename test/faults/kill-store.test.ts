import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openReadable, openWritable, pragma } from '#main/adapters/sqlite/connection.ts';
import { MIGRATIONS, migrate, schemaVersion } from '#main/adapters/sqlite/migrations/index.ts';
import { backupTo } from '#main/adapters/sqlite/backup.ts';
import { holdProfile, openRecords, openRecordsForReading } from '#main/adapters/sqlite/open-records.ts';
import { createPrng } from '#shared/lib/prng.ts';
import { LATER } from '#test/support/store-kill-plan.ts';
import { KEY, temporaryFolder } from '#test/support/store-fixtures.ts';

/** Kill −9 inside the store's single long steps: making a file, migrating one with many rows, copying it. */
const KILLS = Math.max(5, Math.ceil(Number(process.env['WORKBENCH_KILLS'] ?? 24) / 4));
const SEED = Number(process.env['WORKBENCH_SEED'] ?? 11);
const CHILD = join(import.meta.dirname, '../support/store-kill-child.ts');
const ROWS = 4_000;

/** Kills the child so long after it first began something. Answers with the numbers of the steps it began and ended. */
function runAndKill(
  step: string,
  folder: string,
  first: number,
  afterMs: number,
): Promise<{ begun: number[]; ended: number[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, step, folder, String(first)], { stdio: ['ignore', 'pipe', 'pipe'] });
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

const rowsOf = (path: string): { count: number; version: number; dots: string; draft: string | undefined } => {
  const db = openReadable(path, KEY);
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
});
