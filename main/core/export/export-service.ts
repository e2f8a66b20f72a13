import { AppFailure, codeOf } from '#shared/contract/errors.ts';
import { ExportCheckpoint, ExportPlan, StoredExports, type ExportFormat } from '#shared/contract/export.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { MASK_KINDS, type MaskKind } from '#shared/domain/mask/choices.ts';
import { toBase64 } from '#shared/package/format.ts';
import { permitProfile } from '../accounts/acting.ts';
import { throwIfCancelled, type Jobs } from '../jobs/jobs.ts';
import { signingKey } from '../package/signing-key.ts';
import type { Clock } from '../ports/clock.ts';
import type { SigningKey } from '../ports/cryptography.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { Store, Visibility } from '../ports/store.ts';
import { usualCard } from '../review/cards.ts';
import {
  partNames,
  rowsOf,
  writeExport,
  type ExportHooks,
  type ExportMaker,
  type ExportOutcome,
} from './write-export.ts';

export interface ExportPorts extends Omit<ExportMaker, 'clock' | 'pseudonymLabel'> {
  readonly store: Store;
  readonly clock: Clock;
  readonly jobs: Jobs;
  /** What the exporting person may see (SR10), asked anew for each export. */
  visibility(): Visibility | Promise<Visibility>;
  /** Who exports, for the audit log (EX8). */
  actor(): string | Promise<string>;
  readonly pseudonymLabel?: string;
  /** Holds the key that packages are signed with; without it they are UNSUPPORTED. */
  readonly secrets?: Secrets;
  /** What makes the same bytes from the same records: program, version, language, time zone. */
  readonly made?: string;
  /** Writes elsewhere than on this thread. */
  readonly runner?: ExportRunner;
  /** Address below the page's own under which what was written to a place can be fetched; null for other places. */
  fetchedFrom?(place: string): string | null;
}

/** What a host gives so that there are exports. */
export type ExportHost = Pick<
  ExportPorts,
  'cryptography' | 'pseudonymLabel' | 'packages' | 'made' | 'runner' | 'checkpointMs' | 'fetchedFrom'
>;

export interface ExportRunner {
  run(
    plan: ExportPlan,
    checkpoint: ExportCheckpoint | null,
    key: SigningKey | null,
    hooks: ExportHooks,
  ): Promise<ExportOutcome>;
}

export interface ExportRequest {
  readonly query: SearchQuery;
  readonly format: ExportFormat;
  readonly target: string;
  readonly reason: string;
  /** EX5; none by default. */
  readonly masks?: readonly MaskKind[];
}

export interface ExportOptions {
  readonly signal?: AbortSignal;
  progress?(rows: number, total?: number, bytes?: number): void;
}

export interface ExportReport {
  readonly file: string;
  /** Messages; a JSONL file has more lines where some were recalled, corrected or transferred. */
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Of a package: `records`, `head`, `fingerprint`. */
  readonly [more: string]: unknown;
}

export type ExportService = Pick<Handlers, 'export.estimate' | 'export.start'> & {
  /** Exports in place, without a job. An unfinished export to the same file is given up. */
  run(request: ExportRequest, options?: ExportOptions): Promise<ExportReport>;
  /** Goes on with the unfinished export to this file (EX6); null where there is none. */
  resume(target: string, options?: ExportOptions): Promise<ExportReport | null>;
  /** At the program's start: what was under way when it ended goes on, as jobs. Answers with how many. */
  resumeAll(): Promise<number>;
  /** At the program's end: what is cancelled from now on stays to be resumed. */
  stop(): void;
};

/** Bytes a row besides its text, measured on seeded records; of packed formats what all of it takes. */
const ROW_BYTES: Readonly<Record<ExportFormat, { readonly row: number; readonly text: number }>> = {
  csv: { row: 150, text: 1 },
  jsonl: { row: 360, text: 1 },
  xlsx: { row: 70, text: 0.5 },
  package: { row: 170, text: 0.8 },
};
/** Of a package the page, and of a spreadsheet what stands around the rows. */
const FIXED_BYTES: Readonly<Record<ExportFormat, number>> = { csv: 0, jsonl: 0, xlsx: 4_000, package: 250_000 };

const QUEUE = 'export.queue';
const checkpointName = (id: string): string => `export.checkpoint.${id}`;

/**
 * EX1, EX2, EX5, EX6, EX8. Rows come from the one search, newest first. What an export's bytes depend on is fixed in a
 * plan and stored before the first row is read; how far it is, every few seconds. One export is written at a time, the
 * others wait for their turn.
 */
export function createExportService(ports: ExportPorts): ExportService {
  const { store, files, clock } = ports;
  const maker: ExportMaker = { ...ports, clock, pseudonymLabel: ports.pseudonymLabel ?? '' };
  const runner: ExportRunner = ports.runner ?? {
    run: (plan, checkpoint, key, hooks) => writeExport(plan, checkpoint, rowsOf(store), maker, key, hooks),
  };
  let leaving = false;
  let turn: Promise<unknown> = Promise.resolve();
  /** Plans that this program is writing or about to. */
  const own = new Set<string>();

  // -- the stored queue ------------------------------------------------------------------------------------------------

  let changing: Promise<unknown> = Promise.resolve();
  const stored = (): Promise<ExportPlan[]> => storedPlans(store);
  const change = (work: (plans: readonly ExportPlan[]) => readonly ExportPlan[]): Promise<void> => {
    const next = changing.then(async () => {
      const plans = work(await stored());
      await store.setSetting(QUEUE, plans.length === 0 ? undefined : plans);
    });
    changing = next.catch(() => {});
    return next;
  };
  const keep = (plan: ExportPlan): Promise<void> =>
    change((plans) => [...plans.filter(({ id }) => id !== plan.id), plan]);
  const forget = async (plan: ExportPlan): Promise<void> => {
    await store.setSetting(checkpointName(plan.id), undefined);
    await change((plans) => plans.filter(({ id }) => id !== plan.id));
  };
  const checkpointOf = async (plan: ExportPlan): Promise<ExportCheckpoint | null> => {
    const parsed = ExportCheckpoint.safeParse(await store.setting(checkpointName(plan.id)));
    return parsed.success && parsed.data.id === plan.id ? parsed.data : null;
  };

  // -- one export --------------------------------------------------------------------------------------------------------

  async function keyFor(format: ExportFormat): Promise<SigningKey | null> {
    if (format === 'xlsx' && ports.spreadsheet === undefined)
      throw new AppFailure('UNSUPPORTED', 'format xlsx', { format });
    if (format !== 'package') return null;
    if (ports.packages === undefined || ports.secrets === undefined)
      throw new AppFailure('UNSUPPORTED', 'format package', { format });
    // What can be missing is asked for before anything is written.
    await ports.packages.viewer();
    return signingKey(ports.secrets, ports.cryptography);
  }

  async function planOf(request: ExportRequest, signal: AbortSignal): Promise<ExportPlan> {
    const { query, format, target, reason } = request;
    const visibility = await ports.visibility();
    const operator = await ports.actor();
    const { count: rows } = await store.count(query, visibility, null, signal);
    const everything =
      visibility.kind === 'all' ? rows : (await store.count(query, { kind: 'all' }, null, signal)).count;
    const newest = (await store.search(query, visibility, { limit: 1, cursor: null }, signal)).rows[0];
    return {
      id: [...ports.cryptography.randomBytes(12)].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
      format,
      place: await files.place(target),
      query,
      visibility: visibility as ExportPlan['visibility'],
      masks: MASK_KINDS.filter((kind) => request.masks?.includes(kind) ?? false),
      salt: toBase64(ports.cryptography.randomBytes(32)),
      reason,
      operator,
      at: clock.wallNow(),
      upper: newest === undefined ? null : String(newest.message_key + 1),
      rows,
      everything,
      maker: ports.made ?? '',
      ...(format === 'package' ? { scorecard: await usualCard(store) } : {}),
    };
  }

  /** Waits for its turn, writes, and forgets the plan unless it is to be taken up again. */
  async function execute(
    plan: ExportPlan,
    resumed: boolean,
    key: SigningKey | null,
    signal: AbortSignal,
    options: ExportOptions,
  ): Promise<ExportReport> {
    own.add(plan.id);
    const before = turn;
    let free = (): void => {};
    turn = new Promise<void>((resolve) => {
      free = resolve;
    });
    const about = {
      file: nameOf(plan.place),
      format: plan.format,
      query: plan.query,
      reason: plan.reason,
      masks: plan.masks,
    };
    const audit = async (details: Readonly<Record<string, unknown>>): Promise<void> =>
      store.appendAudit({
        at: clock.wallNow(),
        actor: await ports.actor(),
        action: 'records.exported',
        details: { ...about, ...details },
      });
    let audited = false;
    try {
      options.progress?.(0, plan.rows, 0);
      await before;
      throwIfCancelled(signal);
      const checkpoint = resumed ? await checkpointOf(plan) : null;
      // Who, what and why stand in the log before the first row leaves the store; the result follows (EX8).
      await audit(resumed ? { state: 'resumed', rows: checkpoint?.rows ?? 0 } : { state: 'started' });
      audited = true;
      const { path, rows, bytes, sha256, more } = await runner.run(plan, checkpoint, key, {
        signal,
        leaving: () => leaving,
        progress: (done, written) => options.progress?.(done, Math.max(done, plan.rows), written),
        checkpoint: (at) => store.setSetting(checkpointName(plan.id), at),
      });
      await forget(plan);
      await audit({ state: 'done', rows, bytes, sha256, ...more });
      return { ...more, file: path, rows, bytes, sha256 };
    } catch (thrown) {
      if (!leaving) {
        await forget(plan).catch(() => {});
        const code = codeOf(thrown);
        // What ended it is what the person is told, also where the log can't be written.
        if (audited) await audit({ state: code === 'CANCELLED' ? 'cancelled' : 'failed', code }).catch(() => {});
      }
      throw thrown;
    } finally {
      own.delete(plan.id);
      free();
    }
  }

  /** What the plan was made for may have changed: then it begins anew, as it would be made now (SR10). */
  async function renewed(plan: ExportPlan): Promise<ExportPlan> {
    const visibility = (await ports.visibility()) as ExportPlan['visibility'];
    const operator = await ports.actor();
    const maker = ports.made ?? '';
    const same =
      JSON.stringify([visibility, operator, maker]) === JSON.stringify([plan.visibility, plan.operator, plan.maker]);
    if (same) return plan;
    await store.setSetting(checkpointName(plan.id), undefined);
    const next = { ...plan, visibility, operator, maker };
    await keep(next);
    return next;
  }

  /** Removes what an unfinished export to the same file has left. */
  async function giveUp(place: string): Promise<void> {
    for (const plan of await stored()) {
      if (plan.place !== place || own.has(plan.id)) continue;
      for (const name of partNames(plan.id)) await (await files.part(place, name, null))?.abort();
      await forget(plan);
    }
  }

  const begin = async (request: ExportRequest, options: ExportOptions): Promise<ExportReport> => {
    const signal = options.signal ?? new AbortController().signal;
    await permitProfile(store, 'records.export');
    const key = await keyFor(request.format);
    const plan = await planOf(request, signal);
    await giveUp(plan.place);
    await keep(plan);
    return execute(plan, false, key, signal, options);
  };

  const goOn = async (plan: ExportPlan, options: ExportOptions): Promise<ExportReport> => {
    const signal = options.signal ?? new AbortController().signal;
    await permitProfile(store, 'records.export');
    return execute(await renewed(plan), true, await keyFor(plan.format), signal, options);
  };

  const asJob = (
    title: string,
    total: number | null,
    work: (options: ExportOptions) => Promise<ExportReport>,
  ): string =>
    ports.jobs.start({
      kind: 'export',
      title,
      unit: 'rows',
      total,
      run: async ({ signal, progress }) => ({ ...(await work({ signal, progress })) }),
    }).job_id;

  return {
    run: (request, options = {}) => begin(request, options),

    async resume(target, options = {}) {
      const place = await files.place(target);
      const plan = (await stored()).findLast((one) => one.place === place && !own.has(one.id));
      return plan === undefined ? null : goOn(plan, options);
    },

    async resumeAll() {
      const plans = (await stored()).filter(({ id }) => !own.has(id));
      for (const plan of plans)
        asJob(nameOf(plan.place), plan.rows, async (options) => {
          const report = await goOn(plan, options);
          const download = ports.fetchedFrom?.(plan.place) ?? null;
          // Nobody has a dialog open that knows the file: whoever sees the job needs its name.
          return { ...report, resumed: true, name: nameOf(plan.place), ...(download === null ? {} : { download }) };
        });
      return plans.length;
    },

    stop() {
      leaving = true;
    },

    async 'export.estimate'({ query, format, masks = [] }) {
      await permitProfile(store, 'records.export');
      const { rows, text_bytes, file_bytes } = await store.estimate(query, await ports.visibility());
      const { row, text } = ROW_BYTES[format];
      // At most: those that are not on this machine stay out. A masked package has none (EX5).
      const files = ports.packages?.attachments === undefined || masks.length > 0 ? 0 : file_bytes;
      return {
        rows,
        bytes: Math.round(FIXED_BYTES[format] + text_bytes * text + rows * row + (format === 'package' ? files : 0)),
      };
    },

    async 'export.start'({ query, format, target, reason, masks }) {
      // Said at once, not by a failed job; asked again when it runs.
      await permitProfile(store, 'records.export');
      await keyFor(format);
      return {
        job_id: asJob(format, null, (options) => begin({ query, format, target, reason, masks: masks ?? [] }, options)),
      };
    },
  };
}

async function storedPlans(store: Pick<Store, 'setting'>): Promise<ExportPlan[]> {
  const list = StoredExports.safeParse(await store.setting(QUEUE));
  return (list.success ? list.data : []).flatMap((entry) => {
    const plan = ExportPlan.safeParse(entry);
    return plan.success ? [plan.data] : [];
  });
}

/** Where exports that are to be taken up again will lie, with what they have written beside it. */
export async function unfinishedPlaces(store: Pick<Store, 'setting'>): Promise<readonly string[]> {
  return (await storedPlans(store)).map(({ place }) => place);
}

/** The last part of a place, for people. */
const nameOf = (place: string): string => place.split(/[/\\]/u).at(-1) ?? place;
