import { WebSocketServer, type WebSocket } from 'ws';
import type { AddressInfo } from 'node:net';
import { SUBPROTOCOL } from '#shared/protocol/limits.ts';

/**
 * A gateway without a mind of its own, on a real port: the test reads each frame and says each answer. For what a
 * well-behaved gateway would never do.
 */
export interface ScriptedGateway {
  readonly url: string;
  /** The next connection, as soon as it opens. */
  connection(): Promise<ScriptedConnection>;
  /** Connections so far. */
  readonly count: number;
  close(): Promise<void>;
}

export type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

export interface ScriptedConnection {
  /** The next frame of that type; frames of other types before it are kept for later calls. */
  frame(type: string): Promise<Frame>;
  /** Frames of that type that arrived and nobody asked for yet. */
  pending(type: string): readonly Frame[];
  send(frame: Readonly<Record<string, unknown>>): void;
  sendRaw(text: string): void;
  /** Reads `hello` and answers it. */
  welcome(change?: Readonly<Record<string, unknown>>): Promise<Frame>;
  /** Answers each ping from now on; `lastEventSeq` may change at any time. */
  answerPings(options: { serverNow: () => number; lastEventSeq: () => number }): void;
  reply(request: Frame, result: unknown): void;
  refuse(request: Frame, code: string, more?: Readonly<Record<string, unknown>>): void;
  close(code: number, reason?: string): void;
  /** Without a goodbye. */
  cut(): void;
  /** How the client closed it. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export const SERVER_NOW = 1_790_000_000_000;

export async function startScriptedGateway(): Promise<ScriptedGateway> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => SUBPROTOCOL });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const ready: ScriptedConnection[] = [];
  const wanted: ((connection: ScriptedConnection) => void)[] = [];
  let count = 0;
  server.on('connection', (socket) => {
    count++;
    const connection = scripted(socket);
    const taker = wanted.shift();
    if (taker === undefined) ready.push(connection);
    else taker(connection);
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    connection: () =>
      new Promise((resolve) => {
        const next = ready.shift();
        if (next === undefined) wanted.push(resolve);
        else resolve(next);
      }),
    get count() {
      return count;
    },
    async close() {
      for (const client of server.clients) client.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function scripted(socket: WebSocket): ScriptedConnection {
  const arrived: Frame[] = [];
  const waiting: { readonly type: string; readonly resolve: (frame: Frame) => void }[] = [];
  let pings: { serverNow: () => number; lastEventSeq: () => number } | null = null;

  const send = (frame: Readonly<Record<string, unknown>>): void => socket.send(JSON.stringify(frame));
  const pong = (ping: Frame): void => {
    if (pings === null) return;
    send({
      type: 'pong',
      sent_at: ping['sent_at'],
      server_time: pings.serverNow(),
      last_event_seq: pings.lastEventSeq(),
    });
  };
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as Frame;
    if (frame.type === 'ping' && pings !== null) {
      pong(frame);
      return;
    }
    const index = waiting.findIndex((entry) => entry.type === frame.type);
    if (index < 0) arrived.push(frame);
    else waiting.splice(index, 1)[0]?.resolve(frame);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );

  const connection: ScriptedConnection = {
    frame: (type) =>
      new Promise((resolve) => {
        const index = arrived.findIndex((frame) => frame.type === type);
        const found = index < 0 ? undefined : arrived.splice(index, 1)[0];
        if (found === undefined) waiting.push({ type, resolve });
        else resolve(found);
      }),
    pending: (type) => arrived.filter((frame) => frame.type === type),
    send,
    sendRaw: (text) => socket.send(text),
    async welcome(change = {}) {
      const hello = await connection.frame('hello');
      send({
        type: 'welcome',
        session_id: 's',
        server_time: SERVER_NOW,
        heartbeat_ms: 10_000,
        agent: { agent_id: 'a-1', name: '小美', role: 'agent', presence: 'online' },
        shops: [],
        resume: {
          status: 'resumed',
          from_seq: ((hello['resume'] as { event_seq: number } | null)?.event_seq ?? 0) + 1,
        },
        ...change,
      });
      return hello;
    },
    answerPings(options) {
      pings = options;
      for (const ping of arrived.splice(0).filter((frame) => frame.type !== 'ping' || (pong(frame), false)))
        arrived.push(ping);
    },
    reply: (request, result) => send({ type: 'reply', request_id: request['request_id'], ok: true, result }),
    refuse: (request, code, more = {}) =>
      send({ type: 'reply', request_id: request['request_id'], ok: false, error: { code, message: code, ...more } }),
    close: (code, reason = '') => socket.close(code, reason),
    cut: () => socket.terminate(),
    closed,
  };
  return connection;
}
