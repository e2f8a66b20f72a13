import type { DownloadJob, StagedFile } from '#main/core/ports/attachment-store.ts';
import type { SendJob } from '#main/core/ports/store.ts';
import { OutgoingFile } from '#shared/contract/attachments.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { WritableDatabase } from '../connection.ts';
import type { ChangeSet } from './changes.ts';
import type { Outgoing } from './outgoing.ts';

/** Staged files, uploads and downloads (IN8): everything about files but their bytes. */
export function createAttachments(db: WritableDatabase, outgoing: Outgoing, changes: ChangeSet) {
  const stagedFile = (id: string): { readonly conversation: number; readonly file: string } | undefined =>
    db
      .read<{
        readonly conversation: number;
        readonly file: string;
      }>('SELECT conversation, file FROM staged_attachments WHERE staged_id = ?')
      .get(id);
  return {
    stage: ({ staged_id, conversation_key, file }: StagedFile): void => {
      if (
        db.readOne<number>('SELECT 1 FROM conversations WHERE id = ? AND purged_at IS NULL').get(conversation_key) ===
        undefined
      )
        throw new AppFailure('NOT_FOUND', 'no such conversation');
      putStaged(db, staged_id, conversation_key, file);
      changes.messages(conversation_key);
    },
    unstage: (id: string): void => {
      const row = stagedFile(id);
      if (row === undefined) return;
      db.write('DELETE FROM staged_attachments WHERE staged_id = ?').run(id);
      changes.messages(row.conversation);
    },
    enqueue: (jobs: readonly { readonly staged_id: string; readonly job: Omit<SendJob, 'file'> }[]): OutgoingFile[] =>
      jobs.map(({ staged_id, job }) => {
        const row = stagedFile(staged_id);
        if (row === undefined || row.conversation !== job.conversation_key)
          throw new AppFailure('NOT_FOUND', 'no such staged file');
        const file = OutgoingFile.parse(JSON.parse(row.file));
        outgoing.enqueue({ ...job, file });
        db.write('DELETE FROM staged_attachments WHERE staged_id = ?').run(staged_id);
        return file;
      }),
    setUploaded: (id: string, attachmentId: string | null): void => {
      const row = db
        .read<{
          conversation: number;
          attachment: string | null;
        }>('SELECT conversation, attachment FROM outbox WHERE client_msg_id = ?')
        .get(id);
      // Cancelled meanwhile, or settled by its event.
      if (row === undefined || row.attachment === null) return;
      const file = { ...(JSON.parse(row.attachment) as OutgoingFile), attachment_id: attachmentId };
      db.write('UPDATE outbox SET attachment = ? WHERE client_msg_id = ?').run(JSON.stringify(file), id);
      changes.messages(row.conversation);
    },
    putDownload: (job: DownloadJob): void => {
      db.write(
        `INSERT INTO downloads (message, conversation, account, attachment, asked_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (message) DO UPDATE SET account = excluded.account, attachment = excluded.attachment`,
      ).run(job.message_key, job.conversation_key, job.account_id, JSON.stringify(job.attachment), job.asked_at);
    },
    dropDownload: (message: number): void => {
      db.write('DELETE FROM downloads WHERE message = ?').run(message);
    },
    erased: (hashes: readonly string[]): void => {
      db.write('DELETE FROM attachment_erasures WHERE sha256 IN (SELECT value FROM json_each(?))').run(
        JSON.stringify(hashes),
      );
    },
  };
}

/** Behind what is staged already. */
export function putStaged(db: WritableDatabase, stagedId: string, conversation: number, file: OutgoingFile): void {
  db.write(
    `INSERT INTO staged_attachments (staged_id, ordinal, conversation, sha256, file)
     VALUES (?, (SELECT coalesce(max(ordinal), 0) + 1 FROM staged_attachments), ?, ?, ?) ON CONFLICT DO NOTHING`,
  ).run(stagedId, conversation, file.sha256, JSON.stringify(file));
}
