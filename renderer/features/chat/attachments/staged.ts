import { create } from 'zustand';
import type { StagedAttachment } from '#shared/contract/attachments.ts';
import type { AppError } from '#shared/contract/errors.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { toBase64 } from '#shared/lib/base64.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { sameData } from '#renderer/bridge/steady.ts';

/** Bytes of one call: they pass the same door as everything else. */
const PIECE_BYTES = 256 * 1024;
export const MOST_AT_ONCE = 20;

/** A file that is being handed over to the core, or was refused. */
export interface IncomingFile {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly done: number;
  readonly error: AppError | null;
}

interface Chosen {
  readonly staged: readonly StagedAttachment[];
  readonly incoming: readonly IncomingFile[];
}

interface StagedState {
  readonly byConversation: Readonly<Partial<Record<number, Chosen>>>;
}

export const NOTHING_CHOSEN: Chosen = { staged: [], incoming: [] };
export const useStaged = create<StagedState>()(() => ({ byConversation: {} }));

/** What was dropped while it was read. */
const dropped = new Set<number>();
/** Being sent: not shown as chosen while the answer is on its way. */
const leaving = new Set<string>();
const running = new Map<number, Promise<unknown>>();
let lastId = 0;

function change(key: ConversationKey, edit: (chosen: Chosen) => Chosen): void {
  useStaged.setState(({ byConversation }) => ({
    byConversation: { ...byConversation, [key]: edit(byConversation[key] ?? NOTHING_CHOSEN) },
  }));
}
const changeIncoming = (key: ConversationKey, id: number, edit: (file: IncomingFile) => IncomingFile | null): void =>
  change(key, (chosen) => ({
    ...chosen,
    incoming: chosen.incoming.flatMap((file) => (file.id === id ? (edit(file) ?? []) : file)),
  }));

export async function reloadStaged(key: ConversationKey): Promise<void> {
  const answer = await bridge.call('attachments.staged', { conversation_key: key });
  if (!answer.ok) return;
  const staged = answer.result.staged.filter((one) => !leaving.has(one.staged_id));
  const known = useStaged.getState().byConversation[key]?.staged ?? NOTHING_CHOSEN.staged;
  if (!sameData(known, staged)) change(key, (chosen) => ({ ...chosen, staged }));
}

/** Hands files over, one after the other, each under the conversation it was chosen for (PV6). */
export function addFiles(key: ConversationKey, files: readonly { readonly name: string; readonly file: Blob }[]): void {
  for (const { name, file } of files) {
    const id = ++lastId;
    change(key, (chosen) => ({
      ...chosen,
      incoming: [...chosen.incoming, { id, name, bytes: file.size, done: 0, error: null }],
    }));
    const before = running.get(key) ?? Promise.resolve();
    const mine = before.then(() => handOver(key, id, name, file)).catch(() => undefined);
    running.set(key, mine);
  }
}

async function handOver(key: ConversationKey, id: number, name: string, file: Blob): Promise<void> {
  const refuse = (error: AppError): void => changeIncoming(key, id, (one) => ({ ...one, error }));
  if (dropped.delete(id)) return;
  const begun = await bridge.call('attachments.begin', { conversation_key: key, name, bytes: file.size });
  if (!begun.ok) return refuse(begun.error);
  const { upload_id } = begun.result;
  for (let offset = 0; offset < file.size; offset += PIECE_BYTES) {
    let piece: Uint8Array;
    try {
      piece = new Uint8Array(await file.slice(offset, offset + PIECE_BYTES).arrayBuffer());
    } catch {
      // It was moved or changed on disk since it was chosen.
      void bridge.call('attachments.abort', { upload_id });
      return refuse({ code: 'FILE_UNREADABLE', message: 'the file changed' });
    }
    const written = dropped.has(id)
      ? null
      : await bridge.call('attachments.write', { upload_id, offset, data: toBase64(piece) });
    if (written === null || !written.ok) {
      dropped.delete(id);
      void bridge.call('attachments.abort', { upload_id });
      if (written !== null && !written.ok) refuse(written.error);
      return;
    }
    changeIncoming(key, id, (one) => ({ ...one, done: written.result.written }));
  }
  const finished = await bridge.call('attachments.finish', { upload_id });
  if (!finished.ok) return refuse(finished.error);
  if (dropped.delete(id)) return removeStaged(key, finished.result.staged_id);
  change(key, (chosen) => ({
    staged: [...chosen.staged.filter((one) => one.staged_id !== finished.result.staged_id), finished.result],
    incoming: chosen.incoming.filter((one) => one.id !== id),
  }));
}

export function dropIncoming(key: ConversationKey, file: IncomingFile): void {
  if (file.error === null) dropped.add(file.id);
  changeIncoming(key, file.id, () => null);
}

export async function removeStaged(key: ConversationKey, staged_id: string): Promise<void> {
  change(key, (chosen) => ({ ...chosen, staged: chosen.staged.filter((one) => one.staged_id !== staged_id) }));
  await bridge.call('attachments.unstage', { staged_id });
}

export function hasChosen(key: ConversationKey): boolean {
  const chosen = useStaged.getState().byConversation[key] ?? NOTHING_CHOSEN;
  return chosen.staged.length > 0 || chosen.incoming.some((file) => file.error === null);
}

/** As they are shown in the tray. */
export function chosenNames(key: ConversationKey): readonly string[] {
  const { staged, incoming } = useStaged.getState().byConversation[key] ?? NOTHING_CHOSEN;
  return [...staged, ...incoming.filter((file) => file.error === null)].map(({ name }) => name);
}

/** Sends what is chosen here, in order, after what is still being read. Null: sent, or there was nothing. */
export async function sendChosen(key: ConversationKey): Promise<AppError | null> {
  await running.get(key);
  const { staged } = useStaged.getState().byConversation[key] ?? NOTHING_CHOSEN;
  if (staged.length === 0) return null;
  // Gone at once, so that a second Enter can't send them twice; a refusal brings them back.
  for (const { staged_id } of staged) leaving.add(staged_id);
  change(key, (chosen) => ({ ...chosen, staged: [] }));
  const answer = await bridge.call('attachments.send', {
    conversation_key: key,
    staged_ids: staged.map((one) => one.staged_id),
  });
  for (const { staged_id } of staged) leaving.delete(staged_id);
  await reloadStaged(key);
  return answer.ok ? null : answer.error;
}
