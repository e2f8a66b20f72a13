import { useEffect, useMemo } from 'react';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import type { ArticleView } from '#shared/contract/composer.ts';
import type { AccountId, ShopId } from '#shared/domain/ids.ts';
import { highlightRanges, matchesFolded, type Range } from '#shared/search/match.ts';
import { fold } from '#shared/search/normalise.ts';
import { NO_TEXT, parseTextQuery } from '#shared/search/query.ts';

export interface FoundArticle {
  readonly article: ArticleView;
  readonly inTitle: readonly Range[];
  readonly inBody: readonly Range[];
}

/** All articles that the shop sees (null: of the account), asked for again whenever one changes. */
export function useArticles(accountId: AccountId | null, shopId: ShopId | null) {
  const asked = useAsk('articles.list', accountId === null ? null : { account_id: accountId, shop_id: shopId });
  const { reload } = asked;
  useEffect(() => bridge.subscribe('articles', reload), [reload]);
  return asked;
}

/** Searched like records (PV8, SR4): every term an exact substring of the folded text; hits in titles first. */
export function useFound(articles: readonly ArticleView[] | undefined, text: string): readonly FoundArticle[] {
  const folded = useMemo(
    () =>
      (articles ?? []).map((article) => ({
        article,
        title: fold(article.title),
        text: fold(
          [article.title, article.body, ...article.tags, ...article.links.map(({ label }) => label)].join('\n'),
        ),
      })),
    [articles],
  );
  return useMemo(() => {
    const query = text.trim() === '' ? NO_TEXT : parseTextQuery(text);
    const marked = { terms: query.terms, nots: [] };
    return folded
      .filter((entry) => matchesFolded(entry.text, query))
      .map(({ article, title }) => ({
        article,
        rank: query.terms.some((term) => title.includes(term)) ? 0 : 1,
        inTitle: highlightRanges(article.title, marked),
        inBody: highlightRanges(article.body, marked),
      }))
      .sort((a, b) => a.rank - b.rank || a.article.title.localeCompare(b.article.title, 'zh-CN'));
  }, [folded, text]);
}

/** What goes into the composer: the text, and each link on a line of its own with its name. */
export function textOf(article: ArticleView, withLinks: boolean): string {
  if (!withLinks || article.links.length === 0) return article.body;
  return [article.body, ...article.links.map(({ label, url }) => `${label} ${url}`.trim())].join('\n');
}
