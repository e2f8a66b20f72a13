import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createIds } from './ids.ts';
import { createLogFile } from './log-file.ts';
import { defaultDataFolder, openProfile } from './profile.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'profile-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const failing = (code: string): Error =>
  expect.objectContaining({ error: expect.objectContaining({ code }) }) as unknown as Error;

test('[ST5] one process a profile: the second is refused, and a killed one leaves nothing behind', async () => {
  const first = openProfile({ directory: folder });
  expect(() => openProfile({ directory: folder })).toThrow(failing('STORE_LOCKED'));
  first.release();

  // Nobody keeps what was opened, and the garbage is collected: it is held all the same.
  const script = `import { openProfile } from '${path.resolve('main/hosts/profile.ts')}';
    openProfile({ directory: process.argv[1] });
    setImmediate(() => { gc(); setImmediate(() => { process.stdout.write('open'); }); });
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    expect(() => openProfile({ directory: folder })).toThrow(failing('STORE_LOCKED'));
  } finally {
    child.kill('SIGKILL');
  }
  await once(child, 'exit');
  openProfile({ directory: folder }).release();
});

test('[SE4] practice and real accounts never share a folder', () => {
  openProfile({ directory: folder, kind: 'practice' }).release();
  expect(() => openProfile({ directory: folder, kind: 'real' })).toThrow(failing('NOT_ALLOWED'));
  const again = openProfile({ directory: folder });
  expect(again.kind).toBe('practice');
  again.release();
  const elsewhere = { XDG_DATA_HOME: folder };
  const practice = openProfile({ kind: 'practice', environment: elsewhere });
  const real = openProfile({ environment: elsewhere });
  expect(practice.folder).not.toBe(real.folder);
  expect(practice.keychainService).not.toBe(real.keychainService);
  practice.release();
  real.release();
});

test('[ST5] a folder that cannot be used is named as such', () => {
  writeFileSync(path.join(folder, 'file'), '');
  expect(() => openProfile({ directory: path.join(folder, 'file', 'inner') })).toThrow(
    failing('DATA_FOLDER_UNWRITABLE'),
  );
  expect(() => openProfile({ directory: path.join(folder, 'file') })).toThrow(failing('DATA_FOLDER_UNWRITABLE'));
  if (process.platform === 'linux')
    expect(() => openProfile({ directory: '/proc/merchant-workbench' })).toThrow(failing('DATA_FOLDER_UNWRITABLE'));
});

test('[ST3] a profile of a later version is refused and left as it is', () => {
  const file = path.join(folder, 'profile.json');
  writeFileSync(file, '{"version":2,"kind":"real"}');
  expect(() => openProfile({ directory: folder })).toThrow(failing('STORE_FROM_NEWER_VERSION'));
  expect(readFileSync(file, 'utf8')).toBe('{"version":2,"kind":"real"}');
});

test('[SE2] what an earlier run left in the temporary folder is gone at the next start; the folders are the owner’s alone', () => {
  const first = openProfile({ directory: path.join(folder, 'p') });
  writeFileSync(path.join(first.temp, 'upload'), 'x');
  first.release();
  const second = openProfile({ directory: path.join(folder, 'p') });
  expect(existsSync(path.join(second.temp, 'upload'))).toBe(false);
  if (process.platform !== 'win32') expect(statSync(second.folder).mode & 0o077).toBe(0);
  second.release();
});

test('[ST1] the default place follows the operating system', () => {
  expect(defaultDataFolder('linux', {}, '/home/a')).toBe('/home/a/.local/share/merchant-workbench');
  expect(defaultDataFolder('linux', { XDG_DATA_HOME: 'relative' }, '/home/a')).toBe(
    '/home/a/.local/share/merchant-workbench',
  );
  expect(defaultDataFolder('linux', { XDG_DATA_HOME: '/x' }, '/home/a')).toBe('/x/merchant-workbench');
  expect(defaultDataFolder('darwin', {}, '/Users/a')).toBe('/Users/a/Library/Application Support/Merchant Workbench');
  expect(defaultDataFolder('win32', {}, String.raw`C:\Users\a`)).toBe(
    String.raw`C:\Users\a\AppData\Local\Merchant Workbench`,
  );
});

test('[SE4] the log keeps no content and no secret, is the owner’s alone, and is put aside when full', () => {
  const log = createLogFile({ folder, maxBytes: 1_000, maxFiles: 3, now: () => 0 });
  log.logger.log('error', 'refused', {
    account_id: 'a-1',
    text: '机密',
    token: 't-secret',
    database_key: 'k',
    count: 3,
  });
  const file = path.join(folder, 'workbench.log');
  expect(readFileSync(file, 'utf8')).toBe(
    '{"at":"1970-01-01T00:00:00.000Z","level":"error","event":"refused","account_id":"a-1","count":3}\n',
  );
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  for (let i = 0; i < 40; i++) log.logger.log('error', 'again', { detail: 'x'.repeat(200), i });
  log.logger.log('info', 'last');
  log.close();
  expect(readFileSync(file, 'utf8').trim().split('\n').at(-1)).toContain('"event":"last"');
  expect([1, 2, 3].map((index) => existsSync(`${file}.${index}`))).toEqual([true, true, false]);
});

test('[SY3] ids are 22 characters of 128 random bits', () => {
  const ids = createIds();
  const made = Array.from({ length: 1_000 }, () => ids.next());
  expect(new Set(made).size).toBe(1_000);
  expect(made.every((id) => /^[0-9A-Za-z_-]{22}$/.test(id))).toBe(true);
  const draws = Array.from({ length: 1_000 }, () => ids.random());
  expect(Math.min(...draws)).toBeLessThan(0.05);
  expect(Math.max(...draws)).toBeGreaterThan(0.95);
  expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
});
