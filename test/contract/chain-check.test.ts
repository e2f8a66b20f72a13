import { expect, test } from 'vitest';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { canonicalJson, parseCanonicalJson } from '#shared/lib/canonical-json.ts';
import { createPrng } from '#shared/lib/prng.ts';
import { createChainCheck, type Report } from '#shared/package/chain-check.ts';
import { CHAIN_START, chainRecord, type Manifest } from '#shared/package/format.ts';
import { createRecordScanner } from '#shared/package/record-line.ts';
import { checkByText } from '#test/support/chain-check-by-text.ts';

const utf8 = new TextEncoder();
const sha256 = (text: string): string => verifyTools.sha256(text);
const random = createPrng(17);

const TEXTS = [
  '发货了吗',
  '',
  'a"b\\c/d',
  '\u0000\u0001\b\t\n\u000b\f\r\u001f\u007f\u0085\u2028\u2029',
  '😀👩‍👩‍👧 \ud800',
  '\udc00\ud83d',
  '\ufeff\ufffd\uffff',
  '__proto__',
  ',"hash":"',
  `,"hash":"${'0'.repeat(64)}"`,
  '"},{"',
  'x'.repeat(300),
];

/** A chain of records with everything in them that a record can hold, and more. */
function chain(length: number): { readonly lines: string[]; readonly manifest: Manifest } {
  const lines: string[] = [];
  let prev = CHAIN_START;
  for (let n = 1; n <= length; n++) {
    const text = random.pick(TEXTS);
    const { line, hash } = chainRecord(
      {
        attachment: n % 4 === 0 ? { bytes: n * 1_000, hash: '0'.repeat(64), mime: 'image/png', name: text } : undefined,
        conversation_id: `c-${n % 3}`,
        nothing: n % 5 === 0 ? null : undefined,
        order_nos: n % 3 === 0 ? [`2026${n}`, text] : undefined,
        recalled: n % 7 === 0 ? { at: '2026-09-01T10:00:00.000+08:00', sealed: n % 2 === 0 } : undefined,
        text,
        type: n % 9 === 0 ? 'recall' : 'message',
      },
      n,
      prev,
      sha256,
    );
    lines.push(line);
    prev = hash;
  }
  const recalls = Math.floor(length / 9);
  const counts = { records: length, messages: length - recalls, recalls, corrections: 0, transfers: 0 };
  return {
    lines,
    manifest: {
      counts: { ...counts, conversations: 0, agents: 0, consumers: 0 },
      chain: { algorithm: 'SHA-256', first: CHAIN_START, head: prev },
    } as unknown as Manifest,
  };
}

/** Both checks' answers on the same bytes, the quick one's in pieces of any size. */
function both(bytes: Uint8Array, manifest: Manifest): readonly [quick: unknown[], byText: unknown[]] {
  const of = (work: (report: Report) => number): unknown[] => {
    const said: unknown[] = [];
    const lines = work((...problem) => said.push(problem.filter((part) => part !== undefined)));
    return [...said, lines];
  };
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const next = at + 1 + random.int(random.chance(0.5) ? 40 : 4_000);
    pieces.push(bytes.slice(at, next));
    at = next;
  }
  return [
    of((report) => {
      const check = createChainCheck(verifyTools, report);
      for (const piece of pieces) check.feed(piece);
      check.end(manifest);
      return check.lines();
    }),
    of((report) => checkByText(pieces, manifest, report)),
  ];
}

test('[EX4] bytes and text are judged alike: every flipped byte of a chain', () => {
  const { lines, manifest } = chain(12);
  const bytes = utf8.encode(`${lines.join('\n')}\n`);
  const [whole, byText] = both(bytes, manifest);
  expect(whole).toEqual([12]);
  expect(byText).toEqual([12]);
  for (let at = 0; at < bytes.length; at++) {
    const mask = 1 << (at & 7);
    bytes[at] = (bytes[at] as number) ^ mask;
    const [quick, slow] = both(bytes, manifest);
    expect([at, quick]).toEqual([at, slow]);
    expect(quick.length).toBeGreaterThan(1);
    bytes[at] = (bytes[at] as number) ^ mask;
  }
}, 60_000);

/** Notations and shapes that a parser takes, or seems to. */
const HOSTILE: readonly ((line: string) => string)[] = [
  (line) => line.replace('{', '{ '),
  (line) => `${line} `,
  (line) => `\ufeff${line}`,
  (line) => line.replace(/"n":(\d+)/, '"n":$1.0'),
  (line) => line.replace(/"n":(\d+)/, '"n":$1e0'),
  (line) => line.replace(/"n":(\d+)/, '"n":0$1'),
  (line) => line.replace(/"n":(\d+)/, '"n":-$1'),
  (line) => line.replace(/"n":(\d+)/, '"n":-0'),
  (line) => line.replace(/"n":(\d+)/, '"n":9007199254740993'),
  (line) => line.replace(/"n":(\d+)/, '"n":"$1"'),
  (line) => line.replace(/"n":(\d+)/, '"n":$1,"n":$1'),
  (line) => line.replace('"type"', '"\\u0074ype"'),
  (line) => line.replace('"text":"', '"text":"\\u0061'),
  (line) => line.replace('"text":"', '"text":"\\u000A'),
  (line) => line.replace('"text":"', '"text":"\\u000a'),
  (line) => line.replace('"text":"', '"text":"\\u001F'),
  (line) => line.replace('"text":"', '"text":"\\/'),
  (line) => line.replace('"text":"', '"text":"\\ud83d\\ude00'),
  (line) => line.replace('"text":"', '"text":"\\ud83d'),
  (line) => line.replace('"text":"', '"text":"\t'),
  (line) => line.replace('{', '{"1":1,"0":2,'),
  (line) => line.replace('{', '{"0":2,"1":1,'),
  (line) => line.replace('{', '{"__proto__":{"a":1},'),
  (line) => line.replace('{', '{"":"",'),
  (line) => line.replace('{', '{"Z":1,'),
  (line) => line.replace('{', '{"a":{"b":1,"a":2},'),
  (line) => line.replace('{', '{"a":{"a":1,"a":2},'),
  (line) => line.replace('{', '{"a":{"a":1,"ab":[],"b":{}},'),
  (line) => line.replace('{', `{"a":${'['.repeat(30)}${']'.repeat(30)},`),
  ...[1_000, 3_000, 200_000].map(
    (depth) => (line: string) => line.replace('{', `{"a":${'['.repeat(depth)}${']'.repeat(depth)},`),
  ),
  (line) => line.replace('{', '{"a":1.5,'),
  (line) => line.replace('{', '{"a":tru,'),
  (line) => line.replace('{', '{"a":trues,'),
  (line) => line.replace('}', ',}'),
  (line) => line.slice(0, -1),
  (line) => `${line}${line}`,
  (line) => `[${line}]`,
  () => '',
  () => '{}',
  () => 'null',
  () => '"text"',
  (line) => line.replace(/"type":"\w+"/, '"type":"other"'),
  (line) => line.replace(/"type":"\w+"/, '"type":1'),
  (line) => line.replace(/,"type":"\w+"/, ''),
  (line) => line.replace(/"prev":"\w+"/, '"prev":"short"'),
  (line) => line.replace(/"prev":"\w+"/, '"prev":null'),
  (line) => line.replace(/"hash":"(\w+)"/, (_all, hash: string) => `"hash":"${hash.toUpperCase()}"`),
];

test('[EX4] bytes and text are judged alike: hostile lines, with a hash that fits and without', () => {
  const { lines, manifest } = chain(9);
  for (const change of HOSTILE)
    for (const at of [0, 4, 8]) {
      const changed = change(lines[at] as string);
      const variants = [changed];
      const value = changed.includes('['.repeat(100)) ? null : parsed(changed);
      if (value !== null) {
        // The same again with the hash of what it says now, in the notation it has and in the canonical one.
        const { hash: _, ...rest } = value;
        const hash = sha256(String(rest['prev']) + canonicalJson(rest));
        variants.push(changed.replace(/"hash":"\w+"/, `"hash":"${hash}"`), canonicalJson({ ...rest, hash }));
        const first = `{"hash":"${hash}",${canonicalJson(rest).slice(1)}`;
        variants.push(first);
      }
      for (const variant of variants) {
        const bytes = utf8.encode(`${lines.toSpliced(at, 1, variant).join('\n')}\n`);
        const [quick, byText] = both(bytes, manifest);
        expect([variant.slice(0, 500), quick]).toEqual([variant.slice(0, 500), byText]);
      }
    }
}, 60_000);

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

test('[EX4] bytes and text are judged alike: lines moved, doubled, left out, and bytes that are no text', () => {
  for (let round = 0; round < 300; round++) {
    const { lines, manifest } = chain(12);
    for (let hits = 1 + random.int(3); hits > 0; hits--) {
      const at = random.int(lines.length);
      const [line = ''] = lines.splice(at, random.chance(0.7) ? 1 : 0);
      if (random.chance(0.7)) lines.splice(random.int(lines.length + 1), 0, line);
    }
    const bytes = utf8.encode(`${lines.join('\n')}${random.chance(0.9) ? '\n' : ''}`);
    for (let hits = random.int(3); hits > 0; hits--) {
      const at = random.int(bytes.length);
      bytes.set([random.int(256), random.int(256), random.int(256)].slice(0, Math.min(3, bytes.length - at)), at);
    }
    const [quick, byText] = both(bytes, manifest);
    expect([round, quick]).toEqual([round, byText]);
  }
});

test('[EX4] the quick look says yes to what is canonical alone, and to every usual line', () => {
  const { scan, found } = createRecordScanner();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const { lines } = chain(60);
  let quick = 0;
  for (const line of lines) {
    const bytes = utf8.encode(line);
    if (scan(bytes, 0, bytes.length)) quick++;
    // Halves of pairs are written by number, which is left to the parser.
    else expect(line).toMatch(/\\ud[89a-f]/u);
    for (let tries = 0; tries < 400; tries++) {
      const changed = bytes.slice();
      for (let hits = 1 + random.int(2); hits > 0; hits--)
        changed[random.int(changed.length)] = random.chance(0.5)
          ? random.int(256)
          : random.pick([...utf8.encode('"\\{}[]:,0u 中')]);
      if (!scan(changed, 0, changed.length)) continue;
      const text = decoder.decode(changed);
      expect(Buffer.from(utf8.encode(text)).equals(changed)).toBe(true);
      const value = parseCanonicalJson(text) as Record<string, unknown>;
      const at = (from: number, length: number): string => decoder.decode(changed.subarray(from, from + length));
      expect(value).toMatchObject({
        n: found.n,
        prev: at(found.prevAt, 64),
        hash: at(found.hashAt, 64),
        type: at(found.typeAt, found.typeLength),
      });
      const without = at(0, found.hashMemberAt) + at(found.hashAt + 65, changed.length);
      expect(without).toBe(canonicalJson({ ...value, hash: undefined }));
    }
  }
  expect(quick).toBeGreaterThan(30);
});
