/**
 * How far reviewers agree (QA5), over receptions that two of them reviewed with the same version of a card:
 *
 * - mean absolute difference: Σ|a − b| ÷ n, in points of 100.
 * - weighted kappa (Cohen 1968) over five grades (below 60, 60–69, 70–79, 80–89, 90 and up) with quadratic weights
 *   w(i,j) = (i − j)² ÷ 16: κ = 1 − Σ w·observed ÷ Σ w·expected, expected from both reviewers' own shares. 1 is full
 *   agreement, 0 what chance alone would give. Null with fewer than two receptions, or where chance leaves nothing to
 *   differ in (all in one grade).
 */
const GRADES = [60, 70, 80, 90] as const;

/** 0 to 4. */
export function gradeOf(score: number): number {
  return GRADES.filter((from) => score >= from).length;
}

export interface ScorePair {
  readonly a: number;
  readonly b: number;
}

export function meanAbsoluteDifference(pairs: readonly ScorePair[]): number | null {
  if (pairs.length === 0) return null;
  return pairs.reduce((sum, { a, b }) => sum + Math.abs(a - b), 0) / pairs.length;
}

export function weightedKappa(pairs: readonly ScorePair[]): number | null {
  if (pairs.length < 2) return null;
  const left = Array.from({ length: GRADES.length + 1 }, () => 0);
  const right = [...left];
  // The weights' divisor stands above and below; in whole numbers the order of the pairs can't matter.
  let observed = 0;
  for (const { a, b } of pairs) {
    const [i, j] = [gradeOf(a), gradeOf(b)];
    left[i] = (left[i] ?? 0) + 1;
    right[j] = (right[j] ?? 0) + 1;
    observed += (i - j) ** 2;
  }
  let expected = 0;
  left.forEach((rows, i) => right.forEach((columns, j) => (expected += (i - j) ** 2 * rows * columns)));
  return expected === 0 ? null : 1 - (observed * pairs.length) / expected;
}
