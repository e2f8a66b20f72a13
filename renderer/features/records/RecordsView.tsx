import { useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { SavedSearchContent } from '#shared/contract/saved-search.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Segmented } from '#renderer/ui/fields.tsx';
import type { DataTableHandle } from '#renderer/ui/DataTable.tsx';
import { formatDuration, formatNumber } from '#renderer/ui/format.ts';
import { ProgressBar } from '#renderer/ui/marks.tsx';
import { focusIfFree } from '#renderer/ui/return-focus.ts';
import { StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { densities } from '#renderer/ui/tokens.ts';
import { localNow } from '#renderer/ui/use-now.ts';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import { ColumnsMenu } from './ColumnsMenu.tsx';
import { copyRows } from './copy.ts';
import { ExportDialog } from './ExportDialog.tsx';
import { ImportDialog } from './ImportDialog.tsx';
import { MessagesResult } from './MessagesResult.tsx';
import { NumbersDialog } from './NumbersDialog.tsx';
import { OlderRecords } from './OlderRecords.tsx';
import { Overview } from './Overview.tsx';
import { PackageBar } from './PackageBar.tsx';
import {
  choosePackage,
  inPackage,
  openPackage,
  reloadPackages,
  useOpenPackages,
  usePackage,
  usePackagesLive,
} from './packages.ts';
import { usePackageDrop } from './use-package-drop.ts';
import { canRun, EMPTY_FORM, fromSaved, toQuery, type QueryForm } from './query.ts';
import { QueryBar } from './QueryBar.tsx';
import { useProgress, useRunning, useSlow } from './running.ts';
import { useRecords, viewOf } from './store.ts';
import { cancelSearches } from './use-search.ts';
import './records.css';

const SLOTS = ['records-overview', 'records-consumers', 'records-page', 'records-count', 'records-marks'] as const;
/** Counting stops here at first ("≥ n") and then goes on to the exact number (SR5). */
const COUNT_CAP = 1_000;

export interface RecordsViewProps {
  /** What another screen asked for: numbers to search, or a dialog to open. */
  readonly request: {
    readonly numbers: readonly string[];
    readonly dialog?: 'numbers' | 'import';
    /** A look-up from elsewhere: these words and people, at any time. */
    readonly text?: string;
    readonly consumers?: readonly string[];
    readonly turn: number;
  } | null;
}

/** `from`: a package, or null for the records of this program; without it where the last search looked. */
function runForm(form: QueryForm, from?: string | null): void {
  if (!canRun(form)) return;
  cancelSearches(SLOTS);
  useRecords.setState((state) => ({
    form,
    run: {
      form,
      query: toQuery(form, localNow()),
      package: from === undefined ? (state.run?.package ?? null) : from,
      turn: (state.run?.turn ?? 0) + 1,
    },
  }));
}

export default function RecordsView(props: RecordsViewProps) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { form, run, chosenView } = useRecords();
  const view = chosenView ?? (run === null ? 'overview' : viewOf(run.query));
  const [dialog, setDialog] = useState<'numbers' | 'import' | 'export' | null>(null);
  const [agents, setAgents] = useState<readonly string[]>([]);
  const table = useRef<DataTableHandle>(null);
  const [answered, setAnswered] = useState(0);
  /** The search that the person stopped before its first rows came: gone from the screen at once, whatever comes yet. */
  const [stopped, setStopped] = useState(0);
  const searching = useRunning((state) => state.parts.size > 0);
  const slow = useSlow(searching);
  const share = useProgress(SLOTS, searching, run?.turn ?? 0);
  const density = useLive((state) => state.settings?.density ?? 'compact');
  const rowHeight = densities[density].row;
  const { request } = props;
  usePackagesLive();
  const { packages } = useOpenPackages();
  const packageId = run?.package ?? undefined;
  const dropping = usePackageDrop();
  /** Searched as soon as it is open, all of its time: the range of the bar is about the records here. */
  const [wanted, setWanted] = useState<string | null>(null);
  const open = async (handle?: string): Promise<void> => {
    const answer = await (handle === undefined ? choosePackage() : openPackage(handle));
    if (answer === null) return;
    if (typeof answer === 'string') setWanted(answer);
    else toast({ tone: 'failed', text: errorWords(answer).title });
  };
  const latestOpen = useRef(open);
  latestOpen.current = open;
  useEffect(() => {
    if (dropping.dropped !== null) void latestOpen.current(dropping.dropped);
  }, [dropping.dropped]);
  // Given from outside, before anything was searched here: that is what the person came for.
  const given = run === null ? (packages.at(-1)?.package_id ?? null) : null;
  useEffect(() => {
    if (given !== null) setWanted(given);
  }, [given]);
  const arrived = packages.find((one) => one.package_id === wanted)?.state;
  useEffect(() => {
    if (wanted === null || arrived === undefined || arrived === 'opening') return;
    setWanted(null);
    const current = useRecords.getState().form;
    if (arrived === 'open')
      runForm(canRun(current) ? { ...current, range: 'any' } : { ...EMPTY_FORM, range: 'any' }, wanted);
  }, [wanted, arrived]);
  const choose = (id: string | undefined): void => {
    const current = useRecords.getState().form;
    runForm(id === undefined || !canRun(current) ? current : { ...current, range: 'any' }, id ?? null);
  };
  // Closed elsewhere, or the program began anew: back to the records here.
  const lost = packageId !== undefined && !packages.some((one) => one.package_id === packageId);
  useEffect(() => {
    if (!lost) return;
    void reloadPackages().then(() => {
      const { run: last } = useRecords.getState();
      const gone = !useOpenPackages.getState().packages.some((one) => one.package_id === last?.package);
      if (last !== null && last.package !== null && gone) runForm(last.form, null);
    });
  }, [lost]);

  useEffect(() => {
    if (!request || request.turn <= useRecords.getState().followed) return;
    useRecords.setState({ followed: request.turn });
    if (request.numbers.length > 0)
      runForm({ ...EMPTY_FORM, by: 'number', range: 'any', numbers: request.numbers }, null);
    if (request.text !== undefined || request.consumers !== undefined) {
      useRecords.setState({ chosenView: null });
      runForm({ ...EMPTY_FORM, range: 'any', text: request.text ?? '', consumers: request.consumers ?? [] });
    }
    if (request.dialog === 'numbers') useRecords.setState((state) => ({ form: { ...state.form, by: 'number' } }));
    if (request.dialog) setDialog(request.dialog);
  }, [request]);

  const noteAgents = useCallback(
    (names: readonly string[]) => setAgents((before) => [...new Set([...before, ...names.filter(Boolean)])]),
    [],
  );
  const turn = run?.turn ?? 0;
  const body = useRef<HTMLDivElement>(null);
  const noteAnswered = useCallback(() => {
    setAnswered(turn);
    focusIfFree(body.current?.querySelector<HTMLElement>('[role=grid]'));
  }, [turn]);
  const main = useRef<HTMLElement>(null);
  useEffect(() => focusIfFree(main.current?.querySelector<HTMLElement>('input[type=search]')), []);
  const runSaved = (content: SavedSearchContent): void => {
    const saved = fromSaved(content);
    if (saved === null) toast({ tone: 'failed', text: t('saved.notShown') });
    else runForm(saved);
  };

  return (
    <main ref={main} className="records" aria-label={t('records.title')}>
      <h1 className="visually-hidden">{t('records.title')}</h1>
      <QueryBar
        form={form}
        searching={slow !== null}
        agents={agents}
        onChange={(next) => {
          useRecords.setState({ form: next });
          // Another time of what stands below is one press; a range of one's own is still being chosen.
          if (run !== null && next.range !== form.range && next.range !== 'custom') runForm(next);
        }}
        onRun={() => runForm(form)}
        onStop={() => {
          cancelSearches(SLOTS);
          if (answered !== turn) setStopped(turn);
        }}
        onNumbers={() => setDialog('numbers')}
        onImport={() => setDialog('import')}
        onPackage={() => void open()}
        onSaved={runSaved}
      />
      {packages.length > 0 && <PackageBar packages={packages} chosen={packageId} onChoose={choose} />}
      {dropping.over && <div className="package-drop">{t('packages.drop')}</div>}
      {run === null ? (
        <div className="records-start">
          <StateMessage icon="records" title={t('records.start')} note={t('records.startNote')}>
            <Button
              look="primary"
              onClick={() => {
                runForm({ ...form, by: 'agent' });
              }}
            >
              {t('records.startByAgent')}
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
              onChange={(next) => useRecords.setState({ chosenView: next })}
              options={[
                { value: 'overview', label: t('records.overview') },
                { value: 'messages', label: t('records.messages') },
              ]}
            />
            {slow !== null ? (
              <span className="result-count num" role="status">
                <span className="ui-spinner" aria-hidden="true" />{' '}
                {slow < 1_000
                  ? t('records.searching')
                  : share === null
                    ? t('records.searchingFor', { time: formatDuration(slow, locale) })
                    : t('records.searchingShare', {
                        percent: Math.floor(share * 100),
                        time: formatDuration(slow, locale),
                      })}
              </span>
            ) : (
              <Count key={run.turn} query={run.query} ready={answered === run.turn} />
            )}
            <span className="query-space" />
            <ColumnsMenu />
            <Button
              size="small"
              look="quiet"
              icon="copy"
              onClick={() => {
                const content = table.current?.content();
                if (content) void copyRows(content, true);
              }}
            >
              {t('records.copyTsv')}
            </Button>
            {packageId === undefined && <OlderRecords query={run.query} onFetched={() => runForm(run.form)} />}
            {packageId === undefined && (
              <Button size="small" icon="download" onClick={() => setDialog('export')}>
                {t('records.export')}
              </Button>
            )}
          </div>
          <div
            ref={body}
            className="result-body"
            role="group"
            aria-label={t('records.views')}
            onKeyDown={moveBetweenPanes}
          >
            {slow !== null && (
              <div className="result-progress">
                <ProgressBar share={share} label={t('records.searching')} />
              </div>
            )}
            {stopped === run.turn ? (
              <StateMessage icon="search" title={t('records.cancelled')} note={t('records.cancelledNote')}>
                <Button icon="refresh" onClick={() => runForm(run.form)}>
                  {t('records.run')}
                </Button>
              </StateMessage>
            ) : view === 'overview' ? (
              <Overview
                key={run.turn}
                form={run.form}
                query={run.query}
                rowHeight={rowHeight}
                table={table}
                onAnswered={noteAnswered}
                onAgents={noteAgents}
                onAnyTime={() => runForm({ ...run.form, range: 'any' })}
              />
            ) : (
              <MessagesResult
                key={run.turn}
                query={run.query}
                rowHeight={rowHeight}
                table={table}
                onAnswered={noteAnswered}
              />
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

/** From one pane to the next and back: Enter or →, Esc or ←, where the arrow means nothing else. */
function moveBetweenPanes(event: KeyboardEvent<HTMLElement>): void {
  if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const by =
    event.key === 'Enter' || event.key === 'ArrowRight'
      ? 1
      : event.key === 'Escape' || event.key === 'ArrowLeft'
        ? -1
        : 0;
  const panes = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=grid], [role=log]')];
  const at = panes.findIndex((pane) => pane === event.target);
  const next = panes[at + by];
  if (by === 0 || at < 0 || !next) return;
  event.preventDefault();
  next.focus();
}

/** Asked for when the first rows are there; at first "≥ n", then exact without being asked again (SR5). */
function Count(props: { query: SearchQuery; ready: boolean }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const input = { slot: 'records-count', query: props.query, ...inPackage(usePackage()) };
  const capped = useAsk('search.count', props.ready ? { ...input, cap: COUNT_CAP } : null);
  const goOn = capped.data !== null && !capped.data.exact;
  const exact = useAsk('search.count', goOn ? { ...input, cap: null } : null);
  const known = exact.data ?? capped.data;
  const counting = exact.loading || capped.loading;
  const slow = useSlow(counting);
  const stopped = !counting && (exact.error ?? capped.error) !== null;
  if (!props.ready || (known === null && !stopped && slow === null)) return null;
  const n = known === null ? '' : formatNumber(known.count, locale);
  return (
    <span className="result-count num" role="status">
      {known !== null && (known.exact ? t('records.count', { n }) : t('records.countAtLeast', { n }))}
      {counting && slow !== null && (
        <>
          <span className="ui-spinner" aria-hidden="true" /> {t('records.counting')}
          <Button look="link" onClick={() => cancelSearches(['records-count'])}>
            {t('records.stop')}
          </Button>
        </>
      )}
      {stopped && (
        <>
          {known === null && t('records.countStopped')}
          <Button look="link" onClick={goOn ? exact.reload : capped.reload}>
            {t('records.countExact')}
          </Button>
        </>
      )}
    </span>
  );
}
