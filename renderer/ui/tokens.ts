/**
 * The one place where the look is decided: colour, space, radius, type and motion of both themes. build/ turns this into
 * CSS custom properties before the first paint (no flash, UX3); theme.tsx turns the same values into the component
 * library's theme. Contrast of text on every surface it stands on is at least 4.5:1 (UX2, proven in tokens.test.ts).
 */

export interface Palette {
  /** Outermost surface: rail and status bar. */
  readonly frame: string;
  /** Lists and panels beside the content. */
  readonly panel: string;
  /** The content itself. */
  readonly canvas: string;
  /** What floats: menus, dialogs, cards. */
  readonly raised: string;
  /** Wells: inputs, code, quiet chips. */
  readonly well: string;
  /** The lifted half of a switch between a few choices. */
  readonly thumb: string;
  readonly hover: string;
  readonly selected: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly text: string;
  readonly textSoft: string;
  readonly textFaint: string;
  readonly accent: string;
  readonly accentHover: string;
  readonly accentSoft: string;
  readonly accentText: string;
  readonly onAccent: string;
  readonly bubbleOwn: string;
  readonly bubbleOther: string;
  /** Status colours mean one thing each: waiting, failed, done, offline. `…Soft` is the surface, the other the text. */
  readonly waiting: string;
  readonly waitingSoft: string;
  readonly failed: string;
  readonly failedSoft: string;
  readonly done: string;
  readonly doneSoft: string;
  readonly offline: string;
  readonly mark: string;
  readonly markCurrent: string;
  readonly shadow: string;
  readonly scrim: string;
}

export const light: Palette = {
  frame: '#eceef2',
  panel: '#f6f7f9',
  canvas: '#ffffff',
  raised: '#ffffff',
  well: '#f1f3f6',
  thumb: '#ffffff',
  hover: '#eaedf1',
  selected: '#e6eafc',
  line: '#e3e6ea',
  lineStrong: '#cdd2d9',
  text: '#1a1e25',
  textSoft: '#4b5462',
  textFaint: '#5d6674',
  accent: '#4653c7',
  accentHover: '#3a46b3',
  accentSoft: '#e9ecfc',
  accentText: '#3f4bbd',
  onAccent: '#ffffff',
  bubbleOwn: '#e3e8fd',
  bubbleOther: '#f1f3f6',
  waiting: '#8f5200',
  waitingSoft: '#fdf1dc',
  failed: '#b3261e',
  failedSoft: '#fcebea',
  done: '#1e6f3e',
  doneSoft: '#e4f4e9',
  offline: '#5d6674',
  mark: '#ffe9a8',
  markCurrent: '#ffc53d',
  shadow: '0 0 0 1px rgb(20 26 38 / 6%), 0 6px 24px rgb(20 26 38 / 14%)',
  scrim: 'rgb(20 24 33 / 34%)',
};

export const dark: Palette = {
  frame: '#0e1013',
  panel: '#14161a',
  canvas: '#191c21',
  raised: '#22262d',
  well: '#20242a',
  thumb: '#3a414d',
  hover: '#23272e',
  selected: '#2a3052',
  line: '#2a2e36',
  lineStrong: '#3c424d',
  text: '#e6e8ec',
  textSoft: '#b3bac5',
  textFaint: '#929ba8',
  accent: '#5a69e0',
  accentHover: '#5060d4',
  accentSoft: '#262c4b',
  accentText: '#a5b0ff',
  onAccent: '#ffffff',
  bubbleOwn: '#2b3360',
  bubbleOther: '#262a31',
  waiting: '#f0b35a',
  waitingSoft: '#362a16',
  failed: '#ff8f86',
  failedSoft: '#3b2120',
  done: '#71cf94',
  doneSoft: '#1b3325',
  offline: '#929ba8',
  mark: '#5c4a12',
  markCurrent: '#755a0b',
  shadow: '0 0 0 1px rgb(255 255 255 / 8%), 0 8px 28px rgb(0 0 0 / 50%)',
  scrim: 'rgb(0 0 0 / 55%)',
};

/** Multiples of 4 px. */
export const space = { 1: 4, 2: 8, 3: 12, 4: 16, 5: 20, 6: 24, 8: 32 } as const;

export const radius = { small: 4, medium: 6, large: 10, bubble: 12, full: 999 } as const;

/** Pixels. `base` on a 20 px line is the text of everything; larger only in headings. */
export const type = {
  tiny: 11,
  small: 12,
  base: 13,
  medium: 14,
  large: 16,
  line: 20,
  family:
    '-apple-system, BlinkMacSystemFont, "Segoe UI", "PingFang SC", "Microsoft YaHei UI", "Noto Sans CJK SC", "Source Han Sans SC", system-ui, sans-serif',
  mono: 'ui-monospace, "SF Mono", "Cascadia Mono", Consolas, "Noto Sans Mono", monospace',
} as const;

/** Milliseconds; all 0 where the person asked for reduced motion. */
export const motion = { quick: 80, normal: 120 } as const;

/** Row and control heights, pixels. */
export const densities = {
  compact: { row: 30, listRow: 54, control: 28, gap: 2 },
  comfortable: { row: 36, listRow: 62, control: 32, gap: 6 },
} as const;

export type Density = keyof typeof densities;
export type ThemeName = 'light' | 'dark';
export const palettes: Record<ThemeName, Palette> = { light, dark };

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function declarations(values: Readonly<Record<string, string | number>>, prefix: string, unit = ''): string {
  return Object.entries(values)
    .map(([name, value]) => `--${prefix}${kebab(name)}:${value}${typeof value === 'number' ? unit : ''};`)
    .join('');
}

/** The custom properties of both themes and densities. `system` follows the operating system without any script. */
export function tokensCss(): string {
  const colours = (theme: ThemeName): string => `color-scheme:${theme};${declarations({ ...palettes[theme] }, 'c-')}`;
  const fixed =
    declarations(space, 's-', 'px') +
    declarations(radius, 'r-', 'px') +
    declarations(
      { tiny: type.tiny, small: type.small, base: type.base, medium: type.medium, large: type.large, line: type.line },
      't-',
      'px',
    ) +
    declarations({ family: type.family, mono: type.mono }, 't-') +
    declarations(motion, 'm-', 'ms');
  return [
    `:root{${fixed}${colours('light')}${declarations(densities.compact, 'd-', 'px')}}`,
    `@media (prefers-color-scheme:dark){:root:not([data-theme]){${colours('dark')}}}`,
    `:root[data-theme=light]{${colours('light')}}`,
    `:root[data-theme=dark]{${colours('dark')}}`,
    `:root[data-density=comfortable]{${declarations(densities.comfortable, 'd-', 'px')}}`,
    `@media (prefers-reduced-motion:reduce){:root{--m-quick:0ms;--m-normal:0ms}}`,
  ].join('\n');
}
