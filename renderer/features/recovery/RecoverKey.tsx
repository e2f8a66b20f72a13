import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Field, Input } from '#renderer/ui/fields.tsx';
import { Icon } from '#renderer/ui/Icon.tsx';
import { toast, Toasts } from '#renderer/ui/Toast.tsx';
import { errorLine, errorWords } from '#renderer/ui/words.ts';

/** ST1: the start without the key. The recovery key is all that is asked for; nothing else can be done here. */
export function RecoverKey(props: { code: string; file: boolean }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const use = async (): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('recovery.key', { key: typed });
    if (answer.ok) {
      setTyped('');
      toast({ tone: 'info', text: t('upkeep.recovery.working') });
    } else {
      setBusy(false);
      const words = errorWords(answer.error);
      toast({ tone: 'failed', text: words.title, note: errorLine(words) });
    }
  };
  return (
    <main className="recovery" aria-label={t('upkeep.recovery.keyTitle')}>
      <div className="recovery-page">
        <h1>
          <Icon name="warning" size={20} /> {t('upkeep.recovery.keyTitle')}
        </h1>
        <p>{t('upkeep.recovery.keyIntro')}</p>
        <p className="is-soft">
          {t('upkeep.recovery.code')} <code className="ui-code">{props.code}</code>
        </p>
        {props.file ? (
          <form
            className="recovery-way is-first"
            onSubmit={(event) => {
              event.preventDefault();
              void use();
            }}
          >
            <Field label={t('upkeep.recovery.keyField')} id="recovery-key" note={t('upkeep.recovery.keyHint')}>
              <Input
                id="recovery-key"
                value={typed}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setTyped(event.target.value)}
              />
            </Field>
            <Button submit look="primary" busy={busy} disabled={typed.trim() === ''}>
              {t('upkeep.recovery.keyUse')}
            </Button>
          </form>
        ) : (
          <p role="alert">{t('upkeep.recovery.keyNoFile')}</p>
        )}
      </div>
      <Toasts label={t('common.notices')} closeLabel={t('common.close')} />
    </main>
  );
}
