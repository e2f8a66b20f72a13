import { readFileSync } from 'node:fs';
import type { AppUpdater } from 'electron-updater';
import { AppFailure } from '#shared/contract/errors.ts';
import type { UpdatesOff } from '#shared/contract/updates.ts';
import type { Updates } from '#main/core/ports/updates.ts';

export interface UpdaterOptions {
  /** electron-builder's `app-update.yml` beside the program: where updates lie, and who signs them. */
  readonly configFile: string;
  readonly platform: NodeJS.Platform;
  /** Made at the first check, not before: until then nothing of the library runs. Absent: the platform's own. */
  readonly load?: () => Promise<AppUpdater>;
  /** Everything is committed and closed before the installer takes over. */
  readonly close: () => Promise<void>;
}

/**
 * electron-updater behind the Updates port (SE1). Nothing is asked, downloaded or installed by itself; an older version is
 * never taken for a newer one; all files come from where the description lies; on Windows the installer has to be
 * signed by the publisher whom the installed program names (and a build that names none has no updates), macOS checks
 * the signature itself, elsewhere nothing does, so that a new version is only told of.
 */
export function createUpdater(options: UpdaterOptions): Updates {
  const { platform } = options;
  const config = readConfig(options.configFile);
  const off = offBecause(config, platform);
  let loaded: Promise<AppUpdater> | null = null;
  const updater = async (): Promise<AppUpdater> => {
    loaded ??= (options.load ?? (() => platformUpdater(platform)))();
    const made = await loaded;
    made.autoDownload = false;
    made.autoInstallOnAppQuit = false;
    made.allowDowngrade = false;
    made.allowPrerelease = false;
    made.forceDevUpdateConfig = false;
    made.disableWebInstaller = true;
    // Its own words name paths and addresses; what matters comes back as a code (SE4).
    made.logger = null;
    return made;
  };
  return {
    off,
    installs: platform === 'win32' || platform === 'darwin',
    async check() {
      const result = await asFailure(async () => (await updater()).checkForUpdates());
      if (result === null || !result.isUpdateAvailable) return null;
      const { version, files } = result.updateInfo;
      for (const { url } of files)
        if (config === null || new URL(url, config.url).origin !== new URL(config.url).origin)
          throw new AppFailure('UPDATE_UNTRUSTED', 'a file of the update lies elsewhere');
      const sizes = files.map(({ size }) => size ?? 0);
      return { version, bytes: Math.max(0, ...sizes) || null };
    },
    async download(signal, progress) {
      const { CancellationToken } = await import('electron-updater');
      const token = new CancellationToken();
      const stop = (): void => token.cancel();
      signal.addEventListener('abort', stop);
      const made = await updater();
      const tell = ({ transferred, total }: { transferred: number; total: number }): void =>
        progress(transferred, total);
      made.on('download-progress', tell);
      try {
        await asFailure(() => made.downloadUpdate(token), signal);
      } finally {
        made.off('download-progress', tell);
        signal.removeEventListener('abort', stop);
      }
    },
    async install() {
      const made = await updater();
      await options.close();
      made.quitAndInstall(false, true);
    },
  };
}

async function platformUpdater(platform: NodeJS.Platform): Promise<AppUpdater> {
  const { DebUpdater, MacUpdater, NsisUpdater } = await import('electron-updater');
  return platform === 'win32' ? new NsisUpdater() : platform === 'darwin' ? new MacUpdater() : new DebUpdater();
}

interface UpdateConfig {
  readonly url: string;
  readonly hasPublisher: boolean;
}

/** A few lines of YAML that electron-builder writes; null where there are none, or none of a generic server. */
function readConfig(file: string): UpdateConfig | null {
  try {
    const text = readFileSync(file, 'utf8');
    const url = /^url:\s*(['"]?)(\S+)\1\s*$/mu.exec(text)?.[2];
    if (url === undefined || !/^provider:\s*['"]?generic['"]?\s*$/mu.test(text)) return null;
    return { url: new URL(url).href, hasPublisher: /^publisherName:\s*(?:\S|\n\s+-\s*\S)/mu.test(text) };
  } catch {
    return null;
  }
}

function offBecause(config: UpdateConfig | null, platform: NodeJS.Platform): UpdatesOff | null {
  if (config === null) return 'not_configured';
  const { protocol, hostname } = new URL(config.url);
  // A server on this machine is the one exception, as for gateways (SE5).
  if (protocol !== 'https:' && !(protocol === 'http:' && (hostname === '127.0.0.1' || hostname === '[::1]')))
    return 'insecure';
  // Without a name the library would ask for none, and take an installer that anybody made.
  return platform === 'win32' && !config.hasPublisher ? 'unsigned' : null;
}

/** What is wrong with the update itself; everything else is the way to it. */
const UNTRUSTED = new Set([
  'ERR_CHECKSUM_MISMATCH',
  'ERR_UPDATER_INVALID_SIGNATURE',
  'ERR_UPDATER_INVALID_UPDATE_INFO',
  'ERR_UPDATER_INVALID_VERSION',
  'ERR_UPDATER_NO_CHECKSUM',
  'ERR_UPDATER_NO_FILES_PROVIDED',
  'ERR_UPDATER_WEB_INSTALLER_DISABLED',
]);

async function asFailure<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const code = String((thrown as { code?: unknown }).code ?? '');
    if (signal?.aborted === true) throw new AppFailure('CANCELLED', 'the download was cancelled');
    if (UNTRUSTED.has(code)) throw new AppFailure('UPDATE_UNTRUSTED', 'the update is not what it should be', { code });
    if (code === 'ENOSPC' || code === 'EDQUOT') throw new AppFailure('DISK_FULL', 'no room for the update', { code });
    throw new AppFailure('UPDATE_UNREACHABLE', 'the update could not be fetched', { code });
  }
}
