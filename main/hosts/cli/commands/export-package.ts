import { AppFailure } from '#shared/contract/errors.ts';
import { MASK_KINDS, MASK_NONE, parseMaskChoices, type MaskChoices } from '#shared/domain/mask/choices.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { viewerWords } from '#shared/i18n/viewer.ts';
import { actorOf } from '#main/core/accounts/acting.ts';
import { createPackageService } from '#main/core/package/package-service.ts';
import { visibilityOf } from '#main/core/search/visibility.ts';
import { createClock } from '../../clock.ts';
import { packagePorts } from '../../packages.ts';
import { readFilters, type FilterOptions } from '../filters.ts';
import { commandLineFiles } from '../files.ts';
import { withStore } from '../open-store.ts';
import type { CommandContext, ExitCode } from '../program.ts';
import { UsageError } from '../usage.ts';

export interface PackageOptions extends FilterOptions {
  readonly out: string;
  readonly mask?: string;
  readonly reason?: string;
  readonly resume?: boolean;
}

/** `export --format package` (EX3–EX5, EX8). */
export async function exportPackage(
  { output, global, signal }: CommandContext,
  options: PackageOptions,
  words: CliWords,
): Promise<ExitCode> {
  if (options.resume === true) throw new AppFailure('UNSUPPORTED', 'resuming an export');
  const masks = readMasks(options.mask, words);
  const files = commandLineFiles();
  const { query, nothing } = await readFilters(options, files, words, Date.now());
  return withStore(global, async ({ store, profile, secrets }) => {
    const service = createPackageService({
      ...packagePorts(profile.temp, output.locale),
      store,
      files,
      secrets,
      clock: createClock(),
      visibility: () => visibilityOf(store),
      actor: () => actorOf(store),
    });
    const report = await service.run(
      {
        // A list of numbers without a single number finds nothing; an empty filter would export everything.
        query: nothing ? { ...query, orders: [NO_NUMBER] } : query,
        target: options.out,
        reason: options.reason ?? '',
        masks,
      },
      { signal, progress: (rows, total) => output.progress(rows, total ?? null) },
    );
    if (output.json) output.result(report);
    else {
      output.line(fill(words.exported, { ...report }));
      output.line(`${viewerWords[output.locale].verify.fingerprint}: ${report.fingerprint}`);
    }
    return 0;
  });
}

function readMasks(text: string | undefined, words: CliWords): MaskChoices {
  if (text === undefined) return MASK_NONE;
  const parsed = parseMaskChoices(text);
  if (parsed.ok) return parsed.value;
  throw new UsageError(
    fill(words.usage.choice, { option: '--mask', choices: [...MASK_KINDS, 'all', 'none'].join(' | '), value: text }),
  );
}

/** No number contains a blank. */
const NO_NUMBER = ' ';
