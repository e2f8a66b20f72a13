import type { GuardReport } from '#shared/domain/guard/inspect.ts';
import type { Policy } from '#shared/protocol/entities.ts';

/** Between the window and its guard worker. Words travel packed: a string is copied in no time, 60,000 objects are not. */
export type ToWorker =
  | { readonly kind: 'page'; readonly list: string; readonly packed: string }
  /** All pages are there: compile. Until then the list before counts. */
  | { readonly kind: 'compile'; readonly list: string; readonly version: number; readonly local: string }
  | {
      readonly kind: 'inspect';
      readonly id: number;
      readonly list: string;
      readonly text: string;
      readonly send: Pick<Policy['send'], 'confirm' | 'block'>;
      readonly knownNumbers: readonly string[];
      readonly officialHosts: readonly string[];
    };

export type FromWorker =
  | { readonly kind: 'compiled'; readonly list: string }
  | { readonly kind: 'report'; readonly id: number; readonly report: GuardReport };
