import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findRecoveryKey, formatRecoveryKey, lastGroup, parseRecoveryKey, RECOVERY_BYTES } from './recovery-key.ts';

const anyKey = fc.uint8Array({ minLength: RECOVERY_BYTES, maxLength: RECOVERY_BYTES });

test('[ST1] a recovery key reads back from how people type it', () => {
  fc.assert(
    fc.property(anyKey, (bytes) => {
      const text = formatRecoveryKey(bytes);
      expect(text).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){8}[0-9A-HJKMNP-TV-Z]{4}$/);
      const sloppy = text.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
      expect(parseRecoveryKey(text)).toEqual(bytes);
      expect(parseRecoveryKey(sloppy)).toEqual(bytes);
      expect(findRecoveryKey(`商家客服工作台\r\n\r\n${text}\r\n请离线保存`)).toEqual(bytes);
      expect(text.endsWith(lastGroup(text))).toBe(true);
    }),
  );
});

test('[ST1] every single wrong character and every swap of neighbours is noticed', () => {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  fc.assert(
    fc.property(anyKey, (bytes) => {
      const text = formatRecoveryKey(bytes).replaceAll('-', '');
      for (let at = 0; at < text.length; at++) {
        for (const other of alphabet)
          if (other !== text[at]) expect(parseRecoveryKey(text.slice(0, at) + other + text.slice(at + 1))).toBeNull();
        const swapped = text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2);
        if (at + 1 < text.length && swapped !== text) expect(parseRecoveryKey(swapped)).toBeNull();
      }
    }),
    { numRuns: 10 },
  );
  for (const wrong of ['', 'AAAA', 'U'.repeat(36), '0'.repeat(37), '一'.repeat(36)])
    expect(parseRecoveryKey(wrong)).toBeNull();
});
