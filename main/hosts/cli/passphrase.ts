import { readFileSync } from 'node:fs';
import { AppFailure } from '#shared/contract/errors.ts';
import { keyWords } from '#shared/i18n/cli-key.ts';
import type { SecretsOptions } from '../open-secrets.ts';
import { systemLocale } from '../app-info.ts';
import type { GlobalOptions } from './program.ts';

/** Where secrets come from, by the options; where there is no keychain and somebody sits at a terminal, they are asked (SE4). */
export function secretsOptions(global: GlobalOptions): SecretsOptions {
  const file = global.passphraseFile ?? process.env['WORKBENCH_PASSPHRASE_FILE'];
  return {
    keyFile: global.keyFile,
    ...(file === undefined || file === '' ? {} : { passphrase: readSecretLine(file) }),
    ...(process.stdin.isTTY ? { askPassphrase: ask } : {}),
  };
}

/** First line of a file. AppFailure FILE_NOT_FOUND, FILE_EMPTY. */
function readSecretLine(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new AppFailure('FILE_NOT_FOUND', 'the file with the passphrase');
  }
  const line = text.split(/\r?\n/)[0] ?? '';
  if (line === '') throw new AppFailure('FILE_EMPTY', 'the file with the passphrase');
  return line;
}

async function ask(which: 'new' | 'known'): Promise<string | null> {
  const words = keyWords[systemLocale(process.env)];
  const first = await askHidden(which === 'new' ? words.newPassphrase : words.passphrase);
  if (first === '') return null;
  if (which === 'new' && (await askHidden(words.again)) !== first)
    throw new AppFailure('BAD_INPUT', 'the two differ', { field: 'passphrase' });
  return first;
}

/** A line from the terminal that is not shown. Ctrl+C and an end of input give an empty one. */
export function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(`${question} `);
  stdin.setRawMode(true);
  stdin.resume();
  return new Promise((resolve) => {
    let typed = '';
    const end = (text: string): void => {
      stdin.off('data', receive);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      resolve(text);
    };
    const receive = (data: Buffer): void => {
      for (const character of data.toString('utf8')) {
        if (character === '\r' || character === '\n') return end(typed);
        if (character === '\u0003' || character === '\u0004') return end('');
        if (character === '\u007f' || character === '\b') typed = [...typed].slice(0, -1).join('');
        else if (character >= ' ') typed += character;
      }
    };
    stdin.on('data', receive);
  });
}
