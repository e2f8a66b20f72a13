import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NodeHttpExecutor } from 'builder-util';
import { configureRequestOptions, configureRequestUrl, type DownloadOptions } from 'builder-util-runtime';
import { DebUpdater, NsisUpdater, type AppUpdater } from 'electron-updater';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createUpdates } from '#main/core/updates/updates.ts';
import { createUpdater } from '#main/adapters/updater/updater.ts';
import type { Jobs } from '#main/core/jobs/jobs.ts';
import type { AppInfo } from '#shared/contract/views.ts';

/**
 * The updater of the desktop program on the real electron-updater and a real server on loopback; what is not real is
 * Electron around it, and on other systems than Windows the look at the installer's signature.
 */

const INSTALLER = randomBytes(300_000);
const PUBLISHER = 'publisherName:\n  - Merchant Workbench\n';

let folder: string;
let server: Server;
let origin: string;
let asked: string[];
let files: Map<string, string | Buffer>;
let quit: string[];

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'workbench-updates-'));
  asked = [];
  quit = [];
  files = new Map();
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    asked.push(pathname);
    const content = files.get(pathname);
    response.statusCode = content === undefined ? 404 : 200;
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const sha512 = (bytes: Buffer): string => createHash('sha512').update(bytes).digest('base64');

function publish(version: string, more: { readonly url?: string; readonly sha512?: string } = {}): void {
  const { url = 'setup.exe', sha512: sum = sha512(INSTALLER) } = more;
  const text = `version: ${version}\nfiles:\n  - url: ${url}\n    sha512: ${sum}\n    size: ${INSTALLER.length}\npath: ${url}\nsha512: ${sum}\n`;
  for (const name of ['/latest.yml', '/latest-linux.yml', '/latest-mac.yml']) files.set(name, text);
  files.set('/setup.exe', INSTALLER);
}

/** electron-updater's own executor is Electron's network; this is Node's, with the same way of fetching and checking. */
class NodeExecutor extends NodeHttpExecutor {
  download(url: URL, destination: string, options: DownloadOptions): Promise<string> {
    return options.cancellationToken.createPromise((resolve, reject, onCancel) => {
      const request = { headers: options.headers ?? {}, redirect: 'manual' as const };
      configureRequestUrl(url, request);
      configureRequestOptions(request);
      this.doDownload(
        request,
        {
          destination,
          options,
          onCancel,
          callback: (error?: Error | null) => (error ? reject(error) : resolve(destination)),
          responseHandler: null,
        },
        0,
      );
    });
  }
}

/** As the signature's check would answer on Windows: null, or what is wrong. */
type Verdict = string | null;

function updaterOn(
  config: string | null,
  options: { readonly verdict?: Verdict; readonly platform?: NodeJS.Platform } = {},
) {
  const configFile = path.join(folder, 'app-update.yml');
  if (config !== null) writeFileSync(configFile, config);
  const { verdict = null, platform = 'win32' } = options;
  let loads = 0;
  const looked: string[][] = [];
  const app = {
    version: '1.0.0',
    name: 'merchant-workbench',
    isPackaged: true,
    appUpdateConfigPath: configFile,
    userDataPath: path.join(folder, 'user'),
    baseCachePath: path.join(folder, 'cache'),
    whenReady: async () => undefined,
    relaunch: () => undefined,
    quit: () => void quit.push('quit'),
    onQuit: () => undefined,
  };
  const updates = createUpdater({
    configFile,
    platform,
    load: async () => {
      loads++;
      const made: AppUpdater = platform === 'win32' ? new NsisUpdater(null, app) : new DebUpdater(null, app);
      (made as unknown as { httpExecutor: unknown }).httpExecutor = new NodeExecutor();
      if (made instanceof NsisUpdater)
        made.verifyUpdateCodeSignature = async (publishers: string[]) => {
          looked.push(publishers);
          return verdict;
        };
      return made;
    },
    close: async () => void quit.push('closed'),
  });
  return { updates, looked, loads: () => loads };
}

const config = (more = PUBLISHER): string => `provider: generic\nurl: ${origin}\nupdaterCacheDirName: wb\n${more}`;
const refused = (code: string) => expect.objectContaining({ error: expect.objectContaining({ code }) }) as Error;
const never = new AbortController().signal;

test('[SE1] an update is found, fetched, its sum and its signer checked, and only then installable', async () => {
  publish('1.2.0');
  const { updates, looked } = updaterOn(config());
  expect(updates).toMatchObject({ off: null, installs: true });
  expect(asked).toEqual([]);
  expect(await updates.check()).toEqual({ version: '1.2.0', bytes: INSTALLER.length });
  expect(asked).toEqual([expect.stringMatching(/^.latest.*yml$/)]);
  await updates.download(never, () => undefined);
  expect(looked).toEqual([['Merchant Workbench']]);
  expect(asked).toContain('/setup.exe');
});

test('[SE1] signed by somebody else, another sum, files from elsewhere: UPDATE_UNTRUSTED, and nothing is kept to install', async () => {
  const kept = (): string[] =>
    existsSync(path.join(folder, 'cache'))
      ? readdirSync(path.join(folder, 'cache'), { recursive: true, encoding: 'utf8' }).filter((name) =>
          name.endsWith('.exe'),
        )
      : [];
  publish('1.2.0');
  const foreign = updaterOn(config(), { verdict: 'signed by Somebody Else' }).updates;
  await foreign.check();
  await expect(foreign.download(never, () => undefined)).rejects.toEqual(refused('UPDATE_UNTRUSTED'));
  expect(kept()).toEqual([]);

  publish('1.2.0', { sha512: sha512(randomBytes(8)) });
  const changed = updaterOn(config()).updates;
  await changed.check();
  await expect(changed.download(never, () => undefined)).rejects.toEqual(refused('UPDATE_UNTRUSTED'));
  expect(kept()).toEqual([]);

  publish('1.2.0', { url: 'https://elsewhere.example/setup.exe' });
  await expect(updaterOn(config()).updates.check()).rejects.toEqual(refused('UPDATE_UNTRUSTED'));
});

test('[SE1] the same or an older version is none; no answer is UPDATE_UNREACHABLE; nonsense installs nothing', async () => {
  for (const version of ['1.0.0', '0.9.9']) {
    publish(version);
    expect(await updaterOn(config()).updates.check()).toBeNull();
  }
  files.clear();
  await expect(updaterOn(config()).updates.check()).rejects.toEqual(refused('UPDATE_UNREACHABLE'));
  for (const name of ['/latest.yml', '/latest-linux.yml', '/latest-mac.yml']) files.set(name, '{'.repeat(50_000));
  await expect(updaterOn(config()).updates.check()).rejects.toMatchObject({
    error: { code: expect.stringMatching(/^UPDATE_/) },
  });
  // A cut-off download.
  publish('1.2.0');
  files.delete('/setup.exe');
  const cut = updaterOn(config()).updates;
  await cut.check();
  await expect(cut.download(never, () => undefined)).rejects.toEqual(refused('UPDATE_UNREACHABLE'));
});

test('[SE1] without an address, without https, without a signer: off, and the library is not even loaded', async () => {
  expect(updaterOn(null).updates.off).toBe('not_configured');
  expect(updaterOn('provider: github\nowner: a\nrepo: b\n').updates.off).toBe('not_configured');
  expect(updaterOn('provider: generic\nurl: not an address\n').updates.off).toBe('not_configured');
  expect(updaterOn(`provider: generic\nurl: http://updates.example/wb\n${PUBLISHER}`).updates.off).toBe('insecure');
  const unsigned = updaterOn('provider: generic\nurl: https://updates.example/wb\n');
  expect([unsigned.updates.off, unsigned.loads()]).toEqual(['unsigned', 0]);
  expect(asked).toEqual([]);
});

test('[SE1] where nothing checks a signer a new version is told of and not installed', async () => {
  publish('1.2.0');
  const { updates } = updaterOn(config(''), { platform: 'linux' });
  expect(updates).toMatchObject({ off: null, installs: false });
  expect((await updates.check())?.version).toBe('1.2.0');
  expect(asked).not.toContain('/setup.exe');
});

test('[SE1] in the program: step by step, said in the audit log before installing; the practice shop and other hosts never', async () => {
  const log: string[] = [];
  let run: Promise<unknown> = Promise.resolve();
  const jobs = {
    start: (job: Parameters<Jobs['start']>[0]) => {
      run = job.run({ signal: never, progress: () => undefined });
      return { job_id: 'j' };
    },
  } as unknown as Jobs;
  const found = { version: '1.2.0', bytes: 5 };
  let failing = true;
  const core = (practice: boolean, has = true) =>
    createUpdates({
      updates: has
        ? {
            off: null,
            installs: true,
            check: async () => (log.push('check'), found),
            download: async () => {
              if (failing) throw new Error('cut');
            },
            install: async () => void log.push('install'),
          }
        : null,
      info: { version: '1.0.0', practice } as AppInfo,
      jobs,
      audit: { write: async (_actor: string, action: string) => void log.push(action) } as never,
      actor: async () => 'a',
    });
  for (const [handlers, off] of [
    [core(true), 'practice'],
    [core(false, false), 'host'],
  ] as const) {
    expect((await handlers['updates.state']({})).off).toBe(off);
    for (const name of ['updates.check', 'updates.download', 'updates.install'] as const)
      await expect(handlers[name]({})).rejects.toEqual(refused('UNSUPPORTED'));
  }
  expect(log).toEqual([]);

  const handlers = core(false);
  await expect(handlers['updates.download']({})).rejects.toEqual(refused('NOT_ALLOWED'));
  expect(await handlers['updates.check']({})).toMatchObject({ phase: 'found', found });
  await expect(handlers['updates.install']({})).rejects.toEqual(refused('NOT_ALLOWED'));
  await handlers['updates.download']({});
  await expect(run).rejects.toThrow('cut');
  expect((await handlers['updates.state']({})).phase).toBe('found');
  failing = false;
  await handlers['updates.download']({});
  await run;
  expect((await handlers['updates.check']({})).phase).toBe('ready');
  await handlers['updates.install']({});
  expect(log).toEqual(['check', 'program.update_asked', 'install']);
});
