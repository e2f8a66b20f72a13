import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { BASE_POLICY } from '#shared/domain/recall/fixtures.ts';
import { SUBPROTOCOL } from '#shared/protocol/limits.ts';
import { answer } from './children.ts';

// A gateway in a process of its own: nothing of its work is the program's. It sends messages at a rate, each with the moment
// at which it left, and notes the acknowledgements.

const { conversations, tokenFile } = JSON.parse(process.argv[2] ?? '') as {
  readonly conversations: number;
  readonly tokenFile: string;
};
writeFileSync(tokenFile, 'bench', { mode: 0o600 });

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => SUBPROTOCOL });
await new Promise<void>((resolve) => server.once('listening', resolve));

const seqs = Array.from({ length: conversations }, () => 0);
let eventSeq = 0;
let acknowledged = 0;
let client: WebSocket | null = null;
let session = 0;
/** Times that a client could not go on where it was: what it was sent then says nothing about speed. */
let snapshots = 0;
const began = Date.now();
/** Told apart from those of earlier runs on the same records. */
const title = (n: number): string => `买家${n}-${began % 1_000_000}`;
/** The newest in the list, and the one that the page opens. */
const OPEN = conversations - 1;

const conversation = (n: number) => ({
  conversation_id: `bench-${n}`,
  shop_id: 's-1',
  type: 'single',
  title: title(n),
  consumer: { consumer_id: `u-${n}`, name: title(n) },
  intake: 'active',
  assignee: { agent_id: 'a-1', name: '小美' },
  assignments: [{ agent_id: 'a-1', name: '小美', from: began, to: null, how: 'claimed' }],
  order_nos: [],
  violation_nos: [],
  last_seq: seqs[n],
  last_message_at: began,
  agent_read_seq: 0,
  consumer_read_seq: 0,
  waiting_since: null,
  ends_at: null,
  deletes_at: null,
  consumer_restricts_recall: false,
  legal_hold: false,
});

/** `timed`: with the moment in its text, whose digits also look like an order's number. */
function frame(n: number, timed: boolean): string {
  const seq = ++seqs[n]!;
  const now = Date.now();
  return JSON.stringify({
    type: 'event',
    event_seq: ++eventSeq,
    at: now,
    kind: 'message.created',
    message: {
      msg_id: `m-${n}-${seq}`,
      conversation_id: `bench-${n}`,
      conv_seq: seq,
      client_msg_id: null,
      shop_id: 's-1',
      sender: { role: 'consumer', id: `u-${n}`, name: title(n) },
      kind: 'text',
      text: `第${seq}句 这件什么时候能发货，收货地址可以改吗${timed ? ` @${now}@` : ''}`,
      order_nos: [],
      violation_nos: [],
      correction_of: null,
      sent_at: now,
      status: 'sent',
    },
  });
}

function emit(n: number): void {
  client?.send(frame(n, true));
}

/** The events after number `from`: what a client that was away may resume from. */
let log: { readonly from: number; readonly frames: readonly string[] } = { from: 0, frames: [] };
let welcomedAt = 0;

/** As fast as the client reads. */
async function pour(frames: readonly string[]): Promise<void> {
  const socket = client;
  for (const [index, text] of frames.entries()) {
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send(text);
    if (index % 64 === 63)
      while (socket.bufferedAmount > 1_000_000) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function allAcknowledged(): Promise<void> {
  const before = snapshots;
  while (acknowledged < eventSeq) {
    if (snapshots > before) throw new Error('the client began anew instead of going on');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

server.on('connection', (socket) => {
  client = socket;
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as Record<string, unknown> & { type: string };
    const reply = (result: unknown): void =>
      socket.send(JSON.stringify({ type: 'reply', request_id: frame['request_id'], ok: true, result }));
    switch (frame.type) {
      case 'hello': {
        const at = (frame['resume'] as { event_seq: number } | null)?.event_seq ?? -1;
        // A new gateway each run: numbers of an earlier one mean nothing to it.
        const resumes = session > 0 && at <= eventSeq && (at === eventSeq || at >= log.from);
        session++;
        socket.send(
          JSON.stringify({
            type: 'welcome',
            session_id: 's',
            server_time: Date.now(),
            heartbeat_ms: 10_000,
            agent: { agent_id: 'a-1', name: '小美', role: 'supervisor', presence: 'online' },
            shops: [{ shop_id: 's-1', name: '压测店', platform: 'practice', policy: BASE_POLICY }],
            resume: resumes
              ? { status: 'resumed', from_seq: at + 1 }
              : { status: 'snapshot', reason: frame['resume'] === null ? 'first' : 'unknown', event_seq: eventSeq },
          }),
        );
        if (welcomedAt === 0) welcomedAt = performance.now();
        if (!resumes) snapshots++;
        else if (at < eventSeq) void pour(log.frames.slice(at - log.from));
        return;
      }
      case 'ping':
        socket.send(
          JSON.stringify({
            type: 'pong',
            sent_at: frame['sent_at'],
            server_time: Date.now(),
            last_event_seq: eventSeq,
          }),
        );
        return;
      case 'ack':
        acknowledged = frame['event_seq'] as number;
        return;
      case 'snapshot.get':
        return reply({ conversations: seqs.map((_, n) => conversation(n)), cursor: null });
      case 'conversation.pull':
        return reply({ messages: [], has_more: false });
      default:
        return reply({});
    }
  });
});

answer(
  {
    open: () => title(OPEN),
    url: () => `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** `rate` messages a second for `seconds`, spread over `over` conversations, the open one among them; waits for the last acknowledgement. */
    async send(rate: number, seconds: number, over: number) {
      const start = performance.now();
      const total = Math.round(rate * seconds);
      for (let sent = 0; sent < total;) {
        const due = Math.min(total, Math.floor(((performance.now() - start) / 1_000) * rate) + 1);
        for (; sent < due; sent++) emit(OPEN - (sent % over));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      const sentAfter = performance.now() - start;
      while (acknowledged < eventSeq && performance.now() - start < 120_000)
        await new Promise((resolve) => setTimeout(resolve, 5));
      return { sent: total, sentAfterMs: sentAfter, acknowledgedAfterMs: performance.now() - start };
    },
    /** `count` events over `over` conversations as fast as they are read; milliseconds until the last acknowledgement. */
    async pour(count: number, over: number) {
      const frames = Array.from({ length: count }, (_, index) => frame(OPEN - (index % over), false));
      const start = performance.now();
      await pour(frames);
      await allAcknowledged();
      return performance.now() - start;
    },
    /** Cuts the connection; what happened meanwhile comes when the client is back. Milliseconds from cut and from welcome. */
    async miss(count: number, over: number) {
      const from = eventSeq;
      log = { from, frames: Array.from({ length: count }, (_, index) => frame(OPEN - (index % over), false)) };
      const cutAt = performance.now();
      welcomedAt = 0;
      const before = session;
      client?.terminate();
      while (welcomedAt === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      await allAcknowledged();
      const now = performance.now();
      return { reconnectedMs: welcomedAt - cutAt, caughtUpMs: now - welcomedAt, connections: session - before };
    },
  },
  () => server.close(),
);
