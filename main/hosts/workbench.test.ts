import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemLocale } from './app-info.ts';
import { serve } from './browser/serve.ts';
import { preferredRealFolder } from './profile.ts';
import { runtimeProblem } from './runtime.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

let folder = '';
const open: { close(): Promise<void> }[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'workbench-'));
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

const directory = (): string => path.join(folder, 'profile');
const keyFile = (): string => path.join(folder, 'key');

async function openPractice(): Promise<Workbench> {
  const workbench = await openWorkbench({
    host: 'browser',
    directory: directory(),
    kind: 'practice',
    practice: { rate: 0 },
  });
  open.push(workbench);
  return workbench;
}

async function live({ app }: Workbench): Promise<void> {
  await vi.waitFor(
    async () => expect((await app.handlers['accounts.list']({})).map(({ state }) => state)).toEqual(['live']),
    { timeout: 15_000 },
  );
}

test('[UX5] a practice profile works without any account, and goes on where it was after a restart', async () => {
  const first = await openPractice();
  await live(first);
  expect(first.info).toMatchObject({ practice: true, key_storage: 'practice-file', host: 'browser' });
  const counts = await first.app.handlers['conversations.counts']({ account_id: null });
  expect(counts.waiting).toBeGreaterThan(0);
  const { event_seq } = (await first.app.handlers['accounts.list']({}))[0] ?? {};
  await open.pop()?.close();

  const second = await openPractice();
  await live(second);
  expect(await second.app.handlers['conversations.counts']({ account_id: null })).toEqual(counts);
  expect((await second.app.handlers['accounts.list']({}))[0]?.event_seq).toBeGreaterThanOrEqual(event_seq ?? Infinity);
});

test('[SE4] neither token nor key nor message text reaches the log; the practice key is the owner’s alone', async () => {
  const workbench = await openPractice();
  await live(workbench);
  // Messages of a snapshot's conversations are pulled after it.
  const texts = await vi.waitFor(
    async () => {
      const list = await workbench.app.handlers['conversations.list']({
        account_id: null,
        intake: 'active',
        limit: 100,
        cursor: null,
      });
      const found = list.conversations.map(({ preview }) => preview?.text ?? '').filter((text) => text.length > 6);
      expect(found.length).toBeGreaterThan(2);
      return found;
    },
    { timeout: 15_000 },
  );
  const token = workbench.practice?.token ?? '';
  await open.pop()?.close();
  const log = readFileSync(path.join(directory(), 'log/workbench.log'), 'utf8');
  const key = readFileSync(path.join(directory(), 'practice.key'), 'utf8').trim();
  expect(log).toContain('"event":"workbench.opened"');
  for (const secret of [token, key, ...texts]) expect(log).not.toContain(secret);
  expect(readFileSync(path.join(directory(), 'secrets.json'), 'utf8')).not.toContain(token);
  if (process.platform !== 'win32') expect(statSync(path.join(directory(), 'practice.key')).mode & 0o777).toBe(0o600);
});

test('[ST1] a key file opens what it made; another key is refused, and what was opened before is closed again', async () => {
  const options = { host: 'cli', directory: directory(), kind: 'real', keyFile: keyFile() } as const;
  const first = await openWorkbench(options);
  expect(first.info.key_storage).toBe('key-file');
  await first.close();
  const wrong = path.join(folder, 'wrong');
  writeFileSync(wrong, 'a'.repeat(64), { mode: 0o600 });
  await expect(openWorkbench({ ...options, keyFile: wrong })).rejects.toMatchObject({
    error: { code: 'KEY_FILE_INVALID' },
  });
  // Without the sealed file the store itself tells.
  rmSync(path.join(directory(), 'secrets.json'));
  await expect(openWorkbench({ ...options, keyFile: wrong })).rejects.toMatchObject({
    error: { code: 'STORE_KEY_WRONG' },
  });
  rmSync(path.join(directory(), 'secrets.json'), { force: true });
  open.push(await openWorkbench(options));
});

test('[SE4] a missing key file beside existing records is never made anew', async () => {
  const options = { host: 'cli', directory: directory(), kind: 'real', keyFile: keyFile() } as const;
  await (await openWorkbench(options)).close();
  rmSync(keyFile());
  await expect(openWorkbench(options)).rejects.toMatchObject({
    error: { code: 'KEY_FILE_INVALID', details: { reason: 'missing' } },
  });
  expect(existsSync(keyFile())).toBe(false);
});

test('[ST5] a second program on the same profile is refused while the first is open; one that ended badly lets go of it', async () => {
  const first = await openPractice();
  await expect(openWorkbench({ host: 'cli', directory: directory() })).rejects.toMatchObject({
    error: { code: 'STORE_LOCKED' },
  });
  open.length = 0;
  const { stop } = first.app;
  Object.assign(first.app, {
    stop: async () => {
      await stop();
      throw new Error('ended badly');
    },
  });
  await expect(first.close()).rejects.toThrow('ended badly');
  await openPractice();
});

test('[SE5] serve refuses an unencrypted gateway that is not this machine, and lets go of everything', async () => {
  mkdirSync(path.join(folder, 'page'));
  writeFileSync(path.join(folder, 'page/index.html'), '<!doctype html>');
  writeFileSync(path.join(folder, 'token'), 't-1\n');
  const options = {
    directory: directory(),
    keyFile: keyFile(),
    port: 0,
    open: false,
    page: path.join(folder, 'page'),
    print: () => undefined,
  };
  const gateway = { url: 'ws://gateway.example/', tokenFile: path.join(folder, 'token') };
  await expect(serve({ ...options, gateway })).rejects.toMatchObject({ error: { code: 'INSECURE_ADDRESS' } });
  const missing = { ...gateway, url: 'wss://gateway.example/', tokenFile: path.join(folder, 'none') };
  await expect(serve({ ...options, gateway: missing })).rejects.toMatchObject({ error: { code: 'FILE_NOT_FOUND' } });
  const printed: string[] = [];
  open.push(await serve({ ...options, real: true, print: (url) => printed.push(url) }));
  expect(printed).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/)]);
});

function pageFolder(): string {
  mkdirSync(path.join(folder, 'page'), { recursive: true });
  writeFileSync(path.join(folder, 'page/index.html'), '<!doctype html>');
  return path.join(folder, 'page');
}

test('[SE4] [UX5] a real shop connected from the practice shop goes into a profile of its own, which is shown from then on', async () => {
  const serving = await serve({
    directory: directory(),
    keyFile: keyFile(),
    practice: { rate: 0 },
    port: 0,
    open: false,
    page: pageFolder(),
    print: () => undefined,
  });
  open.push(serving);
  const practice = serving.workbench;
  const shop = { label: '旗舰店', url: 'wss://gateway.invalid/', token: 'geheim' };
  await expect(practice.app.handlers['accounts.add']({ ...shop, url: 'ws://gateway.invalid/' })).rejects.toMatchObject({
    error: { code: 'INSECURE_ADDRESS' },
  });
  expect(preferredRealFolder(directory())).toBeNull();
  const { account_id } = await practice.app.handlers['accounts.add'](shop);
  const real = serving.workbench;
  expect([practice.profile.kind, real.profile.kind, real.profile.folder]).toEqual([
    'practice',
    'real',
    `${directory()}-real`,
  ]);
  expect((await real.store.accounts()).map((account) => [account.account_id, account.label, account.practice])).toEqual(
    [[account_id, '旗舰店', false]],
  );
  expect(preferredRealFolder(directory())).toBe(real.profile.folder);
  await serving.close();
  open.pop();
  const again = await openWorkbench({ host: 'cli', directory: directory(), keyFile: keyFile(), practice: { rate: 0 } });
  open.push(again);
  expect((await again.store.accounts()).map((account) => account.practice)).toEqual([true]);
});

test('[SE4] where a host has no real profile to go to, the practice profile refuses a real account and says why', async () => {
  const { app, store } = await openPractice();
  await expect(
    app.handlers['accounts.add']({ label: '旗舰店', url: 'wss://gateway.invalid/', token: 't' }),
  ).rejects.toMatchObject({ error: { code: 'NOT_ALLOWED', details: { reason: 'practice-profile' } } });
  expect((await store.accounts()).map((account) => account.practice)).toEqual([true]);
});

test('[SE4] without a keychain or key file a real shop is refused with its own code, and the practice shop goes on', async () => {
  // Where a keychain is there, this cannot be had.
  const practice = await openPractice();
  const dbus = process.env['DBUS_SESSION_BUS_ADDRESS'];
  if (process.platform !== 'linux' || dbus !== undefined) return;
  await open.pop()?.close();
  const serving = await serve({
    directory: directory(),
    practice: { rate: 0 },
    port: 0,
    open: false,
    page: pageFolder(),
    print: () => undefined,
  });
  open.push(serving);
  await expect(
    serving.workbench.app.handlers['accounts.add']({ label: '店', url: 'wss://gateway.invalid/', token: 't' }),
  ).rejects.toMatchObject({ error: { code: 'KEYCHAIN_UNAVAILABLE' } });
  expect(serving.workbench.profile.kind).toBe('practice');
  expect(preferredRealFolder(practice.profile.folder)).toBeNull();
});

test('[UX6] a runtime that is too old is told so, in a line with the code', () => {
  for (const version of ['20.20.2', '22.17.9', '18.0.0']) expect(runtimeProblem(version)).toContain('RUNTIME_TOO_OLD');
  for (const version of ['22.18.0', '24.0.0', process.versions.node]) expect(runtimeProblem(version)).toBeNull();
});

test('[UX1] Chinese where the system names no language or a Chinese one', () => {
  expect(systemLocale({ LANG: 'C.UTF-8' }, 'en-US')).toBe('zh-CN');
  expect(systemLocale({}, 'zh-Hans-CN')).toBe('zh-CN');
  expect(systemLocale({}, 'en-US')).toBe('en');
  expect(systemLocale({})).toBe('zh-CN');
  expect(systemLocale({ LANG: 'zh_CN.UTF-8' }, 'en-US')).toBe('zh-CN');
  expect(systemLocale({ LANG: 'en_US.UTF-8' }, 'zh-CN')).toBe('en');
  expect(systemLocale({ LC_ALL: 'de_DE', LANG: 'zh_CN' }, 'zh-CN')).toBe('en');
});
