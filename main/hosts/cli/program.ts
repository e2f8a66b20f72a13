import { CommanderError, type Command } from 'commander';
import { AppFailure, appError, type AppError } from '#shared/contract/errors.ts';
import { appVersion } from '../app-info.ts';
import { addAudit } from './commands/audit.ts';
import { addBackup } from './commands/backup.ts';
import { addBench } from './commands/bench.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExport } from './commands/export.ts';
import { addImport } from './commands/import.ts';
import { addKey } from './commands/key.ts';
import { addPractice } from './commands/practice.ts';
import { addReview } from './commands/review.ts';
import { addSearch } from './commands/search.ts';
import { addSeed } from './commands/seed.ts';
import { addServe } from './commands/serve.ts';
import { addVerify } from './commands/verify.ts';
import { keyWords } from '#shared/i18n/cli-key.ts';
import { usageWords } from '#shared/i18n/cli-usage.ts';
import { explain, explainUsage } from './explain.ts';
import { createOutput, type Output } from './output.ts';
import { CommandLine, commandPath } from './parser.ts';
import { UsageError } from './usage.ts';

/** 0 done, 1 found a problem (verify, doctor), 2 wrong use, 3 failed. */
export type ExitCode = number;

export interface GlobalOptions {
  readonly data?: string;
  readonly keyFile?: string;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

/** What a command gets: options of its own are read by itself. */
export interface CommandContext {
  readonly output: Output;
  readonly global: GlobalOptions;
  /** Aborted by Ctrl+C and by the end of the session. */
  readonly signal: AbortSignal;
}

/** Registers an action; its answer is the exit code. */
export type Action = <A extends unknown[]>(
  work: (context: CommandContext, ...args: A) => Promise<ExitCode>,
) => (...args: A) => Promise<void>;

/** Failures that come from how the command was used. */
const WRONG_USE: ReadonlySet<string> = new Set(['BAD_INPUT', 'QUERY_INVALID', 'TOO_MANY_NUMBERS']);

export async function run(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<ExitCode> {
  const output = createOutput(args.includes('--json'), environment);
  const { words } = output;
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  let code: ExitCode = 0;
  let current: Command | null = null;
  const program: Command = new CommandLine('merchant-workbench', output.locale)
    .description(words.about)
    .version(appVersion(), '--version', words.options.version)
    .helpCommand('help [command]', usageWords[output.locale].helpCommand)
    .configureOutput({ writeErr: (text) => output.say(text.trimEnd()) })
    .option('--data <folder>', words.options.data)
    .option('--key-file <file>', words.options.keyFile)
    .option('--passphrase-file <file>', keyWords[output.locale].passphraseFile)
    .option('--json', words.options.json);

  /** The global options may stand before or behind the command's name. */
  const action: Action =
    (work) =>
    async (...args) => {
      const command = args.at(-1) as Command;
      current = command;
      code = await work({ output, global: command.optsWithGlobals<GlobalOptions>(), signal: abort.signal }, ...args);
    };
  for (const add of [
    addServe,
    addPractice,
    addImport,
    addSearch,
    addExport,
    addVerify,
    addReview,
    addDoctor,
    addAudit,
    addKey,
    addBackup,
    addSeed,
    addBench,
  ])
    add(program, words, action);
  for (const command of [...program.commands, ...program.commands.flatMap((parent) => parent.commands)]) {
    if (command.commands.length > 0) continue;
    // Where the command does not know the option itself, the program's is meant.
    command
      .option('--data <folder>', words.options.data)
      .option('--key-file <file>', words.options.keyFile)
      .option('--passphrase-file <file>', keyWords[output.locale].passphraseFile)
      .option('--json', words.options.json);
  }

  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    if (thrown instanceof UsageError) {
      output.say(explainUsage(thrown.message, thrown.command ?? commandPath(current ?? program), output));
      return 2;
    }
    const error: AppError =
      thrown instanceof AppFailure
        ? thrown.error
        : appError('INTERNAL', thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'unknown');
    output.say(explain(error, output));
    if (!(thrown instanceof AppFailure) && environment['WORKBENCH_DEBUG'] !== undefined && thrown instanceof Error)
      output.say(thrown.stack ?? '');
    return WRONG_USE.has(error.code) ? 2 : 3;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
