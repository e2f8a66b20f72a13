import type { RecallJob, RecallResolution } from '#main/core/ports/store.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { RecallView } from '#shared/contract/views.ts';
import type { RecallId } from '#shared/domain/ids.ts';
import type { Operator, RecallEffect } from '#shared/protocol/entities.ts';
import { Flag } from '../codes.ts';
import type { WritableDatabase } from '../connection.ts';
import { parseExtra } from '../extra.ts';
import { FINAL_RECALL_STATES, RECALL_COLUMNS, toRecallView, type RecallRow } from '../recall-view.ts';
import type { ChangeSet } from './changes.ts';
import type { Conversations } from './conversations.ts';
import type { Messages } from './messages.ts';

/** Recalls asked for from here (RC11, RC15–RC17). */
export interface Recalls {
  create(job: RecallJob): { readonly recall: RecallView; readonly joined: boolean };
  resolve(
    id: string,
    outcome: RecallResolution,
  ): { readonly recall: RecallView; readonly contradicted: boolean } | null;
  /** An event says the message is recalled: own requests for it are done. Answers with those that were under way. */
  settle(
    message: number,
    news: { readonly recall_id: string | null; readonly effect: RecallEffect; readonly at: number },
  ): RecallId[];
  /** RC7: a recall by this agent, from any device; once per recall id. */
  noteTime(agent: number, at: number, recallId: string): void;
  /** The account is gone: nothing will ever answer them. */
  abandon(account: number): void;
}

export function createRecalls(parts: {
  readonly db: WritableDatabase;
  readonly conversations: Conversations;
  readonly messages: Messages;
  readonly changes: ChangeSet;
}): Recalls {
  const { db, conversations, messages, changes } = parts;

  const byId = (id: string): RecallRow | undefined =>
    db.read<RecallRow>(`SELECT ${RECALL_COLUMNS} FROM recalls r WHERE r.recall_id = ?`).get(id);
  const view = (id: string): RecallView => {
    const row = byId(id);
    if (row === undefined) throw new AppFailure('NOT_FOUND', 'no such recall');
    return toRecallView(row);
  };

  const noteTime = (agent: number, at: number, recallId: string): void => {
    if (
      db
        .readOne<number>('SELECT 1 FROM recall_times WHERE agent = ? AND recall_id = ? AND at BETWEEN ? AND ?')
        .get(agent, recallId, at - 600_000, at + 600_000) !== undefined
    )
      return;
    db.write('INSERT INTO recall_times (agent, at, recall_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(
      agent,
      at,
      recallId,
    );
  };

  return {
    create: (job) => {
      const account = db
        .readOne<number>('SELECT id FROM accounts WHERE account_id = ? AND removed = 0')
        .get(job.account_id);
      if (account === undefined) throw new AppFailure('NOT_FOUND', 'no such account');
      const message = db
        .read<{ id: number; conversation: number; msg_id: string; flags: number; extra: string | null }>(
          'SELECT id, conversation, msg_id, flags, extra FROM messages WHERE id = ?',
        )
        .get(job.message_key);
      if (message === undefined) throw new AppFailure('NOT_FOUND', 'no such message');
      const first =
        byId(job.recall_id) ??
        db
          .read<RecallRow>(
            `SELECT ${RECALL_COLUMNS} FROM recalls r WHERE r.message = ? AND r.state IN ('queued', 'requested', 'unknown', 'done')
             ORDER BY r.state = 'done', r.requested_at LIMIT 1`,
          )
          .get(message.id);
      if (first !== undefined) return { recall: toRecallView(first), joined: true };
      // RC17: recalled already, by whomever, is what was asked for.
      const recalled = (message.flags & Flag.RECALLED) === 0 ? undefined : parseExtra(message.extra).recalled;
      db.write(
        `INSERT INTO recalls (recall_id, account, message, conversation, msg_id, state, effect, code, reason, requested_at, expires_at, resolved_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        job.recall_id,
        account,
        message.id,
        message.conversation,
        message.msg_id,
        recalled === undefined ? job.state : 'done',
        recalled?.effect ?? null,
        recalled === undefined ? null : 'ALREADY_RECALLED',
        job.reason,
        job.requested_at,
        job.expires_at,
        recalled?.at ?? null,
      );
      changes.messages(message.conversation);
      return { recall: view(job.recall_id), joined: false };
    },

    resolve: (id, outcome) => {
      const row = byId(id);
      if (row === undefined) return null;
      const final = FINAL_RECALL_STATES.has(outcome.state);
      // RC12: done with what effect nobody said: the better one is never claimed.
      const effect = outcome.effect ?? (outcome.state === 'done' ? 'maybe_seen' : null);
      if (FINAL_RECALL_STATES.has(row.state)) {
        const contradicted =
          final &&
          (outcome.state !== row.state ||
            (outcome.effect !== undefined && row.effect !== null && outcome.effect !== row.effect));
        const where = contradicted && outcome.effect !== undefined ? conversations.byKey(row.conversation) : null;
        if (where !== null && outcome.effect !== undefined)
          messages.disputed(where.source, where.conversation_id, row.msg_id, outcome.effect);
        return { recall: toRecallView(row), contradicted };
      }
      db.write(
        'UPDATE recalls SET state = ?, effect = ?, code = ?, details = ?, resolved_at = ? WHERE recall_id = ?',
      ).run(
        outcome.state,
        effect,
        outcome.code ?? null,
        outcome.details === undefined ? null : JSON.stringify(outcome.details),
        final ? outcome.at : null,
        id,
      );
      const state = conversations.byKey(row.conversation);
      if (outcome.state === 'done' && state !== null) {
        const account = db
          .read<{ agent: number | null; agent_id: string | null; name: string | null; device_id: string }>(
            `SELECT a.agent, g.agent_id, g.name, a.device_id FROM recalls r JOIN accounts a ON a.id = r.account
             LEFT JOIN agents g ON g.id = a.agent WHERE r.recall_id = ?`,
          )
          .get(id);
        const operator: Operator = { role: 'agent', id: account?.agent_id ?? '', name: account?.name ?? '' };
        // The reply may come before the event: from this moment on the content is out of sight (RC19).
        messages.recalled(state.source, state.conversation_id, row.msg_id, {
          recall_id: id,
          operator:
            account === undefined
              ? operator
              : { ...operator, device_id: account.device_id as NonNullable<Operator['device_id']> },
          effect: effect ?? 'maybe_seen',
          at: outcome.at,
          reason: row.reason,
        });
        if (account !== undefined && account.agent !== null) noteTime(account.agent, outcome.at, id);
      }
      changes.messages(row.conversation);
      return { recall: view(id), contradicted: false };
    },

    settle: (message, news) => {
      const waiting = db
        .read<{ recall_id: string; conversation: number }>(
          `SELECT recall_id, conversation FROM recalls WHERE message = ? AND state IN ('queued', 'requested', 'unknown')`,
        )
        .all(message);
      for (const { recall_id, conversation } of waiting) {
        db.write(`UPDATE recalls SET state = 'done', effect = ?, code = ?, resolved_at = ? WHERE recall_id = ?`).run(
          news.effect,
          recall_id === news.recall_id ? null : 'ALREADY_RECALLED',
          news.at,
          recall_id,
        );
        changes.messages(conversation);
      }
      return waiting.map(({ recall_id }) => recall_id as RecallId);
    },

    noteTime,

    abandon: (account) => {
      db.write(
        `UPDATE recalls SET state = CASE state WHEN 'queued' THEN 'expired' ELSE 'failed' END, code = 'NETWORK_UNKNOWN'
        WHERE account = ? AND state IN ('queued', 'requested', 'unknown')`,
      ).run(account);
    },
  };
}
