import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Tabs } from '#renderer/ui/Tabs.tsx';
import { isPermitted } from '#shared/domain/permissions.ts';
import { Cards } from './Cards.tsx';
import { Dashboard } from './Dashboard.tsx';
import { Practice } from './Practice.tsx';
import { ReviewList } from './ReviewList.tsx';
import { Samples } from './Samples.tsx';
import './review.css';

const TABS = ['samples', 'mine', 'appeals', 'dashboard', 'cards'] as const;
type Tab = (typeof TABS)[number];

/** 质检: samples and reviewing (QA2, QA3), one's own reviews and appeals, the dashboard (QA5), scorecards (QA1). */
export default function ReviewView(props: { rowHeight: number }) {
  const { t } = useTranslation();
  const accounts = useLive((state) => state.accounts);
  // Whoever may not review begins with what was written about them.
  const reviews =
    accounts === null ||
    accounts.length === 0 ||
    accounts.some(({ agent }) => isPermitted(agent?.role, 'review.write'));
  const [chosen, setChosen] = useState<Tab | null>(null);
  const tab = chosen ?? (reviews ? 'samples' : 'mine');
  const open = useAsk('reviews.list', { scope: 'all', appeals: ['open'], limit: 1, cursor: null });
  const { reload } = open;
  useEffect(() => bridge.subscribe('reviews', reload), [reload]);
  return (
    <main className="reviewing">
      <header className="ui-screen-head">
        <h1>{t('reviews.title')}</h1>
        <Tabs
          label={t('reviews.tabs')}
          value={tab}
          tabs={TABS.map((value) => ({
            value,
            label: t(`reviews.tab.${value}`),
            ...(value === 'appeals' && (open.data?.total ?? 0) > 0
              ? { count: open.data?.total ?? 0, attention: true }
              : {}),
          }))}
          onChange={setChosen}
        />
        <Practice />
      </header>
      {tab === 'samples' && <Samples rowHeight={props.rowHeight} />}
      {tab === 'mine' && <ReviewList key="mine" scope="mine" />}
      {tab === 'appeals' && <ReviewList key="appeals" scope="appeals" />}
      {tab === 'dashboard' && <Dashboard />}
      {tab === 'cards' && <Cards />}
    </main>
  );
}
