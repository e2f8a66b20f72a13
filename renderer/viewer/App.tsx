import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { VirtualList } from '#renderer/ui/VirtualList.tsx';
import { localeFor, type Locale } from '#shared/i18n/index.ts';
import { viewerWords, type ViewerWords } from '#shared/i18n/viewer.ts';
import type { PackageConversation } from '#shared/package/page-data.ts';
import { Conversation } from './Conversation.tsx';
import { FileFailure, type PackageFiles } from './package-files.ts';
import { ReviewBar, useReviews } from './Reviews.tsx';
import { NO_QUERY, SearchBar, isEmptyQuery } from './SearchBar.tsx';
import { searchPackage, type Hit, type PageQuery } from './search.ts';
import { Marked } from './Marked.tsx';
import { fill, formatters } from './say.ts';
import { Verification } from './Verification.tsx';

/** The page of a review package (EX3). */
export function App(props: { open: Promise<PackageFiles> }) {
  const [locale, setLocale] = useState<Locale>(() => localeFor(navigator.language));
  const [files, setFiles] = useState<PackageFiles | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const words = viewerWords[locale];
  useEffect(() => {
    document.documentElement.lang = locale;
    document.title = words.title;
  }, [locale, words]);
  useEffect(() => {
    let gone = false;
    props.open.then(
      (opened) => !gone && setFiles(opened),
      (thrown: unknown) => !gone && setFailed(thrown instanceof FileFailure ? thrown.file : String(thrown)),
    );
    return () => {
      gone = true;
    };
  }, [props.open]);
  if (failed !== null)
    return (
      <main className="page-state" role="alert">
        <p>{words.notAPackage}</p>
        <p className="faint">{fill(words.failed, { name: failed })}</p>
      </main>
    );
  if (files === null) return <main className="page-state">{words.loading}</main>;
  return (
    <Package files={files} locale={locale} words={words} onLocale={() => setLocale(locale === 'en' ? 'zh-CN' : 'en')} />
  );
}

type Tab = 'conversations' | 'agents' | 'consumers' | 'results';

function Package(props: { files: PackageFiles; locale: Locale; words: ViewerWords; onLocale: () => void }) {
  const { files, locale, words } = props;
  const { manifest, index } = files;
  const say = useMemo(() => formatters(locale), [locale]);
  const [tab, setTab] = useState<Tab>('conversations');
  const [query, setQuery] = useState<PageQuery>(NO_QUERY);
  const [consumer, setConsumer] = useState<{ readonly shop: string; readonly consumer: string } | null>(null);
  const [selected, setSelected] = useState<{ readonly id: string; readonly message: string | null } | null>(null);
  const [verifying, setVerifying] = useState(false);
  const reviews = useReviews(files);
  const conversations = useConversations(files);
  const results = useSearch(files, query);

  const shown = useMemo(
    () =>
      conversations.list.filter(
        (one) =>
          (query.agent === '' || one.agents.includes(query.agent)) &&
          (consumer === null || (one.shop === consumer.shop && one.consumer === consumer.consumer)) &&
          (query.from === null || one.to >= query.from) &&
          (query.to === null || one.from < query.to),
      ),
    [conversations.list, query.agent, query.from, query.to, consumer],
  );
  const narrowed = shown.length !== conversations.list.length || query.agent !== '' || consumer !== null;
  const { loadAll, loadMore } = conversations;
  useEffect(() => {
    if (narrowed || tab === 'consumers') loadAll();
  }, [narrowed, tab, loadAll]);
  const consumers = useMemo(() => consumersOf(conversations.list), [conversations.list]);

  const search = (next: PageQuery): void => {
    setQuery(next);
    setConsumer(null);
    setTab(isEmptyQuery(next) ? 'conversations' : next.text === '' && next.number === '' ? 'conversations' : 'results');
  };
  const tabs: readonly Tab[] = isEmptyQuery(query)
    ? ['conversations', 'agents', 'consumers']
    : ['results', 'conversations', 'agents', 'consumers'];
  const totals: Readonly<Record<Tab, string>> = {
    conversations: say.number(narrowed ? shown.length : index.conversations.count),
    agents: say.number(index.agents.length),
    consumers: say.number(manifest.counts.consumers),
    results: `${say.number(results.hits.length)}${results.finished ? '' : '+'}`,
  };

  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>{words.title}</h1>
          <p className="soft">
            <bdi>{fill(words.subtitle, { operator: manifest.operator, at: manifest.created_at })}</bdi>
            {manifest.reason !== '' && (
              <>
                {' · '}
                {words.reason}: <bdi>{manifest.reason}</bdi>
              </>
            )}
            {' · '}
            {words.masks}: {manifest.masks.length === 0 ? words.noMasks : manifest.masks.join(', ')}
          </p>
          {manifest.omitted.length > 0 && (
            <p className="soft">
              {words.omitted}:{' '}
              {manifest.omitted
                .map(({ what, why, count }) =>
                  fill(words.left[what], { count: say.number(count), why: words.why[why] }),
                )
                .join(' · ')}
            </p>
          )}
        </div>
        <p className="soft num">{fill(words.counts.messages, { count: say.number(manifest.counts.messages) })}</p>
        <button type="button" className="primary" onClick={() => setVerifying(true)}>
          {words.verify.title}
        </button>
        <button type="button" onClick={props.onLocale}>
          {words.language}
        </button>
      </header>
      <SearchBar words={words} agents={index.agents.map(({ name }) => name)} query={query} onSearch={search} />
      <div className="page-body">
        <nav className="page-side" aria-label={words.title}>
          <div className="page-tabs" role="tablist">
            {tabs.map((one) => (
              <button key={one} type="button" role="tab" aria-selected={tab === one} onClick={() => setTab(one)}>
                {words.tabs[one]} <span className="num faint">{totals[one]}</span>
              </button>
            ))}
          </div>
          {tab === 'results' && (
            <Results
              words={words}
              locale={locale}
              results={results}
              onOpen={(hit) => setSelected({ id: hit.record.conversation_id, message: hit.record.message_id })}
              selected={selected?.message ?? null}
            />
          )}
          {tab === 'conversations' && (
            <VirtualList
              label={words.tabs.conversations}
              items={shown}
              total={narrowed ? shown.length : index.conversations.count}
              rowHeight={58}
              itemKey={(one) => one.id}
              selectedKey={selected?.id ?? null}
              onSelect={(one) => setSelected({ id: one.id, message: null })}
              onNearEnd={loadMore}
              renderRow={(one) => (
                <div className="row">
                  <b>
                    <bdi>{one.consumer || words.transcript.noConsumer}</bdi>
                    {reviews.has(one.id) && <span className="badge"> ✓</span>}
                  </b>
                  <span className="faint">
                    <bdi>{[one.shop, one.agents.join(' / ')].filter((part) => part !== '').join(' · ')}</bdi>
                  </span>
                  <span className="faint num">
                    {fill(words.counts.of, {
                      count: say.number(one.messages),
                      from: say.day(one.from),
                      to: say.day(one.to),
                    })}
                  </span>
                </div>
              )}
            />
          )}
          {tab === 'agents' && (
            <VirtualList
              label={words.tabs.agents}
              items={index.agents}
              rowHeight={44}
              itemKey={(one) => one.name}
              selectedKey={query.agent === '' ? null : query.agent}
              onSelect={(one) => {
                setConsumer(null);
                setQuery({ ...query, agent: one.name });
              }}
              renderRow={(one) => (
                <div className="row">
                  <b>
                    <bdi>{one.name}</bdi>
                  </b>
                  <span className="faint num">
                    {fill(words.counts.conversations, { count: say.number(one.conversations) })} ·{' '}
                    {fill(words.counts.messages, { count: say.number(one.messages) })}
                  </span>
                </div>
              )}
            />
          )}
          {tab === 'consumers' && (
            <VirtualList
              label={words.tabs.consumers}
              items={consumers}
              rowHeight={44}
              itemKey={(one) => `${one.shop}\u0000${one.consumer}`}
              selectedKey={consumer === null ? null : `${consumer.shop}\u0000${consumer.consumer}`}
              onSelect={(one) => {
                setConsumer(one);
                setSelected({ id: one.first, message: null });
              }}
              renderRow={(one) => (
                <div className="row">
                  <b>
                    <bdi>{one.consumer || words.transcript.noConsumer}</bdi>
                  </b>
                  <span className="faint num">
                    <bdi>{one.shop}</bdi> · {fill(words.counts.conversations, { count: say.number(one.conversations) })}{' '}
                    · {fill(words.counts.messages, { count: say.number(one.messages) })}
                  </span>
                </div>
              )}
            />
          )}
          <ReviewBar words={words} reviews={reviews} />
        </nav>
        {selected === null ? (
          <main className="page-state">{words.transcript.choose}</main>
        ) : (
          <Conversation
            key={selected.id}
            files={files}
            id={selected.id}
            message={selected.message}
            text={query.text}
            locale={locale}
            words={words}
            reviews={reviews}
          />
        )}
      </div>
      {verifying && <Verification files={files} locale={locale} words={words} onClose={() => setVerifying(false)} />}
    </div>
  );
}

function Results(props: {
  words: ViewerWords;
  locale: Locale;
  results: Search;
  selected: string | null;
  onOpen: (hit: Hit) => void;
}) {
  const { words, results } = props;
  const say = useMemo(() => formatters(props.locale), [props.locale]);
  const count = say.number(results.hits.length);
  const { done, total } = results;
  return (
    <>
      <p className="status" role="status">
        {results.failed !== null
          ? fill(words.failed, { name: results.failed })
          : results.finished
            ? results.hits.length === 0
              ? words.search.none
              : fill(words.search.found, { count })
            : results.running
              ? fill(words.search.searching, { done, total })
              : fill(words.search.foundSoFar, { count, done, total })}
      </p>
      <VirtualList
        label={words.tabs.results}
        items={results.hits}
        rowHeight={66}
        itemKey={(hit) => hit.record.n}
        selectedKey={results.hits.find((hit) => hit.record.message_id === props.selected)?.record.n ?? null}
        onSelect={props.onOpen}
        onNearEnd={results.more}
        renderRow={(hit) => (
          <div className="row">
            <span className="faint">
              <bdi>{[hit.record.consumer, hit.record.agent].filter(Boolean).join(' · ')}</bdi>
              {' · '}
              <span className="num">{say.moment(hit.record.sent_at)}</span>
            </span>
            <span className="said">
              <Marked text={hit.record.text ?? words.transcript.kinds.text} matches={hit.matches} excerpt />
            </span>
          </div>
        )}
      />
    </>
  );
}

interface Search {
  readonly hits: readonly Hit[];
  readonly done: number;
  readonly total: number;
  readonly finished: boolean;
  readonly running: boolean;
  readonly failed: string | null;
  readonly more: () => void;
}

const FIRST_HITS = 100;

/** Reads on until there is a page of hits, then waits until more are asked for. A newer search ends the older (SR8). */
function useSearch(files: PackageFiles, query: PageQuery): Search {
  const [state, setState] = useState<Omit<Search, 'more'>>(NOTHING);
  const wanted = useRef(FIRST_HITS);
  const wake = useRef<() => void>(() => {});
  useEffect(() => {
    setState(NOTHING);
    if (isEmptyQuery(query)) return;
    let stopped = false;
    wanted.current = FIRST_HITS;
    const run = async (): Promise<void> => {
      let hits: readonly Hit[] = [];
      let last = { done: 0, total: files.index.chunks.length };
      setState({ ...NOTHING, ...last, finished: false, running: true });
      const check = (): void => {
        if (stopped) throw new Error('stopped');
      };
      for await (const step of searchPackage(files, query, check)) {
        if (stopped) return;
        hits = step.hits.length === 0 ? hits : [...hits, ...step.hits];
        last = { done: step.done, total: step.total };
        setState({ hits, ...last, finished: false, running: true, failed: null });
        if (hits.length < wanted.current) continue;
        setState({ hits, ...last, finished: false, running: false, failed: null });
        await new Promise<void>((resolve) => {
          wake.current = resolve;
        });
        if (stopped) return;
      }
      if (!stopped) setState({ hits, ...last, finished: true, running: false, failed: null });
    };
    run().catch((thrown: unknown) => {
      if (!stopped)
        setState((before) => ({
          ...before,
          running: false,
          failed: thrown instanceof FileFailure ? thrown.file : String(thrown),
        }));
    });
    return () => {
      stopped = true;
      wake.current();
    };
  }, [files, query]);
  const count = state.hits.length;
  const more = useCallback(() => {
    wanted.current = count + FIRST_HITS;
    wake.current();
  }, [count]);
  return { ...state, more };
}

const NOTHING: Omit<Search, 'more'> = { hits: [], done: 0, total: 0, finished: true, running: false, failed: null };

/** The directory of conversations, file by file. */
function useConversations(files: PackageFiles) {
  const [list, setList] = useState<readonly PackageConversation[]>([]);
  const loaded = useRef(0);
  const target = useRef(0);
  const busy = useRef(false);
  const load = useCallback(
    (to: number) => {
      target.current = Math.max(target.current, Math.min(to, files.index.conversations.files));
      if (busy.current) return;
      busy.current = true;
      const run = async (): Promise<void> => {
        while (loaded.current < target.current) {
          const part = await files.conversations(loaded.current + 1);
          loaded.current++;
          setList((before) => [...before, ...part]);
        }
      };
      run()
        .catch(() => {})
        .finally(() => {
          busy.current = false;
        });
    },
    [files],
  );
  const loadMore = useCallback(() => load(loaded.current + 1), [load]);
  const loadAll = useCallback(() => load(Number.MAX_SAFE_INTEGER), [load]);
  useEffect(() => load(1), [load]);
  return { list, loadMore, loadAll };
}

interface Consumer {
  readonly shop: string;
  readonly consumer: string;
  readonly first: string;
  readonly conversations: number;
  readonly messages: number;
}

function consumersOf(list: readonly PackageConversation[]): readonly Consumer[] {
  const found = new Map<string, Consumer>();
  for (const { id, shop, consumer, messages } of list) {
    const key = `${shop}\u0000${consumer}`;
    const before = found.get(key) ?? { shop, consumer, first: id, conversations: 0, messages: 0 };
    found.set(key, { ...before, conversations: before.conversations + 1, messages: before.messages + messages });
  }
  return [...found.values()];
}
