import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AppError } from '#shared/contract/errors.ts';
import type { CutColumn, ImportField, ImportMapping, ImportPreview, JobView } from '#shared/contract/views.ts';
import type { SenderRole } from '#shared/protocol/entities.ts';
import { cutNumbersNote } from '#shared/i18n/cut-numbers.ts';
import { importReasonWords } from '#shared/i18n/import-reasons.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { numberOf, useJob } from '#renderer/bridge/jobs.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input, Select } from '#renderer/ui/fields.tsx';
import { formatBytes, formatNumber, formatStamp } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { ProgressBar, Tag } from '#renderer/ui/marks.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';

const FIELDS = [
  'sent_at',
  'text',
  'sender',
  'agent',
  'consumer',
  'conversation_id',
  'shop',
  'order_no',
  'violation_no',
  'kind',
  'recalled',
  'message_id',
] as const satisfies readonly ImportField[];
const REQUIRED: ReadonlySet<ImportField> = new Set(['sent_at', 'text']);
const NONE = '';
const OFFSETS = [-480, -300, 0, 60, 330, 420, 480, 540, 600] as const;

/** A file of another system: proposed columns, preview, import, report of what was refused (SR11). */
export function ImportDialog(props: { onClose: () => void; onDone: () => void }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [preview, setPreview] = useState<ImportPreview | null>(null);
  const [mapping, setMapping] = useState<ImportMapping | null>(null);
  const [stale, setStale] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const [jobId, setJobId] = useState<string | null>(null);
  const job = useJob(jobId);

  const look = async (handle: string, as: ImportMapping | null): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('import.preview', {
      file: handle,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      ...(as ? { mapping: inputOf(as) } : {}),
    });
    setBusy(false);
    if (!answer.ok) return setError(answer.error);
    setError(null);
    setPreview(answer.result);
    setMapping(answer.result.mapping);
    setStale(false);
  };
  const pick = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    const picked = await bridge.pickFile('.csv,.tsv,.txt,.xlsx,.jsonl');
    setBusy(false);
    if (!picked.ok) return setError(picked.error);
    if (picked.result) {
      setPreview(null);
      await look(picked.result.handle, null);
    }
  };
  const start = async (): Promise<void> => {
    if (!preview || !mapping) return;
    setBusy(true);
    const answer = await bridge.call('import.start', { file: preview.file.handle, mapping: inputOf(mapping) });
    setBusy(false);
    if (answer.ok) setJobId(answer.result.job_id);
    else setError(answer.error);
  };
  const change = (next: ImportMapping): void => {
    setMapping(next);
    setStale(true);
  };
  const problem = error && (
    <p className="job-failed" role="alert">
      {errorWords(error).title} {errorWords(error).meaning} {errorWords(error).next} <ErrorCode code={error.code} />
    </p>
  );

  if (jobId !== null)
    return (
      <ImportJob
        job={job}
        jobId={jobId}
        onClose={props.onClose}
        onAnother={() => {
          setJobId(null);
          setPreview(null);
          setMapping(null);
          props.onDone();
        }}
      />
    );
  if (!preview || !mapping)
    return (
      <Dialog open title={t('import.title')} onClose={props.onClose}>
        <StateMessage icon="upload" title={busy ? t('import.reading') : t('import.title')} note={t('import.pickNote')}>
          <Button look="primary" icon="file" busy={busy} onClick={() => void pick()}>
            {t('import.pick')}
          </Button>
        </StateMessage>
        {problem}
      </Dialog>
    );
  const missing = [...REQUIRED].filter((field) => mapping.columns[field] === undefined);
  return (
    <Dialog
      open
      title={t('import.title')}
      width={860}
      onClose={props.onClose}
      footer={
        <>
          <Button className="is-start" look="quiet" icon="file" onClick={() => void pick()}>
            {t('import.pick')}
          </Button>
          <Button icon="refresh" busy={busy} disabled={!stale} onClick={() => void look(preview.file.handle, mapping)}>
            {t('import.again')}
          </Button>
          <Button look="primary" busy={busy} disabled={missing.length > 0} onClick={() => void start()}>
            {t('import.start')}
          </Button>
        </>
      }
    >
      <p className="is-soft foreign">
        {t('import.file', {
          name: preview.file.name,
          size: formatBytes(preview.file.bytes, locale),
          encoding: preview.encoding,
        })}
      </p>
      <h2 className="import-heading">
        {t('import.mapping')} <span>{t('import.mappingNote')}</span>
      </h2>
      <div className="import-fields">
        {FIELDS.map((field) => {
          const header = mapping.columns[field];
          const column = preview.columns.find((one) => one.header === header);
          return (
            <Field
              key={field}
              label={
                <>
                  {t(`import.fields.${field}`)}{' '}
                  {REQUIRED.has(field) && <span className="import-required">{t('import.required')}</span>}
                </>
              }
              note={
                column?.samples[0] && (
                  <span className="ellipsis import-sample">
                    {t('import.sample', { text: column.samples[0].slice(0, 24) })}
                  </span>
                )
              }
            >
              <Select
                label={t(`import.fields.${field}`)}
                width="100%"
                searchable
                value={header ?? NONE}
                options={[
                  { value: NONE, label: t('import.notMapped') },
                  ...preview.columns.map((one) => ({ value: one.header, label: one.header })),
                ]}
                onChange={(value) => {
                  const { [field]: _dropped, ...others } = mapping.columns;
                  change({ ...mapping, columns: value === NONE ? others : { ...others, [field]: value } });
                }}
              />
            </Field>
          );
        })}
        <Field label={t('import.timeFormat')} id="import-time">
          <Input
            id="import-time"
            className="num"
            value={mapping.time_format}
            onChange={(event) => change({ ...mapping, time_format: event.target.value })}
          />
        </Field>
        <Field label={t('import.utcOffset')} note={t('import.utcOffsetNote')}>
          <Select
            label={t('import.utcOffset')}
            width="100%"
            value={String(mapping.utc_offset_minutes)}
            options={[...new Set<number>([...OFFSETS, mapping.utc_offset_minutes])]
              .toSorted((a, b) => a - b)
              .map((minutes) => ({ value: String(minutes), label: offsetWords(minutes) }))}
            onChange={(value) => change({ ...mapping, utc_offset_minutes: Number(value) })}
          />
        </Field>
        <Field label={t('import.shop')} id="import-shop">
          <Input
            id="import-shop"
            value={mapping.shop}
            onChange={(event) => change({ ...mapping, shop: event.target.value })}
          />
        </Field>
      </div>
      {preview.cut.map((cut) => (
        <p key={cut.field} className="import-cut" role="note">
          {cutNumbersNote(cut, 'sample', locale)}
        </p>
      ))}
      {Object.keys(mapping.senders).length > 0 && (
        <>
          <h2 className="import-heading">
            {t('import.senders')} <span>{t('import.sendersNote')}</span>
          </h2>
          <div className="import-senders">
            {Object.entries(mapping.senders).map(([word, role]) => (
              <span key={word} className="import-sender">
                <span className="foreign ellipsis">{word}</span>
                <Select<SenderRole>
                  label={word}
                  width={92}
                  value={role}
                  options={(['agent', 'consumer', 'system'] as const).map((value) => ({
                    value,
                    label: t(`import.roles.${value}`),
                  }))}
                  onChange={(value) => change({ ...mapping, senders: { ...mapping.senders, [word]: value } })}
                />
              </span>
            ))}
          </div>
        </>
      )}
      <h2 className="import-heading">{t('import.preview')}</h2>
      <div
        className={`import-preview ${stale ? 'is-stale' : ''}`}
        role="table"
        aria-label={t('import.preview')}
        tabIndex={0}
      >
        <div role="row" className="import-row is-head">
          {(
            [
              t('import.line'),
              t('import.fields.sent_at'),
              t('import.fields.sender'),
              t('import.fields.agent'),
              t('import.fields.consumer'),
              t('import.fields.text'),
            ] as const
          ).map((head) => (
            <span key={head} role="columnheader">
              {head}
            </span>
          ))}
        </div>
        {preview.rows.map((row) => (
          <div role="row" key={row.line} className={`import-row ${row.problem === null ? '' : 'has-problem'}`}>
            <span role="cell" className="num">
              {row.line}
            </span>
            <span role="cell" className="num ellipsis">
              {row.sent_at === null ? '–' : formatStamp(row.sent_at)}
            </span>
            <span role="cell">{row.sender === null ? '–' : t(`import.roles.${row.sender}`)}</span>
            <span role="cell" className="ellipsis foreign">
              {row.agent}
            </span>
            <span role="cell" className="ellipsis foreign">
              {row.consumer}
            </span>
            <span role="cell" className="ellipsis foreign">
              {row.problem !== null && <Tag tone="failed">{importReasonWords(row.problem, locale)}</Tag>} {row.text}
            </span>
          </div>
        ))}
      </div>
      {problem}
    </Dialog>
  );
}

function inputOf(mapping: ImportMapping) {
  return {
    columns: { ...mapping.columns },
    senders: { ...mapping.senders },
    time_format: mapping.time_format,
    utc_offset_minutes: mapping.utc_offset_minutes,
    shop: mapping.shop,
  };
}

function offsetWords(minutes: number): string {
  const sign = minutes < 0 ? '−' : '+';
  const size = Math.abs(minutes);
  return `UTC${sign}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
}

function ImportJob(props: { job: JobView | null; jobId: string; onClose: () => void; onAnother: () => void }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { job } = props;
  const state = job?.state ?? 'queued';
  const running = state === 'queued' || state === 'running';
  const rejected = rejectedRows(job);
  return (
    <Dialog
      open
      title={t('import.title')}
      onClose={props.onClose}
      footer={
        running ? (
          <>
            <Button onClick={() => void bridge.call('jobs.cancel', { job_id: props.jobId })}>
              {t('import.cancelJob')}
            </Button>
            <Button onClick={props.onClose}>{t('import.background')}</Button>
          </>
        ) : (
          <>
            <Button onClick={props.onAnother}>{t('import.another')}</Button>
            <Button look="primary" onClick={props.onClose}>
              {t('common.close')}
            </Button>
          </>
        )
      }
    >
      {running ? (
        <div className="job-progress">
          <p>{t('import.running')}</p>
          <ProgressBar share={job?.total ? job.done / job.total : null} label={t('import.running')} />
          <p className="num is-soft">
            {job?.unit === 'bytes'
              ? t('status.jobBytes', {
                  done: formatBytes(job.done, locale),
                  total: job.total === null ? '…' : formatBytes(job.total, locale),
                })
              : t('status.jobRowsOpen', { done: formatNumber(job?.done ?? 0, locale) })}
          </p>
        </div>
      ) : state === 'done' && job ? (
        <>
          <div className="job-done">
            <Icon name="check" size={18} />
            <p>{t('import.done')}</p>
          </div>
          <p className="import-totals num">
            <Tag tone="done">{t('import.imported', { n: formatNumber(numberOf(job, 'imported') ?? 0, locale) })}</Tag>
            <Tag>{t('import.duplicates', { n: formatNumber(numberOf(job, 'duplicates') ?? 0, locale) })}</Tag>
            <Tag tone={rejected.length > 0 ? 'failed' : 'neutral'}>
              {t('import.rejected', {
                n: formatNumber(numberOf(job, 'rejected_total') ?? rejected.length, locale),
              })}
            </Tag>
          </p>
          {cutColumns(job).map((cut) => (
            <p key={cut.field} className="import-cut">
              {cutNumbersNote(cut, 'all', locale)}
            </p>
          ))}
          {listOf(job, 'other_sheets').length > 0 && (
            <p className="import-cut foreign">
              {t('import.otherSheets', { sheets: listOf(job, 'other_sheets').join(', ') })}
            </p>
          )}
          {listOf(job, 'damaged').length > 0 && (
            <p className="import-cut">
              {t('import.damaged', { n: formatNumber(listOf(job, 'damaged').length, locale) })}
            </p>
          )}
          {rejected.length === 0 ? (
            <p className="is-soft">{t('import.noRejected')}</p>
          ) : (
            <ul className="import-rejected" tabIndex={0}>
              {rejected.slice(0, 1_000).map((row) => (
                <li key={row.line}>
                  <span className="num">{row.line}</span>
                  <span title={row.reason}>{importReasonWords(row.reason, locale)}</span>
                </li>
              ))}
            </ul>
          )}
        </>
      ) : (
        <p className={state === 'failed' ? 'job-failed' : ''}>
          {state === 'failed'
            ? `${t('import.failed')} ${job?.error ? errorWords({ code: job.error.code }).title : ''}`
            : t('import.cancelled')}{' '}
          {job?.error && <ErrorCode code={job.error.code} />}
        </p>
      )}
    </Dialog>
  );
}

function listOf(job: JobView | null, name: 'rejected' | 'cut' | 'other_sheets' | 'damaged'): readonly unknown[] {
  const list = job?.result?.[name];
  return Array.isArray(list) ? list : [];
}

function rejectedRows(job: JobView | null): { line: number; reason: string }[] {
  return listOf(job, 'rejected').flatMap((row) =>
    typeof row === 'object' &&
    row !== null &&
    'line' in row &&
    typeof row.line === 'number' &&
    'reason' in row &&
    typeof row.reason === 'string'
      ? [{ line: row.line, reason: row.reason }]
      : [],
  );
}

function cutColumns(job: JobView): CutColumn[] {
  return listOf(job, 'cut').flatMap((one) =>
    typeof one === 'object' &&
    one !== null &&
    'field' in one &&
    'column' in one &&
    typeof one.column === 'string' &&
    'rows' in one &&
    typeof one.rows === 'number' &&
    FIELDS.some((field) => field === one.field)
      ? [{ field: one.field as ImportField, column: one.column, rows: one.rows }]
      : [],
  );
}
