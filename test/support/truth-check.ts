import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { attach, openReadable, pragma, type ReadableDatabase } from '#main/adapters/sqlite/connection.ts';
import { checkStore } from '#main/adapters/sqlite/check.ts';
import { openRecordsForReading } from '#main/adapters/sqlite/open-records.ts';
import { SEARCH_FILE } from '#main/adapters/sqlite/profile-files.ts';
import { Flag, STATUS_CODES } from '#main/adapters/sqlite/codes.ts';
import { truthText, type TruthGateway } from './truth-gateway.ts';

/** What must hold of a profile's files beside a gateway, at any instant and when both have come to rest. */

const KEY = new Uint8Array(32).fill(7);

export interface Accepted {
  readonly conversation: string;
  readonly text: string;
}

/** Nothing lost, nothing twice, right after a kill: an empty list, or what is wrong. Reads the files as they lie. */
export function problemsAfterKill(directory: string, gateway: TruthGateway, accepted: readonly Accepted[]): string[] {
  if (!existsSync(join(directory, 'records.db'))) return accepted.length === 0 ? [] : ['records.db is gone'];
  const db = openRecordsForReading(directory, KEY);
  try {
    return db.snapshot(() => {
      if (pragma(db, 'user_version')[0]?.['user_version'] === 0)
        return accepted.length === 0 ? [] : ['the schema is gone'];
      return [...rowProblems(db, gateway), ...sendProblems(db, gateway, accepted), ...integrity(db)];
    });
  } finally {
    db.close();
  }
}

function integrity(db: ReadableDatabase): string[] {
  const answers = pragma(db, 'main.integrity_check(5)').map((row) => String(Object.values(row)[0]));
  return answers.length === 1 && answers[0] === 'ok' ? [] : answers.map((answer) => `integrity: ${answer}`);
}

function rowProblems(db: ReadableDatabase, gateway: TruthGateway): string[] {
  const problems: string[] = [];
  const [account] = db.read<{ event_seq: number; has_cursor: number }>('SELECT * FROM accounts').all();
  if (account === undefined) return gateway.acked === 0 ? [] : ['the account is gone'];
  const cursor = account.event_seq;
  // Acknowledged means stored (SY2).
  if (cursor < gateway.acked) problems.push(`cursor ${cursor} behind acknowledged ${gateway.acked}`);
  if (cursor > gateway.lastSeq) problems.push(`cursor ${cursor} ahead of ${gateway.lastSeq}`);
  if (account.has_cursor === 0) return problems;
  const rows = db
    .readRaw<[string, number, number, number]>(
      `SELECT c.conversation_id, count(m.id), count(m.conv_seq), max(m.conv_seq)
       FROM conversations c LEFT JOIN messages m ON m.conversation = c.id GROUP BY c.id`,
    )
    .all();
  const found = new Map(rows.map(([id, ...counts]) => [id, counts]));
  const missing = new Map(
    db
      .readRaw<[string, number]>(
        `SELECT c.conversation_id, sum(g.to_seq - g.from_seq + 1) FROM gaps g JOIN conversations c ON c.id = g.conversation GROUP BY c.id`,
      )
      .all(),
  );
  for (const [id, truth] of gateway.messages) {
    const due = truth.filter((message) => message.event_seq <= cursor).length;
    const [count = 0, numbered = 0, highest = 0] = found.get(id) ?? [];
    if (count !== numbered) problems.push(`${id}: ${count - numbered} messages without number`);
    if ((highest ?? 0) < due && (missing.get(id) ?? 0) === 0) problems.push(`${id}: ends at ${highest}, not ${due}`);
    if ((highest ?? 0) > truth.length) problems.push(`${id}: message ${highest} of ${truth.length}`);
    const holes = Math.max(highest ?? 0, due) - count;
    if (holes < 0 || holes > (missing.get(id) ?? 0))
      problems.push(`${id}: ${holes} numbers missing, ${missing.get(id) ?? 0} marked as a gap`);
  }
  return problems;
}

function sendProblems(db: ReadableDatabase, gateway: TruthGateway, accepted: readonly Accepted[]): string[] {
  const waiting = new Set(db.readOne<string>('SELECT text FROM outbox').all());
  return atGateway(gateway, accepted, waiting);
}

/** Every accepted send is at the gateway once, in its conversation, in order; or among `waiting`. */
function atGateway(gateway: TruthGateway, accepted: readonly Accepted[], waiting: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  const ordinals = new Map<string, number>();
  for (const [id, list] of gateway.messages) {
    let at = 0;
    for (const message of list) {
      if (message.client_msg_id === null) continue;
      const key = `${id} ${message.text}`;
      if (ordinals.has(key)) problems.push(`twice at the gateway: ${key}`);
      ordinals.set(key, at++);
    }
  }
  const last = new Map<string, number>();
  for (const { conversation, text } of accepted) {
    const ordinal = ordinals.get(`${conversation} ${text}`);
    if (ordinal === undefined) {
      if (!waiting.has(text)) problems.push(`lost: ${text}`);
      continue;
    }
    if (ordinal < (last.get(conversation) ?? -1)) problems.push(`out of order: ${text}`);
    last.set(conversation, ordinal);
  }
  return problems;
}

/** Everything at rest: the record equals the gateway's truth, row by row, nothing waits, nothing is missing. */
export function problemsAtRest(directory: string, gateway: TruthGateway, accepted: readonly Accepted[]): string[] {
  const db = openRecordsForReading(directory, KEY);
  try {
    const problems = [...rowProblems(db, gateway), ...atGateway(gateway, accepted, new Set()), ...integrity(db)];
    const left = db.readOne<number>('SELECT count(*) FROM outbox').get() ?? 0;
    if (left > 0) problems.push(`${left} sends still wait`);
    const gaps = db.readOne<number>('SELECT count(*) FROM gaps').get() ?? 0;
    if (gaps > 0) problems.push(`${gaps} gaps`);
    problems.push(...contentProblems(db, gateway));
    return problems;
  } finally {
    db.close();
  }
}

function contentProblems(db: ReadableDatabase, gateway: TruthGateway): string[] {
  const problems: string[] = [];
  const rows = db.read<{
    conversation_id: string;
    msg_id: string;
    conv_seq: number;
    text: string | null;
    sealed: string | null;
    flags: number;
    status: number;
  }>(
    `SELECT c.conversation_id, m.msg_id, m.conv_seq, m.text, s.text AS sealed, m.flags, m.status
     FROM messages m JOIN conversations c ON c.id = m.conversation LEFT JOIN seals s ON s.message = m.id`,
  );
  let count = 0;
  for (const row of rows.iterate()) {
    count++;
    const truth = gateway.messages.get(row.conversation_id)?.[row.conv_seq - 1];
    const where = `${row.conversation_id} ${row.conv_seq}`;
    if (truth?.msg_id !== row.msg_id) problems.push(`${where}: is ${row.msg_id}, not ${truth?.msg_id}`);
    else if ((truth.recalled !== null) !== ((row.flags & Flag.RECALLED) !== 0)) problems.push(`${where}: recall`);
    else if ((truth.recalled === null ? row.text : row.sealed) !== truth.text) problems.push(`${where}: text`);
    else if (truth.recalled !== null && row.text !== null) problems.push(`${where}: a recalled text is shown`);
    else if (truth.client_msg_id === null && truth.text !== truthText(row.conversation_id, row.conv_seq))
      problems.push(`${where}: the gateway itself is wrong`);
    else if (truth.read !== (row.status === STATUS_CODES.read)) problems.push(`${where}: read state`);
    if (problems.length > 20) break;
  }
  const total = [...gateway.messages.values()].reduce((sum, list) => sum + list.length, 0);
  if (count !== total) problems.push(`${count} rows for ${total} messages`);
  return problems;
}

/** Doctor's own checks, index against rows among them, on the files as they lie. Disk space is not this test's matter. */
export function failedChecks(directory: string): string[] {
  const db = openRecordsForReading(directory, KEY);
  try {
    const path = join(directory, SEARCH_FILE);
    const indexed = existsSync(path);
    if (indexed) attach(db, path, 'search', KEY);
    return checkStore(db, { directory, indexed })
      .filter(({ ok, name }) => !ok && name !== 'store.disk')
      .map(({ name, detail }) => `${name}: ${detail}`);
  } finally {
    db.close();
  }
}

/** A copy under its final name is whole: it opens, passes its check, and holds messages and cursor that go together. */
export function backupProblems(path: string, gateway: TruthGateway): string[] {
  if (!existsSync(path)) return [];
  const db = openReadable(path, KEY);
  try {
    return [
      ...integrity(db),
      // An older copy is behind what is acknowledged, of course.
      ...rowProblems(db, gateway).filter((problem) => !problem.startsWith('cursor')),
    ];
  } finally {
    db.close();
    // What the look left behind.
  }
}
