import { SettingsPatch } from '#shared/contract/procedures.ts';
import type { Settings } from '#shared/contract/views.ts';
import type { Store } from '../ports/store.ts';

export const DEFAULT_SETTINGS: Settings = {
  locale: 'system',
  theme: 'system',
  density: 'compact',
  enter_sends: true,
  send_delay_ms: null,
  notifications: true,
  notices_off: [],
  notice_sound: true,
  quiet_until: null,
  attachment_cache_mb: 1_024,
  first_run_done: false,
  tour_step: null,
  backup_daily: true,
  backup_keep: 7,
  proxy: { mode: 'system' },
  shown_columns: {},
  lists: {},
};

/** What the person set, over the defaults. A stored value that no longer fits counts as not set. */
export async function readSettings(store: Store): Promise<Settings> {
  const stored = await store.setting('settings');
  if (typeof stored !== 'object' || stored === null) return DEFAULT_SETTINGS;
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(stored))
    if (Object.hasOwn(DEFAULT_SETTINGS, name) && SettingsPatch.safeParse({ [name]: value }).success) kept[name] = value;
  return { ...DEFAULT_SETTINGS, ...kept };
}

export async function writeSettings(store: Store, patch: Partial<Settings>): Promise<Settings> {
  const settings = { ...(await readSettings(store)), ...patch };
  await store.setSetting('settings', settings);
  return settings;
}
