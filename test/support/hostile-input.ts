import { crc32, inflateRawSync } from 'node:zlib';
import { readZipDirectory } from '#shared/package/zip-reader.ts';
import type { Prng } from '#shared/lib/prng.ts';
import { inMemory } from './package-bytes.ts';

/** What a hostile gateway or file might hold: seeds turned a little or wholly wrong. Same seed, same bytes. */

const NASTY = [
  '',
  '\0',
  '\uFEFF',
  '\u202E反向\u202C',
  'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘',
  '__proto__',
  'constructor',
  '<script>alert(1)</script>',
  '=cmd|/c calc!A1',
  '../../../etc/passwd',
  '..\\..\\windows\\system32',
  '1e999',
  '-0',
  '9007199254740993',
  'NaN',
  '2026-13-45 99:99:99',
  '"',
  '""""',
  '\r\n',
  '\u2028',
  '\ud800',
  '{"a":',
  '&xxe;',
  '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>',
];

export function nastyText(random: Prng): string {
  const one = random.pick(NASTY);
  return random.chance(0.02) ? (one || 'x').repeat(1 + random.int(20_000)) : one;
}

/** Bytes changed, cut, doubled, moved or replaced; seldom left alone. */
export function mutateBytes(random: Prng, seed: Uint8Array): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(seed);
  for (let turns = 1 + random.int(6); turns > 0; turns--) {
    const at = random.int(Math.max(1, bytes.length));
    const length = random.int(Math.min(64, Math.max(1, bytes.length - at)));
    switch (random.int(7)) {
      case 0:
        if (bytes.length > 0) bytes[at] = random.int(256);
        break;
      case 1:
        if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(8));
        break;
      case 2:
        bytes = bytes.subarray(0, at);
        break;
      case 3:
        bytes = joined(bytes.subarray(0, at), bytes.subarray(at + length));
        break;
      case 4:
        bytes = joined(bytes.subarray(0, at), new TextEncoder().encode(nastyText(random)), bytes.subarray(at));
        break;
      case 5:
        bytes = joined(bytes, bytes.subarray(at, at + length));
        break;
      case 6:
        // Lengths and counts in binary formats.
        for (let index = at; index < Math.min(bytes.length, at + 4); index++)
          bytes[index] = random.pick([0, 0xff, 0x7f, 0x80]);
        break;
    }
    bytes = Uint8Array.from(bytes);
  }
  return bytes;
}

/** A JSON value with some of its places taken by something else. */
export function mutateJson(random: Prng, value: unknown, depth = 0): unknown {
  if (random.chance(0.06)) return nastyValue(random);
  if (Array.isArray(value)) {
    const list = value.map((one) => mutateJson(random, one, depth + 1));
    if (random.chance(0.05)) list.push(nastyValue(random));
    return depth < 3 && random.chance(0.01) ? Array.from({ length: 500 }, () => list[0]) : list;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(() => !random.chance(0.03))
      .map(([name, inner]) => [random.chance(0.02) ? nastyText(random) : name, mutateJson(random, inner, depth + 1)]);
    return Object.fromEntries(entries) as unknown;
  }
  return value;
}

function nastyValue(random: Prng): unknown {
  switch (random.int(9)) {
    case 0:
      return null;
    case 1:
      return nastyText(random);
    case 2:
      return random.pick([-1, 0, 1.5, 2 ** 53, -(2 ** 53), 1e308, 4294967296]);
    case 3:
      return [];
    case 4:
      return {};
    case 5:
      return random.chance(0.5);
    case 6:
      return JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`) as unknown;
    case 7:
      return { toString: 1, __proto__: { polluted: true }, length: 1e9 };
    default:
      return 'x'.repeat(random.int(5_000));
  }
}

/** What an attribute or a text of a spreadsheet's XML must not lead its reader to. */
const CELL_NASTY = [
  '',
  '-1',
  '0',
  '4294967296',
  '1e9',
  '9'.repeat(400),
  'NaN',
  'XFE1048577',
  'ZZZZZZ99',
  '1048576',
  'A1:XFD1048576',
  's',
  'inlineStr',
  'd',
  'b',
  '../../../../etc/passwd',
  'file:///etc/passwd',
  '_x0000__xD800_',
  '0.1E-400',
  '2958466',
  '1900-02-30T25:61:61',
];

/** XML that stays XML: values of attributes and texts replaced, elements doubled, dropped, nested; seldom bytes as well. */
export function mutateXml(random: Prng, xml: string): Uint8Array {
  let text = xml;
  for (let turns = 1 + random.int(5); turns > 0; turns--) {
    const from = random.int(Math.max(1, text.length));
    switch (random.int(6)) {
      case 0:
      case 1:
        text = replacedFrom(text, from, /="[^"]*"/gu, () => `="${escapeXml(nastyCell(random))}"`);
        break;
      case 2:
        text = replacedFrom(text, from, />[^<]+</gu, () => `>${escapeXml(nastyCell(random))}<`);
        break;
      case 3:
        text = replacedFrom(text, from, /<(\w+)(?:\s[^<>]*)?>[^<]*<\/\1>/gu, (found) =>
          found.repeat(random.chance(0.02) ? 2_000 : random.int(4)),
        );
        break;
      case 4:
        text = replacedFrom(text, from, /<(\w+)(?:\s[^<>]*)?>/gu, (found) => found.repeat(1 + random.int(80)));
        break;
      case 5:
        text = replacedFrom(text, from, /\s\w+="[^"]*"/gu, (found) =>
          random.chance(0.5) ? '' : Array.from({ length: 300 }, (_, at) => found.replace('=', `${at}=`)).join(''),
        );
        break;
    }
  }
  const bytes = new TextEncoder().encode(text);
  return random.chance(0.1) ? mutateBytes(random, bytes) : bytes;
}

function nastyCell(random: Prng): string {
  return random.chance(0.7) ? random.pick(CELL_NASTY) : nastyText(random);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** The first place from `from` on that looks like `what`. */
function replacedFrom(text: string, from: number, what: RegExp, make: (found: string) => string): string {
  what.lastIndex = from;
  const found = what.exec(text);
  if (found === null) return text;
  return text.slice(0, found.index) + make(found[0]) + text.slice(found.index + found[0].length);
}

/** Every part's content by name; whoever wrote the zip. */
export async function zipPartsOf(zip: Uint8Array): Promise<Map<string, Uint8Array>> {
  const { entries } = await readZipDirectory(inMemory(zip));
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  return new Map(
    entries.map((entry) => {
      const start =
        entry.offset + 30 + view.getUint16(entry.offset + 26, true) + view.getUint16(entry.offset + 28, true);
      const packed = zip.subarray(start, start + entry.packed);
      return [entry.name, entry.method === 0 ? packed : new Uint8Array(inflateRawSync(packed))];
    }),
  );
}

/** A zip without packing, whose names, lengths and checksums are right: what is wrong inside gets as far as its reader. */
export function plainZip(parts: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of parts) {
    const label = Buffer.from(name, 'utf8');
    const sums = Buffer.alloc(12);
    sums.writeUInt32LE(crc32(content), 0);
    sums.writeUInt32LE(content.length, 4);
    sums.writeUInt32LE(content.length, 8);
    const lengths = Buffer.from([label.length & 0xff, label.length >> 8, 0, 0]);
    // Version 2.0, names in UTF-8, stored, no time.
    const common = Buffer.concat([Buffer.from([20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0]), sums, lengths]);
    const at = Buffer.alloc(14);
    at.writeUInt32LE(offset, 10);
    local.push(Buffer.from('PK\x03\x04', 'latin1'), common, label, Buffer.from(content));
    central.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, at, label);
    offset += 4 + common.length + label.length + content.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(parts.size, 8);
  end.writeUInt16LE(parts.size, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...local, directory, end]));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
