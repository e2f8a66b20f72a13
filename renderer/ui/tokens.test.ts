import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { motion, palettes, space, tokensCss, type Palette } from './tokens.ts';

function luminance(hex: string): number {
  const channel = (start: number): number => {
    const value = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].toSorted((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const surfaces = [
  'frame',
  'panel',
  'canvas',
  'raised',
  'well',
  'hover',
  'selected',
] as const satisfies (keyof Palette)[];
const texts = [
  'text',
  'textSoft',
  'textFaint',
  'accentText',
  'waiting',
  'failed',
  'done',
  'offline',
] as const satisfies (keyof Palette)[];
const pairs: readonly (readonly [keyof Palette, keyof Palette])[] = [
  ...surfaces.flatMap((surface) => texts.map((text) => [text, surface] as const)),
  ['text', 'thumb'],
  ['onAccent', 'accent'],
  ['onAccent', 'accentHover'],
  ['accentText', 'accentSoft'],
  ['waiting', 'waitingSoft'],
  ['failed', 'failedSoft'],
  ['done', 'doneSoft'],
  ['text', 'bubbleOwn'],
  ['textSoft', 'bubbleOwn'],
  ['text', 'bubbleOther'],
  ['textSoft', 'bubbleOther'],
  ['text', 'mark'],
  ['text', 'markCurrent'],
];

describe.each(['light', 'dark'] as const)('%s', (theme) => {
  it.each(pairs)('[UX2] %s on %s has AA contrast', (text, surface) => {
    expect(contrast(palettes[theme][text], palettes[theme][surface])).toBeGreaterThanOrEqual(4.5);
  });
});

describe('tokens', () => {
  it('[UX3] both themes and the system default come from the same custom properties', () => {
    const css = tokensCss();
    expect(css).toContain(':root[data-theme=dark]');
    expect(css).toContain('prefers-color-scheme:dark');
    expect(css.match(/--c-canvas:#191c21/g)).toHaveLength(2);
  });

  it('[UX3] the desktop window is there before its page, on the same ground', () => {
    const source = readFileSync('main/hosts/electron/window.ts', 'utf8');
    const ground = /GROUND = \{ light: '(#\w+)', dark: '(#\w+)' \}/.exec(source);
    expect(ground?.slice(1)).toEqual([palettes.light.canvas, palettes.dark.canvas]);
  });

  it('[UX3] space is on a 4 px grid and motion at most 120 ms, none where reduced', () => {
    expect(Object.values(space).every((value) => value % 4 === 0)).toBe(true);
    expect(Math.max(...Object.values(motion))).toBeLessThanOrEqual(120);
    expect(tokensCss()).toContain('prefers-reduced-motion:reduce');
  });
});

describe('style sheets', () => {
  const sheets = import.meta.glob<string>('../**/*.css', { query: '?raw', import: 'default', eager: true });
  /** Set on the element itself, by what is drawn. */
  const own = new Set(['--share', '--hue']);
  it('[UX3] name only tokens that exist: one that does not would be no colour at all', () => {
    expect(Object.keys(sheets).length).toBeGreaterThan(10);
    const all = [tokensCss(), ...Object.values(sheets)].join('\n');
    const known = new Set([...all.matchAll(/(--[\w-]+)\s*:/g)].map(([, name]) => name));
    const unknown = Object.entries(sheets).flatMap(([file, sheet]) =>
      [...sheet.matchAll(/var\((--[\w-]+)/g)]
        .map(([, name]) => name ?? '')
        .filter((name) => !known.has(name) && !own.has(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });
});
