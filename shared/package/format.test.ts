import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, parseCanonicalJson } from '../lib/canonical-json.ts';
import { CHAIN_START, chainRecord, fromBase64, hashFits, toBase64 } from './format.ts';
import { hash32 } from './grams.ts';

/** As long as the real one; what it is made of is all that counts here. */
const sha256 = (text: string): string =>
  Array.from({ length: 8 }, (_, seed) => hash32(text, seed).toString(16).padStart(8, '0')).join('');

test('[EX4] a record in whatever order becomes one line: canonical, with the hash of all the rest', () => {
  // Names on both sides of the three that the chain adds.
  const names = [
    'agent',
    'at',
    'g',
    'has',
    'hat',
    'kind',
    'message_id',
    'm',
    'nn',
    'order',
    'pre',
    'prevx',
    'text',
    'type',
  ];
  const record = fc
    .uniqueArray(
      fc.tuple(fc.constantFrom(...names), fc.oneof(fc.string({ unit: 'grapheme' }), fc.nat(), fc.constant(undefined))),
      {
        selector: ([name]) => name,
      },
    )
    .map((members) => Object.fromEntries(members));
  fc.assert(
    fc.property(record, fc.integer({ min: 1, max: 1e9 }), (own, n) => {
      const { line, hash } = chainRecord(own, n, CHAIN_START, sha256);
      expect(parseCanonicalJson(line)).toEqual(JSON.parse(JSON.stringify({ ...own, n, prev: CHAIN_START, hash })));
      expect(hash).toBe(sha256(CHAIN_START + canonicalJson({ ...own, n, prev: CHAIN_START })));
      expect(hashFits(line, JSON.parse(line) as Record<string, unknown>, sha256)).toBe(true);
    }),
  );
});

test('[EX3] base64 is what everybody else takes for it', () => {
  // RFC 4648, section 10.
  const vectors = ['', 'Zg==', 'Zm8=', 'Zm9v', 'Zm9vYg==', 'Zm9vYmE=', 'Zm9vYmFy'];
  const word = Uint8Array.from([102, 111, 111, 98, 97, 114]);
  expect(vectors.map((_, length) => toBase64(word.subarray(0, length)))).toEqual(vectors);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }),
  );
});
