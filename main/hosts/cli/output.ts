import { writeSync } from 'node:fs';
import { AppFailure } from '#shared/contract/errors.ts';
import { cliWords, fill, type CliWords } from '#shared/i18n/cli.ts';
import type { Locale } from '#shared/i18n/index.ts';
import { systemLocale } from '../app-info.ts';

/**
 * Results go to standard output, everything said to people to standard error. Standard output is written synchronously,
 * so that a result is whole before the process ends, also into a pipe.
 */
export interface Output {
  readonly json: boolean;
  readonly locale: Locale;
  readonly words: CliWords;
  /** The machine-readable result: one object, one line. */
  result(value: unknown): void;
  /** A line of the result for people. */
  line(text: string): void;
  /** A message. */
  say(text: string): void;
  /** A line that replaces itself; only on a terminal. */
  progress(done: number, total: number | null): void;
}

export function createOutput(json: boolean, environment: NodeJS.ProcessEnv = process.env): Output {
  const locale = systemLocale(environment);
  const words = cliWords[locale];
  let progressShown = false;
  const clear = (): void => {
    if (progressShown) process.stderr.write('\r\u001b[K');
    progressShown = false;
  };
  return {
    json,
    locale,
    words,
    result: (value) => writeAll(`${JSON.stringify(value)}\n`),
    line: (text) => {
      clear();
      writeAll(`${text}\n`);
    },
    say: (text) => {
      clear();
      process.stderr.write(`${text}\n`);
    },
    progress(done, total) {
      if (process.stderr.isTTY !== true) return;
      process.stderr.write(`\r\u001b[K${fill(words.progress, { done, total: total ?? '?' })}`);
      progressShown = true;
    },
  };
}

function writeAll(text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The reader went away (`| head`): nothing is left to say.
      if (code === 'EPIPE') return;
      if (code === 'ENOSPC') throw new AppFailure('DISK_FULL', code);
      // A full pipe that does not block: wait a little for the reader.
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
