import type { ConsumerView } from '#shared/contract/desk.ts';
import type { AccountId, ConversationKey, ShopId } from '#shared/domain/ids.ts';
import type { ConversationView } from '#shared/contract/views.ts';
import type { StoreChanges } from './store.ts';

/** The store's part for the desk: marks, notes, tags (IN1), lessons. Failures as in store.ts. */
export interface DeskStoreWriter {
  /** Local wall clock. What isn't named stays. NOT_FOUND. */
  markConversation(
    key: ConversationKey,
    marks: { readonly pinned?: boolean; readonly starred?: boolean },
    at: number,
  ): Promise<StoreChanges>;
  /** Replaces note and tags of the conversation's consumer; NOT_FOUND where it has none (a group). */
  noteConsumer(
    key: ConversationKey,
    note: { readonly note: string; readonly tags: readonly string[]; readonly by: string; readonly at: number },
  ): Promise<StoreChanges>;
  putLesson(lesson: StoredLesson): Promise<void>;
  /** One that is gone already is gone. How it went stays. */
  removeLesson(lessonId: string): Promise<void>;
  putLessonRun(run: StoredLessonRun): Promise<void>;
}

export interface DeskStoreReader {
  nextConversation(query: {
    readonly account_id: AccountId | null;
    readonly shop_id?: ShopId;
    readonly what: 'longest_waiting' | 'unreplied';
    readonly after?: ConversationKey;
  }): Promise<ConversationView | null>;
  /** Null where the conversation has no consumer. */
  consumer(key: ConversationKey): Promise<ConsumerView | null>;
  consumerTags(): Promise<readonly { readonly tag: string; readonly consumers: number }[]>;
  /** In the order of their ids; the content is the core's to understand. */
  lessons(): Promise<readonly StoredLesson[]>;
  /** Newest first, at most 200. */
  lessonRuns(): Promise<readonly StoredLessonRun[]>;
  lessonRun(runId: string): Promise<StoredLessonRun | null>;
}

export interface StoredLesson {
  readonly lesson_id: string;
  readonly body: unknown;
  /** Local wall clock. */
  readonly added_at: number;
  readonly added_by: string;
}

export interface StoredLessonRun {
  readonly run_id: string;
  readonly lesson_id: string;
  readonly agent_id: string;
  /** Gateway time. */
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly body: unknown;
}
