// Makes a screenshot small enough for git: a PNG of at most 256 colours. For flat pictures of a window, where text edges
// are nearly all the colours there are; the difference is far below what the comparison tolerates.
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MOST = 256;

/** From a PNG with 8 bits a channel, RGB or RGBA, not interlaced, as Chromium writes it; others come back as they are. */
export function toPalette(png) {
  const image = decode(png);
  if (image === null) return png;
  const { width, height, pixels } = image;
  const counts = new Map();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const palette = counts.size <= MOST ? [...counts.keys()] : medianCut([...counts]);
  const nearest = new Map();
  const indexOf = (colour) => {
    let index = nearest.get(colour);
    if (index === undefined) nearest.set(colour, (index = closest(palette, colour)));
    return index;
  };
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = indexOf(pixels[y * width + x]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** `pixels`: 0xRRGGBB each. Null for a kind of PNG that is not handled. */
export function decode(png) {
  let at = 8;
  let header = null;
  let colours = null;
  const data = [];
  while (at < png.length) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = body;
    else if (type === 'PLTE') colours = body;
    else if (type === 'IDAT') data.push(body);
    at += length + 12;
  }
  if (header === null || header[8] !== 8 || header[12] !== 0) return null;
  const channels = { 2: 3, 3: 1, 6: 4 }[header[9]];
  if (channels === undefined) return null;
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const stride = width * channels;
  const raw = inflateSync(Buffer.concat(data));
  const line = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const left = x < channels ? 0 : line[y * stride + x - channels];
      const up = y === 0 ? 0 : line[(y - 1) * stride + x];
      const corner = x < channels || y === 0 ? 0 : line[(y - 1) * stride + x - channels];
      const add =
        filter === 1
          ? left
          : filter === 2
            ? up
            : filter === 3
              ? (left + up) >> 1
              : filter === 4
                ? paeth(left, up, corner)
                : 0;
      line[y * stride + x] = raw[y * (stride + 1) + 1 + x] + add;
    }
  }
  const pixels = new Uint32Array(width * height);
  for (let i = 0; i < pixels.length; i++) {
    const [source, from] = colours === null ? [line, i * channels] : [colours, line[i] * 3];
    pixels[i] = (source[from] << 16) | (source[from + 1] << 8) | source[from + 2];
  }
  return { width, height, pixels };
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

const SHIFTS = [16, 8, 0];

/** Boxes of colours, always the one with the most pixels times its width is cut at its middle pixel. */
function medianCut(colours) {
  const boxOf = (list) => {
    let [axis, widest, weight] = [0, -1, 0];
    for (const shift of SHIFTS) {
      const values = list.map(([colour]) => (colour >> shift) & 255);
      const range = values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));
      if (range > widest) [axis, widest] = [shift, range];
    }
    for (const [, count] of list) weight += count;
    return { list, axis, worth: list.length < 2 ? 0 : widest * Math.sqrt(weight) };
  };
  const boxes = [boxOf(colours)];
  while (boxes.length < MOST) {
    const at = boxes.reduce((best, box, index) => (box.worth > boxes[best].worth ? index : best), 0);
    const box = boxes[at];
    if (box.worth === 0) break;
    const sorted = box.list.toSorted(([a], [b]) => ((a >> box.axis) & 255) - ((b >> box.axis) & 255));
    const half = sorted.reduce((sum, [, count]) => sum + count, 0) / 2;
    let [cut, sum] = [0, 0];
    while (cut < sorted.length - 1 && sum < half) sum += sorted[cut++][1];
    boxes.splice(at, 1, boxOf(sorted.slice(0, Math.max(1, cut))), boxOf(sorted.slice(Math.max(1, cut))));
  }
  return boxes.map(({ list }) => {
    // What fills most of a box stays exactly what it is: surfaces don't shift.
    const [colour] = list.reduce((most, one) => (one[1] > most[1] ? one : most));
    return colour;
  });
}

function closest(palette, colour) {
  let [best, least] = [0, Infinity];
  for (let i = 0; i < palette.length; i++) {
    let distance = 0;
    for (const shift of SHIFTS) distance += (((palette[i] >> shift) & 255) - ((colour >> shift) & 255)) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
