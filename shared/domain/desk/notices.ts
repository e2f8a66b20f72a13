/** Who is told of what, and how loudly (IN3). Pure: core and window ask the same. */

export interface NoticeSettings {
  readonly notifications: boolean;
  /** Accounts and shops that stay quiet: `account_id`, or `account_id/shop_id`. */
  readonly notices_off?: readonly string[];
  readonly notice_sound?: boolean;
  /** Do not disturb until then, local wall clock, milliseconds; null: off. */
  readonly quiet_until?: number | null;
}

/** "Until I turn it off". */
export const QUIET_WITHOUT_END = Number.MAX_SAFE_INTEGER;

export function noticeKey(account: string, shop: string | null): string {
  return shop === null ? account : `${account}/${shop}`;
}

/** `shown`: as notification; `sound`: with the tone. Numbers at tray and title go on counting in any case. */
export function noticeVerdict(
  settings: NoticeSettings,
  notice: { readonly account_id: string; readonly shop_id: string | null },
  now: number,
): { readonly shown: boolean; readonly sound: boolean } {
  const off = settings.notices_off ?? [];
  const quiet =
    !settings.notifications ||
    now < (settings.quiet_until ?? 0) ||
    off.includes(notice.account_id) ||
    (notice.shop_id !== null && off.includes(noticeKey(notice.account_id, notice.shop_id)));
  return { shown: !quiet, sound: !quiet && (settings.notice_sound ?? true) };
}
