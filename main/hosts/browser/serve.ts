import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AppFailure, codeOf } from '#shared/contract/errors.ts';
import type { NewAccount } from '#main/core/create-app.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { preferRealBeside, realFolderBeside } from '../profile.ts';
import { isKeyLost, openKeyRecovery } from '../key-recovery.ts';
import { isRecoverable, openRecovery } from '../recovery.ts';
import { watchNetwork } from '../watch-network.ts';
import type { Shown } from '../without-records.ts';
import { openWorkbench, type Workbench, type WorkbenchOptions } from '../workbench.ts';
import { startBrowserHost, type BrowserHost, type Served } from './server.ts';

export interface ServeOptions extends Omit<
  WorkbenchOptions,
  'host' | 'kind' | 'gateway' | 'toRealProfile' | 'restart'
> {
  readonly port: number;
  /** Open the person's browser, where there is one. */
  readonly open: boolean;
  /** A real gateway instead of the practice shop. */
  readonly gateway?: { readonly url: string; readonly tokenFile: string } | undefined;
  /** The profile's real accounts, without the practice shop and without adding one. */
  readonly real?: boolean | undefined;
  readonly page?: string | undefined;
  /** Receives the one-time address; it goes to standard output alone, never to a log. */
  readonly print: (url: string) => void;
}

export interface Serving {
  /** AppFailure `problem` while it runs without its records (ST4, ST1). */
  readonly workbench: Workbench;
  readonly recovering: boolean;
  /** What keeps it from its records; null: nothing. */
  readonly problem: AppFailure | null;
  readonly url: string;
  readonly origin: string;
  close(): Promise<void>;
}

/** The browser host (design.md): the whole program on loopback. AppFailure as openWorkbench, and PORT_IN_USE. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { gateway, real = false, port, open, print, page = builtPage(), ...rest } = options;
  let host: BrowserHost | null = null;
  let moving: Promise<void> = Promise.resolve();
  /** How what is shown now was opened, for opening it again after a restore. */
  let present: WorkbenchOptions = {
    ...rest,
    host: 'browser',
    kind: real || gateway !== undefined ? 'real' : 'practice',
    gateway: gateway === undefined ? undefined : { url: gateway.url, token: readToken(gateway.tokenFile) },
    toRealProfile,
    restart,
  };
  let workbench: Workbench | null = null;
  let problem: AppFailure | null = null;
  let shown: Shown = await openPresent();
  const served = ({ app, profile, handles, logger }: Shown): Served => ({
    app,
    temp: profile.temp,
    outgoing: profile.outgoing,
    handles,
    logger,
  });

  async function openPresent(): Promise<Shown> {
    try {
      workbench = await openWorkbench(present);
      problem = null;
      return workbench;
    } catch (thrown) {
      workbench = null;
      if (isRecoverable(thrown)) return openRecovery(present, (problem = thrown));
      if (!isKeyLost(thrown)) throw thrown;
      problem = thrown;
      // Where the key is a file of the person's, that stands: there is nothing to type here.
      return openKeyRecovery(present, thrown).catch(() => {
        throw thrown;
      });
    }
  }

  /** Opens the profile again, on what a restore has made ready, behind the same door (ST4). */
  function restart(): void {
    moving = moving
      .then(() => delay(ANSWER_FIRST_MS))
      .then(async () => {
        await shown.close();
        shown = await openPresent();
        host?.moveTo(served(shown));
      })
      .catch((thrown: unknown) => {
        shown.logger.log('error', 'serve.not-restarted', { code: codeOf(thrown) });
        // Without its records and without a way back to them there is nothing left to serve.
        close().catch(() => undefined);
      });
  }

  /** Opens the real profile beside the practice one, puts the account there, and shows that one instead. */
  async function toRealProfile(account: NewAccount): Promise<AccountId> {
    const practice = shown;
    const next: WorkbenchOptions = {
      ...rest,
      host: 'browser',
      kind: 'real',
      directory: realFolderBeside(practice.profile.folder),
      restart,
    };
    const opened = await openWorkbench(next);
    try {
      const id = await opened.app.addAccount(account);
      preferRealBeside(practice.profile.folder);
      present = next;
      workbench = opened;
      shown = opened;
      // The answer to this very call leaves first; then the pages are told to load anew.
      moving = moving
        .then(() => delay(ANSWER_FIRST_MS))
        .then(() => {
          host?.moveTo(served(opened));
          return practice.close();
        })
        // What is shown is open; a practice shop that could not be closed whole goes with the process.
        .catch((thrown: unknown) => opened.logger.log('error', 'serve.practice-not-closed', { code: codeOf(thrown) }));
      return id;
    } catch (thrown) {
      await opened.close();
      throw thrown;
    }
  }

  const network = watchNetwork(() => workbench?.app.networkChanged());
  try {
    host = await startBrowserHost({ ...served(shown), page, port });
    const { url, origin } = host;
    print(url);
    if (open) openBrowser(url);
    return {
      get workbench() {
        if (workbench === null) throw problem ?? new AppFailure('STORE_DAMAGED', 'it runs without its records');
        return workbench;
      },
      get problem() {
        return problem;
      },
      get recovering() {
        return workbench === null;
      },
      url,
      origin,
      close,
    };
  } catch (thrown) {
    network.stop();
    await shown.close();
    throw thrown;
  }

  async function close(): Promise<void> {
    network.stop();
    await host?.close();
    await moving;
    await shown.close();
  }
}

const ANSWER_FIRST_MS = 50;

/** dist/renderer, seen from the sources (main/hosts/browser) or from the bundle (dist/main). */
function builtPage(): string {
  const up = import.meta.url.endsWith('.ts') ? '../../../dist/renderer' : '../renderer';
  return fileURLToPath(new URL(up, import.meta.url));
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (thrown) {
    const missing = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    throw new AppFailure(missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE', 'the token file');
  }
  if (token === '') throw new AppFailure('FILE_EMPTY', 'the token file');
  return token;
}

/** Never fails: without a browser or a display the printed address is enough. */
function openBrowser(url: string): void {
  const { platform, env } = process;
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return;
  const [command, args]: [string, string[]] =
    platform === 'win32'
      ? ['rundll32', ['url.dll,FileProtocolHandler', url]]
      : [platform === 'darwin' ? 'open' : 'xdg-open', [url]];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
