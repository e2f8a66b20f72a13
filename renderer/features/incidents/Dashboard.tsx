import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { serverNow, useLive } from '#renderer/bridge/live.ts';
import { Bars, type BarPart } from '#renderer/ui/Bars.tsx';
import { Segmented } from '#renderer/ui/fields.tsx';
import { dayKey, formatNumber, formatStamp } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import type { Tone } from '#renderer/ui/marks.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import type { RecallStatistic } from '#shared/domain/recall/statistics.ts';

const RANGES = { day: 1, week: 7, month: 30 } as const;
type Range = keyof typeof RANGES;
const DAY_MS = 86_400_000;
const OUTCOMES = ['both', 'maybe_seen', 'local_only', 'failed', 'expired'] as const;
const TONES: Readonly<Record<(typeof OUTCOMES)[number], Tone>> = {
  both: 'done',
  maybe_seen: 'waiting',
  local_only: 'accent',
  failed: 'failed',
  expired: 'offline',
};

/** RC22: recalls by outcome and reason, by agent, shop and day; who came near the limit. */
export function Dashboard() {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const accounts = useLive((state) => state.accounts);
  const account = accounts?.[0]?.account_id ?? null;
  const [range, setRange] = useState<Range>('week');
  // From the beginning of the first day to the end of today, by this desktop's days.
  const input = useMemo(() => {
    const today = new Date(serverNow(account));
    today.setHours(0, 0, 0, 0);
    const to = today.getTime() + DAY_MS;
    return { from: to - RANGES[range] * DAY_MS, to };
  }, [account, range]);
  const asked = useAsk('recall.dashboard', accounts === null ? null : input);
  const { reload } = asked;
  useEffect(() => bridge.subscribe('incidents', reload), [reload]);

  const parts = (row: RecallStatistic): BarPart[] =>
    OUTCOMES.map((outcome) => ({
      id: outcome,
      label: t(`incidents.dashboard.outcome.${outcome}`),
      tone: TONES[outcome],
      value: row.outcomes[outcome],
    }));
  const rate = (row: RecallStatistic): string =>
    row.sent === 0
      ? '–'
      : new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(row.recalls / row.sent);
  const value = (row: RecallStatistic): string => `${formatNumber(row.recalls, locale)} · ${rate(row)}`;

  const board = asked.data;
  return (
    <div className="incidents-list">
      <div className="incidents-filter">
        <Segmented
          label={t('incidents.dashboard.range')}
          value={range}
          onChange={setRange}
          options={(Object.keys(RANGES) as Range[]).map((each) => ({
            value: each,
            label: t(`incidents.dashboard.${each}`),
          }))}
        />
      </div>
      {board === null ? (
        asked.error?.code === 'NO_PERMISSION' ? (
          <StateMessage icon="info" title={t('incidents.dashboard.noPermission')} />
        ) : (
          <Pending error={asked.error} onRetry={reload} />
        )
      ) : (
        <div className="incidents-figures">
          <dl className="figures">
            <div>
              <dt>{t('incidents.dashboard.recalls')}</dt>
              <dd className="num">{formatNumber(board.total.recalls, locale)}</dd>
            </div>
            <div>
              <dt>{t('incidents.dashboard.rate')}</dt>
              <dd className="num">{rate(board.total)}</dd>
            </div>
            <div>
              <dt>{t('incidents.dashboard.sent')}</dt>
              <dd className="num">{formatNumber(board.total.sent, locale)}</dd>
            </div>
            <div>
              <dt>{t('incidents.dashboard.success')}</dt>
              <dd className="num">{formatNumber(board.total.outcomes.both, locale)}</dd>
            </div>
          </dl>
          {board.warnings.length > 0 && (
            <section>
              <h2>{t('incidents.dashboard.warnings')}</h2>
              <ul className="figures-warnings">
                {board.warnings.map((warning) => (
                  <li key={warning.agent.id}>
                    <Icon name="warning" size={14} />
                    {t('incidents.dashboard.warning', {
                      agent: warning.agent.name,
                      peak: warning.peak,
                      limit: warning.limit,
                      time: formatStamp(warning.at),
                    })}
                  </li>
                ))}
              </ul>
            </section>
          )}
          {board.total.recalls === 0 ? (
            <StateMessage icon="undo" title={t('incidents.dashboard.empty')} compact />
          ) : (
            <>
              <section>
                <h2>{t('incidents.dashboard.byDay')}</h2>
                <Bars
                  label={t('incidents.dashboard.byDay')}
                  legend={parts(board.total)}
                  rows={board.by_day.map((row) => ({
                    id: row.key,
                    label: <span className="num">{dayKey(Number(row.key)).slice(5)}</span>,
                    parts: parts(row),
                    value: value(row),
                  }))}
                />
              </section>
              {(['byAgent', 'byShop'] as const).map((group) => (
                <section key={group}>
                  <h2>{t(`incidents.dashboard.${group}`)}</h2>
                  <Bars
                    label={t(`incidents.dashboard.${group}`)}
                    rows={(group === 'byAgent' ? board.by_agent : board.by_shop).map((row) => ({
                      id: row.key,
                      label: row.name,
                      parts: parts(row),
                      value: value(row),
                    }))}
                  />
                </section>
              ))}
              <section>
                <h2>{t('incidents.dashboard.reasons')}</h2>
                {board.total.reasons.length === 0 ? (
                  <p className="is-soft">{t('incidents.dashboard.noReasons')}</p>
                ) : (
                  <Bars
                    label={t('incidents.dashboard.reasons')}
                    rows={board.total.reasons.map(({ code, count }) => ({
                      id: code,
                      label: `${errorWords({ code }).title} ${code}`,
                      parts: [{ id: code, label: code, tone: 'failed' as const, value: count }],
                      value: formatNumber(count, locale),
                    }))}
                  />
                )}
              </section>
            </>
          )}
        </div>
      )}
    </div>
  );
}
