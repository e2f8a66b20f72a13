import { Option, type Command } from 'commander';
import { AppFailure } from '#shared/contract/errors.ts';
import { savedQuery, type SavedSearchContent } from '#shared/contract/saved-search.ts';
import { MAX_NUMBERS, SearchQuery, SearchState } from '#shared/contract/search-query.ts';
import { describeIssues } from '#shared/protocol/frames.ts';
import { MessageKind } from '#shared/protocol/entities.ts';
import { normaliseNumber, parseNumbers } from '#shared/search/numbers.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { decodeText } from '#main/core/import/encoding.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import type { Files } from '#main/core/ports/files.ts';
import { localMidnight, parseMoment } from './times.ts';
import { UsageError } from './usage.ts';

/** The filters of `search`, which `export` shares (EX1): the one search behind both. */
export interface FilterOptions {
  readonly text?: string;
  readonly agent?: string[];
  readonly order?: string[];
  readonly ordersFile?: string[];
  readonly violation?: string[];
  readonly violationsFile?: string[];
  readonly shop?: string[];
  readonly consumer?: string[];
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly direction?: 'from_consumer' | 'from_agent';
  readonly state?: string[];
  readonly kind?: string[];
}

/** Without a value from before: commander would otherwise add to the default. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

export function addFilters(command: Command, words: CliWords): Command {
  const { options } = words;
  return command
    .option('--text <text>', options.text)
    .option('--agent <agent>', options.agent, collect)
    .option('--order <number>', options.order, collect)
    .option('--orders-file <file>', options.ordersFile, collect)
    .option('--violation <number>', options.violation, collect)
    .option('--violations-file <file>', options.violationsFile, collect)
    .option('--shop <shop>', options.shop, collect)
    .option('--consumer <consumer>', options.consumer, collect)
    .option('--from <time>', options.from)
    .option('--to <time>', options.to)
    .option('--last <days>', options.last)
    .addOption(new Option('--direction <direction>', options.direction).choices(['from_consumer', 'from_agent']))
    .option('--state <state>', `${options.state}: ${SearchState.options.join(' ')}`, collect)
    .option('--kind <kind>', `${options.kind}: ${MessageKind.options.join(' ')}`, collect);
}

export interface ReadFilters {
  readonly query: SearchQuery;
  /** Malformed entries of the number files, with their line. */
  readonly invalid: readonly { readonly line: number; readonly text: string }[];
  /** Numbers were asked for, but not one was left: the answer is empty, never "everything". */
  readonly nothing: boolean;
}

/**
 * UsageError for what can't be meant; AppFailure TOO_MANY_NUMBERS and the files' own. `now`: wall clock. `saved`: what a
 * saved search asks for (SR9); an option that is given stands in the place of its part.
 */
export async function readFilters(
  options: FilterOptions,
  files: Files,
  words: CliWords,
  now: number,
  saved: SavedSearchContent | null = null,
): Promise<ReadFilters> {
  const invalid: { line: number; text: string }[] = [];
  const numbers = async (
    given: readonly string[] | undefined,
    numberFiles: readonly string[] | undefined,
  ): Promise<string[]> => {
    const found = new Set((given ?? []).map(normaliseNumber).filter((number) => number !== ''));
    for (const file of numberFiles ?? []) {
      const parsed = parseNumbers(await readText(files, file));
      invalid.push(...parsed.invalid);
      for (const number of parsed.numbers) found.add(number);
    }
    if (found.size > MAX_NUMBERS)
      throw new AppFailure('TOO_MANY_NUMBERS', 'too many numbers', { count: found.size, max: MAX_NUMBERS });
    return [...found];
  };
  const orders = await numbers(options.order, options.ordersFile);
  const violations = await numbers(options.violation, options.violationsFile);
  const range = readRange(options, words, now);
  const kept: Partial<SearchQuery> = saved === null ? {} : savedQuery(saved, now);
  const { from: _from, to: _to, ...withoutRange } = kept;
  const query: Record<string, unknown> = {
    ...(Object.keys(range).length > 0 ? withoutRange : kept),
    ...(options.text === undefined ? {} : { text: options.text }),
    ...(options.agent === undefined ? {} : { agents: options.agent }),
    ...(options.shop === undefined ? {} : { shops: options.shop }),
    ...(options.consumer === undefined ? {} : { consumers: options.consumer }),
    ...(orders.length === 0 ? {} : { orders }),
    ...(violations.length === 0 ? {} : { violations }),
    ...(options.direction === undefined ? {} : { direction: options.direction }),
    ...(options.state === undefined
      ? {}
      : { states: options.state.map((state) => choice('--state', SearchState.options, state, words)) }),
    ...(options.kind === undefined
      ? {}
      : { kinds: options.kind.map((kind) => choice('--kind', MessageKind.options, kind, words)) }),
    ...range,
  };
  const parsed = SearchQuery.safeParse(query);
  if (!parsed.success) throw new AppFailure('QUERY_INVALID', describeIssues(parsed.error));
  const asked = [options.order, options.ordersFile, options.violation, options.violationsFile].some(
    (given) => given !== undefined,
  );
  return { query: parsed.data, invalid, nothing: asked && orders.length === 0 && violations.length === 0 };
}

function readRange(options: FilterOptions, words: CliWords, now: number): { from?: number; to?: number } {
  const { usage } = words;
  if (options.last !== undefined) {
    if (options.from !== undefined || options.to !== undefined) throw new UsageError(usage.lastAndRange);
    const days = /^(\d{1,4})d$/u.exec(options.last);
    if (days === null || Number(days[1]) === 0) throw new UsageError(usage.last);
    // Whole calendar days with today as the last one (SR3: today, last 7, last 30 days).
    return { from: localMidnight(now, 1 - Number(days[1])) };
  }
  const moment = (option: string, text: string): { at: number; dayOnly: boolean } => {
    const found = parseMoment(text);
    if (found === null) throw new UsageError(fill(usage.time, { option, value: text }));
    return found;
  };
  const range: { from?: number; to?: number } = {};
  if (options.from !== undefined) range.from = moment('--from', options.from).at;
  if (options.to !== undefined) {
    const { at, dayOnly } = moment('--to', options.to);
    range.to = dayOnly ? localMidnight(at, 1) : at;
  }
  if (range.from !== undefined && range.to !== undefined && range.from >= range.to)
    throw new UsageError(usage.emptyRange);
  return range;
}

export function choice<T extends string>(option: string, choices: readonly T[], value: string, words: CliWords): T {
  const found = choices.find((candidate) => candidate === value);
  if (found === undefined)
    throw new UsageError(fill(words.usage.choice, { option, choices: choices.join(' | '), value }));
  return found;
}

/** A whole number of an option. */
export function integer(option: string, text: string, min: number, max: number, words: CliWords): number {
  const value = /^\d+$/u.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new UsageError(fill(words.usage.number, { option, min, max, value: text }));
  return value;
}

/** Far more than 10,000 numbers ever need. */
const MAX_NUMBER_FILE = 16 * 1024 * 1024;

async function readText(files: Files, file: string): Promise<string> {
  const { bytes } = await files.describe(file);
  if (bytes > MAX_NUMBER_FILE)
    throw new AppFailure('FILE_TOO_LARGE', 'a file of numbers this large', { bytes, max: MAX_NUMBER_FILE });
  let start = '';
  for await (const part of files.read(file, { end: 4 })) start += String.fromCharCode(...part);
  if (start === 'PK\u0003\u0004') return readCells(files, file, bytes);
  let text = '';
  for await (const part of decodeText(files.read(file)).text) text += part;
  return text;
}

/** The cells of a spreadsheet's first sheet with any, each row on the line of its number. FILE_EMPTY, FILE_TOO_LARGE. */
async function readCells(files: Files, file: string, bytes: number): Promise<string> {
  const book = await createXlsxReader().open({ bytes, read: (range) => files.read(file, range) });
  try {
    for (const index of book.sheets.keys()) {
      let text = '';
      let line = 1;
      for await (const batch of book.rows(index)) {
        for (const row of batch) {
          text += `${'\n'.repeat(row.line - line)}${row.cells.join('\t')}`;
          ({ line } = row);
        }
        if (text.length > MAX_NUMBER_FILE)
          throw new AppFailure('FILE_TOO_LARGE', 'a sheet of numbers this large', { max: MAX_NUMBER_FILE });
      }
      if (text !== '') return text;
    }
    throw new AppFailure('FILE_EMPTY', 'no sheet has rows');
  } finally {
    await book.close();
  }
}
