import { useCallback, useEffect, useMemo, useState } from 'react';
import { scoreOf, type Scorecard } from '#shared/domain/review/scorecard.ts';
import { SCORECARD_TEMPLATES } from '#shared/domain/review/templates.ts';
import type { ViewerWords } from '#shared/i18n/viewer.ts';
import {
  parseReviewFile,
  REVIEW_FILE_FORMAT,
  reviewDigest,
  type OfflineReview,
  type ReviewFile,
} from '#shared/package/review.ts';
import type { PackageFiles } from './package-files.ts';
import { fill } from './say.ts';

/** What is written about one agent's part of one conversation. */
export type Written = Pick<OfflineReview, 'agent' | 'marks' | 'messages' | 'comment' | 'tags'>;

export interface Reviews {
  /** As it travelled in the package. */
  readonly card: Scorecard;
  readonly count: number;
  readonly dirty: boolean;
  readonly reviewer: string;
  setReviewer(name: string): void;
  has(conversation: string): boolean;
  of(conversation: string, agent: string): Written | undefined;
  /** Null takes it back. */
  set(conversation: string, agent: string, review: Written | null): void;
  /** As a small file (QA4). */
  save(): Promise<void>;
  /** False where the file is not one of this package, or not as it was saved. */
  load(file: Blob): Promise<boolean>;
}

const keyOf = (conversation: string, agent: string): string => `${conversation}\u0000${agent}`;

export function useReviews(files: PackageFiles): Reviews {
  const [reviews, setReviews] = useState<ReadonlyMap<string, OfflineReview>>(new Map());
  const [dirty, setDirty] = useState(false);
  const [reviewer, setReviewer] = useState('');
  const { chain, created_at } = files.manifest;
  // Packages from before there were scorecards are judged with the usual one.
  const card = files.index.scorecard ?? (SCORECARD_TEMPLATES[0] as Scorecard);
  const conversations = useMemo(
    () => new Set([...reviews.values()].map(({ conversation_id }) => conversation_id)),
    [reviews],
  );
  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [dirty]);
  const set = useCallback<Reviews['set']>((conversation_id, agent, review) => {
    setReviews((before) => {
      const next = new Map(before);
      if (review === null) next.delete(keyOf(conversation_id, agent));
      else next.set(keyOf(conversation_id, agent), { ...review, conversation_id, agent, at: Date.now() });
      return next;
    });
    setDirty(true);
  }, []);
  return {
    card,
    count: reviews.size,
    dirty,
    reviewer,
    setReviewer,
    has: (conversation) => conversations.has(conversation),
    of: (conversation, agent) => reviews.get(keyOf(conversation, agent)),
    set,
    async save() {
      const body: Omit<ReviewFile, 'digest'> = {
        kind: 'merchant-workbench-review',
        format: REVIEW_FILE_FORMAT,
        package: { head: chain.head, created_at },
        card,
        reviewer: reviewer.trim(),
        saved_at: Date.now(),
        reviews: [...reviews.values()],
      };
      const file: ReviewFile = { ...body, digest: await reviewDigest(body) };
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([JSON.stringify(file)], { type: 'application/json' }));
      link.download = `review-${chain.head.slice(0, 8)}.json`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      setDirty(false);
    },
    async load(file) {
      const parsed = file.size > 256 * 1024 * 1024 ? undefined : parseReviewFile(await file.text());
      if (parsed === undefined || parsed.package.head !== chain.head) return false;
      if ((await reviewDigest(parsed)) !== parsed.digest) return false;
      // What was written here since stays: nothing is overwritten.
      setReviews(
        (before) =>
          new Map([...parsed.reviews.map((one) => [keyOf(one.conversation_id, one.agent), one] as const), ...before]),
      );
      setReviewer((before) => (before === '' ? parsed.reviewer : before));
      return true;
    },
  };
}

/** The scorecard below a transcript, for one agent's part of it. */
export function ReviewForm(props: {
  words: ViewerWords;
  reviews: Reviews;
  conversation: string;
  agents: readonly string[];
  /** Chosen agent. */
  agent: string;
  onAgent: (agent: string) => void;
}) {
  const { review: words } = props.words;
  const { reviews, agent } = props;
  const { card } = reviews;
  const written: Written = reviews.of(props.conversation, agent) ?? {
    agent,
    marks: {},
    messages: [],
    comment: '',
    tags: [],
  };
  const change = (next: Written): void => {
    const isEmpty =
      Object.keys(next.marks).length === 0 &&
      next.messages.length === 0 &&
      next.comment === '' &&
      next.tags.length === 0;
    reviews.set(props.conversation, agent, isEmpty ? null : next);
  };
  const { score, missing } = scoreOf(card, written.marks);
  if (agent === '') return null;
  return (
    <form className="review" aria-label={words.title} onSubmit={(event) => event.preventDefault()}>
      <div className="review-line">
        <label>
          {words.agent}{' '}
          <select value={agent} onChange={(event) => props.onAgent(event.target.value)}>
            {props.agents.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <span>
          {words.score} <b className="num">{score ?? '–'}</b>
        </span>
        <span className="soft">
          {card.name}
          {missing.length > 0 && Object.keys(written.marks).length > 0
            ? ` · ${fill(words.missing, { count: missing.length })}`
            : ''}
        </span>
      </div>
      <ul className="review-card">
        {card.criteria.map(({ id, kind, name, note, max }) => {
          const points = written.marks[id];
          const put = (value: number | null): void => change({ ...written, marks: { ...written.marks, [id]: value } });
          return (
            <li key={id} title={note}>
              <fieldset>
                <legend>{name}</legend>
                {(kind === 'fatal' ? [1, 0] : Array.from({ length: max + 1 }, (_, value) => value)).map((value) => (
                  <label key={value}>
                    <input
                      type="radio"
                      name={`${agent} ${id}`}
                      checked={points === value}
                      onChange={() => put(value)}
                    />
                    {kind === 'fatal' ? (value === 1 ? words.passed : words.failed) : value}
                  </label>
                ))}
                <label>
                  <input type="radio" name={`${agent} ${id}`} checked={points === null} onChange={() => put(null)} />
                  {words.na}
                </label>
              </fieldset>
            </li>
          );
        })}
      </ul>
      <div className="review-line">
        <label className="grow">
          {words.comment}{' '}
          <textarea
            rows={2}
            maxLength={10_000}
            value={written.comment}
            onChange={(event) => change({ ...written, comment: event.target.value })}
          />
        </label>
        <label>
          {words.tags}{' '}
          <input
            key={`${props.conversation} ${agent}`}
            defaultValue={written.tags.join(' ')}
            onChange={(event) =>
              change({
                ...written,
                tags: [...new Set(event.target.value.split(/[\s,，]+/u))]
                  .filter((tag) => tag !== '' && tag.length <= 40)
                  .slice(0, 20),
              })
            }
          />
        </label>
      </div>
    </form>
  );
}

export function ReviewBar(props: { words: ViewerWords; reviews: Reviews }) {
  const { reviews } = props;
  const { review: words } = props.words;
  const [bad, setBad] = useState(false);
  return (
    <div className="review-bar">
      <span className="soft">{fill(words.count, { count: reviews.count })}</span>
      <label>
        {words.reviewer}{' '}
        <input
          value={reviews.reviewer}
          maxLength={1_024}
          onChange={(event) => reviews.setReviewer(event.target.value)}
        />
      </label>
      <button
        type="button"
        disabled={reviews.count === 0 || reviews.reviewer.trim() === ''}
        onClick={() => void reviews.save()}
      >
        {words.save}
      </button>
      <label>
        {words.load}{' '}
        <input
          type="file"
          accept=".json,application/json"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file === undefined) return;
            // The same file may be chosen again, as it is now: without this the browser would not say so.
            event.target.value = '';
            void reviews.load(file).then(
              (good) => setBad(!good),
              () => setBad(true),
            );
          }}
        />
      </label>
      {bad && <p role="alert">{words.badFile}</p>}
      {reviews.dirty && <p className="faint">{words.unsaved}</p>}
    </div>
  );
}
