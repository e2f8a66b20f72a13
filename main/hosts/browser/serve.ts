import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AppFailure } from '#shared/contract/errors.ts';
import type { NewAccount } from '#main/core/create-app.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { preferRealBeside, realFolderBeside } from '../profile.ts';
import { openWorkbench, type Workbench, type WorkbenchOptions } from '../workbench.ts';
import { startBrowserHost, type BrowserHost, type Served } from './server.ts';

export interface ServeOptions extends Omit<WorkbenchOptions, 'host' | 'kind' | 'gateway' | 'toRealProfile'> {
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
  readonly workbench: Workbench;
  readonly url: string;
  readonly origin: string;
  close(): Promise<void>;
}

/** The browser host (design.md): the whole program on loopback. AppFailure as openWorkbench, and PORT_IN_USE. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { gateway, real = false, port, open, print, page = builtPage(), ...rest } = options;
  let host: BrowserHost | null = null;
  let moving: Promise<void> = Promise.resolve();
  let workbench = await openWorkbench({
    ...rest,
    host: 'browser',
    kind: real || gateway !== undefined ? 'real' : 'practice',
    gateway: gateway === undefined ? undefined : { url: gateway.url, token: readToken(gateway.tokenFile) },
    toRealProfile,
  });
  const served = ({ app, profile, handles, logger }: Workbench): Served => ({
    app,
    temp: profile.temp,
    handles,
    logger,
  });

  /** Opens the real profile beside the practice one, puts the account there, and shows that one instead. */
  async function toRealProfile(account: NewAccount): Promise<AccountId> {
    const practice = workbench;
    const opened = await openWorkbench({
      ...rest,
      host: 'browser',
      kind: 'real',
      directory: realFolderBeside(practice.profile.folder),
    });
    try {
      const id = await opened.app.addAccount(account);
      preferRealBeside(practice.profile.folder);
      workbench = opened;
      // The answer to this very call leaves first; then the pages are told to load anew.
      moving = delay(ANSWER_FIRST_MS).then(() => {
        host?.moveTo(served(opened));
        return practice.close();
      });
      return id;
    } catch (thrown) {
      await opened.close();
      throw thrown;
    }
  }

  try {
    host = await startBrowserHost({ ...served(workbench), page, port });
    const { url, origin, close } = host;
    print(url);
    if (open) openBrowser(url);
    return {
      get workbench() {
        return workbench;
      },
      url,
      origin,
      close: async () => {
        await close();
        await moving;
        await workbench.close();
      },
    };
  } catch (thrown) {
    await workbench.close();
    throw thrown;
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
