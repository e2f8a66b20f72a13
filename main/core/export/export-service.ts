import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { SearchPage } from '#shared/contract/views.ts';
import { isoWithOffset } from '#shared/lib/iso-time.ts';
import { permitProfile } from '../accounts/acting.ts';
import { throwIfCancelled, type Jobs } from '../jobs/jobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Files } from '../ports/files.ts';
import type { Store, Visibility } from '../ports/store.ts';
import { BYTE_ORDER_MARK, csvHeader, csvLine, type CsvColumn } from './csv-lines.ts';
import { correctionLine, messageLine, recallLine } from './json-lines.ts';
import { createSheetExport, type SpreadsheetExport } from './sheet.ts';

export interface ExportPorts {
  readonly store: Store;
  readonly files: Files;
  readonly clock: Clock;
  readonly jobs: Jobs;
  /** What the exporting person may see (SR10), asked anew for each export. */
  visibility(): Visibility | Promise<Visibility>;
  /** Who exports, for the audit log (EX8). */
  actor(): string | Promise<string>;
  /** Minutes east of UTC of this desktop at a moment. */
  localOffsetMinutes(at: number): number;
  /** Header of a CSV column; the column's own name unless a host translates. */
  columnName?(column: CsvColumn): string;
  /** Without it XLSX is UNSUPPORTED. */
  readonly spreadsheet?: SpreadsheetExport;
}

export type ExportFormatName = 'csv' | 'jsonl' | 'xlsx';

export interface ExportReport {
  readonly file: string;
  /** Messages; a JSONL file has more lines where some were recalled or corrected. */
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

const PAGE = 1_000;
/** Bytes a row besides its text, measured on seeded records. */
const ROW_OVERHEAD: Readonly<Record<ExportFormatName, number>> = { csv: 150, jsonl: 330, xlsx: 60 };

export type ExportService = Pick<Handlers, 'export.estimate' | 'export.start'> & {
  /** Exports in place, without a job. */
  run(
    request: {
      readonly query: SearchQuery;
      readonly format: ExportFormatName;
      readonly target: string;
      readonly reason: string;
    },
    options?: { readonly signal?: AbortSignal; progress?(rows: number, total?: number): void },
  ): Promise<ExportReport>;
};

/**
 * EX1, EX2, EX6, EX8. Rows come from the one search, page by page, newest first; the next page is asked for while the
 * last one is written. The file appears under its name only when whole.
 */
export function createExportService(ports: ExportPorts): ExportService {
  const { store, files } = ports;
  const isoOf = (at: number): string => isoWithOffset(at, ports.localOffsetMinutes(at));

  const run: ExportService['run'] = async ({ query, format, target, reason }, options = {}) => {
    const signal = options.signal ?? new AbortController().signal;
    await permitProfile(store, 'records.export');
    const visibility = await ports.visibility();
    const actor = await ports.actor();
    const estimated = await store.estimate(query, visibility, signal);
    options.progress?.(0, estimated.rows);
    const { spreadsheet } = ports;
    if (format === 'xlsx' && spreadsheet === undefined) throw new AppFailure('UNSUPPORTED', 'format xlsx', { format });
    const sink = await files.create(target);
    const about = { file: sink.name, format, query, reason, masks: [] as string[] };
    let sheet: ReturnType<typeof createSheetExport> | null = null;
    try {
      // Who, what and why stand in the log before the first row leaves the store; the result follows (EX8).
      await store.appendAudit({
        at: ports.clock.wallNow(),
        actor,
        action: 'records.exported',
        details: { ...about, state: 'started' },
      });
      const encoder = new TextEncoder();
      let rows = 0;
      if (format === 'csv')
        await sink.write(encoder.encode(BYTE_ORDER_MARK + csvHeader(ports.columnName ?? ((column) => column))));
      if (format === 'xlsx' && spreadsheet !== undefined)
        sheet = createSheetExport(spreadsheet, sink, {
          ...about,
          operator: actor,
          at: ports.clock.wallNow(),
          offsetOf: (at) => ports.localOffsetMinutes(at),
          columnName: ports.columnName ?? ((column) => column),
        });
      const linesOf = format === 'jsonl' ? await jsonLines(query, visibility, signal) : csvLines;
      let next: Promise<SearchPage> | null = store.search(query, visibility, { limit: PAGE, cursor: null }, signal);
      while (next !== null) {
        const page: SearchPage = await next;
        throwIfCancelled(signal);
        next =
          page.cursor === null ? null : store.search(query, visibility, { limit: PAGE, cursor: page.cursor }, signal);
        // Its failure is awaited above; without this it would count as unhandled while this page is written.
        next?.catch(() => {});
        if (sheet !== null) await sheet.write(page);
        else await sink.write(encoder.encode(await linesOf(page)));
        rows += page.rows.length;
        options.progress?.(rows, Math.max(rows, estimated.rows));
      }
      throwIfCancelled(signal);
      await sheet?.finish();
      const written = await sink.commit();
      await store.appendAudit({
        at: ports.clock.wallNow(),
        actor,
        action: 'records.exported',
        details: { ...about, state: 'done', rows, bytes: written.bytes, sha256: written.sha256 },
      });
      return { file: written.path, rows, bytes: written.bytes, sha256: written.sha256 };
    } catch (thrown) {
      await sheet?.abort();
      await sink.abort();
      throw thrown;
    }
  };

  async function csvLines(page: SearchPage): Promise<string> {
    let lines = '';
    for (const row of page.rows) lines += csvLine(row, isoOf(row.sent_at));
    return lines;
  }

  async function jsonLines(query: SearchQuery, visibility: Visibility, signal: AbortSignal) {
    const corrected = await correctedKeys(query, visibility, signal);
    return async (page: SearchPage): Promise<string> => {
      let lines = '';
      for (const row of page.rows) {
        lines += messageLine(row, isoOf(row.sent_at));
        if (!row.recalled && !corrected.has(row.message_key)) continue;
        const found = await store.message(row.message_key);
        if (found === null) continue;
        lines += recallLine(row, found.message, isoOf);
        if (found.message.corrected_by !== null) lines += correctionLine(row, found.message.corrected_by);
      }
      return lines;
    };
  }

  /** Corrections are few: asked for once, so that each row need not be. */
  async function correctedKeys(
    query: SearchQuery,
    visibility: Visibility,
    signal: AbortSignal,
  ): Promise<ReadonlySet<number>> {
    const keys = new Set<number>();
    // States combine with OR: any other state asked for would widen the answer, never narrow it.
    let cursor: string | null = null;
    do {
      const page: SearchPage = await store.search(
        { ...query, states: ['corrected'] },
        visibility,
        { limit: PAGE, cursor },
        signal,
      );
      for (const row of page.rows) keys.add(row.message_key);
      ({ cursor } = page);
    } while (cursor !== null);
    return keys;
  }

  return {
    run,

    async 'export.estimate'({ query, format }) {
      await permitProfile(store, 'records.export');
      const { rows, text_bytes } = await store.estimate(query, await ports.visibility());
      return { rows, bytes: text_bytes + rows * ROW_OVERHEAD[format] };
    },

    async 'export.start'({ query, format, target, reason }) {
      // Said at once, not by a failed job; asked again when it runs.
      await permitProfile(store, 'records.export');
      const job = ports.jobs.start({
        kind: 'export',
        title: format,
        unit: 'rows',
        total: null,
        run: async ({ signal, progress }) => ({
          ...(await run({ query, format, target, reason }, { signal, progress })),
        }),
      });
      return { job_id: job.job_id };
    },
  };
}
