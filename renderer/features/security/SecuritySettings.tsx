import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallAnswer } from '#shared/contract/door.ts';
import type { LockView } from '#shared/contract/security.ts';
import { LOCK_SECRET_LEAST } from '#shared/contract/security.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { noteLock, useLock } from '#renderer/bridge/lock.ts';
import { saveFile } from '#renderer/bridge/save.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Field, Input, Select } from '#renderer/ui/fields.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorWords } from '#renderer/ui/words.ts';
import './security.css';

const IDLE = ['never', '1', '5', '10', '15', '30', '60'] as const;

/** 设置 → 安全: where the key is, the recovery key, changing the key, the app lock (ST1, SE4). */
export function SecuritySettings() {
  const { t, i18n } = useTranslation();
  const keys = useAsk('keys.state', {});
  const lock = useLock((state) => state.lock);
  const [proof, setProof] = useState('');
  const [shown, setShown] = useState<string | null>(null);
  const [lastGroup, setLastGroup] = useState('');
  const state = keys.data;
  const date = (at: number): string => new Date(at).toLocaleString(i18n.language);
  const secret = lock?.configured === true ? { secret: proof } : {};

  const say = (answer: CallAnswer | null, done: string | null = null): boolean => {
    if (answer === null) return false;
    if (!answer.ok) {
      const { code } = answer.error;
      const words =
        code === 'LOCK_SECRET_WRONG' && proof === '' ? t('security.lock.asked') : errorWords(answer.error).title;
      toast({ tone: 'failed', text: words });
    } else if (done !== null) toast({ tone: 'done', text: done });
    keys.reload();
    return answer.ok;
  };

  return (
    <section className="security" aria-label={t('security.title')}>
      <h2>{t('security.title')}</h2>
      {state !== null && <p className="security-note">{t(`security.keys.storage.${state.storage}`)}</p>}
      {state?.supported === true && (
        <>
          {lock?.configured === true && (
            <Field label={t('security.lock.asked')} id="security-proof">
              <Input
                id="security-proof"
                type="password"
                value={proof}
                onChange={(event) => setProof(event.target.value)}
              />
            </Field>
          )}
          <h3>{t('security.keys.recovery')}</h3>
          <p className="security-note">
            {state.recovery === null
              ? t('security.keys.recoveryNone')
              : state.recovery.confirmed_at === null
                ? t('security.keys.recoveryUnconfirmed', { at: date(state.recovery.made_at) })
                : t('security.keys.recoveryKept', { at: date(state.recovery.confirmed_at) })}
          </p>
          {shown !== null && (
            <>
              <output className="security-key num">{shown}</output>
              <p className="security-note">{t('security.keys.keepOffline')}</p>
            </>
          )}
          <div className="security-buttons">
            {shown === null && (
              <Button
                onClick={() =>
                  void bridge.call('keys.recovery', secret).then((answer) => {
                    if (say(answer) && answer.ok) setShown(answer.result.key);
                  })
                }
              >
                {t(state.recovery === null ? 'security.keys.make' : 'security.keys.show')}
              </Button>
            )}
            <Button
              onClick={() =>
                void saveFile('merchant-workbench-recovery.txt', (target) =>
                  bridge.call('keys.save_recovery', { target, ...secret }),
                ).then((answer) => say(answer, t('security.keys.saved')))
              }
            >
              {t('security.keys.save')}
            </Button>
          </div>
          {state.recovery !== null && state.recovery.confirmed_at === null && (
            <form
              className="security-confirm"
              onSubmit={(event) => {
                event.preventDefault();
                void bridge.call('keys.confirm_recovery', { last_group: lastGroup }).then((answer) => {
                  if (!answer.ok && answer.error.code === 'BAD_INPUT')
                    toast({ tone: 'failed', text: t('security.keys.wrongLast') });
                  else if (say(answer, t('security.keys.confirmed'))) setShown(null);
                });
              }}
            >
              <Field label={t('security.keys.copyLast')} id="security-last">
                <Input
                  id="security-last"
                  value={lastGroup}
                  maxLength={4}
                  onChange={(event) => setLastGroup(event.target.value)}
                />
              </Field>
              <Button submit disabled={lastGroup.trim().length !== 4}>
                {t('security.keys.confirm')}
              </Button>
            </form>
          )}
          <h3>{t('security.keys.rotate')}</h3>
          <p className="security-note">
            {t(state.can_rotate ? 'security.keys.rotateNote' : 'security.keys.rotateFile')}
          </p>
          {state.rotated_at !== null && (
            <p className="security-note">{t('security.keys.rotatedAt', { at: date(state.rotated_at) })}</p>
          )}
          {state.can_rotate && (
            <div className="security-buttons">
              {state.rotation === 'none' ? (
                <Button onClick={() => void bridge.call('keys.rotate', secret).then((answer) => say(answer))}>
                  {t('security.keys.rotate')}
                </Button>
              ) : (
                <>
                  <span>{t('security.keys.rotateAsked')}</span>
                  <Button
                    look="quiet"
                    onClick={() => void bridge.call('keys.cancel_rotation', {}).then((answer) => say(answer))}
                  >
                    {t('security.keys.rotateCancel')}
                  </Button>
                </>
              )}
            </div>
          )}
          <p className="security-note">{t('security.keys.move')}</p>
        </>
      )}
      {lock !== null && <LockSettings lock={lock} />}
    </section>
  );
}

function LockSettings({ lock }: { lock: LockView }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [current, setCurrent] = useState('');
  const [secret, setSecret] = useState('');
  const [again, setAgain] = useState('');
  const [idle, setIdle] = useState<(typeof IDLE)[number]>('10');
  const [busy, setBusy] = useState(false);
  const finish = (answer: CallAnswer<LockView>): void => {
    setBusy(false);
    if (!answer.ok) {
      toast({ tone: 'failed', text: errorWords(answer.error).title });
      return;
    }
    noteLock(answer.result);
    setOpen(false);
    setCurrent('');
    setSecret('');
    setAgain('');
  };
  const differs = again !== '' && again !== secret;
  const ready = secret.length >= LOCK_SECRET_LEAST && again === secret && (!lock.configured || current !== '');
  return (
    <>
      <h3>{t('security.lock.title')}</h3>
      <p className="security-note">
        {lock.configured
          ? `${t('security.lock.on')} · ${lock.idle_minutes === null ? t('security.lock.idleNever') : `${t('security.lock.idle')} ${t('security.lock.minutes', { count: lock.idle_minutes })}`}`
          : t('security.lock.off')}
      </p>
      <p className="security-note">{t('security.lock.note')}</p>
      {open && (
        <form
          className="security-lock"
          onSubmit={(event) => {
            event.preventDefault();
            if (!ready || busy) return;
            setBusy(true);
            const idle_minutes = idle === 'never' ? null : Number(idle);
            void bridge
              .call('lock.set', { secret, idle_minutes, ...(lock.configured ? { current } : {}) })
              .then(finish);
          }}
        >
          {lock.configured && (
            <Field label={t('security.lock.current')} id="lock-current">
              <Input
                id="lock-current"
                type="password"
                value={current}
                onChange={(event) => setCurrent(event.target.value)}
              />
            </Field>
          )}
          <Field label={t('security.lock.secret')} id="lock-new">
            <Input id="lock-new" type="password" value={secret} onChange={(event) => setSecret(event.target.value)} />
          </Field>
          <Field label={t('security.lock.repeat')} id="lock-again" error={differs ? t('security.lock.differs') : null}>
            <Input id="lock-again" type="password" value={again} onChange={(event) => setAgain(event.target.value)} />
          </Field>
          <Field label={t('security.lock.idle')} id="lock-idle">
            <Select
              label={t('security.lock.idle')}
              value={idle}
              onChange={setIdle}
              options={IDLE.map((value) => ({
                value,
                label:
                  value === 'never'
                    ? t('security.lock.idleNever')
                    : t('security.lock.minutes', { count: Number(value) }),
              }))}
            />
          </Field>
          <div className="security-buttons">
            <Button look="primary" submit busy={busy} disabled={!ready}>
              {t(lock.configured ? 'security.lock.change' : 'security.lock.set')}
            </Button>
            {lock.configured && (
              <Button
                disabled={current === '' || busy}
                onClick={() => {
                  setBusy(true);
                  void bridge.call('lock.remove', { current }).then(finish);
                }}
              >
                {t('security.lock.remove')}
              </Button>
            )}
            <Button look="quiet" onClick={() => setOpen(false)}>
              {t('common.cancel')}
            </Button>
          </div>
        </form>
      )}
      {!open && (
        <div className="security-buttons">
          <Button onClick={() => setOpen(true)}>
            {t(lock.configured ? 'security.lock.change' : 'security.lock.set')}
          </Button>
          {lock.configured && (
            <Button icon="lock" onClick={() => void bridge.call('lock.now', {})}>
              {t('security.lock.now')}
            </Button>
          )}
        </div>
      )}
    </>
  );
}
