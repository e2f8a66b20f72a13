/** Something a detector found, in units of the *folded* text (PV4); `originalRange` leads back. */
export interface Found {
  readonly kind: DetectorKind;
  /** Finer: `mobile`, `landline`, `wechat`, `red_packet` … Stable, for statistics and for the window's words. */
  readonly category: string;
  readonly start: number;
  readonly end: number;
}

/** Kinds of detectors; the names that a policy's `send.confirm` and `send.block` use. */
const DETECTOR_KINDS = ['money', 'promise', 'phone', 'id_number', 'bank_card', 'address', 'email', 'contact'] as const;
export type DetectorKind = (typeof DETECTOR_KINDS)[number];

/** All matches of a global regular expression. Every expression here has bounded repetitions, so this is linear. */
export function eachMatch(expression: RegExp, text: string, use: (match: RegExpExecArray) => void): void {
  expression.lastIndex = 0;
  for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
    use(match);
    if (match[0] === '') expression.lastIndex++;
  }
}

/**
 * Asks whether [start, end) lies whole within one of the ranges. `ranges` are in order and don't overlap; each question
 * costs a binary search, so that a text full of hits stays near linear.
 */
export function within(
  ranges: readonly { readonly start: number; readonly end: number }[],
): (start: number, end: number) => boolean {
  return (start, end) => {
    let low = 0;
    let high = ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = ranges[middle] as { readonly start: number; readonly end: number };
      if (start < range.start) high = middle - 1;
      else if (start >= range.end) low = middle + 1;
      else return end <= range.end;
    }
    return false;
  };
}

/** Asks whether [start, end) shares anything with one of the ranges; these may come in any order and overlap. */
export function touching(
  ranges: readonly { readonly start: number; readonly end: number }[],
): (start: number, end: number) => boolean {
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = merged[merged.length - 1];
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return (start, end) => {
    let low = 0;
    let high = merged.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((merged[middle] as { start: number; end: number }).end <= start) low = middle + 1;
      else high = middle;
    }
    const next = merged[low];
    return next !== undefined && next.start < end;
  };
}
