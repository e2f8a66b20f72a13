import { Menu, type MenuItemConstructorOptions, type WebContents } from 'electron';
import type { DesktopWords } from '#shared/i18n/desktop.ts';

const EDITING = ['undo', 'redo', 'cut', 'copy', 'paste', 'selectAll'] as const;

/** Only what the keyboard needs on macOS; elsewhere the window has no menu bar. */
export function applicationMenu(words: DesktopWords, platform: NodeJS.Platform): Menu | null {
  if (platform !== 'darwin') return null;
  return Menu.buildFromTemplate([
    { label: words.productName, submenu: [{ role: 'quit', label: words.quit }] },
    { label: words.edit, submenu: EDITING.map((role) => ({ role, label: words[role] })) },
    {
      label: words.window,
      submenu: [
        { role: 'minimize', label: words.minimize },
        { role: 'close', label: words.close },
      ],
    },
  ]);
}

/** Right click where the page shows no menu of its own: editing in fields, copying of selected text. */
export function contextMenu(contents: WebContents, words: DesktopWords): void {
  contents.on('context-menu', (_event, { isEditable, selectionText, editFlags }) => {
    const items: MenuItemConstructorOptions[] = [];
    if (isEditable) {
      items.push({ role: 'cut', label: words.cut, enabled: editFlags.canCut });
      items.push({ role: 'copy', label: words.copy, enabled: editFlags.canCopy });
      items.push({ role: 'paste', label: words.paste, enabled: editFlags.canPaste });
      items.push({ role: 'selectAll', label: words.selectAll, enabled: editFlags.canSelectAll });
    } else if (selectionText !== '') items.push({ role: 'copy', label: words.copy });
    if (items.length > 0) Menu.buildFromTemplate(items).popup();
  });
}
