import { UnsavedReviews, type OfflineReview } from '#shared/package/review.ts';
import type { Store } from '../ports/store.ts';

const NAME = 'package_reviews';
/** Packages whose reviews wait to be saved; the one written longest ago goes first. */
const MOST = 20;

/**
 * What was written about opened packages and not yet saved as a review file: kept beside the records (and so enciphered and
 * in the backup), found again by the package's chain head after a crash or a restart. A stored value that no longer fits
 * counts as none.
 */
export function createUnsavedReviews(store: Pick<Store, 'setting' | 'setSetting'>) {
  /** One change after the other: each writes all of it. */
  let turn: Promise<unknown> = Promise.resolve();

  async function all(): Promise<UnsavedReviews> {
    return UnsavedReviews.catch([]).parse(await store.setting(NAME));
  }

  function put(head: string, reviews: readonly OfflineReview[]): Promise<void> {
    const next = turn.then(async () => {
      const others = (await all()).filter((one) => one.head !== head);
      if (reviews.length > 0) others.push({ head, reviews: [...reviews] });
      await store.setSetting(NAME, others.slice(-MOST));
    });
    turn = next.catch(() => undefined);
    return next;
  }

  return {
    of: async (head: string): Promise<readonly OfflineReview[]> => {
      await turn;
      return (await all()).find((one) => one.head === head)?.reviews ?? [];
    },
    put,
    drop: (head: string): Promise<void> => put(head, []),
  };
}
