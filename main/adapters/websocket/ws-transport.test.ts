import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import {
  connect as connectTcp,
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Transport, TransportClose, TransportSocket } from '#main/core/ports/transport.ts';
import { MAX_FRAME_BYTES, SUBPROTOCOL } from '#shared/protocol/limits.ts';
import { createWsTransport } from './ws-transport.ts';

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function portOf(server: Server | TcpServer): number {
  return (server.address() as AddressInfo).port;
}

async function listen<S extends Server | TcpServer>(server: S): Promise<S> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  cleanups.push(() => new Promise<void>((done) => void server.close(() => done())));
  return server;
}

interface Opened {
  readonly socket: TransportSocket;
  readonly texts: string[];
  readonly closes: TransportClose[];
  readonly opened: Promise<void>;
  readonly closed: Promise<TransportClose>;
}

function open(url: string, transport: Transport = createWsTransport()): Opened {
  const texts: string[] = [];
  const closes: TransportClose[] = [];
  let onOpen = (): void => {};
  let onClose = (_close: TransportClose): void => {};
  const opened = new Promise<void>((resolve) => (onOpen = resolve));
  const closed = new Promise<TransportClose>((resolve) => (onClose = resolve));
  const socket = transport.connect(url, {
    onOpen: () => onOpen(),
    onText: (text) => texts.push(text),
    onClose: (close) => {
      closes.push(close);
      onClose(close);
    },
  });
  cleanups.push(() => socket.terminate());
  return { socket, texts, closes, opened, closed };
}

async function gateway(
  onConnection: (socket: WebSocket) => void,
  options: { subprotocol?: boolean; server?: Server } = {},
): Promise<string> {
  const server = await listen(options.server ?? createServer());
  const sockets = new WebSocketServer({
    server,
    handleProtocols: (offered) =>
      options.subprotocol === false ? false : offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false,
  });
  sockets.on('connection', onConnection);
  cleanups.push(() => {
    for (const client of sockets.clients) client.terminate();
    sockets.close();
  });
  return `127.0.0.1:${portOf(server)}`;
}

/** Waits for a condition of real sockets; no assertion depends on how long it takes. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the Transport port over ws', () => {
  it('[SY1] opens with the subprotocol, carries text both ways and reports the close code and reason once', async () => {
    const received: string[] = [];
    const address = await gateway((socket) => {
      socket.on('message', (data) => {
        received.push(String(data));
        socket.send('{"type":"pong"}');
        socket.close(4005, '{"retry_after_ms":70}');
      });
    });
    const client = open(`ws://${address}`);
    await client.opened;
    client.socket.send('{"type":"ping"}');
    const close = await client.closed;
    expect(received).toEqual(['{"type":"ping"}']);
    expect(client.texts).toEqual(['{"type":"pong"}']);
    expect(close).toEqual({ code: 4005, reason: '{"retry_after_ms":70}', problem: null });
    client.socket.send('dropped silently');
    client.socket.terminate();
    client.socket.close(1000, '');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(client.closes).toHaveLength(1);
  });

  it('[SE5] refuses ws: to anything that is not loopback, without touching the network', async () => {
    for (const url of [
      'ws://example.com/',
      'ws://10.0.0.1',
      'ws://127.0.0.1.example.com',
      'ws://[2001:db8::1]/',
      'ws://0.0.0.0:1',
    ])
      expect((await open(url).closed).problem).toBe('INSECURE_ADDRESS');
  });

  it('[SE4] refuses credentials in the address and what is no WebSocket address', async () => {
    for (const url of ['wss://me:secret@example.com/', 'https://example.com/', 'nonsense'])
      expect((await open(url).closed).problem).toBe('NOT_A_GATEWAY');
  });

  it('[SE5] a certificate nobody vouches for is final, whatever the environment says', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'certificate-'));
    cleanups.push(() => rmSync(directory, { recursive: true }));
    const subject = '-subj /CN=localhost -addext subjectAltName=DNS:localhost';
    const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 ${subject}`.split(' ');
    const files = ['-keyout', join(directory, 'key.pem'), '-out', join(directory, 'cert.pem')];
    execFileSync('openssl', request.concat(files), { stdio: 'ignore' });
    const certificate = readFileSync(join(directory, 'cert.pem'), 'utf8');
    const server = createTlsServer({ cert: certificate, key: readFileSync(join(directory, 'key.pem')) });
    const address = await gateway(() => {}, { server: server as unknown as Server });
    const port = address.split(':')[1];
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    cleanups.push(() => {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    });
    expect((await open(`wss://localhost:${port}`).closed).problem).toBe('CERTIFICATE_INVALID');
    // The right authority, but another name than the certificate's.
    const trusting = createWsTransport({ extraAuthorities: [certificate] });
    expect((await open(`wss://127.0.0.1:${port}`, trusting).closed).problem).toBe('CERTIFICATE_INVALID');
    const good = open(`wss://localhost:${port}`, trusting);
    await good.opened;
    expect(good.closes).toEqual([]);
  });

  it('[SY1] what answers without our subprotocol is not a gateway', async () => {
    const address = await gateway(() => {}, { subprotocol: false });
    expect((await open(`ws://${address}`).closed).problem).toBe('NOT_A_GATEWAY');
  });

  it('[SY1] a plain web server is not a gateway; one that says 503 is a gateway that is away', async () => {
    const server = await listen(
      createServer((request, response) => {
        response.statusCode = request.url === '/away' ? 503 : 200;
        response.end('hello');
      }),
    );
    expect((await open(`ws://127.0.0.1:${portOf(server)}/`).closed).problem).toBe('NOT_A_GATEWAY');
    expect((await open(`ws://127.0.0.1:${portOf(server)}/away`).closed).problem).toBe('UNREACHABLE');
  });

  it('[SY1] what is not even HTTP is not a gateway', async () => {
    const server = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.write('220 mail ready\r\n', () => socket.destroySoon());
      }),
    );
    expect((await open(`ws://127.0.0.1:${portOf(server)}/`).closed).problem).toBe('NOT_A_GATEWAY');
  });

  it('[SY1] nobody listening is unreachable', async () => {
    const server = createTcpServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const port = portOf(server);
    await new Promise<void>((done) => void server.close(() => done()));
    expect(await open(`ws://127.0.0.1:${port}/`).closed).toMatchObject({ code: 1006, problem: 'UNREACHABLE' });
  });

  it('[SY8] a frame above the limit and a binary one end the connection with their own problem', async () => {
    const large = await gateway((socket) => socket.send('x'.repeat(MAX_FRAME_BYTES + 1)));
    expect((await open(`ws://${large}`).closed).problem).toBe('FRAME_TOO_LARGE');
    const exact = await gateway((socket) => socket.send('x'.repeat(MAX_FRAME_BYTES)));
    const fits = open(`ws://${exact}`);
    await until(() => fits.texts.length > 0);
    expect(fits.texts[0]).toHaveLength(MAX_FRAME_BYTES);
    const binary = await gateway((socket) => socket.send(Buffer.from([1, 2, 3])));
    const refused = open(`ws://${binary}`);
    expect((await refused.closed).problem).toBe('FRAME_NOT_TEXT');
    expect(refused.texts).toEqual([]);
  });

  it('[SY4] a connection cut without a goodbye is reported as such', async () => {
    const address = await gateway((socket) => socket.terminate());
    expect(await open(`ws://${address}`).closed).toMatchObject({ code: 1006, problem: 'NETWORK' });
  });

  it('[SY1] closing towards a peer that never answers still ends', async () => {
    // A relay that stops passing bytes on after the upgrade: the close handshake can't complete.
    const address = await gateway(() => {});
    const target = Number(address.split(':')[1]);
    let stalled = false;
    const relay = await listen(
      createTcpServer((inner) => {
        const outer = connectTcp(target, '127.0.0.1');
        inner.on('data', (bytes) => {
          if (!stalled) outer.write(bytes);
        });
        outer.on('data', (bytes) => {
          if (!stalled) inner.write(bytes);
        });
        for (const side of [inner, outer]) side.on('error', () => {});
        inner.on('close', () => outer.destroy());
      }),
    );
    const client = open(`ws://127.0.0.1:${portOf(relay)}`, createWsTransport({ closeTimeoutMs: 20 }));
    await client.opened;
    stalled = true;
    client.socket.close(4000, 'enough');
    expect(await client.closed).toMatchObject({ code: 1006 });
  });

  it('[SY1] backpressure: nothing arrives while paused, nothing is lost', async () => {
    const address = await gateway((socket) => {
      socket.on('message', () => {
        for (let i = 0; i < 500; i++) socket.send(`{"n":${i}}`);
      });
    });
    const client = open(`ws://${address}`);
    await client.opened;
    client.socket.pause();
    client.socket.send('go');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.texts).toEqual([]);
    client.socket.resume();
    await until(() => client.texts.length === 500);
    expect(client.texts[499]).toBe('{"n":499}');
  });
});
