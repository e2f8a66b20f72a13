import type { z } from 'zod';

/** What may be called through a door: how its input is parsed, and (as a type only) what it answers. */
export interface Procedure<I extends z.ZodType, O> {
  readonly input: I;
  /** Type only; never set. */
  readonly output?: O;
}

/** `procedure<Output>()(inputSchema)`. */
export function procedure<O>() {
  return <I extends z.ZodType>(input: I): Procedure<I, O> => ({ input });
}
