import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { ReviewSampleView, SampleItemView } from '#shared/contract/reviews.ts';
import type { SampleSpec } from '#shared/domain/review/sample.ts';
import type { Audit } from '../audit/audit.ts';
import type { Ids } from '../ports/ids.ts';
import type { StoredSample } from '../ports/review-store.ts';
import type { Store } from '../ports/store.ts';
import type { Cards } from './cards.ts';
import { peopleOf, type People } from './reviewing.ts';

export interface SamplesOptions {
  readonly store: Store;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly cards: Cards;
  readonly now: () => number;
  readonly onChanged: () => void;
}

export type Samples = Pick<
  Handlers,
  'samples.preview' | 'samples.draw' | 'samples.list' | 'samples.get' | 'samples.check' | 'samples.close'
>;

/** Samples (QA2): who may draw, what is kept of a drawing, and whether it comes out the same once more. */
export function createSamples({ store, ids, audit, cards, now, onChanged }: SamplesOptions): Samples {
  async function drawer(): Promise<{ readonly people: People; readonly me: { id: string; name: string } }> {
    const people = await peopleOf(store);
    const me = people.anyWith('review.write');
    if (me === null) throw new AppFailure('NO_PERMISSION', 'review.write');
    return { people, me };
  }
  const draw = (spec: SampleSpec, seed: string, people: People) => {
    if (spec.to <= spec.from) throw new AppFailure('BAD_INPUT', 'the range is empty', { field: 'to' });
    return store.drawReviews(spec, seed, people.visibility);
  };
  async function sampleOf(
    id: string,
  ): Promise<{ readonly sample: StoredSample; readonly items: readonly SampleItemView[] }> {
    const found = await store.reviewSample(id);
    if (found === null) throw new AppFailure('NOT_FOUND', 'no such sample');
    return found;
  }
  const viewOf = (sample: StoredSample, items: readonly SampleItemView[]): ReviewSampleView => ({
    ...sample,
    drawn_by: sample.drawn_by.name,
    size: items.length,
    reviewed: items.filter(({ reviews }) => reviews.some(({ state }) => state === 'submitted')).length,
  });
  const nameOf = (item: Pick<SampleItemView, 'conversation_key' | 'agent'>): string =>
    `${item.conversation_key}\n${item.agent.id}`;

  return {
    async 'samples.preview'({ spec, seed }) {
      const { people } = await drawer();
      const drawn = await draw(spec, seed, people);
      return { candidates: drawn.candidates, agents: drawn.agents, size: drawn.items.length };
    },

    async 'samples.draw'({ name, card, spec, seed }) {
      const { people, me } = await drawer();
      await cards.card(card);
      const drawn = await draw(spec, seed, people);
      if (drawn.items.length === 0) throw new AppFailure('NOT_FOUND', 'nothing to draw from in this range');
      const sample: StoredSample = {
        sample_id: `sam-${ids.next()}`,
        name,
        card: { card_id: card.card_id, version: card.version },
        spec,
        seed,
        candidates: drawn.candidates,
        drawn_at: now(),
        drawn_by: { id: me.id, name: me.name },
        closed_at: null,
      };
      await audit.write(me.id, 'sample.drawn', {
        sample_id: sample.sample_id,
        method: spec.method,
        seed,
        candidates: drawn.candidates,
        size: drawn.items.length,
      });
      await store.putReviewSample(sample, drawn.items);
      onChanged();
      const kept = await sampleOf(sample.sample_id);
      return viewOf(kept.sample, kept.items);
    },

    async 'samples.list'() {
      const people = await peopleOf(store);
      if (people.anyWith('review.write') === null) return { samples: [], may_draw: false };
      return { samples: await store.reviewSamples(), may_draw: true };
    },

    async 'samples.get'({ sample_id }) {
      const { people, me } = await drawer();
      const { sample, items } = await sampleOf(sample_id);
      const mine = new Set([me.id, ...people.own.map(({ agent_id }) => agent_id)]);
      return {
        sample: viewOf(sample, items),
        // Two reviewers judge for themselves: the other's score shows once one's own is in (QA5, agreement).
        items: items.map((item) => {
          const done = item.reviews.some(({ reviewer_id, state }) => mine.has(reviewer_id) && state === 'submitted');
          return {
            ...item,
            reviews: item.reviews
              .filter(({ reviewer_id, state }) => state === 'submitted' || mine.has(reviewer_id))
              .map((review) => ({ ...review, score: done || mine.has(review.reviewer_id) ? review.score : null })),
          };
        }),
        me: { id: me.id, name: me.name },
      };
    },

    async 'samples.check'({ sample_id }) {
      const { people } = await drawer();
      const { sample, items } = await sampleOf(sample_id);
      const again = await draw(sample.spec, sample.seed, people);
      const before = new Set(items.map(nameOf));
      const after = new Set(again.items.map(nameOf));
      const missing = [...before].filter((name) => !after.has(name)).length;
      const added = [...after].filter((name) => !before.has(name)).length;
      return { same: missing === 0 && added === 0, missing, added };
    },

    async 'samples.close'({ sample_id }) {
      const { me } = await drawer();
      await audit.write(me.id, 'sample.closed', { sample_id });
      await store.closeReviewSample(sample_id, now());
      onChanged();
      return {};
    },
  };
}
