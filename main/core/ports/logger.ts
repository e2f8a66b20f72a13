/** Structured log without message text, tokens or keys (SE4): callers pass ids, codes and counts only. */
export interface Logger {
  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    event: string,
    fields?: Readonly<Record<string, string | number | boolean | null>>,
  ): void;
}
