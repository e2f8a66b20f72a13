import { afterEach, expect, test, vi } from 'vitest';
import fc from 'fast-check';
import type { App, CrashReporter, WebContents } from 'electron';
import { desktopWords } from '#shared/i18n/desktop.ts';
import { keepCrashesLocal } from './crashes.ts';
import { isPackageName, outsideFrom, parseOutsideLink } from './links.ts';
import { openOutside } from './open-outside.ts';
import { createOutside } from './outside.ts';
import { createReloads } from './reloads.ts';

const fake = vi.hoisted(() => ({ opened: [] as string[], asked: [] as { message: string }[], answer: 0 }));
vi.mock('electron', () => ({
  shell: { openExternal: async (url: string) => void fake.opened.push(url) },
  dialog: {
    showMessageBox: async (options: { message: string }) => {
      fake.asked.push(options);
      return { response: fake.answer };
    },
  },
}));
afterEach(() => {
  fake.opened.length = 0;
  fake.asked.length = 0;
  fake.answer = 0;
});

test('[SE1] a link names its host before it is opened, once at a time, and only plain https ever is', async () => {
  const words = desktopWords['zh-CN'];
  expect(await openOutside('https://mall.example/a?b', null, words)).toBe(true);
  expect(fake.asked.map(({ message }) => message)).toEqual(['在浏览器中打开 mall.example 的链接？']);
  // Letters that look like others are named as the network names them.
  await openOutside('https://раураl.example/', null, words);
  expect(fake.asked.at(-1)?.message).toContain('xn--');
  expect(await Promise.all([1, 2, 3].map(() => openOutside('https://a.example/', null, words)))).toEqual([
    true,
    false,
    false,
  ]);
  fake.answer = 1;
  expect(await openOutside('https://mall.example/', null, words)).toBe(false);
  fake.opened.length = 0;
  for (const address of [
    'http://a.example/',
    'file:///etc/passwd',
    'javascript:1',
    'ms-msdt:x',
    'https://u:p@a.example/',
  ])
    expect(await openOutside(address, null, words)).toBe(false);
  expect(fake.opened).toEqual([]);
});

test('[SE1] workbench:// links open something to look at, by schema, and nothing else', () => {
  expect(parseOutsideLink('workbench://conversation/12')).toEqual({ open: 'conversation', key: 12 });
  expect(parseOutsideLink('workbench://incident/i-9_A')).toEqual({ open: 'incident', id: 'i-9_A' });
  expect(parseOutsideLink('workbench://records?number=TB20260101')).toEqual({ open: 'records', number: 'TB20260101' });
  expect(parseOutsideLink('workbench://settings')).toEqual({ open: 'settings' });
  for (const wrong of [
    'workbench://conversation/../12',
    'workbench://conversation/1e3',
    'workbench://conversation/12/send',
    'workbench://conversation/12?text=hi',
    'workbench://records?number=a&number=b',
    'workbench://records?number=%3Cscript%3E',
    'workbench://settings?theme=dark',
    'workbench://accounts/add?url=wss://evil.example',
    'workbench://constructor',
    'workbench://u:p@settings',
    'workbench://settings#x',
    'https://settings',
    `workbench://incident/${'a'.repeat(300)}`,
  ])
    expect(parseOutsideLink(wrong), wrong).toBeNull();
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.webQueryParameters(), (path, query) => {
      const link = parseOutsideLink(`workbench://${path}?${query}`);
      if (link !== null) expect(['conversation', 'incident', 'records', 'settings']).toContain(link.open);
    }),
  );
});

test('[SE1] of a second start’s arguments only one link or one package counts', () => {
  expect(outsideFrom(['--inspect', '--data=/x', 'workbench://settings'])).toEqual({ link: { open: 'settings' } });
  expect(outsideFrom(['C:\\a\\记录.mwpkg'])).toEqual({ file: 'C:\\a\\记录.mwpkg' });
  expect(outsideFrom(['workbench://nothing', '/etc/passwd', '--x.mwpkg'])).toBeNull();
  expect([isPackageName('a.MWPKG'), isPackageName('a.mwpkg.exe'), isPackageName('a.zip')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('[SE1] what comes from outside before there is a page, or while it loads, is shown once it is there; the last of it alone', async () => {
  const opened: string[] = [];
  const outside = createOutside(async (file) => {
    opened.push(file);
    return file.includes('damaged') ? null : { open: 'packages' };
  });
  const page = () => {
    const handlers = new Map<string, () => void>();
    const sent: unknown[] = [];
    const contents = {
      isDestroyed: () => false,
      on: (event: string, handler: () => void) => void handlers.set(event, handler),
      send: (_channel: string, message: { payload: unknown }) => void sent.push(message.payload),
    } as unknown as WebContents;
    return { contents, sent, say: (event: string) => handlers.get(event)?.() };
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const first = page();
  outside.hand(['workbench://settings']);
  outside.hand(['/a/first.mwpkg']);
  outside.hand(['--inspect', 'https://mall.example/']);
  outside.showIn(first.contents);
  first.say('did-start-loading');
  await settled();
  expect([opened, first.sent]).toEqual([[], []]);
  first.say('did-finish-load');
  await settled();
  expect([opened, first.sent]).toEqual([['/a/first.mwpkg'], [{ open: 'packages' }]]);
  outside.hand(['/a/damaged.mwpkg']);
  outside.hand(['workbench://settings']);
  await settled();
  expect(first.sent.slice(1)).toEqual([{ open: 'settings' }]);
  // The window was closed: it waits for the next one.
  first.say('destroyed');
  outside.hand(['workbench://incident/i-1']);
  const second = page();
  outside.showIn(second.contents);
  second.say('did-finish-load');
  await settled();
  expect([first.sent.length, second.sent]).toEqual([2, [{ open: 'incident', id: 'i-1' }]]);
});

test('[UX4] a page that dies whenever it is loaded is not loaded for ever', () => {
  const mayReload = createReloads();
  expect([0, 1_000, 2_000, 3_000, 59_999].map(mayReload)).toEqual([true, true, true, false, false]);
  expect([60_000, 60_001].map(mayReload)).toEqual([true, false]);
});

test('[SE4] crash reports are kept on this machine and sent nowhere', () => {
  const paths: string[][] = [];
  const started: unknown[] = [];
  keepCrashesLocal(
    { setPath: (...args: string[]) => void paths.push(args) } as unknown as App,
    { start: (options: unknown) => void started.push(options) } as unknown as CrashReporter,
    '/data',
  );
  expect(paths).toEqual([['crashDumps', expect.stringMatching(/[\\/]data[\\/]crashes$/)]]);
  expect(started).toEqual([expect.objectContaining({ uploadToServer: false, submitURL: '' })]);
});
