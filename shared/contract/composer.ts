import { z } from 'zod';
import { AccountId, ConversationKey, ShopId } from '../domain/ids.ts';
import type { GuardAction } from '../domain/guard/words.ts';
import { procedure } from './procedure.ts';

/** Word lists (PV3), quick replies (PV7) and the knowledge base (PV8): what the window may ask for around the composer. */

const FileHandle = z.string().min(1).max(128);
const OfShop = z.object({ account_id: AccountId, shop_id: ShopId });

/**
 * What the person confirmed before a text goes out (PV3, PV4, PV9). Without it the core answers GUARD_CONFIRM,
 * GUARD_BLOCKED or SAME_TEXT with what it found.
 */
export const SendConfirmation = z.object({
  /** `kind:category` of every hit that asks for confirmation, as the person saw them; a hit that is not among them asks again. */
  hits: z.array(z.string().max(160)).max(1_000),
  /** The same text went to this conversation a moment ago, and is meant. */
  repeat: z.boolean().optional(),
  /** PV3: why a blocked text goes out all the same; counts only where the policy lets this role. */
  override_reason: z.string().max(500).optional(),
});
export type SendConfirmation = z.output<typeof SendConfirmation>;

export interface WordsPage {
  /** Of the whole list; a page with another version than the one before: begin again. */
  readonly version: number;
  /** See `unpackWords`. */
  readonly packed: string;
  /** Pass it on to get the next page; null after the last. */
  readonly next: string | null;
}

export interface LocalWordView {
  readonly word: string;
  readonly category: string;
  readonly action: GuardAction;
  readonly added_by: string;
  /** Local wall clock. */
  readonly added_at: number;
}

export interface LocalWordsView {
  /** Size of the gateway's list as it is here, and its version; 0 before the first sync. */
  readonly list: { readonly version: number; readonly words: number };
  readonly local: readonly LocalWordView[];
  readonly may_edit: boolean;
}

export type ReplyScope = 'personal' | 'shop';
export interface ReplyView {
  readonly id: number;
  readonly scope: ReplyScope;
  readonly group: string;
  readonly title: string;
  readonly body: string;
  /** Pinyin of title and text, syllables joined by one space, and the first letters; for `findReplies`. */
  readonly spelled: string;
  readonly initials: string;
  readonly uses: number;
}
export interface RepliesView {
  readonly replies: readonly ReplyView[];
  readonly may_edit_shop: boolean;
}
export interface RepliesImported {
  readonly added: number;
  /** Same group and title: the text was replaced. */
  readonly replaced: number;
  readonly unchanged: number;
  readonly rejected: readonly { readonly line: number; readonly reason: RejectedReply }[];
}
export type RejectedReply = 'ROW_BROKEN' | 'NO_TEXT' | 'TOO_LONG';

export const REPLY_LIMITS = { group: 40, title: 60, body: 2_000, count: 20_000 } as const;
const ReplyFields = z.object({
  group: z.string().trim().max(REPLY_LIMITS.group),
  title: z.string().trim().max(REPLY_LIMITS.title),
  body: z.string().trim().min(1).max(REPLY_LIMITS.body),
});

export const ArticleLink = z.object({
  label: z.string().trim().max(80),
  /** https only; shown with its host before it is opened. */
  url: z.string().trim().max(2_000),
});
export type ArticleLink = z.output<typeof ArticleLink>;
export const ArticleContent = z.object({
  title: z.string().trim().min(1).max(80),
  body: z.string().trim().min(1).max(4_000),
  links: z.array(ArticleLink).max(10),
  tags: z.array(z.string().trim().min(1).max(20)).max(10),
});
export type ArticleContent = z.output<typeof ArticleContent>;
export interface ArticleVersion extends ArticleContent {
  readonly version: number;
  /** Local wall clock. */
  readonly edited_at: number;
  readonly edited_by: string;
  readonly removed: boolean;
}
export interface ArticleView extends ArticleVersion {
  readonly article_id: string;
  /** Null: for every shop. */
  readonly shop_id: string | null;
}
export interface ArticlesView {
  readonly articles: readonly ArticleView[];
  readonly may_edit: boolean;
}

const ArticleId = z.string().min(1).max(64);

export const COMPOSER_PROCEDURES = {
  // PV3
  'words.page': procedure<WordsPage>()(OfShop.extend({ after: z.string().max(2_000).nullable() })),
  'words.local': procedure<LocalWordsView>()(OfShop),
  /** NO_PERMISSION; a word that is there already gets the new category and action. */
  'words.edit_local': procedure<LocalWordsView>()(
    OfShop.extend({
      add: z
        .array(
          z.object({
            word: z.string().trim().min(1).max(64),
            category: z.string().trim().min(1).max(32),
            action: z.enum(['warn', 'confirm', 'block']),
          }),
        )
        .max(2_000),
      remove: z.array(z.string().max(256)).max(2_000),
    }),
  ),

  // PV7
  'replies.list': procedure<RepliesView>()(OfShop),
  /** `id` null: a new one. NO_PERMISSION for a shop's ones. */
  'replies.save': procedure<{ id: number }>()(
    OfShop.extend({ id: z.int().nullable(), scope: z.enum(['personal', 'shop']), reply: ReplyFields }),
  ),
  'replies.remove': procedure<Record<string, never>>()(OfShop.extend({ id: z.int() })),
  'replies.used': procedure<Record<string, never>>()(z.object({ id: z.int() })),
  /** Adds what ships with the program to the scope; those that are there (same group and title) stay as they are. */
  'replies.add_defaults': procedure<{ added: number }>()(OfShop.extend({ scope: z.enum(['personal', 'shop']) })),
  'replies.import': procedure<RepliesImported>()(
    OfShop.extend({ scope: z.enum(['personal', 'shop']), file: FileHandle }),
  ),
  'replies.export': procedure<{ rows: number; bytes: number }>()(
    OfShop.extend({
      scope: z.enum(['personal', 'shop']).nullable(),
      target: FileHandle,
      format: z.enum(['csv', 'xlsx']),
    }),
  ),

  /** Of a group, with their names' pinyin as `spelled` above, for mentions. */
  'conversations.members': procedure<{
    members: readonly {
      readonly id: string;
      readonly name: string;
      readonly spelled: string;
      readonly initials: string;
    }[];
  }>()(z.object({ conversation_key: ConversationKey })),

  // PV8
  /** Current versions that the shop sees (null: everything here), by title. */
  'articles.list': procedure<ArticlesView>()(z.object({ account_id: AccountId, shop_id: ShopId.nullable() })),
  'articles.versions': procedure<readonly ArticleVersion[]>()(
    z.object({ account_id: AccountId, article_id: ArticleId }),
  ),
  /** The next version (`article_id` null: the first). NO_PERMISSION, STALE_STATE, BAD_INPUT for a link that isn't plain https. */
  'articles.save': procedure<ArticleView>()(
    z.object({
      account_id: AccountId,
      article_id: ArticleId.nullable(),
      base_version: z.int().nonnegative(),
      shop_id: ShopId.nullable(),
      content: ArticleContent,
      removed: z.boolean().optional(),
    }),
  ),
} as const;
