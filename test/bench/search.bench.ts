import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { attach, openReadable, openWritable, type ReadableDatabase } from '#main/adapters/sqlite/connection.ts';
import { createSearchReader, type SearchReader } from '#main/adapters/sqlite/search/reader.ts';
import { seed } from '#main/adapters/sqlite/seed.ts';
import type { Visibility } from '#main/core/ports/store.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { matchesFolded } from '#shared/search/match.ts';
import { fold } from '#shared/search/normalise.ts';
import { parseTextQuery } from '#shared/search/query.ts';
import { textsToFind } from './support/searched.ts';
import { spread, type Spread } from './support/statistics.ts';

/**
 * The targets of the record search (docs/benchmarks.md), measured on seeded records with the peers in the same run: LIKE,
 * FTS5's own trigram tokenizer and a bare covering index. Prints a Markdown table.
 *
 *   node test/bench/search.bench.ts [--messages 10000000] [--data DIR (kept, reused)] [--out FILE] [--peers no]
 *
 * Writing at that size: `bench ingest` with the same --data. From key press to rows: `bench records`.
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
/** Queries that are asked with nothing in memory, each by a process of its own. */
const COLD = 40;

/** Milliseconds: by the clock, and of processor time, which says more on a machine that others use at the same time. */
interface Sample {
  readonly wall: number;
  readonly cpu: number;
}

const timing = (samples: readonly Sample[]): { readonly wall: Spread; readonly cpu: Spread } => ({
  wall: spread(samples.map(({ wall }) => wall)),
  cpu: spread(samples.map(({ cpu }) => cpu)),
});

function clock(work: () => unknown): Sample {
  const used = process.cpuUsage();
  const began = performance.now();
  work();
  const wall = performance.now() - began;
  const { user, system } = process.cpuUsage(used);
  return { wall, cpu: (user + system) / 1_000 };
}

const ms = (value: number): string =>
  value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
const show = ({ wall, cpu }: ReturnType<typeof timing>): string =>
  `${ms(wall.p50)} / ${ms(wall.p95)} / ${ms(wall.worst)} (${ms(cpu.p50)} / ${ms(cpu.p95)})`;

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
    const db = openBoth(directory);
    const reader = createSearchReader(db);
    const total = db.readOne<number>('SELECT count(*) FROM messages').get() ?? 0;
    const newest = db.readOne<number>('SELECT sent_at FROM messages ORDER BY id DESC LIMIT 1').get() ?? 0;
    const agent = db.readOne<string>('SELECT agent_id FROM agents ORDER BY id LIMIT 1').get() ?? '';
    const texts = textsToFind(db, QUERIES);
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
    const peers = options.peers ? openPeers(directory, db, log) : null;
    for (const [name, build] of variants) {
      row(
        `${name}, for the first time`,
        show(timing(texts.map((text) => clock(() => reader.search(build(text), ALL, page))))),
      );
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
    const files = ['records.db', 'search.db'].map((name) => join(directory, name));
    for (const [name, asked] of [
      ['newest 50, new process each time, files dropped from the system’s cache', {}],
      ['… and an agent, likewise', { agents: [agent] }],
    ] as const) {
      const samples = texts.slice(0, COLD).map((text) => {
        dropFromCache(files);
        const answer = execFileSync(process.execPath, [
          import.meta.filename,
          '--data',
          directory,
          '--ask',
          JSON.stringify({ text, ...asked }),
        ]);
        return JSON.parse(String(answer)) as Sample;
      });
      row(name, show(timing(samples)));
      log(`${name}: ${show(timing(samples))}`);
    }
    // A connection that knows nothing yet; what the operating system caches stays.
    const fresh = texts.slice(0, 40).map((text) => {
      const own = openBoth(directory);
      const took = clock(() => createSearchReader(own).search({ text }, ALL, page));
      own.close();
      return took;
    });
    row('newest 50, new connection each time', show(timing(fresh)));

    // -- counts ----------------------------------------------------------------------------------------------------------
    const counted = (): { readonly wall: Spread; readonly cpu: Spread } =>
      timing(texts.map((text) => clock(() => reader.count({ text }, ALL, null))));
    row('exact count, for the first time (files were dropped before)', show(counted()));
    const exact = counted();
    row(
      'exact count',
      show(exact),
      peers === null ? '' : show(timing(texts.slice(0, 24).map((text) => clock(() => peers.likeCount(text))))),
    );
    log(`exact count: ${show(exact)}`);
    row('count capped at 1,000', show(timing(texts.map((text) => clock(() => reader.count({ text }, ALL, 1_000))))));
    row(
      '… with an agent',
      show(timing(texts.map((text) => clock(() => reader.count({ text, agents: [agent] }, ALL, 1_000))))),
    );
    row(
      'exact count, agent',
      show(timing(texts.map((text) => clock(() => reader.count({ text, agents: [agent] }, ALL, null))))),
    );
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
    const pages = (list: readonly (string | null)[]): ReturnType<typeof timing> =>
      timing(list.map((cursor) => clock(() => reader.search(common, ALL, { limit: 50, cursor }))));
    // Forty different pages at each end: the same page forty times would be read from the processor's own cache.
    row('pages 1 to 40', show(pages(cursors.slice(0, 40))));
    row(`pages ${cursors.length - 39} to ${cursors.length}`, show(pages(cursors.slice(-40))));

    // -- truth and size --------------------------------------------------------------------------------------------------
    const verified = verify(db, reader, texts, agent, log);
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
      `${total.toLocaleString('en')} messages, encrypted, ${cpus().length} × ${cpus()[0]?.model ?? ''}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}. ${texts.length} queries. Milliseconds: p50 / p95 / worst (processor time p50 / p95). ${verified}`,
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

/** Compares the newest 50 and the exact count of every query, with and without an agent, with one scan of everything. */
function verify(
  db: ReadableDatabase,
  reader: SearchReader,
  texts: readonly string[],
  account: string,
  log: (line: string) => void,
): string {
  const agent = db.readOne<number>('SELECT id FROM agents WHERE agent_id = ?').get(account);
  const expected = texts.map((text) => ({
    text,
    parsed: parseTextQuery(text),
    all: { count: 0, newest: [] as number[] },
    own: { count: 0, newest: [] as number[] },
  }));
  const rows = db.readRaw<[number, string | null, number | null]>(
    'SELECT id, text, agent FROM messages WHERE id < ? ORDER BY id DESC LIMIT 50000',
  );
  const note = (into: { count: number; newest: number[] }, id: number): void => {
    into.count++;
    if (into.newest.length < 50) into.newest.push(id);
  };
  for (let below = Number.MAX_SAFE_INTEGER; ;) {
    const part = rows.all(below);
    for (const [id, text, owner] of part) {
      if (text === null) continue;
      const folded = fold(text);
      for (const { parsed, all, own } of expected) {
        if (!matchesFolded(folded, parsed)) continue;
        note(all, id);
        if (owner === agent) note(own, id);
      }
    }
    const last = part.at(-1)?.[0];
    if (last === undefined) break;
    below = last;
  }
  let wrong = 0;
  for (const { text, all, own } of expected) {
    const asked: [SearchQuery, { count: number; newest: number[] }][] = [
      [{ text }, all],
      [{ text, agents: [account] }, own],
    ];
    for (const [query, { count, newest }] of asked) {
      const page = reader.search(query, ALL, { limit: 50, cursor: null }).rows.map((row) => row.message_key as number);
      if (JSON.stringify(page) === JSON.stringify(newest) && reader.count(query, ALL, null).count === count) continue;
      wrong++;
      log(`differs from a scan: ${JSON.stringify(query)}`);
    }
  }
  return `${2 * expected.length} answers and counts, half of them with an agent, compared with a scan of all texts: ${wrong} differ.`;
}

/** What the system keeps of the files in memory, away. */
function dropFromCache(files: readonly string[]): void {
  for (const file of files) execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
}

/** One search by a process that has read nothing, from opening the files to the rows. */
function askOnce(directory: string, query: SearchQuery): Sample {
  let db: ReadableDatabase | null = null;
  const took = clock(() => {
    db = openBoth(directory);
    createSearchReader(db).search(query, ALL, { limit: 50, cursor: null });
  });
  (db as ReadableDatabase | null)?.close();
  return took;
}

function openBoth(directory: string): ReadableDatabase {
  const db = openReadable(join(directory, 'records.db'), KEY);
  attach(db, join(directory, 'search.db'), 'search', KEY);
  return db;
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
      ask: { type: 'string' },
    },
  });
  if (values.ask !== undefined && values.data !== undefined) {
    process.stdout.write(JSON.stringify(askOnce(values.data, JSON.parse(values.ask) as SearchQuery)));
    process.exit(0);
  }
  const report = await searchBench({
    messages: Number(values.messages),
    ...(values.data === undefined ? {} : { directory: values.data }),
    peers: values.peers !== 'no',
    log: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${report}\n`);
  if (values.out !== undefined) writeFileSync(values.out, `${report}\n`);
}
