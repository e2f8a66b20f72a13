import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { workbookParts, zipOf } from '#test/support/xlsx.ts';
import { appVersion } from '../app-info.ts';

/** The command line as a real process, on a real encrypted store. */

// Each step is a process of its own: slow on a machine that is busy with other things.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ROOT = path.resolve(import.meta.dirname, '../../..');
const DATA = path.resolve(ROOT, '../shared/data');
const UNEED = path.join(DATA, 'uneed-sample.csv');
const CROSSWOZ = path.join(DATA, 'crosswoz-val.gb18030.csv');
const hasData = existsSync(UNEED) && existsSync(CROSSWOZ);
if (!hasData) console.warn('SKIPPED acceptance data: ../shared/data is not beside the project');

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The one object on standard output. */
  readonly json: any;
}

let folder: string;
let profile: string;
let keyFile: string;

/** `profile` and its key unless the environment says otherwise. */
function cli(args: readonly string[], environment: Record<string, string | undefined> = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'main/hosts/cli/main.ts'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: {
      ...process.env,
      TZ: 'Asia/Shanghai',
      LANG: 'zh_CN.UTF-8',
      WORKBENCH_DATA: profile,
      WORKBENCH_KEY_FILE: keyFile,
      ...environment,
    },
  });
  return {
    code: status,
    stdout,
    stderr,
    get json() {
      expect(stdout.endsWith('\n')).toBe(true);
      expect(stdout.trim().includes('\n')).toBe(false);
      return JSON.parse(stdout);
    },
  };
}

function done(args: readonly string[], environment?: Record<string, string | undefined>): Outcome {
  const outcome = cli(args, environment);
  expect(outcome.stderr).toBe('');
  expect(outcome.code).toBe(0);
  return outcome;
}

function file(name: string, content: string | Uint8Array): string {
  const target = path.join(folder, name);
  writeFileSync(target, content);
  return target;
}

async function readCsv(target: string): Promise<readonly (readonly string[])[]> {
  const rows: (readonly string[])[] = [];
  async function* text() {
    yield readFileSync(target, 'utf8').replace(/^\ufeff/u, '');
  }
  for await (const batch of createCsvReader().read(text(), { delimiter: ',' }))
    for (const row of batch) rows.push(row.cells);
  return rows;
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cli-'));
  profile = path.join(folder, 'profile');
  keyFile = path.join(folder, 'key');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!hasData)('with the acceptance data', () => {
  interface Line {
    readonly session: string;
    readonly agent: string;
    readonly consumer: string;
    readonly order: string;
    readonly sender: string;
    readonly text: string;
  }
  let crosswoz: Line[];
  let firstImport: Outcome;

  beforeAll(async () => {
    firstImport = cli(['import', UNEED, CROSSWOZ, '--json']);
    const text = new TextDecoder('gb18030').decode(readFileSync(CROSSWOZ));
    const rows: (readonly string[])[] = [];
    async function* once() {
      yield text;
    }
    for await (const batch of createCsvReader().read(once(), { delimiter: ',' }))
      for (const row of batch) rows.push(row.cells);
    crosswoz = rows
      .slice(1)
      .map(([session = '', agent = '', consumer = '', order = '', , sender = '', content = '']) => ({
        session,
        agent,
        consumer,
        order,
        sender,
        text: content,
      }));
  });

  test('[SR11] both files import with the proposed mapping alone; twice adds nothing', () => {
    expect(firstImport).toMatchObject({ code: 0, stderr: '' });
    const first = firstImport.json.files;
    expect(
      first.map((entry: Record<string, unknown>) => [
        entry['rows'],
        entry['imported'],
        entry['duplicates'],
        entry['rejected'],
      ]),
    ).toEqual([
      [72, 72, 0, []],
      [8458, 8458, 0, []],
    ]);
    const second = done(['import', UNEED, CROSSWOZ, '--json']).json.files;
    expect(second.map((entry: Record<string, unknown>) => [entry['imported'], entry['duplicates']])).toEqual([
      [0, 72],
      [0, 8458],
    ]);
    expect(done(['search', '--count', '--json']).json).toEqual({ count: 8530 });
  });

  test.each(['餐馆', '的', '78分', 'ATM', '。'])('[SR4] %s finds exactly the rows that contain it, marked', (word) => {
    const expected = crosswoz.filter((line) => line.text.toLowerCase().includes(word.toLowerCase()));
    const { rows, cursor } = done([
      'search',
      '--text',
      word,
      '--shop',
      'import',
      '--limit',
      '100000',
      '--json',
      '--from',
      '2026-01-01',
    ]).json;
    expect(cursor).toBeNull();
    expect(rows.map((row: { text: string }) => row.text).toSorted()).toEqual(
      expected.map((line) => line.text).toSorted(),
    );
    for (const row of rows) {
      expect(row.matches.length).toBeGreaterThan(0);
      for (const [start, end] of row.matches) expect(row.text.slice(start, end).toLowerCase()).toBe(word.toLowerCase());
    }
    const times = rows.map((row: { sent_at: string }) => Date.parse(row.sent_at));
    expect(times).toEqual(times.toSorted((left: number, right: number) => right - left));
    expect(done(['search', '--text', word, '--count', '--json', '--from', '2026-01-01']).json).toEqual({
      count: expected.length,
    });
  });

  test('[SR1] by agent; [SR5] pages add up to the whole without a row twice', () => {
    const agent = '店铺A:客服09';
    const expected = crosswoz.filter((line) => line.agent === agent).length;
    expect(expected).toBeGreaterThan(100);
    const ids = new Set<string>();
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page: { rows: { message_id: string; agent: string }[]; cursor: string | null } = done([
        'search',
        '--agent',
        agent,
        '--limit',
        '400',
        '--json',
        ...(cursor === null ? [] : ['--cursor', cursor]),
      ]).json;
      for (const row of page.rows) {
        expect(row.agent).toBe(agent);
        ids.add(row.message_id);
      }
      ({ cursor } = page);
      pages++;
    } while (cursor !== null && pages < 100);
    expect(ids.size).toBe(expected);
  });

  test('[SR2] an order number brings the whole conversation, both ways, also the rows that do not carry it', () => {
    const { order, session } = crosswoz.find((line) => line.order !== '')!;
    const expected = crosswoz.filter((line) => line.session === session);
    expect(expected.some((line) => line.order === '')).toBe(true);
    const { rows } = done(['search', '--order', order, '--limit', '1000', '--json']).json;
    expect(rows.length).toBe(expected.length);
    expect(new Set(rows.map((row: { sender: string }) => row.sender))).toEqual(new Set(['agent', 'consumer']));
    expect(rows.some((row: { order_nos: string[] }) => row.order_nos.includes(order))).toBe(true);
  });

  test('[SR2] a file of numbers with any separator: one line a number, malformed ones with their line', () => {
    const orders = [...new Set(crosswoz.map((line) => line.order).filter((order) => order !== ''))].slice(0, 3);
    const numbers = file(
      'orders.txt',
      `\ufeff${orders[0]}，${orders[1]}\r\n${orders[2]};999999999999 ${orders[0]}\n!!\n`,
    );
    const outcome = cli(['search', '--orders-file', numbers, '--by', 'number', '--json']);
    expect(outcome.code).toBe(0);
    const messagesOf = (order: string): number => {
      const sessions = new Set(crosswoz.filter((line) => line.order === order).map((line) => line.session));
      return crosswoz.filter((line) => sessions.has(line.session)).length;
    };
    expect(outcome.json.numbers).toEqual([
      ...orders.map((number) => ({ number, hit: true, conversations: 1, messages: messagesOf(number) })),
      { number: '999999999999', hit: false, conversations: 0, messages: 0 },
    ]);
    expect(outcome.json.invalid.map((entry: { line: number }) => entry.line)).toEqual([3]);
  });

  test('[SR2] [SR11] [EX2] XLSX out, in again, and as a file of numbers', async () => {
    const out = path.join(folder, 'all.xlsx');
    const other = { WORKBENCH_DATA: path.join(folder, 'from-xlsx') };
    const exported = done(['export', '--format', 'xlsx', '--out', out, '--shop', 'import', '--json']).json;
    expect(exported.sha256).toBe(createHash('sha256').update(readFileSync(out)).digest('hex'));
    const imported = done(['import', out, '--json'], other).json.files[0];
    expect(imported).toMatchObject({ rows: exported.rows, imported: exported.rows, duplicates: 0, rejected: [] });
    expect(done(['import', out, '--json'], other).json.files[0]).toMatchObject({ imported: 0 });
    const texts = (environment?: Record<string, string>): unknown[] =>
      done(['search', '--shop', 'import', '--limit', '100000', '--json'], environment).json.rows.map(
        ({ conversation_id, agent, consumer, order_nos, sent_at, sender, text }: Record<string, unknown>) =>
          JSON.stringify([conversation_id, agent, consumer, order_nos, sent_at, sender, text]),
      );
    expect(texts(other).toSorted()).toEqual(texts().toSorted());
    const [order = ''] = crosswoz.map((line) => line.order).filter((found) => found !== '');
    const numbers = path.join(folder, 'numbers.xlsx');
    const rows = `<row r="2"><c r="A2"><v>${order}</v></c></row><row r="4"><c r="B4" t="str"><v>!!</v></c></row>`;
    writeFileSync(numbers, await zipOf(workbookParts(rows)));
    const found = cli(['search', '--orders-file', numbers, '--by', 'number', '--json']).json;
    expect(found.numbers).toMatchObject([{ number: order, hit: true }]);
    expect(found.invalid).toEqual([{ line: 4, text: '!!' }]);
  });

  test('[SR6] by agent and by consumer', () => {
    const { agents } = done(['search', '--by', 'agent', '--from', '2026-01-01', '--json']).json;
    const expected = new Map<string, { consumers: Set<string>; sessions: Set<string>; messages: number }>();
    for (const line of crosswoz) {
      const entry = expected.get(line.agent) ?? { consumers: new Set(), sessions: new Set(), messages: 0 };
      entry.consumers.add(line.consumer);
      entry.sessions.add(line.session);
      entry.messages++;
      expected.set(line.agent, entry);
    }
    expect(agents.length).toBe(expected.size);
    for (const row of agents) {
      const entry = expected.get(row.agent)!;
      expect([row.receptions, row.sessions, row.messages]).toEqual([
        entry.consumers.size,
        entry.sessions.size,
        entry.messages,
      ]);
    }
    const { consumers } = done([
      'search',
      '--by',
      'consumer',
      '--agent',
      '店铺A:客服09',
      '--limit',
      '1000',
      '--json',
    ]).json;
    expect(consumers.length).toBe(expected.get('店铺A:客服09')!.consumers.size);
  });

  test('[EX2] CSV: mark, CRLF, every row, the hash that is reported; reading it back into another profile gives the same', async () => {
    const out = path.join(folder, 'all.csv');
    const report = done(['export', '--format', 'csv', '--out', out, '--json', '--reason', '质检']).json;
    const bytes = readFileSync(out);
    expect(report).toEqual({
      file: out,
      rows: 8530,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    const text = bytes.toString('utf8');
    expect(text.endsWith('\r\n')).toBe(true);
    const rows = await readCsv(out);
    expect(rows.length).toBe(8531);
    const other = { WORKBENCH_DATA: path.join(folder, 'other') };
    const [imported] = done(['import', out, '--json'], other).json.files;
    expect([imported.imported, imported.duplicates, imported.rejected]).toEqual([8530, 0, []]);
    expect(done(['search', '--text', '餐馆', '--count', '--json'], other).json).toEqual(
      done(['search', '--text', '餐馆', '--count', '--json']).json,
    );
  });

  test('[EX2] JSONL with the filters of a search', () => {
    const out = path.join(folder, 'some.jsonl');
    const report = done([
      'export',
      '--format',
      'jsonl',
      '--out',
      out,
      '--text',
      '餐馆',
      '--agent',
      '店铺A:客服09',
      '--json',
    ]).json;
    const lines = readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; text: string; agent: string });
    expect(lines.length).toBe(report.rows);
    expect(lines.length).toBe(
      crosswoz.filter((line) => line.agent === '店铺A:客服09' && line.text.includes('餐馆')).length,
    );
    expect(
      lines.every((line) => line.type === 'message' && line.text.includes('餐馆') && line.agent === '店铺A:客服09'),
    ).toBe(true);
  });
});

test('[SR11] bad rows with line and reason, good rows kept; formulas, NUL, bidi and markup survive export and reading back', async () => {
  const own = { WORKBENCH_DATA: path.join(folder, 'hostile') };
  const hostile = [
    "=cmd|'/C calc'!A0",
    '+1',
    '-1',
    '@SUM(1)',
    "'=1",
    '\u202e反',
    '"><script>alert(1)</script>',
    '两\r\n行',
    'a,b;c\td',
  ];
  const rows = hostile.map(
    (text, index) => `1,小美,tom,2026-09-01 09:36:${10 + index},买家,"${text.replaceAll('"', '""')}"`,
  );
  const source = file(
    'hostile.csv',
    `会话,客服,买家,时间,角色,内容\r\n${rows.join('\r\n')}\r\n1,小美,tom,昨天,买家,何时\r\n1,小美,tom,2026-09-01 09:40:00,买家,"半`,
  );
  const outcome = done(['import', source, '--json', '--shop', '小店'], own);
  const last = rows.length + 2 + 1;
  expect(outcome.json.files[0]).toMatchObject({
    rows: hostile.length + 2,
    imported: hostile.length,
    duplicates: 0,
    rejected: [
      { line: last, reason: 'TIME_UNREADABLE' },
      { line: last + 1, reason: 'QUOTE_BROKEN' },
    ],
  });
  // What begins with an apostrophe and a formula in a foreign file is a spreadsheet's text mark.
  const stored = hostile.map((text) => (text === "'=1" ? '=1' : text));
  const found = done(['search', '--shop', '小店', '--json'], own).json.rows;
  expect(found.map((row: { text: string }) => row.text).toReversed()).toEqual(stored);
  const out = path.join(folder, 'hostile-out.csv');
  done(['export', '--format', 'csv', '--out', out, '--json'], own);
  const cells = (await readCsv(out)).slice(1).map((row) => row[11]!);
  for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r]/u);
  const again = { WORKBENCH_DATA: path.join(folder, 'hostile-again') };
  done(['import', out, '--json'], again);
  expect(
    done(['search', '--json'], again)
      .json.rows.map((row: { text: string }) => row.text)
      .toReversed(),
  ).toEqual(stored);
});

test('[SR11] a mapping is proposed, changed and given back', () => {
  const own = { WORKBENCH_DATA: path.join(folder, 'mapped') };
  const source = file('odd.csv', 'a;b;c;d\n7;1;你们好;01/09/2026 10:00\n7;2;您好，亲;02/09/2026 10:00\n');
  const mapping = done(['import', '--propose', source, '--json'], own).json;
  expect(mapping.columns.text).toBe('c');
  const map = file(
    'map.json',
    JSON.stringify({
      ...mapping,
      columns: { conversation_id: 'a', sender: 'b', text: 'c', sent_at: 'd' },
      senders: { 1: 'consumer', 2: 'agent' },
      time_format: 'dd/MM/yyyy HH:mm:ss',
      utc_offset_minutes: 540,
    }),
  );
  expect(done(['import', '--map', map, source, '--json'], own).json.files[0].imported).toBe(2);
  const { rows } = done(['search', '--json'], own).json;
  expect(
    rows.map((row: { sender: string; sent_at: string; conversation_id: string }) => [
      row.sender,
      row.sent_at,
      row.conversation_id,
    ]),
  ).toEqual([
    ['agent', '2026-09-02T09:00:00.000+08:00', '7'],
    ['consumer', '2026-09-01T09:00:00.000+08:00', '7'],
  ]);
});

test('[SR3] ranges: local dates, date-times, zones; --to is exclusive, a bare day included', () => {
  const own = { WORKBENCH_DATA: path.join(folder, 'ranges') };
  const source = file(
    'range.csv',
    '会话,时间,角色,内容\n1,2026-08-31 23:59:59,买家,一\n1,2026-09-01 00:00:00,买家,二\n1,2026-09-01 23:59:59,客服,三\n1,2026-09-02 00:00:00,客服,四\n',
  );
  done(['import', source, '--json'], own);
  const texts = (...filters: string[]): string =>
    done(['search', '--json', ...filters], own)
      .json.rows.map((row: { text: string }) => row.text)
      .toReversed()
      .join('');
  expect(texts('--from', '2026-09-01')).toBe('二三四');
  expect(texts('--from', '2026-09-01', '--to', '2026-09-01')).toBe('二三');
  expect(texts('--from', '2026-09-01', '--to', '2026-09-02 00:00')).toBe('二三');
  expect(texts('--to', '2026-08-31T16:00:00Z')).toBe('一');
  expect(texts('--direction', 'from_agent')).toBe('三四');
  expect(texts('--last', '1d')).toBe('');
});

test('[UX6] a search that finds nothing is an answer, not a failure', () => {
  const own = { WORKBENCH_DATA: path.join(folder, 'empty') };
  done(['import', file('one.csv', '会话,时间,角色,内容\n1,2026-09-01 10:00:00,买家,在吗\n'), '--json'], own);
  expect(done(['search', '--text', '没有', '--json'], own).json).toEqual({ rows: [], cursor: null });
  expect(done(['search', '--text', '没有', '--by', 'agent', '--json'], own).json).toEqual({ agents: [] });
  // A file without one valid number must not turn into "no filter".
  const numbers = file('none.txt', '!!\n??\n');
  expect(cli(['search', '--orders-file', numbers, '--json'], own).json).toEqual({ rows: [], cursor: null });
});

test('[UX6] --version tells the version and nothing else', () => {
  expect(cli(['--version'])).toMatchObject({ code: 0, stdout: `${appVersion()}\n`, stderr: '' });
});

describe('[UX6] wrong use is 2, a failure is 3, each with its code on standard error and nothing on standard output', () => {
  beforeAll(() => {
    const one = file('some.csv', '会话,时间,角色,内容\n1,2026-09-01 10:00:00,买家,你好\n');
    done(['import', one, '--json'], { WORKBENCH_DATA: path.join(folder, 'wrong') });
  });
  test.each([
    ['a bad time', ['search', '--from', 'yesterday'], 2, '--from'],
    ['a bad --last', ['search', '--last', 'week'], 2, '--last'],
    ['both ways of a range', ['search', '--last', '7d', '--from', '2026-01-01'], 2, '--last'],
    ['an empty range', ['search', '--from', '2026-02-01', '--to', '2026-01-01'], 2, '--from'],
    ['an unknown state', ['search', '--state', 'lost'], 2, '--state'],
    ['an unknown kind', ['search', '--kind', 'smell'], 2, '--kind'],
    ['--by number without numbers', ['search', '--by', 'number'], 2, '--by'],
    ['an unknown mask', ['export', '--format', 'csv', '--out', 'x.csv', '--mask', 'phone,adress'], 2, '--mask'],
    ['a package that is not there', ['verify', 'x.zip'], 3, 'FILE_NOT_FOUND'],
    [
      'an export into a folder that is not there',
      ['export', '--format', 'csv', '--out', 'no/such/folder/x.csv'],
      3,
      'FILE_UNWRITABLE',
    ],
    ['a file of numbers that is not there', ['search', '--orders-file', 'none'], 3, 'FILE_NOT_FOUND'],
    ['a backup that is not there', ['restore', 'none.db'], 3, 'FILE_NOT_FOUND'],
  ] as const)('%s', (_name, args, code, word) => {
    const outcome = cli([...args], { WORKBENCH_DATA: path.join(folder, 'wrong') });
    expect(outcome.code).toBe(code);
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr).not.toBe('');
    expect(outcome.stderr).toContain(word);
    expect(existsSync(path.join(folder, 'x.csv'))).toBe(false);
  });

  test.each([
    ['missing', null, 'FILE_NOT_FOUND'],
    ['empty', '', 'FILE_EMPTY'],
    ['no time', '会话,内容\n1,你好\n', 'NO_TIME_COLUMN'],
    ['no text', '会话,时间\n1,2026-09-01 10:00:00\n', 'NO_TEXT_COLUMN'],
    ['half an XLSX', 'PK\u0003\u0004xxxxxxxx', 'FILE_FORMAT'],
    ['a PDF', '%PDF-1.4\n%\n', 'FILE_FORMAT'],
  ] as const)(
    'import of a file that is bad as a whole: %s; the good one beside it is imported',
    (name, content, code) => {
      const bad =
        content === null ? path.join(folder, 'absent.csv') : file(`bad-${name.replaceAll(' ', '-')}.csv`, content);
      const good = file('good.csv', '会话,时间,角色,内容\n1,2026-09-01 10:00:00,买家,你好\n');
      const outcome = cli(['import', bad, good, '--json'], {
        WORKBENCH_DATA: path.join(folder, `bad-profile-${name}`),
      });
      expect(outcome.code).toBe(3);
      expect(outcome.stderr).toContain(code);
      expect(outcome.json.files[0].error).toEqual({ code });
      expect(outcome.json.files[1].imported).toBe(1);
    },
  );

  test('more than 10,000 numbers', () => {
    const numbers = file('many.txt', Array.from({ length: 10_001 }, (_, index) => `A-${100_000 + index}`).join('\n'));
    const outcome = cli(['search', '--orders-file', numbers], { WORKBENCH_DATA: path.join(folder, 'wrong') });
    expect([outcome.code, outcome.stdout]).toEqual([2, '']);
    expect(outcome.stderr).toContain('TOO_MANY_NUMBERS');
  });
});

test('[SE4] without keychain and key file: KEYCHAIN_UNAVAILABLE, and no database', (context) => {
  if (process.platform !== 'linux') {
    console.warn('SKIPPED: only Linux lets a test take the keychain away');
    context.skip();
    return;
  }
  const own = path.join(folder, 'no-keychain');
  const source = file('keyless.csv', '会话,时间,角色,内容\n1,2026-09-01 10:00:00,买家,你好\n');
  const outcome = cli(['import', source, '--json'], {
    WORKBENCH_DATA: own,
    WORKBENCH_KEY_FILE: undefined,
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
    DISPLAY: undefined,
  });
  expect([outcome.code, outcome.stdout]).toEqual([3, '']);
  expect(outcome.stderr).toContain('KEYCHAIN_UNAVAILABLE');
  expect(existsSync(path.join(own, 'store')) ? readdirSync(path.join(own, 'store')) : []).toEqual([]);
});

test('[ST1] another key does not open it, and nothing on disk is plain', () => {
  const own = { WORKBENCH_DATA: path.join(folder, 'keyed') };
  const source = file('secret.csv', '会话,时间,角色,内容\n1,2026-09-01 10:00:00,买家,绝密暗号zanzibar\n');
  done(['import', source, '--json'], own);
  const names = readdirSync(own.WORKBENCH_DATA, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(names.length).toBeGreaterThan(2);
  for (const entry of names)
    expect(readFileSync(path.join(entry.parentPath, entry.name)).includes('zanzibar')).toBe(false);
  const outcome = cli(['search', '--json'], { ...own, WORKBENCH_KEY_FILE: file('other-key', `${'ab'.repeat(32)}\n`) });
  expect([outcome.code, outcome.stdout]).toEqual([3, '']);
  expect(outcome.stderr).toMatch(/STORE_KEY_WRONG|KEY_FILE_INVALID/);
});

test('[ST4] doctor finds nothing wrong; backup and restore bring the records back', () => {
  const own = { WORKBENCH_DATA: path.join(folder, 'kept') };
  const first = file('first.csv', '会话,时间,角色,内容\n1,2026-09-01 10:00:00,买家,第一\n');
  const second = file('second.csv', '会话,时间,角色,内容\n1,2026-09-01 10:00:01,买家,第二\n');
  done(['import', first, '--json'], own);
  const health = done(['doctor', '--json'], own).json;
  expect(health.ok).toBe(true);
  expect(
    health.checks.every(
      (check: Record<string, unknown>) => typeof check['name'] === 'string' && typeof check['detail'] === 'string',
    ),
  ).toBe(true);
  const backup = path.join(folder, 'copy.backup');
  expect(done(['backup', backup, '--json'], own).json.bytes).toBeGreaterThan(0);
  done(['import', second, '--json'], own);
  expect(done(['search', '--count', '--json'], own).json).toEqual({ count: 2 });
  const { kept } = done(['restore', backup, '--json'], own).json;
  expect(readdirSync(kept)).toContain('records.db');
  expect(done(['search', '--text', '第', '--json'], own).json.rows.map((row: { text: string }) => row.text)).toEqual([
    '第一',
  ]);
  const broken = Buffer.from(readFileSync(backup));
  broken.fill(0xff, Math.floor(broken.length / 2));
  const outcome = cli(['restore', file('broken.backup', broken), '--json'], own);
  expect(outcome.code).toBe(3);
  expect(done(['search', '--count', '--json'], own).json).toEqual({ count: 1 });
});

test('[ST4] doctor --salvage brings out of a damaged file what can still be read, keeps that file, and leaves a whole one alone', () => {
  const own = { WORKBENCH_DATA: path.join(folder, 'damaged') };
  const rows = Array.from(
    { length: 3_000 },
    (_, i) => `${i % 50},${1_788_226_613 + i},买家,第${i}条，什么时候能发货呀，已经等了好几天了`,
  );
  done(['import', file('damaged.csv', `会话,时间,角色,内容\n${rows.join('\n')}\n`), '--json'], own);
  const idle = cli(['doctor', '--salvage', '--json'], own);
  expect(idle.json).not.toHaveProperty('salvage');
  expect(idle.stderr).toContain('不需要抢救');
  const records = path.join(own.WORKBENCH_DATA, 'store', 'records.db');
  const bytes = readFileSync(records);
  // Every tenth page of the latter half: among the rows, not in the schema at the file's beginning.
  for (let page = Math.floor(bytes.length / 8_192); page < bytes.length / 4_096; page += 10)
    bytes.fill(0x5a, page * 4_096 + 100, page * 4_096 + 200);
  writeFileSync(records, bytes);
  const outcome = cli(['doctor', '--salvage', '--json'], own);
  const { salvage } = outcome.json;
  expect(salvage.whole).toBe(false);
  expect(readFileSync(path.join(salvage.kept, 'records.db')).equals(bytes)).toBe(true);
  const messages = salvage.tables.find(({ table }: { table: string }) => table === 'messages');
  expect(messages.kept).toBeGreaterThan(1_500);
  expect(messages.kept).toBeLessThan(3_000);
  expect(done(['search', '--count', '--json'], own).json).toEqual({ count: messages.kept });
  // Importing again fills what is missing, and nothing twice.
  done(['import', path.join(folder, 'damaged.csv'), '--json'], own);
  expect(done(['search', '--count', '--json'], own).json).toEqual({ count: 3_000 });
});

test('[ST5] standard output on a full disk is DISK_FULL, a reader that went away is no failure', (context) => {
  if (!existsSync('/dev/full')) return context.skip('this system has no /dev/full');
  const own = { WORKBENCH_DATA: path.join(folder, 'piped') };
  done(['import', file('piped.csv', '会话,时间,角色,内容\n1,2026-09-01 10:00:00,买家,你好\n'), '--json'], own);
  const search = `"${process.execPath}" "${path.join(ROOT, 'main/hosts/cli/main.ts')}" search --json`;
  const shell = (line: string): { readonly status: number | null; readonly stderr: string } =>
    spawnSync('sh', ['-c', line], {
      encoding: 'utf8',
      env: { ...process.env, ...own, WORKBENCH_KEY_FILE: keyFile },
    });
  const full = shell(`${search} >/dev/full`);
  expect(full.status).toBe(3);
  expect(full.stderr).toMatch(/^DISK_FULL/u);
  expect(shell(`(${search}; echo $? >&2) | :`)).toMatchObject({ status: 0, stderr: '0\n' });
});

test('[SR8] Ctrl+C ends an import with CANCELLED and leaves a store that opens', async () => {
  const own = { WORKBENCH_DATA: path.join(folder, 'cancelled') };
  let text = '会话,时间,角色,内容\n';
  for (let index = 0; index < 60_000; index++) text += `${index % 1_000},${1_788_226_613 + index},买家,第${index}条\n`;
  const source = file('long.csv', text);
  const child = spawn(process.execPath, [path.join(ROOT, 'main/hosts/cli/main.ts'), 'import', source, '--json'], {
    env: { ...process.env, ...own, WORKBENCH_KEY_FILE: keyFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  // Once records are being written, not at any particular moment.
  while (!existsSync(path.join(own.WORKBENCH_DATA, 'store', 'records.db')))
    await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill('SIGINT');
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect(code).toBe(3);
  expect(stderr).toContain('CANCELLED');
  const [again] = done(['import', source, '--json'], own).json.files;
  expect(again.imported + again.duplicates).toBe(60_000);
  expect(done(['search', '--count', '--json'], own).json).toEqual({ count: 60_000 });
});
