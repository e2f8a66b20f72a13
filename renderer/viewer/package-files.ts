import { chunkName, conversationsName, FILE, gramsName, parseManifest, type Manifest } from '#shared/package/format.ts';
import type { PackageConversation, PackageIndex } from '#shared/package/page-data.ts';
import type { PackageRecord } from './records.ts';

/** The package around the page. */
export interface PackageFiles {
  readonly manifestText: string;
  readonly signatureText: string;
  readonly manifest: Manifest;
  readonly index: PackageIndex;
  /** From 1. The newest read ones stay in memory. */
  chunk(number: number): Promise<readonly PackageRecord[]>;
  conversations(number: number): Promise<readonly PackageConversation[]>;
  grams(number: number): Promise<Uint8Array>;
}

/** A file that isn't there or says something else. */
export class FileFailure extends Error {
  override name = 'FileFailure';
  readonly file: string;
  constructor(file: string) {
    super(file);
    this.file = file;
  }
}

const CHUNKS_KEPT = 40;

/** Names that the data's scripts call; each call belongs to the script being run. */
const RECEIVERS = ['packageManifest', 'packageIndex', 'packageChunk', 'packageConversations', 'packageGrams'] as const;

/**
 * Reads a script of the package and answers with what it called its receiver with. A page from file:// has no other way to
 * read: neither fetch nor modules are allowed there.
 */
function createScripts(): (name: string, receiver: (typeof RECEIVERS)[number]) => Promise<readonly unknown[]> {
  // Scripts run one at a time and `load` follows at once, so the last call is the one of the script that has loaded.
  let received: { readonly receiver: string; readonly values: readonly unknown[] } | null = null;
  for (const receiver of RECEIVERS)
    Object.assign(globalThis, {
      [receiver]: (...values: readonly unknown[]) => {
        received = { receiver, values };
      },
    });
  let queue: Promise<unknown> = Promise.resolve();
  return (name, receiver) => {
    const read = (): Promise<readonly unknown[]> =>
      new Promise((resolve, reject) => {
        const script = document.createElement('script');
        received = null;
        script.addEventListener('load', () => {
          script.remove();
          if (received?.receiver === receiver) resolve(received.values);
          else reject(new FileFailure(name));
          received = null;
        });
        script.addEventListener('error', () => {
          script.remove();
          reject(new FileFailure(name));
        });
        script.src = name;
        document.head.append(script);
      });
    const next = queue.then(read, read);
    queue = next.catch(() => {});
    return next;
  };
}

export async function openPackage(): Promise<PackageFiles> {
  const script = createScripts();
  const [manifestText, signatureText] = (await script(FILE.manifestCopy, 'packageManifest')) as [string, string];
  const manifest = typeof manifestText === 'string' ? parseManifest(manifestText) : undefined;
  if (manifest === undefined || typeof signatureText !== 'string') throw new FileFailure(FILE.manifestCopy);
  const [index] = (await script(FILE.index, 'packageIndex')) as [PackageIndex];

  const numbered = async <T>(name: string, number: number, receiver: (typeof RECEIVERS)[number]): Promise<T> => {
    const [said, value] = await script(name, receiver);
    if (said !== number) throw new FileFailure(name);
    return value as T;
  };
  const chunks = new Map<number, Promise<readonly PackageRecord[]>>();
  const conversations = new Map<number, Promise<readonly PackageConversation[]>>();
  const grams = new Map<number, Promise<Uint8Array>>();
  /** What failed once can be asked for again. */
  const keep = <T>(
    cache: Map<number, Promise<T>>,
    number: number,
    read: () => Promise<T>,
    limit = Infinity,
  ): Promise<T> => {
    const value = cache.get(number) ?? read();
    cache.delete(number);
    cache.set(number, value);
    value.catch(() => cache.delete(number));
    for (const oldest of cache.keys()) {
      if (cache.size <= limit) break;
      cache.delete(oldest);
    }
    return value;
  };
  return {
    manifestText,
    signatureText,
    manifest,
    index,
    chunk: (number) =>
      keep(
        chunks,
        number,
        async () => {
          const records = await numbered<readonly PackageRecord[]>(chunkName(number), number, 'packageChunk');
          if (!Array.isArray(records)) throw new FileFailure(chunkName(number));
          return records;
        },
        CHUNKS_KEPT,
      ),
    conversations: (number) =>
      keep(conversations, number, () =>
        numbered<readonly PackageConversation[]>(conversationsName(number), number, 'packageConversations'),
      ),
    grams: (number) =>
      keep(grams, number, async () => {
        const text = await numbered<string>(gramsName(number), number, 'packageGrams');
        return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      }),
  };
}
