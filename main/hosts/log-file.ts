import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from '#main/core/ports/logger.ts';

export interface LogFileOptions {
  readonly folder: string;
  /** Size at which a file is put aside, bytes. */
  readonly maxBytes?: number;
  /** How many files are kept, the present one included. */
  readonly maxFiles?: number;
  readonly now?: () => number;
}

/** Fields that could carry content or secrets are dropped, whatever they hold (SE4): the last line of defence, not the first. */
const FORBIDDEN = /text|token|secret|password|passphrase|cookie|draft|content|(^|_)key$/i;
const LONGEST_VALUE = 300;

/**
 * One JSON object a line in `workbench.log`, put aside as `.1` … when full. Lines are collected and written within 200 ms
 * in one go, errors at once. A log that cannot be written never disturbs the program.
 */
export function createLogFile(options: LogFileOptions): { readonly logger: Logger; close(): void } {
  const { folder, maxBytes = 5_000_000, maxFiles = 5, now = Date.now } = options;
  const file = path.join(folder, 'workbench.log');
  let pending: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let bytes = -1;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length === 0) return;
    const chunk = pending.join('');
    pending = [];
    try {
      mkdirSync(folder, { recursive: true });
      if (bytes < 0) bytes = existsSync(file) ? statSync(file).size : 0;
      if (bytes > maxBytes) rotate();
      appendFileSync(file, chunk, { mode: 0o600 });
      bytes += Buffer.byteLength(chunk);
    } catch {
      bytes = -1;
    }
  };

  const rotate = (): void => {
    const aside = (index: number): string => (index === 0 ? file : `${file}.${index}`);
    rmSync(aside(maxFiles - 1), { force: true });
    for (let index = maxFiles - 2; index >= 0; index--)
      if (existsSync(aside(index))) renameSync(aside(index), aside(index + 1));
    bytes = 0;
  };

  return {
    logger: {
      log: (level, event, fields = {}) => {
        const line: Record<string, string | number | boolean | null> = {
          at: new Date(now()).toISOString(),
          level,
          event,
        };
        for (const [name, value] of Object.entries(fields)) {
          if (FORBIDDEN.test(name)) continue;
          line[name] = typeof value === 'string' ? value.slice(0, LONGEST_VALUE) : value;
        }
        pending.push(`${JSON.stringify(line)}\n`);
        if (level === 'error') flush();
        else timer ??= setTimeout(flush, 200).unref();
      },
    },
    close: flush,
  };
}
