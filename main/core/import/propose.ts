import type { ImportField, ImportMapping } from '#shared/contract/views.ts';
import type { SenderRole } from '#shared/protocol/entities.ts';
import { cleanName, isBlank, splitNumbers } from './cells.ts';
import { parseTime, proposeTimeFormat } from './time-format.ts';
import { fold, HEADER_WORDS, kindOfWord, recalledOfWord, senderInWord, senderOfWord, speechScore } from './words.ts';

export interface ProposalInput {
  /** Unique, as the mapping names columns. */
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly utcOffsetMinutes: number;
  readonly shop: string;
}

/** More different words than this are names, not roles. */
const MAX_SENDER_WORDS = 40;
const FIELDS = Object.keys(HEADER_WORDS) as ImportField[];

interface Column {
  readonly index: number;
  readonly values: readonly string[];
  /** Not blank. */
  readonly filled: readonly string[];
  readonly distinct: ReadonlySet<string>;
}

/**
 * Proposes a mapping from headers and values (SR11). Each pair of field and column gets a score from both; pairs are
 * taken from the best down, each field and column once. A header alone never maps a time column whose values are no times.
 */
export function proposeMapping(input: ProposalInput): ImportMapping {
  const columns = input.header.map((_, index): Column => {
    const values = input.rows.map((row) => row[index] ?? '');
    const filled = values.filter((value) => !isBlank(value));
    return { index, values, filled, distinct: new Set(filled) };
  });
  const pairs: { field: ImportField; column: Column; score: number }[] = [];
  for (const column of columns) {
    const name = fold(input.header[column.index] ?? '');
    for (const field of FIELDS) {
      const byHeader = headerScore(name, field);
      // Looked at only where they can decide: two thousand values for each pair would hold the program up.
      if (byHeader === 0 && !VALUES_ALONE.has(field)) continue;
      const byValues = valueScore(column, field);
      if (byValues === null) continue;
      // Values alone decide only where they speak for themselves.
      const score = byHeader > 0 ? byHeader * 2 + byValues : VALUES_ALONE.has(field) && byValues >= 0.85 ? byValues : 0;
      if (score >= 0.8) pairs.push({ field, column, score });
    }
  }
  pairs.sort((left, right) => right.score - left.score);
  const chosen = new Map<ImportField, Column>();
  const taken = new Set<Column>();
  for (const { field, column } of pairs) {
    if (chosen.has(field) || taken.has(column)) continue;
    chosen.set(field, column);
    taken.add(column);
  }
  if (!chosen.has('text')) {
    const talk = wordiest(columns.filter((column) => !taken.has(column)));
    if (talk !== null) {
      chosen.set('text', talk);
      taken.add(talk);
    }
  }
  const times = chosen.get('sent_at');
  return {
    columns: Object.fromEntries([...chosen].map(([field, column]) => [field, input.header[column.index] ?? ''])),
    senders: proposeSenders(chosen),
    time_format: times === undefined ? 'iso' : (timesOf(times)?.format ?? 'iso'),
    utc_offset_minutes: input.utcOffsetMinutes,
    shop: input.shop,
  };
}

const VALUES_ALONE: ReadonlySet<ImportField> = new Set(['sent_at', 'sender']);

/** 0 … 1: an exact name 1 (a little less further down the list), one that only contains it about a half. */
function headerScore(name: string, field: ImportField): number {
  if (name === '') return 0;
  const words = HEADER_WORDS[field];
  const exact = words.indexOf(name);
  if (exact !== -1) return 1 - exact / 400;
  let best = 0;
  for (const word of words) {
    // Short English words hide in others: "ts" in "texts".
    if (word.length >= (/^[a-z]+$/u.test(word) ? 4 : 2) && name.includes(word))
      best = Math.max(best, 0.4 + 0.2 * (word.length / name.length));
  }
  return best;
}

/** -0.5 … 1, or null where the values rule the field out. An empty column fits whatever its header says, weakly. */
function valueScore(column: Column, field: ImportField): number | null {
  const { filled, distinct } = column;
  // A file with headers and no row at all: the headers have to do.
  if (column.values.length === 0) return 0;
  if (filled.length === 0) return field === 'sent_at' || field === 'sender' || field === 'text' ? null : -0.2;
  const share = (test: (value: string) => boolean): number => filled.filter(test).length / filled.length;
  // "会话开始时间" names a conversation only by its words.
  if (field !== 'sent_at' && field !== 'text' && writtenTimes(column) > 0.9) return null;
  switch (field) {
    case 'sent_at': {
      const found = timesOf(column)?.share ?? 0;
      return found < 0.5 ? null : found - (looksLikeIds(column) ? 0.3 : 0);
    }
    case 'sender': {
      const known = share((value) => senderInWord(value) !== null);
      if (distinct.size > MAX_SENDER_WORDS) return known >= 0.9 ? 0.2 : -0.3;
      // Accounts such as "客服09" also name a role; roles alternate, accounts all say the same.
      const roles = new Set([...distinct].map(senderInWord));
      const whole = share((value) => senderOfWord(value) !== null);
      if (known >= 0.9)
        return roles.has('agent') && roles.has('consumer') ? 0.6 + 0.4 * whole : whole >= 0.9 ? 0.3 : -0.4;
      return distinct.size <= 4 && distinct.size >= 2 && share((value) => /^\d$/u.test(value.trim())) === 1 ? 0.3 : 0;
    }
    case 'text': {
      if ((timesOf(column)?.share ?? 0) > 0.9 && distinct.size > 3) return null;
      const variety = distinct.size / filled.length;
      const length = filled.reduce((sum, value) => sum + value.length, 0) / filled.length;
      return Math.min(1, length / 15) * 0.5 + variety * 0.5;
    }
    case 'order_no':
    case 'violation_no':
      return (
        share((value) => splitNumbers(value).every((number) => /^(?=.*\d)[\p{L}\p{N}_.-]{2,64}$/u.test(number))) - 0.3
      );
    case 'message_id':
      // A few rows told twice or without an id are normal. Row numbers start anew in every file and would make two files'
      // messages one.
      if (distinct.size < filled.length * 0.9 || filled.length < column.values.length * 0.9) return null;
      return share((value) => /^\d{1,6}$/u.test(value.trim())) > 0.9 ? -0.2 : 0.4;
    case 'conversation_id':
      return share((value) => value.trim().length <= 128) === 1 ? 0.3 : null;
    case 'kind':
      return share((value) => kindOfWord(value) !== null) >= 0.5 ? 0.5 : null;
    case 'recalled':
      return share((value) => recalledOfWord(value) !== null) >= 0.8 ? 0.4 : null;
    case 'agent':
    case 'consumer': {
      // A column of role words is the sender's, whatever its header.
      const words = share((value) => senderOfWord(value) !== null);
      return words > 0.9 && distinct.size <= 4 ? null : 0.2;
    }
    case 'shop':
      return 0.2;
  }
}

/** Asked for each field, computed once a column. */
const timesOf = once((column: Column) => proposeTimeFormat(column.filled));
const writtenTimes = once(
  (column: Column) => column.filled.filter(isWrittenTime).length / Math.max(1, column.filled.length),
);

function once<K extends object, V>(work: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const found = known.get(key) ?? { value: work(key) };
    known.set(key, found);
    return found.value;
  };
}

/** A time with separators; a bare number may be anything. */
function isWrittenTime(value: string): boolean {
  return /\d[-/.:年]\d/u.test(value) && parseTime(value, 'iso', 0) !== null;
}

/** Numbers without any separator that repeat in no time-like way: account numbers can pass for epochs. */
function looksLikeIds(column: Column): boolean {
  return (
    column.distinct.size <= column.filled.length / 3 && column.filled.every((value) => /^\d{9,13}$/u.test(value.trim()))
  );
}

/** The column that reads like talk, when no header said so. */
function wordiest(columns: readonly Column[]): Column | null {
  let best: { column: Column; length: number } | null = null;
  for (const column of columns) {
    if (column.filled.length === 0 || column.distinct.size < Math.min(3, column.filled.length)) continue;
    if (!column.filled.some((value) => /[\p{L}]/u.test(value))) continue;
    const length = column.filled.reduce((sum, value) => sum + value.length, 0) / column.filled.length;
    if (length >= 3 && (best === null || length > best.length)) best = { column, length };
  }
  return best?.column ?? null;
}

const ANSWERING_SYSTEM: ReadonlySet<string> = new Set(['sys', 'system', 'bot', 'robot', 'assistant']);

function proposeSenders(chosen: ReadonlyMap<ImportField, Column>): Record<string, SenderRole> {
  const column = chosen.get('sender');
  const senders: Record<string, SenderRole> = {};
  if (column === undefined || column.distinct.size > MAX_SENDER_WORDS) return senders;
  const words = [...new Set([...column.distinct].map((word) => cleanName(word)))];
  const names = new Set(
    [chosen.get('agent'), chosen.get('consumer')].flatMap((found) => [...(found?.distinct ?? [])].map(cleanName)),
  );
  const unknown: string[] = [];
  for (const word of words) {
    const role = senderOfWord(word) ?? senderInWord(word);
    if (role !== null) senders[word] = role;
    // A person's name: the row's agent and consumer columns tell.
    else if (!names.has(word)) unknown.push(word);
  }
  // Dialogue data sets call the answering side "system".
  if (unknown.length === 0 && !Object.values(senders).includes('agent'))
    for (const word of words) if (ANSWERING_SYSTEM.has(fold(word))) senders[word] = 'agent';
  if (unknown.length === 0) return senders;
  const missing = (['agent', 'consumer'] as const).filter((role) => !Object.values(senders).includes(role));
  const [only] = unknown;
  const [missingRole] = missing;
  if (unknown.length === 1 && missing.length === 1 && only !== undefined && missingRole !== undefined) {
    senders[only] = missingRole;
    return senders;
  }
  if (missing.length < 2) return senders;
  // Codes: the two frequent ones are agent and consumer. Who opens a conversation and who asks is the consumer.
  const scores = new Map(unknown.map((word) => [word, { agent: 0, rows: 0 }]));
  const text = chosen.get('text');
  const conversation = chosen.get('conversation_id') ?? chosen.get('consumer');
  const opened = new Set<string>();
  for (let row = 0; row < column.values.length; row++) {
    const score = scores.get(cleanName(column.values[row] ?? ''));
    if (score === undefined) continue;
    score.rows++;
    score.agent += speechScore(text?.values[row]?.trim() ?? '');
    const key = conversation?.values[row] ?? '';
    if (conversation !== undefined && !opened.has(key)) score.agent -= 2;
    opened.add(key);
  }
  const frequent = [...scores].sort((left, right) => right[1].rows - left[1].rows).slice(0, 2);
  frequent.sort((left, right) => right[1].agent / right[1].rows - left[1].agent / left[1].rows);
  const [most, other] = frequent;
  if (most !== undefined && other !== undefined) {
    senders[most[0]] = 'agent';
    senders[other[0]] = 'consumer';
  } else if (most !== undefined) senders[most[0]] = most[1].agent > 0 ? 'agent' : 'consumer';
  for (const [word] of scores) senders[word] ??= 'system';
  return senders;
}
