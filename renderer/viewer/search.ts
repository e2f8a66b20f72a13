import { nameBuckets, termBuckets } from '#shared/package/grams.ts';
import { highlightRanges, matchesFolded, type Range } from '#shared/search/match.ts';
import { fold } from '#shared/search/normalise.ts';
import { normaliseNumber } from '#shared/search/numbers.ts';
import { parseTextQuery } from '#shared/search/query.ts';
import type { PackageFiles } from './package-files.ts';
import { toTranscript, type MessageRecord, type PackageRecord, type Transcript } from './records.ts';

export interface PageQuery {
  readonly text: string;
  /** Exact name; empty for all. */
  readonly agent: string;
  /** Order or violation number; selects the conversations that are linked to it (SR2). */
  readonly number: string;
  /** Milliseconds since 1970 UTC, [from, to). */
  readonly from: number | null;
  readonly to: number | null;
}

export interface Hit {
  readonly record: MessageRecord;
  readonly matches: readonly Range[];
}

export interface SearchStep {
  readonly hits: readonly Hit[];
  /** Chunks read and to be read. */
  readonly done: number;
  readonly total: number;
}

type Source = Pick<PackageFiles, 'index' | 'chunk' | 'grams'>;

/**
 * Finds what a scan of all records would (SR4), newest first, one step a chunk that can hold something. `check` throws to
 * stop.
 */
export async function* searchPackage(
  source: Source,
  query: PageQuery,
  check: () => void = () => {},
): AsyncGenerator<SearchStep, void> {
  const text = parseTextQuery(query.text);
  const number = query.number.trim() === '' ? null : normaliseNumber(query.number);
  const conversations = number === null ? null : await conversationsOf(source, number, check);
  const wanted = new Set<number>();
  for (const term of text.terms) for (const bucket of termBuckets(term, source.index.grams)) wanted.add(bucket);
  if (query.agent !== '')
    for (const bucket of nameBuckets('agent', query.agent, source.index.grams)) wanted.add(bucket);
  let chunks = await candidates(source, [...wanted]);
  if (conversations !== null) {
    const linked = new Set<number>();
    for (const id of conversations)
      for (const chunk of await candidates(source, nameBuckets('conversation', id, source.index.grams)))
        linked.add(chunk);
    chunks = chunks.filter((chunk) => linked.has(chunk));
  }
  chunks = chunks.filter((chunk) => {
    const { from, to } = source.index.chunks[chunk - 1] ?? { from: null, to: null };
    if (from === null || to === null) return false;
    return (query.from === null || to >= query.from) && (query.to === null || from < query.to);
  });
  for (const [at, chunk] of chunks.entries()) {
    check();
    const hits: Hit[] = [];
    for (const record of await source.chunk(chunk)) {
      if (record.type !== 'message') continue;
      if (query.agent !== '' && record.agent !== query.agent) continue;
      if (conversations !== null && !conversations.has(record.conversation_id)) continue;
      if (query.from !== null || query.to !== null) {
        const sentAt = Date.parse(record.sent_at);
        if ((query.from !== null && sentAt < query.from) || (query.to !== null && sentAt >= query.to)) continue;
      }
      const said = record.text ?? '';
      if (!matchesFolded(fold(said), text)) continue;
      hits.push({ record, matches: highlightRanges(said, text) });
    }
    yield { hits, done: at + 1, total: chunks.length };
  }
}

/** The conversation's records, wherever they lie. */
export async function readTranscript(
  source: Source,
  conversation: string,
  check: () => void = () => {},
): Promise<Transcript> {
  const records: PackageRecord[] = [];
  for (const chunk of await candidates(source, nameBuckets('conversation', conversation, source.index.grams))) {
    check();
    for (const record of await source.chunk(chunk)) if (record.conversation_id === conversation) records.push(record);
  }
  return toTranscript(records);
}

async function conversationsOf(source: Source, number: string, check: () => void): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const chunk of await candidates(source, nameBuckets('number', number, source.index.grams))) {
    check();
    for (const record of await source.chunk(chunk)) {
      if (record.type !== 'message' && record.type !== 'conversation') continue;
      const numbers = [...(record.order_nos ?? []), ...(record.violation_nos ?? [])];
      if (numbers.some((own) => own === number || normaliseNumber(own) === number)) found.add(record.conversation_id);
    }
  }
  return found;
}

/** Chunks (from 1) in which all these buckets are set; all of them where there is no table. */
async function candidates(source: Source, buckets: readonly number[]): Promise<number[]> {
  const { chunks, grams } = source.index;
  let left = chunks.map((_, at) => at + 1);
  if (grams.files === 0) return left;
  for (const bucket of buckets) {
    const file = Math.floor(bucket / grams.perFile);
    const bytes = await source.grams(file + 1);
    const row = (bucket - file * grams.perFile) * grams.rowBytes;
    left = left.filter((chunk) => ((bytes[row + ((chunk - 1) >> 3)] ?? 0) & (1 << ((chunk - 1) & 7))) !== 0);
    if (left.length === 0) break;
  }
  return left;
}
