import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MessageView } from '#shared/contract/views.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { createPrng } from '#shared/lib/prng.ts';
import { CRASH_KEY, expectedAfter } from '#test/support/store-crash-plan.ts';
import { open, temporaryFolder } from '#test/support/store-fixtures.ts';

const KILLS = 32;
const CHILD = join(import.meta.dirname, '../support/store-crash-child.ts');
const account = 'acc-1' as AccountId;

/** Runs the child and kills it −9 so many milliseconds after its first acknowledgement. Answers with what it had said. */
function runAndKill(directory: string, afterMs: number): Promise<{ acked: number; jobs: string[]; problem: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, directory], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let problem = '';
    let armed = false;
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (armed) return;
      armed = true;
      setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      problem += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', () => {
      // The last line may be cut off by the kill: only whole ones were said.
      const lines = output.slice(0, output.lastIndexOf('\n') + 1).split('\n');
      const acks = lines.filter((line) => line.startsWith('ack ')).map((line) => Number(line.slice(4)));
      resolve({
        acked: acks.at(-1) ?? 0,
        jobs: lines.filter((line) => line.startsWith('job ')).map((line) => line.slice(4)),
        problem,
      });
    });
  });
}

test(`[SY2] [SY3] killed −9 ${KILLS} times while events and sends come in: nothing is lost, nothing is doubled`, async () => {
  const directory = temporaryFolder();
  const random = createPrng(20260901);
  const jobs: string[] = [];
  let acked = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const said = await runAndKill(directory, random.int(60));
    expect(said.problem).toBe('');
    // What was acknowledged before is where the next one begins, or further.
    expect(said.acked).toBeGreaterThanOrEqual(acked);
    acked = said.acked;
    jobs.push(...said.jobs);
  }
  const store = await open({ directory, key: CRASH_KEY });
  const cursor = (await store.accounts())[0]?.event_seq ?? 0;
  expect(cursor).toBeGreaterThanOrEqual(acked);
  expect(acked).toBeGreaterThan(KILLS * 10);

  const expected = expectedAfter(cursor);
  const found: MessageView[] = [];
  const { conversations } = await store.conversations({
    account_id: null,
    intake: 'waiting',
    limit: 100,
    cursor: null,
  });
  for (const { key } of conversations) {
    let before: MessageView['key'] | undefined;
    for (;;) {
      const page = await store.messages({
        conversation_key: key,
        limit: 500,
        ...(before === undefined ? {} : { before }),
      });
      found.push(...page.messages);
      expect(page.gaps).toEqual([]);
      if (!page.has_older) break;
      before = page.messages[0]!.key;
    }
  }
  expect(found.map((m) => m.msg_id).sort()).toEqual([...expected.keys()].sort());
  for (const view of found) {
    const plan = expected.get(view.msg_id)!;
    expect([view.msg_id, view.conv_seq, view.recalled !== null, view.text === null]).toEqual([
      view.msg_id,
      plan.planned.conv_seq,
      plan.recalled,
      plan.recalled,
    ]);
  }
  const sends = (await store.pendingSends(account)).map((s) => s.client_msg_id as string);
  expect(new Set(sends).size).toBe(sends.length);
  expect(jobs.filter((id) => !sends.includes(id))).toEqual([]);
  // The index has come through as well.
  await expect.poll(async () => (await store.indexStatus()).pending, { timeout: 20_000 }).toBe(0);
  expect(await store.count({ text: '什么时候发货' }, { kind: 'all' }, null)).toEqual({
    count: [...expected.values()].filter((m) => !m.recalled).length,
    exact: true,
  });
  expect((await store.check()).filter((c) => !c.ok)).toEqual([]);
}, 240_000);
