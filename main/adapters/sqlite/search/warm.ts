import { SENDER_CODES } from '../codes.ts';
import type { ReadableDatabase } from '../connection.ts';
import { senderToken } from '#shared/search/tokens.ts';
import { INDEX_SCHEMA, isIndexReadable, readMonths } from './index-file.ts';
import { DEFAULT_ROLLUP_OFFSET_MS, ROLLUP_OFFSET_NAME, rollupDay } from './rollup.ts';

/** What an overview of the last 30 days reads. */
const DAYS = 31;
/** The newest messages: what is asked for most, and looked through for weak texts. */
const ROWS = 20_000;
const ROWS_A_STEP = 1_000;

/**
 * Reads what the first searches of a day would otherwise wait for: the head of each month of the index, the roll-up of the
 * last month, the newest messages with what their rows show. In steps of a few milliseconds from memory, so that whoever
 * runs them can answer in between; answers nothing and changes nothing.
 */
export function* warmUp(db: ReadableDatabase, indexed: boolean): Generator<void> {
  const months = indexed && isIndexReadable(db) ? readMonths(db, INDEX_SCHEMA) : [];
  const token = `"${senderToken(SENDER_CODES.consumer)}"`;
  for (const { name, built } of months) {
    if (!built) continue;
    yield;
    db.readOne(`SELECT rowid FROM ${INDEX_SCHEMA}.${name} WHERE ${name} MATCH ? ORDER BY rowid DESC LIMIT 1`).get(
      token,
    );
  }
  const newest = db.readOne<number | null>('SELECT max(id) FROM messages').get() ?? null;
  if (newest === null) return;
  const sentAt = db.readOne<number>('SELECT sent_at FROM messages WHERE id = ?').get(newest) ?? 0;
  const offset = Number(
    db.readOne<number | string | null>('SELECT value FROM meta WHERE name = ?').get(ROLLUP_OFFSET_NAME) ??
      DEFAULT_ROLLUP_OFFSET_MS,
  );
  const day = rollupDay(sentAt, offset);
  const pairs = db.readOne<number | null>(`
    SELECT count(p.last_out) FROM agent_day d JOIN agent_conversations p ON p.agent = d.agent AND p.conversation = d.conversation
    WHERE d.day = ?`);
  for (let back = 0; back < DAYS; back++) {
    yield;
    pairs.get(day - back);
  }
  const rows = db.readRaw<[number | null, number | null]>(`
    SELECT min(m.id), sum(length(m.text) + length(k.name)) FROM (SELECT id, text, conversation FROM messages WHERE id < ? ORDER BY id DESC LIMIT ?) m
    JOIN conversations c ON c.id = m.conversation LEFT JOIN consumers k ON k.id = c.consumer`);
  let below: number | null = newest + 1;
  for (let read = 0; read < ROWS && below !== null; read += ROWS_A_STEP) {
    yield;
    below = rows.get(below, BigInt(ROWS_A_STEP))?.[0] ?? null;
  }
}
