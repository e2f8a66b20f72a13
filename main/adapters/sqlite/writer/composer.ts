import type { StoredReplyInput } from '#main/core/ports/composer-store.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { ArticleVersion, ArticleView } from '#shared/contract/composer.ts';
import { GUARD_ACTIONS, type SensitiveWord, type WordsSync } from '#shared/domain/guard/words.ts';
import type { WritableDatabase } from '../connection.ts';

/** Word lists (PV3), quick replies (PV7), articles (PV8). */
export function createComposer(db: WritableDatabase) {
  const sourceOf = (account: string): number => {
    const source = db.readOne<number>('SELECT source FROM accounts WHERE account_id = ? AND removed = 0').get(account);
    if (source === undefined) throw new AppFailure('NOT_FOUND', 'no such account');
    return source;
  };
  const placeOf = (shop: StoredReplyInput['shop']) => ({
    source: shop === null ? null : sourceOf(shop.account_id),
    shop_id: shop?.shop_id ?? null,
  });

  return {
    putWords(account: string, shopId: string, sinceVersion: number, sync: WordsSync): void {
      const source = sourceOf(account);
      const known = db
        .read<{ id: number; version: number }>('SELECT id, version FROM word_lists WHERE source = ? AND shop_id = ?')
        .get(source, shopId);
      if (sinceVersion !== 0 && known?.version !== sinceVersion)
        throw new AppFailure('STALE_STATE', 'the list has another version', { version: known?.version ?? 0 });
      const list =
        known?.id ??
        Number(
          db.write('INSERT INTO word_lists (source, shop_id, version) VALUES (?, ?, 0)').run(source, shopId)
            .lastInsertRowid,
        );
      if (sinceVersion === 0) db.write('DELETE FROM words WHERE list = ?').run(list);
      for (const word of sync.removed) db.write('DELETE FROM words WHERE list = ? AND word = ?').run(list, word);
      for (const { word, category, action } of sync.added)
        db.write(
          'INSERT INTO words VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET category = excluded.category, action = excluded.action',
        ).run(list, word, category, GUARD_ACTIONS.indexOf(action));
      db.write('UPDATE word_lists SET version = ? WHERE id = ?').run(sync.version, list);
    },

    putLocalWords(
      account: string,
      shopId: string,
      change: {
        readonly add: readonly SensitiveWord[];
        readonly remove: readonly string[];
        readonly by: string;
        readonly at: number;
      },
    ): void {
      const source = sourceOf(account);
      for (const word of change.remove)
        db.write('DELETE FROM local_words WHERE source = ? AND shop_id = ? AND word = ?').run(source, shopId, word);
      for (const { word, category, action } of change.add)
        db.write(
          `INSERT INTO local_words VALUES (?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET category = excluded.category, action = excluded.action, added_by = excluded.added_by, added_at = excluded.added_at`,
        ).run(source, shopId, word, category, GUARD_ACTIONS.indexOf(action), change.by, change.at);
    },

    putReplies(replies: readonly StoredReplyInput[]): number[] {
      return replies.map((reply) => {
        const { source, shop_id } = placeOf(reply.shop);
        const values = [reply.group, reply.title, reply.body, reply.spelled, reply.initials, reply.updated_at] as const;
        if (reply.id === null)
          return Number(
            db
              .write(
                `INSERT INTO quick_replies (grouping, title, body, spelled, initials, updated_at, source, shop_id)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
              )
              .run(...values, source, shop_id).lastInsertRowid,
          );
        const { changes } = db
          .write(
            `UPDATE quick_replies SET grouping = ?, title = ?, body = ?, spelled = ?, initials = ?, updated_at = ?
             WHERE id = ? AND source IS ? AND shop_id IS ?`,
          )
          .run(...values, reply.id, source, shop_id);
        if (changes === 0) throw new AppFailure('NOT_FOUND', 'no such quick reply here');
        return reply.id;
      });
    },

    /** One that is gone already is gone. */
    removeReply(id: number): void {
      db.write('DELETE FROM quick_replies WHERE id = ?').run(id);
    },

    countReplyUse(id: number): void {
      db.write('UPDATE quick_replies SET uses = uses + 1 WHERE id = ?').run(id);
    },

    putArticle(account: string, article: ArticleView): void {
      const source = sourceOf(account);
      const { article_id, shop_id, ...content } = article;
      const body = JSON.stringify(content satisfies ArticleVersion);
      const known = db
        .read<{ id: number; version: number; source: number | null }>(
          'SELECT id, version, source FROM articles WHERE article_id = ?',
        )
        .get(article_id);
      if (known !== undefined && known.source !== null && known.source !== source)
        throw new AppFailure('NOT_FOUND', 'no such article here');
      if (article.version !== (known?.version ?? 0) + 1)
        throw new AppFailure('STALE_STATE', 'somebody else saved meanwhile', { current: known?.version ?? 0 });
      const place = shop_id === null ? null : source;
      let id = known?.id;
      if (id === undefined)
        id = Number(
          db
            .write(
              'INSERT INTO articles (article_id, source, shop_id, version, removed, body) VALUES (?, ?, ?, ?, ?, ?)',
            )
            .run(article_id, place, shop_id, article.version, article.removed ? 1 : 0, body).lastInsertRowid,
        );
      else
        db.write('UPDATE articles SET source = ?, shop_id = ?, version = ?, removed = ?, body = ? WHERE id = ?').run(
          place,
          shop_id,
          article.version,
          article.removed ? 1 : 0,
          body,
          id,
        );
      db.write('INSERT INTO article_versions (article, version, body) VALUES (?, ?, ?)').run(id, article.version, body);
    },
  };
}
