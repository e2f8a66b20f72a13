import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPrng, type Prng } from '#shared/lib/prng.ts';
import { startFaultChild } from '#test/support/fault-run.ts';
import { randomFaults } from '#test/support/random-faults.ts';
import { POLICY, temporaryFolder } from '#test/support/store-fixtures.ts';
import {
  backupProblems,
  failedChecks,
  problemsAfterKill,
  problemsAtRest,
  type Accepted,
} from '#test/support/truth-check.ts';
import { startTruthGateway, type TruthGateway } from '#test/support/truth-gateway.ts';
import { settle } from '#test/support/wait.ts';

/**
 * Kill −9 of the whole core under 500 events a second and random sends, at random instants: while it opens its files, while it
 * migrates nothing yet, while it reads the snapshot, catches up, sends, indexes, backs up and exports, some of it with faults on
 * the wire. After each kill the files are looked at as they lie, and the next process goes on with them. `npm run kill` does
 * thousands.
 */
const KILLS = Number(process.env['WORKBENCH_KILLS'] ?? 20);
const SEED = Number(process.env['WORKBENCH_SEED'] ?? 20260901);
/** Profiles that live and die at the same time, each with its own gateway. */
const LANES = Number(process.env['WORKBENCH_KILL_LANES'] ?? 1);
/** Where the files of a finding are kept; without it they go. */
const KEEP = process.env['WORKBENCH_KILL_KEEP'];
/** Kills of one profile; then it comes to rest, is compared row by row, and a new one begins. */
const KILLS_A_PROFILE = 10;
const DEEP_EVERY = 5;
/** Events that may wait for the core: on a busy machine it would have ever more to catch up with, and be killed ever more rarely. */
const MOST_WAITING = 3_000;

interface Round {
  readonly prng: Prng;
  readonly directory: string;
  readonly gateway: TruthGateway;
  readonly accepted: Accepted[];
}

/** Runs the core and kills it; answers with what it could not do. */
async function runAndKill(round: Round, seed: number): Promise<string[]> {
  const { prng, directory, gateway } = round;
  gateway.fault = prng.chance(0.25) ? randomFaults(prng.fork(`frames ${seed}`), 0.002) : null;
  const core = startFaultChild(round, {
    seed,
    sendPauseMs: prng.pick([0, 5, 30]),
    ...(prng.chance(0.3) ? { backup: join(directory, 'copy.db') } : {}),
    ...(prng.chance(0.3) ? { export: join(directory, 'export.jsonl') } : {}),
  });
  try {
    // While it starts, wherever that is; while it reads the snapshot or catches up; while it sends and receives.
    const moment = prng.pick(['start', 'ready', 'accepted', 'accepted'] as const);
    if (moment === 'start') await settle(prng.int(700));
    else {
      await core.until(moment);
      await settle(prng.int(moment === 'ready' ? 150 : 300));
    }
    if (core.over()) core.failures.push(`ended by itself with ${core.child.exitCode ?? core.child.signalCode}`);
  } finally {
    await core.kill();
  }
  return core.failures;
}

/** Nothing more happens: the core comes to rest with everything here and everything sent, and ends when it is asked to. */
async function rest(round: Round, seed: number): Promise<void> {
  round.gateway.quiet();
  round.gateway.fault = null;
  const core = startFaultChild(round, { seed });
  try {
    await core.untilAtRest();
    await core.close();
    expect(`${core.child.exitCode ?? core.child.signalCode} ${core.failures.join('\n')}`).toBe('0 ');
  } finally {
    await core.kill();
  }
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

/** In its own words: the runner's shortens lists. */
const none = (problems: readonly string[], where: string): void => expect(problems.join('\n'), where).toBe('');

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
    gateway.run(500, MOST_WAITING);
    for (let kill = 1; kill <= kills; kill++) {
      const where = `seed ${seed}, kill ${kill}`;
      none(await runAndKill(round, seed * 1_000 + kill), where);
      none(problemsAfterKill(directory, gateway, round.accepted), where);
      none(backupProblems(join(directory, 'copy.db'), gateway), where);
      none(exportProblems(join(directory, 'export.jsonl')), where);
      if (kill % DEEP_EVERY === 0) none(failedChecks(directory), where);
    }
    await rest(round, seed);
    none(problemsAtRest(directory, gateway, round.accepted), `seed ${seed}`);
    none(failedChecks(directory), `seed ${seed}`);
    return { events: gateway.lastSeq, sends: round.accepted.length };
  } catch (thrown) {
    if (KEEP !== undefined) cpSync(directory, join(KEEP, `seed ${seed}`), { recursive: true });
    throw thrown;
  } finally {
    await gateway.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

test(`[SY2] [SY3] [ST4] [EX6] killed −9 ${KILLS} times under 500 events a second, sends, backups and exports: nothing lost, nothing doubled`, async () => {
  const prng = createPrng(SEED);
  let begun = 0;
  let seed = SEED;
  let done = 0;
  let events = 0;
  let sends = 0;
  const findings: string[] = [];
  const lane = async (): Promise<void> => {
    while (begun < KILLS && findings.length < 3) {
      const kills = Math.min(KILLS_A_PROFILE, KILLS - begun);
      begun += kills;
      const own = seed++;
      try {
        const result = await profile(prng.fork(`profile ${own}`), kills, own);
        events += result.events;
        sends += result.sends;
      } catch (thrown) {
        findings.push(`seed ${own}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
        if (KILLS > 100) process.stdout.write(`FINDING ${findings.at(-1)}\n`);
      }
      done += kills;
      if (KILLS > 100)
        process.stdout.write(`${done} kills, ${events} events, ${sends} sends, ${findings.length} findings\n`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  expect(findings).toEqual([]);
  expect(events).toBeGreaterThan(KILLS * 50);
  expect(sends).toBeGreaterThan(KILLS);
}, 86_400_000);
