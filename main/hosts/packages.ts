import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createCryptography } from '#main/adapters/crypto/cryptography.ts';
import { createZipWriters } from '#main/adapters/zip/zip-writer.ts';
import { viewerMissing, type PackagePorts, type ViewerFiles } from '#main/core/package/package-service.ts';
import type { AttachmentReader } from '#main/core/ports/attachments.ts';
import { fill } from '#shared/i18n/cli.ts';
import type { Locale } from '#shared/i18n/index.ts';
import { viewerWords } from '#shared/i18n/viewer.ts';
import { localOffsetMinutes } from '#shared/lib/iso-time.ts';
import { appVersion } from './app-info.ts';

/** What building review packages needs of every host alike. */
export function packagePorts(
  locale: Locale,
  attachments?: AttachmentReader,
): Pick<
  PackagePorts,
  'cryptography' | 'zips' | 'viewer' | 'appVersion' | 'readme' | 'pseudonymLabel' | 'localOffsetMinutes' | 'attachments'
> {
  const words = viewerWords[locale];
  return {
    cryptography: createCryptography(),
    zips: createZipWriters(),
    viewer: () => readViewer(),
    appVersion: appVersion(),
    readme: (fingerprint) =>
      [...new Set([words, viewerWords['zh-CN'], viewerWords.en])]
        .map(({ readme }) => fill(readme, { fingerprint }))
        .join('\n'),
    pseudonymLabel: words.pseudonym,
    localOffsetMinutes,
    ...(attachments === undefined ? {} : { attachments }),
  };
}

/** dist/viewer, seen from the sources (main/hosts) or from the bundle (dist/main). AppFailure VIEWER_MISSING. */
async function readViewer(): Promise<ViewerFiles> {
  const folder = new URL(import.meta.url.endsWith('.ts') ? '../../dist/viewer/' : '../viewer/', import.meta.url);
  const read = (name: string): Promise<Uint8Array> => readFile(fileURLToPath(new URL(name, folder)));
  try {
    const [html, script, style] = await Promise.all([
      read('index.html'),
      read('viewer/viewer.js'),
      read('viewer/viewer.css'),
    ]);
    return { html, script, style };
  } catch {
    throw viewerMissing();
  }
}
