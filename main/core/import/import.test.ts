import { expect, test } from 'vitest';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { ImportMapping } from '#shared/contract/views.ts';
import type { Files } from '../ports/files.ts';
import type { ImportRecord } from '../ports/store.ts';
import { createRowMapper } from './map-rows.ts';
import { proposeMapping } from './propose.ts';
import { openTable } from './table.ts';
import { fold, HEADER_WORDS } from './words.ts';

/** Bytes as a file, handed out in small pieces. */
function fileOf(bytes: Uint8Array, name = 'chat.csv', piece = 1_000): Files {
  return {
    describe: async () => ({ name, bytes: bytes.length }),
    async *read(_handle, { end = bytes.length } = {}) {
      for (let at = 0; at < Math.min(end, bytes.length); at += piece)
        yield bytes.subarray(at, Math.min(at + piece, end));
    },
    create: async () => {
      throw new AppFailure('FILE_UNWRITABLE', 'only for reading');
    },
    place: async () => name,
    part: async () => null,
  };
}

interface Imported {
  readonly mapping: ImportMapping;
  readonly encoding: string;
  readonly records: ImportRecord[];
  readonly rejected: { line: number; reason: string }[];
}

/** Opens, proposes and maps: everything of an import but the store. */
async function importBytes(bytes: Uint8Array, name?: string, piece?: number): Promise<Imported> {
  const table = await openTable(fileOf(bytes, name, piece), createCsvReader(), 'x');
  const rows = table.sample.filter((row) => row.problem === null).map((row) => row.cells);
  const mapping = proposeMapping({ header: table.header, rows, utcOffsetMinutes: 480, shop: 's' });
  const mapper = createRowMapper(mapping, table.header, table.format === 'csv');
  const result: Imported = { mapping, encoding: table.encoding, records: [], rejected: [] };
  for await (const batch of table.rows())
    for (const row of batch) {
      const mapped = mapper.map(row);
      if (mapped.ok) result.records.push(mapped.record);
      else result.rejected.push({ line: row.line, reason: mapped.reason });
    }
  return result;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
function utf16(text: string, bigEndian: boolean, mark: boolean): Uint8Array {
  const units = (mark ? '\ufeff' : '') + text;
  const bytes = new Uint8Array(units.length * 2);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < units.length; at++) view.setUint16(at * 2, units.charCodeAt(at), !bigEndian);
  return bytes;
}
/** "会话ID,时间,角色,内容" and rows in GB18030, by hand: no runtime encodes into it. */
const GB = Uint8Array.from(
  (
    'bbe1bbb04944' +
    '2c' +
    'cab1bce4' +
    '2c' +
    'bdc7c9ab' +
    '2c' +
    'c4dac8dd' +
    '0d0a' + // header
    '312c323032362d30392d30312030393a33363a35332c' +
    'c2f2bcd2' +
    '2c' +
    'c4e3bac3' +
    '0d0a' + // 1,2026-09-01 09:36:53,买家,你好
    '312c323032362d30392d30312030393a33373a35332c' +
    'bfcdb7fe' +
    '2c' +
    'd4dab5c4' +
    '95328236'
  ) // 客服,在的 + a four-byte character
    .match(/../g)!
    .map((byte) => Number.parseInt(byte, 16)),
);

const TABLE = '会话ID,时间,角色,内容\r\n1,2026-09-01 09:36:53,买家,你好\r\n1,2026-09-01 09:37:53,客服,在的\r\n';

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    if (error instanceof AppFailure) return error.error.code;
    throw error;
  }
}

test.each([
  ['UTF-8', utf8(TABLE), 'utf-8'],
  ['UTF-8 with mark', utf8(`\ufeff${TABLE}`), 'utf-8'],
  ['UTF-16 LE with mark', utf16(TABLE, false, true), 'utf-16le'],
  ['UTF-16 BE with mark', utf16(TABLE, true, true), 'utf-16be'],
  ['UTF-16 LE without mark', utf16(TABLE, false, false), 'utf-16le'],
  ['UTF-16 BE without mark', utf16(TABLE, true, false), 'utf-16be'],
  ['GB18030', GB, 'gb18030'],
  ['GB18030 that says UTF-8', Uint8Array.from([0xef, 0xbb, 0xbf, ...GB]), 'gb18030'],
])('[SR11] encoding %s, whatever the pieces it is read in', async (_name, bytes, encoding) => {
  for (const piece of [1, 7, 100_000]) {
    const read = await importBytes(bytes, undefined, piece);
    expect(read.encoding).toBe(encoding);
    expect(read.rejected).toEqual([]);
    expect(read.records.map((record) => [record.conversation_id, record.sender, record.text.slice(0, 2)])).toEqual([
      ['1', 'consumer', '你好'],
      ['1', 'agent', '在的'],
    ]);
    expect(read.records[0]!.sent_at).toBe(Date.UTC(2026, 8, 1, 1, 36, 53));
  }
});

test('[SR11] the first Chinese character may come after megabytes of ASCII', async () => {
  const ascii = utf8(`id,time,sender,text\n${'1,2026-09-01 09:36:53,buyer,hello there\n'.repeat(40_000)}`);
  const bytes = new Uint8Array(ascii.length + GB.length);
  bytes.set(ascii);
  bytes.set(GB, ascii.length);
  const read = await importBytes(bytes, undefined, 65_536);
  expect(read.records.length).toBe(40_002);
  expect(read.records.at(-2)!.text).toBe('你好');
  expect(read.rejected).toEqual([{ line: 40_002, reason: 'TIME_UNREADABLE' }]);
});

test.each([
  ['empty', new Uint8Array(0), 'FILE_EMPTY'],
  ['white space', utf8('\ufeff \r\n\r\n'), 'FILE_EMPTY'],
  ['an XLSX', Uint8Array.from([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 1, 2, 3]), 'UNSUPPORTED'],
  ['a PDF', utf8('%PDF-1.7\n'), 'FILE_FORMAT'],
  [
    'noise',
    Uint8Array.from({ length: 50_000 }, (_, at) => Math.floor((Math.sin(at) + 1) * 1e6) & 0xff),
    'FILE_ENCODING',
  ],
  [
    'one JSON array',
    utf8('[{"时间":"2026-09-01 09:36:53","内容":"你好"},\n{"时间":"2026-09-01 09:36:54"}]'),
    'FILE_FORMAT',
  ],
  ['no time', utf8('会话,内容\n1,你好\n2,在的\n'), 'NO_TIME_COLUMN'],
  ['a time column without times', utf8('时间,内容\n昨天,你好\n前天,在的\n'), 'NO_TIME_COLUMN'],
  ['no text', utf8('会话,时间\n1,2026-09-01 09:36:53\n2,2026-09-01 09:36:54\n'), 'NO_TEXT_COLUMN'],
])('[SR11] %s is refused with its own code', async (_name, bytes, code) => {
  expect(await codeOf(importBytes(bytes))).toBe(code);
});

test('[SR11] a mapping that names what the file does not have is MAPPING_INVALID', async () => {
  const { mapping } = await importBytes(utf8(TABLE));
  const build = (change: Partial<ImportMapping>) => async () =>
    createRowMapper({ ...mapping, ...change }, ['会话ID', '时间', '角色', '内容'], true);
  expect(await codeOf(build({ columns: { ...mapping.columns, agent: '坐席' } })())).toBe('MAPPING_INVALID');
  expect(await codeOf(build({ time_format: 'whenever' })())).toBe('MAPPING_INVALID');
  expect(await codeOf(build({})())).toBe('none');
});

test.each([
  [
    'semicolons and English names',
    'session_id;seller;buyer_nick;order_id;created_at;sender_type;msg_type;content\n77;shop:ann;tom;20260901123456;1788226613;buyer;text;hi; there\n77;shop:ann;tom;;1788226614;seller;image;\n',
    {
      conversation_id: 'session_id',
      agent: 'seller',
      consumer: 'buyer_nick',
      order_no: 'order_id',
      sent_at: 'created_at',
      sender: 'sender_type',
      kind: 'msg_type',
      text: 'content',
    },
  ],
  [
    'tabs',
    '接待编号\t坐席\t访客\t对话时间\t身份\t对话内容\t违规编号\n9\t小美\tv1\t2026年9月1日 9:36\t访客\t在吗\tWG-20260901-1\n9\t小美\tv1\t2026年9月1日 9:37\t坐席\t在的亲\t\n',
    {
      conversation_id: '接待编号',
      agent: '坐席',
      consumer: '访客',
      sent_at: '对话时间',
      sender: '身份',
      text: '对话内容',
      violation_no: '违规编号',
    },
  ],
  [
    'our own CSV',
    'message_id,conversation_id,shop,agent,consumer,order_nos,violation_nos,sent_at,sender,sender_name,kind,text,recalled\r\nm-1,c-1,店,小美,tom,A-1001 A-1002,,2026-09-01T09:36:53.000+08:00,consumer,tom,text,hi,false\r\nm-2,c-1,店,小美,tom,,,2026-09-01T09:36:54.000+08:00,agent,小美,text,ho,true\r\n',
    {
      message_id: 'message_id',
      conversation_id: 'conversation_id',
      shop: 'shop',
      agent: 'agent',
      consumer: 'consumer',
      order_no: 'order_nos',
      violation_no: 'violation_nos',
      sent_at: 'sent_at',
      sender: 'sender',
      kind: 'kind',
      text: 'text',
      recalled: 'recalled',
    },
  ],
])('[SR11] mapping proposed for %s', async (_name, text, columns) => {
  const read = await importBytes(utf8(text));
  expect(read.mapping.columns).toEqual(columns);
  expect(read.records.length + read.rejected.length).toBe(2);
});

test('[SR11] a time column with a conversation in its name is no conversation; send and receive are directions', async () => {
  const read = await importBytes(
    utf8(
      '用户昵称,客服ID,会话开始时间,消息时间,消息方向,消息正文,违规编号\ntom,k1,2026-09-01 09:00:00,2026-09-01 09:00:01,接收,在吗,\ntom,k1,2026-09-01 09:00:00,2026-09-01 09:00:02,发送,在的,WG2026090101\n',
    ),
  );
  expect(read.mapping.columns).toEqual({
    consumer: '用户昵称',
    agent: '客服ID',
    sent_at: '消息时间',
    sender: '消息方向',
    text: '消息正文',
    violation_no: '违规编号',
  });
  expect(read.records.map((record) => record.sender)).toEqual(['consumer', 'agent']);
});

test('[SR11] data sets call the answering side "sys"', async () => {
  const read = await importBytes(
    utf8('session,ts,speaker,utterance\ns1,20260901090500,usr,how much\ns1,20260901090600,sys,9.9\n'),
  );
  expect(read.mapping.senders).toEqual({ usr: 'consumer', sys: 'agent' });
});

test('[SR11] codes for the sender: who opens and asks is the consumer', async () => {
  let text = '会话,时间,类型码,内容,发送者\n';
  for (let index = 0; index < 20; index++)
    text += `${index},2026-09-01 09:36:53,x,你们有没有优惠吗？,2\n${index},2026-09-01 09:37:53,x,亲，您好，已为您查询,1\n`;
  const read = await importBytes(utf8(text));
  expect(read.mapping.columns.sender).toBe('发送者');
  expect(read.mapping.senders).toEqual({ 1: 'agent', 2: 'consumer' });
});

test('[SR11] the sender column may carry the names of agent and consumer', async () => {
  const read = await importBytes(
    utf8(
      '会话,客服,买家,发送人,时间,内容\n1,小美,tom,tom,2026-09-01 09:36,在吗\n1,小美,tom,小美,2026-09-01 09:37,在的\n',
    ),
  );
  expect(read.records.map((record) => record.sender)).toEqual(['consumer', 'agent']);
});

test('[SR11] no header at all: values name time, sender and text', async () => {
  const read = await importBytes(
    utf8('1,2026-09-01 09:36:53,买家,你们这个怎么卖\n1,2026-09-01 09:37:53,客服,亲，九块九包邮\n'),
  );
  expect(read.mapping.columns).toEqual({ sent_at: '#2', sender: '#3', text: '#4' });
  expect(read.records.length).toBe(2);
});

test('[SR11] every bad row with its physical line and reason, every good row kept', async () => {
  const read = await importBytes(
    utf8(
      [
        '会话,客服,买家,时间,角色,内容',
        '1,小美,tom,2026-09-01 09:36:53,买家,"两\n行"',
        '1,小美,tom,,买家,没有时间',
        '1,小美,tom,2026-02-30 09:36:53,买家,没有这一天',
        '1,小美,tom,2026-09-01 09:36:54,路人,是谁',
        '1,小美,tom,2026-09-01 09:36:55,客服,',
        '1,小美,tom,2026-09-01 09:36:56',
        '1,小美,tom,2026-09-01 09:36:57,客服,多,一格',
        `1,${'长'.repeat(2_000)},tom,2026-09-01 09:36:57,客服,名字太长`,
        '',
        '1,小美,tom,2026-09-01 09:36:58,客服,在的',
        '1,小美,tom,2026-09-01 09:36:59,客服,"半',
      ].join('\n'),
    ),
  );
  expect(read.rejected).toEqual([
    { line: 4, reason: 'TIME_MISSING' },
    { line: 5, reason: 'TIME_UNREADABLE' },
    { line: 6, reason: 'SENDER_UNKNOWN' },
    { line: 7, reason: 'TEXT_MISSING' },
    { line: 8, reason: 'COLUMN_COUNT' },
    { line: 9, reason: 'COLUMN_COUNT' },
    { line: 10, reason: 'FIELD_TOO_LONG' },
    { line: 13, reason: 'QUOTE_BROKEN' },
  ]);
  expect(read.records.map((record) => record.text)).toEqual(['两\n行', '在的']);
});

test('[SR11] numbers of a row: several, with spreadsheet marks, blanks are none', async () => {
  const read = await importBytes(
    utf8(
      '订单号,时间,角色,内容\n"A-1001;A-1002，A-1001",2026-09-01 09:36:53,买家,a吗\n"=""123456789012345678""",2026-09-01 09:36:53,买家,b吗\n\'260901-805320551362352,2026-09-01 09:36:53,买家,c吗\n无,2026-09-01 09:36:53,买家,d吗\n',
    ),
  );
  expect(read.records.map((record) => record.order_nos)).toEqual([
    ['A-1001', 'A-1002'],
    ['123456789012345678'],
    ['260901-805320551362352'],
    [],
  ]);
});

test('[SR11] the same words twice in one second are two messages; the same file again has the same occurrences', async () => {
  const text =
    '会话,时间,角色,内容\n1,2026-09-01 09:36,买家,在吗\n1,2026-09-01 09:36,买家,在吗\n1,2026-09-01 09:36,客服,在吗\n1,2026-09-01 09:36,买家,在吗\n';
  const first = await importBytes(utf8(text));
  expect(first.records.map((record) => record.occurrence)).toEqual([0, 1, 0, 2]);
  expect((await importBytes(utf8(text))).records).toEqual(first.records);
});

test('[SR11] row numbers are no message ids', async () => {
  const read = await importBytes(
    utf8('消息ID,时间,角色,内容\n1,2026-09-01 09:36,买家,在吗\n2,2026-09-01 09:36,客服,在的\n'),
  );
  expect(read.mapping.columns.message_id).toBe('消息ID');
  const numbered = await importBytes(
    utf8('序号,时间,角色,内容\n1,2026-09-01 09:36,买家,在吗\n2,2026-09-01 09:36,客服,在的\n'),
  );
  expect(numbered.mapping.columns.message_id).toBeUndefined();
});

test('[SE2] hostile content stays text: formulas, NUL, bidi, a very long word', async () => {
  const hostile = [
    "=cmd|'/C calc'!A0",
    '@SUM(1+1)',
    '\u202Ereversed',
    'a\0b',
    `${'长'.repeat(300_000)}`,
    '"><script>alert(1)</script>',
  ];
  const quoted = hostile.map((text) => `1,2026-09-01 09:36:53,买家,"${text.replaceAll('"', '""')}"`);
  const read = await importBytes(utf8(`会话,时间,角色,内容\n${quoted.join('\n')}\n`));
  expect(read.rejected).toEqual([]);
  expect(read.records.map((record) => record.text)).toEqual(hostile.map((text) => text.replace('\0', '\ufffd')));
});

test('[SR11] JSONL: keys are columns, broken lines are rows with a reason', async () => {
  const read = await importBytes(
    utf8(
      '{"msg_id":"m1","session_id":"c1","time":1788226613000,"sender":{"role":"buyer","name":"tom"},"text":"hi","order_nos":["A-1001","A-1002"]}\n' +
        '{"msg_id":"m2",\n\n' +
        '{"type":"recall","msg_id":"m1","at":"2026-09-01T00:00:00Z"}\n' +
        '{"msg_id":"m3","session_id":"c1","time":1788226614000,"sender":{"role":"seller"},"text":"\'=1+1","recalled":false}\n',
    ),
    'chat.jsonl',
  );
  expect(read.rejected).toEqual([
    { line: 2, reason: 'JSON_BROKEN' },
    { line: 4, reason: 'NOT_A_MESSAGE' },
  ]);
  expect(read.records.map((record) => [record.message_id, record.sender, record.text, record.order_nos])).toEqual([
    ['m1', 'consumer', 'hi', ['A-1001', 'A-1002']],
    ['m3', 'agent', "'=1+1", []],
  ]);
});

test('[SR11] titles above the header are passed over', async () => {
  const read = await importBytes(utf8(`导出时间：2026-09-02,,,\n共 2 条,,,\n${TABLE}`));
  expect(read.records.length).toBe(2);
});

test('[SR11] a comma at the end of each row, but not of the header, makes no further column', async () => {
  const [header, ...rows] = TABLE.trimEnd().split('\r\n');
  const read = await importBytes(utf8([header, ...rows.map((row) => `${row},`)].join('\n')));
  const plain = await importBytes(utf8(TABLE));
  expect(read.mapping).toEqual(plain.mapping);
  expect(read.records).toEqual(plain.records);
  expect(read.rejected).toEqual([]);
});

test('[SR11] headers and senders in traditional characters', async () => {
  const { records, rejected } = await importBytes(
    utf8(
      '會話編號,客服帳號,買家暱稱,發送時間,發送方,訊息內容,訂單編號\n' +
        '7,小美,湯姆,2026-09-01 週二 09:36:53,買家,在嗎,260901-8053\n' +
        '7,小美,湯姆,2026-09-01 09:37:53,賣家,您好，請問有什麼可以幫您,260901-8053\n',
    ),
  );
  expect(rejected).toEqual([]);
  expect(
    records.map(({ conversation_id, agent, consumer, sender, text, order_nos }) => [
      conversation_id,
      agent,
      consumer,
      sender,
      text,
      order_nos,
    ]),
  ).toEqual([
    ['7', '小美', '湯姆', 'consumer', '在嗎', ['260901-8053']],
    ['7', '小美', '湯姆', 'agent', '您好，請問有什麼可以幫您', ['260901-8053']],
  ]);
});

test('[SR11] every word of the list is found by itself', () => {
  for (const words of Object.values(HEADER_WORDS)) for (const word of words) expect(fold(word)).toBe(word);
});
