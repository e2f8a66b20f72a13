import type { Command } from 'commander';
import { AppFailure } from '#shared/contract/errors.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { problemWords, viewerWords } from '#shared/i18n/viewer.ts';
import { plainFingerprint, verifyPackage } from '#shared/package/verify.ts';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { commandLineFiles } from '../files.ts';
import type { Action } from '../program.ts';
import { UsageError } from '../usage.ts';

/** EX4. Needs no profile: whoever receives a package can verify it. Exit code 1 where it isn't as it was exported. */
export function addVerify(program: Command, words: CliWords, action: Action): void {
  program
    .command('verify')
    .description(words.commands.verify)
    .argument('<file>')
    .option('--fingerprint <fingerprint>', words.options.fingerprint)
    .action(
      action(async ({ output, signal }, file: string, options: { readonly fingerprint?: string }) => {
        const { fingerprint } = options;
        if (fingerprint !== undefined && plainFingerprint(fingerprint).length !== 64)
          throw new UsageError(words.usage.fingerprint);
        const files = commandLineFiles();
        const { bytes } = await files.describe(file);
        const report = await verifyPackage(
          { bytes, read: (start, end) => files.read(file, { start, end }) },
          verifyTools,
          {
            ...(fingerprint === undefined ? {} : { expectedFingerprint: fingerprint }),
            progress: (done, total) => output.progress(done, total),
            check() {
              if (signal.aborted) throw new AppFailure('CANCELLED', 'cancelled by the person');
            },
          },
        );
        if (output.json) {
          const { ok, records, problems, more, signed } = report;
          output.result({ ok, records, problems, more, signed, fingerprint: report.fingerprint });
          return ok ? 0 : 1;
        }
        const { verify } = viewerWords[output.locale];
        const said = problemWords[output.locale];
        output.line(report.ok ? verify.whole : fill(verify.bad, { count: report.problems.length + report.more }));
        for (const { where, what, records } of report.problems) {
          const [from, to] = records ?? [0, 0];
          const which =
            records === undefined ? '' : ` (${fill(from === to ? verify.record : verify.records, { from, to })})`;
          output.line(`  ${where}: ${said[what]} [${what}]${which}`);
        }
        if (report.more > 0) output.line(`  ${fill(verify.more, { count: report.more })}`);
        if (report.ok) {
          output.line(fill(verify.chainGood, { count: report.records }));
          output.line(verify.filesGood);
          output.line(verify.signatureGood);
          if (fingerprint !== undefined) output.line(verify.sameKey);
        }
        if (report.fingerprint !== null) output.line(`${verify.fingerprint}: ${report.fingerprint}`);
        output.line(`${verify.provesTitle}: ${verify.proves}`);
        output.line(`${verify.provesNotTitle}: ${verify.provesNot}`);
        return report.ok ? 0 : 1;
      }),
    );
}
