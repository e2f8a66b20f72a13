import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { holdProfile } from '#main/adapters/sqlite/open-records.ts';

/** What only reads meets the files as a killed program left them. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ROOT = path.resolve(import.meta.dirname, '../../..');
const KEY = '5a'.repeat(32);
const ROWS = 400;

let folder: string;
const data = (): string => path.join(folder, 'data');

function cli(...args: readonly string[]): {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(ROOT, 'main/hosts/cli/main.ts'), ...args, '--json'],
    {
      encoding: 'utf8',
      env: { ...process.env, WORKBENCH_DATA: data(), WORKBENCH_KEY_FILE: path.join(folder, 'key') },
    },
  );
  return { code: status, stdout, stderr };
}

/** A process without the write-ahead log, as while a file gets one, killed when the file is half changed. */
const CHILD = `
import Sqlite from 'better-sqlite3';
const db = new Sqlite(process.argv[1]);
db.pragma("cipher = 'aegis'");
db.pragma("key = 'raw:${KEY}'");
db.pragma('journal_mode = DELETE');
db.pragma('cache_size = 1');
db.exec('CREATE TABLE IF NOT EXISTS half (a); BEGIN IMMEDIATE');
db.exec('INSERT INTO half WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) SELECT randomblob(200) FROM n');
process.stdout.write('half');
setInterval(() => {}, 1000);
`;

async function killHalfWay(file: string): Promise<void> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD, file], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended]);
  child.kill('SIGKILL');
  await ended;
  expect(statSync(`${file}-journal`).size).toBeGreaterThan(0);
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cli-killed-'));
  writeFileSync(path.join(folder, 'key'), KEY, { mode: 0o600 });
  const rows = Array.from({ length: ROWS }, (_, at) => `${at % 7},2026-09-01 10:00:${at % 60},买家,第${at}条`);
  writeFileSync(path.join(folder, 'rows.csv'), `会话,时间,角色,内容\n${rows.join('\n')}\n`);
  const imported = cli('import', path.join(folder, 'rows.csv'));
  if (imported.code !== 0) throw new Error(imported.stderr);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('[ST3] records killed half-way without their log: a search beside another program says so, and puts them right where nobody holds the profile', async () => {
  const file = path.join(data(), 'store', 'records.db');
  await killHalfWay(file);
  const before = readFileSync(`${file}-journal`);
  const other = holdProfile(data());
  try {
    const refused = cli('search', '--count');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/^STORE_(?:READ_ONLY|LOCKED): /);
    expect(readFileSync(`${file}-journal`).equals(before)).toBe(true);
  } finally {
    other.release();
  }
  expectAllFound();
  expect(existsSync(`${file}-journal`)).toBe(false);
});

test('[ST3] an index killed half-way without its log is put right by the search that meets it', async () => {
  const file = path.join(data(), 'store', 'search.db');
  await killHalfWay(file);
  expectAllFound();
  expect(existsSync(`${file}-journal`)).toBe(false);
});

function expectAllFound(): void {
  const found = cli('search', '--text', '条', '--count');
  expect(found).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(found.stdout)).toEqual({ count: ROWS });
  expect(JSON.parse(cli('doctor').stdout)).toMatchObject({ ok: true });
}
