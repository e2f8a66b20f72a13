import { z } from 'zod';

/** An amount of money as text, at most two decimals, no sign: "20", "20.5", "20.00". Never a float (RM3). */
export const Amount = z.string().regex(/^(?:0|[1-9]\d{0,11})(?:\.\d{1,2})?$/);
export type Amount = z.infer<typeof Amount>;

/** Hundredths, exactly. The text has been parsed as an Amount or as the policy's limit. */
export function cents(amount: string): bigint {
  const match = /^(\d+)(?:\.(\d{1,2}))?$/.exec(amount);
  if (match === null) throw new RangeError('not an amount');
  return BigInt(match[1] as string) * 100n + BigInt((match[2] ?? '').padEnd(2, '0'));
}

/** Two decimals, always. */
export function amountOf(hundredths: bigint): string {
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`;
}

export function sumAmounts(amounts: readonly string[]): string {
  return amountOf(amounts.reduce((total, amount) => total + cents(amount), 0n));
}

/** Compensation above the policy's limit needs approval; the limit itself does not (RM3, `policy.compensation`). */
export function needsApproval(total: string, approvalAbove: string): boolean {
  return cents(total) > cents(approvalAbove);
}
