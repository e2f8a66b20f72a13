import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { formatNumber } from '#renderer/ui/format.ts';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import { QUALITY_DAYS } from '#shared/contract/overview.ts';
import { ChartCard, Figure } from './cards.tsx';

const DAY_MS = 86_400_000;
const SHOWN = 12;

/** How far the samples under way have come, and what the last weeks' reviews say. */
export function Quality(props: { today: number; asTable: boolean; onScreen: (screen: 'review') => void }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const samples = useAsk('samples.list', {});
  const range = useMemo(
    () => ({ from: props.today - (QUALITY_DAYS - 1) * DAY_MS, to: props.today + DAY_MS }),
    [props.today],
  );
  const board = useAsk('reviews.dashboard', range);
  const appeals = useAsk('reviews.list', { scope: 'all', appeals: ['open'], limit: 1, cursor: null });
  const [reloadSamples, reloadBoard, reloadAppeals] = [samples.reload, board.reload, appeals.reload];
  useEffect(
    () =>
      bridge.subscribe('reviews', () => {
        reloadSamples();
        reloadBoard();
        reloadAppeals();
      }),
    [reloadSamples, reloadBoard, reloadAppeals],
  );
  const error = samples.error ?? board.error;
  if (samples.data === null || board.data === null)
    return error ? (
      <ErrorState
        words={errorWords(error)}
        code={error.code}
        retry={t('common.retry')}
        onRetry={() => {
          reloadSamples();
          reloadBoard();
        }}
      />
    ) : (
      <LoadingState label={t('common.loading')} />
    );
  const open = samples.data.samples.filter(({ closed_at }) => closed_at === null).slice(0, SHOWN);
  const { figures } = board.data;
  const waiting = appeals.data?.total ?? 0;
  return (
    <>
      <ul className="overview-figures">
        <Figure
          label={t('overview.quality.samples')}
          value={
            open.length === 0
              ? t('overview.none')
              : `${formatNumber(
                  open.reduce((sum, { reviewed }) => sum + reviewed, 0),
                  locale,
                )} / ${formatNumber(
                  open.reduce((sum, { size }) => sum + size, 0),
                  locale,
                )}`
          }
          onOpen={() => props.onScreen('review')}
          note={t('overview.quality.go')}
        />
        <Figure label={t('overview.quality.reviews')} value={formatNumber(figures.reviews, locale)} />
        <Figure
          label={t('overview.quality.mean')}
          value={figures.mean === null ? t('overview.none') : String(figures.mean)}
        />
        <Figure
          label={t('overview.quality.fatal')}
          value={formatNumber(figures.fatal, locale)}
          tone={figures.fatal > 0 ? 'failed' : undefined}
        />
        <Figure
          label={t('overview.quality.appeals')}
          value={formatNumber(waiting, locale)}
          tone={waiting > 0 ? 'waiting' : undefined}
        />
      </ul>
      <div className="overview-cards">
        {open.length === 0 ? (
          <section className="overview-card">
            <header>
              <h2>{t('overview.quality.samples')}</h2>
            </header>
            <StateMessage
              compact
              icon="review"
              title={t('overview.quality.none')}
              note={t('overview.quality.noneNote')}
            >
              <Button size="small" onClick={() => props.onScreen('review')}>
                {t('overview.quality.go')}
              </Button>
            </StateMessage>
          </section>
        ) : (
          <ChartCard
            asTable={props.asTable}
            kind="stacked"
            horizontal
            title={t('overview.quality.samples')}
            labelTitle={t('overview.quality.sample')}
            labels={open.map(({ name }) => name)}
            series={[
              {
                id: 'done',
                label: t('overview.quality.done'),
                tone: 'done',
                values: open.map(({ reviewed }) => reviewed),
              },
              {
                id: 'left',
                label: t('overview.quality.left'),
                tone: 'offline',
                values: open.map(({ size, reviewed }) => size - reviewed),
              },
            ]}
          />
        )}
        {figures.reviews > 0 && (
          <>
            <ChartCard
              asTable={props.asTable}
              kind="line"
              title={t('overview.quality.byWeek')}
              labelTitle={t('overview.quality.week')}
              labels={figures.by_week.map(({ week }) => week)}
              series={[
                {
                  id: 'mean',
                  label: t('overview.quality.score'),
                  tone: 'accent',
                  values: figures.by_week.map(({ mean }) => mean),
                },
              ]}
              max={100}
            />
            <ChartCard
              asTable={props.asTable}
              kind="bar"
              horizontal
              title={t('overview.quality.byAgent')}
              labelTitle={t('overview.team.name')}
              labels={figures.by_agent.slice(0, SHOWN).map(({ agent }) => agent)}
              series={[
                {
                  id: 'mean',
                  label: t('overview.quality.score'),
                  tone: 'accent',
                  values: figures.by_agent.slice(0, SHOWN).map(({ mean }) => mean),
                },
              ]}
              max={100}
            />
          </>
        )}
      </div>
    </>
  );
}
