import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { ConfirmDialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input } from '#renderer/ui/fields.tsx';
import { formatBytes, formatStamp } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { RestoreTable } from '#renderer/ui/RestoreTable.tsx';
import { ErrorState, LoadingState } from '#renderer/ui/states.tsx';
import { toast, Toasts } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import { RecoverKey } from './RecoverKey.tsx';
import './recovery.css';

/** ST4: the start without records. Backup first, then the gateway, empty last; nothing happens unasked. */
export default function Recovery() {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const asked = useAsk('recovery.state', {});
  const [step, setStep] = useState<{ readonly restore: string } | 'rebuild' | 'empty' | null>(null);
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const restoring = step !== null && typeof step === 'object' ? step.restore : null;
  const inspected = useAsk('backups.inspect', restoring === null ? null : { name: restoring });

  const run = async (work: () => Promise<{ ok: boolean; error?: { code: string } }>): Promise<void> => {
    setBusy(true);
    const answer = await work();
    if (answer.ok) toast({ tone: 'info', text: t('upkeep.recovery.working') });
    else {
      setBusy(false);
      toast({ tone: 'failed', text: errorWords({ code: answer.error?.code ?? 'INTERNAL' }).title });
    }
  };
  const close = (): void => {
    setStep(null);
    setTyped('');
  };

  if (asked.data === null)
    return <main className="recovery">{<Pending error={asked.error} onRetry={asked.reload} />}</main>;
  const { code, backups, accounts, practice, key } = asked.data;
  if (key !== null) return <RecoverKey code={code} file={key.file} />;
  return (
    <main className="recovery" aria-label={t('upkeep.recovery.title')}>
      <div className="recovery-page">
        <h1>
          <Icon name="warning" size={20} /> {t('upkeep.recovery.title')}
        </h1>
        <p>{t('upkeep.recovery.intro')}</p>
        <p className="is-soft">
          {errorWords({ code }).title} {t('upkeep.recovery.code')} <code className="ui-code">{code}</code>
        </p>

        <section className="recovery-way is-first">
          <h2>{t('upkeep.recovery.restore')}</h2>
          <p className="is-soft">{t('upkeep.recovery.restoreNote')}</p>
          {backups.length === 0 ? (
            <p>{t('upkeep.recovery.noBackups')}</p>
          ) : (
            <ul>
              {backups.map((backup, index) => (
                <li key={backup.name}>
                  <span className="num">{formatStamp(backup.made_at)}</span>
                  <span>{t(`upkeep.backups.reason.${backup.reason}`)}</span>
                  <span className="num is-soft">{formatBytes(backup.bytes, locale)}</span>
                  <Button
                    size="small"
                    look={index === 0 ? 'primary' : 'plain'}
                    aria-label={`${t('upkeep.recovery.choose')} ${formatStamp(backup.made_at)}`}
                    onClick={() => setStep({ restore: backup.name })}
                  >
                    {t('upkeep.recovery.choose')}
                  </Button>
                </li>
              ))}
            </ul>
          )}
        </section>

        <section className="recovery-way">
          <h2>{t('upkeep.recovery.rebuild')}</h2>
          <p className="is-soft">
            {practice
              ? t('upkeep.recovery.rebuildPractice')
              : accounts.length === 0
                ? t('upkeep.recovery.rebuildNone')
                : t('upkeep.recovery.rebuildNote', { accounts: accounts.join(t('common.listSeparator')) })}
          </p>
          <Button onClick={() => setStep('rebuild')}>{t('upkeep.recovery.rebuildAction')}</Button>
        </section>

        <section className="recovery-way">
          <h2>{t('upkeep.recovery.empty')}</h2>
          <p className="is-soft">{t('upkeep.recovery.emptyNote')}</p>
          <Button look="quiet" onClick={() => setStep('empty')}>
            {t('upkeep.recovery.emptyAction')}
          </Button>
        </section>
      </div>

      <ConfirmDialog
        open={restoring !== null}
        width={620}
        busy={busy}
        disabled={inspected.data === null}
        title={t('upkeep.backups.restoreTitle', {
          time: formatStamp(backups.find(({ name }) => name === restoring)?.made_at ?? 0),
        })}
        confirm={t('upkeep.backups.confirm')}
        cancel={t('common.cancel')}
        onCancel={close}
        onConfirm={() => restoring !== null && void run(() => bridge.call('backups.restore', { name: restoring }))}
      >
        {inspected.error ? (
          <ErrorState
            compact
            words={errorWords(inspected.error)}
            code={inspected.error.code}
            retry={t('common.retry')}
          />
        ) : inspected.data === null ? (
          <LoadingState label={t('upkeep.backups.reading')} rows={4} />
        ) : (
          <>
            <p>{t('upkeep.backups.whatHappens')}</p>
            <RestoreTable
              inspection={inspected.data}
              say={(key, values) => t(key as 'upkeep.backups.same', values)}
              locale={locale}
            />
            <p className="is-soft">{t('upkeep.backups.gatewayNote')}</p>
          </>
        )}
      </ConfirmDialog>
      <ConfirmDialog
        open={step === 'rebuild'}
        danger
        busy={busy}
        title={t('upkeep.recovery.rebuildTitle')}
        confirm={t('upkeep.recovery.rebuildAction')}
        cancel={t('common.cancel')}
        onCancel={close}
        onConfirm={() => void run(() => bridge.call('recovery.anew', { accounts: true }))}
      >
        <p>
          {practice
            ? t('upkeep.recovery.rebuildPractice')
            : t('upkeep.recovery.rebuildNote', { accounts: accounts.join(t('common.listSeparator')) })}
        </p>
      </ConfirmDialog>
      <ConfirmDialog
        open={step === 'empty'}
        danger
        busy={busy}
        disabled={typed.trim() !== t('upkeep.recovery.emptyWord')}
        title={t('upkeep.recovery.emptyTitle')}
        confirm={t('upkeep.recovery.confirm')}
        cancel={t('common.cancel')}
        onCancel={close}
        onConfirm={() => void run(() => bridge.call('recovery.anew', { accounts: false }))}
      >
        <p>{t('upkeep.recovery.emptyNote')}</p>
        <Field
          id="recovery-typed"
          label={t('upkeep.recovery.emptyConfirmNote', { word: t('upkeep.recovery.emptyWord') })}
        >
          <Input id="recovery-typed" value={typed} onChange={(event) => setTyped(event.target.value)} />
        </Field>
      </ConfirmDialog>
      <Toasts label={t('common.notices')} closeLabel={t('common.close')} />
    </main>
  );
}
