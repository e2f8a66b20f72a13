import { describe, expect, it } from 'vitest';
import { toneFile } from './tone.ts';

describe('tone', () => {
  const file = toneFile();
  const view = new DataView(file.buffer);
  const text = (from: number, to: number): string => new TextDecoder().decode(file.subarray(from, to));

  it('[IN3] is a WAV file whose head says what follows', () => {
    expect([text(0, 4), text(8, 16), text(36, 40)]).toEqual(['RIFF', 'WAVEfmt ', 'data']);
    expect(view.getUint32(4, true)).toBe(file.length - 8);
    expect(view.getUint32(40, true)).toBe(file.length - 44);
    expect(view.getUint32(28, true)).toBe(view.getUint32(24, true) * 2);
  });

  it('[IN3] sounds, stays quiet, and ends without a click', () => {
    const heights = Array.from({ length: (file.length - 44) / 2 }, (_, index) => view.getInt16(44 + index * 2, true));
    const loudest = Math.max(...heights.map(Math.abs));
    expect(loudest).toBeGreaterThan(1_500);
    expect(loudest).toBeLessThan(0.2 * 32_767);
    expect(Math.abs(heights[0] ?? Number.NaN)).toBeLessThan(10);
    expect(Math.max(...heights.slice(-50).map(Math.abs))).toBeLessThan(30);
  });
});
