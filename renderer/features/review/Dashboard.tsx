import { useEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { serverNow, useLive } from '#renderer/bridge/live.ts';
import { base64Of, saveFile } from '#renderer/bridge/save.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { Chart, type ChartHandle, type ChartProps } from '#renderer/ui/Chart.tsx';
import { Segmented, Switch } from '#renderer/ui/fields.tsx';
import { dayKey, formatNumber } from '#renderer/ui/format.ts';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale } from '#renderer/ui/words.ts';
import { useSayFailure } from './say.ts';

const RANGES = { week: 7, month: 30, quarter: 90 } as const;
type Range = keyof typeof RANGES;
const DAY_MS = 86_400_000;
/** Bars of agents or criteria that fit on a picture. */
const SHOWN = 30;

/** QA5: scores by agent, criterion and week, defects found, agreement of reviewers. */
export function Dashboard() {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const sayFailure = useSayFailure();
  const account = useLive((state) => state.accounts?.[0]?.account_id ?? null);
  const [range, setRange] = useState<Range>('month');
  const [asTable, setAsTable] = useState(false);
  const input = useMemo(() => {
    const today = new Date(serverNow(account));
    today.setHours(0, 0, 0, 0);
    const to = today.getTime() + DAY_MS;
    return { from: to - RANGES[range] * DAY_MS, to };
  }, [account, range]);
  const asked = useAsk('reviews.dashboard', input);
  const { reload } = asked;
  useEffect(() => {
    const stop = [bridge.subscribe('reviews', reload), bridge.subscribe('accounts', reload)];
    return () => {
      for (const end of stop) end();
    };
  }, [reload]);

  const exportFigures = async (): Promise<void> => {
    const day = dayKey(serverNow(account)).replaceAll('-', '');
    const answer = await saveFile(`${t('reviews.title')}-${day}.xlsx`, (target) =>
      bridge.call('reviews.export', { ...input, target }),
    );
    if (answer === null) return;
    if (answer.ok) toast({ tone: 'done', text: t('reviews.dashboard.saved') });
    else sayFailure(answer.error);
  };

  const figures = asked.data?.figures;
  const percent = (value: number): string =>
    new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(value);
  return (
    <div className="reviewing-page">
      <div className="reviewing-bar">
        <Segmented
          label={t('reviews.dashboard.range')}
          value={range}
          onChange={setRange}
          options={(Object.keys(RANGES) as Range[]).map((value) => ({ value, label: t(`reviews.dashboard.${value}`) }))}
        />
        <Switch label={t('reviews.dashboard.table')} checked={asTable} onChange={setAsTable} />
        <span aria-hidden="true">{t('reviews.dashboard.table')}</span>
        <span className="reviewing-space" />
        <Button icon="download" disabled={(figures?.reviews ?? 0) === 0} onClick={() => void exportFigures()}>
          {t('reviews.dashboard.exportXlsx')}
        </Button>
      </div>
      {figures === undefined ? (
        asked.error?.code === 'NO_PERMISSION' ? (
          <StateMessage icon="info" title={t('reviews.noPermission')} note={t('reviews.noPermissionNote')} />
        ) : (
          <Pending error={asked.error} onRetry={reload} />
        )
      ) : figures.reviews === 0 ? (
        <StateMessage icon="review" title={t('reviews.dashboard.empty')} />
      ) : (
        <div className="review-figures" tabIndex={0} role="region" aria-label={t('reviews.tab.dashboard')}>
          <dl className="review-numbers">
            <Figure label={t('reviews.dashboard.reviews')} value={formatNumber(figures.reviews, locale)} />
            <Figure label={t('reviews.dashboard.mean')} value={figures.mean === null ? '–' : String(figures.mean)} />
            <Figure label={t('reviews.dashboard.fatal')} value={formatNumber(figures.fatal, locale)} />
            <Figure
              label={t('reviews.dashboard.appeals')}
              value={t('reviews.dashboard.appealsNote', { ...figures.appeals })}
              small
            />
          </dl>
          <div className="review-charts">
            <ChartCard
              asTable={asTable}
              kind="bar"
              horizontal
              title={t('reviews.dashboard.byAgent')}
              labelTitle={t('reviews.dashboard.agent')}
              labels={figures.by_agent.slice(0, SHOWN).map(({ agent }) => agent)}
              series={[
                {
                  id: 'mean',
                  label: t('reviews.dashboard.score'),
                  tone: 'accent',
                  values: figures.by_agent.slice(0, SHOWN).map(({ mean }) => mean),
                },
              ]}
              max={100}
            />
            <ChartCard
              asTable={asTable}
              kind="line"
              title={t('reviews.dashboard.byWeek')}
              labelTitle={t('reviews.dashboard.weekOf')}
              labels={figures.by_week.map(({ week }) => week)}
              series={[
                {
                  id: 'mean',
                  label: t('reviews.dashboard.score'),
                  tone: 'accent',
                  values: figures.by_week.map(({ mean }) => mean),
                },
              ]}
              max={100}
            />
            <ChartCard
              asTable={asTable}
              kind="bar"
              horizontal
              title={t('reviews.dashboard.byCriterion')}
              labelTitle={t('reviews.dashboard.criterion')}
              labels={figures.by_criterion.map(({ criterion }) => criterion)}
              series={[
                {
                  id: 'share',
                  label: t('reviews.dashboard.share'),
                  tone: 'done',
                  values: figures.by_criterion.map(({ share }) => share),
                },
              ]}
              max={1}
              format={percent}
            />
            <ChartCard
              asTable={asTable}
              kind="bar"
              horizontal
              title={t('reviews.dashboard.defects')}
              labelTitle={t('reviews.dashboard.criterion')}
              labels={figures.by_criterion.map(({ criterion }) => criterion)}
              series={[
                {
                  id: 'defects',
                  label: t('reviews.dashboard.count'),
                  tone: 'failed',
                  values: figures.by_criterion.map(({ defects }) => defects),
                },
              ]}
            />
            {figures.by_tag.length > 0 && (
              <ChartCard
                asTable={asTable}
                kind="bar"
                title={t('reviews.dashboard.tags')}
                labelTitle={t('reviews.dashboard.tag')}
                labels={figures.by_tag.slice(0, SHOWN).map(({ tag }) => tag)}
                series={[
                  {
                    id: 'tags',
                    label: t('reviews.dashboard.count'),
                    tone: 'waiting',
                    values: figures.by_tag.slice(0, SHOWN).map(({ reviews }) => reviews),
                  },
                ]}
              />
            )}
            <section className="review-card">
              <h2>{t('reviews.dashboard.agreement')}</h2>
              <p className="is-soft">{t('reviews.dashboard.agreementNote')}</p>
              {figures.agreement.length === 0 ? (
                <p>{t('reviews.dashboard.noAgreement')}</p>
              ) : (
                <div className="ui-chart-table">
                  <table>
                    <thead>
                      <tr>
                        <th scope="col">{t('reviews.dashboard.pair')}</th>
                        <th scope="col">{t('reviews.dashboard.receptions')}</th>
                        <th scope="col">{t('reviews.dashboard.difference')}</th>
                        <th scope="col">{t('reviews.dashboard.kappa')}</th>
                      </tr>
                    </thead>
                    <tbody>
                      {figures.agreement.map((row) => (
                        <tr key={`${row.a}\n${row.b}`}>
                          <th scope="row" className="foreign">
                            {row.a} – {row.b}
                          </th>
                          <td className="num">{row.receptions}</td>
                          <td className="num">{row.difference}</td>
                          <td className="num">{row.kappa ?? '–'}</td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              )}
            </section>
          </div>
        </div>
      )}
    </div>
  );
}

function Figure(props: { label: string; value: ReactNode; small?: boolean }) {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd className={`num ${props.small ? 'is-small' : ''}`}>{props.value}</dd>
    </div>
  );
}

/** A chart with its heading and the way to keep it as a picture. */
function ChartCard(props: Omit<ChartProps, 'ref'>) {
  const { t } = useTranslation();
  const sayFailure = useSayFailure();
  const chart = useRef<ChartHandle>(null);
  return (
    <section className="review-card">
      <header>
        <h2>{props.title}</h2>
        {!props.asTable && (
          <IconButton
            icon="image"
            iconSize={14}
            label={`${t('reviews.dashboard.picture')}：${props.title}`}
            onClick={() => void savePicture(chart, props.title, t('reviews.dashboard.saved'), sayFailure)}
          />
        )}
      </header>
      <Chart {...props} ref={chart} height={props.horizontal ? Math.max(120, 44 + props.labels.length * 26) : 220} />
    </section>
  );
}

async function savePicture(
  chart: RefObject<ChartHandle | null>,
  title: string,
  said: string,
  sayFailure: ReturnType<typeof useSayFailure>,
): Promise<void> {
  const blob = await chart.current?.toPng();
  if (!blob) return;
  const png = await base64Of(blob);
  const answer = await saveFile(`${title}.png`, (target) => bridge.call('pictures.save', { target, png }));
  if (answer === null) return;
  if (answer.ok) toast({ tone: 'done', text: said });
  else sayFailure(answer.error);
}
