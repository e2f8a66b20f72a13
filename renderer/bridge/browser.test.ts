import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket as ServerSocket } from 'ws';
import { createBrowserBridge, type SocketLike } from './browser.ts';
import type { HostState } from './types.ts';

/** A host that answers every call with what it was asked, on a real socket; `hold` leaves calls unanswered. */
async function startHost(port = 0) {
  const http: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://local');
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (url.pathname === '/files/upload')
        response.end(JSON.stringify({ handle: 'h1', name: url.searchParams.get('name'), bytes }));
      else response.writeHead(404).end('{}');
    });
  });
  const sockets = new WebSocketServer({ server: http, path: '/bridge' });
  const seen: { procedure: string; input: unknown }[] = [];
  const control = { hold: false };
  sockets.on('connection', (socket: ServerSocket) => {
    socket.on('message', (data: Buffer) => {
      const call = JSON.parse(data.toString()) as { id: number; procedure: string; input: unknown };
      seen.push({ procedure: call.procedure, input: call.input });
      if (!control.hold) socket.send(JSON.stringify({ id: call.id, answer: { ok: true, result: call.input } }));
    });
  });
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  return {
    port: (http.address() as AddressInfo).port,
    seen,
    control,
    push: (message: unknown) => {
      for (const client of sockets.clients)
        client.send(typeof message === 'string' ? message : JSON.stringify(message));
    },
    stop: () =>
      new Promise<void>((resolve) => {
        for (const client of sockets.clients) client.terminate();
        sockets.close();
        http.closeAllConnections();
        http.close(() => resolve());
      }),
  };
}

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function connect(port: number, file: File | null = null) {
  const states: HostState[] = [];
  const bridge = createBrowserBridge({
    openSocket: () => new WebSocket(`ws://127.0.0.1:${port}/bridge`) as unknown as SocketLike,
    fetch: (address, init) => fetch(new URL(String(address), `http://127.0.0.1:${port}/`), init),
    chooseFile: () => Promise.resolve(file),
    random: () => 0,
    patienceMs: 20_000,
  });
  bridge.onHostState((state) => states.push(state));
  ends.push(() => bridge.stop());
  return { bridge, states };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('bridge to the loopback host', () => {
  it('[SY4] calls wait for the connection and each gets its own answer', async () => {
    const host = await startHost();
    ends.push(host.stop);
    const { bridge } = connect(host.port);
    const answers = await Promise.all([
      bridge.call('settings.set', { theme: 'dark' }),
      bridge.call('conversations.counts', { account_id: null }),
    ]);
    expect(answers).toEqual([
      { ok: true, result: { theme: 'dark' } },
      { ok: true, result: { account_id: null } },
    ]);
  });

  it('[SY4] reconnects by itself after the host went away, says so, and sends what waited', async () => {
    const host = await startHost();
    const { bridge, states } = connect(host.port);
    await bridge.call('app.info', {});
    await host.stop();
    await until(() => states.includes('gone'));
    const waiting = bridge.call('settings.set', { theme: 'light' });
    const again = await startHost(host.port);
    ends.push(again.stop);
    expect(await waiting).toEqual({ ok: true, result: { theme: 'light' } });
    expect(states.at(-1)).toBe('connected');
    expect(bridge.hostState()).toBe('connected');
  });

  it('[SY3] a call that was under way when the host went away is answered as unknown and never repeated', async () => {
    const host = await startHost();
    const { bridge, states } = connect(host.port);
    await bridge.call('app.info', {});
    host.control.hold = true;
    const lost = bridge.call('settings.set', { theme: 'dark' });
    await until(() => host.seen.length === 2);
    await host.stop();
    expect(await lost).toMatchObject({ ok: false, error: { code: 'NETWORK_UNKNOWN' } });
    const again = await startHost(host.port);
    ends.push(again.stop);
    await until(() => states.at(-1) === 'connected');
    await bridge.call('app.info', {});
    expect(again.seen.map((call) => call.procedure)).toEqual(['app.info']);
  });

  it('[SY8] topics reach their listeners; frames that are no messages of ours are ignored', async () => {
    const host = await startHost();
    ends.push(host.stop);
    const { bridge } = connect(host.port);
    await bridge.call('app.info', {});
    const heard: unknown[] = [];
    const stop = bridge.subscribe('messages', (payload) => heard.push(payload));
    host.push('not json');
    host.push({ topic: 'no-such-topic', payload: 1 });
    host.push({ id: 'x', answer: 3 });
    host.push({ topic: 'messages', payload: { keys: [7] } });
    await bridge.call('app.info', {});
    stop();
    host.push({ topic: 'messages', payload: { keys: [8] } });
    await bridge.call('app.info', {});
    expect(heard).toEqual([{ keys: [7] }]);
  });

  it('[SR11] a chosen file goes to the host and comes back as a handle; choosing none asks nothing', async () => {
    const host = await startHost();
    ends.push(host.stop);
    const { bridge } = connect(host.port, new File(['聊天'], '记录 1.csv'));
    expect(await bridge.pickFile('.csv')).toEqual({ ok: true, result: { handle: 'h1', name: '记录 1.csv', bytes: 6 } });
    expect(await connect(host.port).bridge.pickFile('.csv')).toEqual({ ok: true, result: null });
    expect(await bridge.pickSave('x.csv')).toMatchObject({ ok: false });
  });
});
