import type { StoredReply } from '#main/core/ports/composer-store.ts';
import type { ArticleVersion, ArticleView, LocalWordView, WordsPage } from '#shared/contract/composer.ts';
import { packWord } from '#shared/domain/guard/packed.ts';
import { GUARD_ACTIONS, type GuardAction } from '#shared/domain/guard/words.ts';
import type { ReadableDatabase } from '../connection.ts';

/** Word lists (PV3), quick replies (PV7), articles (PV8). */

const sourceOf = (db: ReadableDatabase, account: string): number =>
  db.readOne<number>('SELECT source FROM accounts WHERE account_id = ? AND removed = 0').get(account) ?? -1;
// A number that is no action can't be in the file; if it is, the strongest: fail closed.
const actionOf = (stored: number): GuardAction => GUARD_ACTIONS[stored] ?? 'block';

function listOf(db: ReadableDatabase, account: string, shopId: string): { id: number; version: number } | undefined {
  return db
    .read<{ id: number; version: number }>('SELECT id, version FROM word_lists WHERE source = ? AND shop_id = ?')
    .get(sourceOf(db, account), shopId);
}

/** Packed, so that 60,000 words don't become 60,000 objects on their way to the main thread and the window. */
export function readWordsPage(
  db: ReadableDatabase,
  account: string,
  shopId: string,
  after: string | null,
  limit: number,
): WordsPage {
  const list = listOf(db, account, shopId);
  if (list === undefined) return { version: 0, packed: '', next: null };
  const rows = db
    .readRaw<[string, string, number]>(
      'SELECT word, category, action FROM words WHERE list = ? AND word > ? ORDER BY word LIMIT ?',
    )
    .all(list.id, after ?? '', limit);
  return {
    version: list.version,
    packed: rows.map(([word, category, action]) => packWord(word, category, actionOf(action))).join('\u001e'),
    next: rows.length < limit ? null : ((rows.at(-1)?.[0] ?? null) as string | null),
  };
}

export function readWordList(db: ReadableDatabase, account: string, shopId: string) {
  const list = listOf(db, account, shopId);
  if (list === undefined) return { version: 0, words: 0 };
  const words = db.readOne<number>('SELECT count(*) FROM words WHERE list = ?').get(list.id) ?? 0;
  return { version: list.version, words };
}

export function readLocalWords(db: ReadableDatabase, account: string, shopId: string): LocalWordView[] {
  return db
    .readRaw<[string, string, number, string, number]>(
      'SELECT word, category, action, added_by, added_at FROM local_words WHERE source = ? AND shop_id = ? ORDER BY word',
    )
    .all(sourceOf(db, account), shopId)
    .map(([word, category, action, added_by, added_at]) => ({
      word,
      category,
      action: actionOf(action),
      added_by,
      added_at,
    }));
}

export function readReplies(db: ReadableDatabase, account: string, shopId: string): StoredReply[] {
  return db
    .readRaw<[number, number, string, string, string, string, string, number]>(
      `SELECT id, shop_id IS NOT NULL, grouping, title, body, spelled, initials, uses FROM quick_replies
       WHERE shop_id IS NULL OR (source = ? AND shop_id = ?) ORDER BY grouping, title, id`,
    )
    .all(sourceOf(db, account), shopId)
    .map(([id, ofShop, group, title, body, spelled, initials, uses]) => ({
      id,
      of_shop: ofShop === 1,
      group,
      title,
      body,
      spelled,
      initials,
      uses,
    }));
}

const articleOf = ([article_id, shop_id, body]: [string, string | null, string]): ArticleView => ({
  ...(JSON.parse(body) as ArticleVersion),
  article_id,
  shop_id,
});

export function readArticles(db: ReadableDatabase, account: string, shopId: string | null): ArticleView[] {
  return db
    .readRaw<[string, string | null, string]>(
      `SELECT article_id, shop_id, body FROM articles
       WHERE source IS NULL OR (source = ? AND (? IS NULL OR shop_id = ?)) ORDER BY id`,
    )
    .all(sourceOf(db, account), shopId, shopId)
    .map(articleOf);
}

export function readArticle(
  db: ReadableDatabase,
  articleId: string,
): { readonly article: ArticleView; readonly versions: readonly ArticleVersion[] } | null {
  const row = db
    .readRaw<[string, string | null, string]>('SELECT article_id, shop_id, body FROM articles WHERE article_id = ?')
    .get(articleId);
  if (row === undefined) return null;
  const versions = db
    .readOne<string>(
      `SELECT v.body FROM article_versions v JOIN articles a ON a.id = v.article WHERE a.article_id = ? ORDER BY v.version DESC`,
    )
    .all(articleId)
    .map((body) => JSON.parse(body) as ArticleVersion);
  return { article: articleOf(row), versions };
}
