import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Option, type Command } from 'commander';
import type { AgentOverviewRow, ConsumerRow, NumberRow, SearchRow } from '#shared/contract/views.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { isoWithOffset, localOffsetMinutes } from '#shared/lib/iso-time.ts';
import type { Store, Visibility } from '#main/core/ports/store.ts';
import { visibilityOf } from '#main/core/search/visibility.ts';
import { createPackageOpener } from '../../package-opener.ts';
import {
  addFilters,
  checkFilters,
  hasNumbers,
  integer,
  mayHaveNumbers,
  readFilters,
  type FilterOptions,
} from '../filters.ts';
import { commandLineFiles } from '../files.ts';
import { withStore } from '../open-store.ts';
import type { Output } from '../output.ts';
import type { Action, GlobalOptions } from '../program.ts';
import { UsageError } from '../usage.ts';

interface SearchOptions extends FilterOptions {
  readonly limit: string;
  readonly cursor?: string;
  readonly count?: boolean;
  readonly by?: 'agent' | 'number' | 'consumer';
  readonly package?: string;
}

const PAGE = 1_000;
const MAX_LIMIT = 1_000_000;
const DEFAULT_LIMIT = 50;

const isoOf = (at: number): string => isoWithOffset(at, localOffsetMinutes(at));

/** SR1–SR5, SR9, SR10. */
export function addSearch(program: Command, words: CliWords, action: Action): void {
  addFilters(program.command('search').description(words.commands.search), words)
    .option('--limit <n>', words.options.limit, String(DEFAULT_LIMIT))
    .option('--cursor <cursor>', words.options.cursor)
    .option('--count', words.options.count)
    .option('--package <file>', words.options.package)
    .addOption(new Option('--by <what>', words.options.by).choices(['agent', 'number', 'consumer']))
    .action(
      action(async ({ output, global, signal }, options: SearchOptions) => {
        const { usage } = words;
        const limit = integer('--limit', options.limit, 1, MAX_LIMIT, words);
        if (options.count === true && options.by !== undefined) throw new UsageError(usage.oneMode);
        if (
          options.cursor !== undefined &&
          (options.count === true || options.by === 'agent' || options.by === 'number')
        )
          throw new UsageError(usage.cursorWithMode);
        checkFilters(options, words);
        if (options.by === 'number' && !mayHaveNumbers(options)) throw new UsageError(usage.byNumber);
        const files = commandLineFiles();
        return withSearched(options.package, output, words, signal, global, async (store, damaged) => {
          const { query, nothing, invalid } = await readFilters(options, files, words, Date.now(), store);
          if (options.by === 'number' && !nothing && !hasNumbers(query)) throw new UsageError(usage.byNumber);
          if (invalid.length > 0) output.say(fill(words.invalidNumbers, { count: invalid.length }));
          const visibility: Visibility = options.package === undefined ? await visibilityOf(store) : { kind: 'all' };
          if (options.count === true) {
            const { count } = nothing ? { count: 0 } : await store.count(query, visibility, null, signal);
            if (output.json) output.result({ count });
            else output.line(String(count));
          } else if (options.by === 'agent') {
            const agents = nothing ? [] : await store.searchAgents(query, visibility, signal);
            if (output.json) output.result({ agents: agents.map(agentResult) });
            else
              for (const row of agents)
                output.line([row.agent, row.receptions, row.sessions, row.messages, row.unanswered].join('\t'));
          } else if (options.by === 'number') {
            const numbers: readonly NumberRow[] = nothing ? [] : await store.searchNumbers(query, visibility, signal);
            if (output.json) output.result({ numbers, invalid });
            else
              for (const row of numbers)
                output.line([row.number, row.hit ? '+' : '-', row.conversations, row.messages].join('\t'));
          } else if (options.by === 'consumer') {
            const found = await pages<ConsumerRow>(limit, options.cursor ?? null, nothing, async (page) => {
              const { consumers, cursor } = await store.searchConsumers(query, visibility, page, signal);
              return { rows: consumers, cursor };
            });
            if (output.json) output.result({ consumers: found.rows.map(consumerResult), cursor: found.cursor });
            else
              for (const row of found.rows)
                output.line([row.consumer, row.shop, row.sessions, row.messages, isoOf(row.last_at)].join('\t'));
          } else {
            const found = await pages<SearchRow>(limit, options.cursor ?? null, nothing, (page) =>
              store.search(query, visibility, page, signal),
            );
            const isDamaged = (row: SearchRow): boolean => damaged.has(row.message_id);
            if (output.json)
              output.result({
                rows: found.rows.map((row) => ({
                  ...rowResult(row),
                  ...(isDamaged(row) ? { damaged: true } : {}),
                })),
                cursor: found.cursor,
              });
            else {
              for (const row of found.rows)
                output.line(isDamaged(row) ? `${readable(row)}\t[${words.damagedRow}]` : readable(row));
              if (found.cursor !== null) output.say(fill(words.moreRows, { cursor: found.cursor }));
            }
          }
          return 0;
        });
      }),
    );
}

/**
 * The records of the profile, or of a package (EX7), which needs no profile: it is read into an encrypted store of its own
 * that is gone when the command ends. What is not as it was exported is said on standard error, and makes the exit code 1.
 */
async function withSearched(
  file: string | undefined,
  output: Output,
  words: CliWords,
  signal: AbortSignal,
  global: GlobalOptions,
  work: (store: Store, damaged: ReadonlySet<string>) => Promise<number>,
): Promise<number> {
  if (file === undefined) return withStore(global, ({ store }) => work(store, new Set()), { reading: true });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'workbench-package-'));
  try {
    const opener = createPackageOpener({ folder, resolve: (name) => path.resolve(name) });
    await commandLineFiles().describe(file);
    const opened = await opener.open(file, {
      signal,
      progress: (share) => output.progress(Math.floor(share * 100), 100),
    });
    try {
      const { report } = opened;
      if (!report.ok) output.say(fill(words.packageDamaged, { file, problems: report.problems.length + report.more }));
      const code = await work(opened.store, opened.damaged);
      return report.ok ? code : 1;
    } finally {
      await opened.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As many pages as the limit takes; the answer's cursor goes on where it ended. */
async function pages<T>(
  limit: number,
  start: string | null,
  nothing: boolean,
  load: (page: {
    limit: number;
    cursor: string | null;
  }) => Promise<{ readonly rows: readonly T[]; readonly cursor: string | null }>,
): Promise<{ readonly rows: readonly T[]; readonly cursor: string | null }> {
  if (nothing) return { rows: [], cursor: null };
  const rows: T[] = [];
  let cursor = start;
  do {
    const page = await load({ limit: Math.min(PAGE, limit - rows.length), cursor });
    for (const row of page.rows) rows.push(row);
    ({ cursor } = page);
  } while (cursor !== null && rows.length < limit);
  return { rows, cursor };
}

/** The shapes of design.md: fields may be added, not renamed. */
function rowResult(row: SearchRow): Record<string, unknown> {
  return {
    message_id: row.message_id,
    conversation_id: row.conversation_id,
    shop: row.shop,
    agent: row.agent,
    consumer: row.consumer,
    order_nos: row.order_nos,
    violation_nos: row.violation_nos,
    sent_at: isoOf(row.sent_at),
    sender: row.sender,
    sender_name: row.sender_name,
    kind: row.kind,
    text: row.text,
    recalled: row.recalled,
    matches: row.matches,
  };
}

function agentResult(row: AgentOverviewRow): Record<string, unknown> {
  const { agent, account, receptions, sessions, messages, unanswered, recalls, median_first_response_ms } = row;
  return { agent, account, receptions, sessions, messages, unanswered, recalls, median_first_response_ms };
}

function consumerResult(row: ConsumerRow): Record<string, unknown> {
  return {
    consumer: row.consumer,
    shop: row.shop,
    sessions: row.sessions,
    messages: row.messages,
    last_at: isoOf(row.last_at),
    unanswered: row.unanswered,
    ...(row.unanswered_from === undefined ? {} : { unanswered_from: isoOf(row.unanswered_from) }),
    ...(row.unanswered_until === undefined
      ? {}
      : { unanswered_until: row.unanswered_until === null ? null : isoOf(row.unanswered_until) }),
  };
}

/** Control characters of a message must not steer the terminal (SE2). */
function readable(row: SearchRow): string {
  const text = row.text.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ');
  return [isoOf(row.sent_at), row.shop, row.agent, row.consumer, row.sender, text].join('\t');
}
