import path from 'node:path';
import { BrowserWindow, nativeTheme, screen } from 'electron';
import { assert } from '#shared/lib/assert.ts';
import { WEB_PREFERENCES } from './guards.ts';
import { APP_URL } from './origin.ts';
import { LEAST, readWindowState, usualSize, writeWindowState } from './window-state.ts';

export interface WindowOptions {
  readonly preload: string;
  readonly icon: string;
  readonly title: string;
  readonly stateFile: string;
  /** Developer tools only where the program is not packaged. */
  readonly developer: boolean;
}

/** The colours of the page's ground (`canvas` in renderer/ui/tokens.ts), so that nothing flashes before its first paint (UX3). */
const GROUND = { light: '#ffffff', dark: '#191c21' };

export function createWindow(options: WindowOptions): BrowserWindow {
  const state = readWindowState(
    options.stateFile,
    screen.getAllDisplays().map((display) => display.workArea),
  );
  const { maximized, ...place } = state ?? { ...usualSize(), maximized: false };
  const window = new BrowserWindow({
    ...place,
    minWidth: LEAST.width,
    minHeight: LEAST.height,
    title: options.title,
    icon: options.icon,
    show: false,
    autoHideMenuBar: true,
    backgroundColor: nativeTheme.shouldUseDarkColors ? GROUND.dark : GROUND.light,
    webPreferences: { ...WEB_PREFERENCES, preload: path.resolve(options.preload), devTools: options.developer },
  });
  if (maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    writeWindowState(options.stateFile, { ...window.getNormalBounds(), maximized: window.isMaximized() });
  });
  return window;
}

/** Loads the page and asserts what Electron really gave it, not what was asked for (SE1). */
export async function loadPage(window: BrowserWindow): Promise<void> {
  await window.loadURL(APP_URL);
  const seen: unknown = await window.webContents.executeJavaScript(
    "[typeof require, typeof process, typeof module, typeof window.workbench, window.isSecureContext].join(' ')",
  );
  assert(
    seen === 'undefined undefined undefined object true',
    'the page must be sandboxed and see our functions alone',
  );
}
