/** A time range by name (SR3). `custom` has its own ends; the others follow the day they are asked on. */
export const RANGE_NAMES = ['today', 'last7', 'last30', 'any', 'custom'] as const;
export type RangeName = (typeof RANGE_NAMES)[number];

export interface RangeChoice {
  readonly range: RangeName;
  /** Of `custom`: milliseconds since 1970 UTC, `to` exclusive. */
  readonly from: number | null;
  readonly to: number | null;
}

/** [from, to) of a named range in local days: today is one of the 7 and of the 30 (SR3). */
export function rangeOf(choice: RangeChoice, now: number): { from?: number; to?: number } {
  const date = new Date(now);
  const midnight = (daysBack: number): number =>
    new Date(date.getFullYear(), date.getMonth(), date.getDate() - daysBack).getTime();
  const tomorrow = midnight(-1);
  switch (choice.range) {
    case 'today':
      return { from: midnight(0), to: tomorrow };
    case 'last7':
      return { from: midnight(6), to: tomorrow };
    case 'last30':
      return { from: midnight(29), to: tomorrow };
    case 'custom':
      return {
        ...(choice.from === null ? {} : { from: choice.from }),
        ...(choice.to === null ? {} : { to: choice.to }),
      };
    case 'any':
      return {};
  }
}
