import type { SendJob } from '#main/core/ports/store.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { OutgoingFile } from '#shared/contract/attachments.ts';
import type { OutgoingView } from '#shared/contract/views.ts';
import { KIND_CODES } from '../codes.ts';
import type { WritableDatabase } from '../connection.ts';
import { putStaged } from './attachments.ts';
import type { ChangeSet } from './changes.ts';

/** Outbox and drafts (SY3, PV2, PV6): a message on its way and the job that sends it are one row. */
export interface Outgoing {
  enqueue(job: SendJob): void;
  /** Delayed ones, and files that are still being uploaded: no message was sent yet. */
  cancelDelayed(id: string): { readonly text: string };
  setState(id: string, state: OutgoingView['state'], error: OutgoingView['error']): void;
  /** It is a record now. True where the job was still here. */
  settle(id: string): boolean;
  discard(id: string): { readonly text: string };
  returnDelayedToDrafts(): number;
  /** The account is gone. */
  drop(account: number): void;
  setDraft(conversation: number, text: string): void;
}

interface Job {
  readonly client_msg_id: string;
  readonly conversation: number;
  readonly text: string;
  readonly state: string;
  readonly attachment: string | null;
}

export function createOutgoing(db: WritableDatabase, changes: ChangeSet): Outgoing {
  const job = (id: string): Job => {
    const row = db
      .read<Job>('SELECT client_msg_id, conversation, text, state, attachment FROM outbox WHERE client_msg_id = ?')
      .get(id);
    if (row === undefined) throw new AppFailure('NOT_FOUND', 'no such outgoing message');
    return row;
  };
  const drop = (row: Job): void => {
    db.write('DELETE FROM outbox WHERE client_msg_id = ?').run(row.client_msg_id);
    changes.messages(row.conversation);
  };
  /** A file goes back among the chosen ones, as text goes back into the draft. */
  const returnFile = (row: Job): boolean => {
    if (row.attachment === null) return false;
    putStaged(db, row.client_msg_id, row.conversation, {
      ...(JSON.parse(row.attachment) as OutgoingFile),
      attachment_id: null,
    });
    changes.messages(row.conversation);
    return true;
  };
  const draft = (conversation: number): string =>
    db.readOne<string>('SELECT text FROM drafts WHERE conversation = ?').get(conversation) ?? '';
  const setDraft = (conversation: number, text: string): void => {
    if (text === '') db.write('DELETE FROM drafts WHERE conversation = ?').run(conversation);
    else
      db.write(
        'INSERT INTO drafts (conversation, text, updated_at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET text = excluded.text, updated_at = excluded.updated_at',
      ).run(conversation, text, Date.now());
    changes.conversation(conversation);
  };

  return {
    enqueue: (send) => {
      const account = db
        .readOne<number>('SELECT id FROM accounts WHERE account_id = ? AND removed = 0')
        .get(send.account_id);
      if (account === undefined) throw new AppFailure('NOT_FOUND', 'no such account');
      if (
        db
          .readOne<number>('SELECT 1 FROM conversations WHERE id = ? AND purged_at IS NULL')
          .get(send.conversation_key) === undefined
      )
        throw new AppFailure('NOT_FOUND', 'no such conversation');
      const { changes: added } = db
        .write(
          `INSERT INTO outbox (client_msg_id, ordinal, account, conversation, kind, text, correction_of, created_at, state, release_at, attachment)
           VALUES (?, (SELECT coalesce(max(ordinal), 0) + 1 FROM outbox), ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        )
        .run(
          send.client_msg_id,
          account,
          send.conversation_key,
          KIND_CODES[send.kind],
          send.text,
          send.correction_of,
          send.created_at,
          send.release_at === null ? 'queued' : 'delayed',
          send.release_at,
          send.file === undefined ? null : JSON.stringify(send.file),
        );
      if (added === 0) return;
      if (send.override_reason !== undefined && send.override_reason !== null)
        db.write('UPDATE outbox SET override_reason = ? WHERE client_msg_id = ?').run(
          send.override_reason,
          send.client_msg_id,
        );
      if (send.keep_draft !== true) setDraft(send.conversation_key, '');
      changes.messages(send.conversation_key);
    },
    cancelDelayed: (id) => {
      const row = job(id);
      if (row.state !== 'delayed' && !(row.state === 'queued' && row.attachment !== null))
        throw new AppFailure('NOT_FOUND', 'it has left the delay buffer');
      drop(row);
      if (returnFile(row)) return { text: '' };
      if (draft(row.conversation) === '') setDraft(row.conversation, row.text);
      return { text: row.text };
    },
    setState: (id, state, error) => {
      const row = db
        .read<Job>('SELECT client_msg_id, conversation, text, state, attachment FROM outbox WHERE client_msg_id = ?')
        .get(id);
      // Settled meanwhile by its event: nothing left to say.
      if (row === undefined) return;
      db.write(
        'UPDATE outbox SET state = ?, error = ?, release_at = CASE WHEN ? THEN release_at END WHERE client_msg_id = ?',
      ).run(state, error === null ? null : JSON.stringify(error), state === 'delayed' ? 1 : 0, id);
      changes.messages(row.conversation);
    },
    settle: (id) => {
      const row = db
        .read<Job>('SELECT client_msg_id, conversation, text, state, attachment FROM outbox WHERE client_msg_id = ?')
        .get(id);
      if (row === undefined) return false;
      drop(row);
      return true;
    },
    discard: (id) => {
      const row = job(id);
      if (row.state !== 'failed')
        throw new AppFailure('NOT_ALLOWED', 'only a failed message can be dropped', { state: row.state });
      drop(row);
      if (returnFile(row)) return { text: '' };
      return { text: row.text };
    },
    returnDelayedToDrafts: () => {
      const delayed = db
        .read<Job>(
          `SELECT client_msg_id, conversation, text, state, attachment FROM outbox WHERE state = 'delayed' ORDER BY ordinal DESC`,
        )
        .all();
      for (const row of delayed) {
        drop(row);
        if (returnFile(row)) continue;
        const existing = draft(row.conversation);
        // Never over a draft that is there already: what was to be sent first stands first.
        setDraft(row.conversation, existing === '' ? row.text : `${row.text}\n${existing}`);
      }
      return delayed.length;
    },
    drop: (account) => {
      const conversations = db
        .readOne<number>('SELECT DISTINCT conversation FROM outbox WHERE account = ?')
        .all(account);
      db.write('DELETE FROM outbox WHERE account = ?').run(account);
      for (const conversation of conversations) changes.messages(conversation);
    },
    setDraft,
  };
}
