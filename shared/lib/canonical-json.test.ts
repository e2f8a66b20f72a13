import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, parseCanonicalJson } from './canonical-json.ts';

test('[EX4] keys are sorted by UTF-16 units, nothing is added, undefined is left out', () => {
  expect(canonicalJson({ b: 1, a: [1, { z: null, y: undefined, x: 'ü\n' }], é: true, '': '' })).toBe(
    '{"":"","a":[1,{"x":"ü\\n","z":null}],"b":1,"é":true}',
  );
  // U+FF5E sorts behind the first half of an emoji, though its code point is smaller.
  expect(canonicalJson({ '～': 1, '😀': 2 })).toBe('{"😀":2,"～":1}');
});

test('[EX4] what is written reads back, and any other notation of the same value does not', () => {
  const value = fc.jsonValue({ noUnicodeString: false }).map(integersOnly);
  fc.assert(
    fc.property(value, (one) => {
      const text = canonicalJson(one);
      expect(parseCanonicalJson(text)).toEqual(JSON.parse(text));
      expect(parseCanonicalJson(`${text} `)).toBeUndefined();
    }),
  );
  for (const text of ['{"b":1,"a":2}', '{"a":1,"a":1}', '[1.5]', '"\\u0061"', '[1e2]', '[-0]', '', '{', 'nul'])
    expect(parseCanonicalJson(text)).toBeUndefined();
  expect(parseCanonicalJson('['.repeat(200_000))).toBeUndefined();
});

function integersOnly(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value + 0 : 0;
  if (Array.isArray(value)) return value.map(integersOnly);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        // An object with keys like these orders them itself.
        .filter(([key]) => !/^\d+$/.test(key) && key !== '__proto__')
        .map(([key, one]) => [key, integersOnly(one)]),
    );
  return value;
}
