import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { FILE } from '#shared/package/format.ts';
import { unpack } from '#test/support/package-bytes.ts';
import { repack } from '#test/support/repack.ts';

/** Review packages on the command line, as a real process on a real encrypted store. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ROOT = path.resolve(import.meta.dirname, '../../..');
const built = existsSync(path.join(ROOT, 'dist/viewer/index.html'));
if (!built) console.warn('SKIPPED packages on the command line: dist/viewer is not built (npm run build)');

let folder: string;

function cli(...args: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'main/hosts/cli/main.ts'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      LANG: 'zh_CN.UTF-8',
      WORKBENCH_DATA: path.join(folder, 'profile'),
      WORKBENCH_KEY_FILE: path.join(folder, 'key'),
    },
  });
  return { code: status, stdout, stderr };
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'workbench-cli-package-'));
  const rows = Array.from({ length: 20 }, (_, at) =>
    JSON.stringify({
      type: 'message',
      message_id: `m-${at}`,
      conversation_id: `c-${at % 2}`,
      shop: '旗舰店',
      agent: '客服小美',
      consumer: at % 2 === 0 ? '景甜甜' : '张三丰',
      sender: 'consumer',
      sent_at: new Date(Date.UTC(2026, 8, 1, 0, at)).toISOString(),
      kind: 'text',
      text: `我的电话是13812348000，第${at}次`,
      recalled: false,
    }),
  );
  writeFileSync(path.join(folder, 'rows.jsonl'), `${rows.join('\n')}\n`);
  const imported = cli('import', 'rows.jsonl', '--json');
  if (imported.code !== 0) throw new Error(imported.stderr);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.runIf(built)('[EX3] [EX4] export and verify: 0 whole, 1 problems, 2 wrong use, 3 no such file', () => {
  const exported = cli(
    'export',
    '--format',
    'package',
    '--out',
    'a.zip',
    '--reason',
    '仲裁',
    '--text',
    '第1次',
    '--json',
  );
  expect([exported.code, exported.stderr]).toEqual([0, '']);
  const report = JSON.parse(exported.stdout) as { file: string; fingerprint: string };
  expect(report).toMatchObject({ file: path.join(folder, 'a.zip'), rows: 1, records: 2 });
  const verified = cli('verify', 'a.zip', '--fingerprint', report.fingerprint, '--json');
  expect(verified.code).toBe(0);
  expect(JSON.parse(verified.stdout)).toEqual({
    ok: true,
    records: 2,
    problems: [],
    more: 0,
    signed: true,
    fingerprint: report.fingerprint,
  });
  const words = cli('verify', 'a.zip');
  expect(words.stdout).toContain('没有发现改动');
  expect(words.stdout).toContain('这不能证明什么');

  const bytes = readFileSync(path.join(folder, 'a.zip'));
  bytes[200] = (bytes[200] as number) ^ 1;
  writeFileSync(path.join(folder, 'b.zip'), bytes);
  const broken = cli('verify', 'b.zip', '--json');
  expect(broken.code).toBe(1);
  expect(JSON.parse(broken.stdout)).toMatchObject({
    ok: false,
    problems: [{ where: 'index.html', what: 'FILE_CHANGED' }],
  });
  const other = cli('verify', 'a.zip', '--fingerprint', '0'.repeat(64));
  expect(other.code).toBe(1);
  expect(other.stdout).toContain('由另一把密钥签名 [OTHER_KEY]');
  expect(cli('verify', 'rows.jsonl').stdout).toContain('[NOT_A_ZIP]');
  expect(cli('verify', 'a.zip', '--fingerprint', 'abc').code).toBe(2);
  expect(cli('verify').code).toBe(2);
  expect(cli('verify', 'none.zip').code).toBe(3);
});

test.runIf(built)('[EX5] --mask: unknown names are refused before anything is written; the key stays the same', () => {
  const before = readdirSync(folder).length;
  const wrong = cli('export', '--format', 'package', '--out', 'm.zip', '--mask', 'phone,nmae');
  expect([wrong.code, readdirSync(folder).length]).toEqual([2, before]);
  expect(wrong.stderr).toContain('--mask');
  const one = JSON.parse(
    cli('export', '--format', 'package', '--out', 'm.zip', '--mask', 'phone,name', '--json').stdout,
  );
  const two = JSON.parse(cli('export', '--format', 'package', '--out', 'n.zip', '--mask', 'all', '--json').stdout);
  expect(one).toMatchObject({ rows: 20, records: 22, fingerprint: two.fingerprint });
  const manifest = spawnSync('unzip', ['-p', path.join(folder, 'm.zip'), 'manifest.json'], { encoding: 'utf8' }).stdout;
  expect(JSON.parse(manifest)).toMatchObject({ masks: ['phone', 'name'] });
  const records = spawnSync('unzip', ['-p', path.join(folder, 'm.zip'), 'records.jsonl'], { encoding: 'utf8' }).stdout;
  expect(records).toContain('138****8000');
  expect(records).not.toMatch(/13812348000|景甜甜|张三丰/);
});

test.runIf(built)(
  '[EX7] search --package: the same search, without the profile’s records; changed ones are marked',
  async () => {
    const exported = cli('export', '--format', 'package', '--out', 's.zip', '--json');
    expect([exported.code, exported.stderr]).toEqual([0, '']);
    const query = ['--text', '第1 电话', '--limit', '100', '--json'];
    const here = cli('search', ...query);
    const there = cli('search', '--package', 's.zip', ...query);
    expect([there.code, there.stderr]).toEqual([0, '']);
    expect(JSON.parse(there.stdout)).toEqual(JSON.parse(here.stdout));
    expect((JSON.parse(there.stdout) as { rows: unknown[] }).rows.length).toBeGreaterThan(1);

    const files = await unpack(new Uint8Array(readFileSync(path.join(folder, 's.zip'))));
    const text = new TextDecoder().decode(files.get(FILE.records)).replace('第12次', '第13次');
    writeFileSync(
      path.join(folder, 'changed.zip'),
      await repack(new Map<string, Uint8Array>([...files, [FILE.records, new TextEncoder().encode(text)]])),
    );
    const changed = cli('search', '--package', 'changed.zip', '--text', '第13次', '--json');
    expect(changed.code).toBe(1);
    expect(changed.stderr).toContain('和导出时不一样');
    const rows = (JSON.parse(changed.stdout) as { rows: { message_id: string; damaged?: boolean }[] }).rows;
    expect(rows.map(({ message_id, damaged }) => [message_id, damaged ?? false])).toEqual([
      ['m-13', false],
      ['m-12', true],
    ]);
    writeFileSync(path.join(folder, 'none.zip'), 'text');
    expect(cli('search', '--package', 'none.zip').stderr).toContain('PACKAGE_UNREADABLE');
  },
);
