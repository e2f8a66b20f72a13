import { z } from 'zod';

/**
 * How fields of the wire are read where the page leaves an encoder room (docs/protocol.md, at the end): liberal in what is
 * accepted, while what is sent never makes use of it.
 */

/** `x?` of the page. Encoders of other languages write `null` where there is nothing: it counts as left out. */
export const optional = <T extends z.ZodType>(schema: T) =>
  schema
    .nullable()
    .transform((value) => value ?? undefined)
    .optional();

/** `x|null` of the page. Encoders that leave out what is null have said the same. */
export const nullable = <T extends z.ZodType>(schema: T) => schema.nullable().default(null);

/** A closed list of the page as a later version may have grown it: a name that isn't known yet counts as `reading`, the safest of those that are. */
export const unknownAs = <T extends string>(known: z.ZodType<T>, reading: NoInfer<T>) =>
  z.string().transform((name): T => known.safeParse(name).data ?? reading);

/** Hexadecimal in either case, as lower case. */
export const Sha256 = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/)
  .toLowerCase();

/**
 * A list of which one element that can't be read doesn't take the others with it (SY8): it is left out, and `leftOut`
 * finds it missing. An event that doesn't fit is one number; a page that was refused as a whole would be asked for again
 * for ever.
 */
export const readable = <T extends z.ZodType>(schema: T) =>
  z.array(z.unknown()).transform((values) =>
    values.flatMap((value) => {
      const parsed = schema.safeParse(value);
      return parsed.success ? [parsed.data] : [];
    }),
  );

/** How many elements the lists directly in `received` have more than those of `parsed`, the same object after parsing. */
export function leftOut(received: unknown, parsed: object): number {
  if (typeof received !== 'object' || received === null) return 0;
  const lists = new Map(Object.entries(received).filter(([, value]) => Array.isArray(value)));
  return Object.entries(parsed).reduce((count, [name, value]) => {
    const came: unknown = lists.get(name);
    return Array.isArray(value) && Array.isArray(came) ? count + came.length - value.length : count;
  }, 0);
}
