import type {
  AdministrationStoreReader,
  DeletionBody,
  PendingErasure,
  RetentionQuery,
  StoredDeletion,
} from '#main/core/ports/administration-store.ts';
import type {
  AuditFilter,
  AuditRow,
  DeletionView,
  GroupRow,
  HoldView,
  RetentionRow,
} from '#shared/contract/administration.ts';
import type { DeletionStep } from '#shared/domain/administration/deletion.ts';
import { ANNOUNCE_MS, removesAt, type RetentionRule } from '#shared/domain/administration/retention.ts';
import type { AccountId, ConversationKey } from '#shared/domain/ids.ts';
import { DAY } from '#shared/lib/durations.ts';
import { verifyAudit } from '../audit.ts';
import type { Bindable, ReadableDatabase } from '../connection.ts';
import { candidates, EXPIRED_SQL, protectionColumns, protectionsOf, type CandidateRow } from './protections.ts';

type Plain<M> = M extends (...args: infer A) => Promise<infer R> ? (...args: A) => R : never;
export type AdministrationReader = {
  readonly [N in keyof AdministrationStoreReader]: Plain<AdministrationStoreReader[N]>;
};

interface DeletionRow {
  readonly deletion_id: string | null;
  readonly step: DeletionStep | null;
  readonly updated_at: number | null;
  readonly body: string | null;
}

function toDeletionView(deletion: StoredDeletion): DeletionView {
  const { account_id: _, title: __, ...shown } = deletion.body;
  return { deletion_id: deletion.deletion_id, step: deletion.step, updated_at: deletion.updated_at, ...shown };
}

function storedDeletion(conversation: number, row: DeletionRow): StoredDeletion | null {
  if (row.deletion_id === null || row.step === null || row.body === null) return null;
  return {
    conversation: conversation as ConversationKey,
    deletion_id: row.deletion_id,
    step: row.step,
    updated_at: row.updated_at ?? 0,
    body: JSON.parse(row.body) as DeletionBody,
  };
}

export function createAdministrationReader(db: ReadableDatabase): AdministrationReader {
  const groups = (where: string, ...parameters: Bindable[]): GroupRow[] => {
    const { names, sql } = protectionColumns(db);
    return db
      .read<
        DeletionRow & {
          readonly id: number;
          readonly account: string | null;
          readonly title: string;
          readonly shop: string;
          readonly members: number;
          readonly messages: number;
          readonly last_message_at: number | null;
          readonly removed_by: string | null;
          readonly restorable_until: number | null;
          readonly purged_at: number | null;
        }
      >(
        `SELECT c.id, c.title, sh.name AS shop, coalesce(json_array_length(c.members), 0) AS members, c.last_message_at, c.removed_by,
           c.restorable_until, c.purged_at, d.deletion_id, d.step, d.updated_at, d.body,
           (SELECT count(*) FROM messages m WHERE m.conversation = c.id) AS messages,
           (SELECT a.account_id FROM accounts a JOIN account_shops x ON x.account = a.id AND x.shop = c.shop
            LEFT JOIN agents g ON g.id = a.agent
            WHERE a.source = c.source AND a.removed = 0
            ORDER BY CASE g.role WHEN 'admin' THEN 0 WHEN 'supervisor' THEN 1 ELSE 2 END, a.id LIMIT 1) AS account, ${sql}
         FROM conversations c JOIN shops sh ON sh.id = c.shop LEFT JOIN group_deletions d ON d.conversation = c.id
         WHERE c.type = 1 AND c.erased_seq = 0 ${where} ORDER BY c.removed_by IS NULL DESC, c.purged_at IS NOT NULL, c.sort_at DESC, c.id DESC LIMIT 1000`,
      )
      .all(...parameters)
      .map((row) => {
        const deletion = storedDeletion(row.id, row);
        return {
          key: row.id as ConversationKey,
          account_id: row.account as AccountId | null,
          title: row.title,
          shop: row.shop,
          members: row.members,
          messages: row.messages,
          last_message_at: row.last_message_at,
          removed: row.removed_by === null ? null : { by: row.removed_by, restorable_until: row.restorable_until ?? 0 },
          purged_at: row.purged_at,
          protections: protectionsOf(row, names).filter((name) => name !== 'active' && name !== 'deletion'),
          deletion: deletion === null ? null : toDeletionView(deletion),
        };
      });
  };

  const due = (
    { settings }: RetentionQuery,
    where: string,
    ...parameters: Bindable[]
  ): { readonly rows: CandidateRow[]; readonly names: ReturnType<typeof candidates>['names'] } => {
    const { sql, names } = candidates(db);
    return {
      rows: db
        .read<CandidateRow>(`SELECT * FROM (${sql}) ${where}`)
        .all(settings.imported_days, settings.other_days, ...parameters),
      names,
    };
  };
  /** When a row goes: announced is announced; else as if it were announced at the first moment it can be. */
  const goesAt = (row: CandidateRow, now: number): number =>
    row.removes_at ?? removesAt(row.due_at, Math.max(now, row.due_at - ANNOUNCE_MS));

  return {
    groups: () => groups(''),
    group: (key) => groups('AND c.id = ?', key)[0] ?? null,
    deletion: (key) => {
      const row = db
        .read<DeletionRow>('SELECT deletion_id, step, updated_at, body FROM group_deletions WHERE conversation = ?')
        .get(key);
      return row === undefined ? null : storedDeletion(key, row);
    },
    openDeletions: () =>
      db
        .read<
          DeletionRow & {
            conversation: number;
            removed_by: string | null;
            restorable_until: number | null;
            purged_at: number | null;
          }
        >(
          `SELECT d.conversation, d.deletion_id, d.step, d.updated_at, d.body, c.removed_by, c.restorable_until, c.purged_at
           FROM group_deletions d JOIN conversations c ON c.id = d.conversation WHERE d.step IN ('requested', 'removed')`,
        )
        .all()
        .flatMap((row) => {
          const deletion = storedDeletion(row.conversation, row);
          const removed = row.removed_by === null ? null : { restorable_until: row.restorable_until ?? 0 };
          return deletion === null ? [] : [{ deletion, removed, purged: row.purged_at !== null }];
        }),
    hasExpired: (account, now) => db.readOne<number>(`${EXPIRED_SQL} LIMIT 1`).get(account, now) !== undefined,
    missingMessages: (key) => {
      const row = db
        .readRaw<[number, number]>(
          'SELECT c.last_seq, (SELECT count(*) FROM messages m WHERE m.conversation = c.id AND m.conv_seq IS NOT NULL) FROM conversations c WHERE c.id = ?',
        )
        .get(key);
      if (row === undefined) return 0;
      const closed =
        db
          .readOne<number | null>('SELECT sum(to_seq - from_seq + 1) FROM closed_gaps WHERE conversation = ?')
          .get(key) ?? 0;
      return Math.max(0, row[0] - row[1] - closed);
    },
    openIncidents: (key) =>
      db.readOne<number>("SELECT count(*) FROM incidents WHERE conversation = ? AND state <> 'closed'").get(key) ?? 0,
    pendingErasures: () =>
      db
        .readRaw<[number, number, string, string, string]>(
          "SELECT id, conversation, reason, stage, months FROM erasures WHERE stage <> 'done' ORDER BY id",
        )
        .all()
        .map(([id, conversation, reason, stage, months]) => ({
          id,
          conversation: conversation as ConversationKey,
          reason: reason as PendingErasure['reason'],
          stage: stage as PendingErasure['stage'],
          months: JSON.parse(months) as number[],
        })),
    pendingAttachmentErasures: () => db.readOne<number>('SELECT count(*) FROM attachment_erasures').get() ?? 0,
    protections: (key) => {
      const { names, sql } = protectionColumns(db);
      const row = db.read<object>(`SELECT ${sql} FROM conversations c WHERE c.id = ?`).get(key);
      return row === undefined ? [] : protectionsOf(row, names);
    },
    holds: ({ released, conversation }) =>
      db
        .read<HoldView>(
          `WITH args(released, conversation) AS (SELECT ?, ?)
           SELECT h.id, h.kind, h.scope, coalesce(h.conversation, (SELECT min(x.id) FROM conversations x WHERE x.consumer = h.consumer)) AS conversation_key,
             h.message AS message_key, coalesce(h.number, k.name, c.title, '') AS target, h.note, h.placed_by, h.placed_at, h.released_by, h.released_at
           FROM args CROSS JOIN holds h LEFT JOIN conversations c ON c.id = h.conversation LEFT JOIN consumers k ON k.id = h.consumer
           WHERE (args.released OR h.released_at IS NULL) AND (args.conversation IS NULL OR h.conversation = args.conversation
             OR h.consumer = (SELECT consumer FROM conversations WHERE id = args.conversation)
             OR h.number IN (SELECT number FROM order_conversations WHERE conversation = args.conversation UNION SELECT number FROM violation_conversations WHERE conversation = args.conversation))
           ORDER BY h.released_at IS NOT NULL, h.placed_at DESC LIMIT 1000`,
        )
        .all(released ? 1 : 0, conversation ?? null),
    retentionTotals: (query) => {
      const { rows } = due(query, 'WHERE due_at <= ?', query.now + ANNOUNCE_MS);
      return {
        announced: rows.filter((row) => row.kept === 0 && row.announced_at !== null).length,
        kept: rows.filter((row) => row.kept === 1 && row.due_at <= query.now).length,
      };
    },
    retentionCalendar: (query, { from, to, offset_ms }) => {
      const days = new Map<number, { conversations: number; by_rule: Partial<Record<RetentionRule, number>> }>();
      for (const row of due(query, 'WHERE kept = 0 AND due_at < ?', to).rows) {
        const at = goesAt(row, query.now);
        if (at < from || at >= to) continue;
        const day = Math.floor((at + offset_ms) / DAY) * DAY - offset_ms;
        const entry = days.get(day) ?? { conversations: 0, by_rule: {} };
        entry.conversations += 1;
        entry.by_rule[row.rule] = (entry.by_rule[row.rule] ?? 0) + 1;
        days.set(day, entry);
      }
      return [...days].sort(([a], [b]) => a - b).map(([day, entry]) => ({ day, ...entry }));
    },
    retentionList: (query, { from, to, kept, limit }) => {
      const { rows, names } = due(query, 'WHERE kept = ? AND due_at < ?', kept ? 1 : 0, to);
      const all = rows
        .map((row): RetentionRow => ({
          key: row.id as ConversationKey,
          title: row.title,
          shop: row.shop,
          rule: row.rule,
          last_message_at: row.last_at,
          due_at: row.due_at,
          announced_at: row.announced_at,
          removes_at: goesAt(row, query.now),
          protections: protectionsOf(row, names),
        }))
        .filter((row) => kept || (row.removes_at >= from && row.removes_at < to))
        .sort((a, b) => a.removes_at - b.removes_at || a.key - b.key);
      return { rows: all.slice(0, limit), more: all.length > limit };
    },

    auditPage: (filter, { limit, before }) => {
      const where: string[] = [];
      const parameters: Bindable[] = [];
      const add = (sql: string, value: Bindable): void => {
        where.push(sql);
        parameters.push(value);
      };
      auditConditions(filter, add);
      if (before !== null) add('seq < ?', before);
      const rows = db
        .readRaw<[number, number, string, string, string, string]>(
          `SELECT seq, at, actor, action, details, hash FROM audit ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`} ORDER BY seq DESC LIMIT ?`,
        )
        .all(...parameters, limit + 1);
      const shown = rows.slice(0, limit).map(([seq, at, actor, action, details, hash]): AuditRow => ({
        seq,
        at,
        actor,
        action,
        details: JSON.parse(details) as AuditRow['details'],
        hash,
      }));
      return { rows: shown, cursor: rows.length > limit ? (shown.at(-1)?.seq ?? null) : null };
    },
    auditFacets: () => ({
      actions: db
        .read<{ action: string; entries: number }>(
          'SELECT action, count(*) AS entries FROM audit GROUP BY action ORDER BY action',
        )
        .all(),
      actors: db.readOne<string>('SELECT DISTINCT actor FROM audit ORDER BY actor LIMIT 500').all(),
      first_at: db.readOne<number>('SELECT at FROM audit ORDER BY seq LIMIT 1').get() ?? null,
    }),
    verifyAudit: () => {
      const { entries, brokenAt } = verifyAudit(db);
      const last = db.readRaw<[number, string]>('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get();
      // AUTOINCREMENT remembers the highest number it ever gave.
      const given = db.readOne<number>("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").get() ?? 0;
      const missing = Math.max(0, given - (last?.[0] ?? 0));
      return {
        ok: brokenAt === null && missing === 0,
        entries,
        broken_at: brokenAt,
        missing_at_end: missing,
        head: last?.[1] ?? null,
      };
    },
  };
}

function auditConditions(filter: AuditFilter, add: (sql: string, value: Bindable) => void): void {
  if (filter.actions !== undefined && filter.actions.length > 0)
    add('action IN (SELECT value FROM json_each(?))', JSON.stringify(filter.actions));
  if (filter.actors !== undefined && filter.actors.length > 0)
    add('actor IN (SELECT value FROM json_each(?))', JSON.stringify(filter.actors));
  if (filter.from !== undefined) add('at >= ?', filter.from);
  if (filter.to !== undefined) add('at < ?', filter.to);
  if (filter.text !== undefined && filter.text.trim() !== '')
    add("instr(lower(actor || ' ' || action || ' ' || details), lower(?)) > 0", filter.text.trim());
}
