import { randomBytes } from 'node:crypto';

/** Files that the person chose, by an unguessable handle: no path ever crosses the door (SE2). */
export interface FileHandles {
  register(path: string): string;
  resolve(handle: string): string | undefined;
  /** A handle whose file may also be fetched by the page; always the same one for a path. */
  offer(path: string): string;
  /** Only what was offered: an uploaded file does not come back out. */
  offered(handle: string): string | undefined;
  forget(handle: string): void;
}

export function createFileHandles(): FileHandles {
  const paths = new Map<string, string>();
  const offers = new Map<string, string>();
  const register = (path: string): string => {
    const handle = newHandle();
    paths.set(handle, path);
    return handle;
  };
  return {
    register,
    resolve: (handle) => paths.get(handle),
    offer: (path) => {
      const known = offers.get(path);
      if (known !== undefined) return known;
      const handle = register(path);
      offers.set(path, handle);
      return handle;
    },
    offered: (handle) => {
      const path = paths.get(handle);
      return path !== undefined && offers.get(path) === handle ? path : undefined;
    },
    forget: (handle) => void paths.delete(handle),
  };
}

export function newHandle(): string {
  return randomBytes(16).toString('base64url');
}

const LONGEST_NAME_BYTES = 180;
// Separators, what Windows refuses in names, control characters (Cc), and invisible format characters (Cf), among them
// the marks that turn the reading direction.
const UNSAFE = /[/\\:*?"<>|\p{Cc}\p{Cf}]/gu;
const WINDOWS_DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A name that is one plain file name on every system, as close to the given one as can be. */
export function safeFileName(name: string): string {
  let safe = name
    .toWellFormed()
    .normalize('NFC')
    .replace(UNSAFE, '_')
    .replace(/^[. ]+/, '')
    .replace(/[. ]+$/, '');
  if (WINDOWS_DEVICES.test(safe)) safe = `_${safe}`;
  if (Buffer.byteLength(safe) > LONGEST_NAME_BYTES) {
    const extension = /\.[0-9A-Za-z]{1,8}$/.exec(safe)?.[0] ?? '';
    let stem = Array.from(safe.slice(0, safe.length - extension.length));
    while (Buffer.byteLength(stem.join('')) > LONGEST_NAME_BYTES - extension.length) stem = stem.slice(0, -1);
    safe = stem.join('') + extension;
  }
  return safe === '' ? 'file' : safe;
}
