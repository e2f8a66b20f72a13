import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Segmented } from '#renderer/ui/fields.tsx';
import { formatDuration, formatNumber } from '#renderer/ui/format.ts';
import { currentLocale } from '#renderer/ui/words.ts';
import type { OverviewMine, WaitingLine } from '#shared/contract/overview.ts';
import { Figure, totalOf, useOutcomeWords, Waited } from './cards.tsx';
import { DayCharts } from './DayCharts.tsx';
import { Queue } from './Queue.tsx';

/** An agent's own day: who waits for me, what came of it, how it was judged. */
export function Mine(props: {
  mine: readonly OverviewMine[];
  asTable: boolean;
  onOpen: (line: WaitingLine) => void;
  onScreen: (screen: 'waiting' | 'incidents' | 'review') => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const outcomes = useOutcomeWords();
  const [chosen, setChosen] = useState<string | null>(null);
  const me = props.mine.find(({ account_id }) => account_id === chosen) ?? props.mine[0];
  if (me === undefined) return null;
  const recalls = totalOf(me.recalls);
  return (
    <>
      {props.mine.length > 1 && (
        <div className="overview-accounts">
          <Segmented
            label={t('overview.account')}
            value={me.account_id}
            onChange={setChosen}
            options={props.mine.map(({ account_id, agent }) => ({ value: account_id as string, label: agent.name }))}
          />
        </div>
      )}
      <ul className="overview-figures is-eight">
        <Figure
          label={t('overview.figure.unreplied')}
          value={formatNumber(me.unreplied, locale)}
          tone={me.unreplied > 0 ? 'waiting' : undefined}
          note={t('overview.figure.unrepliedNote', { active: formatNumber(me.active, locale) })}
        />
        <Figure
          label={t('overview.figure.longest')}
          value={
            me.unreplied_since === null ? (
              t('overview.none')
            ) : (
              <Waited since={me.unreplied_since} account={me.account_id} />
            )
          }
          note={t(me.unreplied_since === null ? 'overview.figure.longestNone' : 'overview.figure.longestMine')}
        />
        <Figure
          label={t('overview.figure.waiting')}
          value={formatNumber(me.waiting, locale)}
          onOpen={() => props.onScreen('waiting')}
          note={
            me.waiting === 0 || me.waiting_since === null ? t('overview.figure.waitingNone') : t('overview.queue.claim')
          }
        />
        <Figure
          label={t('overview.figure.receptions')}
          value={formatNumber(me.receptions, locale)}
          note={t('overview.figure.receptionsNote', {
            incoming: formatNumber(me.incoming, locale),
            outgoing: formatNumber(me.outgoing, locale),
          })}
        />
        <Figure
          label={t('overview.figure.response')}
          value={
            me.median_first_response_ms === null
              ? t('overview.none')
              : formatDuration(me.median_first_response_ms, locale)
          }
          note={
            me.unanswered > 0
              ? t('overview.figure.unanswered', { count: me.unanswered })
              : t('overview.figure.responseNote')
          }
        />
        <Figure
          label={t('overview.figure.recalls')}
          value={formatNumber(recalls, locale)}
          note={recalls === 0 ? t('overview.figure.recallsNone') : outcomes(me.recalls)}
        />
        <Figure
          label={t('overview.figure.incidents')}
          value={formatNumber(me.incidents, locale)}
          tone={me.incidents > 0 ? 'failed' : undefined}
          onOpen={() => props.onScreen('incidents')}
          note={
            me.incidents === 0
              ? t('overview.figure.incidentsNone')
              : t('overview.figure.incidentsNote', { drafts: me.drafts })
          }
        />
        <Figure
          label={t('overview.figure.score')}
          value={me.score === null ? t('overview.none') : String(me.score)}
          onOpen={() => props.onScreen('review')}
          note={
            me.reviews === 0 ? t('overview.figure.scoreNone') : t('overview.figure.scoreNote', { count: me.reviews })
          }
        />
      </ul>
      <div className="overview-cards">
        <Queue
          title={t('overview.queue.mine')}
          empty={t('overview.queue.mineNone')}
          emptyNote={t('overview.queue.mineNoneNote')}
          lines={me.queue}
          account={me.account_id}
          onOpen={props.onOpen}
        />
        <DayCharts days={me.days} asTable={props.asTable} />
      </div>
    </>
  );
}
