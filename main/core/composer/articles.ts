import { AppFailure } from '#shared/contract/errors.ts';
import type { ArticleView } from '#shared/contract/composer.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import { defaultArticles } from '#shared/i18n/composer-defaults.ts';
import { openableHost } from '#shared/domain/links.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { isPermitted, type Permission } from '#shared/domain/permissions.ts';
import type { Agent } from '#shared/protocol/entities.ts';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Store } from '../ports/store.ts';

const PRACTICE_SEEDED = 'articles_practice_seeded';
const MAX_ARTICLES = 5_000;

export interface ArticlesOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly permit: (account: AccountId, permission: Permission) => Promise<Agent>;
  /** A practice profile begins with the shipped articles. */
  readonly practice: boolean;
  readonly onChanged: () => void;
}

/** The knowledge base (PV8): short articles with official links, versioned; searched in the window, where they all are. */
export function createArticles(
  options: ArticlesOptions,
): Pick<Handlers, 'articles.list' | 'articles.versions' | 'articles.save'> {
  const { store } = options;
  let seeding: Promise<void> | null = null;

  async function seed(account: AccountId): Promise<void> {
    if (!options.practice || (await store.setting(PRACTICE_SEEDED)) === true) return;
    await store.setSetting(PRACTICE_SEEDED, true);
    for (const content of defaultArticles)
      await store.putArticle(account, {
        ...content,
        article_id: options.ids.next(),
        shop_id: null,
        version: 1,
        edited_at: options.clock.wallNow(),
        edited_by: '',
        removed: false,
      });
  }

  return {
    async 'articles.list'({ account_id, shop_id }) {
      seeding ??= seed(account_id).catch(() => undefined);
      await seeding;
      const [articles, accounts] = await Promise.all([store.articles(account_id, shop_id), store.accounts()]);
      const role = accounts.find((candidate) => candidate.account_id === account_id)?.agent?.role;
      return {
        articles: articles.filter((article) => !article.removed),
        may_edit: isPermitted(role, 'composer.edit_shop'),
      };
    },

    async 'articles.versions'({ article_id }) {
      const found = await store.article(article_id);
      if (found === null) throw new AppFailure('NOT_FOUND', 'no such article');
      return found.versions;
    },

    async 'articles.save'({ account_id, article_id, base_version, shop_id, content, removed }) {
      const agent = await options.permit(account_id, 'composer.edit_shop');
      for (const { url } of content.links)
        if (openableHost(url) === null)
          throw new AppFailure('BAD_INPUT', 'a link must be plain https', { field: 'links' });
      if (article_id === null && (await store.articles(account_id, null)).length >= MAX_ARTICLES)
        throw new AppFailure('BAD_INPUT', 'too many articles', { limit: MAX_ARTICLES });
      const article: ArticleView = {
        ...content,
        article_id: article_id ?? options.ids.next(),
        shop_id,
        version: base_version + 1,
        edited_at: options.clock.wallNow(),
        edited_by: agent.name,
        removed: removed ?? false,
      };
      await options.audit.write(agent.agent_id, 'article.edited', {
        article_id: article.article_id,
        version: article.version,
        removed: article.removed,
      });
      await store.putArticle(account_id, article);
      options.onChanged();
      return article;
    },
  };
}
