import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { createCryptography } from '#main/adapters/crypto/cryptography.ts';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { openExportReader } from '#main/adapters/sqlite/export-rows.ts';
import { seed } from '#main/adapters/sqlite/seed.ts';
import { writeExport } from '#main/core/export/write-export.ts';
import { createClock } from '#main/hosts/clock.ts';
import { exportMaker } from '#main/hosts/export-maker.ts';
import { exportMemory } from '#main/hosts/export-memory.ts';
import type { ExportFormat, ExportPlan } from '#shared/contract/export.ts';
import { MASK_KINDS } from '#shared/domain/mask/choices.ts';
import { verifyPackage } from '#shared/package/verify.ts';

/**
 * Exports of `WORKBENCH_BENCH_MESSAGES` (1,000,000) seeded records, each in a process of its own, beside the sqlite3 shell
 * writing the same columns from an unencrypted copy. Processor seconds tell more than wall time where others work too.
 */
const MESSAGES = Number(process.env['WORKBENCH_BENCH_MESSAGES'] ?? 1_000_000);
const KEY = new Uint8Array(32).fill(5);
/** As the program's export thread is started. Verifying happens on threads with the usual young generation. */
const flagsOf = (task: string | undefined): readonly string[] =>
  task === 'verify' ? [] : [`--max-semi-space-size=${exportMemory(task as ExportFormat).youngMb / 3}`];

interface Measured {
  readonly wall: number;
  readonly cpu: number;
  /** MB over what the process had before. */
  readonly growth: number;
  readonly bytes: number;
}

async function measure(name: string, store: string, out: string, withMasks: boolean): Promise<Measured> {
  const place = path.join(out, `all.${name === 'verify' ? 'package' : name}`);
  const files = createFiles({ resolve: (handle) => handle });
  const before = process.memoryUsage.rss();
  let peak = before;
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const started = performance.now();
  // From here on: the program has long been loaded when an export begins.
  const began = process.cpuUsage();
  if (name === 'verify') {
    const { bytes } = await files.describe(place);
    const source = { bytes, read: (start: number, end: number) => files.read(place, { start, end }) };
    const report = await verifyPackage(source, verifyTools, { progress: look });
    if (!report.ok) throw new Error('the package does not verify');
  } else {
    const reader = openExportReader(store, KEY, exportMemory(name as ExportFormat).collecting);
    const plan: ExportPlan = {
      id: 'bench',
      format: name as ExportFormat,
      place,
      query: {},
      visibility: { kind: 'all' },
      masks: withMasks ? [...MASK_KINDS] : [],
      salt: Buffer.alloc(32, 1).toString('base64'),
      reason: '',
      operator: 'bench',
      at: Date.UTC(2026, 9, 1),
      upper: null,
      rows: MESSAGES,
      everything: MESSAGES,
      maker: '',
    };
    await writeExport(
      plan,
      null,
      reader,
      { ...exportMaker('zh-CN'), files, clock: createClock() },
      createCryptography().newSigningKey(),
      {
        signal: new AbortController().signal,
        leaving: () => false,
        progress: look,
        checkpoint: async () => {},
      },
    );
    reader.close();
  }
  const { user, system } = process.cpuUsage(began);
  return {
    wall: (performance.now() - started) / 1_000,
    cpu: (user + system) / 1e6,
    growth: (peak - before) / 1024 ** 2,
    bytes: statSync(place).size,
  };
}

function child(args: readonly string[]): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, [...flagsOf(args[0]), fileURLToPath(import.meta.url), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    started.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    started.once('error', reject);
    started.once('exit', (code) =>
      code === 0 ? resolve(JSON.parse(text) as Measured) : reject(new Error(`${args[0]} ended with ${code}`)),
    );
  });
}

const COLUMNS = `m.msg_id, c.conversation_id, s.name, coalesce(a.name, ''), coalesce(k.name, c.title, ''),
  coalesce((SELECT group_concat(value, ' ') FROM json_each(m.extra, '$.order_nos')), ''),
  coalesce((SELECT group_concat(value, ' ') FROM json_each(m.extra, '$.violation_nos')), ''),
  strftime('%Y-%m-%dT%H:%M:%f+08:00', m.sent_at / 1000.0 + 28800, 'unixepoch'),
  CASE m.sender_role WHEN 0 THEN 'agent' WHEN 1 THEN 'consumer' ELSE 'system' END, m.sender_name,
  CASE m.kind WHEN 0 THEN 'text' WHEN 1 THEN 'image' WHEN 2 THEN 'file' ELSE 'other' END,
  CASE WHEN m.flags & 1 THEN '' ELSE coalesce(m.text, '') END, CASE WHEN m.flags & 1 THEN 'true' ELSE 'false' END,
  coalesce(m.extra ->> '$.correction_of', ''), coalesce(m.extra ->> '$.corrected_by', '')
  FROM messages m JOIN conversations c ON c.id = m.conversation JOIN shops s ON s.id = c.shop
  LEFT JOIN agents a ON a.id = m.agent LEFT JOIN consumers k ON k.id = c.consumer ORDER BY m.id DESC`;

/** The sqlite3 shell on an unencrypted copy; null where there is no shell. */
function shell(store: string, out: string, mode: 'csv' | 'json'): Measured | null {
  const plain = path.join(out, 'plain.db');
  if (!statSync(plain, { throwIfNoEntry: false })) {
    const db = new Sqlite(path.join(store, 'records.db'));
    db.pragma(`cipher = 'aegis'`);
    db.pragma(`key = 'raw:${Buffer.from(KEY).toString('hex')}'`);
    db.pragma('foreign_keys = OFF');
    db.exec(`ATTACH '${plain}' AS plain KEY ''`);
    for (const table of ['messages', 'conversations', 'shops', 'agents', 'consumers']) {
      const { sql } = db.prepare('SELECT sql FROM main.sqlite_schema WHERE name = ?').get(table) as { sql: string };
      db.exec(sql.replace(`CREATE TABLE ${table}`, `CREATE TABLE plain.${table}`));
      db.exec(`INSERT INTO plain.${table} SELECT * FROM main.${table}`);
    }
    db.close();
  }
  const file = path.join(out, `shell.${mode}`);
  const started = performance.now();
  const run = spawnSync(
    'bash',
    [
      '-c',
      'TIMEFORMAT="%U %S"; time sqlite3 -cmd ".mode $0" "$1" "$2" > "$3"',
      mode,
      plain,
      `SELECT ${COLUMNS};`,
      file,
    ],
    { encoding: 'utf8' },
  );
  if (run.status !== 0) return null;
  const [user, system] = (run.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return {
    wall: (performance.now() - started) / 1_000,
    cpu: (user ?? Number.NaN) + (system ?? Number.NaN),
    growth: Number.NaN,
    bytes: statSync(file).size,
  };
}

async function main(): Promise<void> {
  const base = mkdtempSync(path.join(os.tmpdir(), 'workbench-export-bench-'));
  try {
    const store = path.join(base, 'store');
    const out = path.join(base, 'out');
    mkdirSync(out);
    await seed({ directory: store, key: KEY, messages: MESSAGES, seed: 1 });
    const line = (what: string, m: Measured | null, against: Measured | null): void => {
      const cells =
        m === null
          ? ['no sqlite3 here', '', '', '', '']
          : [
              `${m.wall.toFixed(1)} s`,
              Number.isNaN(m.cpu) ? '' : `${m.cpu.toFixed(1)} s`,
              Number.isNaN(m.growth) ? '' : `${m.growth.toFixed(0)} MB`,
              `${(m.bytes / 1024 ** 2).toFixed(0)} MB`,
              // Wall time is the speed that a person sees; processor time says more where others work too.
              against === null ? '' : `${(against.wall / m.wall).toFixed(2)} × (${(against.cpu / m.cpu).toFixed(2)} ×)`,
            ];
      process.stdout.write(`| ${[what, ...cells].join(' | ')} |\n`);
    };
    process.stdout.write(`${MESSAGES} messages, load ${os.loadavg()[0]?.toFixed(1)}\n\n`);
    process.stdout.write(
      '| what | wall | processor | growth | file | of the shell (by processor) |\n| - | - | - | - | - | - |\n',
    );
    const csv = shell(store, out, 'csv');
    const json = shell(store, out, 'json');
    line('sqlite3 shell, csv', csv, null);
    line('sqlite3 shell, json', json, null);
    line('CSV', await child(['csv', store, out]), csv);
    line('JSONL', await child(['jsonl', store, out]), json);
    line('CSV, all masks', await child(['csv', store, out, 'masked']), csv);
    line('JSONL, all masks', await child(['jsonl', store, out, 'masked']), json);
    line('XLSX', await child(['xlsx', store, out]), null);
    line('review package, all masks', await child(['package', store, out, 'masked']), json);
    line('review package', await child(['package', store, out]), null);
    line('verify', await child(['verify', store, out]), null);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

const [task, directory, folder, masked] = process.argv.slice(2);
if (task !== undefined && directory !== undefined && folder !== undefined)
  process.stdout.write(JSON.stringify(await measure(task, directory, folder, masked === 'masked')));
else await main();
