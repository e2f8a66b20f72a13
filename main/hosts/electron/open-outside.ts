import { dialog, shell, type BrowserWindow } from 'electron';
import type { DesktopWords } from '#shared/i18n/desktop.ts';
import { isOpenableOutside } from './origin.ts';

/** At most one question at a time: a page that opens a hundred links asks once. */
let asking = false;

/**
 * Opens an address in the person's own browser after naming its host (SE1, PV8): what a link shows and where it leads are
 * two things. Nothing but plain https; the host as the network would read it, so that look-alike letters show as xn--….
 */
export async function openOutside(
  address: string,
  parent: BrowserWindow | null,
  words: DesktopWords,
): Promise<boolean> {
  if (asking || !isOpenableOutside(address)) return false;
  const { host } = new URL(address);
  asking = true;
  try {
    const options = {
      type: 'question' as const,
      message: words.openOutside.replace('{host}', () => host),
      detail: address.slice(0, 300),
      buttons: [words.openLink, words.cancel],
      defaultId: 0,
      cancelId: 1,
      noLink: true,
    };
    const { response } = await (parent === null
      ? dialog.showMessageBox(options)
      : dialog.showMessageBox(parent, options));
    if (response !== 0) return false;
    await shell.openExternal(address);
    return true;
  } catch {
    return false;
  } finally {
    asking = false;
  }
}
