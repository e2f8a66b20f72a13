import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { createPrng, type Prng } from '#shared/lib/prng.ts';
import { SUBPROTOCOL } from '#shared/protocol/limits.ts';

/**
 * A gateway on a real port whose whole truth a test can read: small, fast enough for thousands of events a second, and with a
 * hook at every frame for what a network or a bad gateway would do to it. Its rules are the protocol page's: numbers
 * without gaps, the same `client_msg_id` never makes two messages, resume from what is still in the log.
 */

export type Direction = 'in' | 'out';
/**
 * What becomes of one frame. `cut-before`: the connection breaks instead of it; `cut-after`: right behind it. `cut-inside`
 * (out only): a part of its bytes goes through. `swap`: it trades places with the next one of its direction.
 */
export type FrameFault =
  | { readonly do: 'cut-before' | 'cut-after' | 'cut-inside' | 'drop' | 'twice' | 'swap' }
  | { readonly do: 'delay'; readonly ms: number }
  | { readonly do: 'replace'; readonly text: string }
  /** From here on nothing goes through in either direction, and the socket stays up. */
  | { readonly do: 'half-open' };

export interface FrameSeen {
  readonly direction: Direction;
  /** `type`, and for events their kind, for replies the request they answer: "event message.created", "reply message.send". */
  readonly name: string;
  readonly text: string;
  /** Connections so far, from 1. */
  readonly connection: number;
}

export interface TruthMessage {
  readonly msg_id: string;
  readonly conversation_id: string;
  readonly conv_seq: number;
  readonly client_msg_id: string | null;
  readonly text: string;
  readonly sent_at: number;
  /** The event that brought it. */
  readonly event_seq: number;
  read: boolean;
  recalled: { readonly recall_id: string; readonly at: number } | null;
}

interface Entry {
  readonly event_seq: number;
  readonly kind: string;
  readonly text: string;
}

export interface TruthGatewayOptions {
  readonly conversations?: number;
  readonly seed?: number;
  readonly heartbeatMs?: number;
  /** Events that can still be resumed from, behind what was acknowledged. */
  readonly keep?: number;
  readonly policy: unknown;
  readonly role?: string;
  /** Says `resumed` whatever it is asked for. */
  readonly resumeAnyway?: boolean;
  readonly fault?: (frame: FrameSeen) => FrameFault | null;
}

export interface TruthGateway {
  readonly url: string;
  readonly token: string;
  /** Conversation id → its messages, oldest first. */
  readonly messages: ReadonlyMap<string, readonly TruthMessage[]>;
  readonly lastSeq: number;
  /** Highest number a client said it has committed. */
  readonly acked: number;
  readonly connections: number;
  /** How many `message.send` arrived, repeated ones included. */
  readonly sendsSeen: number;
  /** Bytes that wait in the sockets of this side. */
  readonly buffered: number;
  fault: ((frame: FrameSeen) => FrameFault | null) | null;
  /** Appends that many events: most are consumers' messages, some read states, recalls and changes of conversations. */
  happen(events: number): void;
  /** `happen` at that rate until `quiet`, and not while the client is behind by more than `most`. */
  run(eventsPerSecond: number, most?: number): void;
  quiet(): void;
  /** Breaks every connection; the client may come again. */
  cut(): void;
  /** Nobody listens for that long: connections are refused. */
  away(ms: number): Promise<void>;
  /** The state as it stands, to go back to. */
  remember(): () => void;
  /** Forgets what can be resumed from. */
  forget(): void;
  /** Frames the test writes itself, to every connection. */
  say(text: string): void;
  /** Connections with how far each has come, and the last frames: for what a test says of a hang. */
  describe(): string;
  close(): Promise<void>;
}

const HIGH_WATER = 1 << 20;
const FRAMES_KEPT = 80;
const AGENT = { agent_id: 'a-1', name: '客服小美' };
const SHOP = 's-1';

export const truthText = (conversation: string, seq: number): string => `${conversation} 第${seq}条 请问什么时候发货`;

export async function startTruthGateway(options: TruthGatewayOptions): Promise<TruthGateway> {
  const heartbeat = options.heartbeatMs ?? 10_000;
  const keep = options.keep ?? 20_000;
  const prng: Prng = createPrng(options.seed ?? 1);
  const names = Array.from({ length: options.conversations ?? 6 }, (_, i) => `c${i}`);

  let messages = new Map<string, TruthMessage[]>(names.map((name) => [name, []]));
  let byClientId = new Map<string, TruthMessage>();
  let titles = new Map<string, string>(names.map((name) => [name, `买家${name}`]));
  let log: Entry[] = [];
  let lastSeq = 0;
  let acked = 0;
  let connections = 0;
  let sendsSeen = 0;
  let recalls = 0;
  let fault = options.fault ?? null;
  let timer: NodeJS.Timeout | null = null;
  const links = new Set<Link>();
  const frames: string[] = [];
  let frameCount = 0;

  const append = (kind: string, body: object): void => {
    lastSeq += 1;
    const at = Date.now();
    log.push({
      event_seq: lastSeq,
      kind,
      text: JSON.stringify({ type: 'event', event_seq: lastSeq, at, kind, ...body }),
    });
    // What is acknowledged will never be asked for again, by a client that keeps its word.
    if (log.length > keep * 2 && acked > lastSeq - keep) log = log.slice(-keep);
  };
  const push = (): void => {
    for (const link of links) link.pump();
  };

  const wire = (message: TruthMessage): object => {
    const mine = message.client_msg_id !== null;
    return {
      msg_id: message.msg_id,
      conversation_id: message.conversation_id,
      conv_seq: message.conv_seq,
      client_msg_id: message.client_msg_id,
      shop_id: SHOP,
      sender: mine
        ? { role: 'agent', id: AGENT.agent_id, name: AGENT.name }
        : { role: 'consumer', id: `u-${message.conversation_id}`, name: '买家' },
      kind: 'text',
      text: message.text,
      order_nos: [],
      violation_nos: [],
      correction_of: null,
      sent_at: message.sent_at,
      status: message.read ? 'read' : 'sent',
      ...(message.recalled === null ? {} : { recalled: recallOf(message, message.recalled) }),
    };
  };
  const recallOf = (message: TruthMessage, recalled: NonNullable<TruthMessage['recalled']>): object => ({
    conversation_id: message.conversation_id,
    msg_id: message.msg_id,
    recall_id: recalled.recall_id,
    operator: { role: 'consumer', id: `u-${message.conversation_id}`, name: '买家' },
    effect: 'both',
    at: recalled.at,
  });
  const conversation = (id: string): object => {
    const list = messages.get(id) ?? [];
    return {
      conversation_id: id,
      shop_id: SHOP,
      type: 'single',
      title: titles.get(id),
      consumer: { consumer_id: `u-${id}`, name: '买家' },
      intake: 'active',
      assignee: AGENT,
      assignments: [{ ...AGENT, from: 0, to: null, how: 'claimed' }],
      order_nos: [],
      violation_nos: [],
      last_seq: list.length,
      last_message_at: list.at(-1)?.sent_at ?? null,
      agent_read_seq: 0,
      consumer_read_seq: 0,
      waiting_since: null,
      ends_at: null,
      deletes_at: null,
      consumer_restricts_recall: false,
      legal_hold: false,
    };
  };
  /** Ids carry the number of the event that made them: a world that went back makes other ones. */
  const speak = (id: string, text: string | null, clientId: string | null): TruthMessage => {
    const list = messages.get(id) as TruthMessage[];
    const message: TruthMessage = {
      msg_id: `${id}-${list.length + 1}-${lastSeq + 1}-${era}`,
      conversation_id: id,
      conv_seq: list.length + 1,
      client_msg_id: clientId,
      text: text ?? truthText(id, list.length + 1),
      sent_at: Date.now(),
      event_seq: lastSeq + 1,
      read: false,
      recalled: null,
    };
    list.push(message);
    append('message.created', { message: wire(message) });
    return message;
  };
  let era = 0;

  const happen = (events: number): void => {
    for (let i = 0; i < events; i++) {
      const id = prng.pick(names);
      const list = messages.get(id) as TruthMessage[];
      const dice = prng.next();
      const old = list[Math.max(0, list.length - 1 - prng.int(20))];
      if (dice < 0.86 || old === undefined) speak(id, null, null);
      else if (dice < 0.92 && !old.read) {
        old.read = true;
        append('message.status', { conversation_id: id, msg_id: old.msg_id, status: 'read' });
      } else if (dice < 0.97 && old.recalled === null && old.client_msg_id === null) {
        old.recalled = { recall_id: `r-${era}-${++recalls}`, at: Date.now() };
        append('message.recalled', recallOf(old, old.recalled));
      } else {
        titles.set(id, `买家${id} ${lastSeq}`);
        append('conversation.upserted', { conversation: conversation(id) });
      }
    }
    push();
  };

  interface Link {
    pump(): void;
    describe(): string;
    readonly socket: WebSocket;
    write(text: string): void;
  }

  const open = (socket: WebSocket): void => {
    const connection = ++connections;
    let sentTo: number | null = null;
    let halfOpen = false;
    const raw = (socket as unknown as { _socket: Socket })._socket;

    const faulted = (direction: Direction, name: string, text: string): FrameFault | null =>
      fault?.({ direction, name, text, connection }) ?? null;
    const halt = (): void => {
      halfOpen = true;
      raw.pause();
    };
    /** One after the other, as TCP does: a delayed frame holds up those behind it. */
    const lane = (direction: Direction, deliver: (text: string) => void): ((name: string, text: string) => void) => {
      const waiting: { readonly name: string; readonly text: string; ready: boolean }[] = [];
      let blocked = false;
      let kept: string | null = null;
      const deliverOne = (text: string): void => {
        deliver(text);
        if (kept !== null) {
          const late = kept;
          kept = null;
          deliver(late);
        }
      };
      const step = (): void => {
        while (!blocked && waiting.length > 0) {
          const { name, text, ready } = waiting.shift() as (typeof waiting)[number];
          if (halfOpen) return;
          const what = ready ? null : faulted(direction, name, text);
          switch (what?.do) {
            case undefined:
              deliverOne(text);
              break;
            case 'drop':
              break;
            case 'twice':
              deliverOne(text);
              deliver(text);
              break;
            case 'swap':
              if (kept === null) kept = text;
              else deliverOne(text);
              break;
            case 'replace':
              deliverOne(what.text);
              break;
            case 'cut-before':
              socket.terminate();
              return;
            case 'cut-after':
              deliverOne(text);
              // What was handed over leaves before the connection breaks.
              setImmediate(() => socket.terminate());
              return;
            case 'cut-inside': {
              const bytes = Buffer.from(text);
              const head =
                bytes.length < 126 ? [0x81, bytes.length] : [0x81, 126, bytes.length >> 8, bytes.length & 255];
              raw.write(Buffer.concat([Buffer.from(head), bytes.subarray(0, bytes.length >> 1)]));
              setImmediate(() => socket.terminate());
              return;
            }
            case 'half-open':
              halt();
              return;
            case 'delay':
              blocked = true;
              waiting.unshift({ name, text, ready: true });
              setTimeout(() => {
                blocked = false;
                step();
              }, what.ms);
              break;
          }
        }
      };
      return (name, text) => {
        frames[frameCount++ % FRAMES_KEPT] = `${Math.round(performance.now())} #${connection} ${direction} ${name}`;
        waiting.push({ name, text, ready: false });
        step();
      };
    };
    const sendOut = lane('out', (text) => {
      if (socket.readyState === socket.OPEN) socket.send(text);
    });
    const takeIn = lane('in', (text) => receive(text));

    const link: Link = {
      socket,
      write: (text) => socket.send(text),
      describe: () =>
        `#${connection} state ${socket.readyState}, sent to ${sentTo}, ${socket.bufferedAmount} B wait${halfOpen ? ', half open' : ''}`,
      pump() {
        if (sentTo === null || halfOpen || socket.readyState !== socket.OPEN) return;
        const first = log[0]?.event_seq ?? lastSeq + 1;
        while (sentTo < lastSeq && socket.bufferedAmount < HIGH_WATER) {
          const entry = log[sentTo + 1 - first];
          if (entry === undefined) return;
          sentTo += 1;
          sendOut(`event ${entry.kind}`, entry.text);
          if (halfOpen || socket.readyState !== socket.OPEN) return;
        }
      },
    };
    const drained = setInterval(() => link.pump(), 20);

    const answer = (name: string, requestId: unknown, result: unknown): void =>
      sendOut(`reply ${name}`, JSON.stringify({ type: 'reply', request_id: requestId, ok: true, result }));
    const refuse = (name: string, requestId: unknown, code: string): void =>
      sendOut(
        `reply ${name}`,
        JSON.stringify({ type: 'reply', request_id: requestId, ok: false, error: { code, message: code } }),
      );

    const receive = (text: string): void => {
      const frame = JSON.parse(text) as Record<string, unknown> & { type: string };
      switch (frame.type) {
        case 'hello': {
          const wanted = (frame['resume'] as { event_seq: number } | null)?.event_seq ?? null;
          const oldest = log[0]?.event_seq ?? lastSeq + 1;
          const honest =
            wanted === null ? 'first' : wanted > lastSeq ? 'unknown' : wanted < oldest - 1 ? 'expired' : null;
          const reason = options.resumeAnyway === true && wanted !== null ? null : honest;
          sentTo = reason === null ? wanted : lastSeq;
          sendOut(
            'welcome',
            JSON.stringify({
              type: 'welcome',
              session_id: `s-${connection}`,
              server_time: Date.now(),
              heartbeat_ms: heartbeat,
              agent: { ...AGENT, role: options.role ?? 'agent', presence: 'online' },
              shops: [{ shop_id: SHOP, name: '店铺', platform: 'practice', policy: options.policy }],
              resume:
                reason === null
                  ? { status: 'resumed', from_seq: (wanted ?? 0) + 1 }
                  : { status: 'snapshot', reason, event_seq: lastSeq },
            }),
          );
          link.pump();
          return;
        }
        case 'ping':
          sendOut(
            'pong',
            JSON.stringify({
              type: 'pong',
              sent_at: frame['sent_at'],
              server_time: Date.now(),
              last_event_seq: lastSeq,
            }),
          );
          return;
        case 'ack':
          acked = Math.max(acked, frame['event_seq'] as number);
          return;
        case 'message.send': {
          sendsSeen += 1;
          const clientId = frame['client_msg_id'] as string;
          const id = frame['conversation_id'] as string;
          const known = byClientId.get(clientId);
          if (known !== undefined) {
            if (known.text !== frame['text']) return refuse(frame.type, frame['request_id'], 'IDEMPOTENCY_CONFLICT');
            return answer(frame.type, frame['request_id'], { message: wire(known), duplicate: true });
          }
          const message = speak(id, frame['text'] as string, clientId);
          byClientId.set(clientId, message);
          answer(frame.type, frame['request_id'], { message: wire(message), duplicate: false });
          push();
          return;
        }
        case 'conversation.pull': {
          const list = messages.get(frame['conversation_id'] as string) ?? [];
          const from = frame['from_seq'] as number;
          const to = Math.min(frame['to_seq'] as number, list.length);
          const end = Math.min(to, from + (frame['limit'] as number) - 1);
          return answer(frame.type, frame['request_id'], {
            messages: list.slice(from - 1, end).map(wire),
            has_more: end < to,
          });
        }
        case 'snapshot.get':
          return answer(frame.type, frame['request_id'], { conversations: names.map(conversation), cursor: null });
        case 'conversation.read':
          return answer(frame.type, frame['request_id'], {});
        default:
          if (frame['request_id'] !== undefined) refuse(frame.type, frame['request_id'], 'BAD_REQUEST');
      }
    };

    links.add(link);
    socket.on('message', (data) => {
      const text = (data as Buffer).toString('utf8');
      if (!halfOpen) takeIn((JSON.parse(text) as { type: string }).type, text);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(drained);
      links.delete(link);
    });
  };

  let server: Server;
  let webSockets: WebSocketServer;
  const listen = async (port: number): Promise<void> => {
    server = createServer();
    webSockets = new WebSocketServer({ server, handleProtocols: () => SUBPROTOCOL, perMessageDeflate: false });
    webSockets.on('connection', open);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  };
  const unlisten = async (): Promise<void> => {
    for (const client of webSockets.clients) client.terminate();
    webSockets.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  await listen(0);
  const { port } = server!.address() as AddressInfo;

  const quiet = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  return {
    url: `ws://127.0.0.1:${port}/`,
    token: 'token',
    get messages() {
      return messages;
    },
    get lastSeq() {
      return lastSeq;
    },
    get acked() {
      return acked;
    },
    get connections() {
      return connections;
    },
    get sendsSeen() {
      return sendsSeen;
    },
    get buffered() {
      let sum = 0;
      for (const { socket } of links) sum += socket.bufferedAmount;
      return sum;
    },
    get fault() {
      return fault;
    },
    set fault(value) {
      fault = value;
    },
    happen,
    run(rate, most = Number.POSITIVE_INFINITY) {
      quiet();
      const began = performance.now();
      let done = 0;
      timer = setInterval(() => {
        const due = Math.floor(((performance.now() - began) / 1_000) * rate);
        if (due > done && lastSeq - acked < most) happen(Math.min(due - done, most));
        done = due;
      }, 10);
    },
    quiet,
    cut() {
      for (const { socket } of links) socket.terminate();
    },
    async away(ms) {
      await unlisten();
      await new Promise((resolve) => setTimeout(resolve, ms));
      await listen(port);
    },
    remember() {
      const state = structuredClone({ messages, titles, log, lastSeq });
      return () => {
        for (const { socket } of links) socket.terminate();
        ({ messages, titles, log, lastSeq } = structuredClone(state));
        byClientId = new Map();
        for (const list of messages.values())
          for (const message of list)
            if (message.client_msg_id !== null) byClientId.set(message.client_msg_id, message);
        acked = 0;
        era += 1;
      };
    },
    forget() {
      log = [];
    },
    say(text) {
      for (const link of links) link.write(text);
    },
    describe: () =>
      [
        `gateway: at ${lastSeq}, acknowledged ${acked}, ${connections} connections, now ${Math.round(performance.now())}`,
        ...[...links].map((link) => link.describe()),
        ...Array.from({ length: FRAMES_KEPT }, (_, i) => frames[(frameCount + i) % FRAMES_KEPT]).filter(Boolean),
      ].join('\n'),
    async close() {
      quiet();
      await unlisten();
    },
  };
}
