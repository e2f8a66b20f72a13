import { spawnSync } from 'node:child_process';
import { constants, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openReadable } from '#main/adapters/sqlite/connection.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { openRecords } from '#main/adapters/sqlite/open-records.ts';
import { createWriter } from '#main/adapters/sqlite/writer/create-writer.ts';
import type { AccountId, DeviceId } from '#shared/domain/ids.ts';
import { messageKeySlot } from '#shared/domain/time.ts';
import { BASE_POLICY } from '#shared/domain/recall/fixtures.ts';
import { parseServerFrame } from '#shared/protocol/frames.ts';
import type { GatewayEvent } from '#shared/protocol/events.ts';
import { launch } from './support/browser.ts';
import { startChild, type BenchChild } from './support/children.ts';
import { ms, show, spread, table } from './support/statistics.ts';

/**
 * How fast events come in: socket → validated → committed, encrypted → acknowledged, beside the same rows written by bare
 * prepared statements; catching up with 100,000 missed events with the window open; how soon a cut is mended; memory, also with
 * 1,000,000 messages stored and five accounts.
 *
 *   node test/bench/ingest.bench.ts [--only store|socket|memory] [--events 200000] [--missed 100000] [--messages 1000000]
 *     [--data DIR (seeded, kept, reused)] [--into DIR (of `bench search --data`; copied)] [--page FOLDER] [--no-window]
 *
 * With --into the store's part writes behind the messages that are there: how fast it is when the files are large.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    events: { type: 'string', default: '200000' },
    missed: { type: 'string', default: '100000' },
    messages: { type: 'string', default: process.env['BENCH_MESSAGES'] ?? '1000000' },
    data: { type: 'string' },
    into: { type: 'string' },
    page: { type: 'string' },
    window: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
type Part = 'store' | 'socket' | 'memory';
const wanted = (part: Part): boolean => values.only === undefined || values.only === part;
const count = Number(values.events);
const missed = Number(values.missed);
const BATCH = 1_000;
const OVER = 50;
const rows: string[][] = [];
const rate = (events: number, took: number): string =>
  `${Math.round((events / took) * 1_000).toLocaleString('en')} events/s`;
/** Processor time of this process per event, µs: what other work on the machine hardly changes. */
let used = process.cpuUsage();
const cost = (events: number): string => {
  const { user, system } = process.cpuUsage(used);
  return `${((user + system) / events).toFixed(1)} µs of processor each`;
};
const say = (what: string, result: string, target = ''): void => {
  rows.push([what, result, target]);
  process.stderr.write(`${what}: ${result}\n`);
};

const key = Buffer.alloc(32, 7);
const sentAt = values.into === undefined ? Date.UTC(2026, 8, 1) : newestIn(values.into) + 1_000;

/** Time of the newest message, ms. */
function newestIn(directory: string): number {
  const db = openReadable(join(directory, 'records.db'), key);
  const newest = db.readOne<number>('SELECT sent_at FROM messages ORDER BY id DESC LIMIT 1').get();
  db.close();
  if (newest === undefined) throw new Error(`no messages in ${directory}`);
  return newest;
}

function event(seq: number): GatewayEvent {
  const conversation = seq % OVER;
  const text = JSON.stringify({
    type: 'event',
    event_seq: seq,
    at: sentAt + seq,
    kind: 'message.created',
    message: {
      msg_id: `m-${seq}`,
      conversation_id: `bench-${conversation}`,
      conv_seq: Math.floor((seq - 1) / OVER) + 1,
      client_msg_id: null,
      shop_id: 's-1',
      sender: { role: 'consumer', id: `u-${conversation}`, name: `买家${conversation}` },
      kind: 'text',
      text: `第${seq}句 这件什么时候能发货，收货地址可以改吗`,
      order_nos: [],
      violation_nos: [],
      correction_of: null,
      sent_at: sentAt + seq,
      status: 'sent',
    },
  });
  const parsed = parseServerFrame(text);
  if (parsed.type !== 'event') throw new Error('not an event');
  return parsed.event;
}

const account = 'a' as AccountId;
const record = {
  account_id: account,
  label: 'bench',
  source: 'bench',
  gateway_url: 'ws://127.0.0.1:1/',
  device_id: 'd-1' as DeviceId,
  practice: false,
};
const welcome = {
  agent: { agent_id: 'a-1', name: '小美', role: 'supervisor', presence: 'online' },
  shops: [{ shop_id: 's-1', name: '压测店', platform: 'practice', policy: BASE_POLICY }],
} as const;

const inFolder = async (part: Part, work: (folder: string) => Promise<void> | void): Promise<void> => {
  if (!wanted(part)) return;
  const folder = mkdtempSync(join(tmpdir(), 'ingest-bench-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const batches = Array.from({ length: wanted('store') ? Math.ceil(count / BATCH) : 0 }, (_, batch) =>
  Array.from({ length: Math.min(BATCH, count - batch * BATCH) }, (_unused, index) => event(batch * BATCH + index + 1)),
);

const copyInto = (folder: string, files: readonly string[]): void => {
  if (values.into !== undefined)
    for (const name of files) copyFileSync(join(values.into, name), join(folder, name), constants.COPYFILE_FICLONE);
};

/** Same schema, same cipher, same durability: the row, its place in the queue of the index, the cursor. No code besides. */
await inFolder('store', (folder) => {
  copyInto(folder, ['records.db']);
  const db = openRecords(folder, key);
  const writer = createWriter(db);
  writer.putAccount(record);
  writer.putWelcome(account, welcome as never, sentAt);
  writer.ingest(account, batches[0]?.slice(0, OVER) ?? []);
  const conversations = new Map(
    db.readRaw<[string, number]>('SELECT conversation_id, id FROM conversations').all() as [string, number][],
  );
  const message = db.write(
    `INSERT INTO messages (id, conversation, msg_id, conv_seq, client_msg_id, agent, sender_role, sender_id, sender_name, sender_device,
       kind, text, sent_at, status, flags, extra) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const queue = db.write('INSERT INTO index_queue (message, op) VALUES (?, 0)');
  const cursor = db.write('UPDATE accounts SET event_seq = ? WHERE account_id = ?');
  let id = messageKeySlot(sentAt) + 10_000_000;
  used = process.cpuUsage();
  const began = performance.now();
  for (const batch of batches)
    db.transaction(() => {
      for (const one of batch) {
        if (one.kind !== 'message.created') continue;
        const { message: m } = one;
        id++;
        message.run(
          id,
          conversations.get(m.conversation_id) as number,
          `b-${m.msg_id}`,
          m.conv_seq + count,
          null,
          null,
          1,
          m.sender.id,
          m.sender.name,
          null,
          0,
          m.text,
          m.sent_at,
          0,
          0,
          null,
        );
        queue.run(id);
      }
      cursor.run(batch.at(-1)?.event_seq ?? 0, account);
    });
  say(
    'bare prepared statements: message, index queue, cursor',
    `${rate(count, performance.now() - began)}; ${cost(count)}`,
  );
  db.close();
});

await inFolder('store', (folder) => {
  copyInto(folder, ['records.db']);
  const db = openRecords(folder, key);
  const writer = createWriter(db);
  writer.putAccount(record);
  writer.putWelcome(account, welcome as never, sentAt);
  const began = performance.now();
  for (const batch of batches) writer.ingest(account, batch);
  say(
    'our writer in place (conversations, roll-up, notices too)',
    rate(count, performance.now() - began),
    '≥ ½ of bare',
  );
  db.close();
});

await inFolder('store', async (folder) => {
  copyInto(folder, ['records.db', 'search.db']);
  const store = await openStore({ directory: folder, key });
  await store.putAccount(record);
  await store.putWelcome(account, welcome as never, sentAt);
  used = process.cpuUsage();
  const began = performance.now();
  for (const batch of batches) await store.ingest(account, batch);
  const took = performance.now() - began;
  const pending = (await store.indexStatus()).pending;
  while ((await store.indexStatus()).pending > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  say(
    'through the writer’s thread, index trailing',
    `${rate(count, took)}; index done ${ms(performance.now() - began - took)} ms later (${pending.toLocaleString('en')} pending); ${cost(count)} in all threads`,
  );
  await store.close();
});
batches.length = 0;

/** As build/launch.mjs starts it (HOST_FLAGS, hostEnvironment of build/setup.mjs). */
process.env['MALLOC_TRIM_THRESHOLD_'] ??= '131072';
const startHost = (options: object): Promise<BenchChild> =>
  startChild('host.child.ts', options, ['--max-semi-space-size=16']);

/** Resident memory of a process, MB, and what of it is not mapped from files. */
function memory(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1_024;
  return `${of('VmRSS').toFixed(0)} MB (${of('RssAnon').toFixed(0)} of it its own)`;
}

await inFolder('socket', async (folder) => {
  const tokenFile = join(folder, 'token');
  const gateway = await startChild('gateway.child.ts', { conversations: OVER, tokenFile });
  const host = await startHost({
    directory: join(folder, 'p'),
    keyFile: join(folder, 'k'),
    ...(values.page === undefined ? {} : { page: values.page }),
    gateway: { url: await gateway.ask('url'), tokenFile },
  });
  const browser = values.window ? await launch() : null;
  try {
    while (!(await host.ask<string[]>('state')).includes('live'))
      await new Promise((resolve) => setTimeout(resolve, 50));
    await gateway.ask('pour', 2_000, OVER);
    await host.ask('begin');
    const took = await gateway.ask<number>('pour', count, OVER);
    say(
      `socket → validated → committed → acknowledged, no window, ${count.toLocaleString('en')}`,
      `${rate(count, took)}; ${await held(host, count)}; ${await indexed(host)}`,
      '≥ 20,000',
    );
    const cuts: number[] = [];
    for (let n = 0; n < 10; n++)
      cuts.push((await gateway.ask<{ reconnectedMs: number }>('miss', 1, OVER)).reconnectedMs);
    say('a cut, until the next welcome (10 times)', show(spread(cuts)), '< 1,000');
    const page = await browser?.newPage({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN' });
    if (page) {
      await page.goto(await host.ask<string>('url'));
      await page
        .getByText(await gateway.ask<string>('open'), { exact: true })
        .first()
        .click();
      await page.getByRole('textbox', { name: '输入消息' }).focus();
      await page.evaluate(() => {
        const keys: number[] = [];
        Object.assign(globalThis, { keys });
        addEventListener('keydown', (event) => {
          const from = event.timeStamp;
          requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => keys.push(performance.now() - from);
            channel.port2.postMessage(null);
          });
        });
      });
    }
    await host.ask('begin');
    let catching = true;
    const caught = gateway
      .ask<{ caughtUpMs: number; connections: number }>('miss', missed, OVER)
      .finally(() => (catching = false));
    for (let n = 0; catching; n++) {
      await page?.keyboard.press(String.fromCharCode(97 + (n % 26)));
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    const { caughtUpMs, connections } = await caught;
    const keys = (await page?.evaluate(() => (globalThis as unknown as { keys: number[] }).keys)) ?? [];
    say(
      `catching up with ${missed.toLocaleString('en')} missed events, ${page ? 'window open, somebody writing' : 'no window'}`,
      `${ms(caughtUpMs)} ms (${rate(missed, caughtUpMs)}), ${connections} connection${connections === 1 ? '' : 's'}; ${await held(host, missed)}; ${await indexed(host)}`,
      '< 8 s',
    );
    if (page) say('… key press → pixels meanwhile', `${show(spread(keys))} (${keys.length} keys)`, 'p95 < 50');
    const pid = await host.ask<number>('pid');
    say('memory of the host afterwards', memory(pid));
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    say('… 15 s later', memory(pid), '< 300 MB');
  } finally {
    await browser?.close();
    await host.end();
    await gateway.end();
  }
});

await inFolder('memory', async (folder) => {
  const profile = values.data ?? join(folder, 'p');
  const keyFile = `${profile}.key`;
  if (!existsSync(join(profile, 'store', 'records.db'))) {
    process.stderr.write(`seeding ${values.messages} messages …\n`);
    const main = fileURLToPath(new URL('../../main/hosts/cli/main.ts', import.meta.url));
    const seeding = ['seed', '--messages', values.messages, '--data', profile, '--key-file', keyFile];
    const seeded = spawnSync(process.execPath, [main, ...seeding], { stdio: ['ignore', 'ignore', 'inherit'] });
    if (seeded.status !== 0) throw new Error('seed failed');
  }
  const files = Array.from({ length: 5 }, (_, index) => join(folder, `token ${index}`));
  const gateways = await Promise.all(
    files.map((tokenFile) => startChild('gateway.child.ts', { conversations: OVER, tokenFile })),
  );
  const urls = await Promise.all(gateways.map((gateway) => gateway.ask<string>('url')));
  const host = await startHost({
    directory: profile,
    keyFile,
    ...(values.page === undefined ? {} : { page: values.page }),
    gateway: { url: urls[0], tokenFile: files[0] },
  });
  const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 45_000));
  try {
    for (const [index, url] of urls.entries()) if (index > 0) await host.ask('connect', url, files[index]);
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    const pid = await host.ask<number>('pid');
    const stored = `${Number(values.messages).toLocaleString('en')} messages stored, five accounts live`;
    say(`memory, ${stored}`, memory(pid), '< 300 MB');
    await host.ask('work', 200);
    say('… right after 200 lists, chats and searches', memory(pid));
    await rest();
    say('… 45 s later', memory(pid), '< 300 MB');
    await Promise.all(gateways.map((gateway) => gateway.ask('pour', 20_000, OVER)));
    say('… right after 20,000 events from each', memory(pid));
    await rest();
    say('… 45 s later', memory(pid), '< 300 MB');
  } finally {
    await host.end();
    for (const gateway of gateways) await gateway.end();
  }
});

async function held(host: BenchChild, events: number): Promise<string> {
  const { p99, worst, busy, mainUs, allUs } =
    await host.ask<Record<'p99' | 'worst' | 'busy' | 'mainUs' | 'allUs', number>>('end');
  return `main thread held up p99 ${ms(p99)}, worst ${ms(worst)} ms, busy ${(busy * 100).toFixed(0)} %; processor each: main thread ${(mainUs / events).toFixed(1)}, all threads ${(allUs / events).toFixed(1)} µs`;
}

/** How far the index is behind when the last event is acknowledged. */
async function indexed(host: BenchChild): Promise<string> {
  const began = performance.now();
  while ((await host.ask<{ pending: number }>('indexStatus')).pending > 0)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return `index done ${ms(performance.now() - began)} ms later`;
}

process.stdout.write(
  `${cpus().length} × ${cpus()[0]?.model ?? ''}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}. Milliseconds p50 / p95 / worst.\n\n${table(['what', 'result', 'target'], rows)}\n`,
);
