import type { AppError } from '#shared/contract/errors.ts';
import { fill } from '#shared/i18n/cli.ts';
import { usageWords } from '#shared/i18n/cli-usage.ts';
import { explainError } from '#shared/i18n/errors.ts';
import type { Output } from './output.ts';

/** An error as people read it on standard error (UX6): the code, what happened, what it means, and what to do next. */
export function explain(error: AppError, output: Output): string {
  const { cause, effect, next } = explainError(error.code, output.locale);
  const { words } = output;
  return `${error.code}: ${cause}\n${words.means}: ${effect}\n${words.next}: ${next}\n(${error.message})`;
}

/** Wrong use: what is wrong with the line as it was typed, and where its use is told. `command`: as it is typed. */
export function explainUsage(what: string, command: string, { locale, words }: Output): string {
  const { effect, next } = usageWords[locale];
  return `BAD_INPUT: ${what}\n${words.means}: ${effect}\n${words.next}: ${fill(next, { command })}`;
}
