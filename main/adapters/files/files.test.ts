import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppFailure } from '#shared/contract/errors.ts';
import { createFiles } from './files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const files = createFiles({ resolve: (handle) => (handle.startsWith('/') ? handle : undefined) });

async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AppFailure) return error.error.code;
    throw error;
  }
  return 'none';
}

async function bytesOf(path: string, range?: { start?: number; end?: number }): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of files.read(path, range)) parts.push(part);
  return Buffer.concat(parts);
}

test('[EX6] a sink shows its name only when whole, with the hash of every byte', async () => {
  const path = join(folder, '导出.csv');
  writeFileSync(path, 'before');
  const sink = await files.create(path);
  const chunk = Buffer.alloc(700_000, 7);
  for (let index = 0; index < 5; index++) await sink.write(chunk);
  expect(readFileSync(path, 'utf8')).toBe('before');
  const written = await sink.commit();
  const content = readFileSync(path);
  expect(written).toEqual({ path, bytes: 3_500_000, sha256: createHash('sha256').update(content).digest('hex') });
  expect(content.length).toBe(3_500_000);
  expect(readdirSync(folder)).toEqual(['导出.csv']);
});

test('[EX6] abort leaves nothing behind and the old file as it was', async () => {
  const path = join(folder, 'a.csv');
  writeFileSync(path, 'before');
  const sink = await files.create(path);
  await sink.write(Buffer.alloc(2_000_000));
  await sink.abort();
  await sink.abort();
  expect(readdirSync(folder)).toEqual(['a.csv']);
  expect(readFileSync(path, 'utf8')).toBe('before');
});

test('[UX6] a missing file, a folder, a handle nobody registered, a folder as target', async () => {
  expect(await failureOf(files.describe(join(folder, 'none')))).toBe('FILE_NOT_FOUND');
  expect(await failureOf(bytesOf(join(folder, 'none')))).toBe('FILE_NOT_FOUND');
  expect(await failureOf(files.describe('../etc/passwd'))).toBe('FILE_NOT_FOUND');
  expect(await failureOf(files.describe(folder))).toBe('FILE_UNREADABLE');
  expect(await failureOf(bytesOf(folder))).toBe('FILE_UNREADABLE');
  expect(await failureOf(files.create(join(folder, 'no', 'such', 'a.csv')))).toBe('FILE_UNWRITABLE');
  mkdirSync(join(folder, 'taken'));
  expect(await failureOf(files.create(join(folder, 'taken')))).toBe('FILE_UNWRITABLE');
});

test('[SR11] reads whole files and ranges', async () => {
  const path = join(folder, 'r');
  const content = Buffer.from(Array.from({ length: 600_000 }, (_, index) => index % 251));
  writeFileSync(path, content);
  expect((await bytesOf(path)).equals(content)).toBe(true);
  expect((await bytesOf(path, { start: 10, end: 300_000 })).equals(content.subarray(10, 300_000))).toBe(true);
  expect(await files.describe(path)).toEqual({ name: 'r', bytes: 600_000 });
});

// Root writes into read-only folders and can mount; everyone else the other way round.
const root = process.getuid?.() === 0;

test.skipIf(root)(
  '[ST5] a read-only folder is FILE_UNWRITABLE (skipped as root, whom permissions do not bind)',
  async () => {
    chmodSync(folder, 0o500);
    expect(await failureOf(files.create(join(folder, 'a.csv')))).toBe('FILE_UNWRITABLE');
    chmodSync(folder, 0o700);
  },
);

function mount(path: string, options: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('[EX6] a full disk stops cleanly: DISK_FULL, nothing left, works again once there is room', async (context) => {
  const small = join(folder, 'small');
  mkdirSync(small);
  if (!root || !mount(small, 'size=3m')) {
    process.stderr.write('SKIPPED full disk: needs root and the right to mount a tmpfs\n');
    context.skip();
    return;
  }
  try {
    const sink = await files.create(join(small, 'a.csv'));
    const fill = async () => {
      for (let index = 0; index < 10; index++) await sink.write(Buffer.alloc(1_000_000));
      await sink.commit();
    };
    expect(await failureOf(fill())).toBe('DISK_FULL');
    expect(readdirSync(small)).toEqual([]);
    const again = await files.create(join(small, 'a.csv'));
    await again.write(Buffer.from('ok'));
    await again.commit();
    expect(existsSync(join(small, 'a.csv'))).toBe(true);
  } finally {
    execFileSync('umount', [small]);
  }
});

test('[ST5] a read-only file system is FILE_UNWRITABLE', async (context) => {
  const fixed = join(folder, 'fixed');
  mkdirSync(fixed);
  if (!root || !mount(fixed, 'ro')) {
    process.stderr.write('SKIPPED read-only file system: needs root and the right to mount a tmpfs\n');
    context.skip();
    return;
  }
  try {
    expect(await failureOf(files.create(join(fixed, 'a.csv')))).toBe('FILE_UNWRITABLE');
  } finally {
    execFileSync('umount', [fixed]);
  }
});
