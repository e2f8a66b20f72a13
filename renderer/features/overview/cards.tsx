import { useCallback, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { serverNow } from '#renderer/bridge/live.ts';
import { base64Of, saveFile } from '#renderer/bridge/save.ts';
import { IconButton } from '#renderer/ui/Button.tsx';
import { Chart, type ChartHandle, type ChartProps } from '#renderer/ui/Chart.tsx';
import { formatWaited } from '#renderer/ui/format.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { useNow } from '#renderer/ui/use-now.ts';
import { currentLocale, errorLine, errorWords } from '#renderer/ui/words.ts';
import type { OutcomeCounts } from '#shared/contract/overview.ts';
import type { AccountId } from '#shared/domain/ids.ts';

export const OUTCOMES = ['both', 'maybe_seen', 'local_only', 'failed', 'expired'] as const;
export const OUTCOME_TONES = {
  both: 'done',
  maybe_seen: 'waiting',
  local_only: 'accent',
  failed: 'failed',
  expired: 'offline',
} as const;

export const totalOf = (counts: OutcomeCounts): number =>
  OUTCOMES.reduce((total, outcome) => total + counts[outcome], 0);

/** Outcomes in words, those that happened. */
export function useOutcomeWords(): (counts: OutcomeCounts) => string {
  const { t } = useTranslation();
  return useCallback(
    (counts) =>
      OUTCOMES.filter((outcome) => counts[outcome] > 0)
        .map((outcome) => `${t(`overview.outcome.${outcome}`)} ${counts[outcome]}`)
        .join(' · '),
    [t],
  );
}

/** One number with what it is and what stands behind it. `tone` only where it asks for attention. */
export function Figure(props: {
  label: string;
  value: ReactNode;
  note?: ReactNode;
  tone?: 'waiting' | 'failed' | 'done' | undefined;
  onOpen?: (() => void) | undefined;
}) {
  const body = (
    <>
      <span className="overview-figure-label">{props.label}</span>
      <span className={`overview-figure-value num ${props.tone ? `is-${props.tone}` : ''}`}>{props.value}</span>
      <span className="overview-figure-note ellipsis" title={typeof props.note === 'string' ? props.note : undefined}>
        {props.note}
      </span>
    </>
  );
  return (
    <li>
      {props.onOpen ? (
        <button type="button" className="overview-figure" onClick={props.onOpen}>
          {body}
        </button>
      ) : (
        <div className="overview-figure">{body}</div>
      )}
    </li>
  );
}

/** How long somebody has waited, by the gateway's clock, running. */
export function Waited(props: { since: number; account: AccountId | null }) {
  const { i18n } = useTranslation();
  useNow();
  const passed = Math.max(0, serverNow(props.account) - props.since);
  return <>{formatWaited(passed, currentLocale(i18n.language))}</>;
}

/** A chart with its heading and the way to keep it as a picture. */
export function ChartCard(props: Omit<ChartProps, 'ref'>) {
  const { t } = useTranslation();
  const chart = useRef<ChartHandle>(null);
  const save = async (): Promise<void> => {
    const blob = await chart.current?.toPng();
    if (!blob) return;
    const png = await base64Of(blob);
    const answer = await saveFile(`${props.title}.png`, (target) => bridge.call('pictures.save', { target, png }));
    if (answer === null) return;
    if (answer.ok) return toast({ tone: 'done', text: t('overview.saved') });
    const words = errorWords(answer.error);
    toast({ tone: 'failed', text: words.title, note: errorLine(words) });
  };
  return (
    <section className="overview-card">
      <header>
        <h2>{props.title}</h2>
        {!props.asTable && (
          <IconButton
            icon="image"
            iconSize={14}
            label={t('overview.picture', { title: props.title })}
            onClick={() => void save()}
          />
        )}
      </header>
      <Chart {...props} ref={chart} height={props.horizontal ? Math.max(132, 52 + props.labels.length * 28) : 208} />
    </section>
  );
}
