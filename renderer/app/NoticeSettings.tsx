import { useTranslation } from 'react-i18next';
import type { ProcedureInput } from '#shared/contract/procedures.ts';
import type { Settings } from '#shared/contract/views.ts';
import { noticeKey, QUIET_WITHOUT_END } from '#shared/domain/desk/notices.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { currentLocale } from '#renderer/ui/words.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Segmented, Switch } from '#renderer/ui/fields.tsx';
import { formatTimeSeconds } from '#renderer/ui/format.ts';
import { useNow } from '#renderer/ui/use-now.ts';
import { playTone } from './tone.ts';

const QUIET = { half: 1_800_000, hour: 3_600_000 } as const;

/** IN3: the tone, do not disturb, and which accounts and shops are heard of. */
export function NoticeSettings(props: {
  settings: Settings;
  onChange: (patch: ProcedureInput<'settings.set'>) => void;
}) {
  const { settings, onChange } = props;
  const { t, i18n } = useTranslation();
  const accounts = useLive((state) => state.accounts) ?? [];
  const until = settings.quiet_until ?? 0;
  const now = useNow(until > 0);
  const quiet = until > now;
  const off = new Set(settings.notices_off ?? []);
  const switched = (key: string, on: boolean): void => {
    const next = new Set(off);
    if (on) next.delete(key);
    else next.add(key);
    onChange({ notices_off: [...next] });
  };
  return (
    <>
      <div className="settings-line">
        <div>
          <p>{t('desk.notice.sound')}</p>
        </div>
        <span className="settings-pair">
          <Button size="small" look="quiet" onClick={playTone}>
            {t('desk.notice.soundTry')}
          </Button>
          <Switch
            label={t('desk.notice.sound')}
            checked={settings.notice_sound ?? true}
            disabled={!settings.notifications}
            onChange={(notice_sound) => onChange({ notice_sound })}
          />
        </span>
      </div>
      <div className="settings-line">
        <div>
          <p>{t('desk.notice.quiet')}</p>
          <p className="settings-note">
            {quiet && until !== QUIET_WITHOUT_END
              ? t('desk.notice.quietUntil', { time: formatTimeSeconds(until, currentLocale(i18n.language)) })
              : t('desk.notice.quietNote')}
          </p>
        </div>
        <Segmented
          label={t('desk.notice.quiet')}
          value={quiet ? (until === QUIET_WITHOUT_END ? 'always' : until - now > QUIET.half ? 'hour' : 'half') : 'off'}
          onChange={(choice) =>
            onChange({
              quiet_until:
                choice === 'off'
                  ? null
                  : choice === 'always'
                    ? QUIET_WITHOUT_END
                    : Math.round(Date.now() + QUIET[choice]),
            })
          }
          options={(['off', 'half', 'hour', 'always'] as const).map((value) => ({
            value,
            label: t(`desk.notice.quietFor.${value}`),
          }))}
        />
      </div>
      <fieldset className="settings-notices">
        <legend>{t('desk.notice.perShop')}</legend>
        <p className="settings-note">{t('desk.notice.perShopNote')}</p>
        <ul>
          {accounts.map((account) => (
            <li key={account.account_id}>
              <div className="settings-notice">
                <span className="foreign ellipsis">{t('desk.notice.wholeAccount', { name: account.label })}</span>
                <Switch
                  label={t('desk.notice.wholeAccount', { name: account.label })}
                  checked={!off.has(account.account_id)}
                  onChange={(on) => switched(account.account_id, on)}
                />
              </div>
              {account.shops.map((shop) => {
                const key = noticeKey(account.account_id, shop.shop_id);
                return (
                  <div key={key} className="settings-notice is-shop">
                    <span className="foreign ellipsis">{shop.name}</span>
                    <Switch
                      label={`${shop.name} · ${account.label}`}
                      checked={!off.has(account.account_id) && !off.has(key)}
                      disabled={off.has(account.account_id)}
                      onChange={(on) => switched(key, on)}
                    />
                  </div>
                );
              })}
            </li>
          ))}
        </ul>
      </fieldset>
    </>
  );
}
