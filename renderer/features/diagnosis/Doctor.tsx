import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SelfCheck } from '#shared/contract/upkeep.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { isRunning, useJob } from '#renderer/bridge/jobs.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { formatNumber } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { ProgressBar } from '#renderer/ui/marks.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';

/** ST4: checks of this machine's records in the window, and the repair of what can be derived. */
export function Doctor() {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [jobId, setJobId] = useState<string | null>(null);
  const job = useJob(jobId);
  const start = async (repair: boolean): Promise<void> => {
    const answer = await bridge.call('doctor.run', { repair });
    if (answer.ok) setJobId(answer.result.job_id);
    else toast({ tone: 'failed', text: errorWords(answer.error).title });
  };
  const running = isRunning(job);
  const result = job?.state === 'done' ? (job.result as { ok: boolean; checks: readonly SelfCheck[] } | null) : null;
  const failed = result?.checks.filter(({ ok }) => !ok) ?? [];
  const advice = [...new Set(failed.map(({ name }) => adviceOf(name)))];
  const nameOf = (name: string): string => {
    const key = `upkeep.doctor.check.${name}`;
    return i18n.exists(key) ? t(key as 'upkeep.doctor.check.backups') : name;
  };
  return (
    <div className="upkeep-page">
      <div className="upkeep-bar">
        <p className="is-soft">{t('upkeep.doctor.intro')}</p>
        <Button look="primary" icon="pulse" busy={running} onClick={() => void start(false)}>
          {t('upkeep.doctor.run')}
        </Button>
      </div>
      {running && job && (
        <div className="upkeep-running" role="status">
          <ProgressBar
            share={job.total === null || job.total === 0 ? null : job.done / job.total}
            label={t('upkeep.doctor.running')}
          />
          <span className="num">
            {job.total === null
              ? t('upkeep.doctor.running')
              : t('upkeep.doctor.repairing', {
                  done: formatNumber(job.done, locale),
                  total: formatNumber(job.total, locale),
                })}
          </span>
          <Button size="small" look="quiet" onClick={() => void bridge.call('jobs.cancel', { job_id: job.job_id })}>
            {t('upkeep.doctor.cancel')}
          </Button>
        </div>
      )}
      {job?.state === 'failed' && job.error && (
        <p role="alert" className="is-failed">
          {errorWords({ code: job.error.code }).title} {errorWords({ code: job.error.code }).next}
        </p>
      )}
      {result && (
        <>
          <p role="status" className={`doctor-verdict ${failed.length > 0 ? 'is-failed' : 'is-done'}`}>
            <Icon name={failed.length > 0 ? 'warning' : 'check'} size={14} />
            {failed.length > 0 ? t('upkeep.doctor.problems', { count: failed.length }) : t('upkeep.doctor.fine')}
          </p>
          {advice.map((each) => (
            <p key={each}>{t(`upkeep.doctor.next.${each}`)}</p>
          ))}
          <table className="upkeep-grid" aria-label={t('upkeep.doctor.list')}>
            <thead>
              <tr>
                <th scope="col">{t('upkeep.doctor.column.check')}</th>
                <th scope="col">{t('upkeep.doctor.column.result')}</th>
                <th scope="col">{t('upkeep.doctor.column.detail')}</th>
              </tr>
            </thead>
            <tbody>
              {result.checks.map((check) => (
                <tr key={check.name}>
                  <th scope="row">{nameOf(check.name)}</th>
                  <td className={check.ok ? 'is-done' : 'is-failed'}>
                    <Icon name={check.ok ? 'check' : 'close'} size={12} />{' '}
                    {check.ok ? t('upkeep.doctor.ok') : t('upkeep.doctor.bad')}
                  </td>
                  <td className="num is-soft">{check.detail}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <div className="upkeep-bar is-second">
        <p className="is-soft">{t('upkeep.doctor.repairNote')}</p>
        <Button icon="refresh" disabled={running} onClick={() => void start(true)}>
          {t('upkeep.doctor.repair')}
        </Button>
      </div>
    </div>
  );
}

/** What a failed check asks for. */
function adviceOf(name: string): 'store' | 'index' | 'disk' | 'backups' {
  if (name === 'backups') return 'backups';
  if (name === 'store.disk') return 'disk';
  return name.startsWith('search') || name === 'store.index_queue' ? 'index' : 'store';
}
