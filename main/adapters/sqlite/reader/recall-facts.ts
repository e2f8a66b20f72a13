import type { RecallFacts, Visibility } from '#main/core/ports/store.ts';
import type { RecallFact } from '#shared/domain/recall/statistics.ts';
import { messageKeySlot } from '#shared/domain/time.ts';
import { Flag } from '../codes.ts';
import type { ReadableDatabase } from '../connection.ts';
import { parseExtra } from '../extra.ts';
import { DEFAULT_ROLLUP_OFFSET_MS, ROLLUP_OFFSET_NAME, rollupDay } from '../search/rollup.ts';

/** No policy lets a message be recalled later than this after it was sent; bounds what has to be looked at. */
const LONGEST_WINDOW_MS = 30 * 86_400_000;

/**
 * What the dashboard counts (RC22): recalls of agents that took effect, from any device, by their tombstones; those that
 * failed or expired, as far as they were asked for from here; and what was sent, from the roll-up. Only sources that are
 * seen whole.
 */
export function readRecallFacts(
  db: ReadableDatabase,
  range: { readonly from: number; readonly to: number },
  visibility: Visibility,
): RecallFacts {
  const sources = visibility.kind === 'all' ? null : JSON.stringify(visibility.sources);
  const seen = sources === null ? '1' : 'so.name IN (SELECT value FROM json_each(?))';
  const bound = sources === null ? [] : [sources];
  const recalls: RecallFact[] = [];

  interface Done {
    readonly extra: string | null;
    readonly shop_id: string;
    readonly shop: string;
  }
  for (const row of db
    .read<Done>(
      `SELECT m.extra, sh.shop_id, sh.name AS shop FROM messages m JOIN conversations c ON c.id = m.conversation
       JOIN shops sh ON sh.id = c.shop JOIN sources so ON so.id = c.source
       WHERE m.flags & 63 <> 0 AND m.flags & ${Flag.RECALLED} <> 0 AND m.id >= ? AND ${seen}`,
    )
    .iterate(Math.max(0, messageKeySlot(Math.max(0, range.from - LONGEST_WINDOW_MS))), ...bound)) {
    const { recalled } = parseExtra(row.extra);
    if (recalled === undefined || recalled.operator.role !== 'agent') continue;
    if (recalled.at < range.from || recalled.at >= range.to) continue;
    recalls.push({
      at: recalled.at,
      agent: { id: recalled.operator.id, name: recalled.operator.name },
      shop: { id: row.shop_id, name: row.shop },
      outcome: recalled.effect,
      code: null,
    });
  }

  interface Failed {
    readonly state: 'failed' | 'expired';
    readonly code: string | null;
    readonly resolved_at: number;
    readonly agent_id: string;
    readonly name: string;
    readonly shop_id: string;
    readonly shop: string;
  }
  for (const row of db
    .read<Failed>(
      `SELECT r.state, r.code, r.resolved_at, g.agent_id, g.name, sh.shop_id, sh.name AS shop FROM recalls r
       JOIN accounts a ON a.id = r.account JOIN sources so ON so.id = a.source JOIN agents g ON g.id = a.agent
       JOIN conversations c ON c.id = r.conversation JOIN shops sh ON sh.id = c.shop
       WHERE r.state IN ('failed', 'expired') AND r.resolved_at >= ? AND r.resolved_at < ? AND ${seen}`,
    )
    .all(range.from, range.to, ...bound))
    recalls.push({
      at: row.resolved_at,
      agent: { id: row.agent_id, name: row.name },
      shop: { id: row.shop_id, name: row.shop },
      outcome: row.state,
      code: row.code,
    });

  const offset =
    db.readOne<number>('SELECT value FROM meta WHERE name = ?').get(ROLLUP_OFFSET_NAME) ?? DEFAULT_ROLLUP_OFFSET_MS;
  interface Sent {
    readonly day: number;
    readonly agent_id: string;
    readonly name: string;
    readonly shop_id: string;
    readonly shop: string;
    readonly count: number;
  }
  const sent = db
    .read<Sent>(
      `SELECT d.day, g.agent_id, g.name, sh.shop_id, sh.name AS shop, sum(d.outgoing) AS count FROM agent_day d
       JOIN conversations c ON c.id = d.conversation JOIN shops sh ON sh.id = c.shop JOIN sources so ON so.id = c.source
       JOIN agents g ON g.id = d.agent WHERE d.day BETWEEN ? AND ? AND d.outgoing > 0 AND ${seen} GROUP BY d.day, d.agent, c.shop`,
    )
    .all(rollupDay(range.from, offset), rollupDay(range.to - 1, offset), ...bound)
    .map((row) => ({
      day: row.day,
      agent: { id: row.agent_id, name: row.name },
      shop: { id: row.shop_id, name: row.shop },
      count: row.count,
    }));
  return { recalls, sent, offset_ms: Number(offset) };
}
