import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_PICTURE_SIDE, pictureOf } from './picture.ts';

const text = (value: string): number[] => [...value].map((letter) => letter.charCodeAt(0));
const big16 = (n: number): number[] => [(n >> 8) & 255, n & 255];
const big32 = (n: number): number[] => [...big16(Math.floor(n / 65_536)), ...big16(n % 65_536)];
const little16 = (n: number): number[] => [n & 255, (n >> 8) & 255];
const little24 = (n: number): number[] => [...little16(n % 65_536), (n >> 16) & 255];
const bytes = (...parts: (number | number[])[]): Uint8Array => Uint8Array.from(parts.flat());

const png = (width: number, height: number, depth = 8, colour = 2): Uint8Array =>
  bytes(
    0x89,
    text('PNG\r\n\x1a\n'),
    big32(13),
    text('IHDR'),
    big32(width),
    big32(height),
    depth,
    colour,
    0,
    0,
    0,
    big32(0),
  );
const gif = (width: number, height: number): Uint8Array =>
  bytes(text('GIF89a'), little16(width), little16(height), 0, 0, 0);
const webp = (kind: string, ...body: (number | number[])[]): Uint8Array =>
  bytes(text('RIFF'), [0, 0, 0, 0], text('WEBP'), text(kind), [0, 0, 0, 0], ...body, Array(16).fill(0));
/** With a 60 KB profile before the size, as cameras and editors write it. */
const jpeg = (width: number, height: number, marker = 0xc0): Uint8Array =>
  bytes(
    [0xff, 0xd8, 0xff, 0xe0],
    big16(16),
    Array(14).fill(1),
    [0xff, 0xe2],
    big16(60_000),
    Array(59_998).fill(0xff),
    [0xff, 0xff, marker],
    big16(17),
    8,
    big16(height),
    big16(width),
    Array(12).fill(0),
  );

describe('pictureOf', () => {
  test('[SE2] the four formats are known by their own header, with their size', () => {
    expect(pictureOf(png(640, 480))).toEqual({ mime: 'image/png', width: 640, height: 480 });
    expect(pictureOf(gif(20, 30))).toEqual({ mime: 'image/gif', width: 20, height: 30 });
    expect(pictureOf(jpeg(4_000, 3_000))).toEqual({ mime: 'image/jpeg', width: 4_000, height: 3_000 });
    expect(pictureOf(jpeg(40, 30, 0xc2))).toEqual({ mime: 'image/jpeg', width: 40, height: 30 });
    expect(pictureOf(webp('VP8X', [0, 0, 0, 0], little24(1_919), little24(1_079)))).toEqual({
      mime: 'image/webp',
      width: 1_920,
      height: 1_080,
    });
    expect(pictureOf(webp('VP8 ', [0, 0, 0], [0x9d, 0x01, 0x2a], little16(300), little16(200)))).toEqual({
      mime: 'image/webp',
      width: 300,
      height: 200,
    });
    // 14 bits of width - 1, 14 bits of height - 1.
    const packed = 99 | (49 << 14);
    expect(
      pictureOf(webp('VP8L', 0x2f, [packed & 255, (packed >> 8) & 255, (packed >> 16) & 255, (packed >> 24) & 255])),
    ).toEqual({ mime: 'image/webp', width: 100, height: 50 });
  });

  test.each([
    ['svg', bytes(text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'))],
    ['html', bytes(text('<!doctype html><script>alert(1)</script>'.padEnd(64)))],
    ['nothing', bytes()],
    ['png signature alone', bytes(0x89, text('PNG\r\n\x1a\n'))],
    ['png without its header first', bytes(0x89, text('PNG\r\n\x1a\n'), big32(13), text('tEXt'), Array(24).fill(1))],
    ['png with a wrong signature', png(10, 10).fill(0x88, 0, 1)],
    ['png with an unknown depth', png(10, 10, 3)],
    ['jpeg that ends before its size', jpeg(10, 10).subarray(0, 100)],
    ['jpeg with a scan before a frame', bytes([0xff, 0xd8, 0xff, 0xda], big16(12), Array(32).fill(0))],
    ['jpeg with a segment that goes nowhere', bytes([0xff, 0xd8, 0xff, 0xe0], big16(0), Array(32).fill(0))],
    ['bmp', bytes(text('BM'), Array(64).fill(1))],
    ['riff that is sound', bytes(text('RIFF'), [0, 0, 0, 0], text('WAVE'), Array(32).fill(0))],
  ])('[SE2] %s is no picture', (_, content) => {
    expect(pictureOf(content)).toBeNull();
  });

  test.each([
    [0, 10],
    [10, 0],
    [MAX_PICTURE_SIDE + 1, 1],
    [1, 2 ** 31],
    [16_000, 16_000],
    [4_294_967_295, 4_294_967_295],
  ])('[SE6] a few bytes that would unpack to %i × %i pixels are no picture', (width, height) => {
    expect(pictureOf(png(width, height))).toBeNull();
    if (width < 65_536 && height < 65_536) expect(pictureOf(gif(width, height))).toBeNull();
  });

  test('[SE2] any bytes: an answer within bounds, never an exception', () => {
    const starts = [png(5, 5), gif(5, 5), webp('VP8X'), webp('VP8 '), webp('VP8L'), jpeg(5, 5)];
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.nat(80), fc.uint8Array({ maxLength: 200 }), (start, keep, rest) => {
        const picture = pictureOf(Uint8Array.from([...start.subarray(0, keep), ...rest]));
        if (picture === null) return;
        expect(picture.width * picture.height).toBeLessThanOrEqual(50_000_000);
        expect(Math.min(picture.width, picture.height)).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
