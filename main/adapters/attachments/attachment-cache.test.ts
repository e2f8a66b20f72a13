import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AttachmentCache } from '#main/core/ports/attachments.ts';
import { createAttachmentCache } from './attachment-cache.ts';

const KEY = new Uint8Array(32).fill(7);
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
let folder: string;
let clock = 1_000_000;
const open = (key = KEY): AttachmentCache => createAttachmentCache({ folder, key, now: () => (clock += 1_000) });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'workbench-attachments-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function put(cache: AttachmentCache, bytes: Uint8Array): Promise<string> {
  const sink = await cache.create();
  await sink.write(bytes);
  return (await sink.commit()).sha256;
}
async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}
/** Lengths around the borders of a segment. */
const LENGTHS = [1, 65_535, 65_536, 65_537, 131_072, 200_000];

describe('attachment cache', () => {
  test.each(LENGTHS)(
    '[IN8] %i bytes come back by their hash: whole, in ranges, as a stream, after opening anew',
    async (length) => {
      const bytes = randomBytes(length);
      const cache = open();
      expect(await put(cache, bytes)).toBe(sha(bytes));
      for (const one of [cache, open()]) {
        expect(await one.size(sha(bytes))).toBe(length);
        expect(Buffer.from((await one.read(sha(bytes))) ?? []).equals(bytes)).toBe(true);
        expect((await collect(one.stream(sha(bytes)))).equals(bytes)).toBe(true);
        for (const [from, to] of [
          [0, 1],
          [length - 1, length + 5],
          [65_530, 65_540],
          [length, length + 1],
        ] as const)
          expect(Buffer.from((await one.read(sha(bytes), from, to)) ?? [1, 2, 3])).toEqual(
            Buffer.from(bytes.subarray(from, to)),
          );
      }
      expect(await cache.size(sha(Buffer.from('never')))).toBeNull();
      expect(await cache.read(sha(Buffer.from('never')))).toBeNull();
    },
  );

  test('[IN8] content that is not here is missing, said by its code, not an empty file', async () => {
    await expect(collect(open().stream(sha(Buffer.from('never'))))).rejects.toMatchObject({
      error: { code: 'ATTACHMENT_MISSING' },
    });
  });

  test('[SE4] nothing on disk tells content, hash or name: encrypted from the first byte, names under a key', async () => {
    const bytes = Buffer.alloc(150_000, '身份证 110105199001011234 ');
    const cache = open();
    const sink = await cache.create();
    await sink.write(bytes.subarray(0, 140_000));
    const halfWay = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    await sink.write(bytes.subarray(140_000));
    await sink.commit();
    const files = readdirSync(folder);
    expect(files).toHaveLength(1);
    expect(files.join()).not.toContain(sha(bytes));
    for (const content of [...halfWay, readFileSync(join(folder, files[0] ?? ''))]) {
      expect(content.includes(Buffer.from('身份证'))).toBe(false);
      expect(content.includes(Buffer.from('110105'))).toBe(false);
    }
    if (process.platform !== 'win32') expect(statSync(join(folder, files[0] ?? '')).mode & 0o077).toBe(0);
    // Another key finds nothing, and the same content twice looks different.
    expect(await open(new Uint8Array(32).fill(8)).read(sha(bytes))).toBeNull();
    const before = readFileSync(join(folder, files[0] ?? ''));
    await put(cache, bytes);
    expect(readFileSync(join(folder, files[0] ?? '')).equals(before)).toBe(false);
  });

  test('[SE2] a changed byte, a cut, a swapped segment on disk: never given out, and removed', async () => {
    const bytes = randomBytes(200_000);
    const damage: ((content: Buffer) => Buffer)[] = [
      (content) => {
        content[40] = (content[40] ?? 0) ^ 1;
        return content;
      },
      (content) => {
        content[content.length - 1] = (content.at(-1) ?? 0) ^ 1;
        return content;
      },
      (content) => {
        content[10] = (content[10] ?? 0) ^ 1;
        return content;
      },
      // A whole last segment is missing.
      (content) => content.subarray(0, 36 + 3 * 65_552),
      (content) =>
        Buffer.concat([
          content.subarray(0, 36),
          content.subarray(36 + 65_552, 36 + 2 * 65_552),
          content.subarray(36, 36 + 65_552),
          content.subarray(36 + 2 * 65_552),
        ]),
      (content) => content.subarray(0, 20),
      () => Buffer.alloc(0),
    ];
    for (const [index, spoil] of damage.entries()) {
      const cache = open();
      const hash = await put(cache, bytes);
      const file = join(folder, readdirSync(folder)[0] ?? '');
      writeFileSync(file, spoil(readFileSync(file)));
      expect(await open().read(hash), `damage ${index}`).toBeNull();
      expect(readdirSync(folder), `damage ${index}`).toEqual([]);
    }
  });

  test('[IN8] an unfinished download goes on where it was, wherever it was cut, and is checked as a whole', async () => {
    const bytes = randomBytes(300_000);
    const hash = sha(bytes);
    for (const cut of [0, 10, 36, 37, 65_588, 65_600, 131_140, 199_999]) {
      const first = await open().resume(hash);
      await first.write(bytes.subarray(0, 250_000));
      await first.close();
      const part = join(folder, readdirSync(folder).find((name) => name.endsWith('.part')) ?? '');
      // As a crash leaves it: any number of bytes reached the disk.
      truncateSync(part, Math.min(cut, statSync(part).size));
      const cache = open();
      const again = await cache.resume(hash);
      expect(again.written % 65_536).toBe(0);
      expect(again.written).toBe(Math.max(0, Math.floor((cut - 36) / 65_552)) * 65_536);
      await again.write(bytes.subarray(again.written));
      expect(await again.commit(hash)).toEqual({ sha256: hash, bytes: 300_000 });
      expect(Buffer.from((await cache.read(hash)) ?? []).equals(bytes)).toBe(true);
      expect((await cache.erase([hash])).erased).toBe(1);
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  test('[IN8] content with another hash than the message says is refused, and nothing stays of it', async () => {
    const cache = open();
    const sink = await cache.resume(sha(Buffer.from('what was promised')));
    await sink.write(Buffer.from('something else'));
    await expect(sink.commit(sha(Buffer.from('what was promised')))).rejects.toMatchObject({
      error: { code: 'ATTACHMENT_DAMAGED' },
    });
    expect(readdirSync(folder)).toEqual([]);
    // The same content can be asked for again at once.
    await (await cache.resume(sha(Buffer.from('what was promised')))).close();
  });

  test('[IN8] two downloads of one content at once: the second is refused instead of spoiling the first', async () => {
    const cache = open();
    const hash = sha(Buffer.from('a'));
    const first = await cache.resume(hash);
    await expect(cache.resume(hash)).rejects.toMatchObject({ error: { code: 'NOT_ALLOWED' } });
    await first.close();
    await (await cache.resume(hash)).close();
  });

  test('[IN8] eviction takes the least recently used, never what is kept, and the order survives a restart', async () => {
    const cache = open();
    const hashes: string[] = [];
    for (let i = 0; i < 6; i++) hashes.push(await put(cache, Buffer.alloc(10_000, i + 1)));
    const [a = '', b = '', c = '', , , f = ''] = hashes;
    clock += 120_000;
    await cache.read(a);
    await cache.read(b, 0, 5);
    const { bytes } = cache.usage();
    // Room for four: c and d are oldest; c is kept (not uploaded yet), so d and e go.
    const { evicted } = await cache.evict((bytes / 6) * 4, new Set([c]));
    expect(evicted).toBe(2);
    const there = async (one: AttachmentCache): Promise<boolean[]> =>
      Promise.all(hashes.map(async (hash) => (await one.size(hash)) !== null));
    expect(await there(cache)).toEqual([true, true, true, false, false, true]);
    // Time stamps on disk carry the order over a restart.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const again = open();
    expect(again.usage()).toEqual({ files: 4, bytes: (bytes / 6) * 4 });
    await again.evict((bytes / 6) * 3, new Set([c, f]));
    expect(await there(again)).toEqual([false, true, true, false, false, true]);
    // Everything is kept: nothing goes, however small the room.
    expect((await again.evict(0, new Set(hashes))).evicted).toBe(0);
  });

  test('[AD2] erased content is gone from disk with its unfinished download; what was never there is no error', async () => {
    const cache = open();
    const hash = await put(cache, Buffer.from('one'));
    const other = sha(Buffer.from('two'));
    const part = await cache.resume(other);
    await part.write(Buffer.from('tw'));
    await part.close();
    expect(await cache.erase([hash, other, sha(Buffer.from('three'))])).toEqual({ erased: 1 });
    expect(readdirSync(folder)).toEqual([]);
    expect(cache.usage()).toEqual({ files: 0, bytes: 0 });
  });

  test('[SE2] a hash that is none can name no file', async () => {
    await expect(open().read('../../etc/passwd')).rejects.toMatchObject({ error: { code: 'BAD_INPUT' } });
    await expect(open().resume('A'.repeat(64))).rejects.toMatchObject({ error: { code: 'BAD_INPUT' } });
  });

  test('[IN8] what a crash left without a name is swept away; downloads and contents stay', async () => {
    const cache = open();
    const hash = await put(cache, Buffer.from('whole'));
    await (await cache.create()).write(Buffer.from('half'));
    await (await cache.resume(sha(Buffer.from('coming')))).close();
    await open().sweep();
    expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
    expect(readdirSync(folder)).toHaveLength(2);
    expect(await open().size(hash)).toBe(5);
  });
});
