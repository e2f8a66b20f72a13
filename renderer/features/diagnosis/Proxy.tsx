import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Settings } from '#shared/contract/views.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Field, Input, Segmented } from '#renderer/ui/fields.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorWords } from '#renderer/ui/words.ts';

type Proxy = NonNullable<Settings['proxy']>;

/** How gateways are reached: as the system says, directly, or through a proxy that the person names. */
export function ProxySettings() {
  const { t } = useTranslation();
  const settings = useLive((state) => state.settings);
  const present: Proxy = settings?.proxy ?? { mode: 'system' };
  const [mode, setMode] = useState<Proxy['mode']>(present.mode);
  const [url, setUrl] = useState(present.mode === 'manual' ? present.url : '');
  const [problem, setProblem] = useState<string | null>(null);
  const wanted: Proxy = mode === 'manual' ? { mode, url: url.trim() } : { mode };
  const changed = JSON.stringify(wanted) !== JSON.stringify(present);
  const save = async (): Promise<void> => {
    const answer = await bridge.call('settings.set', { proxy: wanted });
    if (!answer.ok) {
      setProblem(answer.error.code === 'BAD_INPUT' ? t('upkeep.proxy.bad') : errorWords(answer.error).title);
      return;
    }
    setProblem(null);
    useLive.setState({ settings: answer.result });
    toast({ tone: 'done', text: t('upkeep.proxy.saved') });
  };
  return (
    <form
      className="account-card proxy"
      onSubmit={(event) => {
        event.preventDefault();
        if (changed) void save();
      }}
    >
      <h2>{t('upkeep.proxy.title')}</h2>
      <p className="is-soft">{t('upkeep.proxy.note')}</p>
      <div className="proxy-line">
        <Segmented
          label={t('upkeep.proxy.title')}
          value={mode}
          onChange={(next) => {
            setMode(next);
            setProblem(null);
          }}
          options={[
            { value: 'system', label: t('upkeep.proxy.mode.system') },
            { value: 'none', label: t('upkeep.proxy.mode.none') },
            { value: 'manual', label: t('upkeep.proxy.mode.manual') },
          ]}
        />
        <Button submit disabled={!changed || (mode === 'manual' && url.trim() === '')}>
          {t('upkeep.proxy.save')}
        </Button>
      </div>
      {mode === 'manual' && (
        <Field label={t('upkeep.proxy.url')} error={problem} id="proxy-url">
          <Input
            id="proxy-url"
            inputMode="url"
            value={url}
            placeholder={t('upkeep.proxy.urlHint')}
            onChange={(event) => setUrl(event.target.value)}
          />
        </Field>
      )}
    </form>
  );
}
