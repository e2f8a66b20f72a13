import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProcedureInput } from '#shared/contract/procedures.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { errorWords } from '#renderer/ui/words.ts';
import { Licences } from '#renderer/features/security/Licences.tsx';
import { SecuritySettings } from '#renderer/features/security/SecuritySettings.tsx';
import { Updates } from '#renderer/features/security/Updates.tsx';
import { Button } from '#renderer/ui/Button.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input, Segmented, Select, Switch } from '#renderer/ui/fields.tsx';
import { Kbd } from '#renderer/ui/marks.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { CacheSettings } from './CacheSettings.tsx';
import { NoticeSettings } from './NoticeSettings.tsx';
import { isMac, shownKeys, SHORTCUTS, type ShortcutId } from './shortcuts.ts';

export async function changeSettings(patch: ProcedureInput<'settings.set'>): Promise<void> {
  const answer = await bridge.call('settings.set', patch);
  if (answer.ok) useLive.setState({ settings: answer.result });
  else toast({ tone: 'failed', text: errorWords(answer.error).title });
}

/** Whether this page may notify; null where the host does it (Electron), so that nobody has to be asked. */
function notificationsAllowed(): boolean | null {
  if (bridge.host !== 'browser') return null;
  return typeof Notification !== 'undefined' && Notification.permission === 'granted';
}

/** A browser wants to be asked, and only when the person turns it on (IN3). Answers whether it is allowed now. */
async function switchNotifications(on: boolean, t: TFunction): Promise<boolean | null> {
  if (on && notificationsAllowed() === false) {
    const permission = typeof Notification === 'undefined' ? 'denied' : await Notification.requestPermission();
    if (permission !== 'granted') {
      toast({ tone: 'failed', text: t('settings.notificationsDenied') });
      return false;
    }
  }
  await changeSettings({ notifications: on });
  return notificationsAllowed();
}

const DELAYS = ['policy', '0', '1000', '3000', '5000', '10000', '30000'] as const;

export function SettingsDialog(props: { onClose: () => void; onTour: () => void }) {
  const { t } = useTranslation();
  const settings = useLive((state) => state.settings);
  const info = useLive((state) => state.info);
  const [allowed, setAllowed] = useState(notificationsAllowed);
  if (!settings) return null;
  const delay = settings.send_delay_ms === null ? 'policy' : String(settings.send_delay_ms);
  return (
    <Dialog open title={t('settings.title')} width={560} onClose={props.onClose}>
      <div className="settings">
        <Line label={t('settings.theme')}>
          <Segmented
            label={t('settings.theme')}
            value={settings.theme}
            onChange={(theme) => void changeSettings({ theme })}
            options={[
              { value: 'system', label: t('settings.system') },
              { value: 'light', label: t('settings.light') },
              { value: 'dark', label: t('settings.dark') },
            ]}
          />
        </Line>
        <Line label={t('settings.density')}>
          <Segmented
            label={t('settings.density')}
            value={settings.density}
            onChange={(density) => void changeSettings({ density })}
            options={[
              { value: 'compact', label: t('settings.compact') },
              { value: 'comfortable', label: t('settings.comfortable') },
            ]}
          />
        </Line>
        <Line label={t('settings.locale')}>
          <Segmented
            label={t('settings.locale')}
            value={settings.locale}
            onChange={(locale) => void changeSettings({ locale })}
            options={[
              { value: 'system', label: t('settings.system') },
              { value: 'zh-CN', label: t('settings.chinese') },
              { value: 'en', label: t('settings.english') },
            ]}
          />
        </Line>
        <Line label={t('settings.enterSends')} note={t('settings.enterSendsNote')}>
          <Switch
            label={t('settings.enterSends')}
            checked={settings.enter_sends}
            onChange={(enter_sends) => void changeSettings({ enter_sends })}
          />
        </Line>
        <Line label={t('settings.sendDelay')} note={t('settings.sendDelayNote')}>
          <Select
            label={t('settings.sendDelay')}
            value={delay as (typeof DELAYS)[number]}
            width={180}
            onChange={(value) => void changeSettings({ send_delay_ms: value === 'policy' ? null : Number(value) })}
            options={DELAYS.map((value) => ({
              value,
              label:
                value === 'policy'
                  ? t('settings.byPolicy')
                  : value === '0'
                    ? t('settings.noDelay')
                    : t('settings.seconds', { count: Number(value) / 1_000 }),
            }))}
          />
        </Line>
        <Line label={t('settings.notifications')} note={t('settings.notificationsNote')}>
          <Switch
            label={t('settings.notifications')}
            checked={settings.notifications && allowed !== false}
            onChange={(on) => void switchNotifications(on, t).then(setAllowed)}
          />
        </Line>
        <NoticeSettings settings={settings} onChange={(patch) => void changeSettings(patch)} />
        <CacheSettings settings={settings} onChange={(patch) => void changeSettings(patch)} />
        <Line label={t('overview.tour.settings')} note={t('overview.tour.settingsNote')}>
          <Button size="small" onClick={props.onTour}>
            {t((settings.tour_step ?? 0) < 0 ? 'overview.tour.resume' : 'overview.tour.again')}
          </Button>
        </Line>
        <h2>{t('settings.shortcuts')}</h2>
        <ul className="settings-keys">
          {SHORTCUTS.map((one) => (
            <li key={one.id}>
              <span>
                {one.id === 'settings'
                  ? t('settings.title')
                  : t(`shortcuts.${one.id as Exclude<ShortcutId, 'settings'>}`)}
              </span>
              <span>
                {shownKeys(one.id, isMac()).map((key) => (
                  <Kbd key={key}>{key}</Kbd>
                ))}
              </span>
            </li>
          ))}
          <li>
            <span>{t('shortcuts.keys')}</span>
            <span>
              <Kbd>?</Kbd>
            </span>
          </li>
          <li>
            <span>{t('shortcuts.match')}</span>
            <span>
              <Kbd>F3</Kbd>
              <Kbd>n</Kbd>
              <Kbd>p</Kbd>
            </span>
          </li>
        </ul>
        <SecuritySettings />
        <Updates />
        <Licences />
        {info && <p className="settings-version num">{t('settings.version', { version: info.version })}</p>}
      </div>
    </Dialog>
  );
}

function Line(props: { label: string; note?: string; children: React.ReactNode }) {
  return (
    <div className="settings-line">
      <div>
        <p>{props.label}</p>
        {props.note && <p className="settings-note">{props.note}</p>}
      </div>
      {props.children}
    </div>
  );
}

/** UX5: connecting a real shop is three fields. */
export function AccountDialog(props: { onClose: () => void; onAdded: () => void }) {
  const { t } = useTranslation();
  const practice = useLive((state) => state.info?.practice ?? false);
  const [label, setLabel] = useState('');
  const [url, setUrl] = useState('');
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const add = async (): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('accounts.add', { label: label.trim(), url: url.trim(), token: token.trim() });
    setBusy(false);
    if (answer.ok) {
      toast({ tone: 'done', text: t('account.added') });
      props.onClose();
      // Whether it connects, and why not where it doesn't, is seen there.
      props.onAdded();
    } else {
      const words = errorWords(answer.error);
      setProblem([words.title, words.meaning, words.next].filter(Boolean).join(' '));
    }
  };
  const ready = label.trim() !== '' && url.trim() !== '' && token.trim() !== '';
  return (
    <Dialog open title={t('account.title')} width={440} onClose={props.onClose}>
      <form
        className="account-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) void add();
        }}
      >
        <Field label={t('account.label')} id="account-label">
          <Input
            id="account-label"
            autoFocus
            value={label}
            maxLength={64}
            placeholder={t('account.labelHint')}
            onChange={(event) => setLabel(event.target.value)}
          />
        </Field>
        <Field label={t('account.url')} id="account-url">
          <Input
            id="account-url"
            value={url}
            placeholder={t('account.urlHint')}
            inputMode="url"
            onChange={(event) => setUrl(event.target.value)}
          />
        </Field>
        <Field
          label={t('account.token')}
          note={t(practice ? 'account.apartNote' : 'account.tokenNote')}
          error={problem}
          id="account-token"
        >
          <Input id="account-token" type="password" value={token} onChange={(event) => setToken(event.target.value)} />
        </Field>
        <div className="ui-dialog-footer">
          <Button onClick={props.onClose}>{t('common.cancel')}</Button>
          <Button look="primary" submit busy={busy} disabled={!ready}>
            {t('account.add')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
