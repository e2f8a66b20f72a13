import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AppError } from '#shared/contract/errors.ts';
import type { ExportFormat } from '#shared/contract/export.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { MASK_KINDS, type MaskKind } from '#shared/domain/mask/choices.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { keepDownload, keptDownload } from '#renderer/bridge/downloads.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { numberOf, useJob } from '#renderer/bridge/jobs.ts';
import { downloadAddress } from '#renderer/bridge/save.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input, Segmented } from '#renderer/ui/fields.tsx';
import { dayKey, formatBytes, formatDuration, formatNumber } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { ProgressBar } from '#renderer/ui/marks.tsx';
import { localNow } from '#renderer/ui/use-now.ts';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';

/** Rows and size are known before (EX1); then progress with a way out; then the file. */
export function ExportDialog(props: { query: SearchQuery; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [format, setFormat] = useState<ExportFormat>('csv');
  const [masks, setMasks] = useState<readonly MaskKind[]>([]);
  const [reason, setReason] = useState('');
  const [jobId, setJobId] = useState<string | null>(null);
  const [name, setName] = useState('');
  const [error, setError] = useState<AppError | null>(null);
  const [busy, setBusy] = useState(false);
  const estimate = useAsk('export.estimate', { query: props.query, format, masks: [...masks] });
  const job = useJob(jobId);

  const start = async (): Promise<void> => {
    setError(null);
    setBusy(true);
    const stem = t(format === 'package' ? 'export.packageFile' : 'export.fileName');
    const ending = format === 'package' ? 'zip' : format;
    const target = await bridge.pickSave(`${stem}-${dayKey(localNow()).replaceAll('-', '')}.${ending}`);
    if (target.ok && target.result !== null) {
      setName(target.result.name);
      const answer = await bridge.call('export.start', {
        query: props.query,
        format,
        target: target.result.handle,
        reason: reason.trim(),
        masks: [...masks],
      });
      if (answer.ok) {
        keepDownload(answer.result.job_id, target.result);
        setJobId(answer.result.job_id);
      } else setError(answer.error);
    } else if (!target.ok) setError(target.error);
    setBusy(false);
  };

  if (jobId !== null) {
    const state = job?.state ?? 'queued';
    const running = state === 'queued' || state === 'running';
    // One that went on after a restart is kept elsewhere, and says where.
    const told = downloadAddress(job?.result?.['download']);
    const download = told === null ? keptDownload(jobId) : { href: told, name };
    return (
      <Dialog
        open
        title={t('export.title')}
        width={520}
        onClose={props.onClose}
        footer={
          running ? (
            <>
              <Button onClick={() => void bridge.call('jobs.cancel', { job_id: jobId })}>
                {t('export.cancelJob')}
              </Button>
              <Button onClick={props.onClose}>{t('export.background')}</Button>
            </>
          ) : (
            <>
              <Button onClick={props.onClose}>{t('common.close')}</Button>
              {state === 'done' && download !== null && (
                <a
                  className="ui-button ui-button-primary ui-button-normal"
                  href={download.href}
                  download={download.name}
                >
                  <Icon name="download" size={14} />
                  {t('export.download')}
                </a>
              )}
            </>
          )
        }
      >
        {running ? (
          <div className="job-progress">
            <p>{t('export.running')}</p>
            <ProgressBar share={job?.total ? job.done / job.total : null} label={t('export.running')} />
            <p className="num is-soft">
              {job && job.total !== null
                ? t('status.jobRows', { done: formatNumber(job.done, locale), total: formatNumber(job.total, locale) })
                : t('status.jobRowsOpen', { done: formatNumber(job?.done ?? 0, locale) })}
              {job?.bytes ? ` · ${t('export.written', { size: formatBytes(job.bytes, locale) })}` : ''}
              {job?.eta_ms ? ` · ${t('export.left', { time: formatDuration(job.eta_ms, locale) })}` : ''}
            </p>
            <p className="is-soft">{t('export.resumes')}</p>
          </div>
        ) : state === 'done' && job ? (
          <div className="job-done">
            <Icon name="check" size={18} />
            <div>
              <p>{t('export.done')}</p>
              <p className="num is-soft">
                {t('export.doneRows', {
                  rows: formatNumber(numberOf(job, 'rows') ?? job.done, locale),
                  size: formatBytes(numberOf(job, 'bytes') ?? 0, locale),
                })}
              </p>
              <p className="is-soft foreign">{t('export.saved', { name })}</p>
              {typeof job.result?.['fingerprint'] === 'string' && (
                <p className="is-soft export-fingerprint">
                  {t('export.fingerprint')} <code className="ui-code">{job.result['fingerprint']}</code>
                </p>
              )}
            </div>
          </div>
        ) : (
          <p className={state === 'failed' ? 'job-failed' : ''}>
            {state === 'failed'
              ? `${t('export.failed')} ${job?.error ? errorWords({ code: job.error.code }).title : ''}`
              : t('export.cancelled')}{' '}
            {job?.error && <ErrorCode code={job.error.code} />}
          </p>
        )}
      </Dialog>
    );
  }

  return (
    <Dialog
      open
      title={t('export.title')}
      width={520}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>{t('common.cancel')}</Button>
          <Button
            look="primary"
            icon="download"
            busy={busy}
            disabled={estimate.data?.rows === 0}
            onClick={() => void start()}
          >
            {t('export.start')}
          </Button>
        </>
      }
    >
      <div className="form">
        <Field label={t('export.format')}>
          <Segmented
            label={t('export.format')}
            value={format}
            onChange={setFormat}
            options={[
              { value: 'csv', label: 'CSV' },
              { value: 'xlsx', label: 'XLSX' },
              { value: 'jsonl', label: 'JSONL' },
              { value: 'package', label: t('export.packageName') },
            ]}
          />
        </Field>
        <p className="is-soft form-note">{t(`export.${format}`)}</p>
        <fieldset className="export-masks">
          <legend>{t('export.masks')}</legend>
          <div className="export-mask-list">
            {MASK_KINDS.map((kind) => (
              <label key={kind}>
                <input
                  type="checkbox"
                  checked={masks.includes(kind)}
                  onChange={(event) =>
                    setMasks(MASK_KINDS.filter((one) => (one === kind ? event.target.checked : masks.includes(one))))
                  }
                />
                {t(`export.mask.${kind}`)}
              </label>
            ))}
            <Button look="quiet" onClick={() => setMasks(masks.length === MASK_KINDS.length ? [] : MASK_KINDS)}>
              {t(masks.length === MASK_KINDS.length ? 'export.maskNone' : 'export.maskAll')}
            </Button>
          </div>
          <p className="is-soft">
            {t(masks.length === 0 ? 'export.masksNone' : 'export.masksSome')}
            {masks.includes('name') ? ` · ${t('export.masksName')}` : ''}
          </p>
        </fieldset>
        <Field label={t('export.reason')} id="export-reason">
          <Input
            id="export-reason"
            value={reason}
            maxLength={1_024}
            placeholder={t('export.reasonHint')}
            onChange={(event) => setReason(event.target.value)}
          />
        </Field>
        <p className="export-estimate num" role="status">
          {estimate.data
            ? estimate.data.rows === 0
              ? t('export.nothing')
              : t('export.estimate', {
                  rows: formatNumber(estimate.data.rows, locale),
                  size: formatBytes(estimate.data.bytes, locale),
                })
            : estimate.error
              ? errorWords(estimate.error).title
              : t('export.estimating')}
        </p>
        {error && (
          <p className="job-failed" role="alert">
            {errorWords(error).title} {errorWords(error).next} <ErrorCode code={error.code} />
          </p>
        )}
      </div>
    </Dialog>
  );
}
