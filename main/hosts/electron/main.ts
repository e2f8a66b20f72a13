import { existsSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { app, BrowserWindow, dialog, Menu, nativeImage, powerMonitor, session, Tray } from 'electron';
import { AppFailure } from '#shared/contract/errors.ts';
import { desktopWords } from '#shared/i18n/desktop.ts';
import { explainError } from '#shared/i18n/errors.ts';
import { localeFor } from '#shared/i18n/index.ts';
import { safeFileName } from '../file-handles.ts';
import { defaultDataFolder, realFolderBeside, type Profile, type ProfileKind } from '../profile.ts';
import { openWorkbench, type Workbench } from '../workbench.ts';
import { guardContents, guardSession } from './guards.ts';
import { openDoor } from './ipc.ts';
import { applicationMenu, contextMenu } from './menus.ts';
import { createNotifier } from './notices.ts';
import { openSafeStorage } from './safe-storage.ts';
import { registerScheme, serveScheme } from './scheme.ts';
import { createWindow, loadPage } from './window.ts';

// The desktop host: a window, a tray and a keychain around the same program that the other hosts run.

const besideBundle = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const PAGE = besideBundle('../renderer');
const PRELOAD = besideBundle('./preload.cjs');
const ICON = besideBundle('./icon.png');

let window: BrowserWindow | null = null;
let tray: Tray | null = null;
let workbench: Workbench | null = null;
let quitting = false;
/** The answer to the call that leads to a restart leaves first. */
const ANSWER_FIRST_MS = 200;

// Before ready: a page without sandbox, or our scheme without its rights, must not be possible at all.
app.enableSandbox();
registerScheme();

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', showWindow);
  // The tray keeps it running: enquiries are announced while the window is closed (IN3).
  app.on('window-all-closed', () => undefined);
  app.on('activate', showWindow);
  app.on('before-quit', (event) => {
    if (workbench === null) return;
    event.preventDefault();
    void quit();
  });
  start().catch(failToStart);
} else app.exit(0);

async function start(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(app.isPackaged ? 1 : 2),
    options: { data: { type: 'string' }, 'key-file': { type: 'string' } },
    strict: false,
  });
  const directory = typeof values['data'] === 'string' ? values['data'] : undefined;
  const keyFile = typeof values['key-file'] === 'string' ? values['key-file'] : undefined;
  await app.whenReady();
  const locale = localeFor(app.getLocale());
  const words = desktopWords[locale];
  Menu.setApplicationMenu(applicationMenu(words, process.platform));
  const common = {
    host: 'electron',
    keyFile,
    locale,
    fallback: async (profile: Profile) => openSafeStorage(path.join(profile.folder, 'safe-storage.json')),
  } as const;
  const opened: Workbench = await openWorkbench({
    ...common,
    directory,
    kind: directory === undefined ? usualKind() : undefined,
    notifier: createNotifier(() => words, showWindow),
    // The account goes into the real profile beside the practice one, and the program starts anew there (SE4).
    toRealProfile: async (account) => {
      const folder = realFolderBeside(opened.profile.folder);
      const real = await openWorkbench({ ...common, directory: folder, kind: 'real' });
      const id = await real.app.addAccount(account).finally(() => real.close());
      setTimeout(() => {
        app.relaunch({ args: [...(app.isPackaged ? [] : process.argv.slice(1, 2)), `--data=${folder}`] });
        void quit();
      }, ANSWER_FIRST_MS);
      return id;
    },
  });
  workbench = opened;
  guardContents(app, opened.logger);
  guardSession(session.defaultSession);
  serveScheme(session.defaultSession, PAGE, (ref) => opened.app.picture(ref));
  // The monotonic clock may have stood still, and the sockets are dead without knowing it (SY4).
  for (const event of ['resume', 'unlock-screen'] as const)
    powerMonitor.on(event as 'resume', () => opened.app.networkChanged());
  tray = new Tray(nativeImage.createFromPath(ICON).resize({ width: 18, height: 18 }));
  tray.setToolTip(words.productName);
  tray.setContextMenu(
    Menu.buildFromTemplate([
      { label: words.show, click: showWindow },
      { type: 'separator' },
      { label: words.quit, click: () => void quit() },
    ]),
  );
  tray.on('click', showWindow);
  showWindow();
}

/** The real accounts once there are any, the practice shop until then (UX5). */
function usualKind(): ProfileKind {
  const folder = defaultDataFolder(process.platform, process.env, os.homedir());
  return existsSync(path.join(folder, 'real', 'profile.json')) ? 'real' : 'practice';
}

function showWindow(): void {
  if (workbench === null || quitting) return;
  if (window !== null) {
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
    return;
  }
  window = openWindow(workbench);
}

function openWindow({ app: core, profile, handles, logger, info }: Workbench): BrowserWindow {
  const words = desktopWords[info.locale];
  const created = createWindow({
    preload: PRELOAD,
    icon: ICON,
    title: words.productName,
    stateFile: path.join(profile.folder, 'window.json'),
    developer: !app.isPackaged,
  });
  contextMenu(created.webContents, words);
  const closeDoor = openDoor({
    app: core,
    contents: created.webContents,
    logger,
    pickFile: async (extensions) => {
      const filters = extensions.length === 0 ? [] : [{ name: extensions.join(', '), extensions: [...extensions] }];
      const { filePaths } = await dialog.showOpenDialog(created, { properties: ['openFile'], filters });
      const [file] = filePaths;
      return file === undefined
        ? null
        : { handle: handles.register(file), name: path.basename(file), bytes: statSync(file).size };
    },
    pickSave: async (suggested) => {
      const defaultPath = path.join(app.getPath('downloads'), safeFileName(suggested));
      const { filePath } = await dialog.showSaveDialog(created, { defaultPath });
      return filePath === '' ? null : { handle: handles.register(filePath), name: path.basename(filePath) };
    },
  });
  created.webContents.on('render-process-gone', (_event, { reason }) => {
    logger.log('error', 'window.gone', { reason });
    if (!quitting && reason !== 'clean-exit') created.reload();
  });
  created.on('closed', () => {
    closeDoor();
    window = null;
  });
  loadPage(created).catch((thrown: unknown) => {
    logger.log('error', 'window.load', { reason: thrown instanceof Error ? thrown.name : 'unknown' });
    // A page that is not what it must be is not shown at all.
    failToStart(thrown);
  });
  return created;
}

/** Everything is committed and closed before the process goes. */
async function quit(): Promise<void> {
  if (quitting) return;
  quitting = true;
  const closing = workbench;
  for (const open of BrowserWindow.getAllWindows()) open.close();
  await closing?.close().catch(() => undefined);
  workbench = null;
  tray?.destroy();
  app.quit();
}

function failToStart(thrown: unknown): void {
  const locale = localeFor(app.getLocale());
  const code = thrown instanceof AppFailure ? thrown.error.code : 'INTERNAL';
  const { cause, next } = explainError(code, locale);
  dialog.showErrorBox(desktopWords[locale].cannotStart, `${cause}\n${next}\n\n${code}`);
  app.exit(3);
}
