import type { AppError } from '#shared/contract/errors.ts';
import { explainError } from '#shared/i18n/errors.ts';
import type { Output } from './output.ts';

/** An error as people read it on standard error (UX6): the code, what happened, and what to do next. */
export function explain(error: AppError, output: Output): string {
  const { cause, next } = explainError(error.code, output.locale);
  return `${error.code}: ${cause}\n${output.words.next}: ${next}\n(${error.message})`;
}
