import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';

/** Commands that run until they are asked to stop, and what works beside them. */

// Each step is a process of its own: slow on a machine that is busy with other things.
vi.setConfig({ testTimeout: 120_000 });

const ROOT = path.resolve(import.meta.dirname, '../../..');
const MAIN = path.join(ROOT, 'main/hosts/cli/main.ts');
const children = new Set<ChildProcess>();
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cli-running-'));
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const environment = (data: string): NodeJS.ProcessEnv => {
  const { WORKBENCH_KEY_FILE: _, ...rest } = process.env;
  return { ...rest, TZ: 'Asia/Shanghai', LANG: 'zh_CN.UTF-8', WORKBENCH_DATA: data, DISPLAY: '' };
};

interface Running {
  /** The first line of standard output. */
  readonly line: string;
  stop(signal: 'SIGINT' | 'SIGTERM'): Promise<number | null>;
  /** Everything that went to standard output so far. */
  output(): string;
}

function start(args: readonly string[], data: string): Promise<Running> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: environment(data), stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (!stdout.includes('\n')) return;
      resolve({
        line: stdout.slice(0, stdout.indexOf('\n')),
        output: () => stdout,
        stop: (signal) => {
          child.kill(signal);
          return exited;
        },
      });
    });
    void exited.then((code) => reject(new Error(`ended with ${code}: ${stderr}`)));
  });
}

function cli(args: readonly string[], data: string): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: environment(data),
  });
  return { code: status, stdout, stderr };
}

test('[UX5] practice: one line with address and tokens, a gateway that answers, a clean end', async () => {
  const running = await start(['practice', '--rate', '0', '--seed', '7', '--json'], path.join(folder, 'unused'));
  const { url, token } = JSON.parse(running.line) as { url: string; token: string };
  expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/$/);
  const socket = new WebSocket(url, 'merchant-gateway.v1');
  const first = new Promise<{ type: string }>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('message', (data) => resolve(JSON.parse(String(data))));
  });
  socket.once('open', () =>
    socket.send(
      JSON.stringify({ type: 'hello', protocol: 1, token, device_id: 'd-test', app_version: '1.0.0', resume: null }),
    ),
  );
  expect((await first).type).toBe('welcome');
  socket.terminate();
  expect(await running.stop('SIGTERM')).toBe(0);
});

test('[SE3] serve prints one line with the one-time address; [ST5] searching works beside it, writing says who has it', async () => {
  const data = path.join(folder, 'served');
  const source = path.join(folder, 'a.csv');
  writeFileSync(source, '会话,时间,角色,内容\n1,2026-09-01 10:00:00,买家,早先导入\n');
  // The practice profile first, so that there is something to find.
  const first = await start(['serve', '--practice', '--no-open'], data);
  expect(await first.stop('SIGINT')).toBe(0);
  expect(cli(['import', source], data)).toMatchObject({ code: 0, stderr: '' });
  // SE4: its key is a file for this user alone; no keychain was asked.
  expect(readFileSync(path.join(data, 'practice.key'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
  if (process.platform !== 'win32') expect(statSync(path.join(data, 'practice.key')).mode & 0o077).toBe(0);

  const running = await start(['serve', '--no-open'], data);
  expect(running.line).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
  expect(running.output()).toBe(`${running.line}\n`);
  const found = cli(['search', '--text', '早先', '--json'], data);
  expect(found).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(found.stdout).rows.map((row: { text: string }) => row.text)).toEqual(['早先导入']);
  const refused = cli(['import', source], data);
  expect(refused).toMatchObject({ code: 3, stdout: '' });
  expect(refused.stderr).toContain('STORE_LOCKED');
  expect(await running.stop('SIGTERM')).toBe(0);
});

test('[UX6] serve: wrong use and a port that is taken', async () => {
  const data = path.join(folder, 'wrong');
  expect(cli(['serve', '--gateway', 'wss://example.invalid'], data).code).toBe(2);
  expect(cli(['serve', '--port', 'x'], data).code).toBe(2);
  const taken = await start(['practice', '--rate', '0', '--json'], data);
  const port = new URL((JSON.parse(taken.line) as { url: string }).url).port;
  const refused = cli(['practice', '--port', port], data);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain('PORT_IN_USE');
  await taken.stop('SIGINT');
});

test('[SR9] seeded records are found from the command line; the same seed twice is refused', () => {
  const data = path.join(folder, 'seeded');
  const key = path.join(folder, 'seed-key');
  const seeded = cli(['seed', '--messages', '3000', '--seed', '5', '--key-file', key, '--json'], data);
  expect(seeded).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(seeded.stdout).messages).toBe(3_000);
  expect(JSON.parse(cli(['search', '--count', '--key-file', key, '--json'], data).stdout)).toEqual({ count: 3_000 });
  expect(cli(['seed', '--messages', '10', '--seed', '5', '--key-file', key], data).code).toBe(2);
  expect(cli(['doctor', '--key-file', key], data).code).toBe(0);
});
