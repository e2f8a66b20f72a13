import type { ArticleVersion, ArticleView, LocalWordView, WordsPage } from '#shared/contract/composer.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import type { SensitiveWord, WordsSync } from '#shared/domain/guard/words.ts';

/** The store's part for the composer: word lists (PV3), quick replies (PV7), articles (PV8). Failures as in store.ts. */
export interface ComposerStoreWriter {
  /** Applies an answer of `words.sync` that was asked with `sinceVersion`; 0 replaces the list. STALE_STATE where another version is here. */
  putWords(account: AccountId, shopId: string, sinceVersion: number, sync: WordsSync): Promise<void>;
  putLocalWords(
    account: AccountId,
    shopId: string,
    change: {
      readonly add: readonly SensitiveWord[];
      readonly remove: readonly string[];
      readonly by: string;
      readonly at: number;
    },
  ): Promise<void>;
  /** New ones (`id` null) and changed ones, in one transaction; answers with their ids. NOT_FOUND for one that is another shop's. */
  putReplies(replies: readonly StoredReplyInput[]): Promise<readonly number[]>;
  removeReply(id: number): Promise<void>;
  countReplyUse(id: number): Promise<void>;
  /** The next version; STALE_STATE where it isn't the next. `account` and `shop_id` name the shop; shop_id null: every shop. */
  putArticle(account: AccountId, article: ArticleView): Promise<void>;
}

export interface ComposerStoreReader {
  wordsPage(account: AccountId, shopId: string, after: string | null, limit: number): Promise<WordsPage>;
  /** Version of the list as it is here (0: none yet), and how many words it has. */
  wordList(account: AccountId, shopId: string): Promise<{ readonly version: number; readonly words: number }>;
  localWords(account: AccountId, shopId: string): Promise<readonly LocalWordView[]>;
  /** Personal ones and the shop's. */
  replies(account: AccountId, shopId: string): Promise<readonly StoredReply[]>;
  /** Current versions, removed ones included. `shopId` null: all of the account's source, and those for every shop. */
  articles(account: AccountId, shopId: string | null): Promise<readonly ArticleView[]>;
  article(
    articleId: string,
  ): Promise<{ readonly article: ArticleView; readonly versions: readonly ArticleVersion[] } | null>;
}

export interface StoredReply {
  readonly id: number;
  /** False: a personal one. */
  readonly of_shop: boolean;
  readonly group: string;
  readonly title: string;
  readonly body: string;
  readonly spelled: string;
  readonly initials: string;
  readonly uses: number;
}

export interface StoredReplyInput {
  readonly id: number | null;
  /** Null: a personal one. */
  readonly shop: { readonly account_id: AccountId; readonly shop_id: string } | null;
  readonly group: string;
  readonly title: string;
  readonly body: string;
  readonly spelled: string;
  readonly initials: string;
  /** Local wall clock. */
  readonly updated_at: number;
}
