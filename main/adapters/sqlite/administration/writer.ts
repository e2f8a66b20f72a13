import type {
  AdministrationStoreWriter,
  AuditNote,
  MessageTarget,
  PendingErasure,
  RetentionQuery,
  StoredDeletion,
} from '#main/core/ports/administration-store.ts';
import type { HoldTarget } from '#shared/contract/administration.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import { mayFollow, type DeletionStep } from '#shared/domain/administration/deletion.ts';
import { ANNOUNCE_MS, removesAt } from '#shared/domain/administration/retention.ts';
import { normaliseNumber } from '#shared/search/numbers.ts';
import { appendAudit } from '../audit.ts';
import type { WritableDatabase } from '../connection.ts';
import type { ChangeSet } from '../writer/changes.ts';
import type { Conversations } from '../writer/conversations.ts';
import type { Eraser } from './eraser.ts';
import { candidates, EXPIRED_SQL, HELD_SQL, type CandidateRow } from './protections.ts';

type Plain<M> = M extends (...args: infer A) => Promise<infer R> ? (...args: A) => R : never;
/** What the writer thread answers: without the changes, which the writer as a whole collects. */
export interface AdministrationWriter {
  putDeletion(deletion: StoredDeletion, audit: AuditNote): void;
  purgeExpired(account: string, now: number): { readonly purged: number };
  purgeReleased(now: number): { readonly purged: number };
  advanceErasures(
    ids: readonly number[],
    stage: 'pages' | 'attachments' | 'done',
    audit: Pick<AuditNote, 'at' | 'actor'>,
  ): void;
  placeHold(hold: Parameters<AdministrationStoreWriter['placeHold']>[0]): number;
  releaseHold(...args: Parameters<AdministrationStoreWriter['releaseHold']>): void;
  announceRetention: Plain<AdministrationStoreWriter['announceRetention']>;
  removeRetained(
    query: RetentionQuery,
    limit: number,
    audit: Pick<AuditNote, 'at' | 'actor'>,
  ): { readonly removed: number; readonly messages: number };
}

export function createAdministrationWriter(parts: {
  readonly db: WritableDatabase;
  readonly conversations: Conversations;
  readonly eraser: Eraser;
  readonly changes: ChangeSet;
}): AdministrationWriter {
  const { db, conversations, eraser, changes } = parts;

  const purgeAll = (keys: readonly number[], now: number): { purged: number } => {
    let purged = 0;
    for (const key of keys) {
      const state = conversations.byKey(key);
      if (state !== null && eraser.purge(state, now) === 'purged') purged += 1;
    }
    return { purged };
  };

  const targetOf = (
    target: HoldTarget | MessageTarget,
  ): {
    readonly conversation: number | null;
    readonly consumer: number | null;
    readonly number: string | null;
    readonly message: number | null;
  } => {
    const none = { conversation: null, consumer: null, number: null, message: null };
    if (target.scope === 'order') return { ...none, number: normaliseNumber(target.number) };
    const row = db
      .read<{ id: number; consumer: number | null }>(
        'SELECT id, consumer FROM conversations WHERE id = ? AND purged_at IS NULL',
      )
      .get(target.conversation_key);
    if (row === undefined) throw new AppFailure('NOT_FOUND', 'no such conversation');
    if (target.scope === 'conversation') return { ...none, conversation: row.id };
    if (target.scope === 'message') {
      const there = db
        .readOne<number>('SELECT 1 FROM messages WHERE id = ? AND conversation = ?')
        .get(target.message_key, row.id);
      if (there === undefined) throw new AppFailure('NOT_FOUND', 'no such message in the conversation');
      return { ...none, conversation: row.id, message: target.message_key };
    }
    if (row.consumer === null) throw new AppFailure('NOT_FOUND', 'the conversation has no consumer');
    return { ...none, consumer: row.consumer };
  };

  return {
    putDeletion: (deletion, audit) => {
      const { conversation, deletion_id, step, updated_at, body } = deletion;
      const current = db
        .readRaw<[DeletionStep]>('SELECT step FROM group_deletions WHERE conversation = ?')
        .get(conversation)?.[0];
      if (!mayFollow(current ?? null, step))
        throw new AppFailure('STALE_STATE', 'the deletion is at another step', { step: current ?? null, wanted: step });
      db.write(
        `INSERT INTO group_deletions (conversation, deletion_id, step, updated_at, body) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (conversation) DO UPDATE SET deletion_id = excluded.deletion_id, step = excluded.step,
           updated_at = excluded.updated_at, body = excluded.body`,
      ).run(conversation, deletion_id, step, updated_at, JSON.stringify(body));
      appendAudit(db, audit);
      changes.messages(conversation);
    },

    purgeExpired: (account, now) => purgeAll(db.readOne<number>(EXPIRED_SQL).all(account, now), now),

    purgeReleased: (now) =>
      purgeAll(
        db
          .readOne<number>(
            `SELECT c.id FROM erasures e JOIN conversations c ON c.id = e.conversation WHERE e.stage = 'held' AND NOT ${HELD_SQL}`,
          )
          .all(),
        now,
      ),

    advanceErasures: (ids, stage, audit) => {
      for (const id of ids) {
        const row = db
          .read<{ conversation: number; reason: PendingErasure['reason']; stage: string }>(
            'SELECT conversation, reason, stage FROM erasures WHERE id = ?',
          )
          .get(id);
        if (row === undefined || row.stage === 'done' || row.stage === 'held') continue;
        db.write('UPDATE erasures SET stage = ?, done_at = ? WHERE id = ?').run(
          stage,
          stage === 'done' ? audit.at : null,
          id,
        );
        if (stage !== 'done' || row.reason !== 'group') continue;
        const deletion = db
          .read<{ deletion_id: string; body: string }>(
            "SELECT deletion_id, body FROM group_deletions WHERE conversation = ? AND step = 'purged'",
          )
          .get(row.conversation);
        if (deletion !== undefined)
          db.write("UPDATE group_deletions SET step = 'erased', updated_at = ?, body = ? WHERE conversation = ?").run(
            audit.at,
            JSON.stringify({ ...(JSON.parse(deletion.body) as object), erased_at: audit.at }),
            row.conversation,
          );
        const wire = db.readOne<string>('SELECT conversation_id FROM conversations WHERE id = ?').get(row.conversation);
        appendAudit(db, {
          ...audit,
          action: 'group.erased',
          details: { conversation_id: wire ?? null, deletion_id: deletion?.deletion_id ?? null },
        });
        changes.messages(row.conversation);
      }
    },

    placeHold: ({ kind, target, note, audit }) => {
      const { conversation, consumer, number, message } = targetOf(target);
      const standing = db
        .readOne<number>(
          'SELECT id FROM holds WHERE conversation = ? AND message = ? AND kind = ? AND released_at IS NULL LIMIT 1',
        )
        .get(conversation, message, kind);
      if (standing !== undefined) return standing;
      const { lastInsertRowid } = db
        .write(
          'INSERT INTO holds (kind, scope, conversation, consumer, number, message, note, placed_by, placed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        )
        .run(kind, target.scope, conversation, consumer, number, message, note, audit.actor, audit.at);
      const id = Number(lastInsertRowid);
      appendAudit(db, { ...audit, details: { ...audit.details, hold: id } });
      if (conversation !== null) changes.messages(conversation);
      return id;
    },

    releaseHold: (id, audit) => {
      const hold = db
        .read<{ released_at: number | null; conversation: number | null }>(
          'SELECT released_at, conversation FROM holds WHERE id = ?',
        )
        .get(id);
      if (hold === undefined) throw new AppFailure('NOT_FOUND', 'no such hold');
      if (hold.released_at !== null) throw new AppFailure('STALE_STATE', 'released already');
      db.write('UPDATE holds SET released_by = ?, released_at = ? WHERE id = ?').run(audit.actor, audit.at, id);
      appendAudit(db, { ...audit, details: { ...audit.details, hold: id } });
      if (hold.conversation !== null) changes.messages(hold.conversation);
    },

    announceRetention: ({ settings, now }, limit, audit) => {
      const { sql } = candidates(db);
      // What spoke again, was put on hold, or is kept longer by a new policy, was announced in vain.
      db.write(
        `DELETE FROM retention_announcements WHERE conversation NOT IN (SELECT id FROM (${sql}) WHERE kept = 0 AND due_at <= ?)`,
      ).run(settings.imported_days, settings.other_days, now + ANNOUNCE_MS);
      const fresh = db
        .read<CandidateRow>(
          `SELECT * FROM (${sql}) WHERE kept = 0 AND announced_at IS NULL AND due_at <= ? ORDER BY due_at LIMIT ?`,
        )
        .all(settings.imported_days, settings.other_days, now + ANNOUNCE_MS, limit);
      for (const row of fresh)
        db.write('INSERT INTO retention_announcements (conversation, announced_at, removes_at) VALUES (?, ?, ?)').run(
          row.id,
          now,
          removesAt(row.due_at, now),
        );
      if (fresh.length > 0)
        appendAudit(db, { ...audit, action: 'retention.announced', details: { conversations: fresh.length } });
      return fresh.length;
    },

    removeRetained: ({ settings, now }, limit, audit) => {
      const { sql } = candidates(db);
      const rows = db
        .read<CandidateRow>(
          `SELECT * FROM (${sql}) WHERE kept = 0 AND due_at <= ? AND removes_at <= ? ORDER BY removes_at LIMIT ?`,
        )
        .all(settings.imported_days, settings.other_days, now, now, limit);
      let messages = 0;
      const byRule: Record<string, number> = {};
      const sums: string[] = [];
      for (const row of rows) {
        const state = conversations.byKey(row.id);
        if (state === null) continue;
        const tombstone = eraser.empty(state, now);
        messages += tombstone.messages;
        byRule[row.rule] = (byRule[row.rule] ?? 0) + 1;
        sums.push(tombstone.sha256);
      }
      if (rows.length > 0)
        appendAudit(db, {
          ...audit,
          action: 'retention.removed',
          details: { conversations: rows.length, messages, by_rule: byRule, sha256: sums },
        });
      return { removed: rows.length, messages };
    },
  };
}
