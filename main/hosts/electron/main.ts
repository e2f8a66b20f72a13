import { existsSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { app, BrowserWindow, crashReporter, dialog, Menu, nativeImage, powerMonitor, session, Tray } from 'electron';
import { AppFailure } from '#shared/contract/errors.ts';
import { desktopWords, type DesktopWords } from '#shared/i18n/desktop.ts';
import { explainError } from '#shared/i18n/errors.ts';
import { localeFor } from '#shared/i18n/index.ts';
import { dispatch } from '#shared/contract/door.ts';
import type { Topics } from '#shared/contract/topics.ts';
import { createUpdater } from '#main/adapters/updater/updater.ts';
import { safeFileName } from '../file-handles.ts';
import { CHANNELS } from './channels.ts';
import { defaultDataFolder, realFolderBeside, type Profile, type ProfileKind } from '../profile.ts';
import { proxyOfList } from '../proxies.ts';
import { isRecoverable, openRecovery, type Shown } from '../recovery.ts';
import { watchNetwork } from '../watch-network.ts';
import { openWorkbench, type Workbench, type WorkbenchOptions } from '../workbench.ts';
import { keepCrashesLocal } from './crashes.ts';
import { guardContents, guardSession } from './guards.ts';
import { openDoor } from './ipc.ts';
import { isPackageName, LINK_SCHEME, outsideFrom } from './links.ts';
import { applicationMenu, contextMenu } from './menus.ts';
import { createNotifier } from './notices.ts';
import { openOutside } from './open-outside.ts';
import { recoverByFile } from './recover-key.ts';
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
let workbench: Shown | null = null;
let quitting = false;
/** The answer to the call that leads to a restart leaves first. */
const ANSWER_FIRST_MS = 200;

// Before ready: a page without sandbox, or our scheme without its rights, must not be possible at all.
app.enableSandbox();
registerScheme();
keepCrashesLocal(app, crashReporter, defaultDataFolder(process.platform, process.env, os.homedir()));

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', (_event, args) => {
    showWindow();
    fromOutside(args.slice(1));
  });
  // macOS hands links and files over as events, perhaps before anything is open.
  app.on('open-url', (event, address) => {
    event.preventDefault();
    fromOutside([address]);
  });
  app.on('open-file', (event, file) => {
    event.preventDefault();
    if (isPackageName(file)) fromOutside([file]);
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
    options: { data: { type: 'string' }, 'key-file': { type: 'string' } },
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
      app.relaunch({ args: [...(app.isPackaged ? [] : process.argv.slice(1, 2)), `--data=${folder}`] });
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
    kind: directory === undefined ? usualKind() : undefined,
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
    if (thrown instanceof AppFailure && thrown.error.code === 'STORE_KEY_WRONG') {
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
  fromOutside(process.argv.slice(1));
}

/** A link or a package from outside, shown once the page is there; a locked window shows nothing (SE1, SE4). */
function fromOutside(args: readonly string[]): void {
  const found = outsideFrom(args);
  if (found === null) return;
  const { link, file } = { link: undefined, file: undefined, ...found };
  waitingOutside =
    link === undefined && file !== undefined && workbench !== null
      ? packageFrom(workbench, file)
      : link === undefined
        ? null
        : Promise.resolve(link);
  deliverOutside();
}

let waitingOutside: Promise<Topics['outside'] | null> | null = null;

async function packageFrom({ app: core, handles }: Shown, file: string): Promise<Topics['outside'] | null> {
  const answer = await dispatch(core.handlers, 'packages.open', { file: handles.register(file) });
  return answer.ok ? { open: 'packages' } : null;
}

function deliverOutside(): void {
  const contents = window?.webContents;
  const waiting = waitingOutside;
  if (contents === undefined || waiting === null) return;
  waitingOutside = null;
  const send = (): void =>
    void waiting.then((payload) => {
      if (payload !== null && !contents.isDestroyed()) contents.send(CHANNELS.topic, { topic: 'outside', payload });
    });
  if (contents.isLoading()) contents.once('did-finish-load', send);
  else send();
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
