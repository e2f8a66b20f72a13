import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBase64, toBase64 } from './base64.ts';

/** RFC 4648, section 10. */
const VECTORS = { '': '', f: 'Zg==', fo: 'Zm8=', foo: 'Zm9v', foob: 'Zm9vYg==', fooba: 'Zm9vYmE=', foobar: 'Zm9vYmFy' };

test('[IN8] base64 is what every other program means by it, both ways', () => {
  for (const [text, coded] of Object.entries(VECTORS))
    expect(toBase64(Uint8Array.from(text, (letter) => letter.charCodeAt(0)))).toBe(coded);
  expect(toBase64(Uint8Array.of(0xfb, 0xff, 0xbf))).toBe('+/+/');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(toBase64(bytes)).toMatch(/^[A-Za-z0-9+/]*={0,2}$/);
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }),
  );
  for (const bad of ['A', 'AB', 'A===', '====', 'AB=C', 'ab*=', 'äöüß', 'AAAA=AAA', '=AAA'])
    expect(fromBase64(bad), bad).toBeNull();
});
