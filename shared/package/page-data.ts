import type { Scorecard } from '../domain/review/scorecard.ts';
import type { GramLayout } from './grams.ts';

/** What data/index.js and its companions carry; made by the export, read by the page. All times: milliseconds since 1970 UTC. */
export interface PackageIndex {
  /** In order: chunk 1 first, newest messages first. `from`, `to`: of its messages, both included; null without any. */
  readonly chunks: readonly { readonly records: number; readonly from: number | null; readonly to: number | null }[];
  readonly conversations: { readonly count: number; readonly files: number };
  /** `files` 0: no table, every chunk is a candidate. */
  readonly grams: GramLayout & { readonly files: number };
  /** What conversations are reviewed with (QA4); absent in packages from before there were scorecards. */
  readonly scorecard?: Scorecard;
  readonly agents: readonly { readonly name: string; readonly messages: number; readonly conversations: number }[];
}

/** Newest message first. */
export interface PackageConversation {
  readonly id: string;
  readonly shop: string;
  readonly consumer: string;
  readonly agents: readonly string[];
  readonly messages: number;
  readonly from: number;
  readonly to: number;
}
