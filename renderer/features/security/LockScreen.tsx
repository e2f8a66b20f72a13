import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { noteLock, useLock } from '#renderer/bridge/lock.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Field, Input } from '#renderer/ui/fields.tsx';
import { Icon } from '#renderer/ui/Icon.tsx';
import './security.css';

/** Instead of the whole window (SE4): behind it nothing is drawn that could be read. */
export function LockScreen() {
  const { t } = useTranslation();
  const waitMs = useLock((state) => state.lock?.wait_ms ?? 0);
  const [secret, setSecret] = useState('');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState(false);
  const seconds = useCountdown(waitMs);
  const unlock = async (): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('lock.unlock', { secret });
    setBusy(false);
    setSecret('');
    if (answer.ok) return noteLock(answer.result);
    setWrong(true);
    const state = await bridge.call('lock.state', {});
    if (state.ok) noteLock(state.result);
  };
  return (
    <main className="lock-screen">
      <form
        className="lock-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (secret !== '' && !busy && seconds === 0) void unlock();
        }}
      >
        <Icon name="lock" size={28} />
        <h1>{t('security.lock.locked')}</h1>
        <p>{t('security.lock.lockedNote')}</p>
        <Field
          label={t('security.lock.secret')}
          id="lock-secret"
          error={seconds > 0 ? t('security.lock.wait', { seconds }) : wrong ? t('security.lock.wrong') : null}
          note={t('security.lock.forgotten')}
        >
          <Input
            id="lock-secret"
            type="password"
            autoFocus
            value={secret}
            disabled={seconds > 0}
            maxLength={256}
            onChange={(event) => {
              setSecret(event.target.value);
              setWrong(false);
            }}
          />
        </Field>
        <Button look="primary" submit busy={busy} disabled={secret === '' || seconds > 0}>
          {t('security.lock.unlock')}
        </Button>
      </form>
    </main>
  );
}

/** Seconds left of a wait that began when `waitMs` was last said. */
function useCountdown(waitMs: number): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const until = performance.now() + waitMs;
    const tick = (): void => setLeft(Math.max(0, Math.ceil((until - performance.now()) / 1_000)));
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [waitMs]);
  return left;
}
