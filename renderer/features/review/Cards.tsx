import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { Field, Input, Select } from '#renderer/ui/fields.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { Tag } from '#renderer/ui/marks.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { useKept } from '#renderer/ui/use-kept.ts';
import { currentLocale } from '#renderer/ui/words.ts';
import {
  MOST_CRITERIA,
  MOST_POINTS,
  ScorecardDraft,
  type Criterion,
  type Scorecard,
} from '#shared/domain/review/scorecard.ts';
import { useSayFailure } from './say.ts';

/** Scorecards (QA1): what there is on the left, the chosen one as a form on the right. */
export function Cards() {
  const { t } = useTranslation();
  const asked = useAsk('scorecards.list', {});
  const { reload } = asked;
  useEffect(() => bridge.subscribe('reviews', reload), [reload]);
  const [chosen, setChosen] = useState<string | null>(null);
  const cards = asked.data?.cards ?? [];
  const card = chosen === 'new' ? null : (cards.find(({ card_id }) => card_id === chosen) ?? cards[0]);
  if (asked.data === null) return <Pending error={asked.error} onRetry={reload} />;
  const mayEdit = asked.data.may_edit;
  return (
    <div className="review-cards">
      <nav className="review-card-list" aria-label={t('reviews.cards.list')}>
        <ul>
          {cards.map((each) => (
            <li key={each.card_id}>
              <button
                type="button"
                className={`review-item ${card?.card_id === each.card_id ? 'is-current' : ''}`}
                aria-current={card?.card_id === each.card_id ? 'true' : undefined}
                onClick={() => setChosen(each.card_id)}
              >
                <span className="review-item-name">
                  <span className="ellipsis">{each.name}</span>
                  <Tag>
                    {each.version === 0
                      ? t('reviews.cards.template')
                      : t('reviews.cards.version', { version: each.version })}
                  </Tag>
                </span>
                {each.edited_at !== null && (
                  <span className="review-item-note num ellipsis">
                    {t('reviews.cards.edited', { name: each.edited_by ?? '', time: formatStamp(each.edited_at) })}
                  </span>
                )}
              </button>
            </li>
          ))}
        </ul>
        <Button icon="plus" disabled={!mayEdit} onClick={() => setChosen('new')}>
          {t('reviews.cards.add')}
        </Button>
      </nav>
      <CardEditor
        key={card === null || card === undefined ? 'new' : `${card.card_id} ${card.version}`}
        card={card ?? null}
        mayEdit={mayEdit}
        onSaved={(saved) => setChosen(saved.card_id)}
      />
    </div>
  );
}

const blank = (kind: Criterion['kind'], taken: readonly Criterion[]): Criterion => {
  let number = taken.length + 1;
  while (taken.some(({ id }) => id === `item-${number}`)) number++;
  return kind === 'points'
    ? { id: `item-${number}`, kind, name: '', note: '', weight: 10, max: 5, cap: 0 }
    : { id: `item-${number}`, kind, name: '', note: '', weight: 0, max: 1, cap: 0 };
};

function CardEditor(props: { card: Scorecard | null; mayEdit: boolean; onSaved: (card: Scorecard) => void }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const sayFailure = useSayFailure();
  const { card, mayEdit } = props;
  const [version, setVersion] = useState<number | null>(null);
  const older = useAsk(
    'scorecards.get',
    card !== null && version !== null && version !== card.version ? { card_id: card.card_id, version } : null,
  );
  const isOlder = older.data !== null;
  const [form, setForm, drop] = useKept(`card-${card === null ? '' : `${card.card_id} ${card.version}`}`, () => ({
    name: card?.name ?? '',
    criteria: card?.criteria ?? ([blank('points', [])] as readonly Criterion[]),
  }));
  const { name, criteria } = form;
  const setCriteria = (to: readonly Criterion[]): void => setForm({ ...form, criteria: to });
  const [busy, setBusy] = useState(false);
  const shownName = older.data?.name ?? name;
  const shown = older.data?.criteria ?? criteria;
  const readOnly = !mayEdit || isOlder;
  const draft = useMemo(() => ScorecardDraft.safeParse({ name, criteria }), [name, criteria]);
  const isDirty = card === null || name !== card.name || JSON.stringify(criteria) !== JSON.stringify(card.criteria);
  const total = shown.reduce((sum, { weight }) => sum + weight, 0);
  const set = (index: number, change: Partial<Criterion>): void =>
    setCriteria(criteria.with(index, { ...(criteria[index] as Criterion), ...change }));
  const move = (index: number, by: 1 | -1): void => {
    const one = criteria[index];
    if (one !== undefined && criteria[index + by] !== undefined)
      setCriteria(criteria.toSpliced(index, 1).toSpliced(index + by, 0, one));
  };
  const number = (text: string, least: number, most: number): number =>
    Math.max(least, Math.min(most, Number(text.replaceAll(/\D/g, '')) || 0));
  const save = async (): Promise<void> => {
    if (!draft.success) return;
    setBusy(true);
    const answer = await bridge.call('scorecards.save', {
      base: card === null ? null : { card_id: card.card_id, version: card.version },
      draft: draft.data,
    });
    setBusy(false);
    if (!answer.ok) return sayFailure(answer.error);
    drop();
    toast({ tone: 'done', text: t('reviews.cards.saved', { version: answer.result.version }) });
    props.onSaved(answer.result);
  };
  return (
    <form
      className="review-editor"
      aria-label={t('reviews.tab.cards')}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div className="review-draw-line">
        <Field label={t('reviews.cards.name')} id="card-name">
          <Input
            id="card-name"
            value={shownName}
            maxLength={60}
            readOnly={readOnly}
            onChange={(event) => setForm({ ...form, name: event.target.value })}
          />
        </Field>
        {card !== null && card.version > 0 && (
          <Field label={t('reviews.cards.older')}>
            <Select
              label={t('reviews.cards.older')}
              value={String(version ?? card.version)}
              width={150}
              options={Array.from(
                { length: card.version + (card.edited_at === null ? 0 : 1) },
                (_, back) => card.version - back,
              )
                .filter((each) => each > 0)
                .map((each) => ({
                  value: String(each),
                  label: `${t('reviews.cards.version', { version: each })}${each === card.version ? ` · ${t('reviews.cards.latest')}` : ''}`,
                }))}
              onChange={(value) => setVersion(Number(value))}
            />
          </Field>
        )}
      </div>
      <p className="is-soft form-note">{mayEdit ? t('reviews.cards.note') : t('reviews.cards.noEdit')}</p>
      <h2>{t('reviews.cards.criteria')}</h2>
      <ol className="review-criteria">
        {shown.map((criterion, index) => (
          <li key={criterion.id}>
            <div className="review-criterion-line">
              <Tag tone={criterion.kind === 'fatal' ? 'failed' : 'neutral'}>
                {t(`reviews.cards.kind.${criterion.kind}`)}
              </Tag>
              <Input
                aria-label={t('reviews.cards.criterion')}
                placeholder={t('reviews.cards.criterion')}
                value={criterion.name}
                maxLength={40}
                readOnly={readOnly}
                onChange={(event) => set(index, { name: event.target.value })}
              />
              {criterion.kind === 'points' ? (
                <>
                  <label>
                    {t('reviews.cards.weight')}
                    <Input
                      inputMode="numeric"
                      className="is-number"
                      value={criterion.weight}
                      readOnly={readOnly}
                      onChange={(event) => set(index, { weight: number(event.target.value, 0, 100) })}
                    />
                  </label>
                  <label>
                    {t('reviews.cards.max')}
                    <Input
                      inputMode="numeric"
                      className="is-number"
                      value={criterion.max}
                      readOnly={readOnly}
                      onChange={(event) => set(index, { max: number(event.target.value, 1, MOST_POINTS) })}
                    />
                  </label>
                  <span className="is-soft num review-share">
                    {t('reviews.cards.share', {
                      share: new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(
                        total === 0 ? 0 : criterion.weight / total,
                      ),
                    })}
                  </span>
                </>
              ) : (
                <label>
                  {t('reviews.cards.cap')}
                  <Input
                    inputMode="numeric"
                    className="is-number"
                    value={criterion.cap}
                    readOnly={readOnly}
                    onChange={(event) => set(index, { cap: number(event.target.value, 0, 99) })}
                  />
                </label>
              )}
              {!readOnly && (
                <>
                  <IconButton
                    icon="chevronUp"
                    iconSize={12}
                    label={`${t('reviews.cards.up')} ${criterion.name}`}
                    disabled={index === 0}
                    onClick={() => move(index, -1)}
                  />
                  <IconButton
                    icon="chevronDown"
                    iconSize={12}
                    label={`${t('reviews.cards.down')} ${criterion.name}`}
                    disabled={index === shown.length - 1}
                    onClick={() => move(index, 1)}
                  />
                  <IconButton
                    icon="close"
                    iconSize={12}
                    label={`${t('reviews.cards.remove')} ${criterion.name}`}
                    onClick={() => setCriteria(criteria.toSpliced(index, 1))}
                  />
                </>
              )}
            </div>
            <Input
              aria-label={t('reviews.cards.criterionNote')}
              placeholder={t('reviews.cards.criterionNote')}
              value={criterion.note}
              maxLength={400}
              readOnly={readOnly}
              onChange={(event) => set(index, { note: event.target.value })}
            />
          </li>
        ))}
      </ol>
      {!readOnly && (
        <>
          <div className="review-buttons">
            <Button
              icon="plus"
              disabled={criteria.length >= MOST_CRITERIA}
              onClick={() => setCriteria([...criteria, blank('points', criteria)])}
            >
              {t('reviews.cards.addPoints')}
            </Button>
            <Button
              icon="plus"
              disabled={criteria.length >= MOST_CRITERIA}
              onClick={() => setCriteria([...criteria, blank('fatal', criteria)])}
            >
              {t('reviews.cards.addFatal')}
            </Button>
          </div>
          {!draft.success && <p className="is-soft">{t('reviews.cards.invalid')}</p>}
          <div className="review-buttons">
            <Button submit look="primary" busy={busy} disabled={!draft.success || !isDirty}>
              {t('reviews.cards.save')}
            </Button>
            {card !== null && isDirty && (
              <Button
                onClick={() => {
                  setForm({ name: card.name, criteria: card.criteria });
                  drop();
                }}
              >
                {t('reviews.cards.reset')}
              </Button>
            )}
          </div>
        </>
      )}
    </form>
  );
}
