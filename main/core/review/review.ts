import type { Handlers } from '#shared/contract/procedures.ts';
import type { Locale } from '#shared/i18n/index.ts';
import type { Audit } from '../audit/audit.ts';
import type { Files } from '../ports/files.ts';
import type { Ids } from '../ports/ids.ts';
import type { SpreadsheetWriter } from '../ports/spreadsheet.ts';
import type { Store, StoreChanges } from '../ports/store.ts';
import { createCards, type Cards } from './cards.ts';
import { createMerge } from './merge.ts';
import { createReport } from './report.ts';
import { createReviews } from './reviews.ts';
import { createSamples } from './samples.ts';

export interface ReviewOptions {
  readonly store: Store;
  readonly files: Files;
  readonly ids: Ids;
  readonly audit: Audit;
  /** Server time as far as it is known, milliseconds. */
  readonly now: () => number;
  readonly localOffsetMinutes: (at: number) => number;
  readonly locale: Locale;
  readonly program: string;
  readonly writer?: SpreadsheetWriter;
  /** Anything of quality review changed; with the conversations whose messages are marked reviewed now. */
  readonly onChanged: (changes: StoreChanges | null) => void;
}

export type ReviewHandlers = Pick<
  Handlers,
  Extract<keyof Handlers, `reviews.${string}` | `samples.${string}` | `scorecards.${string}` | `pictures.${string}`>
>;

/** Quality review 质检 (QA1–QA5), composed. */
export function createReviewing(options: ReviewOptions): { readonly handlers: ReviewHandlers; readonly cards: Cards } {
  const { onChanged } = options;
  const now = (): number => Math.max(0, Math.round(options.now()));
  const common = { ...options, now };
  const cards = createCards({ ...common, onChanged: () => onChanged(null) });
  const parts = { ...common, cards };
  const reviews = createReviews({ ...parts, onChanges: onChanged });
  const merge = createMerge({ ...parts, onChanges: onChanged });
  return {
    cards,
    handlers: {
      ...cards.handlers,
      ...createSamples({ ...parts, onChanged: () => onChanged(null) }),
      ...reviews.handlers,
      ...createReport({ ...parts, reviews }),
      'reviews.merge': ({ file }) => merge(file),
    },
  };
}
