import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createPrng, type Prng } from '#shared/lib/prng.ts';
import type { FaultChildOptions, FaultChildSays } from '#test/support/fault-child.ts';
import { runApp, TEST_ACCOUNT } from '#test/support/running-app.ts';
import { POLICY, temporaryFolder } from '#test/support/store-fixtures.ts';
import {
  backupProblems,
  failedChecks,
  problemsAfterKill,
  problemsAtRest,
  type Accepted,
} from '#test/support/truth-check.ts';
import { startTruthGateway, type TruthGateway } from '#test/support/truth-gateway.ts';
import { settle, until } from '#test/support/wait.ts';

/**
 * Kill −9 of the whole core under 500 events a second and random sends, at random instants: while it opens its files, while it
 * migrates nothing yet, while it reads the snapshot, catches up, sends, indexes, backs up and exports. After each kill the
 * files are looked at as they lie, and the next process goes on with them. `npm run kill` does thousands.
 */
const KILLS = Number(process.env['WORKBENCH_KILLS'] ?? 20);
const SEED = Number(process.env['WORKBENCH_SEED'] ?? 20260901);
/** Kills of one profile; then it comes to rest, is compared row by row, and a new one begins. */
const KILLS_A_PROFILE = 10;
const DEEP_EVERY = 5;
const CHILD = fileURLToPath(new URL('../support/fault-child.ts', import.meta.url));

interface Round {
  readonly prng: Prng;
  readonly directory: string;
  readonly gateway: TruthGateway;
  readonly accepted: Accepted[];
}

/** Runs the core and kills it; answers with what it could not do. */
async function runAndKill(round: Round, seed: number): Promise<string[]> {
  const { prng, directory, gateway, accepted } = round;
  const options: FaultChildOptions = {
    directory,
    url: gateway.url,
    token: gateway.token,
    seed,
    sendPauseMs: prng.pick([0, 5, 30]),
    ...(prng.chance(0.3) ? { backup: join(directory, 'copy.db') } : {}),
    ...(prng.chance(0.3) ? { export: join(directory, 'export.jsonl') } : {}),
  };
  const failures: string[] = [];
  const child: ChildProcess = fork(CHILD, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const heard = new Map<FaultChildSays['say'], () => void>();
  child.on('message', (message: FaultChildSays) => {
    heard.get(message.say)?.();
    if (message.say === 'accepted') accepted.push({ conversation: message.conversation, text: message.text });
    else if (message.say === 'failed') failures.push(message.what);
  });
  const said = (what: FaultChildSays['say']): Promise<void> =>
    Promise.race([ended, new Promise<void>((resolve) => heard.set(what, resolve))]);
  // While it starts, wherever that is; while it reads the snapshot or catches up; while it sends and receives.
  const moment = prng.pick(['start', 'ready', 'accepted', 'accepted'] as const);
  if (moment === 'start') await settle(prng.int(700));
  else {
    await said(moment);
    await settle(prng.int(moment === 'ready' ? 150 : 300));
  }
  const alive = child.exitCode === null;
  child.kill('SIGKILL');
  await ended;
  if (!alive) failures.push(`ended by itself with ${child.exitCode}`);
  if (stderr !== '') failures.push(stderr);
  return failures;
}

function exportProblems(path: string): string[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  if (text !== '' && !text.endsWith('\n')) return ['the export is cut off'];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      JSON.parse(line);
    } catch {
      return ['the export has a broken line'];
    }
  }
  return [];
}

async function profile(prng: Prng, kills: number, seed: number): Promise<{ events: number; sends: number }> {
  const directory = temporaryFolder();
  const gateway = await startTruthGateway({
    seed,
    policy: POLICY,
    role: 'supervisor',
    heartbeatMs: 1_000,
    conversations: 2 + prng.int(8),
  });
  const round: Round = { prng, directory, gateway, accepted: [] };
  try {
    // Some begin with a past: then the snapshot leaves gaps to be filled.
    gateway.happen(prng.pick([0, 300, 3_000]));
    gateway.run(500);
    for (let kill = 1; kill <= kills; kill++) {
      const where = `seed ${seed}, kill ${kill}`;
      expect(await runAndKill(round, seed * 1_000 + kill), where).toEqual([]);
      expect(problemsAfterKill(directory, gateway, round.accepted), where).toEqual([]);
      expect(backupProblems(join(directory, 'copy.db'), gateway), where).toEqual([]);
      expect(exportProblems(join(directory, 'export.jsonl')), where).toEqual([]);
      if (kill % DEEP_EVERY === 0) expect(failedChecks(directory), where).toEqual([]);
    }
    gateway.quiet();
    const app = await runApp({ directory, url: gateway.url, token: gateway.token, readers: 1 });
    try {
      await until(
        'everything to be here',
        async () => {
          const account = await app.account();
          return (
            account.state === 'live' &&
            (await app.store.pendingSends(TEST_ACCOUNT)).length === 0 &&
            account.event_seq === gateway.lastSeq &&
            (await app.store.gaps(TEST_ACCOUNT, 1)).length === 0 &&
            (await app.store.indexStatus()).pending === 0
          );
        },
        120_000,
      );
    } finally {
      await app.close();
    }
    expect(problemsAtRest(directory, gateway, round.accepted), `seed ${seed}`).toEqual([]);
    expect(failedChecks(directory), `seed ${seed}`).toEqual([]);
    return { events: gateway.lastSeq, sends: round.accepted.length };
  } finally {
    await gateway.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

test(`[SY2] [SY3] [ST4] [EX6] killed −9 ${KILLS} times under 500 events a second, sends, backups and exports: nothing lost, nothing doubled`, async () => {
  const prng = createPrng(SEED);
  let events = 0;
  let sends = 0;
  for (let done = 0, seed = SEED; done < KILLS; seed++) {
    const kills = Math.min(KILLS_A_PROFILE, KILLS - done);
    const result = await profile(prng.fork(`profile ${seed}`), kills, seed);
    done += kills;
    events += result.events;
    sends += result.sends;
    if (KILLS > 100) process.stdout.write(`${done} kills, ${events} events, ${sends} sends, no finding\n`);
  }
  expect(events).toBeGreaterThan(KILLS * 50);
  expect(sends).toBeGreaterThan(KILLS);
}, 86_400_000);
