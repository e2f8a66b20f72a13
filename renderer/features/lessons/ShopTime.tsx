import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PRACTICE_JUMPS, PRACTICE_SPEEDS } from '#shared/contract/training.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Segmented } from '#renderer/ui/fields.tsx';
import { formatDuration, formatStamp } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Menu, menuAnchor, type MenuAnchor } from '#renderer/ui/Menu.tsx';
import { currentLocale } from '#renderer/ui/words.ts';
import { setShopTime, useShopTime } from './use-shop-time.ts';
import './lessons.css';

const JUMP_NAMES = ['window', 'minutes', 'hour', 'day', 'session', 'retention'] as const;
const SPEED_NAMES = ['real', 'ten', 'sixty'] as const;

/** Above every screen while the practice shop's time is not the real one: which it is, and the way back (IN5). */
export function ShopTimeStrip() {
  const { t, i18n } = useTranslation();
  const time = useShopTime();
  if (time === null || !time.differs) return null;
  return (
    <section className="shop-time-strip" aria-label={t('training.time.strip')}>
      <Icon name="clock" />
      <strong className="num">{t('training.time.now', { time: formatStamp(time.now) })}</strong>
      <span className="num">
        {t('training.time.ahead', { duration: formatDuration(time.ahead_ms, currentLocale(i18n.language)) })}
      </span>
      {time.speed !== 1 && <span className="num">{t('training.time.fast', { speed: time.speed })}</span>}
      <span className="shop-time-acts">
        {time.speed !== 1 && (
          <Button size="small" onClick={() => void setShopTime({ what: 'run', speed: 1 })}>
            {t('training.time.slow')}
          </Button>
        )}
        <Button
          size="small"
          look="quiet"
          title={t('training.time.backNote')}
          onClick={() => void setShopTime({ what: 'back' })}
        >
          {t('training.time.back')}
        </Button>
      </span>
    </section>
  );
}

/** Where it is set: jumps, and how fast it runs. */
export function ShopTimePanel() {
  const { t } = useTranslation();
  const time = useShopTime();
  const [menu, setMenu] = useState<MenuAnchor | null>(null);
  if (time === null) return null;
  return (
    <section aria-labelledby="shop-time">
      <h2 id="shop-time">{t('training.time.title')}</h2>
      <p className="lesson-quiet">{t('training.time.note')}</p>
      <div className="shop-time-line">
        <span className="num">{t('training.time.now', { time: formatStamp(time.now) })}</span>
        <Button icon="clock" aria-haspopup="menu" onClick={(event) => setMenu(menuAnchor(event))}>
          {t('training.time.jump')}
        </Button>
        <Segmented
          label={t('training.time.speed')}
          value={String(time.speed)}
          onChange={(value) => {
            const speed = PRACTICE_SPEEDS.find((each) => String(each) === value);
            if (speed !== undefined) void setShopTime({ what: 'run', speed });
          }}
          options={PRACTICE_SPEEDS.map((speed, index) => ({
            value: String(speed),
            label: t(`training.time.speeds.${SPEED_NAMES[index] ?? 'real'}`),
          }))}
        />
      </div>
      {menu && (
        <Menu
          anchor={menu}
          label={t('training.time.jump')}
          onClose={() => setMenu(null)}
          items={PRACTICE_JUMPS.map((ms, index) => ({
            id: String(ms),
            label: t(`training.time.jumps.${JUMP_NAMES[index] ?? 'hour'}`),
            onSelect: () => void setShopTime({ what: 'jump', ms }),
          }))}
        />
      )}
    </section>
  );
}
