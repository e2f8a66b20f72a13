import { AppFailure } from '#shared/contract/errors.ts';
import { ImportMappingInput, type Handlers } from '#shared/contract/procedures.ts';
import type { CutColumn, ImportMapping, ImportPreview } from '#shared/contract/views.ts';
import { zoneOffsetMinutes } from '#shared/lib/time-zone.ts';
import { actorOf, permitProfile } from '../accounts/acting.ts';
import type { Clock } from '../ports/clock.ts';
import { throwIfCancelled, type Jobs } from '../jobs/jobs.ts';
import type { CsvReader } from '../ports/csv.ts';
import type { Files } from '../ports/files.ts';
import type { SpreadsheetReader } from '../ports/spreadsheet.ts';
import type { Store } from '../ports/store.ts';
import { createCutCount } from './cut-numbers.ts';
import { createRowMapper, type RejectReason } from './map-rows.ts';
import { proposeMapping } from './propose.ts';
import { zoneOfHeader } from './time-format.ts';
import { createImportReading, type ImportBatch, type ImportReading, type RowPlace, type TableHead } from './reading.ts';

export interface ImportPorts {
  readonly store: Store;
  readonly files: Files;
  readonly csv: CsvReader;
  /** Without it spreadsheets are UNSUPPORTED. */
  readonly spreadsheets?: SpreadsheetReader;
  /** Reads elsewhere than on this thread; absent: in place, with the readers above. */
  readonly reading?: ImportReading;
  readonly clock: Clock;
  readonly jobs: Jobs;
  /** Minutes east of UTC of this desktop at a moment, for times that carry no zone. */
  localOffsetMinutes(at: number): number;
  /** Told after each committed batch, so that views ask again. */
  imported?(records: number): void;
}

/** What `import.start` ends with, and the command line prints. */
export interface ImportReport {
  /** Messages in the file: imported + duplicates + rejected. */
  readonly rows: number;
  readonly imported: number;
  readonly duplicates: number;
  /** The first MAX_LISTED of them, by physical line. */
  readonly rejected: readonly (RowPlace & { readonly reason: RejectReason })[];
  readonly rejected_total: number;
  /** Lines of our own JSONL that tell what became of a message (recall, correction, transfer): the message says it already. */
  readonly skipped: number;
  /** Imported rows in which bytes were invalid and replaced by U+FFFD. */
  readonly damaged: readonly RowPlace[];
  /** Columns whose numbers lost digits in a spreadsheet, among the rows that are here now. */
  readonly cut: readonly CutColumn[];
  /** Sheets with rows that were not read, as they hold another table. */
  readonly other_sheets: readonly string[];
  readonly encoding: string;
}

const MAX_LISTED = 100_000;
const PREVIEW_ROWS = 50;
const SAMPLES = 5;
/** At the end of a load this large the index is put in order (store.md). */
const OPTIMIZE_FROM = 200_000;
/** A shop name for rows that carry none. Never shown translated: it is part of what makes a row the same row. */
export const NO_SHOP = 'import';
const SAVED_MAPPINGS = 'import.mappings';
const KEPT_MAPPINGS = 50;

export type ImportService = Pick<Handlers, 'import.preview' | 'import.start'> & {
  /** Opens a file and proposes its mapping; what the preview rests on. */
  propose(
    file: string,
    shop?: string,
    timeZone?: string,
  ): Promise<{ readonly table: TableHead; readonly mapping: ImportMapping }>;
  /** Imports in place, without a job. */
  run(file: string, mapping: ImportMapping, options?: ImportRunOptions): Promise<ImportReport>;
};

export interface ImportRunOptions {
  readonly signal?: AbortSignal;
  progress?(bytes: number): void;
  /**
   * The program goes on afterwards: an index that a large load has left in many pieces, and that answers as exactly, is put in
   * order meanwhile. That takes half as long again as the import.
   */
  readonly goesOn?: boolean;
}

/** SR11. */
export function createImportService(ports: ImportPorts): ImportService {
  const { store, files, jobs } = ports;
  const reading = ports.reading ?? createImportReading(ports);

  async function propose(file: string, shop: string = NO_SHOP, timeZone?: string) {
    const table = await reading.look(file);
    // The person's zone, which need not be this machine's: the window may be a browser elsewhere, the host in UTC.
    const offset = (at: number): number =>
      (timeZone === undefined ? null : zoneOffsetMinutes(timeZone, at)) ?? ports.localOffsetMinutes(at);
    return { table, mapping: proposeFor(table, shop, offset) };
  }

  async function run(file: string, mapping: ImportMapping, options: ImportRunOptions = {}): Promise<ImportReport> {
    await permitProfile(store, 'records.import');
    const table = await reading.look(file);
    // What is wrong with the mapping as a whole is no import at all.
    createRowMapper(mapping, table.header, table.format === 'csv');
    const actor = await actorOf(store);
    const { name, bytes } = await files.describe(file);
    const audit = (details: Readonly<Record<string, unknown>>): Promise<void> =>
      store.appendAudit({
        at: ports.clock.wallNow(),
        actor,
        action: 'records.imported',
        details: { file: name, bytes, shop: mapping.shop, ...details },
      });
    const rejected: (RowPlace & { reason: RejectReason })[] = [];
    const damaged: RowPlace[] = [];
    const total = { rows: 0, imported: 0, duplicates: 0, rejected: 0, skipped: 0 };
    let cut: readonly CutColumn[] = [];
    let writing: Promise<void> | null = null;
    let failed: unknown = null;

    // One batch is written while the next is read; never two, so that memory stays bounded.
    async function write(records: ImportBatch['records']): Promise<void> {
      await writing;
      if (failed !== null) throw failed;
      if (options.signal !== undefined) throwIfCancelled(options.signal);
      writing = store.importRecords(records).then(
        (done) => {
          total.imported += done.imported;
          total.duplicates += done.duplicates;
          ports.imported?.(done.imported);
        },
        (error: unknown) => {
          failed = error;
        },
      );
    }

    // Who brings in what stands in the log before the first row is stored; what came of it follows, also of a half one (AD4).
    await audit({ state: 'started' });
    let state = 'failed';
    try {
      for await (const batch of reading.records(file, mapping, options.signal)) {
        total.rows += batch.rows;
        total.skipped += batch.skipped;
        total.rejected += batch.rejected.length;
        cut = batch.cut;
        rejected.push(...batch.rejected.slice(0, MAX_LISTED - rejected.length));
        damaged.push(...batch.damaged.slice(0, MAX_LISTED - damaged.length));
        if (batch.records.length > 0) await write(batch.records);
        options.progress?.(batch.bytes);
      }
      await writing;
      if (failed === null) state = 'done';
    } finally {
      await writing;
      await audit({ state, ...total });
    }
    if (failed !== null) throw failed;
    if (total.imported >= OPTIMIZE_FROM) {
      const optimized = store.optimize();
      // What doesn't come of it (the program ends, the disk is full) is done when it is idle.
      if (options.goesOn === true) optimized.catch(() => undefined);
      else await optimized;
    }
    return {
      rows: total.rows,
      imported: total.imported,
      duplicates: total.duplicates,
      rejected,
      rejected_total: total.rejected,
      skipped: total.skipped,
      damaged,
      cut,
      other_sheets: table.otherSheets,
      encoding: table.encoding,
    };
  }

  async function savedMapping(header: readonly string[]): Promise<ImportMapping | null> {
    const saved = await readSaved();
    const parsed = ImportMappingInput.safeParse(saved[signature(header)]);
    return parsed.success ? asMapping(parsed.data) : null;
  }

  async function saveMapping(header: readonly string[], mapping: ImportMapping): Promise<void> {
    const entries = Object.entries(await readSaved()).filter(([key]) => key !== signature(header));
    await store.setSetting(
      SAVED_MAPPINGS,
      Object.fromEntries([...entries.slice(1 - KEPT_MAPPINGS), [signature(header), mapping]]),
    );
  }

  async function readSaved(): Promise<Record<string, unknown>> {
    const saved = await store.setting(SAVED_MAPPINGS);
    return typeof saved === 'object' && saved !== null && !Array.isArray(saved)
      ? (saved as Record<string, unknown>)
      : {};
  }

  return {
    propose,
    run,

    async 'import.preview'(input): Promise<ImportPreview> {
      await permitProfile(store, 'records.import');
      const { table, mapping: proposed } = await propose(input.file, NO_SHOP, input.time_zone);
      const mapping =
        input.mapping === undefined ? ((await savedMapping(table.header)) ?? proposed) : asMapping(input.mapping);
      const { name, bytes } = await files.describe(input.file);
      const mapper = tryMapper(mapping, table);
      const cut = createCutCount(mapping, table.header);
      for (const row of table.sample) cut.add(row);
      return {
        file: { handle: input.file, name, bytes },
        encoding: table.encoding,
        delimiter: table.delimiter,
        columns: table.header.map((header, index) => ({
          index,
          header,
          samples: [
            ...new Set(table.sample.map((row) => row.cells[index] ?? '').filter((value) => value !== '')),
          ].slice(0, SAMPLES),
        })),
        mapping,
        rows:
          mapper === null
            ? []
            : table.sample
                .filter((row) => row.problem !== 'NOT_A_MESSAGE')
                .slice(0, PREVIEW_ROWS)
                .map((row) => {
                  const mapped = mapper.map(row);
                  return { line: row.line, ...mapper.parts(row), problem: mapped.ok ? null : mapped.reason };
                }),
        cut: cut.counts(),
      };
    },

    async 'import.start'(input) {
      await permitProfile(store, 'records.import');
      const mapping = asMapping(input.mapping);
      const { name, bytes } = await files.describe(input.file);
      // Whatever is wrong with file or mapping as a whole is said at once, not by a failed job.
      const table = await reading.look(input.file);
      createRowMapper(mapping, table.header, table.format === 'csv');
      await saveMapping(table.header, mapping);
      const job = jobs.start({
        kind: 'import',
        title: name,
        unit: 'bytes',
        total: bytes,
        run: async ({ signal, progress }) => ({
          ...(await run(input.file, mapping, { signal, progress, goesOn: true })),
        }),
      });
      return { job_id: job.job_id };
    },
  };
}

/**
 * The mapping proposed for a table, with the zone that its header names, else the desktop's offset at the time of the records,
 * not today's: summer time.
 */
export function proposeFor(table: TableHead, shop: string, localOffsetMinutes: (at: number) => number): ImportMapping {
  const rows = table.sample.filter((row) => row.problem === null).map((row) => row.cells);
  const mapping = proposeMapping({ header: table.header, rows, utcOffsetMinutes: 0, shop });
  const mapper = tryMapper(mapping, table);
  const first = mapper === null ? null : table.sample.map((row) => mapper.parts(row).sent_at).find((at) => at !== null);
  return {
    ...mapping,
    utc_offset_minutes: zoneOfHeader(mapping.columns.sent_at ?? '') ?? localOffsetMinutes(first ?? 0),
  };
}

/** From the schema's output: absent columns are absent, not undefined. */
export function asMapping(input: ReturnType<typeof ImportMappingInput.parse>): ImportMapping {
  const columns = Object.fromEntries(Object.entries(input.columns).filter(([, column]) => column !== undefined));
  return { ...input, columns };
}

/** A mapping file as it was saved (`--map`, `--propose`). MAPPING_INVALID. */
export function parseMapping(json: string): ImportMapping {
  let value: unknown;
  try {
    value = JSON.parse(json.replace(/^\ufeff/u, ''));
  } catch {
    throw new AppFailure('MAPPING_INVALID', 'not JSON');
  }
  const parsed = ImportMappingInput.safeParse(value);
  if (!parsed.success)
    throw new AppFailure('MAPPING_INVALID', 'not the shape of a mapping', {
      at: parsed.error.issues[0]?.path.join('.') ?? '',
    });
  return asMapping(parsed.data);
}

function signature(header: readonly string[]): string {
  return header.join('\u001f');
}

function tryMapper(mapping: ImportMapping, table: TableHead) {
  try {
    return createRowMapper(mapping, table.header, table.format === 'csv');
  } catch {
    return null;
  }
}
