import { useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { keepDownload, keptDownload } from '#renderer/bridge/downloads.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { isRunning, useJob } from '#renderer/bridge/jobs.ts';
import { serverNow } from '#renderer/bridge/live.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { Field, Input, TextArea } from '#renderer/ui/fields.tsx';
import { dayKey, formatBytes, formatElapsed, formatNumber, formatStamp } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { ProgressBar, Tag } from '#renderer/ui/marks.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { localNow, useNow } from '#renderer/ui/use-now.ts';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import type { AccessView, DeletionView, GroupCheck } from '#shared/contract/administration.ts';
import type { AppError } from '#shared/contract/errors.ts';
import { isTypedName, isUnderWay, type DeletionStep } from '#shared/domain/administration/deletion.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { DAY } from '#shared/lib/durations.ts';
import { useReloadOn } from './use-reload.ts';

const STEPS = ['permission', 'export', 'notice', 'confirm', 'removed', 'purged'] as const;
type Step = (typeof STEPS)[number];

/** The step of the guided path that is to be done now. */
function currentStep(check: GroupCheck): Step {
  const step: DeletionStep | undefined = check.group.deletion?.step;
  if (check.group.purged_at !== null || step === 'held') return 'purged';
  if (check.group.removed !== null || step === 'requested') return 'removed';
  if (step === 'noticed') return 'confirm';
  if (step === 'exported') return 'notice';
  return check.right.allowed ? 'export' : 'permission';
}

/** AD2: permission, export and verification, notice, typed name, out of use with a countdown, gone. */
export function GroupPane(props: { conversationKey: ConversationKey; access: AccessView; onChanged: () => void }) {
  const { t } = useTranslation();
  const asked = useAsk('groups.check', { conversation_key: props.conversationKey });
  const { reload } = asked;
  const { onChanged } = props;
  useReloadOn(reload);
  useEffect(() => bridge.subscribe('accounts', reload), [reload]);
  const [error, setError] = useState<AppError | null>(null);
  const [busy, setBusy] = useState(false);
  const check = asked.data;
  if (check === null) return <Pending error={asked.error} onRetry={reload} />;
  const { group } = check;
  const { deletion } = group;
  const at = currentStep(check);
  const reached = STEPS.indexOf(at);
  const blocked = group.protections.filter((each) => each !== 'incident');
  const canAct = check.right.allowed && check.online && blocked.length === 0;

  /** Does one thing, shows what went wrong, asks again. */
  const act = async (work: () => Promise<{ ok: true } | { ok: false; error: AppError }>): Promise<boolean> => {
    setBusy(true);
    setError(null);
    const answer = await work();
    if (!answer.ok) setError(answer.error);
    setBusy(false);
    reload();
    onChanged();
    return answer.ok;
  };
  const key = { conversation_key: props.conversationKey };

  return (
    <div className="group-pane">
      <h2 className="foreign">{group.title === '' ? t('administration.groups.purgedTitle') : group.title}</h2>
      <p className="is-soft">
        {group.shop} · {t('administration.groups.members', { count: group.members })} ·{' '}
        {t('administration.groups.messages', { count: group.messages })}
      </p>
      {error && <Problem error={error} />}
      <ol className="group-steps" aria-label={t('administration.groups.steps')}>
        {STEPS.map((step, index) => {
          const state = index < reached ? 'done' : index === reached ? 'current' : 'open';
          return (
            <li key={step} className={`is-${state}`} aria-current={state === 'current' ? 'step' : undefined}>
              <h3>
                <span className="group-step-mark" aria-hidden="true">
                  {state === 'done' ? <Icon name="check" size={12} /> : index + 1}
                </span>
                {t(`administration.groups.step.${step}`)}
                <span className="visually-hidden">{t(`administration.groups.stepState.${state}`)}</span>
              </h3>
              {step === 'permission' &&
                group.purged_at === null &&
                (group.removed === null || !check.right.allowed) && <Permission check={check} />}
              {step === 'permission' && check.open_incidents > 0 && state !== 'open' && (
                <p className="is-soft">{t('administration.groups.incidentsNote', { count: check.open_incidents })}</p>
              )}
              {step === 'permission' && blocked.length > 0 && group.purged_at === null && (
                <p className="group-warning">
                  <Icon name="warning" size={14} />
                  {t('administration.groups.protectedNote', {
                    reasons: blocked
                      .map((each) => t(`administration.protection.${each}`))
                      .join(t('common.listSeparator')),
                  })}
                </p>
              )}
              {step === 'permission' && !check.online && group.purged_at === null && (
                <p className="is-soft">{t('administration.groups.offlineNote')}</p>
              )}
              {step === 'export' && state !== 'open' && (
                <Export
                  check={check}
                  editable={canAct && (deletion === null || isUnderWay(deletion.step) || at === 'export')}
                  onDone={() => {
                    reload();
                    onChanged();
                  }}
                  onError={setError}
                />
              )}
              {step === 'notice' && state !== 'open' && deletion !== null && (
                <Notice
                  key={deletion.updated_at}
                  check={check}
                  deletion={deletion}
                  open={state === 'current'}
                  editable={canAct && (deletion.step === 'exported' || deletion.step === 'noticed')}
                  busy={busy}
                  onSave={(notice, replacement) =>
                    void act(() => bridge.call('groups.notice', { ...key, notice, replacement }))
                  }
                />
              )}
              {step === 'confirm' && state === 'current' && (
                <Confirm
                  check={check}
                  disabled={!canAct}
                  busy={busy}
                  onConfirm={(typed_name) => void act(() => bridge.call('groups.delete', { ...key, typed_name }))}
                />
              )}
              {step === 'removed' && state === 'current' && (
                <Removed
                  check={check}
                  busy={busy}
                  disabled={!check.right.allowed || !check.online}
                  onRestore={() =>
                    void act(() => bridge.call('groups.restore', key)).then(
                      (ok) => ok && toast({ tone: 'done', text: t('administration.groups.restored') }),
                    )
                  }
                />
              )}
              {step === 'purged' && state === 'current' && <Purged deletion={deletion} purgedAt={group.purged_at} />}
            </li>
          );
        })}
      </ol>
      {deletion !== null && isUnderWay(deletion.step) && deletion.step !== 'requested' && (
        <Button
          look="quiet"
          disabled={busy || !canAct}
          onClick={() =>
            void act(() => bridge.call('groups.abandon', key)).then(
              (ok) => ok && toast({ tone: 'info', text: t('administration.groups.abandoned') }),
            )
          }
        >
          {t('administration.groups.abandon')}
        </Button>
      )}
    </div>
  );
}

function Problem(props: { error: AppError }) {
  const { t } = useTranslation();
  const reason = props.error.details?.['reason'];
  const words = errorWords(props.error);
  return (
    <p className="job-failed" role="alert">
      {reason === 'name'
        ? t('administration.groups.confirmWrong')
        : reason === 'newer'
          ? t('administration.groups.confirmNewer')
          : `${words.title} ${words.next}`}{' '}
      <ErrorCode code={props.error.code} />
    </p>
  );
}

function Permission(props: { check: GroupCheck }) {
  const { t } = useTranslation();
  const { right, roles, ask } = props.check;
  if (right.allowed) return <p className="is-soft">{t('administration.groups.mayYes')}</p>;
  return (
    <>
      <p>{t(`administration.groups.mayNo.${right.reason}`)}</p>
      {roles.length > 0 && (
        <p className="is-soft">
          {t('administration.groups.who', {
            roles: roles.map((role) => t(`administration.role.${role}`)).join(t('common.listSeparator')),
          })}
        </p>
      )}
      <p>
        {ask.length > 0
          ? t('administration.groups.ask', { names: ask.map(({ name }) => name).join(t('common.listSeparator')) })
          : t('administration.groups.askNobody')}
      </p>
    </>
  );
}

/** The export of a group that was begun in this window last: whoever looked away finds its file again. */
const lastExport = new Map<ConversationKey, string>();

function Export(props: {
  check: GroupCheck;
  editable: boolean;
  onDone: () => void;
  onError: (error: AppError | null) => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { key } = props.check.group;
  const [jobId, setJobId] = useState(() => lastExport.get(key) ?? null);
  const { onDone, onError } = props;
  const job = useJob(jobId, ({ error }) => {
    if (error !== null) onError(error as AppError);
    onDone();
  });
  const { deletion, missing } = { deletion: props.check.group.deletion, missing: props.check.missing };
  const exported = deletion !== null && deletion.step !== 'restored' ? deletion.exported : null;
  const start = async (): Promise<void> => {
    onError(null);
    const name = `${t('administration.groups.exportFile')}-${dayKey(localNow()).replaceAll('-', '')}.zip`;
    const target = await bridge.pickSave(name);
    if (!target.ok) return onError(target.error);
    if (target.result === null) return;
    const answer = await bridge.call('groups.export', {
      conversation_key: key,
      target: target.result.handle,
    });
    if (!answer.ok) return onError(answer.error);
    keepDownload(answer.result.job_id, target.result);
    lastExport.set(key, answer.result.job_id);
    setJobId(answer.result.job_id);
  };
  const running = isRunning(job);
  const download = job?.state === 'done' ? keptDownload(job.job_id) : null;
  return (
    <div className="group-step-body">
      {exported === null && !running && <p>{t('administration.groups.exportIntro')}</p>}
      {missing > 0 && props.editable && (
        <p className="group-warning">{t('administration.groups.missing', { count: missing })}</p>
      )}
      {running && job && (
        <>
          <p role="status">{t('administration.groups.exporting')}</p>
          <ProgressBar share={job.total ? job.done / job.total : null} label={t('administration.groups.exporting')} />
        </>
      )}
      {exported !== null && !running && (
        <>
          <p>
            <Tag tone="done">
              {t('administration.groups.exported', {
                rows: formatNumber(exported.rows, locale),
                size: formatBytes(exported.bytes, locale),
              })}
            </Tag>
          </p>
          {exported.file !== null && (
            <p className="is-soft foreign">{t('administration.groups.exportedFile', { file: exported.file })}</p>
          )}
          <p className="is-soft num group-hash">
            {t('administration.groups.sha256')} {exported.sha256}
          </p>
          {download !== null && (
            <a className="ui-button ui-button-plain ui-button-small" href={download.href} download={download.name}>
              <Icon name="download" size={14} />
              {t('administration.groups.download')}
            </a>
          )}
          {props.editable && <p className="is-soft">{t('administration.groups.keep')}</p>}
        </>
      )}
      {props.editable && !running && (
        <Button
          look={exported === null ? 'primary' : 'plain'}
          size={exported === null ? 'normal' : 'small'}
          icon="download"
          disabled={missing > 0}
          onClick={() => void start()}
        >
          {exported === null ? t('administration.groups.exportAction') : t('administration.groups.exportAgain')}
        </Button>
      )}
    </div>
  );
}

function Notice(props: {
  check: GroupCheck;
  deletion: DeletionView;
  open: boolean;
  editable: boolean;
  busy: boolean;
  onSave: (notice: string, replacement: string) => void;
}) {
  const { t } = useTranslation();
  const { deletion, check } = props;
  const [editing, setEditing] = useState(props.open);
  const [notice, setNotice] = useState(deletion.notice ?? t('administration.groups.noticeDefault'));
  const [replacement, setReplacement] = useState(deletion.replacement ?? '');
  if (!editing || !props.editable)
    return (
      <div className="group-step-body">
        {deletion.notice !== null && <p className="group-quote foreign">{deletion.notice}</p>}
        {deletion.replacement !== null && <p className="group-quote foreign">{deletion.replacement}</p>}
        {props.editable && (
          <Button size="small" icon="pencil" onClick={() => setEditing(true)}>
            {t('administration.groups.noticeEdit')}
          </Button>
        )}
      </div>
    );
  return (
    <div className="group-step-body">
      <p>{t('administration.groups.noticeIntro', { count: check.group.members })}</p>
      <Field
        label={t('administration.groups.notice')}
        id="group-notice"
        {...(check.notice_required ? { note: t('administration.groups.noticeRequired') } : {})}
      >
        <TextArea
          id="group-notice"
          rows={3}
          maxLength={2_000}
          value={notice}
          onChange={(event) => setNotice(event.target.value)}
        />
      </Field>
      <Field label={t('administration.groups.replacement')} id="group-replacement">
        <Input
          id="group-replacement"
          maxLength={1_000}
          value={replacement}
          placeholder={t('administration.groups.replacementHint')}
          onChange={(event) => setReplacement(event.target.value)}
        />
      </Field>
      <Button
        look="primary"
        busy={props.busy}
        disabled={check.notice_required && notice.trim() === ''}
        onClick={() => props.onSave(notice.trim(), replacement.trim())}
      >
        {t('administration.groups.noticeSave')}
      </Button>
    </div>
  );
}

function Backups(props: { check: GroupCheck; until: number }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { backups } = props.check;
  return (
    <div className="group-backups">
      <h4>{t('administration.groups.backups')}</h4>
      {backups.length === 0 ? (
        <p className="is-soft">{t('administration.groups.backupsNone')}</p>
      ) : (
        <>
          <p>{t('administration.groups.backupsNote', { date: formatStamp(props.until) })}</p>
          <ul>
            {backups.map((backup) => (
              <li key={backup.name}>
                <span className="foreign">{backup.name}</span>{' '}
                <span className="is-soft num">
                  {formatStamp(backup.made_at)} · {formatBytes(backup.bytes, locale)}
                </span>
              </li>
            ))}
          </ul>
          <p className="is-soft">{t('administration.groups.backupsOther')}</p>
        </>
      )}
    </div>
  );
}

function Confirm(props: { check: GroupCheck; disabled: boolean; busy: boolean; onConfirm: (typed: string) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const { group, restore_ms } = props.check;
  const right = isTypedName(typed, group.title);
  return (
    <div className="group-step-body">
      {group.deletion?.refused !== null && group.deletion?.refused !== undefined && (
        <p className="job-failed" role="alert">
          {t('administration.groups.refused')} <ErrorCode code={group.deletion.refused} />
        </p>
      )}
      <p>
        {t('administration.groups.confirmIntro', {
          title: group.title,
          days: Math.round(restore_ms / DAY),
        })}
      </p>
      <Backups check={props.check} until={serverNow(group.account_id) + restore_ms} />
      <Field
        label={t('administration.groups.confirmName')}
        id="group-name"
        {...(typed !== '' && !right ? { error: t('administration.groups.confirmWrong') } : {})}
      >
        <Input id="group-name" value={typed} maxLength={1_024} onChange={(event) => setTyped(event.target.value)} />
      </Field>
      <Button
        look="danger"
        icon="trash"
        busy={props.busy}
        disabled={props.disabled || !right}
        onClick={() => props.onConfirm(typed)}
      >
        {t('administration.groups.confirmAction')}
      </Button>
    </div>
  );
}

function Removed(props: { check: GroupCheck; busy: boolean; disabled: boolean; onRestore: () => void }) {
  const { t } = useTranslation();
  const { group } = props.check;
  const now = useNow(group.removed !== null);
  if (group.removed === null)
    return (
      <p className="group-step-body" role="status">
        {t('administration.groups.requested')}
      </p>
    );
  const left = group.removed.restorable_until - serverNow(group.account_id, now);
  return (
    <div className="group-step-body">
      <p className="is-soft">{t('administration.groups.removedBy', { by: group.removed.by })}</p>
      {left > 0 ? (
        <>
          <p className="group-countdown num" role="timer">
            {t('administration.groups.restorable', { time: formatElapsed(left) })}
          </p>
          <p className="is-soft">
            {t('administration.groups.restorableUntil', { time: formatStamp(group.removed.restorable_until) })}
          </p>
          <Button icon="undo" busy={props.busy} disabled={props.disabled} onClick={props.onRestore}>
            {t('administration.groups.restore')}
          </Button>
        </>
      ) : (
        <p>{t('administration.groups.restoreOver')}</p>
      )}
      <Backups check={props.check} until={group.removed.restorable_until} />
    </div>
  );
}

function Purged(props: { deletion: DeletionView | null; purgedAt: number | null }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { deletion } = props;
  const tombstone = deletion?.tombstone ?? null;
  const line = (label: string, value: ReactNode): ReactNode => (
    <div key={label}>
      <dt>{label}</dt>
      <dd className="num group-hash">{value}</dd>
    </div>
  );
  return (
    <div className="group-step-body">
      <p role="status">
        {deletion?.step === 'held'
          ? t('administration.groups.held')
          : deletion?.step === 'purged'
            ? t('administration.groups.purged')
            : t('administration.groups.erased')}
      </p>
      {props.purgedAt !== null && (
        <dl className="group-tombstone" aria-label={t('administration.groups.tombstone')}>
          {line(t('administration.groups.purgedAt'), formatStamp(props.purgedAt))}
          {tombstone !== null && [
            line(t('administration.groups.tombstoneMessages'), formatNumber(tombstone.messages, locale)),
            line(t('administration.groups.tombstoneRecalled'), formatNumber(tombstone.recalled, locale)),
            line(t('administration.groups.tombstoneAttachments'), formatNumber(tombstone.attachments, locale)),
            line(
              t('administration.groups.tombstonePeriod'),
              tombstone.first_at === null || tombstone.last_at === null
                ? '–'
                : `${formatStamp(tombstone.first_at)} – ${formatStamp(tombstone.last_at)}`,
            ),
            line(t('administration.groups.tombstoneHash'), tombstone.sha256),
          ]}
          {deletion !== null &&
            deletion.exported !== null &&
            line(t('administration.groups.packageHash'), deletion.exported.sha256)}
        </dl>
      )}
    </div>
  );
}
