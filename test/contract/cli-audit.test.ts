import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
let folder: string;

function cli(...args: readonly string[]): { code: number | null; json: any } {
  const { status, stdout } = spawnSync(
    process.execPath,
    [path.join(ROOT, 'main/hosts/cli/main.ts'), ...args, '--json'],
    {
      encoding: 'utf8',
      env: { ...process.env, WORKBENCH_DATA: path.join(folder, 'data'), WORKBENCH_KEY_FILE: path.join(folder, 'key') },
    },
  );
  return { code: status, json: stdout === '' ? null : JSON.parse(stdout) };
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'workbench-audit-'));
  writeFileSync(path.join(folder, 'key'), '07'.repeat(32), { mode: 0o600 });
  writeFileSync(
    path.join(folder, 'rows.csv'),
    '时间,客服,消费者,发送方,内容\n2026-09-01 10:00:00,小美,张三,消费者,在吗\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('[AD4] the log is listed, exported and verified from a shell; a changed entry is found', () => {
  expect(cli('import', path.join(folder, 'rows.csv'), '--propose').code).toBe(0);
  expect(cli('import', path.join(folder, 'rows.csv')).code).toBe(0);
  expect(cli('audit', 'verify')).toMatchObject({ code: 0, json: { ok: true, broken_at: null, missing_at_end: 0 } });
  const listed = cli('audit', 'list', '--action', 'records.imported').json.rows as { action: string }[];
  expect(listed.length).toBeGreaterThan(0);
  const out = path.join(folder, 'log.csv');
  expect(cli('audit', 'export', '--format', 'csv', '--out', out)).toMatchObject({ code: 0 });
  expect(readFileSync(out, 'utf8')).toMatch(/^\uFEFFseq,at,actor,action,details,hash\r\n1,/);
  expect((cli('audit', 'list').json.rows as { action: string }[])[0]?.action).toBe('audit.exported');
  expect(cli('audit', 'export', '--format', 'xml', '--out', out).code).toBe(2);

  const db = new Sqlite(path.join(folder, 'data', 'store', 'records.db'));
  db.pragma(`cipher = 'aegis'`);
  db.pragma(`key = 'raw:${'07'.repeat(32)}'`);
  db.exec(
    `DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; UPDATE audit SET actor = 'nobody' WHERE seq = 1`,
  );
  db.close();
  expect(cli('audit', 'verify')).toMatchObject({ code: 1, json: { ok: false, broken_at: 1 } });
});
