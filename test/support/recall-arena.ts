import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toFailure } from '#main/adapters/sqlite/errors.ts';
import { openRecords } from '#main/adapters/sqlite/open-records.ts';
import { createReader } from '#main/adapters/sqlite/reader/create-reader.ts';
import { createSearchReader } from '#main/adapters/sqlite/search/reader.ts';
import { createWriter } from '#main/adapters/sqlite/writer/create-writer.ts';
import type { Store } from '#main/core/ports/store.ts';
import { startPracticeGateway, type PracticeGateway } from '#main/practice/index.ts';
import { dispatch } from '#shared/contract/door.ts';
import type { MessageView } from '#shared/contract/views.ts';
import type { AccountId, ConversationKey } from '#shared/domain/ids.ts';
import { createPrng, type Prng } from '#shared/lib/prng.ts';
import { ARENA_KEY, startArenaApp, type ArenaLogin } from './arena-app.ts';
import type { ArenaAnswer, ArenaCall } from './arena-process.ts';
import { until } from './wait.ts';

/**
 * A practice gateway with three programs around it: two devices of one account, and a second agent. Everything is real (encrypted
 * files, sockets, the whole core) but the store's threads: its own code runs here in place, so that 500 seeds take
 * minutes and not an hour; a crash cuts it off between two calls. Where a seed is played with real kills the first device is
 * a process of its own on the same files, with the store's threads, and its crashes are kill −9 at any instruction.
 */

const PROCESS = fileURLToPath(new URL('./arena-process.ts', import.meta.url));
const SHOP = 's-qinghe';
export const FIRST = 'a-xiaomei';

export interface Counts {
  seeds: number;
  sends: number;
  recalls: number;
  cuts: number;
  /** In place: the store cut off between two of its calls. */
  crashes: number;
  /** Processes killed with SIGKILL. */
  kills: number;
  takeovers: number;
  transfers: number;
  policies: number;
  outcomes: Record<string, number>;
}

export const noCounts = (): Counts => ({
  seeds: 0,
  sends: 0,
  recalls: 0,
  cuts: 0,
  crashes: 0,
  kills: 0,
  takeovers: 0,
  transfers: 0,
  policies: 0,
  outcomes: {},
});

/** The store's own code without its threads. `dead`: the process is gone, nothing it asked for ever answers. */
function openInPlace(directory: string): { readonly store: Store; kill(): void } {
  mkdirSync(directory, { recursive: true });
  const db = openRecords(directory, ARENA_KEY);
  const writer = createWriter(db);
  const reader = createReader(db);
  const search = createSearchReader(db, { indexed: false });
  let dead = false;
  const never = new Promise<never>(() => undefined);
  const wrap = (target: object): Record<string, (...args: unknown[]) => Promise<unknown>> =>
    Object.fromEntries(
      Object.entries(target as Record<string, (...args: unknown[]) => unknown>).map(([name, work]) => [
        name,
        async (...args: unknown[]) => {
          if (dead) return never;
          // A call crosses to another thread and back: others get their turn in between, before and after.
          await new Promise((resolve) => setImmediate(resolve));
          if (dead) return never;
          let result: unknown;
          try {
            result = work(...args);
          } catch (thrown) {
            throw toFailure(thrown);
          }
          await new Promise((resolve) => setImmediate(resolve));
          return dead ? never : result;
        },
      ]),
    );
  const kill = (): void => {
    if (dead) return;
    dead = true;
    db.close();
  };
  const store = {
    ...wrap(reader),
    ...wrap(writer),
    ...wrap({ search: search.search.bind(search) }),
    close: async () => kill(),
  } as unknown as Store;
  return { store, kill };
}

type Answer = { ok: boolean; result?: never; error?: { code: string } };

/** A program that runs, here or in a process of its own. */
interface Engine {
  readonly store: Store;
  call(procedure: string, input: unknown): Promise<Answer>;
  /** As kill −9 leaves it: the file as it is at this moment, the socket gone, nothing said to anybody. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

async function startInPlace(directory: string, login: ArenaLogin): Promise<Engine> {
  const { store, kill } = openInPlace(directory);
  const app = await startArenaApp(store, login);
  return {
    store,
    call: async (procedure, input) => (await dispatch(app.handlers, procedure, input)) as never,
    async crash() {
      kill();
      // Only so that its timers and its socket go; it can't write any more.
      void app.stop().catch(() => undefined);
    },
    async stop() {
      // The core's writes end before the file does.
      await app.stop();
      await store.close();
    },
  };
}

async function startProcess(directory: string, login: ArenaLogin): Promise<Engine> {
  const child = fork(PROCESS, [JSON.stringify({ directory, ...login })], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // No loader of the test runner's in there.
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
    serialization: 'advanced',
  });
  const waiting = new Map<number, { resolve(value: never): void; reject(reason: Error): void }>();
  let last = 0;
  await new Promise<void>((resolve, reject) => {
    child.on('message', (answer: ArenaAnswer) => {
      if ('ready' in answer) return resolve();
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ('error' in answer) asked?.reject(new Error(answer.error));
      else asked?.resolve(answer.result as never);
    });
    child.once('exit', () => {
      const gone = new Error('the process was killed');
      reject(gone);
      for (const { reject: refuse } of waiting.values()) refuse(gone);
      waiting.clear();
    });
  });
  const ask = <T>(call: Omit<ArenaCall, 'id'>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (!child.connected) return reject(new Error('not running'));
      waiting.set(++last, { resolve: resolve as (value: never) => void, reject });
      child.send({ id: last, ...call } satisfies ArenaCall);
    });
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  const store = new Proxy({} as Store, {
    get:
      (_, method) =>
      (...args: unknown[]) =>
        ask({ kind: 'store', method: String(method), args }),
  });
  return {
    store,
    call: (procedure, input) => ask({ kind: 'call', method: procedure, args: [input] }),
    crash: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

export class Program {
  readonly agentId: string;
  readonly account: AccountId;
  readonly directory: string;
  readonly #gateway: PracticeGateway;
  #engine: Engine | null = null;
  /** Runs in a process of its own: its crashes are real. */
  apart = false;

  constructor(gateway: PracticeGateway, agentId: string, name: string, directory: string) {
    this.#gateway = gateway;
    this.agentId = agentId;
    this.account = `acc-${name}` as AccountId;
    this.directory = join(directory, name);
  }

  get store(): Store {
    return this.#running().store;
  }

  #running(): Engine {
    if (this.#engine === null) throw new Error('not running');
    return this.#engine;
  }

  async start(): Promise<void> {
    const login: ArenaLogin = {
      account: this.account,
      url: this.#gateway.url,
      token: this.#gateway.tokens[this.agentId] as string,
    };
    this.#engine = await (this.apart ? startProcess : startInPlace)(this.directory, login);
  }

  async crash(): Promise<void> {
    const engine = this.#engine;
    this.#engine = null;
    await engine?.crash();
  }

  async stop(): Promise<void> {
    const engine = this.#engine;
    this.#engine = null;
    await engine?.stop();
  }

  /** On the same files, from here into a process of its own or back. */
  async move(apart: boolean): Promise<void> {
    if (this.apart === apart) return;
    await this.stop();
    this.apart = apart;
    await this.start();
  }

  call(procedure: string, input: unknown): Promise<Answer> {
    return this.#running().call(procedure, input);
  }

  async state(): Promise<string> {
    const answer = (await this.call('accounts.list', {})) as { result?: readonly { state: string }[] };
    return answer.result?.[0]?.state ?? 'none';
  }

  async key(conversationId: string): Promise<ConversationKey | null> {
    return (await this.store.conversationByWireId(this.account, conversationId as never))?.key ?? null;
  }

  async messages(conversationId: string): Promise<readonly MessageView[]> {
    const key = await this.key(conversationId);
    return key === null ? [] : (await this.store.messages({ conversation_key: key, limit: 500 })).messages;
  }

  /** Connected, everything up to the gateway's newest event stored, nothing on its way. */
  async settled(): Promise<void> {
    if ((await this.state()) !== 'live') void this.call('accounts.reconnect', { account_id: this.account });
    await until(
      `${this.account} to be settled`,
      async () => {
        const [account] = await this.store.accounts();
        const state = await this.state();
        if (state === 'kicked' || state === 'backing-off')
          void this.call('accounts.reconnect', { account_id: this.account });
        return (
          state === 'live' &&
          account?.event_seq === this.#gateway.control.lastEventSeq(this.agentId) &&
          (await this.store.pendingRecalls(this.account)).length === 0 &&
          (await this.store.pendingSends(this.account)).every((job) => job.state === 'failed') &&
          (await this.store.undraftedRecalls(1)).length === 0
        );
      },
      25_000,
    );
  }
}

export class Arena {
  readonly gateway: PracticeGateway;
  readonly counts: Counts;
  readonly #folder: string;
  readonly phone: Program;
  readonly desk: Program;
  readonly colleague: Program;
  /** Messages that were in a program's store with their text: recalled, they have to be sealed there. */
  readonly #seen = new Set<string>();

  private constructor(gateway: PracticeGateway, counts: Counts) {
    this.gateway = gateway;
    this.counts = counts;
    this.#folder = mkdtempSync(join(tmpdir(), 'workbench-arena-'));
    const other = gateway.control
      .agents()
      .find(({ agent_id, shop_ids }) => agent_id !== FIRST && shop_ids.includes(SHOP as never));
    if (other === undefined) throw new Error('nobody else serves the shop');
    gateway.control.setRole(FIRST, 'agent');
    gateway.control.setRole(other.agent_id, 'agent');
    this.desk = new Program(gateway, FIRST, 'desk', this.#folder);
    this.phone = new Program(gateway, FIRST, 'phone', this.#folder);
    this.colleague = new Program(gateway, other.agent_id, 'colleague', this.#folder);
  }

  static async open(seed: number, counts: Counts): Promise<Arena> {
    const gateway = await startPracticeGateway({ rate: 0, seed });
    // What is asked before a text goes out is proved elsewhere.
    gateway.control.changePolicy(SHOP, { send: { confirm: [] } });
    const arena = new Arena(gateway, counts);
    await arena.desk.start();
    await arena.colleague.start();
    await arena.desk.settled();
    await arena.colleague.settled();
    await arena.phone.start();
    await arena.phone.settled();
    return arena;
  }

  async close(): Promise<void> {
    for (const program of [this.desk, this.phone, this.colleague]) await program.stop();
    await this.gateway.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /**
   * One seed: random acts of everybody, then peace, then what must hold. Answers with what is wrong. `kills`: the first
   * device is in a process of its own meanwhile and is killed at least once.
   */
  async run(seed: number, kills = false): Promise<string[]> {
    if (!kills) return this.#play(seed);
    await this.desk.move(true);
    try {
      return await this.#play(seed);
    } finally {
      await this.desk.move(false);
    }
  }

  async #play(seed: number): Promise<string[]> {
    const prng = createPrng(seed);
    const { control } = this.gateway;
    const conversations = ['甲', '乙'].map(
      (name) =>
        control.newEnquiry({
          shop_id: SHOP,
          text: `s${seed} 在吗`,
          name: `买家${name}${seed}`,
          assign_to: prng.chance(0.7) ? FIRST : this.colleague.agentId,
        }).conversation_id as string,
    );
    control.faults.clear();
    control.changePolicy(SHOP, {
      recall: {
        window_ms: 120_000,
        read_rule: 'warn',
        enabled: true,
        kinds: ['text'],
        other_device: 'warn',
        after_transfer: 'sender_only',
        ended_session: 'allow',
        per_hour_soft: 1_000_000,
        per_hour_hard: 1_000_000,
      },
    });
    // The conversations are there before anybody acts in them, each with something said by its agent.
    for (const id of conversations) {
      const mine = this.gateway.control.conversation(id).assignee?.agent_id === FIRST;
      let ready: Program | null = null;
      await until('the conversation to be here', async () => {
        for (const program of mine ? [this.desk, this.phone] : [this.colleague])
          if ((await program.key(id)) !== null && (await program.state()) === 'live') ready = program;
        return ready !== null;
      });
      const program = ready as unknown as Program;
      for (const text of [`s${seed}b1 只要 29 元`, `s${seed}b2 发错人了`])
        await program.call('messages.send', { conversation_key: await program.key(id), text });
      await until('what was said to be there', async () =>
        (await program.messages(id)).some(({ text }) => text?.startsWith(`s${seed}b2`) === true),
      );
    }
    const asked: { readonly program: Program; readonly recallId: string }[] = [];
    const acts = 8 + prng.int(11);
    for (let act = 0; act < acts; act++) {
      if (this.desk.apart && act === acts >> 1) await this.#kill(prng, `s${seed}k${act}`, conversations, asked);
      await this.#act(prng, seed, act, conversations, asked);
    }
    control.faults.clear();
    return this.#judge(conversations, asked, seed);
  }

  async #act(
    prng: Prng,
    seed: number,
    act: number,
    conversations: readonly string[],
    asked: { readonly program: Program; readonly recallId: string }[],
  ): Promise<void> {
    const { control } = this.gateway;
    const { counts } = this;
    const conversation = prng.pick(conversations);
    // Mostly somebody who has the conversation; now and then somebody who was never given it.
    const serving = control.conversation(conversation).assignee?.agent_id === this.colleague.agentId;
    const program = prng.chance(0.8)
      ? serving
        ? this.colleague
        : prng.pick([this.desk, this.phone])
      : prng.pick([this.desk, this.phone, this.colleague]);
    const text = `s${seed}a${act}${prng.pick(['只要 19.9 元', '马上发货', '加微信', '保证正品'])}`;
    switch (
      prng.pick([
        'send',
        'send',
        'send',
        'send',
        'recall',
        'recall',
        'recall',
        'recall',
        'read',
        'push',
        'consumer',
        'consumerRecall',
        'cut',
        'cutReply',
        'cutRequest',
        'busy',
        'twice',
        'early',
        'transfer',
        'policy',
        'takeover',
        'crash',
        'elsewhere',
        'pause',
      ] as const)
    ) {
      case 'send': {
        const key = await program.key(conversation);
        if (key === null) return;
        const answer = await program.call('messages.send', { conversation_key: key, text });
        if (answer.ok) counts.sends++;
        return;
      }
      case 'elsewhere':
        // From a device that isn't one of ours.
        control.agentSays(prng.pick([FIRST, this.colleague.agentId]), conversation, text);
        return;
      case 'recall': {
        const all = await program.messages(conversation);
        for (const each of all) if (each.text !== null) this.#seen.add(`${program.account} ${each.msg_id}`);
        const own = all.filter((each) => each.sender.role === 'agent');
        if (own.length === 0) return;
        const several = prng.chance(0.2) ? own.slice(-3) : [prng.pick(own)];
        const answer = await program.call('recall.batch', { message_keys: several.map((each) => each.key) });
        const results = (answer as { result?: { results: readonly { recall: { recall_id: string } | null }[] } }).result
          ?.results;
        for (const { recall } of results ?? [])
          if (recall !== null) {
            counts.recalls++;
            asked.push({ program, recallId: recall.recall_id });
          }
        return;
      }
      case 'read':
        control.consumerReads(conversation);
        return;
      case 'push': {
        const last = control.messages(conversation).findLast(({ message }) => message.sender.role === 'agent');
        if (last !== undefined) control.consumerGets(last.message.msg_id, prng.chance(0.5) ? 'push' : 'app');
        return;
      }
      case 'consumer':
        control.consumerSays(conversation, text);
        return;
      case 'consumerRecall': {
        const last = control
          .messages(conversation)
          .findLast(({ message, recalled }) => message.sender.role === 'consumer' && recalled === null);
        if (last !== undefined) control.consumerRecalls(last.message.msg_id);
        return;
      }
      case 'cut':
        counts.cuts++;
        control.cut(program.agentId);
        return;
      case 'cutReply':
        counts.cuts++;
        control.faults.add({ fault: 'cut', on: 'reply', match: 'message.*', when: 'before', times: 1 });
        return;
      case 'cutRequest':
        counts.cuts++;
        control.faults.add({ fault: 'cut', on: 'request', match: 'message.*', times: 1 });
        return;
      case 'busy':
        control.faults.add({ fault: 'error', match: 'message.recall', code: 'SERVER_BUSY', times: 1 });
        return;
      case 'twice':
        control.faults.add({ fault: 'duplicate', on: 'event', match: 'message.*', times: 2 });
        return;
      case 'early':
        control.faults.add({ fault: 'event_before_reply', match: 'message.*', times: 2 });
        return;
      case 'transfer': {
        const now = control.conversation(conversation).assignee?.agent_id;
        counts.transfers++;
        control.transfer(conversation, now === FIRST ? this.colleague.agentId : FIRST);
        return;
      }
      case 'policy':
        counts.policies++;
        control.changePolicy(SHOP, {
          recall: {
            window_ms: prng.pick([120_000, 120_000, 40, 1]),
            read_rule: prng.pick(['block', 'warn', 'ignore']),
            enabled: prng.chance(0.9),
            other_device: prng.pick(['allow', 'warn', 'block']),
            after_transfer: prng.pick(['sender_only', 'nobody', 'assignee']),
          },
        });
        return;
      case 'takeover':
        counts.takeovers++;
        await prng
          .pick([this.desk, this.phone])
          .call('accounts.reconnect', { account_id: program === this.phone ? this.phone.account : this.desk.account })
          .catch(() => undefined);
        return;
      case 'crash':
        if (program.apart) return this.#kill(prng, text, conversations, asked);
        counts.crashes++;
        await program.crash();
        await program.start();
        return;
      case 'pause':
        await new Promise((resolve) => setTimeout(resolve, 1 + prng.int(12)));
    }
  }

  /**
   * kill −9 of the first device's process in the middle of a send and of recalls that nobody waits for. What it had stored of
   * them counts as asked for: it has to come to an end like the others.
   */
  async #kill(
    prng: Prng,
    text: string,
    conversations: readonly string[],
    asked: { readonly program: Program; readonly recallId: string }[],
  ): Promise<void> {
    const { counts, desk } = this;
    counts.kills++;
    const conversation = prng.pick(conversations);
    const key = await desk.key(conversation);
    if (key !== null) {
      const all = await desk.messages(conversation);
      for (const each of all) if (each.text !== null) this.#seen.add(`${desk.account} ${each.msg_id}`);
      const own = all.filter((each) => each.sender.role === 'agent' && each.recalled === null).slice(-2);
      void desk.call('messages.send', { conversation_key: key, text }).catch(() => undefined);
      if (own.length > 0)
        void desk.call('recall.batch', { message_keys: own.map((each) => each.key) }).catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, prng.int(16)));
    await desk.crash();
    await desk.start();
    for (const id of conversations)
      for (const { recall } of await desk.messages(id))
        if (recall !== null && !asked.some(({ recallId }) => recallId === recall.recall_id)) {
          counts.recalls++;
          asked.push({ program: desk, recallId: recall.recall_id });
        }
  }

  async #judge(
    conversations: readonly string[],
    asked: readonly { readonly program: Program; readonly recallId: string }[],
    seed: number,
  ): Promise<string[]> {
    const { control } = this.gateway;
    const wrong: string[] = [];
    // The two devices of one account can't be connected at once: each has its turn, and then again the one that was first,
    // for what the second one still brought about.
    await this.colleague.settled();
    for (const program of [this.desk, this.phone, this.desk]) await program.settled();
    await this.colleague.settled();
    for (const { program, recallId } of asked) {
      const recall = await program.store.recall(recallId as never);
      if (recall === null || !['done', 'failed', 'expired'].includes(recall.state)) {
        wrong.push(`${recallId} has no final state (${recall?.state ?? 'gone'})`);
        continue;
      }
      const outcome = recall.state === 'done' ? (recall.effect ?? 'none') : `${recall.state}:${recall.code ?? ''}`;
      this.counts.outcomes[outcome] = (this.counts.outcomes[outcome] ?? 0) + 1;
      const truth = conversations
        .flatMap((id) => control.messages(id))
        .find(({ message }) => message.msg_id === recall.msg_id);
      if (recall.state === 'done' && truth?.recalled === null)
        wrong.push(`${recallId} is done, yet the gateway has the message`);
      if (recall.state === 'done' && truth?.recalled?.effect !== recall.effect)
        wrong.push(
          `${recallId} claims ${recall.effect ?? 'nothing'}, the gateway says ${truth?.recalled?.effect ?? 'nothing'}`,
        );
      const incident = await program.store.incidentOfMessage(recall.message_key);
      if (incident === null) wrong.push(`${recallId} has no incident`);
    }
    for (const id of conversations) {
      const phone = new Map(control.consumerView(id).messages.map((message) => [message.msg_id, message]));
      const truth = new Map(control.messages(id).map((record) => [record.message.msg_id as string, record]));
      for (const program of [this.desk, this.phone, this.colleague])
        for (const message of await program.messages(id)) {
          const where = `${program.account} ${message.msg_id}`;
          const record = truth.get(message.msg_id);
          if (record === undefined) {
            wrong.push(`${where}: the gateway has no such message`);
            continue;
          }
          const { recalled } = record;
          if ((recalled === null) !== (message.recalled === null))
            wrong.push(`${where}: recalled here ${message.recalled !== null}, there ${recalled !== null}`);
          else if (recalled !== null && recalled.effect !== message.recalled?.effect)
            wrong.push(`${where}: effect here ${message.recalled?.effect ?? ''}, there ${recalled.effect}`);
          if (message.recalled?.effect === 'both' && phone.get(message.msg_id)?.visible !== false)
            wrong.push(`${where}: reported both, and the consumer sees it`);
          if (message.recalled !== null && message.text !== null)
            wrong.push(`${where}: recalled, and its text is shown`);
          if (message.recalled?.sealed === true) {
            const seal = await program.store.openSeal(message.key);
            if (seal?.text !== record.message.text) wrong.push(`${where}: its seal isn't what was sent`);
          } else if (message.recalled !== null && this.#seen.has(`${program.account} ${message.msg_id}`))
            wrong.push(`${where}: was here with its text, was recalled, and is not sealed`);
        }
    }
    for (const program of [this.desk, this.phone, this.colleague]) {
      const found = await program.store.search(
        { text: `s${seed}` } as never,
        { kind: 'all' },
        { limit: 200, cursor: null },
      );
      const recalled = new Set<string>(
        conversations
          .flatMap((id) => control.messages(id))
          .filter((record) => record.recalled !== null)
          .map(({ message }) => message.msg_id),
      );
      for (const row of found.rows)
        if (recalled.has(row.message_id))
          wrong.push(`${program.account} ${row.message_id}: a search finds it, recalled`);
    }
    return wrong;
  }
}
