import type { ReadableDatabase } from '#main/adapters/sqlite/connection.ts';
import { createPrng } from '#shared/lib/prng.ts';

/** Pieces of real texts, 1 to 6 characters: common and rare ones as they come, the same for the same records. */
export function textsToFind(db: ReadableDatabase, wanted: number): string[] {
  const prng = createPrng(77);
  const [low, high] = db.readRaw<[number, number]>('SELECT min(id), max(id) FROM messages').get() ?? [0, 0];
  const texts = new Set<string>();
  while (texts.size < wanted) {
    const text = db
      .readOne<string>('SELECT text FROM messages WHERE id >= ? AND text IS NOT NULL LIMIT 1')
      .get(low + Math.floor(prng.next() * (high - low)));
    if (text === undefined) continue;
    const points = [...text];
    const length = 1 + (texts.size % 6);
    const from = prng.int(Math.max(1, points.length - length + 1));
    const piece = points.slice(from, from + length).join('');
    if (/[\s"“”＂-]/.test(piece) || piece === '') continue;
    texts.add(piece);
  }
  return [...texts];
}
