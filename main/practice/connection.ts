import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { isAtLeast } from '#shared/domain/version.ts';
import { parseClientFrame, type Hello, type RequestFrame } from '#shared/protocol/frames.ts';
import { CloseCode, HELLO_TIMEOUT_MS, MAX_FRAME_BYTES, PROTOCOL_VERSION } from '#shared/protocol/limits.ts';
import type { RequestName } from '#shared/protocol/requests.ts';
import type { AccountLog } from './account-log.ts';
import type { Attachments } from './attachments.ts';
import type { FaultDecision, Faults } from './faults.ts';
import type { AgentRecord } from './records.ts';
import { REQUEST_HANDLERS, Refusal, type RequestContext } from './requests.ts';
import type { World } from './world.ts';

/** One client's connection, from hello to close. */

export interface ConnectionLimits {
  readonly heartbeatMs: number;
  readonly helloTimeoutMs: number;
  /** Bytes handed to the socket and not taken by the client, above which events wait; four times as much is 4008. */
  readonly bufferBytes: number;
  /** Requests in five seconds, above which they are RATE_LIMITED. */
  readonly requestsPer5s: number;
  /** Oldest client that may log in (4004). */
  readonly minAppVersion: string;
}

export const DEFAULT_LIMITS: ConnectionLimits = {
  heartbeatMs: 10_000,
  helloTimeoutMs: HELLO_TIMEOUT_MS,
  bufferBytes: 1_048_576,
  requestsPer5s: 1_000,
  minAppVersion: '0.0.0',
};

/** What a connection needs of the gateway around it. */
export interface ConnectionHost {
  readonly world: World;
  readonly attachments: Attachments;
  readonly faults: Faults;
  readonly limits: ConnectionLimits;
  /** Saves what changed; called before any frame leaves, so that nothing a client has seen can be forgotten. */
  flush(): void;
  authenticate(token: string): { readonly agent: AgentRecord } | { readonly code: number };
  issueToken(agentId: string): { token: string; expires_at: number };
  /** The connection now speaks for its account: an older one is kicked or replaced. */
  admit(connection: Connection): void;
  gone(connection: Connection): void;
  /** Before a recall is decided or refused (outcomes.ts). */
  readonly onRecallRequested: (agent: AgentRecord, msgId: string) => void;
}

/** A client that is silent for longer than this many heartbeats is gone. */
const SILENT_HEARTBEATS = 4;
/** A reordered event waits this long for a next one to change places with. */
const HOLD_MS = 300;

export class Connection {
  readonly #host: ConnectionHost;
  readonly #socket: WebSocket;
  readonly sessionId: string = randomUUID();
  #agent: AgentRecord | null = null;
  #log: AccountLog | null = null;
  deviceId = '';
  appVersion = '';
  /** Newest event number that was sent on this connection. */
  #cursor = 0;
  /** Runs while events are being sent: one at a time, so that they stay in order. */
  #pump: Promise<void> | null = null;
  #pumpWanted = false;
  #held: string | null = null;
  #silentUntil = 0;
  #closed = false;
  /** A cut is under way: nothing may follow the frame after which it was asked for. */
  #cutting = false;
  #helloTimer: NodeJS.Timeout | null;
  #watch: NodeJS.Timeout | null = null;
  #requestTimes: number[] = [];
  #lastHeard = performance.now();

  constructor(host: ConnectionHost, socket: WebSocket) {
    this.#host = host;
    this.#socket = socket;
    this.#helloTimer = setTimeout(() => this.close(CloseCode.PROTOCOL_ERROR, 'no hello'), host.limits.helloTimeoutMs);
    socket.on('message', (data, isBinary) => {
      if (this.#closed) return;
      this.#lastHeard = performance.now();
      const bytes = data as Buffer;
      if (isBinary) return this.close(CloseCode.PROTOCOL_ERROR, 'binary frame');
      if (bytes.length > MAX_FRAME_BYTES) return this.close(CloseCode.PROTOCOL_ERROR, 'frame too large');
      this.#onText(bytes.toString('utf8'));
    });
    socket.on('close', () => this.#onClosed());
    // The close event follows; what went wrong on the wire isn't ours to repair.
    socket.on('error', () => undefined);
  }

  get agentId(): string | null {
    return this.#agent?.agent_id ?? null;
  }

  /** An account's event log has grown. */
  wake(): void {
    this.#pumpWanted = true;
    if (this.#pump !== null || this.#log === null || this.#closed) return;
    // Events leave after the reply of the request that caused them, unless a fault turns that round.
    this.#pump = immediate()
      .then(() => this.#sendEvents())
      .then(() => {
        this.#pump = null;
        if (this.#pumpWanted && performance.now() >= this.#silentUntil) this.wake();
      });
  }

  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#socket.close(code, reason);
    this.#onClosed();
    // A client that doesn't answer the goodbye doesn't keep the socket.
    const socket = this.#socket;
    setTimeout(() => socket.terminate(), 2_000).unref();
  }

  /** The TCP connection goes without a goodbye. */
  terminate(): void {
    this.#socket.terminate();
    this.#onClosed();
  }

  kick(byDevice: string): void {
    this.#send(JSON.stringify({ type: 'kicked', by_device: byDevice, at: this.#host.world.now() }));
    this.close(CloseCode.KICKED, 'kicked');
  }

  /** Any text as a frame, for tests of the other side. */
  sendRaw(text: string): void {
    this.#send(text);
  }

  /** Nothing is sent for `ms`; 0 ends a silence at once. */
  silence(ms: number): void {
    this.#silentUntil = ms === 0 ? 0 : Math.max(this.#silentUntil, performance.now() + ms);
    if (ms === 0) this.wake();
    else setTimeout(() => this.wake(), ms + 1).unref();
  }

  #onClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#helloTimer !== null) clearTimeout(this.#helloTimer);
    if (this.#watch !== null) clearInterval(this.#watch);
    this.#host.gone(this);
  }

  #send(text: string): void {
    if (this.#closed || this.#cutting || this.#socket.readyState !== this.#socket.OPEN) return;
    if (performance.now() < this.#silentUntil) return;
    this.#host.flush();
    this.#socket.send(text);
  }

  // ── frames in ────────────────────────────────────────────────────────────────────────────────────────────────────

  #onText(text: string): void {
    const frame = parseClientFrame(text);
    if (frame.type === 'bad') return this.close(CloseCode.PROTOCOL_ERROR, frame.problem.code);
    if (this.#agent === null) {
      if (frame.type !== 'hello') return this.close(CloseCode.PROTOCOL_ERROR, 'hello first');
      return this.#onHello(frame.frame);
    }
    switch (frame.type) {
      case 'hello':
        return this.close(CloseCode.PROTOCOL_ERROR, 'second hello');
      case 'ack': {
        if (frame.frame.event_seq > (this.#log?.lastSeq ?? 0))
          return this.close(CloseCode.PROTOCOL_ERROR, 'ack of an event that was not sent');
        return this.#host.world.setAcked(this.#agent.agent_id, frame.frame.event_seq);
      }
      case 'ping':
        return this.#onPing(frame.frame.sent_at);
      case 'bad_request':
        return this.#refuse(frame.request_id, new Refusal('BAD_REQUEST', frame.problem));
      case 'request':
        return this.#onRequest(frame, this.#agent);
      case 'unknown':
        return;
    }
  }

  #onHello(hello: Hello): void {
    const { world, faults, limits } = this.#host;
    if (hello.protocol !== PROTOCOL_VERSION)
      // A newer client may speak version 1 another time; an older one can't.
      return this.close(
        hello.protocol < PROTOCOL_VERSION ? CloseCode.CLIENT_TOO_OLD : CloseCode.PROTOCOL_ERROR,
        'protocol',
      );
    const maintenance = faults.maintenance;
    if (maintenance !== null)
      return this.close(CloseCode.GOING_AWAY, JSON.stringify({ retry_after_ms: maintenance.retryAfterMs }));
    const login = this.#host.authenticate(hello.token);
    if ('code' in login)
      return this.close(login.code, login.code === CloseCode.AUTH_EXPIRED ? 'token expired' : 'token refused');
    if (limits.minAppVersion !== '0.0.0' && !isAtLeast(hello.app_version, limits.minAppVersion))
      return this.close(CloseCode.CLIENT_TOO_OLD, 'app_version');
    const { agent } = login;
    const fault = faults.decide('hello', agent.agent_id, '');
    if (fault.refuse !== null)
      return this.close(
        fault.refuse.code,
        fault.refuse.retryAfterMs === null ? 'refused' : JSON.stringify({ retry_after_ms: fault.refuse.retryAfterMs }),
      );
    if (fault.cut === 'before') return this.terminate();

    if (this.#helloTimer !== null) clearTimeout(this.#helloTimer);
    this.#helloTimer = null;
    this.#agent = agent;
    this.deviceId = hello.device_id;
    this.appVersion = hello.app_version;
    this.#host.admit(this);
    const log = world.log(agent.agent_id);
    const resumed = log.resume(hello.resume?.event_seq ?? null);
    this.#cursor = resumed.status === 'resumed' ? (hello.resume?.event_seq ?? 0) : log.lastSeq;
    const welcome = JSON.stringify({
      type: 'welcome',
      session_id: this.sessionId,
      server_time: world.now(),
      heartbeat_ms: limits.heartbeatMs,
      agent: { agent_id: agent.agent_id, name: agent.name, role: agent.role, presence: agent.presence },
      shops: agent.shop_ids
        .map((id) => world.shops.get(id))
        .filter((shop) => shop !== undefined)
        .map(({ shop_id, name, platform, policy }) => ({ shop_id, name, platform, policy })),
      resume:
        resumed.status === 'resumed'
          ? { status: 'resumed', from_seq: this.#cursor + 1 }
          : { status: 'snapshot', reason: resumed.reason, event_seq: this.#cursor },
    });
    const begin = (): void => {
      if (this.#closed) return;
      if (!fault.drop) this.#send(welcome);
      if (fault.cut === 'after') return this.terminate();
      if (fault.kick) return this.kick('practice');
      if (fault.silenceMs > 0) this.silence(fault.silenceMs);
      this.#log = log;
      this.#watch = setInterval(() => {
        if (performance.now() - this.#lastHeard > SILENT_HEARTBEATS * limits.heartbeatMs) this.terminate();
        else this.wake();
      }, limits.heartbeatMs);
      this.#watch.unref();
      this.wake();
    };
    this.#later(fault.delayMs, begin);
  }

  #onPing(sentAt: number): void {
    const agentId = this.#agent?.agent_id ?? '';
    const fault = this.#host.faults.decide('pong', agentId, '');
    if (!this.#before(fault)) return;
    this.#later(fault.delayMs, () => {
      const pong = JSON.stringify({
        type: 'pong',
        sent_at: sentAt,
        server_time: this.#host.world.now(),
        last_event_seq: this.#log?.lastSeq ?? this.#cursor,
      });
      this.#send(pong);
      if (fault.duplicate) this.#send(pong);
      this.#after(fault);
    });
  }

  // ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #onRequest(frame: RequestFrame, agent: AgentRecord): void {
    const { faults, limits } = this.#host;
    const now = performance.now();
    this.#requestTimes = this.#requestTimes.filter((at) => at > now - 5_000);
    if (this.#requestTimes.length >= limits.requestsPer5s)
      return this.#refuse(frame.request_id, new Refusal('RATE_LIMITED', 'too many requests', { retryAfterMs: 5_000 }));
    this.#requestTimes.push(now);
    if (frame.name === 'message.recall') this.#host.onRecallRequested(agent, frame.fields.msg_id);
    if (faults.maintenance !== null)
      return this.#refuse(
        frame.request_id,
        new Refusal('SERVER_BUSY', 'maintenance', { retryAfterMs: faults.maintenance.retryAfterMs }),
      );
    const fault = faults.decide('request', agent.agent_id, frame.name);
    if (!this.#before(fault)) return;
    this.#later(fault.delayMs, () => {
      if (this.#closed) return;
      if (fault.error !== null) {
        const { code, retryAfterMs } = fault.error;
        return this.#refuse(
          frame.request_id,
          new Refusal(code, 'practice fault', retryAfterMs === null ? {} : { retryAfterMs }),
        );
      }
      this.#answer(frame, agent, fault);
      this.#after(fault);
    });
  }

  #answer(frame: RequestFrame, agent: AgentRecord, requestFault: FaultDecision): void {
    const context: RequestContext = {
      world: this.#host.world,
      attachments: this.#host.attachments,
      agent,
      deviceId: this.deviceId,
      appVersion: this.appVersion,
      issueToken: (agentId) => this.#host.issueToken(agentId),
      emptyPage: requestFault.emptyPage,
    };
    let reply: string;
    try {
      const handler = REQUEST_HANDLERS[frame.name] as (context: RequestContext, fields: unknown) => unknown;
      const result = handler(context, frame.fields);
      reply = JSON.stringify({ type: 'reply', request_id: frame.request_id, ok: true, result });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      reply = refusal(frame.request_id, error);
    }
    // What was done is kept, whether or not its reply arrives.
    this.#host.flush();
    const fault = this.#host.faults.decide('reply', agent.agent_id, frame.name satisfies RequestName);
    if (!this.#before(fault)) return;
    const send = (): void => {
      this.#send(reply);
      if (fault.duplicate) this.#send(reply);
      this.#after(fault);
    };
    if (fault.eventBeforeReply && this.#pump !== null) void this.#pump.then(() => this.#later(fault.delayMs, send));
    else this.#later(fault.delayMs, send);
  }

  #refuse(requestId: string, refused: Refusal): void {
    this.#send(refusal(requestId, refused));
  }

  // ── events out ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Sends the log from the cursor on, in order. */
  async #sendEvents(): Promise<void> {
    const { world, faults, limits } = this.#host;
    const agent = this.#agent;
    const log = this.#log;
    if (agent === null || log === null) return;
    while (!this.#closed && !this.#cutting && this.#cursor < log.lastSeq) {
      this.#pumpWanted = false;
      if (performance.now() < this.#silentUntil) return;
      if (this.#socket.bufferedAmount > limits.bufferBytes) {
        if (this.#socket.bufferedAmount > 4 * limits.bufferBytes) return this.close(CloseCode.TOO_SLOW, 'too slow');
        await sleep(20);
        continue;
      }
      const entry = log.get(this.#cursor + 1);
      // Slower than the log is long: a new login gets a snapshot.
      if (entry === undefined) return this.close(CloseCode.TOO_SLOW, 'too slow');
      const fault = faults.decide('event', agent.agent_id, entry.kind);
      if (fault.delayMs > 0) await sleep(fault.delayMs);
      this.#cursor = entry.seq;
      if (!this.#before(fault)) continue;
      const frame = world.eventFrame(agent, entry);
      if (fault.reorder && this.#held === null) {
        this.#held = frame;
        // Without a next event it comes late instead.
        setTimeout(() => this.#release(), HOLD_MS).unref();
      } else {
        this.#send(frame);
        if (fault.duplicate) this.#send(frame);
        this.#release();
      }
      this.#after(fault);
    }
    this.#pumpWanted = false;
  }

  #release(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#send(held);
  }

  // ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What a fault does instead of the frame. False: nothing more is to be done with it. */
  #before(fault: FaultDecision): boolean {
    if (fault.silenceMs > 0) this.silence(fault.silenceMs);
    if (fault.cut === 'before') this.terminate();
    else if (fault.kick) this.kick('practice');
    return !fault.drop && !this.#closed;
  }

  #after(fault: FaultDecision): void {
    if (fault.cut !== 'after') return;
    this.#cutting = true;
    // The frame reaches the wire first.
    setImmediate(() => this.terminate());
  }

  #later(ms: number, run: () => void): void {
    if (ms <= 0) run();
    else setTimeout(run, ms).unref();
  }
}

function refusal(requestId: string, refused: Refusal): string {
  return JSON.stringify({
    type: 'reply',
    request_id: requestId,
    ok: false,
    error: {
      code: refused.code,
      message: refused.message,
      ...(refused.retryAfterMs === undefined ? {} : { retry_after_ms: refused.retryAfterMs }),
      ...(refused.details === undefined ? {} : { details: refused.details }),
    },
  });
}

const immediate = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms).unref());
