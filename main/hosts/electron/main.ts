import { existsSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { app, BrowserWindow, crashReporter, dialog, Menu, nativeImage, powerMonitor, session, Tray } from 'electron';
import { codeOf } from '#shared/contract/errors.ts';
import { desktopWords, type DesktopWords } from '#shared/i18n/desktop.ts';
import { explainError } from '#shared/i18n/errors.ts';
import { localeFor } from '#shared/i18n/index.ts';
import { dispatch } from '#shared/contract/door.ts';
import { createUpdater } from '#main/adapters/updater/updater.ts';
import { safeFileName } from '../file-handles.ts';
import { defaultDataFolder, realFolderBeside, type Profile, type ProfileKind } from '../profile.ts';
import { isKeyLost } from '../key-recovery.ts';
import { proxyOfList } from '../proxies.ts';
import { isRecoverable, openRecovery } from '../recovery.ts';
import { watchNetwork } from '../watch-network.ts';
import type { Shown } from '../without-records.ts';
import { openWorkbench, type Workbench, type WorkbenchOptions } from '../workbench.ts';
import { keepCrashesLocal } from './crashes.ts';
import { guardContents, guardSession } from './guards.ts';
import { openDoor } from './ipc.ts';
import { isPackageName, LINK_SCHEME } from './links.ts';
import { applicationMenu, contextMenu } from './menus.ts';
import { createNotifier } from './notices.ts';
import { openOutside } from './open-outside.ts';
import { createOutside } from './outside.ts';
import { recoverByFile } from './recover-key.ts';
import { openSafeStorage } from './safe-storage.ts';
import { createReloads } from './reloads.ts';
import { registerScheme, serveScheme } from './scheme.ts';
import { createWindow, loadPage } from './window.ts';

// The desktop host: a window, a tray and a keychain around the same program that the other hosts run.

const besideBundle = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const PAGE = besideBundle('../renderer');
const PRELOAD = besideBundle('./preload.cjs');
const ICON = besideBundle('./icon.png');

let window: BrowserWindow | null = null;
let tray: Tray | null = null;
let workbench: Shown | null = null;
let quitting = false;
/** A locked window shows nothing, and its core opens nothing (SE1, SE4). */
const outside = createOutside(async (file) => {
  if (workbench === null) return null;
  const { app: core, handles } = workbench;
  const answer = await dispatch(core.handlers, 'packages.open', { file: handles.register(file) });
  return answer.ok ? { open: 'packages' } : null;
});
const mayReload = createReloads();
/** The answer to the call that leads to a restart leaves first. */
const ANSWER_FIRST_MS = 200;

// Before ready: a page without sandbox, or our scheme without its rights, must not be possible at all.
app.enableSandbox();
registerScheme();
keepCrashesLocal(app, crashReporter, defaultDataFolder(process.platform, process.env, os.homedir()));

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', (_event, args) => {
    showWindow();
    outside.hand(args.slice(1));
  });
  // macOS hands links and files over as events, perhaps before anything is open.
  app.on('open-url', (event, address) => {
    event.preventDefault();
    showWindow();
    outside.hand([address]);
  });
  app.on('open-file', (event, file) => {
    event.preventDefault();
    showWindow();
    if (isPackageName(file)) outside.hand([file]);
  });
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
    options: { data: { type: 'string' }, 'key-file': { type: 'string' }, practice: { type: 'boolean' } },
    strict: false,
  });
  const directory = typeof values['data'] === 'string' ? values['data'] : undefined;
  const keyFile = typeof values['key-file'] === 'string' ? values['key-file'] : undefined;
  await app.whenReady();
  if (app.isPackaged) app.setAsDefaultProtocolClient(LINK_SCHEME);
  const locale = localeFor(app.getLocale());
  const words = desktopWords[locale];
  Menu.setApplicationMenu(applicationMenu(words, process.platform));
  const common = {
    host: 'electron',
    keyFile,
    locale,
    fallback: async (profile: Profile) => openSafeStorage(path.join(profile.folder, 'safe-storage.json')),
  } as const;
  /** Closes everything and starts the program again: with another profile, or with what a restore has made ready. */
  const relaunch = (folder: string): void => {
    setTimeout(() => {
      const program = app.isPackaged ? [] : process.argv.slice(1, 2);
      const key = keyFile === undefined ? [] : [`--key-file=${path.resolve(keyFile)}`];
      app.relaunch({ args: [...program, `--data=${folder}`, ...key] });
      void quit();
    }, ANSWER_FIRST_MS);
  };
  const wanted: WorkbenchOptions = {
    ...common,
    directory,
    systemProxy: async (url) =>
      proxyOfList(await session.defaultSession.resolveProxy(url.replace(/^wss:/, 'https:').replace(/^ws:/, 'http:'))),
    restart: () => relaunch(shown.profile.folder),
    updates: createUpdater({
      configFile: path.join(process.resourcesPath, 'app-update.yml'),
      platform: process.platform,
      close: async () => {
        const closing = workbench;
        workbench = null;
        quitting = true;
        await closing?.close();
      },
    }),
    kind: directory !== undefined ? undefined : values['practice'] === true ? 'practice' : usualKind(),
    notifier: createNotifier(
      () => words,
      showWindow,
      (waiting) => showWaiting(words, waiting),
    ),
    // The account goes into the real profile beside the practice one, and the program starts anew there (SE4).
    toRealProfile: async (account) => {
      const folder = realFolderBeside(shown.profile.folder);
      const real = await openWorkbench({ ...common, directory: folder, kind: 'real' });
      const id = await real.app.addAccount(account).finally(() => real.close());
      relaunch(folder);
      return id;
    },
  };
  let opened: Workbench | null = null;
  let shown: Shown;
  try {
    shown = opened = await openWorkbench(wanted);
  } catch (thrown) {
    if (isKeyLost(thrown)) {
      if (!(await recoverByFile(wanted, words))) {
        app.exit(3);
        return;
      }
      shown = opened = await openWorkbench(wanted);
    } else if (isRecoverable(thrown)) {
      // The window shows the way back to the records (ST4).
      shown = await openRecovery(wanted, thrown);
    } else throw thrown;
  }
  workbench = shown;
  guardContents(app, shown.logger, (address) => void openOutside(address, window, words));
  guardSession(session.defaultSession);
  serveScheme(session.defaultSession, PAGE, (ref) => shown.app.picture(ref));
  // The monotonic clock may have stood still, and the sockets are dead without knowing it (SY4).
  for (const event of ['resume', 'unlock-screen'] as const)
    powerMonitor.on(event as 'resume', () => opened?.app.networkChanged());
  watchNetwork(() => opened?.app.networkChanged());
  // Nobody sits there any more (SE4).
  for (const event of ['lock-screen', 'suspend'] as const)
    powerMonitor.on(event as 'suspend', () => opened?.app.lock());
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
  outside.hand(process.argv.slice(1));
}

/** How many consumers wait: at the dock (and launchers that can), and over the tray's icon (IN3). */
function showWaiting(words: DesktopWords, waiting: number): void {
  app.setBadgeCount(waiting);
  tray?.setToolTip(waiting === 0 ? words.productName : `${words.productName} · ${waiting}`);
  if (process.platform === 'darwin') tray?.setTitle(waiting === 0 ? '' : String(waiting));
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

function openWindow({ app: core, profile, handles, logger, info }: Shown): BrowserWindow {
  const words = desktopWords[info.locale];
  const created = createWindow({
    preload: PRELOAD,
    icon: ICON,
    title: words.productName,
    stateFile: path.join(profile.folder, 'window.json'),
    developer: !app.isPackaged,
  });
  contextMenu(created.webContents, words);
  outside.showIn(created.webContents);
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
    takeFile: async (file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found?.isFile() === true
        ? { handle: handles.register(file), name: path.basename(file), bytes: found.size }
        : null;
    },
    pickSave: async (suggested) => {
      const defaultPath = path.join(app.getPath('downloads'), safeFileName(suggested));
      const { filePath } = await dialog.showSaveDialog(created, { defaultPath });
      return filePath === '' ? null : { handle: handles.register(filePath), name: path.basename(filePath) };
    },
  });
  created.webContents.on('render-process-gone', (_event, { reason }) => {
    logger.log('error', 'window.gone', { reason });
    if (quitting || reason === 'clean-exit') return;
    // Without its window the program goes on: tray and icon open a new one.
    if (mayReload(performance.now())) created.reload();
    else created.destroy();
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
  const code = codeOf(thrown);
  const { cause, next } = explainError(code, locale);
  dialog.showErrorBox(desktopWords[locale].cannotStart, `${cause}\n${next}\n\n${code}`);
  app.exit(3);
}
