import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { pragma } from '#main/adapters/sqlite/connection.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { openRecords } from '#main/adapters/sqlite/open-records.ts';
import { createWriter } from '#main/adapters/sqlite/writer/create-writer.ts';
import { toFailure } from '#main/adapters/sqlite/errors.ts';
import {
  ACCOUNT,
  KEY,
  T0,
  addAccount,
  codeOf,
  created,
  events,
  importRecord,
  keyOf,
  message,
  open,
  openWithAccount,
  recalled,
  temporaryFolder,
  upserted,
  conversation,
} from '#test/support/store-fixtures.ts';

const OTHER_KEY = new Uint8Array(32).fill(8);
const ALL = { kind: 'all' } as const;

async function filled(directory: string): Promise<void> {
  const store = await openWithAccount({ directory });
  await store.ingest(ACCOUNT, events(1, upserted(conversation('c1')), created(message('c1', 1))));
  await store.importRecords(
    Array.from({ length: 3_000 }, (_, i) =>
      importRecord({ message_id: `m${i}`, sent_at: T0 + i, text: `很长的一句话用来占地方第${i}条` }),
    ),
  );
  await store.close();
}

/** Destroys bytes in the middle of a file. */
function scribble(path: string, position: number, length: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(length, 0xa5), 0, length, position);
  closeSync(file);
}

describe('encryption', () => {
  test('[ST1] neither records nor index nor logs contain plaintext, open or closed', async () => {
    const directory = temporaryFolder();
    const store = await openWithAccount({ directory });
    const secrets = ['PLAINTEXTMARKER', '明文标记', 'NAMEMARKER', 'DRAFTMARKER', 'ORDERMARKER2024'];
    await store.ingest(
      ACCOUNT,
      events(
        1,
        upserted(conversation('c1', { title: 'NAMEMARKER' })),
        created(message('c1', 1, 'agent', { text: 'PLAINTEXTMARKER 明文标记', order_nos: ['ORDERMARKER2024'] })),
        recalled('c1', 'c1-m1'),
      ),
    );
    await store.setDraft(await keyOf(store, 'c1'), 'DRAFTMARKER');
    await expect.poll(async () => (await store.indexStatus()).pending).toBe(0);
    const found = (): string[] =>
      readdirSync(directory).flatMap((name) => {
        const bytes = readFileSync(join(directory, name));
        return [...secrets, 'SQLite format 3']
          .filter((secret) => bytes.includes(secret))
          .map((secret) => `${name}: ${secret}`);
      });
    expect(readdirSync(directory)).toContain('records.db-wal');
    expect(found()).toEqual(name_lock(found()));
    await store.backup(join(directory, 'copy.db'));
    await store.close();
    expect(found()).toEqual([]);
  });

  test('[ST1] all files are readable by the user alone', async () => {
    const directory = join(temporaryFolder(), 'profile');
    await filled(directory);
    expect(statSync(directory).mode & 0o077).toBe(0);
    expect(readdirSync(directory).filter((name) => (statSync(join(directory, name)).mode & 0o077) !== 0)).toEqual([]);
  });

  test('[ST4] a wrong key has its own message, and nothing is changed by it', async () => {
    const directory = temporaryFolder();
    await filled(directory);
    const before = readFileSync(join(directory, 'records.db'));
    expect(await codeOf(openStore({ directory, key: OTHER_KEY }))).toBe('STORE_KEY_WRONG');
    expect(readFileSync(join(directory, 'records.db')).equals(before)).toBe(true);
    // Also where the key check beside it is gone.
    rmSync(join(directory, 'key.check'));
    expect(await codeOf(openStore({ directory, key: OTHER_KEY, readOnly: true }))).toBe('STORE_KEY_WRONG');
    const store = await open({ directory });
    expect(await store.count({}, ALL, null)).toEqual({ count: 3_001, exact: true });
  });

  test('[ST1] a key that is not 32 bytes is refused', async () => {
    expect(await codeOf(openStore({ directory: temporaryFolder(), key: new Uint8Array(16) }))).toBe('KEY_FILE_INVALID');
  });
});

/** The lock file is an empty database of no content; it is the only file that is not encrypted. */
const name_lock = (found: readonly string[]): string[] =>
  found.filter((entry) => entry.startsWith('profile.lock: SQLite'));

describe('damage', () => {
  test('[ST4] a destroyed first page is damage, not a wrong key', async () => {
    const directory = temporaryFolder();
    await filled(directory);
    scribble(join(directory, 'records.db'), 0, 4_096);
    expect(await codeOf(openStore({ directory, key: KEY }))).toBe('STORE_DAMAGED');
  });

  test('[ST4] an emptied or vanished file is damage, never a fresh start', async () => {
    const directory = temporaryFolder();
    await filled(directory);
    truncateSync(join(directory, 'records.db'), 0);
    expect(await codeOf(openStore({ directory, key: KEY }))).toBe('STORE_DAMAGED');
    rmSync(join(directory, 'records.db'));
    expect(await codeOf(openStore({ directory, key: KEY }))).toBe('STORE_DAMAGED');
    expect(existsSync(join(directory, 'records.db'))).toBe(false);
  });

  test('[ST4] a page that is damaged at run time is noticed when it is read, and by the check', async () => {
    const directory = temporaryFolder();
    await filled(directory);
    const path = join(directory, 'records.db');
    const pages = statSync(path).size / 4_096;
    for (let page = Math.floor(pages / 2); page < pages * 0.95; page += 1) scribble(path, page * 4_096 + 100, 64);
    const store = await open({ directory });
    expect(await codeOf(store.search({ text: '一句话' }, ALL, { limit: 1_000, cursor: null }))).toBe('STORE_DAMAGED');
    expect((await store.check()).find((c) => c.name === 'store.integrity')?.ok).toBe(false);
  });

  test('[ST4] a damaged index is made anew; the records and the answers stay', async () => {
    const directory = temporaryFolder();
    await filled(directory);
    scribble(join(directory, 'search.db'), 0, 8_192);
    const store = await open({ directory });
    expect(await store.count({ text: '第299条' }, ALL, null)).toEqual({ count: 1, exact: true });
    await expect.poll(async () => (await store.indexStatus()).pending, { timeout: 10_000 }).toBe(0);
    expect(await store.count({ text: '占地方' }, ALL, null)).toEqual({ count: 3_000, exact: true });
  });

  test('[ST4] a backup is a whole encrypted copy that opens as a profile', async () => {
    const directory = temporaryFolder();
    await filled(directory);
    const store = await open({ directory });
    const target = temporaryFolder();
    const { bytes } = await store.backup(join(target, 'records.db'));
    expect(bytes).toBe(statSync(join(target, 'records.db')).size);
    // Over an older one as well.
    await store.backup(join(target, 'records.db'));
    expect(readdirSync(target)).toEqual(['records.db']);
    const restored = await open({ directory: target });
    expect(await restored.count({}, ALL, null)).toEqual({ count: 3_001, exact: true });
    expect((await restored.accounts())[0]).toMatchObject({ event_seq: 2 });
  });
});

describe('who may write', () => {
  test('[ST5] a second writer is told that the profile is in use, and may come once the first is gone', async () => {
    const directory = temporaryFolder();
    const store = await open({ directory });
    expect(await codeOf(openStore({ directory, key: KEY }))).toBe('STORE_LOCKED');
    await store.close();
    const second = await open({ directory });
    expect(await second.accounts()).toEqual([]);
  });

  test('[SY2] a writing thread that dies lets go of the profile, and of what it had not committed', async () => {
    const directory = temporaryFolder();
    await filled(directory);
    const source = new URL('../../main/adapters/sqlite/open-records.ts', import.meta.url).href;
    const died = new Worker(
      `import(${JSON.stringify(source)}).then(({ holdProfile, openRecords }) => {
        holdProfile(${JSON.stringify(directory)});
        const db = openRecords(${JSON.stringify(directory)}, new Uint8Array(32).fill(7));
        db.execute("BEGIN IMMEDIATE; DELETE FROM messages");
        process.exit(1);
      })`,
      { eval: true },
    );
    expect(await new Promise((resolve) => died.once('exit', resolve))).toBe(1);
    const store = await open({ directory });
    expect(await store.count({}, ALL, null)).toEqual({ count: 3_001, exact: true });
    await store.setSetting('still', 'writable');
  });

  test('[SR9] reading beside the writer sees what is committed, and cannot write', async () => {
    const directory = temporaryFolder();
    const store = await openWithAccount({ directory });
    const reading = await open({ directory, readOnly: true });
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1))));
    expect(await reading.count({ text: '第1条' }, ALL, null)).toEqual({ count: 1, exact: true });
    expect(await codeOf(reading.setSetting('a', 1))).toBe('STORE_READ_ONLY');
    expect(await codeOf(reading.rebuildIndex(() => undefined))).toBe('STORE_READ_ONLY');
    expect(await codeOf(openStore({ directory: temporaryFolder(), key: KEY, readOnly: true }))).toBe('NOT_FOUND');
  });

  test('[ST5] a folder that cannot be written has its own message', () => {
    const folder = temporaryFolder();
    const profile = join(folder, 'profile');
    mkdirSync(profile);
    chmodSync(folder, 0o755);
    chmodSync(profile, 0o555);
    const script = `
      const { openStore } = await import(${JSON.stringify(join(import.meta.dirname, '../../main/adapters/sqlite/index.ts'))});
      await openStore({ directory: ${JSON.stringify(profile)}, key: new Uint8Array(32) }).then(() => console.log('opened'), (e) => console.log(e.error.code));`;
    const file = join(folder, 'open.mjs');
    writeFileSync(file, script);
    chmodSync(file, 0o644);
    // The superuser may write anywhere: then as somebody who is not.
    const asOther = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const child = spawnSync(process.execPath, [file], {
      ...asOther,
      cwd: join(import.meta.dirname, '../..'),
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(child.stdout.trim(), child.stderr).toBe('DATA_FOLDER_UNWRITABLE');
  });

  test('[ST5] a full disk stops a batch as a whole, and once there is room it goes on without a restart', () => {
    const directory = temporaryFolder();
    const db = openRecords(directory, KEY);
    const writer = createWriter(db);
    writer.putAccount({
      account_id: ACCOUNT,
      label: '',
      source: 'practice',
      gateway_url: '',
      device_id: 'd',
      practice: true,
    });
    const batch = (from: number) =>
      events(
        from,
        ...Array.from({ length: 200 }, (_, i) =>
          created(message('c1', from + i, 'consumer', { text: '很长'.repeat(200) })),
        ),
      );
    writer.ingest(ACCOUNT, batch(1));
    const used = Number(pragma(db, 'page_count')[0]?.['page_count']);
    pragma(db, `max_page_count = ${used + 5}`);
    let code = 'none';
    try {
      writer.ingest(ACCOUNT, batch(201));
    } catch (thrown) {
      code = toFailure(thrown).error.code;
    }
    expect(code).toBe('DISK_FULL');
    const rows = () => db.readOne<number>('SELECT count(*) FROM messages').get();
    expect(rows()).toBe(200);
    pragma(db, 'max_page_count = 1000000');
    expect(writer.ingest(ACCOUNT, batch(201))).toMatchObject({ event_seq: 400, applied: 200 });
    expect(rows()).toBe(400);
    expect(db.readOne<number>('SELECT count(*) FROM gaps').get()).toBe(0);
    db.close();
  });

  test('[ST3] a file from a newer version is refused before anything is written, for writing and for reading', async () => {
    const directory = temporaryFolder();
    await filled(directory);
    const db = openRecords(directory, KEY);
    db.execute('PRAGMA user_version = 999');
    pragma(db, 'wal_checkpoint(TRUNCATE)');
    db.close();
    const before = readFileSync(join(directory, 'records.db'));
    expect(await codeOf(openStore({ directory, key: KEY }))).toBe('STORE_FROM_NEWER_VERSION');
    expect(await codeOf(openStore({ directory, key: KEY, readOnly: true }))).toBe('STORE_FROM_NEWER_VERSION');
    expect(readFileSync(join(directory, 'records.db')).equals(before)).toBe(true);
  });

  test('[ST4] something that is no database at all is not mistaken for one', async () => {
    const directory = temporaryFolder();
    writeFileSync(join(directory, 'records.db'), 'hello');
    expect(await codeOf(openStore({ directory, key: KEY }))).toBe('STORE_DAMAGED');
    expect(readFileSync(join(directory, 'records.db'), 'utf8')).toBe('hello');
  });

  test('[SY2] closing waits for what was asked before', async () => {
    const directory = temporaryFolder();
    const store = await open({ directory });
    await addAccount(store);
    const pending = Array.from({ length: 20 }, (_, i) => store.setSetting(`s${i}`, i));
    await store.close();
    await Promise.all(pending);
    expect(await codeOf(store.accounts())).toBe('CANCELLED');
    copyFileSync(join(directory, 'records.db'), join(directory, 'seen.db'));
    const again = await open({ directory });
    expect(await again.setting('s19')).toBe(19);
  });
});
