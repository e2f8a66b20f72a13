import { z } from 'zod';
import { describeIssues } from '../protocol/frames.ts';
import { appError, AppFailure, type AppError } from './errors.ts';
import { isProcedureName, PROCEDURES, type Handlers, type ProcedureName, type ProcedureOutput } from './procedures.ts';

/** What travels through a door (Electron IPC, loopback WebSocket): the same envelope, the same validation, in every host. */

export const CallEnvelope = z.object({
  id: z.int().nonnegative(),
  procedure: z.string().max(128),
  input: z.unknown().optional(),
});
export type CallEnvelope = z.infer<typeof CallEnvelope>;

export type CallAnswer<T = unknown> =
  { readonly ok: true; readonly result: T } | { readonly ok: false; readonly error: AppError };

/** Known name, arguments parsed by the procedure's schema, result or error as plain data. Never throws. */
export async function dispatch(handlers: Handlers, procedure: unknown, input: unknown): Promise<CallAnswer> {
  if (typeof procedure !== 'string' || !isProcedureName(procedure))
    return { ok: false, error: appError('BAD_INPUT', 'unknown procedure') };
  const parsed = PROCEDURES[procedure].input.safeParse(input ?? {});
  if (!parsed.success)
    return { ok: false, error: appError('BAD_INPUT', `${procedure}: ${describeIssues(parsed.error)}`) };
  try {
    const handler = handlers[procedure] as (value: unknown) => Promise<ProcedureOutput<ProcedureName>>;
    return { ok: true, result: await handler(parsed.data) };
  } catch (thrown) {
    if (thrown instanceof AppFailure) return { ok: false, error: thrown.error };
    return { ok: false, error: appError('INTERNAL', thrown instanceof Error ? thrown.name : 'unknown') };
  }
}
