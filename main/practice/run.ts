import { readFile } from 'node:fs/promises';
import { err, ok, type Result } from '#shared/lib/result.ts';
import {
  parseFaultPlan,
  startPracticeGateway,
  type FaultPlan,
  type PracticeGateway,
  type PracticeOptions,
} from './index.ts';

/** The `practice` command: the gateway alone. */
export interface RunOptions extends Omit<PracticeOptions, 'faults'> {
  /** A plan, or the path of a faults file (JSON; its fields: shared/contract/practice.ts). */
  readonly faults?: FaultPlan | string | undefined;
  /** Where to connect and with what; the token is for this output alone, never for a log. */
  readonly print: (line: {
    readonly url: string;
    readonly token: string;
    readonly tokens: Readonly<Record<string, string>>;
  }) => void;
}

export interface RunProblem {
  readonly code: 'FILE_UNREADABLE' | 'FILE_FORMAT' | 'PORT_IN_USE' | 'INTERNAL';
  /** For people who read English logs: paths inside the plan or an error's code, no content. */
  readonly detail: string;
}

export async function runPractice(options: RunOptions): Promise<Result<PracticeGateway, RunProblem>> {
  const { print, faults, ...rest } = options;
  let plan: FaultPlan | undefined;
  if (typeof faults === 'string') {
    let text: string;
    try {
      text = await readFile(faults, 'utf8');
    } catch (error) {
      return err({ code: 'FILE_UNREADABLE', detail: (error as NodeJS.ErrnoException).code ?? 'read failed' });
    }
    const parsed = parseFaultPlan(text);
    if (!parsed.ok) return err({ code: 'FILE_FORMAT', detail: parsed.error });
    plan = parsed.value;
  } else plan = faults;
  let gateway: PracticeGateway;
  try {
    gateway = await startPracticeGateway({ ...rest, faults: plan });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return err({ code: code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'INTERNAL', detail: code });
  }
  print({ url: gateway.url, token: gateway.token, tokens: gateway.tokens });
  return ok(gateway);
}
