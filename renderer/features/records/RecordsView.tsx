import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Segmented } from '#renderer/ui/fields.tsx';
import { formatNumber } from '#renderer/ui/format.ts';
import { StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { densities } from '#renderer/ui/tokens.ts';
import { localNow } from '#renderer/ui/use-now.ts';
import { currentLocale } from '#renderer/ui/words.ts';
import { ExportDialog } from './ExportDialog.tsx';
import { ImportDialog } from './ImportDialog.tsx';
import { MessagesResult } from './MessagesResult.tsx';
import { NumbersDialog } from './NumbersDialog.tsx';
import { Overview, type TableContent } from './Overview.tsx';
import { canRun, EMPTY_FORM, toQuery, type QueryForm } from './query.ts';
import { QueryBar } from './QueryBar.tsx';
import { useRecords } from './store.ts';
import { toTsv } from './tsv.ts';
import { cancelSearches } from './use-search.ts';
import './records.css';

const SLOTS = ['records-overview', 'records-consumers', 'records-page', 'records-count', 'records-marks'] as const;
/** Counting stops here at first ("≥ n"); the exact number is one click away (SR5). */
const COUNT_CAP = 10_000;

export interface RecordsViewProps {
  /** What another screen asked for: numbers to search, or a dialog to open. */
  readonly request: {
    readonly numbers: readonly string[];
    readonly dialog?: 'numbers' | 'import';
    readonly turn: number;
  } | null;
}

function runForm(form: QueryForm): void {
  if (!canRun(form)) return;
  cancelSearches(SLOTS);
  useRecords.setState((state) => ({
    form,
    run: { form, query: toQuery(form, localNow()), turn: (state.run?.turn ?? 0) + 1 },
  }));
}

export default function RecordsView(props: RecordsViewProps) {
  const { t } = useTranslation();
  const { form, run, view } = useRecords();
  const [dialog, setDialog] = useState<'numbers' | 'import' | 'export' | null>(null);
  const [agents, setAgents] = useState<readonly string[]>([]);
  const [table, setTable] = useState<TableContent | null>(null);
  const density = useLive((state) => state.settings?.density ?? 'compact');
  const rowHeight = densities[density].row;
  const { request } = props;

  useEffect(() => {
    if (!request || request.turn <= useRecords.getState().followed) return;
    useRecords.setState({ followed: request.turn });
    if (request.numbers.length > 0) runForm({ ...EMPTY_FORM, by: 'number', range: 'any', numbers: request.numbers });
    if (request.dialog === 'numbers') useRecords.setState((state) => ({ form: { ...state.form, by: 'number' } }));
    if (request.dialog) setDialog(request.dialog);
  }, [request]);

  const noteAgents = useCallback(
    (names: readonly string[]) => setAgents((before) => [...new Set([...before, ...names.filter(Boolean)])]),
    [],
  );
  const copy = async (): Promise<void> => {
    if (!table) return;
    try {
      await navigator.clipboard.writeText(toTsv([table.head, ...table.rows]));
      toast({ tone: 'done', text: t('records.copiedRows', { count: table.rows.length }) });
    } catch {
      toast({ tone: 'failed', text: t('common.copyFailed') });
    }
  };

  return (
    <main className="records" aria-label={t('records.title')}>
      <h1 className="visually-hidden">{t('records.title')}</h1>
      <QueryBar
        form={form}
        searching={false}
        agents={agents}
        onChange={(next) => useRecords.setState({ form: next })}
        onRun={() => runForm(form)}
        onStop={() => cancelSearches(SLOTS)}
        onNumbers={() => setDialog('numbers')}
        onImport={() => setDialog('import')}
      />
      {run === null ? (
        <div className="records-start">
          <StateMessage icon="records" title={t('records.start')} note={t('records.startNote')}>
            <Button
              look="primary"
              onClick={() => {
                runForm({ ...form, by: 'agent' });
              }}
            >
              {t('records.byAgent')}
            </Button>
            <Button
              onClick={() => {
                useRecords.setState({ form: { ...form, by: 'number' } });
                setDialog('numbers');
              }}
            >
              {t('records.numbersEdit')}
            </Button>
          </StateMessage>
        </div>
      ) : (
        <>
          <div className="result-head">
            <Segmented
              label={t('records.views')}
              size="small"
              value={view}
              onChange={(next) => useRecords.setState({ view: next })}
              options={[
                { value: 'overview', label: t('records.overview') },
                { value: 'messages', label: t('records.messages') },
              ]}
            />
            <Count key={run.turn} query={run.query} />
            <span className="query-space" />
            <Button
              size="small"
              look="quiet"
              icon="copy"
              disabled={!table || table.rows.length === 0}
              onClick={() => void copy()}
            >
              {t('records.copyTsv')}
            </Button>
            <Button size="small" icon="download" onClick={() => setDialog('export')}>
              {t('records.export')}
            </Button>
          </div>
          <div className="result-body">
            {view === 'overview' ? (
              <Overview
                key={run.turn}
                form={run.form}
                query={run.query}
                rowHeight={rowHeight}
                onTable={setTable}
                onAgents={noteAgents}
              />
            ) : (
              <MessagesResult key={run.turn} query={run.query} rowHeight={rowHeight} onTable={setTable} />
            )}
          </div>
        </>
      )}
      {dialog === 'numbers' && (
        <NumbersDialog
          numbers={form.numbers}
          kind={form.numberKind}
          onClose={() => setDialog(null)}
          onUse={(numbers, numberKind) => {
            setDialog(null);
            runForm({ ...form, by: 'number', numbers, numberKind });
          }}
        />
      )}
      {dialog === 'import' && <ImportDialog onClose={() => setDialog(null)} onDone={() => run && runForm(run.form)} />}
      {dialog === 'export' && run && <ExportDialog query={run.query} onClose={() => setDialog(null)} />}
    </main>
  );
}

/** Exact, or "≥ n" until it is (SR5). */
function Count(props: { query: SearchQuery }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [exact, setExact] = useState(false);
  const asked = useAsk('search.count', { slot: 'records-count', query: props.query, cap: exact ? null : COUNT_CAP });
  if (asked.loading)
    return (
      <span className="result-count num" role="status">
        <span className="ui-spinner" aria-hidden="true" /> {t('records.counting')}
        <Button look="link" onClick={() => cancelSearches(['records-count'])}>
          {t('records.stop')}
        </Button>
      </span>
    );
  if (!asked.data) return null;
  const n = formatNumber(asked.data.count, locale);
  return (
    <span className="result-count num" role="status">
      {asked.data.exact ? t('records.count', { n }) : t('records.countAtLeast', { n })}
      {!asked.data.exact && (
        <Button look="link" onClick={() => setExact(true)}>
          {t('records.countExact')}
        </Button>
      )}
    </span>
  );
}
