import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createFiles } from '#main/adapters/files/files.ts';
import { openKeyFile } from '#main/adapters/secrets/key-file.ts';
import { createMemorySecrets } from '#main/adapters/secrets/memory.ts';
import { openSealedByKey, openSealedByPassphrase } from '#main/adapters/secrets/sealed-file.ts';
import { createWsTransport } from '#main/adapters/websocket/ws-transport.ts';
import type { Clock } from '#main/core/ports/clock.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';
import type { TransportClose, TransportSocket } from '#main/core/ports/transport.ts';
import { createClock } from '#main/hosts/clock.ts';
import { createFileHandles } from '#main/hosts/file-handles.ts';
import { createIds } from '#main/hosts/ids.ts';
import { startPracticeGateway } from '#main/practice/index.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { startScriptedGateway } from '#test/support/scripted-gateway.ts';
import { secretsCases } from '#test/support/secrets-cases.ts';
import { POLICY } from '#test/support/store-fixtures.ts';
import { startTruthGateway } from '#test/support/truth-gateway.ts';
import { settle, until } from '#test/support/wait.ts';

/**
 * One suite for each port, run over every implementation, the tests' own fakes among them: what the core was tested with
 * behaves as what it runs on.
 */

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ports-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

describe.each<[string, () => { clock: Clock; pass: (ms: number) => Promise<void> }]>([
  ['real', () => ({ clock: createClock(), pass: (ms) => settle(ms + 25) })],
  [
    'fake',
    () => {
      const clock = createFakeClock();
      return { clock, pass: async (ms) => clock.advance(ms) };
    },
  ],
])('the clock, %s', (_, open) => {
  test('[RC4] monotonic time never goes back, and passes', async () => {
    const { clock, pass } = open();
    let last = clock.monotonicNow();
    for (let i = 0; i < 5; i++) {
      await pass(3);
      const now = clock.monotonicNow();
      expect(now).toBeGreaterThan(last);
      last = now;
    }
    expect(Number.isInteger(clock.wallNow())).toBe(true);
  });

  test('[SY1] a timer fires once, not before its time, in the order of their times; a cleared one never', async () => {
    const { clock, pass } = open();
    const fired: string[] = [];
    const began = clock.monotonicNow();
    clock.setTimeout(() => fired.push(clock.monotonicNow() - began >= 40 ? 'late' : 'too early'), 40);
    clock.setTimeout(() => {
      fired.push('soon');
      clock.setTimeout(() => fired.push('from within'), 5);
    }, 10);
    const cleared = clock.setTimeout(() => fired.push('cleared'), 15);
    clock.clearTimeout(cleared);
    const far = clock.setTimeout(() => fired.push('a month'), 40 * 24 * 3_600_000);
    // On a busy machine timers are late, and what one of them starts may come behind the next.
    for (let turn = 0; turn < 20 && fired.length < 3; turn++) await pass(60);
    expect(fired[0]).toBe('soon');
    expect(fired.toSorted()).toEqual(['from within', 'late', 'soon']);
    clock.clearTimeout(far);
    clock.clearTimeout(far);
  });
});

test('[SY3] ids are 22 characters of the protocol’s alphabet and differ; random numbers lie in [0, 1)', () => {
  const ids = createIds();
  const made = new Set(Array.from({ length: 2_000 }, () => ids.next()));
  expect(made.size).toBe(2_000);
  for (const id of made) expect(id).toMatch(/^[0-9A-Za-z_-]{22}$/);
  for (let i = 0; i < 2_000; i++) {
    const random = ids.random();
    expect(random >= 0 && random < 1).toBe(true);
  }
});

describe('secrets', () => {
  const implementations: readonly [string, () => Promise<Secrets>][] = [
    [
      'key file',
      async () => openSealedByKey(at('secrets.json'), 'key-file', openKeyFile(at('key'), { mayCreate: true })),
    ],
    ['practice file', async () => openSealedByKey(at('secrets.json'), 'practice-file', new Uint8Array(32).fill(1))],
    ['passphrase', () => openSealedByPassphrase(at('secrets.json'), '口令 one')],
  ];
  test.each(implementations)(
    '[SE4] %s',
    async (_, open) => {
      await expect(secretsCases(open, open)).resolves.toBeUndefined();
    },
    60_000,
  );

  test('[SE4] memory', async () => {
    const one = createMemorySecrets();
    await expect(
      secretsCases(
        async () => one,
        async () => one,
      ),
    ).resolves.toBeUndefined();
  });

  const daemon = ['dbus-run-session', 'gnome-keyring-daemon'].every(
    (program) => spawnSync('which', [program]).status === 0,
  );
  test.skipIf(!daemon)(
    '[SE4] keychain',
    () => {
      const script = at('keychain.ts');
      writeFileSync(
        script,
        `import { openKeychain } from ${JSON.stringify(resolve('main/adapters/secrets/keychain.ts'))};
       import { secretsCases } from ${JSON.stringify(resolve('test/support/secrets-cases.ts'))};
       await secretsCases(() => openKeychain('contract'), () => openKeychain('contract'));
       console.log('passed');`,
      );
      const session = `echo -n secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null
${JSON.stringify(process.execPath)} ${JSON.stringify(script)}`;
      const output = execFileSync('dbus-run-session', ['--', 'bash', '-c', session], {
        encoding: 'utf8',
        env: { ...process.env, HOME: folder, XDG_DATA_HOME: at('data'), XDG_RUNTIME_DIR: folder },
        timeout: 40_000,
      });
      expect(output.trim().split('\n').at(-1)).toBe('passed');
    },
    60_000,
  );
});

describe.each<[string, (path: string) => { files: ReturnType<typeof createFiles>; handle: string }]>([
  ['by path, as the command line', (path) => ({ files: createFiles({ resolve: (handle) => handle }), handle: path })],
  [
    'by handle, as a window',
    (path) => {
      const handles = createFileHandles();
      return { files: createFiles({ resolve: (handle) => handles.resolve(handle) }), handle: handles.register(path) };
    },
  ],
])('files, %s', (_, open) => {
  const bytes = Buffer.from('第一行\n'.repeat(30_000));
  test('[EX6] what is written is there under its name only when whole, and reads back in any range', async () => {
    const path = at('out.txt');
    const { files, handle } = open(path);
    const sink = await files.create(handle);
    for (let i = 0; i < bytes.length; i += 7_777) await sink.write(bytes.subarray(i, i + 7_777));
    expect(readdirSync(folder)).not.toContain('out.txt');
    const written = await sink.commit();
    expect(written).toMatchObject({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    expect(readdirSync(folder)).toEqual(['out.txt']);
    expect(await files.describe(handle)).toEqual({ name: 'out.txt', bytes: bytes.length });
    const parts: Uint8Array[] = [];
    for await (const part of files.read(handle, { start: 100, end: 250_000 })) parts.push(part);
    expect(Buffer.concat(parts).equals(bytes.subarray(100, 250_000))).toBe(true);
  });

  test('[EX6] aborted, the file before stays; what is not there, is a folder, or has no handle says so', async () => {
    const path = at('out.txt');
    writeFileSync(path, 'before');
    const { files, handle } = open(path);
    const sink = await files.create(handle);
    await sink.write(bytes);
    await sink.abort();
    expect([readdirSync(folder), readFileSync(path, 'utf8')]).toEqual([['out.txt'], 'before']);
    mkdirSync(at('folder'));
    const code = (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        () => 'none',
        (thrown: { error: { code: string } }) => thrown.error.code,
      );
    const missing = open(at('none.txt'));
    expect(await code(missing.files.describe(missing.handle))).toBe('FILE_NOT_FOUND');
    const directory = open(at('folder'));
    expect(await code(directory.files.describe(directory.handle))).toBe('FILE_UNREADABLE');
    expect(await code(files.describe('never given'))).toBe('FILE_NOT_FOUND');
  });
});

describe.each<[string, () => Promise<{ url: string; close: () => Promise<void>; cut: () => void }>]>([
  [
    'the practice gateway',
    async () => {
      const gateway = await startPracticeGateway({ rate: 0, seed: 1 });
      return { url: gateway.url, close: () => gateway.close(), cut: () => void gateway.close() };
    },
  ],
  [
    'the gateway that scripts are written for',
    async () => {
      const gateway = await startScriptedGateway();
      return {
        url: gateway.url,
        close: () => gateway.close(),
        cut: () => void gateway.connection().then((peer) => peer.cut()),
      };
    },
  ],
  [
    'the gateway whose truth is known',
    async () => {
      const gateway = await startTruthGateway({ policy: POLICY });
      return { url: gateway.url, close: () => gateway.close(), cut: () => gateway.cut() };
    },
  ],
])('transport to %s', (_, start) => {
  interface Seen {
    socket: TransportSocket;
    log: string[];
    closes: TransportClose[];
  }
  const connect = (url: string): Seen => {
    const log: string[] = [];
    const closes: TransportClose[] = [];
    let connected = false;
    const note = (what: string): void => void log.push(connected ? what : `${what} before connect returned`);
    const socket = createWsTransport().connect(url, {
      onOpen: () => note('open'),
      onText: () => note('text'),
      onClose: (close) => {
        note('close');
        closes.push(close);
      },
    });
    connected = true;
    return { socket, log, closes };
  };

  test('[SY1] opens, and closes exactly once, whoever ends it; after that it is silent', async () => {
    const gateway = await start();
    onTestFinished(() => gateway.close());
    const ways: [string, (seen: Seen) => void][] = [
      ['close', ({ socket }) => socket.close(1000, 'bye')],
      ['terminate', ({ socket }) => socket.terminate()],
      ['close and terminate', ({ socket }) => (socket.close(1000, 'bye'), socket.terminate(), socket.terminate())],
    ];
    for (const [way, end] of ways) {
      const seen = connect(gateway.url);
      await until('it to open', () => seen.log.includes('open'));
      end(seen);
      await until(`it to be closed by ${way}`, () => seen.closes.length > 0);
      seen.socket.send('{}');
      seen.socket.close(1000, 'again');
      seen.socket.pause();
      seen.socket.resume();
      await settle();
      expect(seen.log.filter((what) => what !== 'text')).toEqual(['open', 'close']);
      expect(seen.socket.bufferedBytes).toBe(0);
    }
  });

  test('[SY1] cut by the other side, or nobody there: one close with its cause', async () => {
    const gateway = await start();
    const seen = connect(gateway.url);
    await until('it to open', () => seen.log.includes('open'));
    gateway.cut();
    await until('it to be closed', () => seen.closes.length > 0);
    await gateway.close();
    const nobody = connect(gateway.url);
    await until('it to be refused', () => nobody.closes.length > 0);
    expect(nobody.closes).toMatchObject([{ problem: 'UNREACHABLE' }]);
    const silent = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    await new Promise<void>((resolve_) => silent.listen(0, '127.0.0.1', resolve_));
    onTestFinished(() => void silent.close());
    const other = connect(`ws://127.0.0.1:${(silent.address() as { port: number }).port}/`);
    await until('it to be refused', () => other.closes.length > 0);
    expect(other.closes).toMatchObject([{ problem: 'NOT_A_GATEWAY' }]);
    expect(other.log).toEqual(['close']);
  });

  test('[SY2] while paused nothing comes, and all of it afterwards', async () => {
    const gateway = await start();
    onTestFinished(() => gateway.close());
    const seen = connect(gateway.url);
    await until('it to open', () => seen.log.includes('open'));
    seen.socket.pause();
    seen.socket.close(1000, 'bye');
    await settle();
    expect(seen.closes).toEqual([]);
    seen.socket.resume();
    await until('it to be closed', () => seen.closes.length > 0);
  });
});
