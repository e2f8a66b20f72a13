import { createHash } from 'node:crypto';
import type { DeletionBody } from '#main/core/ports/administration-store.ts';
import type { Tombstone } from '#shared/domain/administration/deletion.ts';
import { appendAudit } from '../audit.ts';
import { Flag } from '../codes.ts';
import { pragma, type WritableDatabase } from '../connection.ts';
import { monthOf } from '../search/index-file.ts';
import type { Rollup } from '../search/rollup.ts';
import type { ChangeSet } from '../writer/changes.ts';
import type { Conversations, ConversationState } from '../writer/conversations.ts';
import type { Dimensions } from '../writer/dimensions.ts';
import type { Gaps } from '../writer/gaps.ts';
import type { Messages } from '../writer/messages.ts';
import type { Reviews } from '../writer/reviews.ts';
import { HELD_SQL } from './protections.ts';

/** What `removed_by` says of a conversation that retention emptied. It comes back into the lists with the next message. */
export const REMOVED_BY_RETENTION = 'retention';
/** Stands where free text of people was in a timeline: entries stay, what they quoted goes (AD2). */
const STRIPPED = '[…]';

/** Takes the content of a conversation out of every table. What is left in free pages, log and index goes later. */
export interface Eraser {
  /**
   * A group's final purge (AD2): never comes back. `held`: a hold keeps the content; it is purged when that is released.
   * Null where it was purged before.
   */
  purge(state: ConversationState, at: number): 'purged' | 'held' | null;
  /** Retention (AD3): what is there now goes, the conversation may go on. */
  empty(state: ConversationState, at: number): Tombstone;
}

export function createEraser(parts: {
  readonly db: WritableDatabase;
  readonly dimensions: Dimensions;
  readonly conversations: Conversations;
  readonly messages: Messages;
  readonly gaps: Gaps;
  readonly reviews: Reviews;
  readonly rollup: Rollup;
  readonly changes: ChangeSet;
}): Eraser {
  const { db, dimensions, conversations, messages, gaps, reviews, rollup, changes } = parts;

  const summary = (state: ConversationState): { readonly tombstone: Tombstone; readonly months: readonly number[] } => {
    const sum = createHash('sha256');
    const months = new Set<number>();
    let count = 0;
    let recalled = 0;
    let attachments = 0;
    let first: number | null = null;
    let last: number | null = null;
    const rows = db.readRaw<[number, string, number, string, string | null, number, string | null]>(
      `SELECT m.id, m.msg_id, m.sent_at, m.sender_id, coalesce(m.text, s.text), m.flags,
         coalesce(m.extra ->> '$.attachment.sha256', s.extra ->> '$.attachment.sha256')
       FROM messages m LEFT JOIN seals s ON s.message = m.id WHERE m.conversation = ? ORDER BY m.id`,
    );
    for (const [id, msgId, sentAt, sender, text, flags, hash] of rows.iterate(state.id)) {
      sum.update(JSON.stringify([msgId, sentAt, sender, text, hash]) + '\n');
      months.add(monthOf(id));
      count += 1;
      if ((flags & Flag.RECALLED) !== 0) recalled += 1;
      if (hash !== null) attachments += 1;
      first ??= sentAt;
      last = sentAt;
    }
    return {
      tombstone: { messages: count, recalled, attachments, first_at: first, last_at: last, sha256: sum.digest('hex') },
      months: [...months],
    };
  };

  /** Free text of people about this conversation leaves the incidents; the incidents stay. */
  const stripIncidents = (conversation: number): void => {
    const incidents = db
      .readRaw<[number, string]>('SELECT id, body FROM incidents WHERE conversation = ?')
      .all(conversation);
    if (incidents.length === 0) return;
    // Timelines only grow, but for this.
    const guard = db.readOne<string>("SELECT sql FROM sqlite_schema WHERE name = 'incident_events_no_update'").get();
    if (guard !== undefined) db.execute('DROP TRIGGER incident_events_no_update');
    for (const [id, body] of incidents) {
      db.write('UPDATE incidents SET body = ? WHERE id = ?').run(JSON.stringify(stripTexts(JSON.parse(body))), id);
      for (const [seq, event] of db
        .readRaw<[number, string]>('SELECT seq, event FROM incident_events WHERE incident = ?')
        .all(id))
        db.write('UPDATE incident_events SET event = ? WHERE incident = ? AND seq = ?').run(
          JSON.stringify(stripTexts(JSON.parse(event))),
          id,
          seq,
        );
    }
    if (guard !== undefined) db.execute(guard);
  };

  const eraseRows = (state: ConversationState, reason: 'group' | 'retention', at: number): Tombstone => {
    const { tombstone, months } = summary(state);
    messages.purge(state);
    for (const table of ['gaps', 'closed_gaps', 'outbox', 'drafts', 'recalls', 'staged_attachments', 'downloads'])
      db.write(`DELETE FROM ${table} WHERE conversation = ?`).run(state.id);
    // Kept raw because this version didn't know or couldn't apply them (SY8): they may carry this conversation's text.
    db.write(
      `DELETE FROM raw_events WHERE account IN (SELECT id FROM accounts WHERE source = ?) AND instr(raw, ?) > 0`,
    ).run(state.source, JSON.stringify(state.conversation_id));
    stripIncidents(state.id);
    reviews.erase(state.id, at);
    db.write('DELETE FROM retention_announcements WHERE conversation = ?').run(state.id);
    db.write(
      `UPDATE conversations SET title = '', consumer = NULL, members = NULL, assignee = NULL, assignments = '[]', order_nos = '[]', violation_nos = '[]',
         last_message = NULL, last_message_at = NULL, last_consumer_seq = 0, last_agent_seq = 0, unread = 0, waiting_since = NULL, ends_at = NULL, deletes_at = NULL
       WHERE id = ?`,
    ).run(state.id);
    if (state.consumer !== null)
      db.write(
        `DELETE FROM consumers WHERE id = ? AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.consumer = consumers.id)
           AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.consumer = consumers.id AND h.released_at IS NULL)`,
      ).run(state.consumer);
    rollup.rebuildConversation(state.id);
    db.write(
      `INSERT INTO erasures (conversation, reason, stage, asked_at, months, counts) VALUES (?, ?, 'index', ?, ?, ?)`,
    ).run(state.id, reason, at, JSON.stringify(months), JSON.stringify(tombstone));
    changes.messages(state.id);
    conversations.forget(state);
    dimensions.reset();
    return tombstone;
  };

  return {
    purge: (state, at) => {
      if (state.purged) return null;
      const held = db.readOne<number>(`SELECT ${HELD_SQL} FROM conversations c WHERE c.id = ?`).get(state.id) === 1;
      const deletion = db
        .read<{ deletion_id: string; body: string }>(
          'SELECT deletion_id, body FROM group_deletions WHERE conversation = ?',
        )
        .get(state.id);
      const { conversation_id } = state;
      if (held) {
        // Out of use it goes; what a hold is on does not vanish because the gateway's time is over.
        db.write(
          `UPDATE conversations SET removed_by = coalesce(removed_by, ''), restorable_until = coalesce(restorable_until, ?) WHERE id = ?`,
        ).run(at, state.id);
        const known = db
          .readOne<number>("SELECT 1 FROM erasures WHERE conversation = ? AND stage = 'held'")
          .get(state.id);
        if (known === undefined) {
          db.write(
            `INSERT INTO erasures (conversation, reason, stage, asked_at, months, counts) VALUES (?, 'group', 'held', ?, '[]', '{}')`,
          ).run(state.id, at);
          appendAudit(db, { at, actor: 'system', action: 'group.purge_held', details: { conversation_id } });
        }
        if (deletion !== undefined)
          db.write("UPDATE group_deletions SET step = 'held', updated_at = ? WHERE conversation = ?").run(at, state.id);
        changes.messages(state.id);
        return 'held';
      }
      db.write("DELETE FROM erasures WHERE conversation = ? AND stage = 'held'").run(state.id);
      const tombstone = eraseRows(state, 'group', at);
      db.write(
        `UPDATE conversations SET removed_by = coalesce(removed_by, ''), restorable_until = coalesce(restorable_until, 0), purged_at = ?, purged = ? WHERE id = ?`,
      ).run(at, JSON.stringify(tombstone), state.id);
      if (deletion !== undefined) {
        const body = JSON.parse(deletion.body) as DeletionBody;
        const stripped: DeletionBody = {
          ...body,
          title: '',
          notice: null,
          replacement: null,
          exported: body.exported === null ? null : { ...body.exported, file: null },
          purged_at: at,
          tombstone,
        };
        db.write("UPDATE group_deletions SET step = 'purged', updated_at = ?, body = ? WHERE conversation = ?").run(
          at,
          JSON.stringify(stripped),
          state.id,
        );
      }
      appendAudit(db, {
        at,
        actor: 'system',
        action: 'group.purged',
        details: { conversation_id, deletion_id: deletion?.deletion_id ?? null, ...tombstone },
      });
      return 'purged';
    },
    empty: (state, at) => {
      const { id, last_seq } = state;
      const tombstone = eraseRows(state, 'retention', at);
      db.write(
        `UPDATE conversations SET erased_seq = last_seq, removed_by = ?, restorable_until = 0, purged = ? WHERE id = ?`,
      ).run(REMOVED_BY_RETENTION, JSON.stringify(tombstone), id);
      // The gateway may still have them: nobody asks for them again.
      if (last_seq > 0) gaps.close(id, 1, last_seq);
      return tombstone;
    },
  };
}

const FREE_TEXT = new Set(['note', 'resolution']);

/** The same JSON with people's free text replaced, however deep it lies. */
function stripTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      FREE_TEXT.has(key) && typeof inner === 'string' && inner !== '' ? STRIPPED : stripTexts(inner),
    ]),
  );
}

/** What SQLite frees meanwhile is overwritten; slower, so only around erasing. Empties the log afterwards. */
export function erasing<T>(db: WritableDatabase, work: () => T): T {
  pragma(db, 'secure_delete = ON');
  try {
    return work();
  } finally {
    pragma(db, 'secure_delete = OFF');
    // With readers in the way the rewriting that follows does it.
    pragma(db, 'wal_checkpoint(TRUNCATE)');
  }
}

/** A file above this size isn't rewritten while it is open: SQLite does that in memory, and the writer waits. Bytes. */
export const REWRITE_IN_PLACE = 512 * 1024 * 1024;

/**
 * The file without anything that was ever deleted from it. Freed pages and the free parts of pages keep old rows, also ones
 * that SQLite only moved, and `secure_delete` doesn't reach those: only writing every page anew does.
 */
export function rewriteFile(db: WritableDatabase, limit: number = REWRITE_IN_PLACE): 'done' | 'deferred' | 'busy' {
  const value = (name: string): number => Number(pragma(db, name)[0]?.[name] ?? 0);
  if (value('page_count') * value('page_size') > limit) return 'deferred';
  db.execute('VACUUM');
  return pragma(db, 'wal_checkpoint(TRUNCATE)')[0]?.['busy'] === 0 ? 'done' : 'busy';
}
