import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { attach, openReadable, openWritable, type ReadableDatabase } from '#main/adapters/sqlite/connection.ts';
import { createSearchReader, type SearchReader } from '#main/adapters/sqlite/search/reader.ts';
import { seed } from '#main/adapters/sqlite/seed.ts';
import type { Visibility } from '#main/core/ports/store.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { createPrng } from '#shared/lib/prng.ts';
import { matchesFolded } from '#shared/search/match.ts';
import { fold } from '#shared/search/normalise.ts';
import { parseTextQuery } from '#shared/search/query.ts';

/**
 * The targets of the record search (docs/benchmarks.md), measured on seeded records with the peers in the same run: LIKE,
 * FTS5's own trigram tokenizer and a bare covering index. Prints a Markdown table.
 *
 *   node test/bench/search.bench.ts [--messages 1000000] [--data DIR (kept, reused)] [--out FILE] [--peers no] [--cpu yes]
 */
export interface SearchBenchOptions {
  readonly messages: number;
  readonly directory?: string;
  readonly peers: boolean;
  readonly log: (line: string) => void;
}

const KEY = new Uint8Array(32).fill(7);
const ALL: Visibility = { kind: 'all' };
const DAY = 86_400_000;
const CHINA = 8 * 3_600_000;
const QUERIES = 120;
/** Rows up to which every answer is compared with a scan of everything. */
const VERIFY_ALL = 2_000_000;

interface Timing {
  readonly p50: number;
  readonly p95: number;
  readonly worst: number;
}

function timing(samples: number[]): Timing {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), worst: sorted.at(-1) ?? 0 };
}

/** Wall clock, or with `--cpu yes` the processor's time: for a machine that others use at the same time. */
let busyMachine = false;

function clock(work: () => unknown): number {
  const began = performance.now();
  const used = process.cpuUsage();
  work();
  if (!busyMachine) return performance.now() - began;
  const { user, system } = process.cpuUsage(used);
  return (user + system) / 1_000;
}

const ms = (value: number): string =>
  value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
const show = (t: Timing): string => `${ms(t.p50)} / ${ms(t.p95)} / ${ms(t.worst)}`;

export async function searchBench(options: SearchBenchOptions): Promise<string> {
  const { messages, log } = options;
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'search-bench-'));
  const lines: string[] = [];
  try {
    if (!existsSync(join(directory, 'records.db'))) {
      log(`seeding ${messages} messages …`);
      const report = await seed({ directory, key: KEY, messages, seed: 1 });
      lines.push(
        `Seeded ${messages} messages: records ${Math.round(messages / (report.records_ms / 1_000))}/s, index ${Math.round(messages / (report.index_ms / 1_000))}/s.`,
      );
    }
    const open = (): ReadableDatabase => {
      const db = openReadable(join(directory, 'records.db'), KEY);
      attach(db, join(directory, 'search.db'), 'search', KEY);
      return db;
    };
    const db = open();
    const reader = createSearchReader(db);
    const total = db.readOne<number>('SELECT count(*) FROM messages').get() ?? 0;
    const newest = db.readOne<number>('SELECT sent_at FROM messages ORDER BY id DESC LIMIT 1').get() ?? 0;
    const agent = db.readOne<string>('SELECT agent_id FROM agents ORDER BY id LIMIT 1').get() ?? '';
    const texts = textQueries(db);
    const table: string[][] = [];
    const row = (what: string, ours: string, ...peers: string[]): void => void table.push([what, ours, ...peers]);

    // -- text ------------------------------------------------------------------------------------------------------------
    const week = { from: newest - 7 * DAY, to: newest + 1 };
    const variants: [string, (text: string) => SearchQuery][] = [
      ['newest 50, text of 1–6 characters', (text) => ({ text })],
      ['… and an agent', (text) => ({ text, agents: [agent] })],
      ['… and 7 days', (text) => ({ text, ...week })],
      ['… agent and 7 days', (text) => ({ text, agents: [agent], ...week })],
    ];
    const page = { limit: 50, cursor: null };
    const warm = (query: SearchQuery): void => void reader.search(query, ALL, page);
    for (const text of texts.slice(0, 20)) warm({ text });
    const peers = options.peers ? openPeers(directory, db, log) : null;
    for (const [name, build] of variants) {
      const samples = texts.map((text) => clock(() => reader.search(build(text), ALL, page)));
      const plain = name.startsWith('newest');
      const like = peers !== null && plain ? timing(texts.map((text) => clock(() => peers.like(text, 50)))) : null;
      const trigram =
        peers !== null && plain
          ? timing(texts.filter((text) => [...text].length >= 3).map((text) => clock(() => peers.trigram(text, 50))))
          : null;
      row(
        name,
        show(timing(samples)),
        like === null ? '' : show(like),
        trigram === null ? '' : `${show(trigram)} (3 and more characters only)`,
      );
      log(`${name}: ${table.at(-1)?.slice(1).join(' | ')}`);
    }
    // A process that knows nothing yet; what the operating system caches stays.
    const fresh = texts.slice(0, 40).map((text) => {
      const own = open();
      const took = clock(() => createSearchReader(own).search({ text }, ALL, page));
      own.close();
      return took;
    });
    row('newest 50, new connection each time', show(timing(fresh)));

    // -- counts ----------------------------------------------------------------------------------------------------------
    const exact = timing(texts.map((text) => clock(() => reader.count({ text }, ALL, null))));
    row(
      'exact count',
      show(exact),
      peers === null ? '' : show(timing(texts.slice(0, 24).map((text) => clock(() => peers.likeCount(text))))),
    );
    row('count capped at 1,000', show(timing(texts.map((text) => clock(() => reader.count({ text }, ALL, 1_000))))));
    row(
      'exact count, agent and 7 days',
      show(timing(texts.map((text) => clock(() => reader.count({ text, agents: [agent], ...week }, ALL, null))))),
    );

    // -- overview --------------------------------------------------------------------------------------------------------
    const midnight = Math.floor((newest + CHINA) / DAY) * DAY - CHINA;
    for (const [name, from] of [
      ['today', midnight],
      ['7 days', midnight - 6 * DAY],
      ['30 days', midnight - 29 * DAY],
    ] as const) {
      const query: SearchQuery = { from, to: newest + 1 };
      const ours = timing(Array.from({ length: 7 }, () => clock(() => reader.searchAgents(query, ALL))));
      const peer =
        peers === null
          ? ''
          : show(timing(Array.from({ length: 3 }, () => clock(() => peers.overview(from, newest + 1)))));
      row(`all agents' overview, ${name}`, show(ours), '', '', peer);
      log(`overview ${name}: ${show(ours)} ${peer}`);
    }
    row(
      '… a range that begins and ends within days (30 days)',
      show(
        timing(
          Array.from({ length: 5 }, () =>
            clock(() => reader.searchAgents({ from: newest - 30 * DAY - 3_333_333, to: newest - 4_444_444 }, ALL)),
          ),
        ),
      ),
    );

    // -- numbers ---------------------------------------------------------------------------------------------------------
    const known = db
      .readOne<string>('SELECT DISTINCT number FROM order_conversations ORDER BY number DESC LIMIT 9000')
      .all();
    for (const n of [1_000, 10_000]) {
      const orders = Array.from({ length: n }, (_, i) =>
        i % 10 === 9 ? `000000-${i}` : (known[(i * 7) % known.length] as string),
      );
      row(
        `${n.toLocaleString('en')} order numbers, hit table`,
        show(timing(Array.from({ length: 5 }, () => clock(() => reader.searchNumbers({ orders }, ALL))))),
      );
      row(
        '… 30 days',
        show(
          timing(
            Array.from({ length: 5 }, () =>
              clock(() => reader.searchNumbers({ orders, from: newest - 30 * DAY }, ALL)),
            ),
          ),
        ),
      );
      row(
        '… first page of the messages',
        show(timing(Array.from({ length: 5 }, () => clock(() => reader.search({ orders }, ALL, page))))),
      );
    }

    // -- paging ----------------------------------------------------------------------------------------------------------
    const common = { text: '您' };
    const cursors: (string | null)[] = [null];
    for (let i = 0; i < 999; i++) {
      const cursor: string | null = reader.search(common, ALL, { limit: 50, cursor: cursors.at(-1) ?? null }).cursor;
      if (cursor === null) break;
      cursors.push(cursor);
    }
    const pages = (list: readonly (string | null)[]): Timing =>
      timing(list.map((cursor) => clock(() => reader.search(common, ALL, { limit: 50, cursor }))));
    row('page 1', show(pages(Array.from({ length: 40 }, () => null))));
    row(`page ${cursors.length}`, show(pages(cursors.slice(-40))));

    // -- truth and size --------------------------------------------------------------------------------------------------
    const verified = verify(db, reader, texts, total, log);
    const bytes = (name: string): number => statSync(join(directory, name)).size;
    const records = bytes('records.db');
    const index = bytes('search.db');
    row(
      'size of the index against the records',
      `${(index / 1e6).toFixed(0)} MB / ${(records / 1e6).toFixed(0)} MB = ${(index / records).toFixed(2)}`,
      '',
      peers === null ? '' : `${(peers.bytes / 1e6).toFixed(0)} MB`,
    );
    db.close();
    peers?.close();

    lines.push(
      `${total.toLocaleString('en')} messages, encrypted, ${cpus().length} × ${cpus()[0]?.model ?? ''}, Node ${process.versions.node}. ${texts.length} queries. Milliseconds${busyMachine ? ' of processor time' : ''}: p50 / p95 / worst. ${verified}`,
      '',
      '| what | workbench | LIKE | FTS5 trigram | covering index |',
      '|---|---|---|---|---|',
      ...table.map((cells) => `| ${[...cells, '', '', '', ''].slice(0, 5).join(' | ')} |`),
    );
    return lines.join('\n');
  } finally {
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  }
}

/** Pieces of real texts, 1 to 6 characters: common and rare ones as they come. */
function textQueries(db: ReadableDatabase): string[] {
  const prng = createPrng(77);
  const [low, high] = db.readRaw<[number, number]>('SELECT min(id), max(id) FROM messages').get() ?? [0, 0];
  const queries = new Set<string>();
  while (queries.size < QUERIES) {
    const text = db
      .readOne<string>('SELECT text FROM messages WHERE id >= ? AND text IS NOT NULL LIMIT 1')
      .get(low + Math.floor(prng.next() * (high - low)));
    if (text === undefined) continue;
    const points = [...text];
    const length = 1 + (queries.size % 6);
    const from = prng.int(Math.max(1, points.length - length + 1));
    const piece = points.slice(from, from + length).join('');
    if (/[\s"“”＂-]/.test(piece) || piece === '') continue;
    queries.add(piece);
  }
  return [...queries];
}

/** Compares the newest 50 and the exact count of every query with a scan. */
function verify(
  db: ReadableDatabase,
  reader: SearchReader,
  texts: readonly string[],
  total: number,
  log: (line: string) => void,
): string {
  const expected = texts.map((text) => ({ query: parseTextQuery(text), count: 0, newest: [] as number[] }));
  const step = total > VERIFY_ALL ? Math.ceil(expected.length / 12) : 1;
  const checked = expected.filter((_, i) => i % step === 0);
  const rows = db.readRaw<[number, string | null]>(
    'SELECT id, text FROM messages WHERE id < ? ORDER BY id DESC LIMIT 50000',
  );
  for (let below = Number.MAX_SAFE_INTEGER; ;) {
    const part = rows.all(below);
    for (const [id, text] of part) {
      if (text === null) continue;
      const folded = fold(text);
      for (const one of checked) {
        if (matchesFolded(folded, one.query)) {
          one.count++;
          if (one.newest.length < 50) one.newest.push(id);
        }
      }
    }
    const last = part.at(-1)?.[0];
    if (last === undefined) break;
    below = last;
  }
  let wrong = 0;
  expected.forEach((one, i) => {
    if (i % step !== 0) return;
    const query = { text: texts[i] as string };
    const page = reader.search(query, ALL, { limit: 50, cursor: null }).rows.map((row) => row.message_key as number);
    if (JSON.stringify(page) !== JSON.stringify(one.newest) || reader.count(query, ALL, null).count !== one.count) {
      wrong++;
      log(`differs from a scan: ${JSON.stringify(texts[i])}`);
    }
  });
  return `${checked.length} answers and counts compared with a scan of all texts: ${wrong} differ.`;
}

interface Peers {
  readonly bytes: number;
  like(text: string, limit: number): unknown;
  likeCount(text: string): unknown;
  trigram(text: string, limit: number): unknown;
  overview(from: number, to: number): unknown;
  close(): void;
}

/** What one would write without this program's index: same rows, same encryption. */
function openPeers(directory: string, source: ReadableDatabase, log: (line: string) => void): Peers {
  const path = join(directory, 'peers.db');
  const db = openWritable(path, KEY);
  if ((db.readOne<number>("SELECT count(*) FROM sqlite_schema WHERE name = 'done'").get() ?? 0) === 0) {
    log('building the peers …');
    db.execute(`
      PRAGMA synchronous = OFF;
      CREATE VIRTUAL TABLE grams USING fts5(text, content='', tokenize='trigram', detail=full);
      CREATE TABLE plain (id INTEGER PRIMARY KEY, agent INTEGER, conversation INTEGER, consumer INTEGER, sender_role INTEGER, sent_at INTEGER);`);
    const rows = source.readRaw<[number, string | null, number | null, number, number | null, number, number]>(
      'SELECT m.id, m.text, m.agent, m.conversation, c.consumer, m.sender_role, m.sent_at FROM messages m JOIN conversations c ON c.id = m.conversation WHERE m.id > ? ORDER BY m.id LIMIT 20000',
    );
    for (let after = -1; ;) {
      const part = rows.all(after);
      const last = part.at(-1)?.[0];
      if (last === undefined) break;
      db.transaction(() => {
        for (const [id, text, agent, conversation, consumer, role, at] of part) {
          if (text !== null) db.write('INSERT INTO grams (rowid, text) VALUES (?, ?)').run(BigInt(id), text);
          db.write('INSERT INTO plain VALUES (?, ?, ?, ?, ?, ?)').run(id, agent, conversation, consumer, role, at);
        }
      });
      after = last;
    }
    db.execute(
      "INSERT INTO grams (grams) VALUES ('optimize'); CREATE INDEX plain_cover ON plain (sent_at, agent, conversation, consumer, sender_role); CREATE TABLE done (x); PRAGMA wal_checkpoint(TRUNCATE);",
    );
  }
  const escaped = (text: string): string => `%${text.replace(/[%_\\]/g, '\\$&')}%`;
  return {
    bytes: db.readOne<number>('SELECT sum(octet_length(block)) FROM grams_data').get() ?? 0,
    like: (text, limit) =>
      source
        .readOne("SELECT id FROM messages WHERE text LIKE ? ESCAPE '\\' ORDER BY id DESC LIMIT ?")
        .all(escaped(text), BigInt(limit)),
    likeCount: (text) =>
      source.readOne("SELECT count(*) FROM messages WHERE text LIKE ? ESCAPE '\\'").get(escaped(text)),
    trigram: (text, limit) =>
      db
        .readOne('SELECT rowid FROM grams WHERE grams MATCH ? ORDER BY rowid DESC LIMIT ?')
        .all(`"${text.replaceAll('"', '""')}"`, BigInt(limit)),
    // Less than the overview says: no first response, no "unanswered".
    overview: (from, to) =>
      db
        .readRaw(
          'SELECT agent, count(*), count(DISTINCT conversation), count(DISTINCT consumer) FROM plain INDEXED BY plain_cover WHERE sent_at >= ? AND sent_at < ? GROUP BY agent',
        )
        .all(from, to),
    close: () => db.close(),
  };
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: process.env['BENCH_MESSAGES'] ?? '1000000' },
      data: { type: 'string' },
      out: { type: 'string' },
      peers: { type: 'string', default: 'yes' },
      cpu: { type: 'string', default: 'no' },
    },
  });
  busyMachine = values.cpu === 'yes';
  const report = await searchBench({
    messages: Number(values.messages),
    ...(values.data === undefined ? {} : { directory: values.data }),
    peers: values.peers !== 'no',
    log: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${report}\n`);
  if (values.out !== undefined) writeFileSync(values.out, `${report}\n`);
}
