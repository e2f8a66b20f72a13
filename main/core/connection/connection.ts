import { codeOf } from '#shared/contract/errors.ts';
import { createClockEstimator } from '#shared/domain/clock.ts';
import type { ClockEstimate } from '#shared/domain/time.ts';
import { backoffDelay } from '#shared/lib/backoff.ts';
import { MINUTE } from '#shared/lib/durations.ts';
import { parseServerFrame, type Pong, type Reply, type Welcome } from '#shared/protocol/frames.ts';
import type { GatewayEvent } from '#shared/protocol/events.ts';
import { CloseCode, MISSED_PONGS, PROTOCOL_VERSION } from '#shared/protocol/limits.ts';
import type { RequestFields, RequestName } from '#shared/protocol/requests.ts';
import type { DeviceId } from '#shared/domain/ids.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { Transport, TransportSocket } from '../ports/transport.ts';
import { isTemporary } from './patience.ts';
import { createRequestTable, type RequestOutcome } from './requests.ts';
import {
  INITIAL_PHASE,
  hasSocket,
  isOpen,
  step,
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionPhase,
} from './state.ts';

/** So many frames that can't be read within a minute, and the connection is closed with a reason (SY8). */
export const BAD_FRAMES_PER_MINUTE = 10;
/** What a gateway says outside of these would be a flood, or never notice a silent line. */
const SHORTEST_HEARTBEAT_MS = 10;
const LONGEST_HEARTBEAT_MS = 600_000;
/** From `connect` to `welcome`, all together. */
const OPENING_TIMEOUT_MS = 20_000;

export interface ConnectionOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Names the account in the log. */
  readonly label: string;
  readonly deviceId: string;
  readonly appVersion: string;
  /** Read anew for each attempt (SY4). AppFailure-free: null means there is none. */
  readonly login: () => Promise<{ readonly url: string; readonly token: string } | null>;
  /** A refreshed token, to be kept. */
  readonly keepToken: (token: string, expiresAt: number) => Promise<void>;
  /** Resolves when everything received so far is stored; answers with the cursor to resume from, or null (SY2). */
  readonly resumeFrom: () => Promise<number | null>;
  readonly onWelcome: (welcome: Welcome) => void;
  /** `chars`: of its frame. */
  readonly onEvent: (event: GatewayEvent, chars: number) => void;
  /**
   * The gateway says that it resumes, and can't be at the place where we are: its newest event is older than what is stored
   * here, or it leaves some out. The connection is given up; `resumeFrom` decides what the next one asks for (SY7).
   */
  readonly onCannotResume: (
    cause: 'went-back' | 'left-out',
    numbers: { readonly here: number; readonly there: number },
  ) => void;
  /** Phase, clock or retry time changed. */
  readonly onChange: () => void;
  /** The socket is gone, for whatever reason; once after each `onWelcome`. */
  readonly onLost: () => void;
}

/** Since the program began. Milliseconds; null before the first pong. */
export interface ConnectionStatistics {
  readonly connects: number;
  readonly events: number;
  readonly bad_frames: number;
  readonly round_trip_ms: number | null;
  readonly worst_round_trip_ms: number | null;
}

export interface Connection {
  start(): void;
  stop(): void;
  /** At once, whatever the back-off says: a person asked, or the network came back or changed (SY4). */
  retry(by: 'person' | 'network'): void;
  request<N extends RequestName>(name: N, fields: RequestFields<N>): Promise<RequestOutcome<N>>;
  ack(eventSeq: number): void;
  /** How far events are stored; decides when catching up is over. */
  progress(stored: { readonly eventSeq: number; readonly snapshotting: boolean }): void;
  /** The stream can't be trusted any more (a gap, SY2): connect anew and resume from the cursor. */
  resync(reason: string): void;
  pause(): void;
  resume(): void;
  readonly phase: ConnectionPhase;
  /** Monotonic time of the next attempt while backing off. */
  readonly retryAt: number | null;
  readonly isOpen: boolean;
  readonly statistics: ConnectionStatistics;
  /** Asks for a new token and keeps it. `refused`: this gateway doesn't do it, or not for this token. */
  refreshToken(): Promise<'kept' | 'refused' | 'later'>;
  /** Newest event number that the gateway announced on this connection, 0 before its first pong. */
  readonly announcedSeq: number;
  /** Offset against the *monotonic* clock (RC4). */
  clockEstimate(): ClockEstimate | null;
}

export function createConnection(options: ConnectionOptions): Connection {
  const { clock, ids, logger } = options;
  const requests = createRequestTable(clock);
  const estimator = createClockEstimator();

  let phase: ConnectionPhase = INITIAL_PHASE;
  let retryAt: number | null = null;
  let waitTimer: TimerHandle | null = null;
  let openingTimer: TimerHandle | null = null;
  let heartbeatTimer: TimerHandle | null = null;
  /** Each attempt has its own number; whatever an older socket still says is ignored. */
  let generation = 0;
  let socket: TransportSocket | null = null;
  let welcomed = false;
  let paused = false;

  /** What this connection resumed from, or null. */
  let resumedAt: number | null = null;
  let answered = false;
  let taken = false;
  let heartbeatMs = 0;
  let missedPongs = 0;
  let helloSentAt = 0;
  /** Pings without an answer: name → monotonic time. */
  const pings = new Map<number, number>();
  let lastPing = 0;
  /** Newest event number that arrived, and the target of the pong before: still not there a heartbeat later = silent. */
  let arrivedSeq = 0;
  let awaitedSeq = 0;
  let arrivedAtPong = 0;
  /** Newest event when this connection began, from its first pong; null until then. */
  let catchUpTarget: number | null = null;
  let stored = { eventSeq: 0, snapshotting: true };
  let badFrames: number[] = [];
  let refreshing: Promise<'kept' | 'refused' | 'later'> | null = null;
  const counted = {
    connects: 0,
    events: 0,
    bad_frames: 0,
    round_trip_ms: null as number | null,
    worst_round_trip_ms: null as number | null,
  };

  const clear = (timer: TimerHandle | null): null => {
    if (timer !== null) clock.clearTimeout(timer);
    return null;
  };

  function input(value: ConnectionInput): void {
    const before = phase;
    const next = step(phase, value);
    phase = next.phase;
    if (phase.name !== 'backing-off') {
      waitTimer = clear(waitTimer);
      retryAt = null;
    }
    if (!hasSocket(phase)) forgetSocket();
    for (const effect of next.effects) perform(effect);
    if (before.name !== phase.name)
      logger.log('info', 'connection.phase', {
        account: options.label,
        from: before.name,
        to: phase.name,
        ...('problem' in phase && phase.problem !== null
          ? { code: phase.problem.code, why: phase.problem.message }
          : {}),
      });
    if (before !== phase) options.onChange();
  }

  function perform(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'connect':
        void connect();
        return;
      case 'drop': {
        const dropped = socket ?? droppedSocket;
        forgetSocket();
        droppedSocket = null;
        if (effect.code === null) dropped?.terminate();
        else dropped?.close(effect.code, effect.reason);
        return;
      }
      case 'wait': {
        const delay = Math.max(backoffDelay(effect.attempt, ids.random()), effect.minimumMs);
        retryAt = clock.monotonicNow() + delay;
        waitTimer = clear(waitTimer);
        waitTimer = clock.setTimeout(() => {
          waitTimer = null;
          input({ type: 'delay-over' });
        }, delay);
        return;
      }
    }
  }

  /** The socket that `forgetSocket` let go of in this step, for a `drop` effect that follows. */
  let droppedSocket: TransportSocket | null = null;

  function forgetSocket(): void {
    generation++;
    droppedSocket = socket ?? droppedSocket;
    socket = null;
    paused = false;
    openingTimer = clear(openingTimer);
    heartbeatTimer = clear(heartbeatTimer);
    const wasWelcomed = welcomed;
    welcomed = false;
    requests.connectionLost();
    if (wasWelcomed) options.onLost();
  }

  async function connect(): Promise<void> {
    const mine = ++generation;
    counted.connects++;
    droppedSocket = null;
    openingTimer = clear(openingTimer);
    openingTimer = clock.setTimeout(() => {
      if (mine === generation)
        input({
          type: 'give-up',
          problem: { code: 'GATEWAY_UNREACHABLE', message: 'no welcome in time' },
          closeCode: null,
        });
    }, OPENING_TIMEOUT_MS);
    let login: { readonly url: string; readonly token: string } | null;
    let resume: number | null;
    try {
      [login, resume] = await Promise.all([options.login(), options.resumeFrom()]);
    } catch (thrown) {
      if (mine === generation) {
        const code = codeOf(thrown);
        input({ type: 'prepare-failed', problem: { code, message: 'address, token or cursor could not be read' } });
      }
      return;
    }
    if (mine !== generation) return;
    if (login === null) {
      input({ type: 'prepare-failed', problem: { code: 'AUTH_FAILED', message: 'no token stored' } });
      return;
    }
    const { url, token } = login;
    resumedAt = resume;
    arrivedSeq = resume ?? 0;
    awaitedSeq = 0;
    arrivedAtPong = 0;
    catchUpTarget = null;
    missedPongs = 0;
    pings.clear();
    badFrames = [];
    stored = { eventSeq: resume ?? 0, snapshotting: resume === null };

    socket = options.transport.connect(url, {
      onOpen() {
        if (mine !== generation) return;
        input({ type: 'opened' });
        helloSentAt = clock.monotonicNow();
        socket?.send(
          JSON.stringify({
            type: 'hello',
            protocol: PROTOCOL_VERSION,
            token,
            device_id: options.deviceId as DeviceId,
            app_version: options.appVersion,
            resume: resume === null ? null : { event_seq: resume },
          }),
        );
      },
      onText(text) {
        if (mine === generation) receive(text);
      },
      onClose(close) {
        if (mine === generation) input({ type: 'closed', close });
      },
    });
  }

  function receive(text: string): void {
    const parsed = parseServerFrame(text);
    switch (parsed.type) {
      case 'event':
        if (!welcomed) return countBad('event before welcome');
        // A policy that can't be accepted is refused as a whole and shown at its shop (RC1): the gateway's framing is fine.
        if (parsed.event.kind === 'malformed' && parsed.event.malformed_kind !== 'policy.updated')
          countBad(`event ${parsed.event.problem}`);
        if (!welcomed) return;
        counted.events++;
        arrivedSeq = Math.max(arrivedSeq, parsed.event.event_seq);
        options.onEvent(parsed.event, text.length);
        return;
      case 'reply':
        return reply(parsed.frame);
      case 'pong':
        return pong(parsed.frame);
      case 'welcome':
        if (parsed.left_out > 0) noteLeftOut('welcome', parsed.left_out);
        return welcome(parsed.frame);
      case 'kicked':
        return input({ type: 'kicked', byDevice: parsed.frame.by_device });
      case 'unknown':
        // Of a later version: no behaviour (protocol.md). Nothing durable came with it, so nothing is kept but the fact.
        logger.log('info', 'connection.unknown-frame', {
          account: options.label,
          type: parsed.unknown_type.slice(0, 64),
        });
        return;
      case 'bad':
        countBad(`${parsed.problem.code} ${parsed.problem.detail}`);
        // Its answer to `hello` can't be read: waiting for another one would end as "not reachable".
        if (phase.name === 'authenticating')
          input({
            type: 'give-up',
            problem: { code: 'PROTOCOL_ERROR', message: parsed.problem.detail },
            closeCode: CloseCode.PROTOCOL_ERROR,
          });
        return;
    }
  }

  function reply(frame: Reply): void {
    const reading = requests.reply(frame);
    if (reading.kind === 'wrong-shape') countBad(`reply to ${reading.name}: ${reading.problem}`);
    else if (reading.kind === 'left-out') noteLeftOut(reading.name, reading.count);
  }

  /** Single elements of a list (SY8): what surrounds them is fine, so they close no connection. */
  function noteLeftOut(where: string, count: number): void {
    counted.bad_frames++;
    logger.log('warn', 'connection.left-out', { account: options.label, where, count });
  }

  function countBad(detail: string): void {
    const now = clock.monotonicNow();
    counted.bad_frames++;
    badFrames = [...badFrames.filter((at) => now - at < MINUTE), now];
    logger.log('warn', 'connection.bad-frame', { account: options.label, detail, count: badFrames.length });
    if (badFrames.length >= BAD_FRAMES_PER_MINUTE)
      input({
        type: 'give-up',
        problem: { code: 'PROTOCOL_ERROR', message: `${badFrames.length} frames could not be read` },
        closeCode: CloseCode.PROTOCOL_ERROR,
      });
  }

  function welcome(frame: Welcome): void {
    if (phase.name !== 'authenticating') return countBad('welcome out of turn');
    openingTimer = clear(openingTimer);
    if (frame.resume.status !== 'resumed') resumedAt = null;
    else if (resumedAt !== null && frame.resume.from_seq > resumedAt + 1)
      return cannotResume('left-out', resumedAt, frame.resume.from_seq - 1);
    estimator.add({ sentAt: helloSentAt, receivedAt: clock.monotonicNow(), serverTime: frame.server_time });
    heartbeatMs = Math.min(Math.max(frame.heartbeat_ms, SHORTEST_HEARTBEAT_MS), LONGEST_HEARTBEAT_MS);
    welcomed = true;
    answered = false;
    taken = false;
    arrivedSeq = frame.resume.status === 'resumed' ? frame.resume.from_seq - 1 : frame.resume.event_seq;
    stored = {
      eventSeq: frame.resume.status === 'resumed' ? arrivedSeq : 0,
      snapshotting: frame.resume.status === 'snapshot',
    };
    input({ type: 'welcomed' });
    options.onWelcome(frame);
    beat();
  }

  function cannotResume(cause: 'went-back' | 'left-out', here: number, there: number): void {
    options.onCannotResume(cause, { here, there });
    input({
      type: 'give-up',
      problem: { code: 'PROTOCOL_ERROR', message: `${cause}: event ${here} here, ${there} there` },
      closeCode: 1000,
    });
  }

  /** SY5. The first ping leaves at once: its pong says how far there is to catch up, and measures the clock well. */
  function beat(): void {
    heartbeatTimer = clear(heartbeatTimer);
    if (!welcomed || socket === null) return;
    if (missedPongs >= MISSED_PONGS) {
      input({
        type: 'give-up',
        problem: { code: 'NETWORK_UNKNOWN', message: `${missedPongs} heartbeats missed` },
        closeCode: null,
      });
      return;
    }
    // While we don't read, pongs wait in the socket: that silence is ours.
    if (!paused) missedPongs++;
    // The wire's times are whole milliseconds; the echo only names the ping, the monotonic clock measures.
    const name = Math.max(Math.round(clock.wallNow()), lastPing + 1);
    lastPing = name;
    pings.set(name, clock.monotonicNow());
    socket.send(JSON.stringify({ type: 'ping', sent_at: name }));
    heartbeatTimer = clock.setTimeout(beat, heartbeatMs);
  }

  function pong(frame: Pong): void {
    if (!welcomed) return;
    missedPongs = 0;
    const now = clock.monotonicNow();
    const sentAt = pings.get(frame.sent_at);
    // A pong that answers no ping of ours, or one a second time, would measure nonsense.
    if (sentAt !== undefined) {
      for (const name of pings.keys()) if (name <= frame.sent_at) pings.delete(name);
      estimator.add({ sentAt, receivedAt: now, serverTime: frame.server_time });
      const took = Math.round(now - sentAt);
      counted.round_trip_ms = took;
      counted.worst_round_trip_ms = Math.max(took, counted.worst_round_trip_ms ?? 0);
    }
    if (resumedAt !== null && frame.last_event_seq < resumedAt)
      return cannotResume('went-back', resumedAt, frame.last_event_seq);
    // Behind is no silence while events keep coming, however slowly: a long catch-up takes more than one heartbeat.
    const moved = arrivedSeq > arrivedAtPong;
    arrivedAtPong = arrivedSeq;
    if (awaitedSeq > arrivedSeq && !moved) {
      input({
        type: 'give-up',
        problem: { code: 'NETWORK_UNKNOWN', message: `silent: event ${awaitedSeq} announced, ${arrivedSeq} arrived` },
        closeCode: null,
      });
      return;
    }
    awaitedSeq = frame.last_event_seq;
    catchUpTarget ??= frame.last_event_seq;
    answered = true;
    proven();
    checkCaughtUp();
    options.onChange();
  }

  /**
   * Both sides work: what it said could be stored, and it answers or brings events. Only then does the next trouble count
   * anew (SY4). Events count as well as a pong: on a line that breaks every few hundred frames the pong, behind them, would
   * never come, the back-off grow to its end, and ever more be missed.
   */
  function proven(): void {
    if (taken && (answered || (resumedAt !== null && stored.eventSeq > resumedAt))) input({ type: 'stable' });
  }

  function checkCaughtUp(): void {
    if (phase.name !== 'catching-up' || catchUpTarget === null) return;
    if (!stored.snapshotting && stored.eventSeq >= catchUpTarget) input({ type: 'caught-up' });
  }

  function refreshToken(): Promise<'kept' | 'refused' | 'later'> {
    refreshing ??= (async () => {
      const outcome = await send('token.refresh', {});
      if (outcome.kind !== 'ok')
        return outcome.kind === 'error' && !isTemporary(outcome.error.code) ? 'refused' : 'later';
      try {
        await options.keepToken(outcome.result.token, outcome.result.expires_at);
      } catch (thrown) {
        // Good for this connection all the same; the next start will ask for a new one.
        logger.log('error', 'connection.token-not-kept', { account: options.label, code: codeOf(thrown) });
      }
      return 'kept';
    })().finally(() => {
      refreshing = null;
    });
    return refreshing;
  }

  function send<N extends RequestName>(name: N, fields: RequestFields<N>): Promise<RequestOutcome<N>> {
    const current = socket;
    if (!welcomed || current === null) return Promise.resolve({ kind: 'not-sent' });
    return requests.request(name, fields, (text) => current.send(text));
  }

  return {
    start: () => input({ type: 'start' }),
    stop: () => input({ type: 'stop' }),
    retry: (by) => input({ type: 'retry', by }),
    async request(name, fields) {
      const first = await send(name, fields);
      if (first.kind !== 'error' || first.error.code !== 'AUTH_EXPIRED') return first;
      // The gateway said no before doing anything, so asking again with a fresh token does nothing twice.
      return (await refreshToken()) === 'kept' ? send(name, fields) : first;
    },
    ack(eventSeq) {
      if (welcomed) socket?.send(JSON.stringify({ type: 'ack', event_seq: eventSeq }));
    },
    progress(value) {
      stored = value;
      taken = true;
      if (welcomed) proven();
      checkCaughtUp();
    },
    resync: (reason) =>
      input({ type: 'give-up', problem: { code: 'PROTOCOL_ERROR', message: reason }, closeCode: 1000 }),
    pause() {
      paused = true;
      socket?.pause();
    },
    resume() {
      paused = false;
      socket?.resume();
    },
    get phase() {
      return phase;
    },
    get retryAt() {
      return retryAt;
    },
    get isOpen() {
      return welcomed && isOpen(phase);
    },
    get statistics() {
      return { ...counted };
    },
    refreshToken,
    get announcedSeq() {
      return awaitedSeq;
    },
    clockEstimate: () => estimator.estimate(clock.monotonicNow()),
  };
}
