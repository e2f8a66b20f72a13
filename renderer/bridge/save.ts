import type { CallAnswer } from '#shared/contract/door.ts';
import { downloadOf, fetchDownload } from './downloads.ts';
import { bridge } from './index.ts';

/**
 * Asks where a small file is to go, has the core write it there, and hands it over: a browser can't be given a path, so the
 * host keeps what was written for the page to fetch. Null where the person chose no place; `name` is the one they chose.
 */
export async function saveFile<T>(
  suggestedName: string,
  write: (target: string, name: string) => Promise<CallAnswer<T>>,
): Promise<CallAnswer<T> | null> {
  const target = await bridge.pickSave(suggestedName);
  if (!target.ok) return target;
  if (target.result === null) return null;
  const { handle, name } = target.result;
  const answer = await write(handle, name);
  const download = downloadOf(target.result);
  if (answer.ok && download !== null) fetchDownload(download);
  return answer;
}

/** Only the host's own download address, below the page's own; anything else is no link. */
export function downloadAddress(value: unknown): string | null {
  const path = typeof value === 'string' ? /^\/?(files\/download\/[\w-]+)$/.exec(value)?.[1] : undefined;
  return path === undefined ? null : new URL(path, document.baseURI).href;
}

/** A picture's bytes in base64, as `pictures.save` takes them. */
export async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
