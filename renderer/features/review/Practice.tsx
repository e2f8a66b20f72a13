import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Hint } from '#renderer/ui/Button.tsx';
import { useSayFailure } from './say.ts';

const ROLES = ['agent', 'qa', 'admin'] as const;

/** UX5: in the practice shop, colleagues of other roles sign in to the same window, so that every part can be trained. */
export function Practice() {
  const { t } = useTranslation();
  const practice = useLive((state) => state.info?.practice ?? false);
  const accounts = useLive((state) => state.accounts);
  const sayFailure = useSayFailure();
  if (!practice || accounts === null) return null;
  return (
    <Hint text={t('reviews.practice.note')} placement="bottom">
      <div className="reviewing-practice" role="group" aria-label={t('reviews.practice.title')}>
        <span className="is-soft">{t('reviews.practice.title')}</span>
        {ROLES.map((role) => {
          const joined = accounts.some(({ account_id }) => account_id === `practice-${role}`);
          return (
            <button
              key={role}
              type="button"
              className={`reviewing-role ${joined ? 'is-on' : ''}`}
              aria-pressed={joined}
              onClick={() =>
                void bridge
                  .call('practice.join', { role, joined: !joined })
                  .then((answer) => !answer.ok && sayFailure(answer.error))
              }
            >
              {t(`reviews.practice.${role}`)}
            </button>
          );
        })}
      </div>
    </Hint>
  );
}
