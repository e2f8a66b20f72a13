import type { Prng } from '#shared/lib/prng.ts';

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

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
