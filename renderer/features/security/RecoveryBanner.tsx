import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Icon } from '#renderer/ui/Icon.tsx';

/** A real profile whose recovery key nobody has kept yet says so, from its first run on (ST1); once a session. */
export function RecoveryBanner(props: { onOpen: () => void }) {
  const { t } = useTranslation();
  const keys = useAsk('keys.state', {});
  const [later, setLater] = useState(false);
  const state = keys.data;
  if (later || state === null || !state.supported || (state.recovery?.confirmed_at ?? null) !== null) return null;
  return (
    <div className="welcome" role="region" aria-label={t('security.keys.recovery')}>
      <Icon name="info" />
      <p>{t('security.banner.text')}</p>
      <Button
        size="small"
        onClick={() => {
          setLater(true);
          props.onOpen();
        }}
      >
        {t('security.banner.open')}
      </Button>
      <Button size="small" look="quiet" onClick={() => setLater(true)}>
        {t('security.banner.later')}
      </Button>
    </div>
  );
}
