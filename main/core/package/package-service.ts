import { AppFailure } from '#shared/contract/errors.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { chosenMasks, type MaskChoices } from '#shared/domain/mask/choices.ts';
import { createExportService, type ExportPorts } from '../export/export-service.ts';
import type { PackageMaker } from '../export/write-export.ts';
import { createJobs } from '../jobs/jobs.ts';
import type { Cryptography } from '../ports/cryptography.ts';
import type { Secrets } from '../ports/secrets.ts';
import { fingerprintOf, signingKey } from './signing-key.ts';

export type { ViewerFiles } from './package-encoder.ts';

export interface PackagePorts
  extends PackageMaker, Pick<ExportPorts, 'store' | 'files' | 'clock' | 'visibility' | 'actor' | 'localOffsetMinutes'> {
  readonly secrets: Secrets;
  readonly cryptography: Cryptography;
  /** Word before a pseudonym's letters (EX5). */
  readonly pseudonymLabel: string;
}

export interface PackageRequest {
  readonly query: SearchQuery;
  readonly target: string;
  readonly reason: string;
  readonly masks: MaskChoices;
}

export interface PackageReport {
  readonly file: string;
  /** Messages. */
  readonly rows: number;
  /** All records of the chain. */
  readonly records: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Of the key it is signed with. */
  readonly fingerprint: string;
}

export interface PackageService {
  run(
    request: PackageRequest,
    options?: { readonly signal?: AbortSignal; progress?(rows: number, total?: number): void },
  ): Promise<PackageReport>;
  /** Of this profile's key, made now where there is none yet. */
  fingerprint(): Promise<string>;
}

/** Review packages (EX3–EX5, EX8) for whoever needs one at once and waits for it; the same writing as in every export. */
export function createPackageService(ports: PackagePorts): PackageService {
  const service = createExportService({
    ...ports,
    jobs: createJobs({ clock: ports.clock, ids: { next: () => 'package', random: () => 0 }, publish: () => {} }),
    packages: ports,
  });
  return {
    async run({ query, target, reason, masks }, options = {}) {
      const report = await service.run(
        { query, format: 'package', target, reason, masks: chosenMasks(masks) },
        options,
      );
      const { file, rows, records, bytes, sha256, fingerprint } = report;
      return { file, rows, records: records as number, bytes, sha256, fingerprint: fingerprint as string };
    },
    fingerprint: async () => fingerprintOf(await signingKey(ports.secrets, ports.cryptography), ports.cryptography),
  };
}

/** For hosts: the failure of `viewer()`. */
export const viewerMissing = (): AppFailure => new AppFailure('VIEWER_MISSING', 'dist/viewer is not built');
