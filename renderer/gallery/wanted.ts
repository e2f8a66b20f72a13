export const PANELS = [
  'overview',
  'inbox',
  'chat',
  'side',
  'records',
  'review',
  'incidents',
  'knowledge',
  'lessons',
  'administration',
  'connection',
] as const;
export const STATES = ['loading', 'empty', 'error', 'offline'] as const;
export type PanelName = (typeof PANELS)[number];
export type StateName = (typeof STATES)[number];

export interface Wanted {
  /** Null: the primitives; `all`: every panel, side by side. */
  readonly panel: PanelName | 'all' | null;
  readonly state: StateName;
  readonly theme: 'light' | 'dark';
  readonly density: 'compact' | 'comfortable';
  readonly locale: 'zh-CN' | 'en';
}

/** From the address, such as `?panel=inbox&state=empty&theme=dark`; what is not known is the first of its kind. */
export function wanted(search: string): Wanted {
  const query = new URLSearchParams(search);
  const one = <T extends string>(name: string, allowed: readonly T[], other: T): T =>
    allowed.find((value) => value === query.get(name)) ?? other;
  return {
    panel: query.get('panel') === 'all' ? 'all' : (PANELS.find((panel) => panel === query.get('panel')) ?? null),
    state: one('state', STATES, 'empty'),
    theme: one('theme', ['light', 'dark'], 'light'),
    density: one('density', ['compact', 'comfortable'], 'compact'),
    locale: one('locale', ['zh-CN', 'en'], 'zh-CN'),
  };
}

export function address(want: Partial<Wanted>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(want)) if (value !== null) query.set(name, String(value));
  return `?${query.toString()}`;
}
