/**
 * One text for one value (RFC 8785 where only integers are numbers): object keys sorted by UTF-16 code units, no white
 * space, numbers and strings as JSON.stringify writes them. What hashes are made of (AD4, EX4). `undefined` members are
 * left out, as JSON does.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** The value of a text that is canonical JSON; undefined where it is anything else. Bounded by the text's length. */
export function parseCanonicalJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
    // The same members in the same order and the same notation: then sorted keys are all that is left to ask.
    return JSON.stringify(value) === text && isSorted(value) ? value : undefined;
  } catch {
    // Also a nesting deeper than the stack.
    return undefined;
  }
}

function isSorted(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (!isSorted(item)) return false;
    return true;
  }
  let before: string | null = null;
  for (const key in value) {
    if (before !== null && key <= before) return false;
    if (!isSorted((value as Record<string, unknown>)[key])) return false;
    before = key;
  }
  return true;
}
