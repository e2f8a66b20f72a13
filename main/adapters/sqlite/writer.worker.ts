import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { ImportRecord, IngestResult, PackedRecords } from '#main/core/ports/store.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import type { GatewayEvent } from '#shared/protocol/events.ts';
import { serve, type CallContext } from './rpc.ts';
import { compactAtOpen } from './administration/compact.ts';
import { pragma } from './connection.ts';
import { toFailure } from './errors.ts';
import { holdProfile, openRecords } from './open-records.ts';
import { collectWhileWorking, restWhenQuiet } from './rest.ts';
import { createWriter, type RecordsWriter } from './writer/create-writer.ts';

/** The only thread that writes records.db (ST1). */

const { directory, key } = workerData as { readonly directory: string; readonly key: Uint8Array };

/** What batches of an import leave behind may gather to this much: some ten of them. */
const IMPORT_GARBAGE_BYTES = 24 * 1_048_576;

const utf8 = new TextDecoder();
const collectGarbage = collectWhileWorking(IMPORT_GARBAGE_BYTES);

/** Opened by the first call, so that what is wrong with the file is that call's answer. */
let opened: { readonly writer: RecordsWriter; readonly rest: () => void; readonly close: () => void } | null = null;

function open(): RecordsWriter {
  if (opened !== null) return opened.writer;
  const hold = holdProfile(directory);
  try {
    const db = compactAtOpen(directory, key, openRecords(directory, key), () => openRecords(directory, key));
    opened = {
      writer: createWriter(db),
      rest: () => void pragma(db, 'shrink_memory'),
      close: () => {
        db.close();
        hold.release();
      },
    };
    return opened.writer;
  } catch (thrown) {
    hold.release();
    throw thrown;
  }
}

/** A disk that turned read-only under open files shows itself to SQLite like a full one; what helps is something else (ST5). */
function explained<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const { code, details } = toFailure(thrown).error;
    if (code === 'DISK_FULL' && isReadOnly())
      throw new AppFailure('STORE_READ_ONLY', 'the disk has become read-only', details);
    throw thrown;
  }
}

/** Only trying it tells: a file system that gave up writing still answers that it may be written. */
function isReadOnly(): boolean {
  const probe = join(directory, '.write-probe');
  try {
    closeSync(openSync(probe, 'w', 0o600));
    rmSync(probe);
    return false;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EROFS';
  }
}

type ByName = {
  readonly [N in keyof RecordsWriter]: (
    context: CallContext,
    ...args: Parameters<RecordsWriter[N]>
  ) => ReturnType<RecordsWriter[N]>;
};

const names = [
  'putAccount',
  'removeAccount',
  'putWelcome',
  'putSnapshotPage',
  'setCursor',
  'putMessages',
  'keptRaw',
  'takeKept',
  'closeGap',
  'noteRead',
  'enqueueSend',
  'cancelDelayed',
  'setSendState',
  'settleSend',
  'discardSend',
  'returnDelayedToDrafts',
  'putStaged',
  'dropStaged',
  'enqueueFiles',
  'setUploaded',
  'putDownload',
  'dropDownload',
  'attachmentsErased',
  'createRecall',
  'resolveRecall',
  'openIncident',
  'appendIncident',
  'putPlaybooks',
  'putCases',
  'putScorecard',
  'putReviewSample',
  'closeReviewSample',
  'putReviews',
  'setDraft',
  'setSetting',
  'putSavedSearch',
  'renameSavedSearch',
  'removeSavedSearch',
  'putWords',
  'putLocalWords',
  'putReplies',
  'removeReply',
  'countReplyUse',
  'putArticle',
  'markConversation',
  'noteConsumer',
  'putLesson',
  'removeLesson',
  'putLessonRun',
  'appendAudit',
  'putDeletion',
  'purgeExpired',
  'purgeReleased',
  'advanceErasures',
  'placeHold',
  'releaseHold',
  'announceRetention',
  'removeRetained',
  'rewriteRecords',
  'trimIndexQueue',
  'optimize',
] as const satisfies readonly (keyof RecordsWriter)[];

const methods = Object.fromEntries(
  names.map((name) => [
    name,
    (_: CallContext, ...args: unknown[]) => explained(() => (open()[name] as (...args: unknown[]) => unknown)(...args)),
  ]),
) as unknown as ByName;

const all = {
  ...methods,
  open: (): void => {
    open();
  },
  /** `batch`: the events, validated, as JSON. */
  ingestText: (_: CallContext, account: AccountId, batch: string): IngestResult =>
    explained(() => open().ingest(account, JSON.parse(batch) as GatewayEvent[])),
  importPacked: (_: CallContext, { json }: PackedRecords) => {
    collectGarbage();
    return explained(() => open().importRecords(JSON.parse(utf8.decode(json)) as ImportRecord[]));
  },
};

export type WriterMethods = typeof all;

if (parentPort !== null) {
  restWhenQuiet(() => opened?.rest());
  serve(parentPort, all, () => {
    opened?.close();
    opened = null;
  });
}
