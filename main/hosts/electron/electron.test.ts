import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { App, IpcMainInvokeEvent, Session, WebContents } from 'electron';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Handlers } from '#shared/contract/procedures.ts';
import { TOPIC_NAMES, type TopicMessage } from '#shared/contract/topics.ts';
import { desktopWords } from '#shared/i18n/desktop.ts';
import { listPageFiles } from '../page-files.ts';
import { CHANNELS } from './channels.ts';
import { guardContents, guardSession, WEB_PREFERENCES } from './guards.ts';
import { openDoor } from './ipc.ts';
import { createNotifier } from './notices.ts';
import { APP_URL, isOpenableOutside, isOwnAddress } from './origin.ts';
import { openSafeStorage } from './safe-storage.ts';
import { answer } from './scheme.ts';
import { placeable, readWindowState, writeWindowState } from './window-state.ts';

// A small fake of Electron's API: what is registered, so that it can be called as Electron would.
const fake = vi.hoisted(() => ({
  channels: new Map<string, (event: unknown, ...args: unknown[]) => unknown>(),
  opened: [] as string[],
  exposed: {} as Record<string, unknown>,
  invoked: [] as unknown[][],
  listeners: new Map<string, Set<(...args: unknown[]) => void>>(),
  storage: { available: true, backend: 'gnome_libsecret' },
  shown: [] as { title: string; body: string }[],
  clicks: [] as (() => void)[],
}));
vi.mock('electron', () => ({
  ipcMain: {
    handle: (channel: string, handler: (event: unknown, ...args: unknown[]) => unknown) => {
      if (fake.channels.has(channel)) throw new Error(`second handler for ${channel}`);
      fake.channels.set(channel, handler);
    },
    removeHandler: (channel: string) => fake.channels.delete(channel),
  },
  ipcRenderer: {
    invoke: async (...args: unknown[]) => void fake.invoked.push(args),
    on: (channel: string, listener: (...args: unknown[]) => void) =>
      fake.listeners.set(channel, (fake.listeners.get(channel) ?? new Set()).add(listener)),
    off: (channel: string, listener: (...args: unknown[]) => void) => fake.listeners.get(channel)?.delete(listener),
  },
  contextBridge: { exposeInMainWorld: (name: string, api: unknown) => (fake.exposed[name] = api) },
  shell: { openExternal: async (url: string) => void fake.opened.push(url) },
  safeStorage: {
    isEncryptionAvailable: () => fake.storage.available,
    getSelectedStorageBackend: () => fake.storage.backend,
    encryptString: (text: string) => Buffer.from(text).map((byte) => byte ^ 0xff),
    decryptString: (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte ^ 0xff)).toString(),
  },
  Notification: class {
    static isSupported = (): boolean => true;
    readonly options: { title: string; body: string };
    constructor(options: { title: string; body: string }) {
      this.options = options;
    }
    on(event: string, listener: () => void): void {
      if (event === 'click') fake.clicks.push(listener);
    }
    show(): void {
      fake.shown.push(this.options);
    }
  },
  protocol: {},
}));

const logger = { log: vi.fn<(...args: unknown[]) => void>() };
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'electron-host-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  fake.channels.clear();
  fake.opened.length = 0;
  fake.storage = { available: true, backend: 'gnome_libsecret' };
});

/** A window's contents with what the door and the guards touch. */
function fakeContents(url = APP_URL) {
  const handlers = new Map<string, (...args: unknown[]) => void>();
  const sent: unknown[][] = [];
  let openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' });
  const contents = {
    mainFrame: { url },
    isDestroyed: () => false,
    send: (...args: unknown[]) => void sent.push(args),
    on: (name: string, handler: (...args: unknown[]) => void) => handlers.set(name, handler),
    setWindowOpenHandler: (handler: typeof openHandler) => (openHandler = handler),
  };
  const event = { sender: contents, senderFrame: contents.mainFrame } as unknown as IpcMainInvokeEvent;
  return {
    contents: contents as unknown as WebContents,
    event,
    handlers,
    sent,
    open: (to: string) => openHandler({ url: to }),
  };
}

function openTestDoor(contents: WebContents, listeners = new Set<(message: TopicMessage) => void>()) {
  const picked: unknown[] = [];
  const close = openDoor({
    app: {
      handlers: { 'app.info': async () => ({ version: '1' }) } as unknown as Handlers,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    contents,
    logger,
    pickFile: async (extensions) => {
      picked.push(extensions);
      return { handle: 'h', name: 'a.csv', bytes: 3 };
    },
    takeFile: async () => null,
    pickSave: async (name) => {
      picked.push(name);
      return null;
    },
  });
  return { close, picked, listeners };
}

test('[SE1] one door: only the known channels, input parsed, answers as plain data, and all of it gone when closed', async () => {
  const { contents, event, sent } = fakeContents();
  const { close, picked, listeners } = openTestDoor(contents);
  expect([...fake.channels.keys()].sort()).toEqual(
    [CHANNELS.call, CHANNELS.pickFile, CHANNELS.pickSave, CHANNELS.takeFile].sort(),
  );
  const call = fake.channels.get(CHANNELS.call);
  expect(await call?.(event, 'app.info', {})).toEqual({ ok: true, result: { version: '1' } });
  expect(await call?.(event, 'app.info', { x: 1 })).toMatchObject({ ok: false, error: { code: 'BAD_INPUT' } });
  for (const name of ['__proto__', 'constructor', 7, undefined])
    expect(await call?.(event, name, {})).toMatchObject({ ok: false, error: { code: 'BAD_INPUT' } });
  expect(await fake.channels.get(CHANNELS.pickFile)?.(event, '.csv, .XLSX')).toEqual({
    handle: 'h',
    name: 'a.csv',
    bytes: 3,
  });
  for (const bad of ['../x', '.c/sv', 7, null])
    expect(await fake.channels.get(CHANNELS.pickFile)?.(event, bad)).toBeNull();
  expect(picked).toEqual([['csv', 'xlsx']]);
  const message = { topic: 'problem', payload: { code: 'DISK_FULL', details: {} } } as const;
  for (const listener of listeners) listener(message);
  expect(sent).toEqual([[CHANNELS.topic, message]]);
  close();
  expect([fake.channels.size, listeners.size]).toEqual([0, 0]);
});

test('[SE1] a foreign sender, an inner frame, a frame that is gone, or another address gets nothing', async () => {
  const own = fakeContents();
  openTestDoor(own.contents);
  const call = fake.channels.get(CHANNELS.call);
  const stranger = fakeContents();
  const foreign: unknown[] = [
    stranger.event,
    { ...own.event, senderFrame: null },
    { ...own.event, senderFrame: { url: APP_URL } },
    { ...own.event, sender: stranger.contents },
  ];
  for (const event of foreign) {
    expect(await call?.(event, 'app.info', {})).toMatchObject({ ok: false, error: { code: 'NOT_ALLOWED' } });
    expect(await fake.channels.get(CHANNELS.pickSave)?.(event, 'a')).toBeNull();
  }
  (own.contents.mainFrame as { url: string }).url = 'https://evil.example/';
  expect(await call?.(own.event, 'app.info', {})).toMatchObject({ error: { code: 'NOT_ALLOWED' } });
});

test('[SE1] addresses are compared as parsed, never by substring', () => {
  expect(isOwnAddress(APP_URL)).toBe(true);
  for (const address of [
    'https://evil.example/?workbench-app://window/',
    'workbench-app://window.evil/',
    'workbench-app://evil@window/',
    'workbench-app-evil://window/',
    'file:///workbench-app://window/',
    'about:blank',
    '',
  ])
    expect(isOwnAddress(address)).toBe(false);
  expect(isOpenableOutside('https://mall.example/order?id=1')).toBe(true);
  for (const address of [
    'http://mall.example',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://x',
    'https://a:b@c.example',
    'x',
  ])
    expect(isOpenableOutside(address)).toBe(false);
});

test('[SE1] pages cannot navigate away, embed, or open windows; https links go to the person’s browser', () => {
  const { contents, handlers, open } = fakeContents();
  let created: ((event: unknown, contents: WebContents) => void) | undefined;
  const app = { on: (name: string, handler: never) => name === 'web-contents-created' && (created = handler) };
  const asked: string[] = [];
  guardContents(app as unknown as App, logger, (address) => asked.push(address));
  created?.({}, contents);
  for (const name of ['will-navigate', 'will-redirect', 'will-frame-navigate']) {
    const prevented = (url: string): boolean => {
      const preventDefault = vi.fn<() => void>();
      handlers.get(name)?.({ url, preventDefault });
      return preventDefault.mock.calls.length === 1;
    };
    expect([prevented('https://evil.example/'), prevented('file:///etc/passwd'), prevented(APP_URL)]).toEqual([
      true,
      true,
      false,
    ]);
  }
  const attach = vi.fn<() => void>();
  handlers.get('will-attach-webview')?.({ preventDefault: attach });
  expect(attach).toHaveBeenCalledOnce();
  expect([open('https://mall.example/'), open('file:///etc/passwd'), open('javascript:1')]).toEqual([
    { action: 'deny' },
    { action: 'deny' },
    { action: 'deny' },
  ]);
  expect(asked).toEqual(['https://mall.example/']);
});

test('[SE1] every permission but copying and every device is denied, nothing is downloaded or loaded from the network', () => {
  const given = new Map<string, (...args: never[]) => unknown>();
  const keep = (name: string) => (handler: (...args: never[]) => unknown) => void given.set(name, handler);
  const session = {
    setPermissionRequestHandler: keep('request'),
    setPermissionCheckHandler: keep('check'),
    setDevicePermissionHandler: keep('device'),
    setSpellCheckerEnabled: keep('spell'),
    on: (name: string, handler: never) => given.set(name, handler),
    webRequest: { onBeforeRequest: keep('load') },
  };
  guardSession(session as unknown as Session);
  const call = (name: string, ...args: unknown[]): unknown =>
    (given.get(name) as (...args: unknown[]) => unknown)(...args);
  const own = { isMainFrame: true, requestingUrl: APP_URL };
  const requested = (permission: string, details: unknown): unknown => {
    let decision: unknown;
    call('request', null, permission, (allowed: boolean) => (decision = allowed), details);
    return decision;
  };
  const checked = (permission: string, details: unknown): unknown =>
    call('check', null, permission, 'workbench-app://window/', details);
  for (const asked of [requested, checked]) {
    for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'unknown'])
      expect(asked(permission, own), permission).toBe(false);
    const copying = 'clipboard-sanitized-write';
    expect(asked(copying, own)).toBe(true);
    expect(asked(copying, { ...own, isMainFrame: false })).toBe(false);
    expect(asked(copying, { ...own, requestingUrl: 'https://evil.example/' })).toBe(false);
  }
  expect(checked('clipboard-sanitized-write', { isMainFrame: true })).toBe(true);
  expect(call('device', {})).toBe(false);
  const cancelled = (url: string): unknown => {
    let decision: unknown;
    call('load', { url }, (answered: { cancel: boolean }) => (decision = answered.cancel));
    return decision;
  };
  expect(
    ['https://evil.example/', 'http://127.0.0.1/', 'ws://x/', 'file:///etc/passwd', APP_URL].map(cancelled),
  ).toEqual([true, true, true, true, false]);
  expect(WEB_PREFERENCES).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webSecurity: true,
  });
});

test('[SE1] the page sees five functions, and no event or channel of ours', async () => {
  await import('./preload.ts');
  const api = fake.exposed['workbench'] as {
    call(procedure: string, input: unknown): Promise<unknown>;
    onTopic(listener: (...args: unknown[]) => void): () => void;
  };
  expect(Object.keys(api).sort()).toEqual(['call', 'host', 'onTopic', 'pickFile', 'pickSave', 'takeFile']);
  await api.call('app.info', {});
  expect(fake.invoked).toEqual([[CHANNELS.call, 'app.info', {}]]);
  const seen: unknown[][] = [];
  const stop = api.onTopic((...args) => seen.push(args));
  for (const listener of fake.listeners.get(CHANNELS.topic) ?? [])
    listener({ sender: 'secret' }, { topic: TOPIC_NAMES[0], payload: [] });
  expect(seen).toEqual([[{ topic: TOPIC_NAMES[0], payload: [] }]]);
  stop();
  expect(fake.listeners.get(CHANNELS.topic)?.size).toBe(0);
});

test('[SE1] our scheme serves the built page alone, with the strict policy on every answer', async () => {
  mkdirSync(path.join(folder, 'page/assets'), { recursive: true });
  writeFileSync(path.join(folder, 'page/index.html'), '工作台');
  writeFileSync(path.join(folder, 'page/assets/a.js'), '1');
  writeFileSync(path.join(folder, 'secret'), 'no');
  const files = listPageFiles(path.join(folder, 'page'));
  const get = (url: string, method = 'GET') => answer(files, { url, method });
  const page = await get(APP_URL);
  expect([page.status, await page.text(), page.headers.get('content-type')]).toEqual([
    200,
    '工作台',
    'text/html; charset=utf-8',
  ]);
  expect((await get('workbench-app://window/assets/a.js')).status).toBe(200);
  for (const url of [
    'workbench-app://window/../secret',
    'workbench-app://window/..%2fsecret',
    'workbench-app://other/index.html',
    'file:///etc/passwd',
  ]) {
    const refused = await get(url);
    expect(refused.status).toBe(404);
    expect(refused.headers.get('content-security-policy')).toContain("default-src 'none'");
  }
  expect((await get(APP_URL, 'POST')).status).toBe(404);
});

test('[SE2] [IN8] our scheme shows checked pictures by reference, as nothing but themselves', async () => {
  mkdirSync(path.join(folder, 'page'), { recursive: true });
  writeFileSync(path.join(folder, 'page/index.html'), '工作台');
  const files = listPageFiles(path.join(folder, 'page'));
  const asked: string[] = [];
  const get = (url: string, method = 'GET') =>
    answer(files, { url, method }, async (ref) => {
      asked.push(ref);
      return ref === 'm-12' ? { mime: 'image/webp', bytes: Uint8Array.from([1, 2, 3]) } : null;
    });
  const shown = await get('workbench-app://window/attachments/m-12');
  expect([shown.status, shown.headers.get('content-type'), shown.headers.get('cache-control')]).toEqual([
    200,
    'image/webp',
    'no-store',
  ]);
  expect(shown.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
  expect(new Uint8Array(await shown.arrayBuffer())).toEqual(Uint8Array.from([1, 2, 3]));
  expect((await get('workbench-app://window/attachments/o-abc')).status).toBe(404);
  for (const url of ['workbench-app://other/attachments/m-12', 'workbench-app://window/attachments/../m-12'])
    expect((await get(url)).status).toBe(404);
  expect((await get('workbench-app://window/attachments/m-12', 'POST')).status).toBe(404);
  expect(asked).toEqual(['m-12', 'o-abc']);
});

test('[SE4] safeStorage is taken only where it really seals', async () => {
  const file = path.join(folder, 'safe.json');
  const secrets = openSafeStorage(file, 'linux');
  await secrets.set('token:a', '令牌');
  expect(readFileSync(file, 'utf8')).not.toContain('令牌');
  expect(await openSafeStorage(file, 'darwin').get('token:a')).toBe('令牌');
  expect(await secrets.get('__proto__')).toBeNull();
  for (const storage of [
    { available: false, backend: 'gnome_libsecret' },
    { available: true, backend: 'basic_text' },
    { available: true, backend: 'unknown' },
  ]) {
    fake.storage = storage;
    expect(() => openSafeStorage(file, 'linux')).toThrow(/KEYCHAIN_UNAVAILABLE/);
  }
});

test('[IN3] what a clicked notification asks for waits for the page that it opened, and is told once', () => {
  const { contents, handlers, sent } = fakeContents();
  const { close, listeners } = openTestDoor(contents);
  const goal = (key: number): TopicMessage =>
    ({ topic: 'open', payload: { account_id: 'a', conversation_key: key, kind: 'reply' } }) as unknown as TopicMessage;
  const tell = (message: TopicMessage): void => {
    for (const listener of listeners) listener(message);
  };
  tell(goal(1));
  tell(goal(2));
  expect(sent).toEqual([]);
  handlers.get('did-finish-load')?.();
  expect(sent).toEqual([[CHANNELS.topic, goal(2)]]);
  tell(goal(3));
  expect(sent).toHaveLength(2);
  // A page that loads anew is not there meanwhile.
  handlers.get('did-start-loading')?.();
  tell(goal(4));
  expect(sent).toHaveLength(2);
  handlers.get('did-finish-load')?.();
  handlers.get('did-finish-load')?.();
  expect(sent.slice(2)).toEqual([[CHANNELS.topic, goal(4)]]);
  close();
});

test('[IN3] a notification names who asked, and never what was said', () => {
  const done: string[] = [];
  const notifier = createNotifier(
    () => desktopWords['zh-CN'],
    () => done.push('window'),
    (waiting) => done.push(`badge ${waiting}`),
  );
  const notice = { account_id: 'a', conversation_key: null, title: '景小雨', count: 1 } as never;
  notifier.notify({ ...(notice as object), kind: 'enquiry' } as never, () => done.push('conversation'));
  notifier.notify({ ...(notice as object), kind: 'summary', count: 7 } as never);
  expect(fake.shown).toEqual([
    { title: '新的咨询', body: '景小雨', silent: true },
    { title: '离线期间有 7 条新消息', body: '', silent: true },
  ]);
  fake.clicks[0]?.();
  notifier.badge?.(3);
  expect(done).toEqual(['window', 'conversation', 'badge 3']);
});

test('[UX4] the window comes back where it was, unless no screen shows that place any more', () => {
  const screens = [
    { x: 0, y: 0, width: 1920, height: 1080 },
    { x: 1920, y: 0, width: 1280, height: 800 },
  ];
  const state = { x: 2000, y: 40, width: 1180, height: 720, maximized: false };
  const file = path.join(folder, 'window.json');
  writeWindowState(file, state);
  expect(readWindowState(file, screens)).toEqual(state);
  expect(readWindowState(file, screens.slice(0, 1))).toBeUndefined();
  expect(placeable({ ...state, x: 10, width: 5_000, height: 10 }, screens)).toMatchObject({ width: 1920, height: 640 });
  expect(placeable({ ...state, y: -300 }, screens)).toBeUndefined();
  writeFileSync(file, '{"x":"1"}');
  expect(readWindowState(file, screens)).toBeUndefined();
});
