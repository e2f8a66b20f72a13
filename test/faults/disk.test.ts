import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import Sqlite from 'better-sqlite3';
import { backupTo } from '#main/adapters/sqlite/backup.ts';
import { checkStore } from '#main/adapters/sqlite/check.ts';
import { openReadable, pragma } from '#main/adapters/sqlite/connection.ts';
import { toFailure } from '#main/adapters/sqlite/errors.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { openRecords, openRecordsForReading } from '#main/adapters/sqlite/open-records.ts';
import { createWriter } from '#main/adapters/sqlite/writer/create-writer.ts';
import { databaseKey } from '#main/adapters/secrets/database-key.ts';
import { openKeyFile } from '#main/adapters/secrets/key-file.ts';
import { createMemorySecrets } from '#main/adapters/secrets/memory.ts';
import { createPrng } from '#shared/lib/prng.ts';
import { runApp, type RunningApp } from '#test/support/running-app.ts';
import {
  ACCOUNT,
  addAccount,
  codeOf,
  created,
  events,
  KEY,
  message,
  open,
  POLICY,
  temporaryFolder,
} from '#test/support/store-fixtures.ts';
import { failedChecks, problemsAtRest, type Accepted } from '#test/support/truth-check.ts';
import { startTruthGateway, type TruthGateway } from '#test/support/truth-gateway.ts';
import { until } from '#test/support/wait.ts';

/** Disks that are full, read-only, held by others, and wrong; keys that are lost. Real files on real file systems. */
const OFFSETS = Number(process.env['WORKBENCH_CORRUPTIONS'] ?? 80);

/** A small file system of its own, or null where this user may not mount one. */
function smallDisk(mebibytes: number): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'workbench-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]).status === 0;
  if (!mounted) return null;
  onTestFinished(() => {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mountWorks();
function mountWorks(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'workbench-mount-'));
  const works = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
  if (works) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
  return works;
}
/** A file system with a journal of its own, in a file; null where that can't be had. */
function loopDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'workbench-loop-'));
  const image = `${folder}.img`;
  writeFileSync(image, '');
  truncateSync(image, 96 * 1_048_576);
  const made =
    spawnSync('mkfs.ext4', ['-q', '-F', image]).status === 0 &&
    spawnSync('mount', ['-o', 'loop', image, folder]).status === 0;
  const remove = (): void => {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
    rmSync(image, { force: true });
  };
  if (made) onTestFinished(remove);
  else remove();
  return made ? folder : null;
}
const canLoop = canMount && existsSync('/dev/loop-control') && spawnSync('mkfs.ext4', ['-V']).status === 0;
if (canMount && !canLoop)
  process.stderr.write(
    '!! ONE READ-ONLY TEST SKIPPED: it needs loop devices and mkfs.ext4. 没有 loop 设备或 mkfs.ext4，一项只读测试已跳过。\n',
  );
if (!canMount)
  process.stderr.write(
    '!! FULL-DISK AND READ-ONLY TESTS SKIPPED: mounting a small file system needs root. 未能挂载小磁盘，相关测试已跳过。\n',
  );

const problemsOf = (app: RunningApp): string[] =>
  app.topics.filter(({ topic }) => topic === 'problem').map(({ payload }) => (payload as { code: string }).code);

async function appOn(directory: string): Promise<{ app: RunningApp; gateway: TruthGateway }> {
  const gateway = await startTruthGateway({ policy: POLICY, conversations: 3, heartbeatMs: 500 });
  const app = await runApp({ directory, url: gateway.url, token: gateway.token, readers: 1 });
  onTestFinished(async () => {
    await app.close();
    await gateway.close();
  });
  await app.live();
  return { app, gateway };
}

async function caughtUp(app: RunningApp, gateway: TruthGateway): Promise<void> {
  await until('to be caught up', async () => (await app.account()).event_seq === gateway.lastSeq);
}

function fill(disk: string): string {
  const ballast = join(disk, 'ballast');
  const chunk = Buffer.alloc(64 * 1_024, 1);
  for (const size of [chunk.length, 4_096, 512])
    for (let i = 0; ; i++)
      try {
        writeFileSync(ballast, chunk.subarray(0, size), { flag: 'a' });
      } catch {
        break;
      }
  return ballast;
}

describe('a full disk', () => {
  test.skipIf(!canMount)(
    '[ST5] events, sends, drafts and backups say DISK_FULL, nothing is lost, and it goes on by itself when there is room',
    async () => {
      const disk = smallDisk(24) as string;
      const { app, gateway } = await appOn(disk);
      gateway.happen(200);
      await caughtUp(app, gateway);
      const key = await app.key('c0');
      const accepted: Accepted[] = [];
      await app.call('messages.send', { conversation_key: key, text: '之前' });
      accepted.push({ conversation: 'c0', text: '之前' });
      const backup = join(disk, 'copy.db');
      await app.store.backup(backup);
      const before = readFileSync(backup);

      const ballast = fill(disk);
      gateway.happen(3_000);
      await until('it to be said', () => problemsOf(app).includes('DISK_FULL'));
      const refused = await app.refusal('messages.send', { conversation_key: key, text: '磁盘满' });
      expect(refused.code).toBe('DISK_FULL');
      expect(await codeOf(app.store.setDraft(key, '很长的草稿'.repeat(2_000)))).toBe('DISK_FULL');
      expect(await codeOf(app.store.backup(backup))).toBe('DISK_FULL');
      expect(readFileSync(backup).equals(before)).toBe(true);
      expect(readdirSync(disk).filter((name) => name.includes('.partial'))).toEqual([]);
      // What is here is read as before.
      expect((await app.page(key)).messages.length).toBeGreaterThan(10);
      expect((await app.account()).event_seq).toBeLessThan(gateway.lastSeq);

      rmSync(ballast);
      await caughtUp(app, gateway);
      await app.call('messages.send', { conversation_key: key, text: '之后' });
      accepted.push({ conversation: 'c0', text: '之后' });
      await until('the same on both sides', () => problemsAtRest(disk, gateway, accepted).length === 0).catch(() =>
        expect(problemsAtRest(disk, gateway, accepted)).toEqual([]),
      );
      // Said once, not with every attempt.
      expect(problemsOf(app).filter((code) => code === 'DISK_FULL').length).toBeLessThan(4);
      await until('the index', async () => (await app.store.indexStatus()).pending === 0);
      expect((await app.store.check()).filter(({ ok, name }) => !ok && name !== 'store.disk')).toEqual([]);
      await app.store.backup(backup);
    },
    60_000,
  );

  test.skipIf(!canMount)(
    '[ST5] [ST4] full in the middle of building the index anew: said, searches stay exact, and it is finished by itself when there is room',
    async () => {
      const disk = smallDisk(64) as string;
      const store = await open({ directory: disk });
      await addAccount(store);
      const rows = 12_000;
      for (let from = 1; from <= rows; from += 1_000)
        await store.ingest(
          ACCOUNT,
          events(
            from,
            ...Array.from({ length: 1_000 }, (_, i) =>
              created(
                message(`c${i % 5}`, Math.floor((from + i - 1) / 5) + 1, 'consumer', { text: `第${from + i}条发货` }),
              ),
            ),
          ),
        );
      const indexed = async (): Promise<boolean> => (await store.indexStatus()).pending === 0;
      await until('the index', indexed);
      const found = async (): Promise<number> => (await store.count({ text: '发货' }, { kind: 'all' }, null)).count;
      expect(await found()).toBe(rows);
      let ballast: string | null = null;
      expect(await codeOf(store.rebuildIndex(() => void (ballast ??= fill(disk))))).toBe('DISK_FULL');
      expect(await found()).toBe(rows);
      rmSync(ballast as unknown as string);
      await until('the index by itself', async () => failedChecks(disk).length === 0 && (await indexed()), 60_000);
      expect(await found()).toBe(rows);
    },
    90_000,
  );

  test.skipIf(!canMount)(
    '[ST5] a profile on a disk without any room: DISK_FULL, and made whole once there is',
    async () => {
      const disk = smallDisk(1) as string;
      const ballast = fill(disk);
      const directory = join(disk, 'profile');
      expect(await codeOf(openStore({ directory, key: KEY }))).toBe('DISK_FULL');
      rmSync(ballast);
      rmSync(directory, { recursive: true, force: true });
      const bigger = spawnSync('mount', ['-o', 'remount,size=32m', disk]);
      expect(bigger.status).toBe(0);
      const store = await open({ directory });
      await addAccount(store);
    },
  );
});

describe('what cannot be written', () => {
  test.skipIf(!canMount)(
    '[ST5] a disk that was mounted read-only: its own code, nothing changed, and it opens once it may be written',
    async () => {
      const disk = smallDisk(32) as string;
      const store = await open({ directory: disk });
      await addAccount(store);
      await store.close();
      const before = readFileSync(join(disk, 'records.db'));
      expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0);
      expect(await codeOf(openStore({ directory: disk, key: KEY }))).toBe('STORE_READ_ONLY');
      expect(readFileSync(join(disk, 'records.db')).equals(before)).toBe(true);
      expect(spawnSync('mount', ['-o', 'remount,rw', disk]).status).toBe(0);
      const again = await open({ directory: disk });
      expect(await again.accounts()).toHaveLength(1);
    },
  );

  test.skipIf(!canLoop)(
    '[ST5] a disk that turns read-only under open files: its own code, what is here is read, nothing is acknowledged that is not stored, and a start on the mended disk goes on where it was',
    async () => {
      const disk = loopDisk() as string;
      const directory = join(disk, 'profile');
      mkdirSync(directory);
      const gateway = await startTruthGateway({ policy: POLICY, conversations: 3, heartbeatMs: 500 });
      const start = (): Promise<RunningApp> =>
        runApp({ directory, url: gateway.url, token: gateway.token, readers: 1 });
      const app = await start();
      onTestFinished(() => gateway.close());
      try {
        await app.live();
        gateway.happen(200);
        await caughtUp(app, gateway);
        const key = await app.key('c0');
        await app.call('messages.send', { conversation_key: key, text: '之前' });
        await until('it to arrive', async () => (await app.page(key)).outgoing.length === 0);
        await caughtUp(app, gateway);
        const stored = gateway.lastSeq;

        // What a kernel does with a disk that fails (ext4, errors=remount-ro).
        expect(spawnSync('mount', ['-o', 'remount,abort', disk]).status).toBe(0);
        gateway.happen(3_000);
        await until('it to be said', () => problemsOf(app).includes('STORE_READ_ONLY'));
        expect(problemsOf(app)).not.toContain('DISK_FULL');
        expect((await app.refusal('messages.send', { conversation_key: key, text: '只读' })).code).toBe(
          'STORE_READ_ONLY',
        );
        expect((await app.page(key)).messages.length).toBeGreaterThan(10);
        expect((await app.account()).event_seq).toBe(stored);
        expect(gateway.acked).toBe(stored);
      } finally {
        await app.close();
      }

      expect(spawnSync('umount', [disk]).status).toBe(0);
      expect(spawnSync('mount', ['-o', 'loop', `${disk}.img`, disk]).status).toBe(0);
      const again = await start();
      try {
        await caughtUp(again, gateway);
        await until(
          'the same on both sides',
          () => problemsAtRest(directory, gateway, [{ conversation: 'c0', text: '之前' }]).length === 0,
        );
        expect((await again.store.check()).filter(({ ok, name }) => !ok && name !== 'store.disk')).toEqual([]);
      } finally {
        await again.close();
      }
    },
    60_000,
  );

  test.skipIf(!canMount)(
    '[ST5] [SY4] full while the connection breaks too: said, and nothing is missing after both are well again',
    async () => {
      const disk = smallDisk(32) as string;
      const { app, gateway } = await appOn(disk);
      gateway.happen(100);
      await caughtUp(app, gateway);
      const ballast = fill(disk);
      gateway.happen(2_000);
      await until('it to be said', () => problemsOf(app).length > 0);
      gateway.cut();
      gateway.happen(100);
      rmSync(ballast);
      await caughtUp(app, gateway);
      await until('the same on both sides', () => problemsAtRest(disk, gateway, []).length === 0);
      expect(problemsOf(app)).toContain('DISK_FULL');
    },
    60_000,
  );
});

/** Another process takes the write lock of a database; answers with how to let go. */
async function hold(path: string): Promise<() => Promise<void>> {
  const holder = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { openWritable } = await import(${JSON.stringify(join(import.meta.dirname, '../../main/adapters/sqlite/connection.ts'))});
       const db = openWritable(${JSON.stringify(path)}, new Uint8Array(32).fill(7));
       db.execute('BEGIN IMMEDIATE');
       console.log('held');
       process.stdin.once('data', () => { db.execute('ROLLBACK'); db.close(); process.exit(0); });`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const ended = new Promise<void>((resolve) => holder.once('exit', () => resolve()));
  return () => {
    holder.stdin.write('go\n');
    return ended;
  };
}

describe('a file that another program holds', () => {
  test('[ST5] [SY2] the search index: events are stored and acknowledged as ever, searches stay exact, and it catches up when it lets go', async () => {
    const directory = temporaryFolder();
    const { app, gateway } = await appOn(directory);
    gateway.happen(100);
    await caughtUp(app, gateway);
    await until('the index', async () => (await app.store.indexStatus()).pending === 0);
    const letGo = await hold(join(directory, 'search.db'));
    gateway.happen(300);
    await caughtUp(app, gateway);
    await until('it to be acknowledged', () => gateway.acked === gateway.lastSeq);
    expect((await app.store.indexStatus()).pending).toBeGreaterThan(0);
    const shown = [...gateway.messages.values()].flat().filter(({ recalled }) => recalled === null);
    const found = async (): Promise<number> =>
      (await app.store.count({ text: '请问什么时候' }, { kind: 'all' }, null)).count;
    const expected = shown.filter(({ text }) => text.includes('请问什么时候')).length;
    expect(expected).toBeGreaterThan(200);
    expect(await found()).toBe(expected);
    await letGo();
    await until('the index', async () => (await app.store.indexStatus()).pending === 0, 40_000);
    expect(await found()).toBe(expected);
    expect((await app.store.check()).filter(({ ok, name }) => !ok && name !== 'store.disk')).toEqual([]);
  }, 60_000);

  test('[ST5] STORE_LOCKED is said, events and sends wait, and all goes on when it lets go', async () => {
    const directory = temporaryFolder();
    const { app, gateway } = await appOn(directory);
    gateway.happen(100);
    await caughtUp(app, gateway);
    const letGo = await hold(join(directory, 'records.db'));
    gateway.happen(200);
    await until('it to be said', () => problemsOf(app).includes('STORE_LOCKED'));
    expect((await app.account()).event_seq).toBeLessThan(gateway.lastSeq);
    await letGo();
    await caughtUp(app, gateway);
    await until('the same on both sides', () => problemsAtRest(directory, gateway, []).length === 0);
  }, 60_000);
});

describe('a name that another program holds for a moment', () => {
  test.skipIf(!canMount)(
    '[ST5] [ST4] a backup waits for it and takes its place; held for longer it fails, and the one before stays',
    async () => {
      const folder = temporaryFolder();
      const store = await open();
      await addAccount(store);
      const backup = join(folder, 'copy.db');
      await store.backup(backup);
      const before = readFileSync(backup);
      await addAccount(store, 'acc-2' as never);
      // Linux has no sharing modes; a file that something is mounted on can't be renamed over either: EBUSY.
      const held = (): void => expect(spawnSync('mount', ['--bind', backup, backup]).status).toBe(0);
      const letGo = (): unknown => spawnSync('umount', ['-l', backup]);
      onTestFinished(() => void letGo());
      held();
      expect(await codeOf(store.backup(backup))).not.toBeNull();
      letGo();
      expect(readFileSync(backup).equals(before)).toBe(true);
      expect(readdirSync(folder)).toEqual(['copy.db']);
      held();
      const waiting = store.backup(backup);
      await until('the copy to be made', () => readdirSync(folder).includes('copy.db.partial'));
      letGo();
      await waiting;
      expect(readFileSync(backup).equals(before)).toBe(false);
    },
    60_000,
  );
});

const EVENTS = 1_000;

/** A profile with a log that has not been moved into the file yet, copied as a kill would leave it. */
function profileWithLog(): { folder: string } {
  const live = temporaryFolder();
  const folder = temporaryFolder();
  const db = openRecords(live, KEY);
  const writer = createWriter(db);
  writer.putAccount({
    account_id: ACCOUNT,
    label: '',
    source: 'practice',
    gateway_url: '',
    device_id: 'd',
    practice: true,
  });
  writer.setCursor(ACCOUNT, 0, 0);
  const batch = (from: number): void =>
    void writer.ingest(
      ACCOUNT,
      events(
        from,
        ...Array.from({ length: 50 }, (_, i) => created(message(`c${i % 5}`, Math.floor((from + i - 1) / 5) + 1))),
      ),
    );
  for (let from = 1; from <= 600; from += 50) batch(from);
  pragma(db, 'wal_checkpoint(TRUNCATE)');
  copyFileSync(join(live, 'records.db'), join(folder, 'whole.db'));
  for (let from = 601; from <= EVENTS; from += 50) batch(from);
  for (const name of ['records.db', 'records.db-wal', 'key.check']) copyFileSync(join(live, name), join(folder, name));
  db.close();
  return { folder };
}

describe('damage', () => {
  test(`[ST4] ${OFFSETS} places in database and log turned over at random: noticed as damage, or what is read is a true prefix; never wrong rows, never a crash`, () => {
    const prng = createPrng(Number(process.env['WORKBENCH_SEED'] ?? 3));
    const { folder } = profileWithLog();
    const target = temporaryFolder();
    const outcomes = { noticed: 0, shorter: 0, unharmed: 0 };
    for (let i = 0; i < OFFSETS; i++) {
      for (const name of readdirSync(target)) rmSync(join(target, name), { force: true, recursive: true });
      const log = i % 4 === 3;
      copyFileSync(join(folder, log ? 'records.db' : 'whole.db'), join(target, 'records.db'));
      copyFileSync(join(folder, 'key.check'), join(target, 'key.check'));
      if (log) copyFileSync(join(folder, 'records.db-wal'), join(target, 'records.db-wal'));
      const file = join(target, log ? 'records.db-wal' : 'records.db');
      const bytes = readFileSync(file);
      const at = prng.int(bytes.length);
      for (let k = 0; k < 1 + prng.int(16) && at + k < bytes.length; k++)
        bytes[at + k] = (bytes[at + k] as number) ^ (1 + prng.int(255));
      writeFileSync(file, bytes);
      const where = `${file.endsWith('wal') ? 'log' : 'database'} at ${at}`;
      let db: ReturnType<typeof openRecords> | null = null;
      try {
        db = openRecords(target, KEY);
        const checks = checkStore(db, { directory: target, indexed: false });
        const cursor = db.readOne<number>('SELECT event_seq FROM accounts').get() ?? -1;
        const rows = db.readRaw<[string, string | null]>('SELECT msg_id, text FROM messages').all();
        const broken = checks.filter(({ ok, name }) => !ok && name.startsWith('store.') && name !== 'store.disk');
        if (broken.length > 0) {
          outcomes.noticed++;
          continue;
        }
        // Nothing noticed: then nothing may be wrong. A log that is damaged ends before the damage, at a whole transaction.
        expect(rows.length, where).toBe(cursor);
        for (const [msgId, text] of rows) {
          const [, conversation, seq] = /^(c\d)-m(\d+)$/.exec(msgId) ?? [];
          expect(text, where).toBe(`第${seq}条 ${conversation}`);
        }
        if (cursor === (log ? EVENTS : 600)) outcomes.unharmed++;
        else outcomes.shorter++;
      } catch (thrown) {
        if (thrown instanceof Error && thrown.name === 'AssertionError') throw thrown;
        expect(toFailure(thrown).error.code, where).toBe('STORE_DAMAGED');
        outcomes.noticed++;
      } finally {
        db?.close();
      }
    }
    // Each page carries its own tag: what is changed in the database is always noticed.
    expect(outcomes.noticed).toBeGreaterThanOrEqual(Math.floor((OFFSETS * 3) / 4));
    expect(outcomes.shorter).toBeGreaterThan(0);
    if (OFFSETS !== 80) process.stdout.write(`${JSON.stringify(outcomes)}\n`);
  }, 600_000);

  test('[ST4] damage that comes while the program runs is its own code, at whatever touches it', async () => {
    const directory = temporaryFolder();
    const { folder } = profileWithLog();
    copyFileSync(join(folder, 'whole.db'), join(directory, 'records.db'));
    copyFileSync(join(folder, 'key.check'), join(directory, 'key.check'));
    const store = await open({ directory });
    const file = join(directory, 'records.db');
    const bytes = readFileSync(file);
    for (let at = 4_096 * 8; at < bytes.length; at += 4_096) bytes[at + 100] = (bytes[at + 100] as number) ^ 0xff;
    writeFileSync(file, bytes);
    const { conversations } = await store
      .conversations({ account_id: null, intake: 'waiting', limit: 10, cursor: null })
      .catch(() => ({ conversations: [] }));
    const codes = await Promise.all([
      codeOf(store.search({ text: '第1' }, { kind: 'all' }, { limit: 10, cursor: null })),
      codeOf(store.estimate({}, { kind: 'all' })),
      codeOf(store.backup(join(directory, 'copy.db'))),
      ...conversations.map(({ key }) => codeOf(store.messages({ conversation_key: key, limit: 500 }))),
    ]);
    expect(codes).toContain('STORE_DAMAGED');
    expect(codes.filter((code) => code !== 'STORE_DAMAGED' && code !== 'none')).toEqual([]);
    // A damaged original never becomes a backup.
    expect(existsSync(join(directory, 'copy.db'))).toBe(false);
    const checks = await store.check();
    expect(checks.some(({ ok, detail }) => !ok && /STORE_DAMAGED|malformed|page/i.test(detail))).toBe(true);
  });

  test('[ST4] a search index that is damaged anywhere costs time, not answers: searches stay exact, and it can be made anew', async () => {
    const prng = createPrng(9);
    for (let i = 0; i < 3; i++) {
      const directory = temporaryFolder();
      let store = await open({ directory });
      await addAccount(store);
      await store.ingest(ACCOUNT, events(1, ...Array.from({ length: 300 }, (_, n) => created(message('c1', n + 1)))));
      await until('the index', async () => (await store.indexStatus()).pending === 0);
      await store.close();
      const file = join(directory, 'search.db');
      const bytes = readFileSync(file);
      const at = i === 0 ? 10 : prng.int(bytes.length);
      for (let k = at; k < Math.min(at + 4_096 * 3, bytes.length); k++) bytes[k] = (bytes[k] as number) ^ 0x55;
      writeFileSync(file, bytes);
      store = await open({ directory });
      const found = await store.count({ text: '第12条' }, { kind: 'all' }, null).catch((thrown: unknown) => thrown);
      if ((found as { count?: number }).count !== 1) {
        // Noticed while it was used: said so, and repaired without a loss.
        expect((found as { error: { code: string } }).error.code).toBe('STORE_DAMAGED');
      }
      const rebuilt = await codeOf(store.rebuildIndex(() => undefined));
      expect(['none', 'STORE_DAMAGED']).toContain(rebuilt);
      await store.close();
      // What could not be repaired in place is made anew by the next start.
      store = await open({ directory });
      await until('the new index', async () => (await store.indexStatus()).pending === 0);
      expect(await store.count({ text: '第12条' }, { kind: 'all' }, null)).toEqual({ count: 1, exact: true });
      expect((await store.check()).filter(({ ok, name }) => !ok && name !== 'store.disk')).toEqual([]);
      await store.close();
    }
  }, 60_000);

  test('[ST4] a backup that was cut off, at any length, is noticed before it replaces anything', () => {
    const { folder } = profileWithLog();
    const copy = join(folder, 'copy.db');
    const db = openRecordsForReading(folder, KEY);
    backupTo(db, copy, KEY);
    db.close();
    const whole = statSync(copy).size;
    const prng = createPrng(4);
    for (const bytes of [
      0,
      100,
      4_096,
      whole - 4_096,
      whole - 1,
      ...Array.from({ length: 20 }, () => prng.int(whole)),
    ]) {
      const target = temporaryFolder();
      copyFileSync(copy, join(target, 'records.db'));
      copyFileSync(join(folder, 'key.check'), join(target, 'key.check'));
      truncateSync(join(target, 'records.db'), bytes);
      let noticed: string;
      try {
        const opened = openRecords(target, KEY);
        const broken = checkStore(opened, { directory: target, indexed: false }).filter(
          ({ ok, name }) => !ok && name.startsWith('store.') && name !== 'store.disk',
        );
        opened.close();
        noticed = broken.length > 0 ? 'STORE_DAMAGED' : 'not noticed';
      } catch (thrown) {
        noticed = toFailure(thrown).error.code;
      }
      expect(noticed, `${bytes} of ${whole} bytes`).toBe('STORE_DAMAGED');
    }
  });
});

describe('a key that is lost', () => {
  test('[ST4] [SE4] another key, a destroyed key file, a keychain without it: each its own code, and not one byte of the records changes', async () => {
    const directory = temporaryFolder();
    const store = await open({ directory });
    await addAccount(store);
    await store.close();
    const before = readFileSync(join(directory, 'records.db'));
    const other = new Uint8Array(32).fill(9);
    expect(await codeOf(openStore({ directory, key: other }))).toBe('STORE_KEY_WRONG');
    expect(await codeOf(openStore({ directory, key: other, readOnly: true }))).toBe('STORE_KEY_WRONG');
    rmSync(join(directory, 'key.check'));
    expect(await codeOf(openStore({ directory, key: other }))).toBe('STORE_KEY_WRONG');
    expect(readFileSync(join(directory, 'records.db')).equals(before)).toBe(true);

    const keyFile = join(temporaryFolder(), 'key');
    const code = (work: () => unknown): string => {
      try {
        work();
        return 'none';
      } catch (thrown) {
        return toFailure(thrown).error.code;
      }
    };
    for (const content of ['', 'zz', 'f'.repeat(63), '\0'.repeat(31)]) {
      writeFileSync(keyFile, content, { mode: 0o600 });
      expect(code(() => openKeyFile(keyFile, { mayCreate: true }))).toBe('KEY_FILE_INVALID');
      expect(readFileSync(keyFile, 'latin1')).toBe(content);
    }
    expect(await codeOf(databaseKey(createMemorySecrets(), true))).toBe('STORE_KEY_WRONG');
    const again = await open({ directory });
    expect(await again.accounts()).toHaveLength(1);
  });
});

test('[ST3] a start that was killed while it made the file leaves a journal: the next one plays it back and goes on', async () => {
  const live = temporaryFolder();
  const directory = temporaryFolder();
  const file = join(live, 'records.db');
  const sqlite = new Sqlite(file);
  sqlite.pragma(`cipher = 'aegis'`);
  sqlite.pragma(`key = 'raw:${Buffer.from(KEY).toString('hex')}'`);
  sqlite.pragma('cache_size = 1');
  sqlite.exec('CREATE TABLE t (a); BEGIN IMMEDIATE');
  sqlite.exec(
    'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT randomblob(200) FROM n',
  );
  expect(statSync(`${file}-journal`).size).toBeGreaterThan(0);
  for (const name of ['records.db', 'records.db-journal']) copyFileSync(join(live, name), join(directory, name));
  sqlite.exec('ROLLBACK; DROP TABLE t');
  sqlite.close();
  expect(() => openReadable(join(directory, 'records.db'), KEY)).toThrow('readonly');
  const db = openRecords(directory, KEY);
  expect(db.readOne<number>('SELECT count(*) FROM messages').get()).toBe(0);
  expect(db.readOne<number>('SELECT count(*) FROM t').get()).toBe(0);
  db.close();
});
