export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly worst: number;
}

export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), worst: sorted.at(-1) ?? Number.NaN };
}

export const ms = (value: number): string =>
  value < 10 ? value.toFixed(1) : value < 10_000 ? value.toFixed(0) : `${(value / 1_000).toFixed(1)} s`;

export const show = ({ p50, p95, worst }: Spread): string => `${ms(p50)} / ${ms(p95)} / ${ms(worst)}`;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
