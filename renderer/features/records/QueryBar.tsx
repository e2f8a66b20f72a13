import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SavedSearchContent } from '#shared/contract/saved-search.ts';
import { SearchState } from '#shared/contract/search-query.ts';
import { MessageKind } from '#shared/protocol/entities.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { DateRange } from '#renderer/ui/DateRange.tsx';
import { Input, MultiSelect, Segmented, Select } from '#renderer/ui/fields.tsx';
import { formatNumber } from '#renderer/ui/format.ts';
import { currentLocale } from '#renderer/ui/words.ts';
import { canRun, EMPTY_FORM, filterCount, toSaved, type QueryForm } from './query.ts';
import { SavedSearches } from './SavedSearches.tsx';

const KINDS = MessageKind.options;
const STATES = SearchState.options;

/** One bar for every search: by agent or by number, time, text, and more filters on a second line when wanted. */
export function QueryBar(props: {
  form: QueryForm;
  searching: boolean;
  agents: readonly string[];
  onChange: (form: QueryForm) => void;
  onRun: () => void;
  onStop: () => void;
  onNumbers: () => void;
  onImport: () => void;
  /** Opens a review package (EX7). */
  onPackage: () => void;
  onSaved: (content: SavedSearchContent) => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { form, onChange } = props;
  const shops = useLive((state) => state.accounts)?.flatMap((account) => account.shops) ?? [];
  const filters = filterCount(form);
  const [open, setOpen] = useState(filters > 0);
  return (
    <form
      className="query"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        props.onRun();
      }}
    >
      <div className="query-line">
        <Segmented
          label={t('records.by')}
          value={form.by}
          onChange={(by) => onChange({ ...form, by })}
          options={[
            { value: 'agent', label: t('records.byAgent') },
            { value: 'number', label: t('records.byNumber') },
          ]}
        />
        {form.by === 'agent' ? (
          <MultiSelect
            label={t('records.agents')}
            value={form.agents}
            free
            width={220}
            placeholder={t('records.agentsHint')}
            options={props.agents.map((agent) => ({ value: agent, label: agent }))}
            onChange={(agents) => onChange({ ...form, agents })}
          />
        ) : (
          <Button icon="pencil" onClick={props.onNumbers}>
            {form.numbers.length > 0
              ? `${t(form.numberKind === 'orders' ? 'numbers.orders' : 'numbers.violations')} · ${t('records.numbersCount', { n: formatNumber(form.numbers.length, locale) })}`
              : t('records.numbersEdit')}
          </Button>
        )}
        <Segmented
          label={t('records.range')}
          value={form.range}
          onChange={(range) => onChange({ ...form, range })}
          options={[
            { value: 'today', label: t('records.today') },
            { value: 'last7', label: t('records.last7') },
            { value: 'last30', label: t('records.last30') },
            { value: 'any', label: t('records.any') },
            { value: 'custom', label: t('records.custom') },
          ]}
        />
        {form.range === 'custom' && (
          <DateRange
            labels={{ from: t('records.from'), to: t('records.to') }}
            from={form.from}
            to={form.to}
            onChange={(from, to) => onChange({ ...form, from, to })}
          />
        )}
        <span className="query-actions">
          <SavedSearches current={canRun(form) ? toSaved(form) : null} onRun={props.onSaved} />
          <Button look="quiet" icon="box" title={t('packages.openHint')} onClick={props.onPackage}>
            {t('packages.open')}
          </Button>
          <Button look="quiet" icon="upload" onClick={props.onImport}>
            {t('records.import')}
          </Button>
        </span>
      </div>
      <div className="query-line">
        <Input
          icon="search"
          className="query-text"
          type="search"
          value={form.text}
          placeholder={t('records.textHint')}
          aria-label={t('records.text')}
          maxLength={1_000}
          onChange={(event) => onChange({ ...form, text: event.target.value })}
        />
        <Button icon="filter" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t('records.filters')}
          {filters > 0 && <span className="query-filter-count num">{filters}</span>}
        </Button>
        {props.searching ? (
          // Its own element: one that turned into the other during the click would submit the form at once.
          <Button key="stop" icon="close" onClick={props.onStop}>
            {t('records.stop')}
          </Button>
        ) : (
          <Button key="run" look="primary" submit disabled={!canRun(form)}>
            {t('records.run')}
          </Button>
        )}
      </div>
      {open && (
        <div className="query-line query-filters">
          <MultiSelect
            label={t('records.shop')}
            placeholder={t('records.shop')}
            free
            width={170}
            value={form.shops}
            options={shops.map((shop) => ({ value: shop.name, label: shop.name }))}
            onChange={(value) => onChange({ ...form, shops: value })}
          />
          <MultiSelect
            label={t('records.consumer')}
            placeholder={t('records.consumer')}
            free
            width={150}
            value={form.consumers}
            options={[]}
            onChange={(consumers) => onChange({ ...form, consumers })}
          />
          <Select
            label={t('records.direction')}
            width={120}
            value={form.direction}
            onChange={(direction) => onChange({ ...form, direction })}
            options={[
              { value: 'any', label: `${t('records.direction')} · ${t('records.any')}` },
              { value: 'from_consumer', label: t('records.fromConsumer') },
              { value: 'from_agent', label: t('records.fromAgent') },
            ]}
          />
          <MultiSelect
            label={t('records.kind')}
            placeholder={t('records.kind')}
            width={150}
            value={form.kinds}
            options={KINDS.map((kind) => ({ value: kind, label: t(`records.kinds.${kind}`) }))}
            onChange={(kinds) => onChange({ ...form, kinds })}
          />
          <MultiSelect
            label={t('records.state')}
            placeholder={t('records.state')}
            width={170}
            value={form.states}
            options={STATES.map((state) => ({ value: state, label: t(`records.states.${state}`) }))}
            onChange={(states) => onChange({ ...form, states })}
          />
          <Button
            look="link"
            onClick={() =>
              onChange({
                ...EMPTY_FORM,
                by: form.by,
                numbers: form.numbers,
                numberKind: form.numberKind,
                range: form.range,
                from: form.from,
                to: form.to,
              })
            }
          >
            {t('records.reset')}
          </Button>
        </div>
      )}
    </form>
  );
}
