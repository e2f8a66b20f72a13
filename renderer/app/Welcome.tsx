import { lazy, Suspense, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '#renderer/bridge/live.ts';
import type { TourStep } from '#renderer/features/tour/Tour.tsx';
import { Button } from '#renderer/ui/Button.tsx';
import { Icon } from '#renderer/ui/Icon.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { changeSettings } from './dialogs.tsx';
import { isMac, shownKeys } from './shortcuts.ts';
import { go } from './store.ts';

const Tour = lazy(() => import('#renderer/features/tour/Tour.tsx').then((module) => ({ default: module.Tour })));

const showStep = (step: TourStep): void => {
  if (step === 'waiting') {
    go.intake('waiting');
    go.to('reception');
  } else if (step === 'reply' || step === 'recall') go.to('reception');
  else if (step === 'records' || step === 'overview') go.to(step);
};

/** UX5: the practice shop works at once; one strip says so, once, and begins the tour, a real shop or an import. */
export function Welcome() {
  const { t } = useTranslation();
  const first = useLive((state) => state.settings !== null && !state.settings.first_run_done);
  const step = useLive((state) => state.settings?.tour_step ?? null);
  const practice = useLive((state) => state.info?.practice ?? false);
  const end = useCallback(() => void changeSettings({ tour_step: null, first_run_done: true }), []);
  const turn = useCallback((to: number) => void changeSettings({ tour_step: to }), []);
  const later = useCallback(() => {
    // Where it was stays known; a whole number with its sign turned is one that was put away.
    const now = useLive.getState().settings?.tour_step ?? 0;
    void changeSettings({ tour_step: -1 - Math.max(0, now), first_run_done: true });
    toast({ tone: 'done', text: t('overview.tour.put') });
  }, [t]);
  if (step !== null && step >= 0)
    return (
      <Suspense>
        <Tour
          step={step}
          onStep={turn}
          onShow={showStep}
          onLater={later}
          onEnd={end}
          keys={shownKeys('palette', isMac())}
        />
      </Suspense>
    );
  if (!practice || !first) return null;
  return (
    <div className="welcome" role="region" aria-label={t('welcome.title')}>
      <Icon name="info" />
      <p>
        <strong>{t('welcome.title')}</strong> <span className="welcome-more">{t('welcome.text')}</span>
      </p>
      <Button size="small" look="primary" onClick={() => turn(0)}>
        {t('overview.tour.start')}
      </Button>
      <Button size="small" onClick={() => go.dialog('account')}>
        {t('welcome.connect')}
      </Button>
      <Button size="small" look="quiet" onClick={() => go.searchNumbers([], 'import')}>
        {t('overview.welcomeImport')}
      </Button>
      <Button size="small" look="quiet" onClick={() => void changeSettings({ first_run_done: true })}>
        {t('welcome.close')}
      </Button>
    </div>
  );
}

/** Takes the tour up where it was put away. */
export function resumeTour(): void {
  const kept = useLive.getState().settings?.tour_step ?? null;
  go.dialog(null);
  void changeSettings({ tour_step: kept === null ? 0 : kept < 0 ? -1 - kept : kept });
}
