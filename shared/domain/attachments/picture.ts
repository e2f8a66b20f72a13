/**
 * What counts as a picture (SE2): bytes that begin as PNG, JPEG, GIF or WebP do, whose own header says a size that can be
 * drawn. Names and declared types are never believed. Everything else, SVG among it, is a file to save.
 */

export interface Picture {
  readonly mime: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';
  readonly width: number;
  readonly height: number;
}

/** Pixels along one side, and altogether: beyond, decoding alone would take hundreds of megabytes. */
export const MAX_PICTURE_SIDE = 16_384;
const MAX_PICTURE_PIXELS = 50_000_000;
/** Bytes of a picture that is drawn at all. */
export const MAX_PICTURE_BYTES = 32 * 1024 * 1024;
/** Its header lies within these first bytes; only a JPEG's may come after large embedded profiles. */
export const PICTURE_HEAD_BYTES = 1024 * 1024;

/** The picture that these bytes are, or null. `head`: at least the first PICTURE_HEAD_BYTES, or all there are. */
export function pictureOf(head: Uint8Array): Picture | null {
  const found = png(head) ?? gif(head) ?? webp(head) ?? jpeg(head);
  if (found === null) return null;
  const { width, height } = found;
  if (width < 1 || height < 1 || width > MAX_PICTURE_SIDE || height > MAX_PICTURE_SIDE) return null;
  return width * height > MAX_PICTURE_PIXELS ? null : found;
}

const byte = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;
const big16 = (bytes: Uint8Array, at: number): number => byte(bytes, at) * 256 + byte(bytes, at + 1);
const big32 = (bytes: Uint8Array, at: number): number => big16(bytes, at) * 65_536 + big16(bytes, at + 2);
const little16 = (bytes: Uint8Array, at: number): number => byte(bytes, at) + byte(bytes, at + 1) * 256;
const little24 = (bytes: Uint8Array, at: number): number => little16(bytes, at) + byte(bytes, at + 2) * 65_536;

function starts(bytes: Uint8Array, text: string, at = 0): boolean {
  if (bytes.length < at + text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

function png(bytes: Uint8Array): Picture | null {
  if (!starts(bytes, '\u0089PNG\r\n\u001a\n') || bytes.length < 33) return null;
  if (big32(bytes, 8) !== 13 || !starts(bytes, 'IHDR', 12)) return null;
  const depth = byte(bytes, 24);
  const colour = byte(bytes, 25);
  if (![1, 2, 4, 8, 16].includes(depth) || ![0, 2, 3, 4, 6].includes(colour)) return null;
  return { mime: 'image/png', width: big32(bytes, 16), height: big32(bytes, 20) };
}

function gif(bytes: Uint8Array): Picture | null {
  if ((!starts(bytes, 'GIF87a') && !starts(bytes, 'GIF89a')) || bytes.length < 13) return null;
  return { mime: 'image/gif', width: little16(bytes, 6), height: little16(bytes, 8) };
}

function webp(bytes: Uint8Array): Picture | null {
  if (!starts(bytes, 'RIFF') || !starts(bytes, 'WEBP', 8) || bytes.length < 30) return null;
  if (starts(bytes, 'VP8X', 12))
    return { mime: 'image/webp', width: little24(bytes, 24) + 1, height: little24(bytes, 27) + 1 };
  if (starts(bytes, 'VP8 ', 12)) {
    if (byte(bytes, 23) !== 0x9d || byte(bytes, 24) !== 0x01 || byte(bytes, 25) !== 0x2a) return null;
    return { mime: 'image/webp', width: little16(bytes, 26) & 0x3fff, height: little16(bytes, 28) & 0x3fff };
  }
  if (starts(bytes, 'VP8L', 12)) {
    if (byte(bytes, 20) !== 0x2f) return null;
    const width = 1 + (little16(bytes, 21) & 0x3fff);
    const height = 1 + (((byte(bytes, 22) >> 6) | (byte(bytes, 23) << 2) | (byte(bytes, 24) << 10)) & 0x3fff);
    return { mime: 'image/webp', width, height };
  }
  return null;
}

function jpeg(bytes: Uint8Array): Picture | null {
  if (byte(bytes, 0) !== 0xff || byte(bytes, 1) !== 0xd8 || byte(bytes, 2) !== 0xff) return null;
  let at = 2;
  while (at + 9 < bytes.length) {
    if (byte(bytes, at) !== 0xff) return null;
    const marker = byte(bytes, at + 1);
    // Fill bytes, and markers that stand alone.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2;
      continue;
    }
    // Start of frame, all its forms: the size. The pictures' data without one before it: no picture.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      return { mime: 'image/jpeg', height: big16(bytes, at + 5), width: big16(bytes, at + 7) };
    if (marker === 0xda || marker === 0xd9) return null;
    const length = big16(bytes, at + 2);
    if (length < 2) return null;
    at += 2 + length;
  }
  return null;
}
