import type { Handlers } from '#shared/contract/procedures.ts';
import type { AuditFilter, AuditRow } from '#shared/contract/administration.ts';
import { isoWithOffset } from '#shared/lib/iso-time.ts';
import { BYTE_ORDER_MARK, csvCell } from '../export/csv-lines.ts';
import type { Clock } from '../ports/clock.ts';
import type { Files } from '../ports/files.ts';
import type { Store } from '../ports/store.ts';

const PAGE = 500;
const csvLine = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;

type AuditHandlers = Pick<Handlers, 'audit.list' | 'audit.facets' | 'audit.verify' | 'audit.export'>;

export interface AuditExport {
  readonly filter: AuditFilter;
  readonly format: 'csv' | 'jsonl';
  readonly target: string;
}

/** Writes the log to a file, oldest first, and the fact that it was written into the log (AD4, EX8). */
export async function exportAudit(
  ports: {
    readonly store: Pick<Store, 'auditPage' | 'appendAudit'>;
    readonly files: Files;
    readonly clock: Clock;
    localOffsetMinutes(at: number): number;
  },
  actor: string,
  { filter, format, target }: AuditExport,
): Promise<{ readonly entries: number; readonly bytes: number; readonly sha256: string }> {
  const { store } = ports;
  const encoder = new TextEncoder();
  // Newest first is how the log is read; the file runs as the chain does.
  const pages: (readonly AuditRow[])[] = [];
  for (let before: number | null = null; ;) {
    const page: { readonly rows: readonly AuditRow[]; readonly cursor: number | null } = await store.auditPage(filter, {
      limit: PAGE,
      before,
    });
    pages.push(page.rows);
    if (page.cursor === null) break;
    before = page.cursor;
  }
  const rows = pages.toReversed().flatMap((page) => page.toReversed());
  const sink = await ports.files.create(target);
  try {
    if (format === 'csv')
      await sink.write(encoder.encode(BYTE_ORDER_MARK + csvLine(['seq', 'at', 'actor', 'action', 'details', 'hash'])));
    for (const row of rows) {
      const at = isoWithOffset(row.at, ports.localOffsetMinutes(row.at));
      const line =
        format === 'jsonl'
          ? `${JSON.stringify({ ...row, at_iso: at })}\n`
          : csvLine([String(row.seq), at, row.actor, row.action, JSON.stringify(row.details), row.hash]);
      await sink.write(encoder.encode(line));
    }
    await store.appendAudit({
      at: ports.clock.wallNow(),
      actor,
      action: 'audit.exported',
      details: { file: sink.name, format, entries: rows.length, filter: { ...filter } },
    });
    const { bytes, sha256 } = await sink.commit();
    return { entries: rows.length, bytes, sha256 };
  } catch (thrown) {
    await sink.abort();
    throw thrown;
  }
}

/** AD4: the log's viewer, its export, and its verification. */
export function createAuditLog(ports: {
  readonly store: Store;
  readonly files: Files;
  readonly clock: Clock;
  actor(): Promise<string>;
  localOffsetMinutes(at: number): number;
}): AuditHandlers {
  const { store, clock } = ports;
  return {
    'audit.list': ({ filter, limit, before }) => store.auditPage(filter, { limit, before }),
    'audit.facets': () => store.auditFacets(),
    async 'audit.verify'() {
      return { ...(await store.verifyAudit()), checked_at: clock.wallNow() };
    },
    'audit.export': async (asked) => exportAudit(ports, await ports.actor(), asked),
  };
}
