import { err, ok, type Result } from '../../lib/result.ts';

/** What an export can mask (EX5). The command line's `--mask` uses the same names. */
export const MASK_KINDS = ['phone', 'id', 'name', 'address', 'card', 'email', 'contact'] as const;
export type MaskKind = (typeof MASK_KINDS)[number];
export type MaskChoices = Readonly<Record<MaskKind, boolean>>;

const every = (value: boolean): MaskChoices => ({
  phone: value,
  id: value,
  name: value,
  address: value,
  card: value,
  email: value,
  contact: value,
});

export const MASK_ALL: MaskChoices = every(true);
export const MASK_NONE: MaskChoices = every(false);

/** `all`, `none`, or kinds with commas between. Unknown kinds are refused: a typing error must not leave data unmasked. */
export function parseMaskChoices(text: string): Result<MaskChoices, { readonly unknown: readonly string[] }> {
  const parts = text
    .split(/[,，\s]+/)
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '');
  if (parts.length === 1 && parts[0] === 'all') return ok(MASK_ALL);
  if (parts.length === 1 && parts[0] === 'none') return ok(MASK_NONE);
  const kinds: readonly string[] = MASK_KINDS;
  const unknown = parts.filter((part) => !kinds.includes(part));
  if (unknown.length > 0 || parts.length === 0) return err({ unknown });
  return ok(Object.fromEntries(MASK_KINDS.map((kind) => [kind, parts.includes(kind)])) as unknown as MaskChoices);
}

/** The chosen kinds in their fixed order, for the manifest and the audit log (EX4, EX8). */
export function chosenMasks(choices: MaskChoices): MaskKind[] {
  return MASK_KINDS.filter((kind) => choices[kind]);
}
