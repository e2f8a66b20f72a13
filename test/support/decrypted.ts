import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';

/**
 * Every page of an encrypted database as it lies in the file, deciphered: used ones, free ones, and what is left in the unused
 * parts of both. Looks at a copy without its log, so that nothing is merged or tidied by looking; `withLog`: as a reader sees it.
 */
export function decryptedPages(path: string, key: Uint8Array, options: { readonly withLog?: boolean } = {}): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'workbench-pages-'));
  try {
    const copy = join(folder, 'copy.db');
    copyFileSync(path, copy);
    if (options.withLog === true && existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    const db = new Sqlite(copy);
    try {
      db.pragma(`cipher = 'aegis'`);
      db.pragma(`key = 'raw:${Buffer.from(key).toString('hex')}'`);
      return db.serialize();
    } finally {
      db.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);

/** Which of the texts occur in the bytes. */
export const foundIn = (bytes: Buffer, texts: readonly string[]): string[] =>
  texts.filter((text) => bytes.includes(Buffer.from(text, 'utf8')));
