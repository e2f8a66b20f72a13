import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { Visibility } from '#main/core/ports/store.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { createCorpus, type Corpus } from '#test/support/search-corpus.ts';
import { attach, openReadable, openWritable, type ReadableDatabase } from '../connection.ts';
import { migrate } from '../migrations/index.ts';
import { seed } from '../seed.ts';
import { createSearchChecks } from './check.ts';
import type { IndexWorkerReport } from './index.worker.ts';
import { createPlanner } from './plan.ts';
import { createSearchReader, indexStatus } from './reader.ts';
import { readScanRows, scanMatches } from './scan.ts';

const ALL: Visibility = { kind: 'all' };
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

function corpus(number: number): Corpus {
  const made = createCorpus(number);
  closing.push(() => made.close());
  return made;
}

function catchUp({ indexer }: Corpus): void {
  while (indexer.step(1_000).entries > 0);
  while (indexer.rebuildStep(1_000)?.done === false);
}

describe('[SR5] paging', () => {
  it('[SR5] never skips or repeats while messages arrive, late ones too', () => {
    const store = corpus(11);
    store.grow(600);
    catchUp(store);
    const search = createSearchReader(store.reader);
    const query: SearchQuery = { text: '的' };
    const before = scanMatches(readScanRows(store.reader), query, ALL).map((row) => row.id);
    const got: number[] = [];
    let cursor: string | null = null;
    do {
      const page = search.search(query, ALL, { limit: 9, cursor });
      got.push(...page.rows.map((row) => row.message_key as number));
      cursor = page.cursor;
      store.grow(15);
      if (got.length % 2 === 0) store.indexer.step(8);
    } while (cursor !== null);
    expect(before.length).toBeGreaterThan(30);
    expect(new Set(got).size).toBe(got.length);
    expect(got).toEqual([...got].sort((a, b) => b - a));
    const found = new Set(got);
    expect(before.filter((id) => !found.has(id))).toEqual([]);
  });

  it('[SR5] a cursor of something else is refused', () => {
    const store = corpus(12);
    const search = createSearchReader(store.reader);
    for (const cursor of ['x', '', '-1', '1e9', '1.5', "1' OR 1"])
      expect(() => search.search({}, ALL, { limit: 5, cursor })).toThrowError(/QUERY_INVALID/);
  });
});

describe('[SY2] long texts', () => {
  it('[SY2] a step takes over no more of them than a second’s work, and all of them in the end, by queue or by rebuild', () => {
    const store = corpus(13);
    store.grow(60);
    const long = `${' '.repeat(300_000)}长尾`;
    store.records
      .write(
        'UPDATE messages SET text = ? WHERE id IN (SELECT id FROM messages WHERE flags & 1 = 0 ORDER BY id LIMIT 9)',
      )
      .run(long);
    expect(store.indexer.step(1_000).entries).toBeLessThan(60);
    catchUp(store);
    const search = createSearchReader(store.reader);
    const count = () => search.count({ text: '长尾' }, ALL, null);
    expect(count()).toEqual({ count: 9, exact: true });
    store.indexer.startRebuild();
    catchUp(store);
    expect(count()).toEqual({ count: 9, exact: true });
  });
});

describe('[SR6] marks', () => {
  it('[SR6] of a conversation with thousands of matches those are given that are asked for, with their place among all', () => {
    const store = corpus(14);
    store.grow(40);
    const { records } = store;
    const [first, conversation] = records
      .readRaw<[number, number]>('SELECT id, conversation FROM messages ORDER BY id DESC LIMIT 1')
      .get() as [number, number];
    const insert = records.write(
      `INSERT INTO messages (id, conversation, msg_id, sender_role, sender_id, sender_name, kind, text, sent_at, status)
       VALUES (?, ?, ?, 1, 'x', 'x', 0, ?, 0, 1)`,
    );
    records.transaction(() => {
      for (let i = 1; i <= 4_300; i++)
        insert.run(first + i, conversation, `m${i}`, i % 2 === 0 ? `第${i}句蝙蝠` : '别的');
    });
    const search = createSearchReader(store.reader, { indexed: false });
    const marks = (place: object): ReturnType<typeof search.searchMarks> =>
      search.searchMarks({ text: '蝙蝠' }, ALL, conversation as never, place);
    const keyOf = (n: number): number => first + 2 * (n + 1);
    const firstAndLast = ({ marks: given }: ReturnType<typeof marks>): unknown[] => [
      given[0]?.message_key,
      given.at(-1)?.message_key,
    ];
    const newest = marks({});
    expect(newest).toMatchObject({ start: 1_150, total: 2_150 });
    expect(firstAndLast(newest)).toEqual([keyOf(1_150), keyOf(2_149)]);
    expect(newest.marks[0]?.matches).toEqual([[6, 8]]);
    const oldest = marks({ start: 0 });
    expect([oldest.start, oldest.total, ...firstAndLast(oldest)]).toEqual([0, 2_150, keyOf(0), keyOf(999)]);
    const around = marks({ around: keyOf(1_000) });
    expect([around.start, ...firstAndLast(around)]).toEqual([500, keyOf(500), keyOf(1_499)]);
    expect(marks({ start: 9_999 }).start).toBe(1_150);
    expect(search.searchMarks({ text: '没有的' }, ALL, conversation as never, {})).toEqual({
      marks: [],
      start: 0,
      total: 0,
    });
  });
});

describe('[SR8] cancelling', () => {
  it('[SR8] every function ends with CANCELLED between windows', () => {
    const store = corpus(13);
    store.grow(800);
    catchUp(store);
    const search = createSearchReader(store.reader, {
      tuning: {
        firstWindow: 4,
        lastWindow: 16,
        looseRows: 16,
        looseProbe: 8,
        looseWorth: 8,
        leafWorth: 3,
        knownLeaves: 64,
        fewConversations: 500,
        fewOwnConversations: 2_000,
        maxPending: 100,
      },
    });
    const after = (calls: number) => {
      let left = calls;
      return () => left-- <= 0;
    };
    const query: SearchQuery = { text: '-没有' };
    const works: ((cancelled: () => boolean) => unknown)[] = [
      (c) => search.search(query, ALL, { limit: 1_000, cursor: null }, c),
      (c) => search.count(query, ALL, null, c),
      (c) => search.searchAgents(query, ALL, c),
      (c) => search.searchAgents({}, ALL, c),
      (c) => search.searchNumbers({ ...query, orders: ['1234567890', 'WG20260901', '99887766'] }, ALL, c),
      (c) => search.searchConsumers(query, ALL, { limit: 50, cursor: null }, c),
      (c) => search.estimate(query, ALL, c),
    ];
    for (const work of works) {
      expect(() => work(after(2))).toThrowError(AppFailure);
      expect(() => work(after(2))).toThrowError(/CANCELLED/);
      expect(() => work(after(1_000_000))).not.toThrow();
    }
  });
});

describe('[SR5] query plans', () => {
  const plan = (db: ReadableDatabase, sql: string): string =>
    db
      .readRaw<[number, number, number, string]>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...Array.from({ length: sql.split('?').length - 1 }, () => null))
      .map((row) => row[3])
      .join('\n');

  it('[SR5][ST2] newest first needs no sort, ranges are ranges of keys', () => {
    const store = corpus(14);
    store.grow(50);
    catchUp(store);
    const db = store.reader;
    const table = db.readOne<string>('SELECT name FROM search.months LIMIT 1').get() ?? '';
    const { where } = createPlanner(db)(
      {
        agents: ['a-1'],
        shops: ['s-1'],
        from: 1,
        to: 2,
        direction: 'from_agent',
        kinds: ['text'],
        states: ['recalled'],
      },
      ALL,
    );
    const indexed = plan(
      db,
      `SELECT m.id FROM search.${table} CROSS JOIN messages m ON m.id = ${table}.rowid WHERE ${table} MATCH ? AND ${table}.rowid >= ? AND ${table}.rowid < ?${where} ORDER BY ${table}.rowid DESC LIMIT ?`,
    );
    expect(indexed).toMatch(/VIRTUAL TABLE INDEX/);
    expect(indexed).toMatch(/SEARCH m USING INTEGER PRIMARY KEY \(rowid=\?\)/);
    expect(indexed).not.toMatch(/TEMP B-TREE/);
    const scanned = plan(
      db,
      `SELECT m.id FROM messages m NOT INDEXED WHERE m.id >= ? AND m.id < ?${where} ORDER BY m.id DESC`,
    );
    expect(scanned).toMatch(/SEARCH m USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)/);
    expect(scanned).not.toMatch(/TEMP B-TREE/);
    const states = plan(
      db,
      'SELECT m.id FROM messages m INDEXED BY messages_by_state WHERE m.flags & 63 <> 0 AND m.id >= ? AND m.id < ? ORDER BY m.id DESC',
    );
    expect(states).toMatch(/USING (COVERING )?INDEX messages_by_state/);
    expect(states).not.toMatch(/TEMP B-TREE/);
  });

  it('[SR2] numbers and conversations are looked up by key', () => {
    const db = corpus(15).reader;
    const links = plan(
      db,
      'SELECT j.key, l.conversation FROM json_each(?) j CROSS JOIN order_conversations l ON l.number = j.value',
    );
    expect(links).toMatch(/SEARCH l USING PRIMARY KEY \(number=\?\)/);
    const keys = plan(
      db,
      'SELECT m.id FROM json_each(?) j CROSS JOIN messages m ON m.conversation = j.value AND m.id >= ? AND m.id < ?',
    );
    expect(keys).toMatch(
      /SEARCH m USING COVERING INDEX messages_by_conversation \(conversation=\? AND id>\? AND id<\?\)/,
    );
    const agents = plan(db, 'SELECT d.agent FROM agent_day d WHERE d.day >= ? AND d.day < ?');
    expect(agents).toMatch(/SEARCH d USING PRIMARY KEY \(day>\? AND day<\?\)/);
    const own = plan(db, 'SELECT p.conversation FROM agent_conversations p WHERE p.agent = ?');
    expect(own).toMatch(/SEARCH p USING PRIMARY KEY \(agent=\?\)/);
  });
});

describe('[ST4] a damaged index', () => {
  it('[ST4][SR4] is noticed and left aside: the answers stay a scan’s', () => {
    const store = corpus(16);
    store.grow(400);
    catchUp(store);
    store.index.execute('PRAGMA wal_checkpoint(TRUNCATE)');
    const path = join(store.directory, 'search.db');
    const tables = store.index.readOne<string>('SELECT name FROM months').all();
    // Opened while it is whole, as a program that has been running is.
    const db = openReadable(join(store.directory, 'records.db'), store.key);
    closing.push(() => db.close());
    attach(db, path, 'search', store.key);
    const bytes = readFileSync(path);
    for (let at = Math.ceil(bytes.length / 8_192) * 4_096; at < bytes.length; at += 4_096)
      bytes.writeUInt8(bytes.readUInt8(at + 100) ^ 1, at + 100);
    writeFileSync(path, bytes);
    const readAll = (): unknown =>
      tables.map((table) => db.readOne(`SELECT sum(octet_length(block)) FROM search.${table}_data`).get());
    expect(readAll).toThrowError(/disk I\/O error|malformed|not a database/);
    const reader = createSearchReader(db);
    const rows = readScanRows(store.reader);
    for (const text of ['的', '退款', '12', '您好 -亲', '😀']) {
      const expected = scanMatches(rows, { text }, ALL).map((row) => row.id);
      const found = reader.search({ text }, ALL, { limit: 1_000, cursor: null }).rows;
      expect(found.map((row) => row.message_key)).toEqual(expected);
      expect(reader.count({ text }, ALL, null).count).toBe(expected.length);
    }
  });
});

describe('[SR4] the index thread', () => {
  it(
    '[SR4][SR8] takes over the queue, rebuilds beside searches, and survives a useless file',
    { timeout: 60_000 },
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'index-worker-'));
      closing.push(() => rmSync(directory, { recursive: true, force: true }));
      const key = new Uint8Array(32).fill(9);
      await seed({ directory, key, messages: 3_000, seed: 5 });
      // Not a database at all: derived, so it is thrown away.
      for (const suffix of ['-wal', '-shm']) rmSync(join(directory, `search.db${suffix}`), { force: true });
      writeFileSync(join(directory, 'search.db'), Buffer.alloc(8_192, 65));

      const worker = new Worker(new URL('./index.worker.ts', import.meta.url), { workerData: { directory, key } });
      const reports: IndexWorkerReport[] = [];
      const until = (
        type: IndexWorkerReport['type'],
        check: (report: IndexWorkerReport) => boolean = () => true,
      ): Promise<void> =>
        new Promise((resolve, reject) => {
          const look = (report: IndexWorkerReport): void => {
            if (report.type === 'failed') reject(new Error(`${report.code} ${report.message}`));
            if (report.type !== type || !check(report)) return;
            worker.off('message', look);
            resolve();
          };
          worker.on('message', look);
          for (const report of reports.splice(0)) look(report);
        });
      worker.on('message', (report: IndexWorkerReport) => reports.push(report));
      await until('ready');
      await until('rebuilt');

      const path = join(directory, 'records.db');
      const db = openReadable(path, key);
      attach(db, join(directory, 'search.db'), 'search', key);
      const search = createSearchReader(db);
      const same = (text: string): void => {
        const expected = scanMatches(readScanRows(db), { text }, ALL).map((row) => row.id);
        expect(search.search({ text }, ALL, { limit: 1_000, cursor: null }).rows.map((row) => row.message_key)).toEqual(
          expected.slice(0, 1_000),
        );
        expect(search.count({ text }, ALL, null).count).toBe(expected.length);
      };
      for (const text of ['退', '您好', '12', '？', 'iphone', '退款 -运费']) same(text);
      expect(createSearchChecks(db).filter((check) => !check.ok)).toEqual([]);

      const records = openWritable(path, key);
      migrate(records, path);
      records.transaction(() => {
        records
          .write(
            "UPDATE messages SET text = '独一无二的ＴＥＸＴ' WHERE id = (SELECT max(id) FROM messages WHERE text IS NOT NULL)",
          )
          .run();
        records
          .write('INSERT INTO index_queue (message, op) SELECT max(id), 0 FROM messages WHERE text IS NOT NULL')
          .run();
      });
      const queued = records.readOne<number>('SELECT max(seq) FROM index_queue').get() ?? 0;
      same('独一无二的text');
      worker.postMessage({ type: 'wake' });
      await until('applied', (report) => report.type === 'applied' && report.seq >= queued);
      expect(indexStatus(db)).toEqual({ indexed: 3_000, pending: 0 });
      same('独一无二的text');
      expect(search.count({ text: '独一无二的TEXT' }, ALL, null).count).toBe(1);

      worker.postMessage({ type: 'rebuild' });
      for (const text of ['退', '您好', '的']) same(text);
      await until('rebuilt');
      worker.postMessage({ type: 'optimize' });
      await until('optimized');
      for (const text of ['退', '独一', '质量']) same(text);
      expect(createSearchChecks(db).filter((check) => !check.ok)).toEqual([]);

      const exited = new Promise((resolve) => worker.once('exit', resolve));
      worker.postMessage({ type: 'close' });
      await until('closed');
      expect(await exited).toBe(0);
      records.close();
      db.close();
    },
  );
});
