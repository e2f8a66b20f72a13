import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { ReceptionView, ReviewDetail } from '#shared/contract/reviews.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import { reviewFigures } from '#shared/domain/review/dashboard.ts';
import {
  actOnReview,
  APPEAL_WITHIN_MS,
  beginReview,
  type Review,
  type ReviewAction,
  type Reviewer,
} from '#shared/domain/review/review.ts';
import type { Scorecard } from '#shared/domain/review/scorecard.ts';
import type { Audit } from '../audit/audit.ts';
import type { Ids } from '../ports/ids.ts';
import type { StoredReview } from '../ports/review-store.ts';
import type { Store, StoreChanges } from '../ports/store.ts';
import type { Cards } from './cards.ts';
import { peopleOf, type People } from './reviewing.ts';

export interface ReviewsOptions {
  readonly store: Store;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly cards: Cards;
  readonly now: () => number;
  readonly localOffsetMinutes: (at: number) => number;
  readonly onChanges: (changes: StoreChanges) => void;
}

export interface Reviews {
  readonly handlers: Pick<
    Handlers,
    'reviews.open' | 'reviews.get' | 'reviews.save' | 'reviews.act' | 'reviews.list' | 'reviews.dashboard'
  >;
  /** QA5: figures of everything reviewed in [from, to) that is seen from here. AppFailure NO_PERMISSION. */
  figures(range: { readonly from: number; readonly to: number }): Promise<ReturnType<typeof reviewFigures>>;
}

const PAGE = 500;

/** Reviews and appeals (QA3, QA5): who may see and do what; what follows what is shared/domain/review's to say. */
export function createReviews(options: ReviewsOptions): Reviews {
  const { store, cards, now } = options;

  const isOwn = (people: People, source: string, id: string): boolean =>
    people.own.some((own) => own.source === source && own.agent_id === id);

  /** What isn't visible isn't there. Drafts are their writer's alone. */
  function maySee(people: People, { source, review }: StoredReview): boolean {
    if (people.at(source).some(({ id }) => id === review.reviewer.id)) return true;
    if (people.withPermission(source, 'review.write')?.id === review.reviewer.id) return true;
    if (review.state !== 'submitted') return false;
    return people.withPermission(source, 'review.write') !== null || isOwn(people, source, review.agent.id);
  }

  /** Who would do it: the one whose right it is, among those signed in here. */
  function actorFor(people: People, source: string, review: Review, kind: ReviewAction['kind']): Reviewer | null {
    if (kind === 'save') return people.withPermission(source, 'review.write');
    if (kind === 'decide') {
      // Neither the reviewer nor the agent decides, so another account signed in here may be the one.
      const may = people
        .at(source)
        .filter(
          ({ role, id }) => isPermitted(role, 'review.decide') && id !== review.reviewer.id && id !== review.agent.id,
        );
      return may[0] ?? people.withPermission(source, 'review.decide');
    }
    const self = people.at(source).find(({ id }) => id === review.agent.id) ?? null;
    return self !== null && isPermitted(self.role, 'review.appeal') ? self : null;
  }

  async function detailOf(people: People, stored: StoredReview): Promise<ReviewDetail> {
    const { source, review } = stored;
    const card = await cards.card(review.card);
    const writer = people.withPermission(source, 'review.write');
    const others =
      writer === null || (writer.id === review.reviewer.id && review.state !== 'submitted')
        ? []
        : (await store.reviewsOf(stored.reception.conversation_key, review.agent.id))
            .map((each) => each.review)
            .filter((each) => each.review_id !== review.review_id && each.state === 'submitted');
    return {
      reception: stored.reception,
      card,
      review,
      history: stored.history,
      others,
      allowed: allowedOf(people, source, review, stored.erased),
      erased: stored.erased,
    };
  }

  function allowedOf(people: People, source: string, review: Review, erased: boolean): ReviewDetail['allowed'] {
    const decider = actorFor(people, source, review, 'decide');
    const appellant = actorFor(people, source, review, 'appeal');
    const open = review.appeal?.state === 'open';
    return {
      write:
        !erased &&
        review.appeal === null &&
        review.agent.id !== review.reviewer.id &&
        people.withPermission(source, 'review.write')?.id === review.reviewer.id,
      appeal:
        !erased &&
        appellant !== null &&
        review.state === 'submitted' &&
        review.appeal === null &&
        now() - (review.submitted_at ?? 0) <= APPEAL_WITHIN_MS,
      withdraw: !erased && appellant !== null && open && review.appeal?.by.id === appellant.id,
      decide:
        !erased && open && decider !== null && decider.id !== review.reviewer.id && decider.id !== review.appeal?.by.id,
    };
  }

  async function visible(people: People, id: string): Promise<StoredReview> {
    const stored = await store.review(id);
    if (stored === null || !maySee(people, stored)) throw new AppFailure('NOT_FOUND', 'no such review');
    return stored;
  }

  async function receptionOf(
    people: People,
    conversation: ConversationKey,
    agentId: string,
  ): Promise<{ readonly reception: ReceptionView; readonly source: string; readonly reviewer: Reviewer }> {
    if (people.anyWith('review.write') === null) throw new AppFailure('NO_PERMISSION', 'review.write');
    const found = await store.reception(conversation, agentId);
    const reviewer = found === null ? null : people.withPermission(found.source, 'review.write');
    if (found === null || reviewer === null) throw new AppFailure('NOT_FOUND', 'no such reception');
    const { source, ...reception } = found;
    return { reception, source, reviewer };
  }

  /** Applies, keeps, and answers with what is stored now. */
  async function apply(
    stored: StoredReview,
    card: Scorecard,
    seq: number,
    action: ReviewAction,
    by: Reviewer,
  ): Promise<void> {
    // Said before anything is decided on what the person didn't see.
    if (stored.review.seq !== seq)
      throw new AppFailure('STALE_STATE', 'somebody else wrote meanwhile', { seq: stored.review.seq });
    if (stored.erased) throw new AppFailure('GONE', 'the conversation was erased');
    const next = actOnReview(stored.review, action, by, now(), card);
    if (!next.ok)
      throw new AppFailure(
        next.error === 'NOT_DECIDER' ? 'NO_PERMISSION' : 'NOT_ALLOWED',
        'the review was not changed',
        {
          reason: next.error,
        },
      );
    const { review, event } = next.value;
    if (event.what !== 'saved')
      await options.audit.write(by.id, `review.${event.what}`, {
        review_id: review.review_id,
        agent_id: review.agent.id,
        card: `${review.card.card_id}@${review.card.version}`,
        score: event.score,
      });
    options.onChanges(
      await store.putReviews([{ conversation_key: stored.reception.conversation_key, review, events: [event] }]),
    );
  }

  async function all(range: { readonly from: number; readonly to: number }, people: People): Promise<StoredReview[]> {
    const found: StoredReview[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<Store['reviews']>> = await store.reviews(
        { sources: people.sources, agents: [], reviewers: [], states: ['submitted'], ...range },
        { limit: PAGE, cursor },
      );
      found.push(...page.reviews);
      ({ cursor } = page);
    } while (cursor !== null);
    return found;
  }

  const figures: Reviews['figures'] = async ({ from, to }) => {
    const people = await peopleOf(store);
    if (people.anyWith('review.write') === null) throw new AppFailure('NO_PERMISSION', 'review.write');
    const reviews = await all({ from, to }, people);
    const known = new Map<string, Scorecard>();
    const counted = [];
    for (const { review, reception } of reviews) {
      const name = `${review.card.card_id} ${review.card.version}`;
      const card = known.get(name) ?? (await cards.card(review.card));
      known.set(name, card);
      counted.push({ review, card, reception: `${reception.conversation_key}\n${reception.agent.id}` });
    }
    return reviewFigures(counted, options.localOffsetMinutes(to));
  };

  return {
    figures,
    handlers: {
      async 'reviews.open'({ conversation_key, agent_id, card: wanted }) {
        const people = await peopleOf(store);
        const { reception, source, reviewer } = await receptionOf(people, conversation_key, agent_id);
        const mine = (await store.reviewsOf(conversation_key, agent_id)).find(
          ({ review }) => review.reviewer.id === reviewer.id,
        );
        if (mine !== undefined) return detailOf(people, mine);
        const card = wanted === undefined ? await cards.usual() : await cards.card(wanted);
        const review = beginReview({ review_id: `rev-${options.ids.next()}`, agent: reception.agent, reviewer }, card);
        return {
          reception,
          card,
          review,
          history: [],
          others: [],
          allowed: allowedOf(people, source, review, false),
          erased: false,
        };
      },

      async 'reviews.get'({ review_id }) {
        const people = await peopleOf(store);
        return detailOf(people, await visible(people, review_id));
      },

      async 'reviews.save'({ conversation_key, agent_id, card: ref, seq, content, submit }) {
        const people = await peopleOf(store);
        const { reception, source, reviewer } = await receptionOf(people, conversation_key, agent_id);
        const mine = (await store.reviewsOf(conversation_key, agent_id)).find(
          ({ review }) => review.reviewer.id === reviewer.id,
        );
        // A review stays with the card it was begun with.
        const card = await cards.card(mine?.review.card ?? ref);
        const stored = mine ?? {
          source,
          reception,
          review: beginReview({ review_id: `rev-${options.ids.next()}`, agent: reception.agent, reviewer }, card),
          history: [],
          erased: false,
        };
        await apply(stored, card, seq, { kind: 'save', content, submit }, reviewer);
        return detailOf(people, await visible(people, stored.review.review_id));
      },

      async 'reviews.act'({ review_id, seq, action }) {
        const people = await peopleOf(store);
        const stored = await visible(people, review_id);
        const by = actorFor(people, stored.source, stored.review, action.kind);
        if (by === null)
          throw new AppFailure('NO_PERMISSION', action.kind === 'decide' ? 'review.decide' : 'review.appeal');
        await apply(stored, await cards.card(stored.review.card), seq, action, by);
        return detailOf(people, await visible(people, review_id));
      },

      async 'reviews.list'({ scope, appeals, limit, cursor }) {
        const people = await peopleOf(store);
        const reviewers = people.own.map(({ agent_id }) => agent_id);
        const page = await store.reviews(
          {
            // One's own work and one's own writing need no right to review.
            sources: scope === 'all' ? people.sources : [],
            agents: scope === 'written' ? [] : people.own,
            reviewers: scope === 'mine' ? [] : reviewers,
            ...(scope === 'mine' ? { about: people.own, states: ['submitted' as const] } : {}),
            ...(appeals === undefined ? {} : { appeals }),
          },
          { limit, cursor },
        );
        const names = new Map<string, string>();
        for (const { review } of page.reviews) {
          const name = `${review.card.card_id} ${review.card.version}`;
          if (!names.has(name)) names.set(name, (await cards.card(review.card)).name);
        }
        return {
          reviews: page.reviews.map(({ reception, review }) => ({
            reception,
            review,
            card: names.get(`${review.card.card_id} ${review.card.version}`) ?? '',
          })),
          total: page.total,
          cursor: page.cursor,
        };
      },

      async 'reviews.dashboard'(range) {
        const found = await figures(range);
        return { figures: found, sources: (await peopleOf(store)).sources.length };
      },
    },
  };
}
