import { useEffect, useMemo, useRef, useState } from 'react';
import type { Locale } from '#shared/i18n/index.ts';
import type { ViewerWords } from '#shared/i18n/viewer.ts';
import { attachmentName } from '#shared/package/format.ts';
import { highlightRanges, matchesFolded, type Range } from '#shared/search/match.ts';
import { fold } from '#shared/search/normalise.ts';
import { parseTextQuery } from '#shared/search/query.ts';
import { Marked } from './Marked.tsx';
import { FileFailure, type PackageFiles } from './package-files.ts';
import type { MessageRecord, Transcript } from './records.ts';
import { ReviewForm, type Reviews } from './Reviews.tsx';
import { fill, formatters } from './say.ts';
import { readTranscript } from './search.ts';

/** So much of a text is shown at once; the rest on request (SE2: a megabyte of one word). */
const SHOWN_CHARACTERS = 4_000;
/** So many items of a transcript; earlier ones on request. */
const SHOWN_ITEMS = 1_000;

/** The two-way transcript of one conversation (SR6), with recalls, corrections and transfers. */
export function Conversation(props: {
  files: PackageFiles;
  id: string;
  /** To be scrolled to. */
  message: string | null;
  text: string;
  locale: Locale;
  words: ViewerWords;
  reviews: Reviews;
}) {
  const { files, id, message, words } = props;
  const say = useMemo(() => formatters(props.locale), [props.locale]);
  const [transcript, setTranscript] = useState<Transcript | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const [all, setAll] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let gone = false;
    const check = (): void => {
      if (gone) throw new Error('stopped');
    };
    readTranscript(files, id, check).then(
      (read) => !gone && setTranscript(read),
      (thrown: unknown) => !gone && setFailed(thrown instanceof FileFailure ? thrown.file : String(thrown)),
    );
    return () => {
      gone = true;
    };
  }, [files, id]);

  const matches = useMemo(() => {
    const found = new Map<number, readonly Range[]>();
    const query = parseTextQuery(props.text);
    if (query.terms.length === 0) return found;
    for (const item of transcript?.items ?? [])
      if (item.type === 'message' && item.text !== undefined && matchesFolded(fold(item.text), query))
        found.set(item.n, highlightRanges(item.text, query));
    return found;
  }, [transcript, props.text]);
  const marked = useMemo(
    () => (transcript?.items ?? []).flatMap((item) => (matches.has(item.n) ? [item.n] : [])),
    [transcript, matches],
  );
  const [current, setCurrent] = useState<number | null>(null);
  // Whose parts there are; the one who wrote most is reviewed unless another is chosen.
  const agents = useMemo(() => {
    const counts = new Map<string, number>();
    for (const item of transcript?.items ?? [])
      if (item.type === 'message' && item.agent !== undefined)
        counts.set(item.agent, (counts.get(item.agent) ?? 0) + (item.sender === 'agent' ? 1 : 0));
    return [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  }, [transcript]);
  const [agent, setAgent] = useState<string | null>(null);
  const reviewed = agent ?? agents[0] ?? '';
  const { reviews } = props;
  const written = reviewed === '' ? undefined : reviews.of(id, reviewed);
  const toggle = (record: MessageRecord): void => {
    const marks = written?.messages ?? [];
    const at = marks.findIndex(({ msg_id }) => msg_id === record.message_id);
    const messages =
      at >= 0 ? marks.toSpliced(at, 1) : [...marks, { msg_id: record.message_id, criterion_id: null, note: '' }];
    reviews.set(id, reviewed, {
      agent: reviewed,
      marks: {},
      comment: '',
      tags: [],
      ...written,
      messages,
    });
  };
  useEffect(() => {
    if (transcript === null) return;
    const found = transcript.items.find((item) => item.type === 'message' && item.message_id === message);
    setCurrent(found?.n ?? null);
  }, [transcript, message]);
  useEffect(() => {
    if (current !== null) scroller.current?.querySelector(`[data-n="${current}"]`)?.scrollIntoView({ block: 'center' });
  }, [current, all]);
  const step = (by: 1 | -1): void => {
    if (marked.length === 0) return;
    const at = current === null ? -1 : marked.indexOf(current);
    setCurrent(marked[(at + by + marked.length) % marked.length] ?? null);
  };

  if (failed !== null)
    return (
      <main className="page-state" role="alert">
        {fill(words.failed, { name: failed })}
      </main>
    );
  if (transcript === null) return <main className="page-state">{words.loading}</main>;
  const { items } = transcript;
  const currentAt = items.findIndex((item) => item.n === current);
  const hidden = all || items.length <= SHOWN_ITEMS || (currentAt >= 0 && currentAt < items.length - SHOWN_ITEMS);
  const shown = hidden ? items : items.slice(-SHOWN_ITEMS);
  const first = items.find((item) => item.type === 'message');
  return (
    <main className="page-main">
      <div className="transcript-head">
        <b>
          <bdi>{(first?.type === 'message' ? first.consumer : undefined) ?? words.transcript.noConsumer}</bdi>
        </b>
        <span className="faint">
          <bdi>{id}</bdi>
        </span>
        {marked.length > 0 && (
          <span className="transcript-steps">
            <button type="button" onClick={() => step(-1)}>
              {words.transcript.previous}
            </button>
            <span className="num">
              {fill(words.transcript.position, {
                at: current === null ? 0 : marked.indexOf(current) + 1,
                count: marked.length,
              })}
            </span>
            <button type="button" onClick={() => step(1)}>
              {words.transcript.next}
            </button>
          </span>
        )}
      </div>
      <div className="transcript" ref={scroller} role="log" aria-label={words.tabs.results} tabIndex={0}>
        {shown.length < items.length && (
          <button type="button" onClick={() => setAll(true)}>
            {words.search.more}
          </button>
        )}
        {shown.map((item) =>
          item.type === 'transfer' ? (
            <p key={item.n} className="note">
              <bdi>
                {fill(words.transcript.transfer, {
                  from: item.from ?? words.transcript.noAgent,
                  to: item.to ?? words.transcript.noAgent,
                })}
              </bdi>{' '}
              <span className="num faint">{say.moment(item.at)}</span>
            </p>
          ) : (
            <Message
              key={item.n}
              record={item}
              matches={matches.get(item.n) ?? []}
              current={item.n === current}
              words={words}
              moment={say.moment(item.sent_at)}
              number={say.number}
              marked={written?.messages.some(({ msg_id }) => msg_id === item.message_id) ?? false}
              onMark={reviewed === '' ? null : () => toggle(item)}
              file={fileOf(files, item)}
            />
          ),
        )}
      </div>
      <ReviewForm
        words={words}
        reviews={reviews}
        conversation={id}
        agents={agents}
        agent={reviewed}
        onAgent={setAgent}
      />
    </main>
  );
}

function Message(props: {
  record: MessageRecord;
  matches: readonly Range[];
  current: boolean;
  words: ViewerWords;
  moment: string;
  number: (value: number) => string;
  marked: boolean;
  onMark: (() => void) | null;
  /** Name of its attachment's file in the package; null where it isn't in it. */
  file: string | null;
}) {
  const { record, words } = props;
  const said = words.transcript;
  const [whole, setWhole] = useState(false);
  const text = record.text ?? '';
  const cut = !whole && text.length > SHOWN_CHARACTERS;
  const who =
    record.sender_name ??
    (record.sender === 'system' ? said.system : record.sender === 'agent' ? record.agent : record.consumer);
  if (record.recalled !== undefined)
    return (
      <p className="note" data-n={record.n}>
        <bdi>{fill(said.recalled, { by: record.recalled.by ?? who ?? '' })}</bdi>{' '}
        <span className="num faint">{props.moment}</span>
        <br />
        <span className="faint">
          {said.effects[record.recalled.effect as keyof typeof said.effects] ?? record.recalled.effect}
          {record.recalled.sealed && ` · ${said.sealed}`}
        </span>
      </p>
    );
  const kinds: Readonly<Record<string, string>> = said.kinds;
  return (
    <article className={`said is-${record.sender} ${props.current ? 'is-current' : ''}`} data-n={record.n}>
      <header className="faint">
        <bdi>{who ?? ''}</bdi> <span className="num">{props.moment}</span>{' '}
        {props.onMark !== null && (
          <button
            type="button"
            className={`flag ${props.marked ? 'is-on' : ''}`}
            aria-pressed={props.marked}
            onClick={props.onMark}
          >
            {props.marked ? words.review.marked : words.review.mark}
          </button>
        )}
      </header>
      <div className="bubble">
        {record.correction_of !== undefined && <span className="tag">{said.corrects}</span>}
        {record.kind !== 'text' && <span className="tag">{kinds[record.kind] ?? record.kind}</span>}
        {text !== '' && <Marked text={cut ? text.slice(0, SHOWN_CHARACTERS) : text} matches={props.matches} />}
        {cut && (
          <button type="button" onClick={() => setWhole(true)}>
            {fill(said.long, { count: props.number(text.length) })}
          </button>
        )}
        {record.order !== undefined && (
          <dl className="card">
            <dt>
              <bdi>{fill(said.order, { number: record.order.order_no })}</bdi>
            </dt>
            <dd>
              <bdi>{[record.order.title, record.order.amount, record.order.status].filter(Boolean).join(' · ')}</bdi>
            </dd>
          </dl>
        )}
        {record.attachment !== undefined && (
          <span className="card">
            <bdi>
              {fill(props.file === null ? said.attachment : said.attachmentHere, {
                name: record.attachment.name,
                bytes: props.number(record.attachment.bytes),
                file: props.file ?? '',
              })}
            </bdi>
          </span>
        )}
        {/* Only as a picture: opened as a page of its own, a file that somebody sent could run scripts (SE2). */}
        {props.file !== null && record.kind === 'image' && (
          <img className="picture" src={props.file} alt={record.attachment?.name ?? ''} loading="lazy" />
        )}
        {record.corrected_by !== undefined && <span className="tag">{said.corrected}</span>}
      </div>
    </article>
  );
}

const held = new WeakMap<PackageFiles, ReadonlySet<string>>();

function fileOf(files: PackageFiles, record: MessageRecord): string | null {
  const { sha256 } = record.attachment ?? {};
  if (sha256 === undefined) return null;
  let names = held.get(files);
  if (names === undefined) {
    names = new Set(files.manifest.files.map(({ name }) => name).filter((name) => name.startsWith('attachments/')));
    held.set(files, names);
  }
  const name = attachmentName(sha256);
  return names.has(name) ? name : null;
}
