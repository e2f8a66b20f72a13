import WebSocket from 'ws';
import { parseServerFrame } from '#shared/protocol/frames.ts';
import type { Conversation, Message } from '#shared/protocol/entities.ts';
import { SUBPROTOCOL } from '#shared/protocol/limits.ts';
import { until } from './wait.ts';

/** A client that knows nothing but the protocol page: it says what a test tells it to and keeps all that comes. */

export type Frame = Record<string, unknown> & { type: string };
export type EventFrame = Frame & {
  event_seq: number;
  at: number;
  kind: string;
  message?: Message;
  conversation?: Conversation;
};
export interface ReplyFrame extends Frame {
  ok: boolean;
  result?: any;
  error?: { code: string; message: string; retry_after_ms?: number; details?: Record<string, unknown> };
}

export class RawClient {
  readonly frames: Frame[] = [];
  closed: { code: number; reason: string } | null = null;
  readonly #socket: WebSocket;
  #requests = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      if (isBinary) throw new Error('a binary frame');
      const text = (data as Buffer).toString('utf8');
      // Whatever the gateway says must fit the page's own schemas.
      const parsed = parseServerFrame(text);
      if (parsed.type === 'bad') throw new Error(`bad frame: ${parsed.problem.detail}`);
      if (parsed.type === 'event' && parsed.event.kind === 'malformed')
        throw new Error(`malformed event: ${parsed.event.problem}`);
      this.frames.push(JSON.parse(text) as Frame);
    });
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString('utf8') }));
    socket.on('error', () => undefined);
  }

  static async open(url: string): Promise<RawClient> {
    const socket = new WebSocket(url, SUBPROTOCOL);
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  /** Opens and says hello; returns after the welcome. */
  static async login(
    url: string,
    token: string,
    options: { device?: string; version?: string; resume?: number | null } = {},
  ): Promise<RawClient> {
    const client = await RawClient.open(url);
    client.hello(token, options);
    await until('welcome', () => client.welcome !== undefined || client.closed !== null);
    return client;
  }

  hello(token: string, options: { device?: string; version?: string; resume?: number | null } = {}): void {
    const resume = options.resume ?? null;
    this.send({
      type: 'hello',
      protocol: 1,
      token,
      device_id: options.device ?? 'd-1',
      app_version: options.version ?? '1.0.0',
      resume: resume === null ? null : { event_seq: resume },
    });
  }

  send(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  sendBinary(bytes: Buffer): void {
    this.#socket.send(bytes);
  }

  get welcome(): any {
    return this.frames.find(({ type }) => type === 'welcome');
  }

  get events(): EventFrame[] {
    return this.frames.filter(({ type }) => type === 'event') as EventFrame[];
  }

  eventsOf(kind: string): EventFrame[] {
    return this.events.filter((event) => event.kind === kind);
  }

  /** Sends a request and doesn't wait; the id to look for its reply with. */
  post(type: string, fields: object = {}): string {
    const requestId = `q-${++this.#requests}`;
    this.send({ type, request_id: requestId, ...fields });
    return requestId;
  }

  reply(requestId: string): ReplyFrame | undefined {
    return this.frames.find((frame) => frame.type === 'reply' && frame['request_id'] === requestId) as
      ReplyFrame | undefined;
  }

  async ask(type: string, fields: object = {}): Promise<ReplyFrame> {
    const requestId = this.post(type, fields);
    await until(`reply to ${type}`, () => this.reply(requestId) !== undefined || this.closed !== null);
    const reply = this.reply(requestId);
    if (reply === undefined) throw new Error(`closed instead of a reply: ${this.closed?.code}`);
    return reply;
  }

  /** The result of a request that must succeed. */
  async get(type: string, fields: object = {}): Promise<any> {
    const reply = await this.ask(type, fields);
    if (!reply.ok) throw new Error(`${type}: ${reply.error?.code} ${reply.error?.message}`);
    return reply.result;
  }

  /** The error code of a request that must fail. */
  async refused(type: string, fields: object = {}): Promise<string> {
    const reply = await this.ask(type, fields);
    return reply.ok ? 'ok' : (reply.error?.code ?? '');
  }

  async event(kind: string, matches: (event: EventFrame) => boolean = () => true): Promise<EventFrame> {
    await until(kind, () => this.eventsOf(kind).some(matches));
    return this.eventsOf(kind).find(matches) as EventFrame;
  }

  async untilClosed(): Promise<{ code: number; reason: string }> {
    await until('close', () => this.closed !== null);
    return this.closed as { code: number; reason: string };
  }

  /** Everything up to the newest number that a pong names has arrived. */
  async caughtUp(): Promise<number> {
    const before = this.frames.filter(({ type }) => type === 'pong').length;
    this.send({ type: 'ping', sent_at: 1 });
    await until('pong', () => this.frames.filter(({ type }) => type === 'pong').length > before);
    const last = this.frames.findLast(({ type }) => type === 'pong')?.['last_event_seq'] as number;
    await until('events', () => this.events.some(({ event_seq }) => event_seq >= last) || this.welcomeSeq >= last);
    return last;
  }

  /** Number after which events began on this connection. */
  get welcomeSeq(): number {
    const { resume } = this.welcome;
    return resume.status === 'resumed' ? resume.from_seq - 1 : resume.event_seq;
  }

  /** Stops taking anything from the socket. */
  pause(): void {
    this.#socket.pause();
  }

  cut(): void {
    this.#socket.terminate();
  }

  close(): void {
    this.#socket.close();
  }
}
