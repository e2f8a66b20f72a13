import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPrng } from '#shared/lib/prng.ts';

/** kill −9 inside backup, restore and import, real processes on real files. WORKBENCH_KILL_ROUNDS for more than a few. */

const ROUNDS = Number(process.env['WORKBENCH_KILL_ROUNDS'] ?? 2);
const SEED = Number(process.env['WORKBENCH_SEED'] ?? 11);
const CLI = fileURLToPath(new URL('../../main/hosts/cli/main.ts', import.meta.url));

/** Rows of a CSV, `count` of them from that number on, in 50 conversations. */
const rows = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${n % 50},${1_788_226_613 + from + n},买家,第${from + n}条`);

let folder: string;
let environment: NodeJS.ProcessEnv;

const cli = (...args: string[]): { readonly status: number | null; readonly json: any } => {
  const { status, stdout } = spawnSync(process.execPath, [CLI, ...args, '--json'], {
    env: environment,
    encoding: 'utf8',
  });
  return { status, json: stdout.trim() === '' ? null : JSON.parse(stdout.trim().split('\n').at(-1)!) };
};

const file = (name: string, lines: readonly string[]): string => {
  const target = path.join(folder, name);
  writeFileSync(target, ['会话,时间,角色,内容', ...lines].join('\n'));
  return target;
};

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'workbench-restore-kill-'));
  environment = {
    ...process.env,
    NODE_OPTIONS: '',
    WORKBENCH_DATA: path.join(folder, 'profile'),
    WORKBENCH_KEY_FILE: path.join(folder, 'key'),
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(
  '[ST4] killed inside a backup or a restore, the profile opens with one state or the other, whole',
  async () => {
    expect(cli('import', file('first.csv', rows(0, 2_000))).status).toBe(0);
    const backup = path.join(folder, 'copy.db');
    const began = performance.now();
    expect(cli('backup', backup).status).toBe(0);
    const took = performance.now() - began;
    expect(cli('import', file('second.csv', rows(2_000, 500))).status).toBe(0);

    const prng = createPrng(SEED).fork('restore-kill');
    let killed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const restoring = round % 3 !== 2;
      const args = restoring ? ['restore', backup] : ['backup', path.join(folder, `again-${round}.db`)];
      const child = spawn(process.execPath, [CLI, ...args, '--json'], { env: environment, stdio: 'ignore' });
      const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
      const timer = setTimeout(() => child.kill('SIGKILL'), took * (0.2 + prng.next() * 1.6));
      if ((await ended) === 'SIGKILL') killed++;
      clearTimeout(timer);
      const found = cli('search', '--count');
      expect(found.status, `round ${round}, seed ${SEED}`).toBe(0);
      expect([2_000, 2_500], `round ${round}, seed ${SEED}`).toContain(found.json.count);
      // Opens the profile for writing, which throws away what was not decided.
      const again = cli('import', path.join(folder, 'second.csv')).json.files[0];
      expect(again.imported, `round ${round}, seed ${SEED}`).toBe(2_500 - found.json.count);
      // What was half done is cleared away, a backup only has its name when it is whole.
      const left = readdirSync(path.join(folder, 'profile'));
      expect(left.filter((name) => name.startsWith('restor'))).toEqual([]);
      if (readdirSync(folder).includes(`again-${round}.db`))
        expect(cli('restore', path.join(folder, `again-${round}.db`)).status).toBe(0);
    }
    if (ROUNDS >= 10) expect(killed).toBeGreaterThan(0);
  },
  300_000 + ROUNDS * 60_000,
);

test(
  '[SR11] [SY2] killed inside an import: whole rows are there or not, and the same file again brings the rest, once',
  async () => {
    environment = { ...environment, WORKBENCH_DATA: path.join(folder, 'imported') };
    const count = 4_000;
    const began = performance.now();
    expect(cli('import', file('whole.csv', rows(0, count))).json.files[0].imported).toBe(count);
    const took = performance.now() - began;
    const prng = createPrng(SEED).fork('import-kill');
    let inside = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const where = `round ${round}, seed ${SEED}`;
      const name = file(`import-${round}.csv`, rows(round * count, count));
      const child = spawn(process.execPath, [CLI, 'import', name, '--json'], { env: environment, stdio: 'ignore' });
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const timer = setTimeout(() => child.kill('SIGKILL'), took * (0.3 + prng.next() * 0.8));
      await ended;
      clearTimeout(timer);
      const before = round * count;
      const found = cli('search', '--count').json.count;
      expect(found, where).toBeGreaterThanOrEqual(before);
      expect(found, where).toBeLessThanOrEqual(before + count);
      if (found > before && found < before + count) inside++;
      const again = cli('import', name).json.files[0];
      expect([again.imported, again.rejected], where).toEqual([before + count - found, []]);
    }
    expect(cli('search', '--count').json.count).toBe((ROUNDS + 1) * count);
    const checks = cli('doctor').json.checks as { readonly name: string; readonly ok: boolean }[];
    expect(checks.filter(({ ok, name }) => !ok && name !== 'store.disk')).toEqual([]);
    if (ROUNDS >= 20) expect(inside).toBeGreaterThan(0);
  },
  300_000 + ROUNDS * 60_000,
);
