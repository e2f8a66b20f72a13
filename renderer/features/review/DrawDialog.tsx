import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive, serverNow } from '#renderer/bridge/live.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { DateRange } from '#renderer/ui/DateRange.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input, MultiSelect, Segmented, Select, Switch } from '#renderer/ui/fields.tsx';
import { dayKey } from '#renderer/ui/format.ts';
import { errorWords } from '#renderer/ui/words.ts';
import type { ReviewSampleView } from '#shared/contract/reviews.ts';
import { RISKS, type Risk, type SampleSpec } from '#shared/domain/review/sample.ts';
import { useSayFailure } from './say.ts';

const DAY_MS = 86_400_000;
const METHODS = ['random', 'quota', 'risk'] as const;
const RANGES = { today: 1, week: 7, month: 30 } as const;
type Range = keyof typeof RANGES | 'custom';

const whole = (text: string, least: number, most: number): number =>
  Math.max(least, Math.min(most, Math.round(Number(text)) || least));

/** QA2: what to draw from, how, and how many come out, before anything is kept. */
export function DrawDialog(props: { onClose: () => void; onDrawn: (sample: ReviewSampleView) => void }) {
  const { t } = useTranslation();
  const account = useLive((state) => state.accounts?.[0]?.account_id ?? null);
  const sayFailure = useSayFailure();
  const cards = useAsk('scorecards.list', {});
  const [today] = useState(() => {
    const day = new Date(serverNow(account));
    day.setHours(0, 0, 0, 0);
    return day.getTime();
  });
  const [method, setMethod] = useState<SampleSpec['method']>('random');
  const [range, setRange] = useState<Range>('month');
  const [custom, setCustom] = useState<{ from: number; to: number } | null>(null);
  const [size, setSize] = useState('20');
  const [perAgent, setPerAgent] = useState('5');
  const [risks, setRisks] = useState<readonly Risk[]>(RISKS);
  const [longWait, setLongWait] = useState('300');
  const [agents, setAgents] = useState<readonly string[]>([]);
  const [ended, setEnded] = useState(false);
  const [seed, setSeed] = useState(() => dayKey(today));
  const [name, setName] = useState<string | null>(null);
  const [card, setCard] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState(false);

  const usualName = t('reviews.drawing.usualName', { date: dayKey(today), method: t(`reviews.method.${method}`) });
  const times = useMemo(
    () =>
      range === 'custom'
        ? (custom ?? { from: today, to: today + DAY_MS })
        : { from: today + DAY_MS - RANGES[range] * DAY_MS, to: today + DAY_MS },
    [range, custom, today],
  );
  const spec = useMemo(
    () => ({
      method,
      size: whole(size, 1, 2_000),
      ...(method === 'quota' ? { per_agent: whole(perAgent, 1, 500) } : {}),
      ...(method === 'risk' ? { risks: [...risks] } : {}),
      long_wait_s: whole(longWait, 1, 86_400),
      ...times,
      ...(agents.length === 0 ? {} : { agents: [...agents] }),
      ended_only: ended,
    }),
    [method, size, perAgent, risks, longWait, times, agents, ended],
  );
  const preview = useAsk('samples.preview', { spec, seed: seed.trim() || '1' });
  const known = useAsk('search.agents', { slot: 'review-agents', query: { from: times.from, to: times.to } });
  const chosen =
    cards.data?.cards.find(({ card_id }) => card_id === card) ??
    (card === undefined ? cards.data?.cards[0] : undefined);

  const draw = async (): Promise<void> => {
    if (chosen === undefined) return;
    setBusy(true);
    const answer = await bridge.call('samples.draw', {
      name: (name ?? usualName).trim() || usualName,
      card: { card_id: chosen.card_id, version: chosen.version },
      spec,
      seed: seed.trim() || '1',
    });
    setBusy(false);
    if (answer.ok) props.onDrawn(answer.result);
    else sayFailure(answer.error);
  };
  return (
    <Dialog
      open
      title={t('reviews.drawing.title')}
      width={560}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>{t('common.cancel')}</Button>
          <Button
            look="primary"
            busy={busy}
            disabled={(preview.data?.size ?? 0) === 0 || chosen === undefined}
            onClick={() => void draw()}
          >
            {t('reviews.drawing.confirm')}
          </Button>
        </>
      }
    >
      <form
        className="form review-draw"
        onSubmit={(event) => {
          event.preventDefault();
          if ((preview.data?.size ?? 0) > 0) void draw();
        }}
      >
        <Field label={t('reviews.drawing.method')}>
          <Segmented
            label={t('reviews.drawing.method')}
            value={method}
            onChange={setMethod}
            options={METHODS.map((value) => ({ value, label: t(`reviews.method.${value}`) }))}
          />
        </Field>
        <Field label={t('reviews.drawing.range')}>
          <div className="review-draw-line">
            <Segmented
              label={t('reviews.drawing.range')}
              value={range}
              onChange={setRange}
              options={(['today', 'week', 'month', 'custom'] as const).map((value) => ({
                value,
                label: t(`reviews.drawing.${value}`),
              }))}
            />
            {range === 'custom' && (
              <DateRange
                labels={{ from: t('records.from'), to: t('records.to') }}
                from={custom?.from ?? null}
                to={custom?.to ?? null}
                onChange={(from, to) => setCustom({ from, to })}
              />
            )}
          </div>
        </Field>
        <div className="review-draw-line">
          <Field label={t('reviews.drawing.size')} id="draw-size">
            <Input
              id="draw-size"
              inputMode="numeric"
              value={size}
              onChange={(event) => setSize(event.target.value.replaceAll(/\D/g, '').slice(0, 4))}
            />
          </Field>
          {method === 'quota' && (
            <Field label={t('reviews.drawing.perAgent')} id="draw-quota">
              <Input
                id="draw-quota"
                inputMode="numeric"
                value={perAgent}
                onChange={(event) => setPerAgent(event.target.value.replaceAll(/\D/g, '').slice(0, 3))}
              />
            </Field>
          )}
          {method === 'risk' && (
            <Field label={t('reviews.drawing.longWait')} id="draw-wait">
              <Input
                id="draw-wait"
                inputMode="numeric"
                value={longWait}
                onChange={(event) => setLongWait(event.target.value.replaceAll(/\D/g, '').slice(0, 5))}
              />
            </Field>
          )}
          <Field label={t('reviews.drawing.seed')} id="draw-seed">
            <Input id="draw-seed" value={seed} maxLength={64} onChange={(event) => setSeed(event.target.value)} />
          </Field>
        </div>
        <p className="is-soft form-note">{t('reviews.drawing.seedNote')}</p>
        {method === 'risk' && (
          <Field label={t('reviews.drawing.risks')}>
            <MultiSelect
              label={t('reviews.drawing.risks')}
              value={risks}
              width="100%"
              options={RISKS.map((value) => ({ value, label: t(`reviews.risk.${value}`) }))}
              onChange={setRisks}
            />
          </Field>
        )}
        <div className="review-draw-line">
          <Field label={t('reviews.drawing.agents')}>
            <MultiSelect
              label={t('reviews.drawing.agents')}
              value={agents}
              width={240}
              placeholder={t('reviews.drawing.anyAgent')}
              options={(known.data?.agents ?? []).map(({ agent }) => ({ value: agent, label: agent }))}
              onChange={setAgents}
            />
          </Field>
          <Field label={t('reviews.drawing.card')}>
            <Select
              label={t('reviews.drawing.card')}
              value={chosen?.card_id}
              width={240}
              options={(cards.data?.cards ?? []).map((each) => ({ value: each.card_id, label: each.name }))}
              onChange={setCard}
            />
          </Field>
        </div>
        <div className="review-draw-line is-switch">
          <Switch label={t('reviews.drawing.ended')} checked={ended} onChange={setEnded} />
          <span aria-hidden="true">{t('reviews.drawing.ended')}</span>
        </div>
        <Field label={t('reviews.drawing.name')} id="draw-name">
          <Input
            id="draw-name"
            value={name ?? usualName}
            maxLength={80}
            onChange={(event) => setName(event.target.value)}
          />
        </Field>
        <p className="review-draw-preview num" role="status">
          {preview.data
            ? preview.data.size === 0
              ? t('reviews.drawing.none')
              : t('reviews.drawing.preview', preview.data)
            : preview.error
              ? errorWords(preview.error).title
              : t('common.loading')}
        </p>
      </form>
    </Dialog>
  );
}
