import { existsSync, readdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { hkdfSync } from 'node:crypto';
import { join } from 'node:path';
import { createAttachmentCache } from './attachment-cache.ts';
import { fileKey, HEADER, openSegment, plainSize, saltOf, SEALED_SEGMENT, SEGMENT } from './sealed-format.ts';

/**
 * Gives the attachment cache another key: every content is opened with the old one and written anew under its new name before
 * the old file goes, so that unsent files outlive a crash at any point; done again, it goes on where it stopped. What opens
 * with neither is left alone. Unfinished downloads are dropped; they begin anew. Answers with how many were resealed.
 */
export async function resealCache(
  folder: string,
  from: Uint8Array,
  to: Uint8Array,
): Promise<{ readonly resealed: number }> {
  if (!existsSync(folder)) return { resealed: 0 };
  const contentKey = Buffer.from(
    hkdfSync('sha256', from, new Uint8Array(0), 'merchant-workbench attachments v1 content', 32),
  );
  const cache = createAttachmentCache({ folder, key: to });
  let resealed = 0;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.endsWith('.part') || name.endsWith('.new')) await rm(path, { force: true });
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    const file = await open(path, 'r');
    try {
      const header = Buffer.alloc(HEADER);
      await file.read(header, 0, HEADER, 0);
      const salt = saltOf(header);
      const bytes = plainSize((await file.stat()).size);
      if (salt === null || bytes === null) continue;
      const key = fileKey(contentKey, salt);
      const last = Math.max(0, Math.ceil(bytes / SEGMENT) - 1);
      const sealed = Buffer.alloc(SEALED_SEGMENT);
      const sink = await cache.create();
      let whole = true;
      for (let index = 0; index <= last && whole; index++) {
        const { bytesRead } = await file.read(sealed, 0, SEALED_SEGMENT, HEADER + index * SEALED_SEGMENT);
        const plain = openSegment(key, index, index === last, sealed.subarray(0, bytesRead));
        if (plain === null) whole = false;
        else await sink.write(plain);
      }
      if (whole) {
        await sink.commit();
        resealed++;
      } else {
        await sink.close();
        continue;
      }
    } finally {
      await file.close();
    }
    await rm(path, { force: true });
  }
  return { resealed };
}
