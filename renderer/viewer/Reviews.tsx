import { useCallback, useEffect, useState } from 'react';
import type { ViewerWords } from '#shared/i18n/viewer.ts';
import { parseReviewFile, type Review, type ReviewFile } from '#shared/package/review.ts';
import type { PackageFiles } from './package-files.ts';
import { fill } from './say.ts';

export interface Reviews {
  readonly count: number;
  readonly dirty: boolean;
  readonly reviewer: string;
  setReviewer(name: string): void;
  of(conversation: string): Review | undefined;
  /** Null takes it back. */
  set(conversation: string, review: { score: number | null; comment: string } | null): void;
  /** As a small file (QA4). */
  save(): void;
  /** False where the file is not one of this package. */
  load(file: Blob): Promise<boolean>;
}

export function useReviews(files: PackageFiles): Reviews {
  const [reviews, setReviews] = useState<ReadonlyMap<string, Review>>(new Map());
  const [dirty, setDirty] = useState(false);
  const [reviewer, setReviewer] = useState('');
  const { chain, created_at } = files.manifest;
  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [dirty]);
  const set = useCallback<Reviews['set']>((conversation_id, review) => {
    setReviews((before) => {
      const next = new Map(before);
      if (review === null) next.delete(conversation_id);
      else next.set(conversation_id, { conversation_id, ...review, at: Date.now() });
      return next;
    });
    setDirty(true);
  }, []);
  return {
    count: reviews.size,
    dirty,
    reviewer,
    setReviewer,
    of: (conversation) => reviews.get(conversation),
    set,
    save() {
      const file: ReviewFile = {
        kind: 'merchant-workbench-review',
        format: 1,
        package: { head: chain.head, created_at },
        reviewer,
        saved_at: Date.now(),
        reviews: [...reviews.values()],
      };
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
      // What was written here since stays: nothing is overwritten.
      setReviews((before) => new Map([...parsed.reviews.map((one) => [one.conversation_id, one] as const), ...before]));
      setReviewer((before) => (before === '' ? parsed.reviewer : before));
      return true;
    },
  };
}

export function ReviewForm(props: {
  words: ViewerWords;
  review: Review | undefined;
  onReview: (review: { score: number | null; comment: string } | null) => void;
}) {
  const { review: words } = props.words;
  const score = props.review?.score ?? null;
  const comment = props.review?.comment ?? '';
  const change = (next: { score: number | null; comment: string }): void =>
    props.onReview(next.score === null && next.comment === '' ? null : next);
  return (
    <form className="review" aria-label={words.title} onSubmit={(event) => event.preventDefault()}>
      <label>
        {words.score}{' '}
        <input
          type="number"
          min={0}
          max={100}
          step={1}
          value={score ?? ''}
          onChange={(event) => {
            const value = event.target.value === '' ? null : Math.round(Number(event.target.value));
            change({
              score: value === null || Number.isNaN(value) ? null : Math.max(0, Math.min(100, value)),
              comment,
            });
          }}
        />
      </label>
      <label className="grow">
        {words.comment}{' '}
        <textarea rows={2} value={comment} onChange={(event) => change({ score, comment: event.target.value })} />
      </label>
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
        <input value={reviews.reviewer} onChange={(event) => reviews.setReviewer(event.target.value)} />
      </label>
      <button type="button" disabled={reviews.count === 0} onClick={reviews.save}>
        {words.save}
      </button>
      <label>
        {words.load}{' '}
        <input
          type="file"
          accept=".json,application/json"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file !== undefined) void reviews.load(file).then((good) => setBad(!good));
          }}
        />
      </label>
      {bad && <p role="alert">{words.badFile}</p>}
      {reviews.dirty && <p className="faint">{words.unsaved}</p>}
    </div>
  );
}
