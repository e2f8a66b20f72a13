import { Option, type Command } from 'commander';
import { AppFailure } from '#shared/contract/errors.ts';
import { savedQuery, type SavedSearchContent } from '#shared/contract/saved-search.ts';
import { MAX_NUMBERS, SearchQuery, SearchState } from '#shared/contract/search-query.ts';
import { describeIssues } from '#shared/protocol/frames.ts';
import { MessageKind } from '#shared/protocol/entities.ts';
import { normaliseNumber, parseNumbers } from '#shared/search/numbers.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { readNumberText } from '#main/core/search/number-file.ts';
import { readSavedSearches, readSavedSearchFile } from '#main/core/search/saved-searches.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import type { Files } from '#main/core/ports/files.ts';
import type { StoreReader } from '#main/core/ports/store.ts';
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
  /** Name of a search kept in this profile, or a file of one (SR9). */
  readonly saved?: string;
  readonly savedFile?: string;
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
    .option('--kind <kind>', `${options.kind}: ${MessageKind.options.join(' ')}`, collect)
    .option('--saved <name>', options.saved)
    .option('--saved-file <file>', options.savedFile);
}

export interface ReadFilters {
  readonly query: SearchQuery;
  /** Malformed entries of the number files, with their line. */
  readonly invalid: readonly { readonly line: number; readonly text: string }[];
  /** Numbers were asked for, but not one was left: the answer is empty, never "everything". */
  readonly nothing: boolean;
}

/** Refuses what can't be meant, before anything is opened or written. */
export function checkFilters(options: FilterOptions, words: CliWords): void {
  if (options.saved !== undefined && options.savedFile !== undefined) throw new UsageError(words.usage.oneSaved);
  readRange(options, words, 0);
  for (const state of options.state ?? []) choice('--state', SearchState.options, state, words);
  for (const kind of options.kind ?? []) choice('--kind', MessageKind.options, kind, words);
}

/** Numbers were asked for, or may be in the saved search. */
export function mayHaveNumbers(options: FilterOptions): boolean {
  const { order, ordersFile, violation, violationsFile, saved, savedFile } = options;
  return [order, ordersFile, violation, violationsFile, saved, savedFile].some((given) => given !== undefined);
}

/**
 * The filters as they were given, on top of the saved search that was named (SR9): an option that is given stands in the
 * place of its part. UsageError for what can't be meant; AppFailure TOO_MANY_NUMBERS, NOT_FOUND (no saved search of that
 * name) and the files' own. `now`: wall clock, for ranges by name.
 */
export async function readFilters(
  options: FilterOptions,
  files: Files,
  words: CliWords,
  now: number,
  store: Pick<StoreReader, 'savedSearches'>,
): Promise<ReadFilters> {
  checkFilters(options, words);
  const saved =
    options.saved !== undefined
      ? await savedByName(store, options.saved)
      : options.savedFile !== undefined
        ? (await readSavedSearchFile(files, options.savedFile)).search
        : null;
  const invalid: { line: number; text: string }[] = [];
  const numbers = async (
    given: readonly string[] | undefined,
    numberFiles: readonly string[] | undefined,
  ): Promise<string[]> => {
    const found = new Set((given ?? []).map(normaliseNumber).filter((number) => number !== ''));
    for (const file of numberFiles ?? []) {
      const parsed = parseNumbers(await readNumberText(files, createXlsxReader(), file));
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

async function savedByName(store: Pick<StoreReader, 'savedSearches'>, name: string): Promise<SavedSearchContent> {
  const found = (await readSavedSearches(store)).find((search) => search.name === name.trim());
  if (found === undefined) throw new AppFailure('NOT_FOUND', 'no saved search of that name', { name });
  return found.content;
}

/** Numbers or not: an answer by number needs some. */
export function hasNumbers(query: SearchQuery): boolean {
  return (query.orders ?? []).length + (query.violations ?? []).length > 0;
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
