import { AppFailure } from '#shared/contract/errors.ts';
import type { ExportCheckpoint, ExportPlan } from '#shared/contract/export.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { ConversationView, SearchPage } from '#shared/contract/views.ts';
import { MASK_KINDS, type MaskChoices } from '#shared/domain/mask/choices.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { isoWithOffset } from '#shared/lib/iso-time.ts';
import { fromBase64 } from '#shared/package/format.ts';
import { throwIfCancelled } from '../jobs/jobs.ts';
import { createMasking, type MaskingState } from '../package/masking.ts';
import { createPackageEncoder, type ViewerFiles } from '../package/package-encoder.ts';
import type { AttachmentReader } from '../ports/attachments.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cryptography, SigningKey } from '../ports/cryptography.ts';
import type { FilePart, Files } from '../ports/files.ts';
import type { Store, Visibility } from '../ports/store.ts';
import type { ZipWriters } from '../ports/zip.ts';
import type { CsvColumn } from './csv-lines.ts';
import {
  createCsvEncoder,
  createJsonEncoder,
  createSheetEncoder,
  type ExportEncoder,
  type Resumable,
} from './encoders.ts';
import type { SpreadsheetExport } from './sheet.ts';

/** Where rows come from: the store, or a reader of its own beside it. Either answers at once or later. */
export interface ExportRows {
  page(
    query: SearchQuery,
    visibility: Visibility,
    page: { readonly limit: number; readonly cursor: string | null },
    signal: AbortSignal,
  ): Promise<SearchPage> | SearchPage;
  conversation(key: ConversationKey): Promise<Linked | null> | Linked | null;
}
type Linked = Pick<ConversationView, 'assignments' | 'order_nos' | 'violation_nos'>;

export function rowsOf(store: Pick<Store, 'search' | 'conversation'>): ExportRows {
  return {
    page: (query, visibility, page, signal) => store.search(query, visibility, page, signal),
    conversation: (key) => store.conversation(key),
  };
}

/** What writing needs besides the plan; the same for every export of a host. */
export interface ExportMaker {
  readonly files: Files;
  readonly cryptography: Cryptography;
  readonly clock: Pick<Clock, 'monotonicNow'>;
  /** Minutes east of UTC of this desktop at a moment. */
  localOffsetMinutes(at: number): number;
  /** Header of a column; the column's own name unless a host translates. */
  columnName?(column: CsvColumn): string;
  /** Word before a pseudonym's letters (EX5). */
  readonly pseudonymLabel: string;
  /** Without it XLSX is UNSUPPORTED. */
  readonly spreadsheet?: SpreadsheetExport;
  /** Without it packages are UNSUPPORTED. */
  readonly packages?: PackageMaker;
  /** Milliseconds between two checkpoints. */
  readonly checkpointMs?: number;
}

export interface PackageMaker {
  readonly zips: ZipWriters;
  /** The built page (renderer/viewer). AppFailure VIEWER_MISSING where it was not built. */
  viewer(): Promise<ViewerFiles>;
  readonly appVersion: string;
  /** Text of README.txt, given the key's fingerprint. */
  readme(fingerprint: string): string;
  /** Bytes of pictures and files that are on this machine (IN8); absent: packages only describe them. */
  readonly attachments?: Pick<AttachmentReader, 'size' | 'stream'>;
}

export interface ExportHooks {
  readonly signal: AbortSignal;
  /** True where the export is stopped to be taken up again later: its files stay. */
  leaving(): boolean;
  progress(rows: number, bytes: number): void;
  checkpoint(checkpoint: ExportCheckpoint): Promise<void>;
}

export interface ExportOutcome {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  /** The format's own: of a package `records`, `head`, `fingerprint`. */
  readonly more: Readonly<Record<string, unknown>>;
}

/** Names of an export's temporary files: what will be the file, packed files of a package, and its table. */
export const partNames = (id: string): readonly [own: string, kept: string, table: string] => [
  id,
  `${id}-kept`,
  `${id}-table`,
];

const PAGE = 1_000;
const CHECKPOINT_MS = 2_000;

/**
 * Writes an export (EX2–EX6), from the beginning or behind a checkpoint: the same records give the same bytes either way.
 * Where a checkpoint's files are gone or changed it begins anew. The file appears under its name only when whole.
 */
export async function writeExport(
  plan: ExportPlan,
  checkpoint: ExportCheckpoint | null,
  source: ExportRows,
  maker: ExportMaker,
  key: SigningKey | null,
  hooks: ExportHooks,
): Promise<ExportOutcome> {
  const { files } = maker;
  const { signal } = hooks;
  const wantsKept = plan.format === 'package';
  const [ownName, keptName, tableName] = partNames(plan.id);
  const opened: FilePart[] = [];
  const open = async (name: string, from: ExportCheckpoint['part'] | null): Promise<FilePart | null> => {
    const part = await files.part(plan.place, name, from);
    if (part !== null) opened.push(part);
    return part;
  };
  let encoder: ExportEncoder | null = null;
  let table: FilePart | null = null;
  let done = false;
  try {
    let from = checkpoint;
    let part = from === null ? null : await open(ownName, from.part);
    let kept = from === null || part === null || !wantsKept ? null : await open(keptName, from.kept);
    if (from !== null && (part === null || (wantsKept && kept === null))) {
      for (const left of opened.splice(0)) await left.abort();
      from = null;
    }
    if (from === null) {
      part = await open(ownName, null);
      kept = wantsKept ? await open(keptName, null) : null;
    }
    if (part === null) throw new AppFailure('INTERNAL', 'a new part is always there');
    const file = part;

    const state = from === null ? null : (from.state as { readonly own: unknown; readonly names: MaskingState });
    const masking = createMasking(choicesOf(plan), maker.cryptography, {
      label: maker.pseudonymLabel,
      salt: fromBase64(plan.salt) as Uint8Array,
      about: [plan.reason, plan.query.text ?? ''],
      ...(state === null ? {} : { state: state.names }),
    });
    const resumed: Resumable | null =
      from === null || state === null ? null : { rows: from.rows, cursor: from.cursor, state: state.own };
    const options = {
      plan,
      part: file,
      masking,
      from: resumed,
      conversations: async (keys: readonly ConversationKey[]) => {
        const found = new Map<ConversationKey, Linked>();
        // Asked together: a thread that answers each by itself would take most of the time.
        const all = keys.map((one) => source.conversation(one));
        for (const [index, one] of keys.entries()) {
          const conversation = await all[index];
          if (conversation !== null && conversation !== undefined) found.set(one, conversation);
        }
        return found;
      },
      isoOf: createIsoOf(maker.localOffsetMinutes),
      offsetOf: maker.localOffsetMinutes,
      columnName: maker.columnName ?? ((column: CsvColumn) => column),
    };
    if (wantsKept) table = await files.part(plan.place, tableName, null);
    encoder = await encoderOf(options, kept, table);
    if (resumed === null) await encoder.begin();

    let rows = resumed?.rows ?? 0;
    let cursor = resumed?.cursor ?? plan.upper;
    let saved = maker.clock.monotonicNow();
    const every = maker.checkpointMs ?? CHECKPOINT_MS;
    const next = (at: string | null): Promise<SearchPage> | SearchPage => {
      const page = source.page(plan.query, plan.visibility as Visibility, { limit: PAGE, cursor: at }, signal);
      // Its failure is awaited below; without this it would count as unhandled while the page before it is written.
      if (page instanceof Promise) page.catch(() => {});
      return page;
    };
    let ahead: Promise<SearchPage> | SearchPage | null = null;
    for (;;) {
      const answer: Promise<SearchPage> | SearchPage = ahead ?? next(cursor);
      const page: SearchPage = await answer;
      throwIfCancelled(signal);
      ({ cursor } = page);
      // Asked for ahead only where another thread reads it: here it would lie in memory and come no sooner.
      ahead = answer instanceof Promise && cursor !== null ? next(cursor) : null;
      await encoder.add(page.rows);
      rows += page.rows.length;
      hooks.progress(
        rows,
        opened.reduce((total, one) => total + one.written(), 0),
      );
      if (cursor === null) break;
      if (maker.clock.monotonicNow() - saved < every) continue;
      saved = maker.clock.monotonicNow();
      const at = await encoder.resumable();
      if (at === null) continue;
      await hooks.checkpoint({
        id: plan.id,
        rows: at.rows,
        cursor: at.cursor,
        part: await file.settle(),
        kept: kept === null ? null : await kept.settle(),
        state: { own: at.state, names: masking.state() },
      });
    }
    throwIfCancelled(signal);
    const more = await encoder.finish();
    throwIfCancelled(signal);
    const written = await file.commit();
    done = true;
    return { ...written, rows, more };
  } catch (thrown) {
    if (hooks.leaving()) for (const part of opened.splice(0)) await part.leave();
    throw thrown;
  } finally {
    // Also where writing failed: nothing may be under way when the files are closed.
    await encoder?.close().catch(() => {});
    await table?.abort();
    for (const part of opened) if (!done || part !== opened[0]) await part.abort();
  }

  async function encoderOf(
    options: Parameters<typeof createCsvEncoder>[0],
    kept: FilePart | null,
    table: FilePart | null,
  ): Promise<ExportEncoder> {
    switch (plan.format) {
      case 'csv':
        return createCsvEncoder(options);
      case 'jsonl':
        return createJsonEncoder(options);
      case 'xlsx':
        if (maker.spreadsheet === undefined) throw new AppFailure('UNSUPPORTED', 'format xlsx', { format: 'xlsx' });
        return createSheetEncoder(options, maker.spreadsheet);
      case 'package': {
        const { packages } = maker;
        if (packages === undefined || kept === null || table === null || key === null)
          throw new AppFailure('UNSUPPORTED', 'format package', { format: 'package' });
        return createPackageEncoder(options, {
          cryptography: maker.cryptography,
          zips: packages.zips,
          kept,
          table,
          viewer: await packages.viewer(),
          key,
          appVersion: packages.appVersion,
          readme: (fingerprint) => packages.readme(fingerprint),
          signal,
          ...(packages.attachments === undefined ? {} : { attachments: packages.attachments }),
        });
      }
    }
  }
}

function choicesOf(plan: Pick<ExportPlan, 'masks'>): MaskChoices {
  return Object.fromEntries(MASK_KINDS.map((kind) => [kind, plan.masks.includes(kind)])) as unknown as MaskChoices;
}

const HOUR = 3_600_000;

/** isoWithOffset for times close to each other, as rows have them: date and offset are only worked out when the hour changes. */
function createIsoOf(offsetOf: (at: number) => number): (at: number) => string {
  let from = Number.NaN;
  let head = '';
  let tail = '';
  return (at) => {
    const inHour = ((at % HOUR) + HOUR) % HOUR;
    const offset = at - inHour === from ? null : offsetOf(at);
    if (offset !== null) {
      const whole = isoWithOffset(at, offset);
      // Offsets of whole hours only; others are worked out each time.
      if (offset % 60 !== 0 || whole.length !== 29) return whole;
      from = at - inHour;
      head = whole.slice(0, 14);
      tail = whole.slice(23);
    }
    const minutes = Math.floor(inHour / 60_000);
    const seconds = Math.floor((inHour % 60_000) / 1_000);
    const millis = Math.floor(inHour % 1_000);
    return `${head}${two(minutes)}:${two(seconds)}.${millis < 10 ? '00' : millis < 100 ? '0' : ''}${millis}${tail}`;
  };
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));
