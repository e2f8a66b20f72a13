import { AppFailure } from '#shared/contract/errors.ts';
import type { MergeLine, MergeReport } from '#shared/contract/reviews.ts';
import type { Role } from '#shared/protocol/entities.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import {
  actOnReview,
  beginReview,
  EMPTY_REVIEW,
  sameContent,
  type ReviewContent,
  type Reviewer,
} from '#shared/domain/review/review.ts';
import { scoreOf } from '#shared/domain/review/scorecard.ts';
import { canonicalJson } from '#shared/lib/canonical-json.ts';
import { parseReviewFile, reviewDigest, type OfflineReview, type ReviewFile } from '#shared/package/review.ts';
import type { Audit } from '../audit/audit.ts';
import type { Files } from '../ports/files.ts';
import type { Ids } from '../ports/ids.ts';
import type { ReviewWriting } from '../ports/review-store.ts';
import type { Store, StoreChanges } from '../ports/store.ts';
import type { Cards } from './cards.ts';
import { peopleOf, type People } from './reviewing.ts';

/** 100,000 reviews with comments are below it. Bytes. */
const LARGEST_REVIEW_FILE = 256 * 1_024 * 1_024;

export interface MergeOptions {
  readonly store: Store;
  readonly files: Files;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly cards: Cards;
  readonly now: () => number;
  readonly onChanges: (changes: StoreChanges) => void;
}

/**
 * QA4: brings back what was reviewed in a package. Merging again adds nothing; nothing is ever overwritten, what differs is
 * reported. AppFailure FILE_FORMAT, FILE_TOO_LARGE, REVIEW_FILE_CHANGED (not as it was saved), REVIEW_PACKAGE_UNKNOWN (of
 * a package that was not exported from here), NO_PERMISSION.
 */
export function createMerge(options: MergeOptions): (handle: string) => Promise<MergeReport> {
  const { store, files, cards } = options;

  async function read(handle: string): Promise<{ readonly name: string; readonly file: ReviewFile }> {
    const { name, bytes } = await files.describe(handle);
    if (bytes > LARGEST_REVIEW_FILE)
      throw new AppFailure('FILE_TOO_LARGE', 'larger than a review file can be', { bytes, limit: LARGEST_REVIEW_FILE });
    const decoder = new TextDecoder('utf-8');
    let text = '';
    for await (const chunk of files.read(handle)) text += decoder.decode(chunk, { stream: true });
    const file = parseReviewFile(text + decoder.decode());
    if (file === undefined) throw new AppFailure('FILE_FORMAT', 'not a review file');
    if ((await reviewDigest(file)) !== file.digest)
      throw new AppFailure('REVIEW_FILE_CHANGED', 'the digest does not fit');
    if (!(await store.exportedPackage(file.package.head)))
      throw new AppFailure('REVIEW_PACKAGE_UNKNOWN', 'not exported from this profile', { head: file.package.head });
    const card = await cards.card(file.card).catch(() => null);
    // The card travelled with the package: another one than the version here says was put in on the way.
    if (card === null || canonicalJson(card.criteria) !== canonicalJson(file.card.criteria))
      throw new AppFailure('REVIEW_FILE_CHANGED', 'the scorecard is not the one of that version');
    return { name, file };
  }

  /** The account that name stands for, where it is one that may review there; else the name itself, marked as such. */
  async function reviewerOf(source: string, name: string): Promise<Reviewer> {
    const named = (await store.reviewersNamed(source, name)).filter(({ role }) =>
      isPermitted(role as Role | null, 'review.write'),
    );
    const [only] = named;
    return named.length === 1 && only !== undefined
      ? { id: only.agent_id, name, role: only.role as Role }
      : { id: `offline:${name}`, name, role: null };
  }

  return async (handle) => {
    const people = await peopleOf(store);
    const merger = people.anyWith('review.write');
    if (merger === null) throw new AppFailure('NO_PERMISSION', 'review.write');
    const { name, file } = await read(handle);
    const lines: MergeLine[] = [];
    const writings: ReviewWriting[] = [];
    const met = new Set<string>();
    for (const offline of file.reviews) {
      const { line, writing } = await merged(people, file, offline, met);
      lines.push(line);
      if (writing !== null) writings.push(writing);
    }
    const count = (outcome: MergeLine['outcome']): number => lines.filter((line) => line.outcome === outcome).length;
    const report: MergeReport = {
      file: name,
      reviewer: file.reviewer,
      added: count('added'),
      same: count('same'),
      conflicts: lines.length - count('added') - count('same'),
      lines,
    };
    await options.audit.write(merger.id, 'reviews.merged', {
      head: file.package.head,
      reviewer: file.reviewer,
      reviews: lines.length,
      added: report.added,
      same: report.same,
      conflicts: report.conflicts,
    });
    if (writings.length > 0) options.onChanges(await store.putReviews(writings));
    return report;
  };

  async function merged(
    people: People,
    file: ReviewFile,
    offline: OfflineReview,
    met: Set<string>,
  ): Promise<{ readonly line: MergeLine; readonly writing: ReviewWriting | null }> {
    const { score } = scoreOf(file.card, offline.marks);
    const say = (outcome: MergeLine['outcome'], here: number | null = null, review_id: string | null = null) => ({
      line: { conversation_id: offline.conversation_id, agent: offline.agent, outcome, score, here, review_id },
      writing: null,
    });
    // Only where one reviews; the same wire id in two sources would be a guess.
    const found = (await store.receptionsNamed(offline.conversation_id, offline.agent)).filter(
      ({ source }) => people.withPermission(source, 'review.write') !== null,
    );
    const [reception] = found;
    if (reception === undefined || found.length > 1) return say('unknown');
    const reviewer = await reviewerOf(reception.source, file.reviewer);
    const key = `${reception.conversation_key}\n${reception.agent.id}\n${reviewer.id}`;
    const content: ReviewContent = {
      ...EMPTY_REVIEW,
      marks: offline.marks,
      messages: offline.messages,
      comment: offline.comment,
      tags: offline.tags,
    };
    const existing = (await store.reviewsOf(reception.conversation_key, reception.agent.id)).find(
      ({ review }) => review.reviewer.id === reviewer.id,
    );
    if (existing !== undefined) {
      const { review, erased } = existing;
      const here = [review.final_score, review.review_id] as const;
      if (erased) return say('erased', ...here);
      // An incident can't be linked in a package; one that was linked here since is no difference.
      if (sameContent({ ...review.content, incident_id: null }, content) && sameCard(review.card, file.card))
        return say('same', ...here);
      return say(review.appeal === null ? 'conflict' : 'decided', ...here);
    }
    // The same reception twice in one file: the first one counts, like everywhere else.
    if (met.has(key)) return say('conflict');
    const begun = beginReview({ review_id: `rev-${options.ids.next()}`, agent: reception.agent, reviewer }, file.card);
    const next = actOnReview(begun, { kind: 'save', content, submit: true }, reviewer, options.now(), file.card);
    if (!next.ok) return say('invalid');
    met.add(key);
    const { review, event } = next.value;
    return {
      line: { ...say('added', review.final_score, review.review_id).line },
      writing: {
        conversation_key: reception.conversation_key,
        review,
        events: [{ ...event, what: 'merged', note: file.package.head.slice(0, 12) }],
      },
    };
  }
}

const sameCard = (a: { card_id: string; version: number }, b: { card_id: string; version: number }): boolean =>
  a.card_id === b.card_id && a.version === b.version;
