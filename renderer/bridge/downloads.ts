import { bridge } from './index.ts';

/** A file that the browser host keeps for this page to fetch: a browser can't be given a path. */
export interface Download {
  readonly href: string;
  readonly name: string;
}

/** What was written into a target that `pickSave` gave; null where the file is at its place already. */
export function downloadOf(target: { readonly handle: string; readonly name: string }): Download | null {
  if (bridge.host !== 'browser') return null;
  const href = new URL(`files/download/${encodeURIComponent(target.handle)}`, document.baseURI).href;
  return { href, name: target.name };
}

export function fetchDownload({ href, name }: Download): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = name;
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
}

/** Files of what was begun in this window, by what they belong to: whoever looked away finds theirs again. */
const kept = new Map<string, Download>();

export function keepDownload(of: string, target: { readonly handle: string; readonly name: string }): void {
  const download = downloadOf(target);
  if (download !== null) kept.set(of, download);
}

export function keptDownload(of: string): Download | null {
  return kept.get(of) ?? null;
}
