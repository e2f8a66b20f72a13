import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import { asMapping, proposeFor } from '#main/core/import/import-service.ts';
import { createImportReading } from '#main/core/import/reading.ts';
import type { Files } from '#main/core/ports/files.ts';
import { readSavedSearchFile } from '#main/core/search/saved-searches.ts';
import { readNumberText } from '#main/core/search/number-file.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import { createPrng, type Prng } from '#shared/lib/prng.ts';
import { parseReviewFile } from '#shared/package/review.ts';
import { verifyPackage } from '#shared/package/verify.ts';
import { readZipDirectory } from '#shared/package/zip-reader.ts';
import { parseClientFrame, parseServerFrame } from '#shared/protocol/frames.ts';
import { mutateBytes, mutateJson, mutateXml, nastyText, plainZip, zipPartsOf } from '../support/hostile-input.ts';
import { inMemory } from '../support/package-bytes.ts';
import { packaging } from '../support/packages.ts';
import { importRecord, open, T0 } from '../support/store-fixtures.ts';
import { workbookParts } from '../support/xlsx.ts';

/**
 * A hostile gateway and hostile files (SE2, SE6): whatever comes in, the parsers answer or refuse with a code; they never
 * throw anything else, never take a second of processor time for one input, never keep memory. A few thousand inputs in the
 * test run, HOSTILE_INPUTS of them by `npm run fuzz:hostile`; HOSTILE_SEED to go elsewhere. An input that ever failed is a
 * test of its own below.
 */
const INPUTS = Number(process.env['HOSTILE_INPUTS'] ?? 2_000);
const SEED = Number(process.env['HOSTILE_SEED'] ?? 1);
const LONGEST_CPU_MS = 1_000;
/** Over what was resident when the fuzz began, bytes. */
const MEMORY_BOUND = 700 * 1024 * 1024;

/** Share of the inputs by what they go to. */
const SHARES = {
  frames: 0.68,
  csv: 0.06,
  jsonl: 0.06,
  xlsx: 0.02,
  sheets: 0.02,
  zip: 0.07,
  packages: 0.005,
  reviews: 0.06,
  small: 0.03,
};
const tried: Record<string, number> = {};
/** Inputs that were refused with a code: neither none nor all of them, or the changes would be too weak or too wild. */
const refused: Record<string, number> = {};
let longest = { ms: 0, what: '' };
let peak = 0;

const countOf = (what: keyof typeof SHARES): number => Math.ceil(INPUTS * SHARES[what]);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A single file in memory, under the name that says its kind. */
function fileOf(name: string, bytes: Uint8Array): Files {
  const refuse = (): never => {
    throw new Error('only reading here');
  };
  return {
    describe: async () => ({ name, bytes: bytes.length }),
    async *read(_handle, range) {
      const { start = 0, end = bytes.length } = range ?? {};
      // In pieces, as from a disk.
      for (let at = start; at < Math.min(end, bytes.length); at += 65_536)
        yield bytes.subarray(at, Math.min(end, bytes.length, at + 65_536));
    },
    create: refuse,
    place: refuse,
    part: refuse,
  } as Files;
}

/** `make` makes the input and answers with what is tried with it: only that is measured. */
async function fuzz(what: keyof typeof SHARES, make: (random: Prng) => () => unknown): Promise<number> {
  const before = process.memoryUsage.rss();
  for (let index = 0; index < countOf(what); index++) {
    const seed = SEED * 1_000_003 + index;
    const run = make(createPrng(seed));
    const started = process.cpuUsage();
    try {
      await run();
    } catch (thrown) {
      // A code is an answer; INTERNAL is what a bug would look like in the window.
      if (!(thrown instanceof AppFailure) || thrown.error.code === 'INTERNAL')
        throw new Error(`${what}: seed ${seed}`, { cause: thrown });
      refused[what] = (refused[what] ?? 0) + 1;
    }
    const { user, system } = process.cpuUsage(started);
    const ms = (user + system) / 1_000;
    if (ms > longest.ms) longest = { ms, what: `${what} seed ${seed}` };
    if (ms > LONGEST_CPU_MS) throw new Error(`${what}: seed ${seed} took ${ms} ms of processor time`);
    if (index % 256 === 0) {
      peak = Math.max(peak, process.memoryUsage.rss());
      expect(process.memoryUsage.rss() - before, `${what}: memory at seed ${seed}`).toBeLessThan(MEMORY_BOUND);
    }
  }
  tried[what] = countOf(what);
  if (process.env['HOSTILE_INPUTS'] !== undefined)
    process.stderr.write(
      `${what}: ${tried[what]} inputs, ${refused[what] ?? 0} refused, longest so far ${longest.ms.toFixed(0)} ms (${longest.what})\n`,
    );
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  return countOf(what);
}

const POLICY = {
  version: 3,
  recall: {
    enabled: true,
    window_ms: 120_000,
    kinds: ['text'],
    read_rule: 'warn',
    roles: ['agent'],
    own_only: true,
    after_transfer: 'sender_only',
    other_device: 'warn',
    ended_session: 'block',
    group: { window_ms: 120_000, roles: ['admin'], read_rule: 'ignore' },
    per_hour_soft: 5,
    per_hour_hard: 20,
    min_app_version: '1.0.0',
  },
};
const MESSAGE = {
  msg_id: 'm-1',
  conversation_id: 'c-1',
  conv_seq: 1,
  client_msg_id: null,
  shop_id: 's-1',
  sender: { role: 'consumer', id: 'u-1', name: '景小雨' },
  kind: 'text',
  text: '发货了吗 20260901000001',
  order: { order_no: '20260901000001', title: '毛衣', amount: '128.00', status: '已付款' },
  attachment: { attachment_id: 'a', name: '凭证.png', mime: 'image/png', bytes: 10, sha256: 'a'.repeat(64) },
  order_nos: ['20260901000001'],
  violation_nos: [],
  correction_of: null,
  sent_at: 1_790_000_000_000,
  status: 'sent',
};
const FRAMES: readonly unknown[] = [
  {
    type: 'welcome',
    session_id: 's',
    server_time: 1_790_000_000_000,
    heartbeat_ms: 10_000,
    agent: { agent_id: 'a-7', name: '客服小美', role: 'agent', presence: 'online' },
    shops: [{ shop_id: 's-1', name: '店', platform: 'practice', policy: POLICY }],
    resume: { status: 'snapshot', reason: 'first', event_seq: 9 },
  },
  { type: 'event', event_seq: 1, at: 1_790_000_000_000, kind: 'message.created', message: MESSAGE },
  { type: 'event', event_seq: 2, at: 1, kind: 'message.status', conversation_id: 'c-1', msg_id: 'm-1', status: 'read' },
  {
    type: 'event',
    event_seq: 3,
    at: 1,
    kind: 'message.recalled',
    conversation_id: 'c-1',
    msg_id: 'm-1',
    recall_id: 'r-1',
    operator: { role: 'agent', id: 'a-7', name: '小美' },
    effect: 'both',
  },
  { type: 'event', event_seq: 4, at: 1, kind: 'policy.updated', shop_id: 's-1', policy: POLICY },
  { type: 'reply', request_id: '1', ok: true, result: { message: MESSAGE, duplicate: false } },
  { type: 'reply', request_id: '1', ok: false, error: { code: 'SERVER_BUSY', message: 'x', retry_after_ms: 10 } },
  { type: 'pong', sent_at: 1, server_time: 2, last_event_seq: 3 },
  { type: 'kicked', by_device: 'd', at: 1 },
];
const CLIENT_FRAMES: readonly unknown[] = [
  { type: 'hello', protocol: 1, token: 't', device_id: 'd', app_version: '1.0.0', resume: { event_seq: 3 } },
  { type: 'ack', event_seq: 3 },
  { type: 'ping', sent_at: 1 },
  { type: 'message.send', request_id: '1', client_msg_id: 'x', conversation_id: 'c', kind: 'text', text: '好' },
];

test('[SE2] frames: changed in shape, in value and in bytes', async () => {
  const done = await fuzz('frames', (random) => {
    const client = random.chance(0.3);
    const seed = random.pick(client ? CLIENT_FRAMES : FRAMES);
    let text = JSON.stringify(mutateJson(random, seed));
    if (random.chance(0.3)) text = new TextDecoder().decode(mutateBytes(random, bytesOf(text)));
    // What a frame says never decides by its name alone what becomes of it.
    return () => (client ? parseClientFrame(text) : parseServerFrame(text));
  });
  expect(done).toBe(countOf('frames'));
});

const HEAD = '消息ID,会话ID,时间,发送方,内容,客服,买家,店铺,订单号\r\n';
const CSV = `${HEAD}${Array.from(
  { length: 12 },
  (_, i) =>
    `m-${i},c-${i % 3},2026-09-01 08:0${i % 10}:00,${i % 2 === 0 ? '买家' : '客服'},"第${i}条，""发货""了吗",小美,景小雨,店,2026090100000${i}`,
).join('\r\n')}\r\n`;
const JSONL = Array.from({ length: 8 }, (_, i) =>
  JSON.stringify({
    message_id: `m-${i}`,
    conversation_id: 'c',
    sent_at: '2026-09-01T08:00:00+08:00',
    sender: 'agent',
    text: `第${i}条`,
  }),
).join('\n');

const csv = createCsvReader();
const spreadsheets = createXlsxReader();

async function importAll(name: string, bytes: Uint8Array): Promise<void> {
  const reading = createImportReading({ files: fileOf(name, bytes), csv, spreadsheets });
  const head = await reading.look('f');
  const mapping = asMapping(proposeFor(head, '店', () => 480) as never);
  for await (const batch of reading.records('f', mapping, undefined)) expect(batch.rows).toBeGreaterThanOrEqual(0);
}

test('[SE6] CSV: quotes, encodings, delimiters, endless lines', async () => {
  const done = await fuzz('csv', (random) => {
    let text = CSV;
    if (random.chance(0.3)) text = text.replaceAll(',', random.pick(['\t', ';', '|', '，']));
    if (random.chance(0.1)) text += `${nastyText(random).repeat(1 + random.int(50))}\n`;
    const seed = random.chance(0.2)
      ? Uint8Array.from(Buffer.from(text, random.pick(['utf16le', 'latin1'])))
      : bytesOf(text);
    const bytes = mutateBytes(random, seed);
    return () => importAll('记录.csv', bytes);
  });
  expect(done).toBe(countOf('csv'));
});

test('[SE6] JSONL: deep, broken, hostile names', async () => {
  const done = await fuzz('jsonl', (random) => {
    const lines = JSONL.split('\n').map((line) => JSON.stringify(mutateJson(random, JSON.parse(line))));
    if (random.chance(0.02)) lines.push('['.repeat(1 + random.int(100_000)));
    const bytes = mutateBytes(random, bytesOf(lines.join('\n')));
    return () => importAll('记录.jsonl', bytes);
  });
  expect(done).toBe(countOf('jsonl'));
});

const folder = new URL('../fixtures/xlsx/', import.meta.url);
const SHEETS = readdirSync(folder)
  .filter((name) => name.endsWith('.xlsx'))
  .map((name) => new Uint8Array(readFileSync(new URL(name, folder))));

test('[SE6] XLSX: containers and compressed parts changed', async () => {
  const done = await fuzz('xlsx', (random) => {
    const bytes = mutateBytes(random, random.pick(SHEETS));
    return () => importAll('记录.xlsx', bytes);
  });
  expect(done).toBe(countOf('xlsx'));
});

/** Texts of every kind of cell, in columns that read as a record. */
const CELLS = workbookParts(
  `<row r="1">${['时间', '发送方', '内容', '客服', '订单号'].map((name) => `<c t="inlineStr"><is><t>${name}</t></is></c>`).join('')}</row>` +
    Array.from(
      { length: 6 },
      (_, i) =>
        `<row r="${i + 2}"><c r="A${i + 2}" s="1"><v>${46_000 + i}.5</v></c><c r="B${i + 2}" t="s"><v>${i % 2}</v></c>` +
        `<c r="C${i + 2}" t="str"><v>第${i}条</v></c><c r="D${i + 2}" t="inlineStr"><is><r><t>小美</t></r></is></c>` +
        `<c r="E${i + 2}"><v>2026090100000${i}</v></c><c r="F${i + 2}" t="b"><v>1</v></c><c r="G${i + 2}" t="e"><v>#N/A</v></c></row>`,
    ).join(''),
  {
    strings: '<si><t>买家</t></si><si><r><t>客</t></r><r><t>服</t></r><rPh sb="0" eb="1"><t>x</t></rPh></si>',
    styles:
      '<numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm:ss"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>',
  },
);

test('[SE6] sheets: tables, texts and formats changed in whole containers with right checksums', async () => {
  const books = [
    new Map(Object.entries(CELLS).map(([name, xml]) => [name, bytesOf(xml as string)])),
    ...(await Promise.all(SHEETS.map(zipPartsOf))),
  ];
  const done = await fuzz('sheets', (random) => {
    const book = random.pick(books);
    const names = [...book.keys()].filter((name) => /\.(?:xml|rels)$/u.test(name));
    const changed = new Map(book);
    // The sheet itself half of the time.
    const sheets = names.filter((name) => name.includes('/worksheets/') && name.endsWith('.xml'));
    for (const name of [random.chance(0.5) ? random.pick(sheets) : random.pick(names)])
      changed.set(name, mutateXml(random, new TextDecoder().decode(changed.get(name))));
    const bytes = plainZip(changed);
    return () => importAll('记录.xlsx', bytes);
  });
  expect(done).toBe(countOf('sheets'));
});

test('[SE6] zip directories: lengths, counts, names', async () => {
  const done = await fuzz('zip', (random) => {
    const bytes = mutateBytes(random, random.pick(SHEETS));
    return async () => {
      const { entries } = await readZipDirectory(inMemory(bytes));
      for (const { name } of entries) expect(name).not.toMatch(/(^|\/)\.\.(\/|$)|^\/|\\/);
    };
  });
  expect(done).toBe(countOf('zip'));
});

test('[SE6] review packages: nothing changed passes for whole', async () => {
  const store = await open();
  await store.importRecords(
    Array.from({ length: 10 }, (_, i) =>
      importRecord({ message_id: `m-${i}`, conversation_id: 'c', sender: 'agent', sent_at: T0 + i, text: `第${i}条` }),
    ),
  );
  const { bytes } = await packaging(store).build();
  const done = await fuzz('packages', (random) => {
    const changed = mutateBytes(random, bytes);
    const same = Buffer.from(changed).equals(bytes);
    return async () => {
      const { ok } = await verifyPackage(inMemory(changed), verifyTools);
      if (!same) expect(ok).toBe(false);
    };
  });
  expect(done).toBe(countOf('packages'));
});

const REVIEW = {
  kind: 'merchant-workbench.reviews',
  version: 2,
  package: { id: 'p', digest: 'a'.repeat(64) },
  reviewer: '质检小李',
  reviews: [{ conversation: 'c', score: 90, comment: '回复及时', at: T0 }],
  digest: 'b'.repeat(64),
};

test('[SE6] review files: refused or read, never merged by accident', async () => {
  const done = await fuzz('reviews', (random) => {
    const text = JSON.stringify(mutateJson(random, REVIEW));
    const changed = random.chance(0.5) ? text : new TextDecoder().decode(mutateBytes(random, bytesOf(text)));
    return () => parseReviewFile(changed);
  });
  expect(done).toBe(countOf('reviews'));
});

test('[SE6] small files: saved searches and lists of numbers', async () => {
  const search = {
    kind: 'merchant-workbench.search',
    version: 1,
    name: '昨天',
    search: { query: { text: '发货' }, last: '1d' },
  };
  const done = await fuzz('small', (random) => {
    const json = mutateBytes(random, bytesOf(JSON.stringify(mutateJson(random, search))));
    const list = Array.from({ length: 40 }, (_, i) => `2026090100${i}`).join(random.pick(['\n', '，', ' ', ';']));
    const numbers = mutateBytes(random, bytesOf(list));
    return random.chance(0.5)
      ? () => readSavedSearchFile(fileOf('a.json', json), 'f')
      : () => readNumberText(fileOf('a.txt', numbers), spreadsheets, 'f');
  });
  expect(done).toBe(countOf('small'));
});

test('[SE6] a header of ten thousand equal names, and a value a hundred thousand lists deep, are answered at once', async () => {
  const before = process.cpuUsage();
  await expect(importAll('a.csv', bytesOf(`${'x,'.repeat(20_000)}\n${'1,'.repeat(20_000)}\n`))).rejects.toMatchObject({
    error: { code: 'FILE_FORMAT' },
  });
  const deep = `{"sent_at":"2026-09-01T08:00:00Z","text":"a","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}\n`;
  await importAll('a.jsonl', bytesOf(deep.repeat(3)));
  await importAll('a.csv', bytesOf(`time,text${',x'.repeat(1_900)}\n2026-09-01 08:00:00,a${',1'.repeat(1_900)}\n`));
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(3 * LONGEST_CPU_MS);
});

test('[SE6] a megabyte of broken lines, of quotes in one cell, of different numbers in one cell: each is read in its own time', async () => {
  const row = '2026-09-01 08:00:00,买家,好,20260901000001\n';
  const long = [
    '"x\n'.repeat(350_000),
    'x"\n'.repeat(350_000),
    '"a"b,"\n'.repeat(150_000),
    `"x\n${'x",a,"b\n'.repeat(130_000)}"z z\n`,
    `${'\u200b'.repeat(500_000)}x,买家,好,1\n`,
    `${"'".repeat(500_000)}x${'"'.repeat(100_000)}x,买家,好,1\n`,
    `2026-09-01 08:00:00,买家,好,"${Array.from({ length: 120_000 }, (_, i) => 10_000_000 + i).join(';')}"\n`,
  ];
  for (const text of long) {
    const before = process.cpuUsage();
    await importAll('a.csv', bytesOf(`时间,发送方,内容,订单号\n${row.repeat(2_000)}${text}${row}`));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000, text.slice(0, 20)).toBeLessThan(3 * LONGEST_CPU_MS);
  }
});

test('[SE6] the fuzz did what it says: every parser was reached, as often as asked', () => {
  expect(Object.keys(tried).sort()).toEqual(Object.keys(SHARES).sort());
  // Frames, packages and review files answer what is wrong instead of refusing.
  for (const what of ['csv', 'jsonl', 'xlsx', 'sheets', 'small'] as const) {
    expect(refused[what], what).toBeGreaterThan(0);
    expect(refused[what], what).toBeLessThan(countOf(what));
  }
  expect(Object.values(tried).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(INPUTS);
});

afterAll(() => {
  const sum = Object.values(tried).reduce((total, count) => total + count, 0);
  if (process.env['HOSTILE_INPUTS'] !== undefined)
    process.stderr.write(
      `hostile fuzz: ${sum} inputs ${JSON.stringify(tried)}, refused ${JSON.stringify(refused)}, longest ${longest.ms.toFixed(0)} ms processor time (${longest.what}), peak ${(peak / 2 ** 20).toFixed(0)} MiB resident\n`,
    );
});
