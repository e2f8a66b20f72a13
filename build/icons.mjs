// Draws the program's icon (a speech bubble with an arrow that turns back) as a PNG. No image library: distances and zlib.
import { deflateSync } from 'node:zlib';

const ACCENT = [36, 107, 253];
const WHITE = [255, 255, 255];

/** Distance to a rounded box around (cx, cy) with half sizes (hx, hy); negative inside. All in units of the icon's side. */
function box(x, y, cx, cy, hx, hy, radius) {
  const dx = Math.abs(x - cx) - hx + radius;
  const dy = Math.abs(y - cy) - hy + radius;
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
}

function segment(x, y, ax, ay, bx, by, width) {
  const t = Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)));
  return Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)) - width / 2;
}

function arc(x, y, cx, cy, radius, width) {
  return x >= cx ? Math.abs(Math.hypot(x - cx, y - cy) - radius) - width / 2 : Infinity;
}

function colourAt(x, y, pixel) {
  const cover = (distance) => Math.min(1, Math.max(0, 0.5 - distance / pixel));
  const ground = cover(box(x, y, 0.5, 0.5, 0.46, 0.46, 0.21));
  const bubble = Math.max(
    cover(box(x, y, 0.5, 0.46, 0.29, 0.22, 0.12)),
    cover(segment(x, y, 0.34, 0.62, 0.3, 0.75, 0.07)),
  );
  const arrow = Math.max(
    cover(segment(x, y, 0.38, 0.4, 0.56, 0.4, 0.05)),
    cover(arc(x, y, 0.56, 0.475, 0.075, 0.05)),
    cover(segment(x, y, 0.46, 0.55, 0.56, 0.55, 0.05)),
    cover(segment(x, y, 0.38, 0.4, 0.445, 0.335, 0.05)),
    cover(segment(x, y, 0.38, 0.4, 0.445, 0.465, 0.05)),
  );
  const white = bubble * (1 - arrow);
  return [...ACCENT.map((channel, i) => Math.round(channel + (WHITE[i] - channel) * white)), Math.round(255 * ground)];
}

export function icon(size) {
  const rows = [];
  for (let y = 0; y < size; y++) {
    rows.push(0);
    for (let x = 0; x < size; x++) rows.push(...colourAt((x + 0.5) / size, (y + 0.5) / size, 1 / size));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(rows), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const framed = Buffer.alloc(8);
  framed.writeUInt32BE(data.length, 0);
  framed.writeUInt32BE(crc(body), 4);
  return Buffer.concat([framed.subarray(0, 4), body, framed.subarray(4)]);
}

function crc(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}
