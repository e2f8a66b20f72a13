import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect as connectTcp, type AddressInfo, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { TransportClose } from '#main/core/ports/transport.ts';
import { createNetworkProbe } from '#main/adapters/network/network-probe.ts';
import { createWsTransport, probeGateway } from '#main/adapters/websocket/ws-transport.ts';
import { SUBPROTOCOL } from '#shared/protocol/limits.ts';
import { until } from '#test/support/wait.ts';
import { createProxies, proxyOfList } from './proxies.ts';
import { watchNetwork } from './watch-network.ts';

/** The way to a gateway: real CONNECT proxies, real TLS, real sign-in pages, on free ports of this machine. */

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A name that no resolver knows: only the proxy leads there. */
const NAME = 'gateway.workbench.test';
let certificate = '';
let privateKey = '';

beforeAll(() => {
  const folder = mkdtempSync(path.join(tmpdir(), 'certificate-'));
  const files = ['-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'cert.pem')];
  const subject = `-subj /CN=${NAME} -addext subjectAltName=DNS:${NAME},DNS:localhost`;
  execFileSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 ${subject}`.split(' ').concat(files),
    { stdio: 'ignore' },
  );
  certificate = readFileSync(path.join(folder, 'cert.pem'), 'utf8');
  privateKey = readFileSync(path.join(folder, 'key.pem'), 'utf8');
  rmSync(folder, { recursive: true });
});

const portOf = (server: Server | TcpServer): number => (server.address() as AddressInfo).port;

async function listen<S extends Server>(server: S): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise<void>((done) => void server.close(() => done()));
  });
  return portOf(server);
}

async function gateway(server: Server): Promise<number> {
  const port = await listen(server);
  const sockets = new WebSocketServer({ server, handleProtocols: () => SUBPROTOCOL });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
  cleanups.push(() => {
    for (const client of sockets.clients) client.terminate();
    sockets.close();
  });
  return port;
}

const secureGateway = (): Promise<number> =>
  gateway(createTlsServer({ cert: certificate, key: privateKey }) as unknown as Server);

interface Proxy {
  readonly url: string;
  readonly asked: { readonly target: string; readonly authorization: string | undefined }[];
}

/** Sends whatever it is asked for to `port` of this machine; `refuse`: the status it answers instead. */
async function proxy(port: number, refuse?: number): Promise<Proxy> {
  const asked: Proxy['asked'] = [];
  const server = createServer();
  server.on('connect', (request: IncomingMessage, client, head) => {
    client.on('error', () => undefined);
    asked.push({ target: request.url ?? '', authorization: request.headers['proxy-authorization'] });
    if (refuse !== undefined) {
      client.end(`HTTP/1.1 ${refuse} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const target = connectTcp(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.write(head);
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('close', () => target.destroy());
    cleanups.push(() => void client.destroy());
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, asked };
}

interface Talk {
  readonly texts: string[];
  readonly closed: Promise<TransportClose>;
}

function talk(url: string, proxyFor: (url: string) => Promise<string | null>): Talk {
  const texts: string[] = [];
  let onClose = (_close: TransportClose): void => undefined;
  const closed = new Promise<TransportClose>((resolve) => (onClose = resolve));
  const socket = createWsTransport({ proxyFor, extraAuthorities: [certificate] }).connect(url, {
    onOpen: () => socket.send('hello through'),
    onText: (text) => texts.push(text),
    onClose: (close) => onClose(close),
  });
  cleanups.push(() => socket.terminate());
  return { texts, closed };
}

describe('proxies', () => {
  test('[SY4] [SE5] a gateway behind a CONNECT proxy: the proxy resolves the name, TLS goes through it unopened', async () => {
    const port = await secureGateway();
    const through = await proxy(port);
    const { texts } = talk(`wss://${NAME}:${port}/`, async () => through.url);
    await until('the echo', () => texts.length === 1);
    expect(texts).toEqual(['hello through']);
    expect(through.asked).toEqual([{ target: `${NAME}:${port}`, authorization: undefined }]);
    // Another certificate than the name's is refused behind a proxy as well.
    const wrong = talk(`wss://other.workbench.test:${port}/`, async () => through.url);
    expect((await wrong.closed).problem).toBe('CERTIFICATE_INVALID');
  });

  test('[SY4] a proxy that refuses, wants a password, or is not there has its own code', async () => {
    const port = await secureGateway();
    for (const status of [403, 407, 502]) {
      const refusing = await proxy(port, status);
      expect((await talk(`wss://${NAME}:${port}/`, async () => refusing.url).closed).problem).toBe('PROXY_FAILED');
    }
    const gone = createServer();
    const gonePort = await listen(gone);
    await new Promise<void>((done) => void gone.close(() => done()));
    cleanups.pop();
    expect((await talk(`wss://${NAME}:${port}/`, async () => `http://127.0.0.1:${gonePort}`).closed).problem).toBe(
      'PROXY_FAILED',
    );
    expect((await talk(`wss://${NAME}/`, () => Promise.reject(new Error('no'))).closed).problem).toBe('PROXY_FAILED');
  });

  test('[SY4] a gateway on this machine never goes through a proxy', async () => {
    const port = await gateway(createServer());
    const { texts } = talk(`ws://127.0.0.1:${port}/`, () => Promise.reject(new Error('asked')));
    await until('the echo', () => texts.length === 1);
    expect(texts).toHaveLength(1);
  });

  test('[SY4] a socket that is ended while its way is still being asked for opens nothing', async () => {
    const port = await secureGateway();
    const through = await proxy(port);
    let answer = (_url: string): void => undefined;
    const asked = new Promise<string>((resolve) => (answer = resolve));
    let closes = 0;
    const socket = createWsTransport({ proxyFor: () => asked }).connect(`wss://${NAME}:${port}/`, {
      onOpen: () => expect.unreachable(),
      onText: () => undefined,
      onClose: () => closes++,
    });
    socket.terminate();
    answer(through.url);
    await until('its end', () => closes === 1);
    expect(through.asked).toEqual([]);
  });

  test('[SY4] what the person set, then the environment, then the system', async () => {
    const url = 'wss://gw.shop.example/path';
    const system = async (): Promise<string> => 'http://system:3128';
    const environment = { HTTPS_PROXY: 'http://env:8080', NO_PROXY: 'intern.example, *.lan.example:8443' };
    const all = createProxies(system, environment);
    expect(await all.proxyFor(url)).toBe('http://env:8080');
    expect(await all.proxyFor('wss://a.intern.example/')).toBeNull();
    expect(await all.proxyFor('wss://intern.example.org/')).toBe('http://env:8080');
    expect(await all.proxyFor('wss://a.lan.example:8443/')).toBeNull();
    expect(await all.proxyFor('wss://a.lan.example/')).toBe('http://env:8080');
    expect(await createProxies(system, { no_proxy: '*' }).proxyFor(url)).toBeNull();
    expect(await createProxies(system, { all_proxy: 'proxy.example:3128' }).proxyFor(url)).toBe(
      'http://proxy.example:3128',
    );
    expect(await createProxies(system, {}).proxyFor(url)).toBe('http://system:3128');
    expect(await createProxies(undefined, {}).proxyFor(url)).toBeNull();
    all.use({ mode: 'none' });
    expect(await all.proxyFor(url)).toBeNull();
    all.use({ mode: 'manual', url: 'http://mine:1' });
    expect(await all.proxyFor('wss://a.intern.example/')).toBe('http://mine:1');
    expect(proxyOfList('SOCKS5 s:1; PROXY p:2; DIRECT')).toBe('http://p:2');
    expect(proxyOfList('HTTPS p:2')).toBe('https://p:2');
    expect(proxyOfList('DIRECT')).toBeNull();
    expect(proxyOfList('SOCKS s:1')).toBeNull();
  });
});

test('[SY1] a sign-in page instead of a gateway has its own code; a plain web server is no gateway', async () => {
  const port = await listen(
    createServer((request, response) => {
      if (request.url === '/portal') response.writeHead(302, { location: 'http://login.hotel.example/' }).end();
      else if (request.url === '/moved') response.writeHead(301, { location: '/elsewhere' }).end();
      else if (request.url === '/511') response.writeHead(511).end();
      else if (request.url === '/page')
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<p>');
      else response.writeHead(404, { 'content-type': 'text/html' }).end('<p>');
    }),
  );
  const problem = async (where: string) =>
    (await talk(`ws://127.0.0.1:${port}${where}`, async () => null).closed).problem;
  expect(await problem('/portal')).toBe('CAPTIVE_PORTAL');
  expect(await problem('/511')).toBe('CAPTIVE_PORTAL');
  expect(await problem('/page')).toBe('CAPTIVE_PORTAL');
  expect(await problem('/moved')).toBe('NOT_A_GATEWAY');
  expect(await problem('/none')).toBe('NOT_A_GATEWAY');
});

describe('step by step', () => {
  const outside = () => ({ eth0: [{ address: '192.0.2.7', family: 'IPv4', internal: false }] as never });
  const probe = (options: Partial<Parameters<typeof createNetworkProbe>[0]> = {}) =>
    createNetworkProbe({
      proxyFor: async () => null,
      checkGateway: probeGateway,
      interfaces: outside,
      extraAuthorities: [certificate],
      stepTimeoutMs: 2_000,
      ...options,
    });

  test('[SY4] every step of a good way is named, through a proxy as well', async () => {
    const port = await secureGateway();
    const direct = await probe().probe(`wss://localhost:${port}/`);
    expect(direct.certificate).toMatchObject({ ok: true });
    expect(Number(direct.certificate?.facts['days'])).toBeGreaterThan(27);
    expect(direct.gateway).toMatchObject({ ok: true });
    const through = await proxy(port);
    const behind = await probe({ proxyFor: async () => through.url }).probe(`wss://${NAME}:${port}/`);
    expect(behind).toMatchObject({
      network: { ok: true },
      proxy: { ok: true, facts: { used: 1 } },
      name: null,
      reach: null,
      certificate: { ok: true },
      gateway: { ok: true },
    });
  });

  test('[SY4] each step that fails is the one that is named', async () => {
    const port = await secureGateway();
    const failing = async (found: Awaited<ReturnType<ReturnType<typeof probe>['probe']>>) =>
      Object.entries(found)
        .filter(([, finding]) => finding !== null && typeof finding === 'object' && !finding.ok)
        .map(([step, finding]) => [step, (finding as { code: string }).code]);

    const offline = await probe({ interfaces: () => ({}) }).probe('wss://gw.example/');
    expect(await failing(offline)).toEqual([['network', 'OFFLINE']]);
    const unknown = await probe().probe(`wss://${NAME}:${port}/`);
    expect(await failing(unknown)).toEqual([['name', 'GATEWAY_UNREACHABLE']]);
    const refusing = await proxy(port, 407);
    const proxied = await probe({ proxyFor: async () => refusing.url.replace('//', '//me:secret@') }).probe(
      `wss://${NAME}:${port}/`,
    );
    expect(await failing(proxied)).toEqual([['proxy', 'PROXY_FAILED']]);
    expect(proxied.proxy?.facts).toMatchObject({ reason: 'http 407' });
    expect(JSON.stringify(proxied)).not.toContain('secret');
    expect(refusing.asked[0]?.authorization).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`);
    const untrusted = await probe({ extraAuthorities: [] }).probe(`wss://localhost:${port}/`);
    expect(await failing(untrusted)).toEqual([['certificate', 'CERTIFICATE_INVALID']]);
    const web = await listen(createServer((_, response) => void response.writeHead(404).end()));
    expect(await failing(await probe().probe(`ws://127.0.0.1:${web}/`))).toEqual([['gateway', 'NOT_A_GATEWAY']]);
    const gone = createServer();
    const gonePort = await listen(gone);
    await new Promise<void>((done) => void gone.close(() => done()));
    cleanups.pop();
    expect(await failing(await probe().probe(`ws://127.0.0.1:${gonePort}/`))).toEqual([
      ['reach', 'GATEWAY_UNREACHABLE'],
    ]);
    // A clock that is wrong is seen by the answer's date, whatever else holds.
    const dated = await listen(
      createServer(
        (_, response) => void response.writeHead(404, { date: new Date(Date.now() - 600_000).toUTCString() }).end(),
      ),
    );
    const off = (await probe().probe(`ws://127.0.0.1:${dated}/`)).clock_ahead_ms;
    expect(Math.round(Number(off) / 60_000)).toBe(10);
  });
});

test('[SY4] another network and a wake from sleep are noticed; nothing else is', async () => {
  let now = 1_000_000;
  let addresses: Record<string, unknown[]> = { eth0: [{ address: '192.0.2.7', family: 'IPv4', internal: false }] };
  let changes = 0;
  let polls = 0;
  const watch = watchNetwork(() => changes++, {
    pollMs: 5,
    now: () => (now += 5),
    interfaces: () => {
      polls++;
      return addresses as never;
    },
  });
  cleanups.push(() => watch.stop());
  const polled = async (count: number): Promise<void> => {
    const from = polls;
    await until('polls', () => polls >= from + count);
  };
  await polled(5);
  // A temporary address beside the others, and the loopback, are no other network.
  addresses = { ...addresses, lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }] };
  await polled(3);
  expect(changes).toBe(0);
  addresses = { wlan0: [{ address: '198.51.100.9', family: 'IPv4', internal: false }] };
  await polled(3);
  expect(changes).toBe(1);
  now += 60_000;
  await polled(3);
  expect(changes).toBe(2);
});
