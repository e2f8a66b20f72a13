import { randomBytes } from 'node:crypto';
import { createPrng } from '#shared/lib/prng.ts';
import { Attachments } from './attachments.ts';
import { beginWorld } from './beginnings.ts';
import { DEFAULT_AGENT_ID } from './catalogue.ts';
import { DEFAULT_LIMITS, type ConnectionLimits } from './connection.ts';
import { PracticeControl } from './control.ts';
import { Faults, type FaultPlan } from './faults.ts';
import { Gateway } from './gateway.ts';
import { createScheduler } from './scheduler.ts';
import { Outcomes } from './outcomes.ts';
import { Simulation, keepHouse } from './simulation.ts';
import { StateFile, type StateProblem } from './state-file.ts';
import { PracticeTime } from './practice-time.ts';
import { PracticeTraining } from './training.ts';
import { World } from './world.ts';

export { DEFAULT_AGENT_ID } from './catalogue.ts';
export type { ConsumerMessage, ConsumerView, FaultName, PracticeControl } from './control.ts';
export { parseFaultPlan, type FaultPlan, type FaultRule } from './faults.ts';
export type { StateProblem } from './state-file.ts';

export interface PracticeOptions {
  /** 0 (default): any free one. */
  readonly port?: number | undefined;
  /** Loopback unless told otherwise. */
  readonly host?: string | undefined;
  /** Decides the past, the consumers and the faults. Default 1. */
  readonly seed?: number | undefined;
  /** Activity of consumers and other agents: 1 = an enquiry every 20–40 s, 0 = nobody does anything by themselves. Default 1. */
  readonly rate?: number | undefined;
  readonly faults?: FaultPlan | undefined;
  /** Where the world is remembered; without it every start is a new world. */
  readonly stateFile?: string | undefined;
  /**
   * A clock of one's own, milliseconds since 1970: then nothing is random that the seed doesn't decide, ids and tokens
   * too, so two such runs are the same.
   */
  readonly now?: (() => number) | undefined;
  /** Simulated people are this many times faster. Default 1. */
  readonly timeScale?: number | undefined;
  readonly limits?: Partial<ConnectionLimits> | undefined;
  /** Events kept for resume, per account. */
  readonly eventsPerAccount?: number | undefined;
  /** Told when the state file can't be read or written; practice goes on without it. */
  readonly onProblem?: ((problem: StateProblem) => void) | undefined;
}

export interface PracticeGateway {
  /** `ws://127.0.0.1:PORT/` */
  readonly url: string;
  readonly port: number;
  /** Token of the default login, 客服小美. */
  readonly token: string;
  /** agent_id → token that doesn't expire. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly control: PracticeControl;
  /** Says goodbye to the clients (4005), saves, and stops. */
  close(): Promise<void>;
}

/** First event number of a world without a past: later than any earlier world's, so that their cursors can't be mistaken for ours. */
const NUMBERS_SINCE = Date.UTC(2026, 0, 1);

/**
 * Starts the built-in practice gateway (UX5): a real server of protocol version 1 with simulated shops, consumers and
 * colleagues. Throws only when the port can't be had (the error of `listen`, e.g. EADDRINUSE).
 */
export async function startPracticeGateway(options: PracticeOptions = {}): Promise<PracticeGateway> {
  const seed = options.seed ?? 1;
  const ownClock = options.now;
  const faults = new Faults(seed, options.faults);
  const clock = ownClock ?? Date.now;
  const time = new PracticeTime(clock);
  const now = (): number => time.now() + faults.clockSkewMs;

  const state =
    options.stateFile === undefined ? null : new StateFile(options.stateFile, options.onProblem ?? (() => undefined));
  const remembered = state?.load() ?? null;
  const repeatable = ownClock !== undefined;
  const world = new World({
    now,
    boot: repeatable ? '' : Date.now().toString(36),
    firstEventSeq: repeatable ? 0 : Math.max(0, Math.floor((Date.now() - NUMBERS_SINCE) / 100)),
    eventsPerAccount: options.eventsPerAccount,
    state,
  });
  const folder = options.stateFile === undefined ? null : `${options.stateFile}.attachments`;
  const attachments = new Attachments(world, folder);
  if (remembered === null || (remembered.get('agent')?.size ?? 0) === 0) beginWorld(world, attachments, seed);
  else {
    world.restore(remembered);
    // It was ahead when it was saved: what is remembered must not lie in its future.
    time.jump(Math.max(0, Number(remembered.get('clock')?.get('ahead') ?? 0)));
  }

  const tokenPrng = createPrng(seed).fork('tokens');
  const newToken = (): string =>
    repeatable
      ? `practice-${Array.from({ length: 6 }, () => tokenPrng.int(2 ** 31).toString(36)).join('')}`
      : `practice-${randomBytes(24).toString('base64url')}`;
  function* records(): Generator<readonly [string, string, unknown]> {
    yield* world.records();
    yield ['clock', 'ahead', time.ahead];
  }
  const rewrite = (): void => state?.compact(records());
  const flush = (): void => {
    if (state === null) return;
    // Running fast it gains with each look.
    if (time.ahead !== 0) state.put('clock', 'ahead', () => time.ahead);
    if (state.wantsCompaction) rewrite();
    else state.flush();
  };
  const gateway = new Gateway({
    world,
    attachments,
    faults,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    isFast: () => time.speed !== 1,
    flush,
    newToken,
    onRecallRequested: (agent, msgId) => outcomes.onRecallRequested(agent, msgId),
  });
  const tokens: Record<string, string> = {};
  for (const agentId of world.agents.keys()) tokens[agentId] = gateway.permanentToken(agentId);
  rewrite();

  const scheduler = createScheduler(now);
  const simulation = new Simulation({
    world,
    attachments,
    scheduler,
    seed,
    rate: options.rate ?? 1,
    timeScale: options.timeScale ?? 1,
  });
  const outcomes = new Outcomes({
    world,
    attachments,
    faults,
    scheduler,
    seed,
    timeScale: options.timeScale ?? 1,
    deviceOf: (agentId) => gateway.connection(agentId)?.deviceId ?? null,
  });
  world.listen({
    onEvent: (agentId) => gateway.wake(agentId),
    onMessage: (conversation, record) => {
      simulation.onMessage(conversation, record);
      outcomes.onMessage(conversation, record);
    },
    onRecalled: (conversation, record) => {
      if (record.message.sender.role === 'agent') simulation.onRecalled(conversation, record);
    },
    onAssigned: (conversation) => simulation.onAssigned(conversation),
  });
  const training = new PracticeTraining({
    world,
    simulation,
    scheduler,
    deviceOf: (agentId) => gateway.connection(agentId)?.deviceId ?? null,
  });
  const control = new PracticeControl({
    training,
    world,
    attachments,
    gateway,
    simulation,
    outcomes,
    scheduler,
    faults,
    time,
  });
  let url: string;
  try {
    url = await gateway.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  } catch (error) {
    scheduler.close();
    state?.close();
    throw error;
  }
  attachments.sweep();
  keepHouse(world, attachments, scheduler, flush);
  simulation.start();

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    scheduler.close();
    await gateway.close();
    if (state !== null) {
      rewrite();
      state.close();
    }
  };
  return {
    url,
    port: Number(new URL(url).port),
    token: tokens[DEFAULT_AGENT_ID] as string,
    tokens,
    control,
    close: () => (closing ??= close()),
  };
}
