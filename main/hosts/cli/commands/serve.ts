import type { Command } from 'commander';
import type { App } from '#main/core/create-app.ts';
import { appError, isAppErrorCode } from '#shared/contract/errors.ts';
import type { AccountView } from '#shared/contract/views.ts';
import type { CliWords } from '#shared/i18n/cli.ts';
import { explain } from '../explain.ts';
import { integer } from '../filters.ts';
import { preferredRealFolder, profileFolder } from '../../profile.ts';
import { profileKind } from '../open-store.ts';
import type { Output } from '../output.ts';
import { secretsOptions } from '../passphrase.ts';
import type { Action, GlobalOptions } from '../program.ts';
import { UsageError } from '../usage.ts';
import { untilAskedToStop } from '../wait.ts';

interface ServeOptions {
  readonly port: string;
  readonly open: boolean;
  readonly practice?: boolean;
  readonly gateway?: string;
  readonly tokenFile?: string;
}

/** A folder that the person named is opened as what it is; without one it is the practice shop (UX5). */
function namedFolderIsReal(global: GlobalOptions): boolean {
  const named = global.data ?? process.env['WORKBENCH_DATA'];
  return named !== undefined && named !== '' && profileKind(global) === 'real';
}

/** The practice shop gave way to real accounts beside it, and nobody asked for it by name: those then (UX5). */
function realInstead(global: GlobalOptions, options: ServeOptions): string | null {
  if (options.practice === true || options.gateway !== undefined) return null;
  return preferredRealFolder(profileFolder({ directory: global.data, kind: 'practice' }));
}

/**
 * A refused token or an address that is no gateway shows in the window; whoever started it from a shell is told there too,
 * once for each problem (UX6).
 */
function tellAccountProblems(app: Pick<App, 'handlers' | 'subscribe'>, output: Output): void {
  const told = new Map<string, string>();
  const tell = (accounts: readonly AccountView[]): void => {
    for (const { account_id, label, problem } of accounts) {
      const code = problem?.code ?? '';
      if (told.get(account_id) === code) continue;
      told.set(account_id, code);
      if (problem === null || !isAppErrorCode(problem.code)) continue;
      output.say(`${label}: ${explain(appError(problem.code, problem.message), output)}`);
    }
  };
  app.subscribe((message) => {
    if (message.topic === 'accounts') tell(message.payload);
  });
  void app.handlers['accounts.list']({}).then(tell);
}

/** The browser host. Standard output gets one line, the one-time address. */
export function addServe(program: Command, words: CliWords, action: Action): void {
  program
    .command('serve')
    .description(words.commands.serve)
    .option('--port <n>', words.options.port, '0')
    .option('--no-open', words.options.noOpen)
    .option('--practice', words.options.practice)
    .option('--gateway <url>', words.options.gateway)
    .option('--token-file <file>', words.options.tokenFile)
    .action(
      action(async ({ output, global, signal }, options: ServeOptions) => {
        const port = integer('--port', options.port, 0, 65_535, words);
        const { gateway: url, tokenFile } = options;
        if ((url === undefined) !== (tokenFile === undefined)) throw new UsageError(words.usage.gatewayAndToken);
        if (url !== undefined && options.practice === true) throw new UsageError(words.usage.practiceOrGateway);
        // Loaded only here: window and gateway are no other command's business.
        const { serve } = await import('../../browser/serve.ts');
        const instead = realInstead(global, options);
        const serving = await serve({
          directory: instead ?? global.data,
          ...secretsOptions(global),
          port,
          open: options.open,
          gateway: url === undefined || tokenFile === undefined ? undefined : { url, tokenFile },
          real: instead !== null || (options.practice !== true && url === undefined && namedFolderIsReal(global)),
          print: (address) => {
            if (output.json) output.result({ url: address });
            else output.line(address);
          },
        });
        if (!output.json) output.say(words.stopHint);
        if (serving.problem !== null) output.say(explain(serving.problem.error, output));
        else tellAccountProblems(serving.workbench.app, output);
        await untilAskedToStop(signal);
        await serving.close();
        return 0;
      }),
    );
}
