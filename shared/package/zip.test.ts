import { expect, test } from 'vitest';
import { descriptor, localHeader, zipTail, type ZipEntry } from './zip-layout.ts';
import { isSafeName, readZipDirectory, type ByteSource } from './zip-reader.ts';

const entry = (over: Partial<ZipEntry> = {}): ZipEntry => ({
  name: 'records.jsonl',
  method: 8,
  streamed: true,
  crc: 0xdeadbeef,
  packed: 10,
  bytes: 20,
  offset: 0,
  ...over,
});

/** A file of which only the end is there; nothing else is read. */
function onlyTail(tail: Uint8Array, offset: number): ByteSource {
  return {
    bytes: offset + tail.length,
    async *read(start, end) {
      if (start < offset) {
        yield new Uint8Array(Math.min(end, offset) - start);
        if (end <= offset) return;
        yield tail.subarray(0, end - offset);
      } else yield tail.subarray(start - offset, end - offset);
    },
  };
}

test.each([
  ['small', [entry(), entry({ name: 'index.html', streamed: false, method: 0, offset: 100 })], 1_000],
  [
    'a content beyond 4 GB',
    [entry({ bytes: 6e9, packed: 5e9 }), entry({ name: 'index.html', offset: 5e9 + 100 })],
    5e9 + 500,
  ],
  ['exactly at the limit', [entry({ bytes: 0xffffffff, packed: 0xffffffff - 200 })], 0xffffffff],
  [
    'more than 65,535 entries',
    Array.from({ length: 70_000 }, (_, at) => entry({ name: `data/chunk-${at}.js`, offset: at * 100 })),
    8_000_000,
  ],
] as const)('[EX3] zip64 where needed, %s: the directory reads back', async (_, entries, offset) => {
  const tail = zipTail(entries, offset);
  const read = await readZipDirectory(onlyTail(tail, offset));
  expect(read.troubles).toEqual([]);
  expect(read.offset).toBe(offset);
  expect(read.entries.map(({ recordAt: _at, end: _end, ...rest }) => rest)).toEqual(entries);
});

test('[EX3] sizes behind a content take eight bytes only where four are too few', () => {
  expect(descriptor(entry()).length).toBe(16);
  expect(descriptor(entry({ bytes: 0xffffffff })).length).toBe(24);
  expect(descriptor(entry({ streamed: false })).length).toBe(0);
  // Nothing of what is only known later stands before the content.
  const { crc: _, ...later } = entry();
  expect(localHeader({ ...later, crc: 1 })).toEqual(localHeader({ ...later, crc: 2, packed: 3, bytes: 4 }));
});

test.each(['index.html', 'data/chunk-00001.js', 'attachments/ab'])('[SE6] %s is a name', (name) => {
  expect(isSafeName(name)).toBe(true);
});

test.each(['', '/a', 'a/', '../a', 'a/../b', '.', 'a\\b', 'c:a', 'a\u0000', 'ü', 'a//b'])(
  '[SE6] %j is none',
  (name) => {
    expect(isSafeName(name)).toBe(false);
  },
);
