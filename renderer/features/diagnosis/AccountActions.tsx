import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AccountView } from '#shared/contract/views.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input } from '#renderer/ui/fields.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorWords } from '#renderer/ui/words.ts';

const WANTS_TOKEN: ReadonlySet<string> = new Set(['AUTH_FAILED', 'AUTH_EXPIRED']);

/** A real account's name and token. The practice shop keeps its own. */
export function AccountActions({ account }: { account: AccountView }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<'label' | 'token' | null>(null);
  const [value, setValue] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const ask = (what: 'label' | 'token'): void => {
    setValue(what === 'label' ? account.label : '');
    setProblem(null);
    setAsking(what);
  };
  const save = async (): Promise<void> => {
    const { account_id } = account;
    const answer =
      asking === 'label'
        ? await bridge.call('accounts.rename', { account_id, label: value.trim() })
        : await bridge.call('accounts.token', { account_id, token: value.trim() });
    if (!answer.ok) return setProblem(errorWords(answer.error).title);
    toast({ tone: 'done', text: t(asking === 'label' ? 'upkeep.account.renamed' : 'upkeep.account.tokenSaved') });
    setAsking(null);
  };
  if (account.practice) return null;
  const wanted = account.problem !== null && WANTS_TOKEN.has(account.problem.code);
  return (
    <>
      <Button look="quiet" onClick={() => ask('label')}>
        {t('upkeep.account.rename')}
      </Button>
      <Button look={wanted ? 'primary' : 'quiet'} onClick={() => ask('token')}>
        {t('upkeep.account.newToken')}
      </Button>
      {asking !== null && (
        <Dialog
          open
          title={
            asking === 'label'
              ? t('upkeep.account.renameTitle')
              : t('upkeep.account.tokenTitle', { name: account.label })
          }
          width={400}
          onClose={() => setAsking(null)}
        >
          <form
            className="account-form"
            onSubmit={(event) => {
              event.preventDefault();
              if (value.trim() !== '') void save();
            }}
          >
            <Field
              label={t(asking === 'label' ? 'upkeep.account.label' : 'upkeep.account.token')}
              note={asking === 'token' ? t('upkeep.account.tokenNote') : undefined}
              error={problem}
              id="account-value"
            >
              <Input
                id="account-value"
                autoFocus
                type={asking === 'token' ? 'password' : 'text'}
                maxLength={asking === 'token' ? 8_192 : 64}
                value={value}
                onChange={(event) => setValue(event.target.value)}
              />
            </Field>
            <div className="ui-dialog-footer">
              <Button onClick={() => setAsking(null)}>{t('common.cancel')}</Button>
              <Button look="primary" submit disabled={value.trim() === ''}>
                {t('upkeep.account.save')}
              </Button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
