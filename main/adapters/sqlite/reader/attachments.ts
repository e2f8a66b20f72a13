import type { DownloadJob, StagedFile } from '#main/core/ports/attachment-store.ts';
import { OutgoingFile } from '#shared/contract/attachments.ts';
import type { AccountId, ConversationKey, MessageKey } from '#shared/domain/ids.ts';
import { Attachment } from '#shared/protocol/entities.ts';
import { HELD_SQL } from '../administration/protections.ts';
import type { ReadableDatabase } from '../connection.ts';

/** Rows that this version can't read are left alone: they are neither shown nor worked on (stored jobs parse by schema). */
function parseStored<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  text: string,
): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export function parseOutgoingFile(text: string | null): OutgoingFile | null {
  return text === null ? null : parseStored(OutgoingFile, text);
}

interface StagedRow {
  readonly staged_id: string;
  readonly conversation: number;
  readonly file: string;
}

function toStaged(row: StagedRow): StagedFile[] {
  const file = parseOutgoingFile(row.file);
  return file === null
    ? []
    : [{ staged_id: row.staged_id, conversation_key: row.conversation as ConversationKey, file }];
}

export function readStaged(db: ReadableDatabase, conversation: number): StagedFile[] {
  return db
    .read<StagedRow>(
      'SELECT staged_id, conversation, file FROM staged_attachments WHERE conversation = ? ORDER BY ordinal',
    )
    .all(conversation)
    .flatMap(toStaged);
}

export function readStagedFile(db: ReadableDatabase, id: string): StagedFile | null {
  const row = db
    .read<StagedRow>('SELECT staged_id, conversation, file FROM staged_attachments WHERE staged_id = ?')
    .get(id);
  return (row === undefined ? [] : toStaged(row))[0] ?? null;
}

export function readOutgoingFile(db: ReadableDatabase, id: string): OutgoingFile | null {
  return parseOutgoingFile(
    db.readOne<string | null>('SELECT attachment FROM outbox WHERE client_msg_id = ?').get(id) ?? null,
  );
}

/** In the order in which they were asked for. */
export function readDownloads(db: ReadableDatabase, account: AccountId): DownloadJob[] {
  return db
    .read<{
      message: number;
      conversation: number;
      attachment: string;
      asked_at: number;
    }>('SELECT message, conversation, attachment, asked_at FROM downloads WHERE account = ? ORDER BY asked_at, message')
    .all(account)
    .flatMap((row) => {
      const attachment = parseStored(Attachment, row.attachment);
      if (attachment === null) return [];
      return [
        {
          message_key: row.message as MessageKey,
          conversation_key: row.conversation as ConversationKey,
          account_id: account,
          attachment,
          asked_at: row.asked_at,
        },
      ];
    });
}

const OF_MESSAGE = `m.extra ->> '$.attachment.sha256'`;
const WITH_FILE = `m.kind BETWEEN 1 AND 4 AND m.extra IS NOT NULL`;

export function readKeptAttachments(db: ReadableDatabase): string[] {
  return db
    .readOne<string>(
      `SELECT attachment ->> '$.sha256' FROM outbox WHERE attachment IS NOT NULL
       UNION SELECT sha256 FROM staged_attachments
       UNION SELECT ${OF_MESSAGE} FROM conversations c JOIN messages m ON m.conversation = c.id
         WHERE (c.legal_hold = 1 OR ${HELD_SQL}) AND ${WITH_FILE} AND ${OF_MESSAGE} IS NOT NULL
       UNION SELECT extra ->> '$.attachment.sha256' FROM seals
         WHERE extra IS NOT NULL AND extra ->> '$.attachment.sha256' IS NOT NULL`,
    )
    .all();
}

export function readAttachmentHashes(db: ReadableDatabase, conversation: number): string[] {
  return db
    .readOne<string>(
      `SELECT ${OF_MESSAGE} FROM messages m WHERE m.conversation = ? AND ${WITH_FILE} AND ${OF_MESSAGE} IS NOT NULL
       UNION SELECT s.extra ->> '$.attachment.sha256' FROM messages m JOIN seals s ON s.message = m.id
         WHERE m.conversation = ? AND s.extra IS NOT NULL AND s.extra ->> '$.attachment.sha256' IS NOT NULL`,
    )
    .all(conversation, conversation);
}

/** A hash that something mentions again is not to be erased: it stands here only until the next look. */
export function readAttachmentErasures(db: ReadableDatabase): { erase: string[]; keep: string[] } {
  const all = db.readOne<string>('SELECT sha256 FROM attachment_erasures').all();
  const mentioned = new Set(
    db
      .readOne<string>(
        `SELECT e.sha256 FROM attachment_erasures e
         WHERE EXISTS (SELECT 1 FROM messages WHERE extra ->> '$.attachment.sha256' = e.sha256 AND kind BETWEEN 1 AND 4)
            OR EXISTS (SELECT 1 FROM seals WHERE extra ->> '$.attachment.sha256' = e.sha256 AND extra IS NOT NULL)
            OR EXISTS (SELECT 1 FROM outbox WHERE attachment ->> '$.sha256' = e.sha256)
            OR EXISTS (SELECT 1 FROM staged_attachments WHERE sha256 = e.sha256)`,
      )
      .all(),
  );
  return { erase: all.filter((hash) => !mentioned.has(hash)), keep: [...mentioned] };
}
