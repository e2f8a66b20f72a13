import { parentPort, workerData } from 'node:worker_threads';
import { serve, type CallContext } from './rpc.ts';
import { compactAtOpen } from './administration/compact.ts';
import { holdProfile, openRecords } from './open-records.ts';
import { createWriter, type RecordsWriter } from './writer/create-writer.ts';

/** The only thread that writes records.db (ST1). */

const { directory, key } = workerData as { readonly directory: string; readonly key: Uint8Array };

/** Opened by the first call, so that what is wrong with the file is that call's answer. */
let opened: { readonly writer: RecordsWriter; readonly close: () => void } | null = null;

function open(): RecordsWriter {
  if (opened !== null) return opened.writer;
  const hold = holdProfile(directory);
  try {
    const db = compactAtOpen(directory, key, openRecords(directory, key), () => openRecords(directory, key));
    opened = {
      writer: createWriter(db),
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
  'ingest',
  'putSnapshotPage',
  'setCursor',
  'putMessages',
  'closeGap',
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
  'importRecords',
  'trimIndexQueue',
  'optimize',
] as const satisfies readonly (keyof RecordsWriter)[];

const methods = Object.fromEntries(
  names.map((name) => [
    name,
    (_: CallContext, ...args: unknown[]) => (open()[name] as (...args: unknown[]) => unknown)(...args),
  ]),
) as unknown as ByName;

const all = {
  ...methods,
  open: (): void => {
    open();
  },
};

export type WriterMethods = typeof all;

if (parentPort !== null) serve(parentPort, all, () => opened?.close());
