import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppFailure } from '#shared/contract/errors.ts';
import { openWorkbench, type Workbench, type WorkbenchOptions } from '../workbench.ts';
import { startBrowserHost } from './server.ts';

export interface ServeOptions extends Omit<WorkbenchOptions, 'host' | 'kind' | 'gateway'> {
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
  const workbench = await openWorkbench({
    ...rest,
    host: 'browser',
    kind: real || gateway !== undefined ? 'real' : 'practice',
    gateway: gateway === undefined ? undefined : { url: gateway.url, token: readToken(gateway.tokenFile) },
  });
  try {
    const { app, profile, handles, logger } = workbench;
    const host = await startBrowserHost({ app, page, temp: profile.temp, handles, logger, port });
    print(host.url);
    if (open) openBrowser(host.url);
    return {
      workbench,
      url: host.url,
      origin: host.origin,
      close: async () => {
        await host.close();
        await workbench.close();
      },
    };
  } catch (thrown) {
    await workbench.close();
    throw thrown;
  }
}

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
