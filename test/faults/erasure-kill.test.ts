import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { decryptedPages, foundIn, sizeOf } from '#test/support/decrypted.ts';
import { SECRETS } from '#test/support/erasure-plan.ts';
import { KEY, open, temporaryFolder } from '#test/support/store-fixtures.ts';

const CHILD = fileURLToPath(new URL('../support/erasure-child.ts', import.meta.url));

async function run(...args: readonly string[]): Promise<string> {
  const child = fork(CHILD, args, { execArgv: [], env: { ...process.env, NODE_OPTIONS: '' }, stdio: 'inherit' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return String(signal ?? code);
}

/** Every step of the store that an erasure takes, cut off while it is under way and right after it. */
const STEPS = [
  ['ingest', 'after', '1'],
  ['eraseIndex', 'before', '1'],
  ['attachmentsErased', 'before', '1'],
  ['advanceErasures', 'after', '2'],
  ['rewriteRecords', 'before', '1'],
  ['rewriteRecords', 'after', '1'],
] as const;

test('[AD2] an erasure that is killed at any step is taken up and brought to its end, once', async () => {
  const directory = temporaryFolder();
  expect(await run(directory, 'pendingErasures', 'before', '1')).toBe('SIGKILL');
  for (const step of STEPS) {
    // A step that an earlier run has finished isn't taken again: then the run goes through.
    expect(['SIGKILL', '0']).toContain(await run(directory, ...step));
  }
  expect(await run(directory)).toBe('0');
  for (const name of ['records.db', 'search.db']) {
    // Closed by the last run: no log is left at all.
    expect([name, sizeOf(join(directory, `${name}-wal`))]).toEqual([name, 0]);
    expect([name, foundIn(decryptedPages(join(directory, name), KEY), SECRETS)]).toEqual([name, []]);
  }
  const store = await open({ directory });
  expect(await store.pendingErasures()).toEqual([]);
  const { rows } = await store.auditPage({ actions: ['group.purged', 'group.erased'] }, { limit: 10, before: null });
  expect(rows.map(({ action }) => action)).toEqual(['group.erased', 'group.purged']);
  expect(await store.verifyAudit()).toMatchObject({ ok: true });
  expect((await store.check()).filter((check) => !check.ok && check.name !== 'store.disk')).toEqual([]);
}, 60_000);
