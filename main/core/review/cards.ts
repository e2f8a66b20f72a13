import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { CardRef, Scorecard } from '#shared/domain/review/scorecard.ts';
import { SCORECARD_TEMPLATES, templateOf } from '#shared/domain/review/templates.ts';
import type { Audit } from '../audit/audit.ts';
import type { Ids } from '../ports/ids.ts';
import type { Store } from '../ports/store.ts';
import { peopleOf } from './reviewing.ts';

export interface CardsOptions {
  readonly store: Store;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly now: () => number;
  readonly onChanged: () => void;
}

export interface Cards {
  readonly handlers: Pick<Handlers, 'scorecards.list' | 'scorecards.get' | 'scorecards.save'>;
  /** That very version; AppFailure NOT_FOUND. */
  card(ref: CardRef): Promise<Scorecard>;
  /** What is taken where nobody chose. */
  usual(): Promise<Scorecard>;
}

/** Newest version of every card: those that ship first, as they were edited or not. */
async function newestCards(store: Pick<Store, 'scorecards'>): Promise<readonly Scorecard[]> {
  const stored = await store.scorecards();
  const shipped = SCORECARD_TEMPLATES.map(
    (template) => stored.find(({ card_id }) => card_id === template.card_id) ?? template,
  );
  return [...shipped, ...stored.filter(({ card_id }) => templateOf(card_id) === null)];
}

/** What is taken where nobody chose: also what travels in a review package (QA4). */
export async function usualCard(store: Pick<Store, 'scorecards'>): Promise<Scorecard> {
  return (await newestCards(store))[0] as Scorecard;
}

/** Scorecards (QA1). Every edit is a new version; what ships is version 0 of its card. */
export function createCards({ store, ids, audit, now, onChanged }: CardsOptions): Cards {
  async function card({ card_id, version }: CardRef): Promise<Scorecard> {
    const found = version === 0 ? templateOf(card_id) : await store.scorecard(card_id, version);
    if (found === null) throw new AppFailure('NOT_FOUND', 'no such version of a scorecard');
    return found;
  }
  return {
    card,
    usual: () => usualCard(store),
    handlers: {
      async 'scorecards.list'() {
        const people = await peopleOf(store);
        return { cards: await newestCards(store), may_edit: people.anyWith('scorecard.edit') !== null };
      },
      'scorecards.get': card,
      async 'scorecards.save'({ base, draft }) {
        const editor = (await peopleOf(store)).anyWith('scorecard.edit');
        if (editor === null) throw new AppFailure('NO_PERMISSION', 'scorecard.edit');
        if (base !== null) {
          const current = (await newestCards(store)).find(({ card_id }) => card_id === base.card_id);
          if (current === undefined) throw new AppFailure('NOT_FOUND', 'no such scorecard');
          if (current.version !== base.version)
            throw new AppFailure('STALE_STATE', 'somebody else saved this card meanwhile', {
              current: current.version,
            });
        }
        const saved: Scorecard = {
          card_id:
            base?.card_id ??
            `card-${ids
              .next()
              .toLowerCase()
              .replaceAll(/[^a-z0-9_-]/g, '')}`.slice(0, 40),
          version: (base?.version ?? 0) + 1,
          ...draft,
          edited_at: now(),
          edited_by: editor.name,
        };
        await audit.write(editor.id, 'scorecard.saved', { card_id: saved.card_id, version: saved.version });
        await store.putScorecard(saved);
        onChanged();
        return saved;
      },
    },
  };
}
