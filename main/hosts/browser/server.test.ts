import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { AppFailure } from '#shared/contract/errors.ts';
import { MOVED } from '#shared/contract/moved.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { TopicMessage } from '#shared/contract/topics.ts';
import { createFileHandles, safeFileName } from '../file-handles.ts';
import { startBrowserHost, type BrowserHost } from './server.ts';

let folder = '';
let host: BrowserHost;
let handles: ReturnType<typeof createFileHandles>;
const listeners = new Set<(message: TopicMessage) => void>();
const sockets: WebSocket[] = [];

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'browser-host-'));
  mkdirSync(path.join(folder, 'page/assets'), { recursive: true });
  mkdirSync(path.join(folder, 'temp'));
  mkdirSync(path.join(folder, 'outgoing'));
  writeFileSync(path.join(folder, 'page/index.html'), '<!doctype html><title>工作台</title>');
  writeFileSync(path.join(folder, 'page/assets/a.js'), 'export {};');
  writeFileSync(path.join(folder, 'secret.txt'), 'not for anyone');
  handles = createFileHandles();
  host = await startBrowserHost({
    app: {
      handlers: {
        'app.info': async () => ({ version: '1' }),
        'jobs.list': async () => Promise.reject(new AppFailure('OFFLINE', 'no line')),
      } as unknown as Handlers,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      picture: async (ref) =>
        ref === 'm-12' ? { mime: 'image/png', bytes: Uint8Array.from([0x89, 0x50, 0x4e, 0x47]) } : null,
    },
    page: path.join(folder, 'page'),
    temp: path.join(folder, 'temp'),
    outgoing: path.join(folder, 'outgoing'),
    handles,
    logger: { log: () => undefined },
    port: 0,
    largestUpload: 1_000_000,
  });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await host.close();
  listeners.clear();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

function ask(
  target: string,
  headers: http.OutgoingHttpHeaders = {},
  method = 'GET',
  body: Buffer | string = '',
): Promise<Answer> {
  const { port, host: name } = new URL(host.origin);
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, path: target, method, headers: { host: name, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function signIn(): Promise<{ cookie: string; base: string; setCookie: string }> {
  const answer = await ask(new URL(host.url).pathname + new URL(host.url).search);
  const setCookie = String(answer.headers['set-cookie']);
  return { cookie: setCookie.split(';')[0] as string, base: String(answer.headers.location), setCookie };
}

function door(headers: Record<string, string>, target = '/bridge'): Promise<WebSocket | number> {
  const socket = new WebSocket(host.origin.replace('http', 'ws') + target, { headers });
  sockets.push(socket);
  return new Promise((resolve) => {
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => undefined);
  });
}

async function next(socket: WebSocket): Promise<unknown> {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return JSON.parse(data.toString());
}

test('[SE3] the one-time address becomes a strict cookie with an unguessable path, and works once', async () => {
  const { cookie, base, setCookie } = await signIn();
  expect(setCookie).toMatch(/^workbench_session=[\w-]{43}; Path=\/w-[\w-]{22}\/; HttpOnly; SameSite=Strict$/);
  expect(setCookie).toContain(`Path=${base};`);
  expect((await ask(base, { cookie })).body).toContain('工作台');
  expect((await ask(`${base}assets/a.js`, { cookie })).headers['content-type']).toBe('text/javascript; charset=utf-8');
  const replayed = await ask(new URL(host.url).search.replace('?', '/?'));
  expect([replayed.status, replayed.headers['set-cookie']]).toEqual([403, undefined]);
});

test('[SE3] a wrong token gets nothing, and does not use up the right one', async () => {
  for (const token of ['', 'x', 'A'.repeat(43)]) {
    const answer = await ask(`/?token=${token}`);
    expect([answer.status, answer.headers['set-cookie'], answer.body]).toEqual([
      403,
      undefined,
      '403 Forbidden WRONG_TOKEN\n',
    ]);
  }
  expect((await signIn()).cookie).toMatch(/^workbench_session=/);
});

test('[SE3] nothing is served without the cookie, not even a script', async () => {
  await signIn();
  for (const target of ['/', '/index.html', '/assets/a.js', '/files/download/AAAAAAAAAAAAAAAAAAAAAA', '/nothing'])
    expect((await ask(target)).status).toBe(403);
  expect((await ask('/', { cookie: 'workbench_session=AAAA' })).status).toBe(403);
  expect((await ask('/files/target?name=a', { origin: host.origin }, 'POST')).status).toBe(403);
});

test('[SE3] a name that was made to point here is refused, with cookie and token alike', async () => {
  const { port } = new URL(host.origin);
  for (const name of [
    'evil.example',
    `evil.example:${port}`,
    `localhost:${port}`,
    '127.0.0.1',
    `127.0.0.1.evil.example:${port}`,
  ])
    expect((await ask(new URL(host.url).search.replace('?', '/?'), { host: name })).status).toBe(421);
  const { cookie } = await signIn();
  expect((await ask('/', { cookie, host: `evil.example:${port}` })).status).toBe(421);
  expect(await door({ cookie, host: `evil.example:${port}`, origin: host.origin })).toBe(403);
});

test('[SE3] a page of another origin is refused even with the cookie', async () => {
  const { cookie } = await signIn();
  const { port } = new URL(host.origin);
  for (const origin of [
    'https://evil.example',
    'null',
    `http://localhost:${port}`,
    'http://127.0.0.1:1',
    `https://127.0.0.1:${port}`,
  ]) {
    expect((await ask('/', { cookie, origin })).status).toBe(403);
    expect((await ask('/files/target?name=a', { cookie, origin }, 'POST')).status).toBe(403);
    expect(await door({ cookie, origin })).toBe(403);
  }
  expect((await ask('/files/target?name=a', { cookie }, 'POST')).status).toBe(403);
  expect((await ask('/', { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await ask('/', { cookie, 'sec-fetch-site': 'same-site' })).status).toBe(403);
  expect((await ask('/', { cookie, 'sec-fetch-site': 'none' })).status).toBe(200);
});

test('[SE3] the WebSocket needs cookie and own origin', async () => {
  const { cookie, base } = await signIn();
  expect(await door({ origin: host.origin })).toBe(403);
  expect(await door({ cookie })).toBe(403);
  expect(await door({ cookie, origin: host.origin }, '/other')).toBe(403);
  expect(await door({ cookie, origin: host.origin })).toBeInstanceOf(WebSocket);
  expect(await door({ cookie, origin: host.origin }, `${base}bridge`)).toBeInstanceOf(WebSocket);
});

test('[SE3] the port is open on loopback alone', async () => {
  const other = Object.values(os.networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
  const port = Number(new URL(host.origin).port);
  // 127.0.0.2 is loopback too, but not the address that was bound.
  for (const address of ['127.0.0.2', ...(other === undefined ? [] : [other])]) {
    const socket = net.connect({ host: address, port });
    const outcome = await new Promise((resolve) => {
      socket.on('connect', () => resolve('connected'));
      socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
      socket.setTimeout(2_000, () => resolve('no answer'));
    });
    socket.destroy();
    expect(outcome).not.toBe('connected');
  }
});

test('[SE2] no spelling of a path leaves the page’s folder', async () => {
  const { cookie, base } = await signIn();
  const spellings = [
    '../secret.txt',
    '..%2fsecret.txt',
    '%2e%2e/secret.txt',
    'assets/../../secret.txt',
    String.raw`..\secret.txt`,
  ];
  for (const spelling of spellings)
    for (const start of [base, '/']) expect((await ask(start + spelling, { cookie })).status).toBe(404);
  for (const target of ['//127.0.0.1/secret.txt', 'http://evil.example/secret.txt'])
    expect((await ask(target, { cookie })).status).toBe(421);
});

test('[SE1] every answer carries the strict policy; scripts can only be our own files', async () => {
  const { cookie } = await signIn();
  for (const answer of [await ask('/', { cookie }), await ask('/'), await ask('/nothing', { cookie })]) {
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain(`connect-src 'self' ${host.origin.replace('http:', 'ws:')};`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe|\*/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
    expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  }
});

test('[SE1] one door: known name, parsed input, plain errors, topics; what is no call closes it', async () => {
  const { cookie } = await signIn();
  const socket = (await door({ cookie, origin: host.origin })) as WebSocket;
  const call = async (envelope: unknown): Promise<unknown> => {
    const answer = next(socket);
    socket.send(JSON.stringify(envelope));
    return answer;
  };
  expect(await call({ id: 1, procedure: 'app.info', input: {} })).toEqual({
    id: 1,
    answer: { ok: true, result: { version: '1' } },
  });
  expect(await call({ id: 2, procedure: 'jobs.list' })).toMatchObject({
    id: 2,
    answer: { ok: false, error: { code: 'OFFLINE' } },
  });
  expect(await call({ id: 3, procedure: 'constructor', input: {} })).toMatchObject({
    answer: { error: { code: 'BAD_INPUT' } },
  });
  expect(await call({ id: 4, procedure: 'app.info', input: { more: 1 } })).toMatchObject({
    answer: { error: { code: 'BAD_INPUT' } },
  });

  const topic = next(socket);
  for (const listener of listeners) listener({ topic: 'problem', payload: { code: 'DISK_FULL', details: {} } });
  expect(await topic).toEqual({ topic: 'problem', payload: { code: 'DISK_FULL', details: {} } });

  socket.send('not json');
  const [code] = (await once(socket, 'close')) as [number];
  expect(code).toBe(1008);
  await vi.waitFor(() => expect(listeners.size).toBe(0));
});

test('[SE2] files come and go by handle; names are made harmless; uploads do not come back out', async () => {
  const { cookie } = await signIn();
  const own = { cookie, origin: host.origin };
  const name = encodeURIComponent('../../聊天\u202e记录.csv');
  const uploaded = JSON.parse((await ask(`/files/upload?name=${name}`, own, 'POST', '时间,内容\r\n')).body) as Record<
    string,
    unknown
  >;
  expect(uploaded).toEqual({ handle: expect.stringMatching(/^[\w-]{22}$/), name: '_.._聊天_记录.csv', bytes: 15 });
  const where = handles.resolve(String(uploaded['handle']));
  expect(where?.startsWith(path.join(folder, 'temp') + path.sep)).toBe(true);
  expect(readFileSync(String(where), 'utf8')).toBe('时间,内容\r\n');
  expect((await ask(`/files/download/${String(uploaded['handle'])}`, own)).status).toBe(404);

  const target = JSON.parse((await ask('/files/target?name=%E5%AF%BC%E5%87%BA.csv', own, 'POST')).body) as Record<
    string,
    unknown
  >;
  // Not among the uploads, which every start empties: an export may go on there (EX6).
  expect(handles.resolve(String(target['handle']))?.startsWith(path.join(folder, 'outgoing') + path.sep)).toBe(true);
  expect((await ask(`/files/download/${String(target['handle'])}`, own)).status).toBe(404);
  writeFileSync(String(handles.resolve(String(target['handle']))), 'a,b\r\n');
  const download = await ask(`/files/download/${String(target['handle'])}`, own);
  expect([download.status, download.body]).toEqual([200, 'a,b\r\n']);
  expect(download.headers['content-disposition']).toBe(
    `attachment; filename="export"; filename*=UTF-8''%E5%AF%BC%E5%87%BA.csv`,
  );
  expect((await ask('/files/download/AAAAAAAAAAAAAAAAAAAAAA', own)).status).toBe(404);
});

test('[SE2] [IN8] a picture is served to the session alone, as nothing but itself, and never kept by the page', async () => {
  expect((await ask('/attachments/m-12')).status).toBe(403);
  const { cookie, base } = await signIn();
  const shown = await ask(`${base}attachments/m-12`, { cookie });
  expect(shown.status).toBe(200);
  expect(shown.headers).toMatchObject({
    'content-type': 'image/png',
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  });
  for (const ref of ['m-13', 'x-12', 'm-12%2f..', 'm-', 'm-12/', '../secret.txt'])
    expect((await ask(`${base}attachments/${ref}`, { cookie })).status, ref).toBe(404);
  expect((await ask(`${base}attachments/m-12`, { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
});

test('[SE6] an upload over the limit is refused, announced or not, and leaves nothing behind', async () => {
  const { cookie } = await signIn();
  const own = { cookie, origin: host.origin };
  const large = Buffer.alloc(1_000_001);
  expect((await ask('/files/upload?name=a', { ...own, 'content-length': large.length }, 'POST', large)).status).toBe(
    413,
  );
  const unannounced = await ask(
    '/files/upload?name=a',
    { ...own, 'transfer-encoding': 'chunked' },
    'POST',
    large,
  ).catch(() => null);
  expect(unannounced === null || unannounced.status === 413).toBe(true);
  expect(readdirSync(path.join(folder, 'temp'))).toEqual([]);
});

test('[SE2] file names from outside become one harmless name', () => {
  expect(safeFileName('a/b\\c:d*?.csv')).toBe('a_b_c_d__.csv');
  expect([safeFileName(''), safeFileName('...'), safeFileName('..')]).toEqual(['file', 'file', 'file']);
  expect([safeFileName('CON'), safeFileName('nul.txt'), safeFileName('console.txt')]).toEqual([
    '_CON',
    '_nul.txt',
    'console.txt',
  ]);
  expect(safeFileName('\ud800x\u0000y')).toBe('\ufffdx_y');
  const long = safeFileName(`${'客'.repeat(500)}.csv`);
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(180);
  expect(long.endsWith('客.csv')).toBe(true);
  expect(existsSync(path.join(folder, long))).toBe(false);
});

test('[UX6] a taken port and an unbuilt window have their own codes', async () => {
  const options = {
    app: { handlers: {} as Handlers, subscribe: () => () => undefined },
    temp: folder,
    outgoing: folder,
    handles,
    logger: { log: () => undefined },
  };
  const port = Number(new URL(host.origin).port);
  await expect(startBrowserHost({ ...options, page: path.join(folder, 'page'), port })).rejects.toMatchObject({
    error: { code: 'PORT_IN_USE' },
  });
  await expect(startBrowserHost({ ...options, page: folder, port: 0 })).rejects.toMatchObject({
    error: { code: 'FILE_NOT_FOUND' },
  });
});

test('[UX5] another profile behind the same door: pages are told to load anew, and the same session finds it there', async () => {
  const { cookie, base } = await signIn();
  const before = (await door({ cookie, origin: host.origin }, `${base}bridge`)) as WebSocket;
  const closed = once(before, 'close');
  host.moveTo({
    app: {
      handlers: { 'app.info': async () => ({ version: '2' }) } as unknown as Handlers,
      subscribe: () => () => undefined,
    },
    temp: path.join(folder, 'temp'),
    outgoing: path.join(folder, 'outgoing'),
    handles: createFileHandles(),
    logger: { log: () => undefined },
  });
  expect((await closed)[0]).toBe(MOVED);
  const after = (await door({ cookie, origin: host.origin }, `${base}bridge`)) as WebSocket;
  after.send(JSON.stringify({ id: 1, procedure: 'app.info', input: {} }));
  expect(await next(after)).toEqual({ id: 1, answer: { ok: true, result: { version: '2' } } });
});
