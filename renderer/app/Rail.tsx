import { useTranslation } from 'react-i18next';
import type { ConnectionState } from '#shared/contract/views.ts';
import { waitingInAll } from '#shared/domain/desk/waiting.ts';
import { help } from '#renderer/bridge/help.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Hint, IconButton } from '#renderer/ui/Button.tsx';
import { Icon, type IconName } from '#renderer/ui/Icon.tsx';
import { Avatar, Dot, type Tone } from '#renderer/ui/marks.tsx';
import { go, usePlace, type Screen } from './store.ts';

export const CONNECTION_TONES: Readonly<Record<ConnectionState, { tone: Tone; hollow: boolean; pulsing: boolean }>> = {
  offline: { tone: 'offline', hollow: true, pulsing: false },
  connecting: { tone: 'waiting', hollow: true, pulsing: true },
  authenticating: { tone: 'waiting', hollow: true, pulsing: true },
  'catching-up': { tone: 'waiting', hollow: false, pulsing: true },
  live: { tone: 'done', hollow: false, pulsing: false },
  'backing-off': { tone: 'waiting', hollow: true, pulsing: false },
  kicked: { tone: 'failed', hollow: false, pulsing: false },
  refused: { tone: 'failed', hollow: false, pulsing: false },
};

const SCREENS: readonly {
  screen: Screen;
  icon: IconName;
  label:
    | 'overview'
    | 'reception'
    | 'records'
    | 'review'
    | 'incidents'
    | 'knowledge'
    | 'lessons'
    | 'administration'
    | 'connection';
}[] = [
  { screen: 'overview', icon: 'gauge', label: 'overview' },
  { screen: 'reception', icon: 'chat', label: 'reception' },
  { screen: 'records', icon: 'records', label: 'records' },
  { screen: 'review', icon: 'review', label: 'review' },
  { screen: 'incidents', icon: 'incident', label: 'incidents' },
  { screen: 'knowledge', icon: 'book', label: 'knowledge' },
  { screen: 'lessons', icon: 'lesson', label: 'lessons' },
  { screen: 'administration', icon: 'users', label: 'administration' },
  { screen: 'connection', icon: 'pulse', label: 'connection' },
];

/** Accounts and shops with connection and waiting numbers, then the screens, then settings. */
export function Rail() {
  const { t } = useTranslation();
  const accounts = useLive((state) => state.accounts) ?? [];
  const known = useLive((state) => state.accounts !== null);
  const screen = usePlace((state) => state.screen);
  const accountId = usePlace((state) => state.accountId);
  const shopId = usePlace((state) => state.shopId);
  const all = accountId === null && shopId === null;
  const whole = waitingInAll(accounts);
  return (
    <nav className={`rail ${known ? '' : 'is-unknown'}`} aria-label={t('nav.label')}>
      <ul className="rail-shops" aria-label={t('nav.accounts')}>
        <li>
          <Hint text={t('nav.allAccounts')} placement="right">
            <button
              type="button"
              className={`rail-shop ${all ? 'is-current' : ''}`}
              aria-pressed={all}
              aria-label={t('nav.allAccounts')}
              onClick={() => go.account(null, null)}
            >
              <span className="rail-all">{t('common.all')}</span>
              <Waiting count={whole} />
            </button>
          </Hint>
        </li>
        {accounts.flatMap((account) => {
          const tone = CONNECTION_TONES[account.state];
          const shops = account.shops.length > 0 ? account.shops : [null];
          return shops.map((shop) => {
            const current = account.account_id === accountId && (shop?.shop_id ?? null) === shopId;
            const name = shop?.name ?? account.label;
            const label = `${name} · ${account.label} · ${t(`connection.${account.state}`)}${shop && shop.waiting > 0 ? ` · ${t('nav.waiting', { count: shop.waiting })}` : ''}`;
            return (
              <li key={`${account.account_id}-${shop?.shop_id ?? ''}`}>
                <Hint text={label} placement="right">
                  <button
                    type="button"
                    className={`rail-shop ${current ? 'is-current' : ''}`}
                    aria-pressed={current}
                    aria-label={label}
                    onClick={() =>
                      go.account(current ? null : account.account_id, current ? null : (shop?.shop_id ?? null))
                    }
                  >
                    <Avatar name={name} size={34} square />
                    <span className="rail-dot">
                      <Dot {...tone} label={t(`connection.${account.state}`)} />
                    </span>
                    <Waiting count={shop?.waiting ?? 0} />
                  </button>
                </Hint>
              </li>
            );
          });
        })}
        <li>
          <IconButton
            icon="plus"
            label={t('nav.addAccount')}
            placement="right"
            className="rail-add"
            onClick={() => go.dialog('account')}
          />
        </li>
      </ul>
      <ul className="rail-screens">
        {SCREENS.map((one) => (
          <li key={one.screen}>
            <button
              type="button"
              className={`rail-screen ${screen === one.screen ? 'is-current' : ''}`}
              aria-current={screen === one.screen ? 'page' : undefined}
              onClick={() => go.to(one.screen)}
            >
              <Icon name={one.icon} size={19} />
              <span>{t(`nav.${one.label}`)}</span>
            </button>
          </li>
        ))}
      </ul>
      <div className="rail-foot">
        <IconButton icon="help" label={t('help.title')} placement="right" onClick={() => help.open()} />
        <IconButton icon="command" label={t('nav.palette')} placement="right" onClick={() => go.dialog('palette')} />
        <IconButton icon="settings" label={t('nav.settings')} placement="right" onClick={() => go.dialog('settings')} />
      </div>
    </nav>
  );
}

function Waiting(props: { count: number }) {
  if (props.count === 0) return null;
  return (
    <span className="rail-waiting num" aria-hidden="true">
      {props.count > 99 ? '99+' : props.count}
    </span>
  );
}
