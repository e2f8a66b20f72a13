import type { ConnectionLogEntry } from '#shared/contract/upkeep.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';

/** Entries kept, oldest go first. */
const KEPT = 2_000;

/** What belongs to connections. Whatever else the program logs is not for this page. */
const OF_CONNECTIONS = /^(connection|session|ingest|snapshot|network)\./;

/** Passes everything on, and keeps what happened to connections for the diagnosis page: as little content as any log (SE4). */
export interface ConnectionLog {
  readonly logger: Logger;
  /** Newest first. */
  entries(account: string | null, limit: number): readonly ConnectionLogEntry[];
}

export function createConnectionLog(inner: Logger, clock: Clock): ConnectionLog {
  let kept: ConnectionLogEntry[] = [];
  return {
    logger: {
      log(level, event, fields = {}) {
        inner.log(level, event, fields);
        if (!OF_CONNECTIONS.test(event)) return;
        const { account = null, ...rest } = fields;
        kept.push({
          at: clock.wallNow(),
          account_id: account === null ? null : String(account),
          level,
          event,
          fields: rest,
        });
        // In one go now and then: shifting each time would move all of it.
        if (kept.length >= KEPT * 2) kept = kept.slice(-KEPT);
      },
    },
    entries: (account, limit) =>
      kept
        .slice(-KEPT)
        .filter(({ account_id }) => account === null || account_id === account)
        .slice(-limit)
        .toReversed(),
  };
}
