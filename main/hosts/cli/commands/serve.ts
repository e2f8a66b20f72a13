import type { Command } from 'commander';
import type { CliWords } from '#shared/i18n/cli.ts';
import { integer } from '../filters.ts';
import { profileKind } from '../open-store.ts';
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
        const serving = await serve({
          directory: global.data,
          keyFile: global.keyFile,
          port,
          open: options.open,
          gateway: url === undefined || tokenFile === undefined ? undefined : { url, tokenFile },
          real: options.practice !== true && url === undefined && namedFolderIsReal(global),
          print: (address) => {
            if (output.json) output.result({ url: address });
            else output.line(address);
          },
        });
        if (!output.json) output.say(words.stopHint);
        await untilAskedToStop(signal);
        await serving.close();
        return 0;
      }),
    );
}
