import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { safeStorage } from 'electron';
import { z } from 'zod';
import { AppFailure } from '#shared/contract/errors.ts';
import { despiteHolders } from '#shared/lib/held-file.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';

const Entries = z.record(z.string(), z.base64());

/**
 * The fall-back where keytar has no keychain to talk to: Electron's safeStorage, sealed by the operating system for this
 * person. On Linux Electron may fall back to a fixed password of its own ("basic_text"): that is no encryption, so it is
 * refused with KEYCHAIN_UNAVAILABLE (SE4).
 */
export function openSafeStorage(file: string, platform: NodeJS.Platform = process.platform): Secrets {
  const backend = platform === 'linux' ? safeStorage.getSelectedStorageBackend() : 'system';
  if (!safeStorage.isEncryptionAvailable() || backend === 'basic_text' || backend === 'unknown')
    throw new AppFailure('KEYCHAIN_UNAVAILABLE', `safeStorage: ${backend}`);
  let entries = read(file);
  const store = (next: Record<string, string>): void => {
    writeFileSync(`${file}.tmp`, JSON.stringify(next), { mode: 0o600, flush: true });
    despiteHolders(() => renameSync(`${file}.tmp`, file));
    entries = next;
  };
  return {
    storage: 'safe-storage',
    get: async (name) => {
      const sealed = Object.hasOwn(entries, name) ? entries[name] : undefined;
      if (sealed === undefined) return null;
      try {
        return safeStorage.decryptString(Buffer.from(sealed, 'base64'));
      } catch {
        throw new AppFailure('KEYCHAIN_UNAVAILABLE', 'safeStorage: cannot decrypt');
      }
    },
    set: async (name, value) => store({ ...entries, [name]: safeStorage.encryptString(value).toString('base64') }),
    delete: async (name) => store(Object.fromEntries(Object.entries(entries).filter(([other]) => other !== name))),
  };
}

function read(file: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  try {
    return Entries.parse(JSON.parse(text));
  } catch {
    throw new AppFailure('KEYCHAIN_UNAVAILABLE', 'safeStorage: the file is damaged');
  }
}
