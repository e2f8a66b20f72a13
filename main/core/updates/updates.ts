import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { UPDATE_PROCEDURES, UpdatesOff, UpdatesView } from '#shared/contract/updates.ts';
import type { AppInfo } from '#shared/contract/views.ts';
import type { Audit } from '../audit/audit.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Updates } from '../ports/updates.ts';

/** Updates of the program (SE1): asked for by a person, step by step, never in the practice shop. */
export function createUpdates(options: {
  readonly updates: Updates | null;
  readonly info: AppInfo;
  readonly jobs: Jobs;
  readonly audit: Audit;
  readonly actor: () => Promise<string>;
}): Pick<Handlers, keyof typeof UPDATE_PROCEDURES> {
  const { updates, info, jobs } = options;
  const off: UpdatesOff | null = updates === null ? 'host' : info.practice ? 'practice' : updates.off;
  let found: UpdatesView['found'] = null;
  let phase: UpdatesView['phase'] = 'unasked';
  const view = (): UpdatesView => ({
    off,
    installs: updates?.installs ?? false,
    version: info.version,
    found,
    phase,
  });
  const allowed = (): Updates => {
    if (updates === null || off !== null) throw new AppFailure('UNSUPPORTED', 'no updates here', { off });
    return updates;
  };

  return {
    'updates.state': async () => view(),
    async 'updates.check'() {
      const source = allowed();
      // What is on its way or here already is not looked for again.
      if (phase === 'downloading' || phase === 'ready') return view();
      found = await source.check();
      phase = found === null ? 'current' : 'found';
      return view();
    },
    async 'updates.download'() {
      const source = allowed();
      if (!source.installs || found === null || phase !== 'found')
        throw new AppFailure('NOT_ALLOWED', 'nothing to download');
      phase = 'downloading';
      const { version, bytes } = found;
      const { job_id } = jobs.start({
        kind: 'update',
        title: version,
        unit: 'bytes',
        total: bytes,
        async run({ signal, progress }) {
          try {
            await source.download(signal, (done, total) => progress(done, total));
            phase = 'ready';
            return { version };
          } catch (thrown) {
            phase = 'found';
            throw thrown;
          }
        },
      });
      return { job_id };
    },
    async 'updates.install'() {
      const source = allowed();
      if (phase !== 'ready' || found === null) throw new AppFailure('NOT_ALLOWED', 'nothing was downloaded');
      await options.audit.write(await options.actor(), 'program.update_asked', {
        from: info.version,
        to: found.version,
      });
      await source.install();
      return {};
    },
  };
}
