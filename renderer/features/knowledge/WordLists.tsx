import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { Field, Input, Segmented, Select, TextArea } from '#renderer/ui/fields.tsx';
import { Tag } from '#renderer/ui/marks.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import type { ProcedureInput } from '#shared/contract/procedures.ts';
import { GUARD_ACTIONS, type GuardAction } from '#shared/domain/guard/words.ts';

const TONES = { warn: 'offline', confirm: 'waiting', block: 'failed' } as const;

/** Sensitive words of a shop (PV3): how far the platform's list is, and what supervisors add. */
export function WordLists() {
  const { t } = useTranslation();
  const accounts = useLive((state) => state.accounts) ?? [];
  const shops = accounts.flatMap((account) =>
    account.shops.map((shop) => ({
      value: `${account.account_id} ${shop.shop_id}`,
      label: accounts.length > 1 ? `${shop.name} · ${account.label}` : shop.name,
      place: { account_id: account.account_id, shop_id: shop.shop_id },
    })),
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const shop = shops.find(({ value }) => value === chosen) ?? shops[0];
  const asked = useAsk('words.local', shop?.place ?? null);
  const { reload } = asked;
  useEffect(() => bridge.subscribe('words', reload), [reload]);
  const [text, setText] = useState('');
  const [category, setCategory] = useState('local');
  const [action, setAction] = useState<GuardAction>('confirm');
  const [busy, setBusy] = useState(false);

  if (!shop) return <StateMessage icon="book" title={t('compose.words.noShop')} note={t('compose.words.noShopNote')} />;
  const edit = async (change: Pick<ProcedureInput<'words.edit_local'>, 'add' | 'remove'>): Promise<boolean> => {
    setBusy(true);
    const answer = await bridge.call('words.edit_local', { ...shop.place, ...change });
    setBusy(false);
    if (answer.ok) return true;
    const words = errorWords(answer.error);
    toast({ tone: 'failed', text: words.title, note: errorLine(words) });
    return false;
  };
  const words = [...new Set(text.split('\n').map((line) => line.trim()))].filter((word) => word !== '');
  const add = async (): Promise<void> => {
    const list = words.map((word) => ({ word, category: category.trim() || 'local', action }));
    if (!(await edit({ add: list, remove: [] }))) return;
    setText('');
    toast({ tone: 'done', text: t('compose.words.added', { count: list.length }) });
  };
  const data = asked.data;
  return (
    <div className="word-lists">
      {shops.length > 1 && (
        <Select
          label={t('compose.words.shop')}
          value={shop.value}
          width={280}
          options={shops}
          onChange={(value) => setChosen(value)}
        />
      )}
      {asked.error ? (
        <ErrorState
          words={errorWords(asked.error)}
          code={asked.error.code}
          retry={t('common.retry')}
          onRetry={asked.reload}
        />
      ) : data === null ? (
        <LoadingState label={t('common.loading')} rows={3} />
      ) : (
        <>
          <p className="num">
            {data.list.version === 0
              ? t('compose.words.noList')
              : t('compose.words.list', { version: data.list.version, count: data.list.words })}
          </p>
          <section aria-label={t('compose.words.local')}>
            <h2>{t('compose.words.local')}</h2>
            <p className="article-about">{t('compose.words.localNote')}</p>
            {data.local.length === 0 ? (
              <p className="article-about">{t('compose.words.empty')}</p>
            ) : (
              <ul className="word-lists-words">
                {data.local.map((word) => (
                  <li key={word.word} title={t('compose.words.by', { name: word.added_by })}>
                    <span className="foreign">{word.word}</span>
                    <Tag tone={TONES[word.action]}>{t(`compose.guard.action.${word.action}`)}</Tag>
                    {data.may_edit && (
                      <IconButton
                        icon="close"
                        iconSize={12}
                        label={t('compose.words.remove', { word: word.word })}
                        disabled={busy}
                        onClick={() => void edit({ add: [], remove: [word.word] })}
                      />
                    )}
                  </li>
                ))}
              </ul>
            )}
          </section>
          {data.may_edit ? (
            <form
              className="word-lists-add"
              onSubmit={(event) => {
                event.preventDefault();
                if (words.length > 0 && !busy) void add();
              }}
            >
              <Field label={t('compose.words.word')} id="local-words">
                <TextArea id="local-words" rows={3} value={text} onChange={(event) => setText(event.target.value)} />
              </Field>
              <div className="word-lists-line">
                <Input
                  aria-label={t('compose.words.category')}
                  placeholder={t('compose.words.category')}
                  value={category}
                  maxLength={32}
                  onChange={(event) => setCategory(event.target.value)}
                />
                <Segmented
                  label={t('compose.words.action')}
                  value={action}
                  onChange={setAction}
                  options={GUARD_ACTIONS.map((value) => ({ value, label: t(`compose.guard.action.${value}`) }))}
                />
                <Button submit look="primary" busy={busy} disabled={words.length === 0}>
                  {t('compose.words.add')}
                </Button>
              </div>
            </form>
          ) : (
            <p className="article-about">{t('compose.words.readOnly')}</p>
          )}
        </>
      )}
    </div>
  );
}
