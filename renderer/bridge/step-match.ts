/** Index of the next or previous match, going round at the ends. `current` null: before the first. */
export function stepMatch(current: number | null, count: number, by: 1 | -1): number | null {
  if (count === 0) return null;
  if (current === null) return by === 1 ? 0 : count - 1;
  return (current + by + count) % count;
}
