import { useTranslation } from 'react-i18next';
import type { DayLine } from '#shared/contract/overview.ts';
import { dayKey } from '#renderer/ui/format.ts';
import { ChartCard } from './cards.tsx';

/** The last week, as two charts: consumers served, and messages both ways. */
export function DayCharts(props: { days: readonly DayLine[]; asTable: boolean }) {
  const { t } = useTranslation();
  const labels = props.days.map(({ at }) => dayKey(at).slice(5));
  return (
    <>
      <ChartCard
        asTable={props.asTable}
        kind="bar"
        title={t('overview.days.title')}
        labelTitle={t('overview.days.day')}
        labels={labels}
        series={[
          {
            id: 'receptions',
            label: t('overview.days.receptions'),
            tone: 'accent',
            values: props.days.map(({ receptions }) => receptions),
          },
          {
            id: 'unanswered',
            label: t('overview.days.unanswered'),
            tone: 'waiting',
            values: props.days.map(({ unanswered }) => unanswered),
          },
        ]}
      />
      <ChartCard
        asTable={props.asTable}
        kind="line"
        title={t('overview.messages.title')}
        labelTitle={t('overview.days.day')}
        labels={labels}
        series={[
          {
            id: 'incoming',
            label: t('overview.messages.incoming'),
            values: props.days.map(({ incoming }) => incoming),
          },
          {
            id: 'outgoing',
            label: t('overview.messages.outgoing'),
            values: props.days.map(({ outgoing }) => outgoing),
          },
        ]}
      />
    </>
  );
}
