import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createGramColumns, createGramRows, gramLayout, nameBuckets, termBuckets } from './grams.ts';

interface Chunk {
  readonly texts: readonly string[];
  readonly names: readonly string[];
}

/** Whether a chunk has all of the buckets, read as the page reads them. */
function has(
  files: readonly Uint8Array[],
  layout: ReturnType<typeof gramLayout>,
  chunk: number,
  buckets: readonly number[],
): boolean {
  return buckets.every((bucket) => {
    const file = files[Math.floor(bucket / layout.perFile)] as Uint8Array;
    const byte = file[(bucket % layout.perFile) * layout.rowBytes + (chunk >> 3)] as number;
    return (byte & (1 << (chunk & 7))) !== 0;
  });
}

const text = fc.string({ unit: fc.constantFrom('好', '的', '退', 'a', '1', ' ', '\ud83d', '\ude00'), maxLength: 12 });
const chunks = fc.array(
  fc.record({
    texts: fc.array(text, { maxLength: 4 }),
    names: fc.array(fc.constantFrom('甲', '乙', '丙'), { maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 20 },
);

test('[SR4] [EX3] no chunk that holds a term or a name is left unread, in whatever pieces the columns come back', () => {
  fc.assert(
    fc.property(chunks, fc.integer({ min: 1, max: 9_000 }), (all: readonly Chunk[], piece) => {
      const columns = createGramColumns(all.length);
      const bytes: number[] = [];
      for (const { texts, names } of all) {
        for (const one of texts) columns.addText(one);
        for (const one of names) columns.addName('agent', one);
        for (const one of columns.endChunk()) bytes.push(one);
      }
      const layout = gramLayout(columns.buckets, all.length);
      const count = layout.buckets / layout.perFile;
      // In two readings, where there are several files.
      const files = [0, Math.ceil(count / 2)]
        .filter((first, at) => at === 0 || first < count)
        .flatMap((first, at, both) => {
          const rows = createGramRows(
            layout,
            first,
            at === 0 && both.length > 1 ? Math.ceil(count / 2) : count - first,
          );
          for (let from = 0; from < bytes.length; from += piece)
            rows.take(from, Uint8Array.from(bytes.slice(from, from + piece)));
          return rows.files();
        });
      expect(files.length).toBe(count);
      let set = 0;
      for (const [chunk, { texts, names }] of all.entries()) {
        const wanted = new Set<number>();
        for (const one of texts)
          for (let start = 0; start < one.length; start++)
            for (const length of [1, 2, 3]) {
              const term = one.slice(start, start + length);
              expect(has(files, layout, chunk, termBuckets(term, layout))).toBe(true);
              if (term.length < 3) for (const bucket of termBuckets(term, layout)) wanted.add(bucket);
            }
        for (const one of names) {
          expect(has(files, layout, chunk, nameBuckets('agent', one, layout))).toBe(true);
          for (const bucket of nameBuckets('agent', one, layout)) wanted.add(bucket);
        }
        set += wanted.size;
      }
      // And nothing else is set, or every search would read too much.
      const bits = files.reduce(
        (total, file) => total + file.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0),
        0,
      );
      expect(bits).toBe(set);
    }),
    { numRuns: 20 },
  );
});
