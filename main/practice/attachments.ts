import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { AttachmentRecord } from './records.ts';
import type { World } from './world.ts';

/** One file; larger ones are TOO_LARGE. */
const MAX_ATTACHMENT_BYTES = 32 * 1024 * 1024;
/** All uploads together; beyond, the oldest are GONE. */
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;
/** Unfinished uploads of one account. */
const MAX_UNFINISHED = 8;

export interface PutFields {
  readonly sha256: string;
  readonly bytes: number;
  readonly mime: string;
  readonly name: string;
  readonly chunk_index: number;
  readonly chunks: number;
  readonly data: string;
}

export type PutAnswer =
  | { readonly ok: true; readonly attachment_id: string; readonly received: number[]; readonly complete: boolean }
  | { readonly ok: false; readonly code: 'TOO_LARGE' | 'BAD_REQUEST'; readonly problem: string };

interface Upload {
  readonly attachment_id: string;
  readonly by: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly chunks: number;
  readonly parts: (Buffer | undefined)[];
}

/** Contents of attachments: uploads in memory and, with a folder, on disk; built-in pictures drawn on demand. */
export class Attachments {
  readonly #world: World;
  readonly #folder: string | null;
  readonly #contents = new Map<string, Buffer>();
  readonly #uploads = new Map<string, Upload>();
  #total = 0;

  constructor(world: World, folder: string | null) {
    this.#world = world;
    this.#folder = folder;
  }

  /** A picture that takes no room until somebody asks for it. */
  addDrawn(name: string, width: number, height: number, hue: number): AttachmentRecord {
    const bytes = drawPng(width, height, hue);
    const record: AttachmentRecord = {
      attachment_id: this.#world.nextId('att'),
      sha256: sha256Of(bytes),
      bytes: bytes.length,
      mime: 'image/png',
      name,
      by: null,
      drawn: { width, height, hue },
    };
    this.#world.saveAttachment(record);
    return record;
  }

  /** A file that nobody uploaded over the wire: consumers' files. */
  addContent(name: string, mime: string, content: Uint8Array): AttachmentRecord {
    // Orders from another thread arrive as plain bytes: only a Buffer gives itself out in base 64.
    return this.#keep(this.#world.nextId('att'), name, mime, Buffer.from(content), null);
  }

  put(by: string, fields: PutFields): PutAnswer {
    if (fields.bytes > MAX_ATTACHMENT_BYTES) return { ok: false, code: 'TOO_LARGE', problem: 'bytes' };
    if (fields.chunk_index >= fields.chunks || fields.chunks > 65_536)
      return { ok: false, code: 'BAD_REQUEST', problem: 'chunk_index' };
    const done = [...this.#world.attachments.values()].find(
      (record) => record.sha256 === fields.sha256 && record.by === by,
    );
    if (done !== undefined && this.content(done) !== null)
      return { ok: true, attachment_id: done.attachment_id, received: range(fields.chunks), complete: true };

    const key = `${by}\n${fields.sha256}`;
    let upload = this.#uploads.get(key);
    if (upload !== undefined && (upload.chunks !== fields.chunks || upload.bytes !== fields.bytes)) {
      // Cut differently than before: what came so far can't be put together with it.
      this.#uploads.delete(key);
      upload = undefined;
    }
    if (upload === undefined) {
      const mine = [...this.#uploads].filter(([, other]) => other.by === by);
      const oldest = mine[0];
      if (mine.length >= MAX_UNFINISHED && oldest !== undefined) this.#uploads.delete(oldest[0]);
      upload = {
        attachment_id: this.#world.nextId('att'),
        by,
        sha256: fields.sha256,
        bytes: fields.bytes,
        chunks: fields.chunks,
        parts: [],
      };
      this.#uploads.set(key, upload);
    }
    upload.parts[fields.chunk_index] = Buffer.from(fields.data, 'base64');
    const received = range(upload.chunks).filter((index) => upload.parts[index] !== undefined);
    const size = received.reduce((sum, index) => sum + (upload.parts[index] as Buffer).length, 0);
    if (size > upload.bytes) {
      this.#uploads.delete(key);
      return { ok: false, code: 'BAD_REQUEST', problem: 'bytes' };
    }
    if (received.length < upload.chunks)
      return { ok: true, attachment_id: upload.attachment_id, received, complete: false };
    this.#uploads.delete(key);
    const content = Buffer.concat(upload.parts as Buffer[]);
    if (content.length !== upload.bytes || sha256Of(content) !== upload.sha256)
      return { ok: false, code: 'BAD_REQUEST', problem: 'sha256' };
    this.#keep(upload.attachment_id, fields.name, fields.mime, content, by);
    return { ok: true, attachment_id: upload.attachment_id, received, complete: true };
  }

  /** The bytes, or null where they are gone. */
  content(record: AttachmentRecord): Buffer | null {
    const kept = this.#contents.get(record.attachment_id);
    if (kept !== undefined) return kept;
    if (record.drawn !== null) return drawPng(record.drawn.width, record.drawn.height, record.drawn.hue);
    if (this.#folder === null) return null;
    try {
      const content = fs.readFileSync(path.join(this.#folder, record.sha256));
      if (sha256Of(content) !== record.sha256) return null;
      this.#remember(record.attachment_id, content);
      return content;
    } catch {
      return null;
    }
  }

  /** Drops contents that no record names any more: purged groups, forgotten conversations (AD2). */
  sweep(): void {
    const { attachments } = this.#world;
    for (const [id, content] of this.#contents)
      if (!attachments.has(id)) {
        this.#contents.delete(id);
        this.#total -= content.length;
      }
    if (this.#folder === null) return;
    const wanted = new Set([...attachments.values()].map(({ sha256 }) => sha256));
    try {
      for (const name of fs.readdirSync(this.#folder))
        if (!wanted.has(name)) fs.rmSync(path.join(this.#folder, name), { force: true });
    } catch {
      // No folder yet, or one that somebody holds open: the next sweep tries again.
    }
  }

  #keep(id: string, name: string, mime: string, content: Buffer, by: string | null): AttachmentRecord {
    const record: AttachmentRecord = {
      attachment_id: id,
      sha256: sha256Of(content),
      bytes: content.length,
      mime,
      name,
      by,
      drawn: null,
    };
    this.#world.saveAttachment(record);
    this.#remember(id, content);
    if (this.#folder !== null)
      try {
        fs.mkdirSync(this.#folder, { recursive: true });
        const target = path.join(this.#folder, record.sha256);
        fs.writeFileSync(`${target}.tmp`, content, { mode: 0o600 });
        fs.renameSync(`${target}.tmp`, target);
      } catch {
        // Kept in memory; after a restart it is GONE, as on a platform that cleans up.
      }
    return record;
  }

  #remember(id: string, content: Buffer): void {
    this.#contents.set(id, content);
    this.#total += content.length;
    for (const [oldest, buffer] of this.#contents) {
      if (this.#total <= MAX_TOTAL_BYTES || oldest === id) break;
      this.#contents.delete(oldest);
      this.#total -= buffer.length;
    }
  }
}

export function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** A small picture with soft diagonal bands: enough to be seen, a few hundred bytes to a few kilobytes. */
export function drawPng(width: number, height: number, hue: number): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    const row = y * (width * 3 + 1);
    for (let x = 0; x < width; x++) {
      const band = Math.floor((x + y) / 24) % 3;
      const [r, g, b] = colour((hue + band * 24) % 360, 0.45, 0.55 + band * 0.12);
      const at = row + 1 + x * 3;
      rows[at] = r;
      rows[at + 1] = g;
      rows[at + 2] = b;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

function colour(hue: number, saturation: number, lightness: number): [number, number, number] {
  const a = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n: number): number => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}
