import type { AccountId, ConversationKey } from '../domain/ids.ts';
import type { TransferView } from './attachments.ts';
import type { LockView } from './security.ts';
import type { AccountView, JobView, Settings } from './views.ts';

/**
 * What the core announces. A topic says what changed, by table and key; the view then asks for what it shows
 * (design.md, data flow). Payloads are small and complete in themselves; losing one is repaired by asking again.
 */
export interface Topics {
  /** Connection, clock, cursor or shops of accounts changed: the whole list. */
  readonly accounts: readonly AccountView[];
  /** Rows of the conversation lists changed; told at once, then at most every 16 ms. Empty list = many, ask again. */
  readonly conversations: { readonly keys: readonly ConversationKey[] };
  /** Messages, outgoing ones or recalls of these conversations changed. */
  readonly messages: { readonly keys: readonly ConversationKey[] };
  /** Incidents, playbooks or cases changed; ids of incidents, or an empty list: ask again. */
  readonly incidents: { readonly ids: readonly string[] };
  /** Scorecards, samples, reviews or appeals changed (QA1–QA5): ask again. */
  readonly reviews: Readonly<Record<string, never>>;
  /** Packages were opened or closed, or are further on with opening (EX7): ask again. */
  readonly packages: Readonly<Record<string, never>>;
  /** Files on their way that moved on since the last notice (IN8). */
  readonly transfers: { readonly transfers: readonly TransferView[] };
  /** Sensitive words of a shop changed: the gateway's list or local additions (PV3). */
  readonly words: { readonly account_id: AccountId; readonly shop_id: string };
  /** Quick replies (PV7) or articles (PV8) changed. */
  readonly replies: Readonly<Record<string, never>>;
  readonly articles: Readonly<Record<string, never>>;
  /** The app lock closed or opened, or was set (SE4). The only topic that a locked program sends. */
  readonly lock: LockView;
  /** The system handed something over: a `workbench://` link or a package. Only ever something to look at. */
  readonly outside:
    | { readonly open: 'conversation'; readonly key: ConversationKey }
    | { readonly open: 'incident'; readonly id: string }
    | { readonly open: 'records'; readonly number: string }
    | { readonly open: 'settings' | 'packages' };
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
    /** Null for a summary. */
    readonly shop_id: string | null;
    /** With the tone. */
    readonly sound: boolean;
  };
  /** A notification was clicked outside the window: go there (IN3). */
  readonly open: {
    readonly account_id: AccountId;
    readonly conversation_key: ConversationKey | null;
    readonly kind: 'enquiry' | 'reply' | 'summary';
  };
  /** Lessons or how one goes changed: ask again. */
  readonly lessons: Readonly<Record<string, never>>;
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
  'packages',
  'transfers',
  'words',
  'replies',
  'articles',
  'search',
  'job',
  'settings',
  'notice',
  'open',
  'lessons',
  'problem',
  'lock',
  'outside',
] as const satisfies readonly TopicName[];

/** One message from core to view over any door. */
export type TopicMessage = { readonly [T in TopicName]: { readonly topic: T; readonly payload: Topics[T] } }[TopicName];
