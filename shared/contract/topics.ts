import type { AccountId, ConversationKey } from '../domain/ids.ts';
import type { TransferView } from './attachments.ts';
import type { AccountView, JobView, Settings } from './views.ts';

/**
 * What the core announces. A topic says what changed, by table and key; the view then asks for what it shows
 * (design.md, data flow). Payloads are small and complete in themselves; losing one is repaired by asking again.
 */
export interface Topics {
  /** Connection, clock, cursor or shops of accounts changed: the whole list. */
  readonly accounts: readonly AccountView[];
  /** Rows of the conversation lists changed; at most one notice every 50 ms. Empty list = many, ask again. */
  readonly conversations: { readonly keys: readonly ConversationKey[] };
  /** Messages, outgoing ones or recalls of these conversations changed. */
  readonly messages: { readonly keys: readonly ConversationKey[] };
  /** Incidents, playbooks or cases changed; ids of incidents, or an empty list: ask again. */
  readonly incidents: { readonly ids: readonly string[] };
  /** Scorecards, samples, reviews or appeals changed (QA1–QA5): ask again. */
  readonly reviews: Readonly<Record<string, never>>;
  /** Files on their way that moved on since the last notice (IN8). */
  readonly transfers: { readonly transfers: readonly TransferView[] };
  /** Sensitive words of a shop changed: the gateway's list or local additions (PV3). */
  readonly words: { readonly account_id: AccountId; readonly shop_id: string };
  /** Quick replies (PV7) or articles (PV8) changed. */
  readonly replies: Readonly<Record<string, never>>;
  readonly articles: Readonly<Record<string, never>>;
  /** Groups on their way out, holds, retention (AD2, AD3): ask again. */
  readonly administration: Readonly<Record<string, never>>;
  /** How far a search that takes its time has come (SR8): 0 to 1, newest records first. Nothing follows its answer. */
  readonly search: { readonly slot: string; readonly share: number };
  readonly job: JobView;
  readonly settings: Settings;
  /** IN3: something worth a native notification. */
  readonly notice: {
    readonly kind: 'enquiry' | 'reply' | 'summary';
    readonly account_id: AccountId;
    readonly conversation_key: ConversationKey | null;
    readonly title: string;
    readonly count: number;
  };
  /** Something the person has to know that belongs to no view: an AppErrorCode and its details. */
  readonly problem: { readonly code: string; readonly details: Readonly<Record<string, unknown>> };
}

export type TopicName = keyof Topics;

export const TOPIC_NAMES = [
  'accounts',
  'conversations',
  'messages',
  'incidents',
  'administration',
  'reviews',
  'transfers',
  'words',
  'replies',
  'articles',
  'search',
  'job',
  'settings',
  'notice',
  'problem',
] as const satisfies readonly TopicName[];

/** One message from core to view over any door. */
export type TopicMessage = { readonly [T in TopicName]: { readonly topic: T; readonly payload: Topics[T] } }[TopicName];
