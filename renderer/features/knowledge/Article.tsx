import { useTranslation } from 'react-i18next';
import { insertIntoComposer, useOpenComposer } from '#renderer/bridge/compose.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { Marked } from '#renderer/ui/Marked.tsx';
import { Tag } from '#renderer/ui/marks.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import type { ArticleLink } from '#shared/contract/composer.ts';
import { openableHost } from '#shared/domain/links.ts';
import { textOf, type FoundArticle } from './use-articles.ts';

/** One article with its links; each link says where it leads before it is opened (SE2). */
export function Article(props: { found: FoundArticle; children?: React.ReactNode }) {
  const { t } = useTranslation();
  const { article, inTitle, inBody } = props.found;
  const composer = useOpenComposer((state) => state.composer);
  const insert = (withLinks: boolean): void => {
    if (!insertIntoComposer(textOf(article, withLinks)))
      toast({ tone: 'failed', text: t('compose.replies.noComposer') });
  };
  return (
    <article className="article">
      <h2 className="foreign">
        <Marked text={article.title} matches={inTitle} />
      </h2>
      <p className="article-about num">
        {t('compose.knowledge.version', { version: article.version })} ·{' '}
        {t('compose.knowledge.by', {
          name: article.edited_by || t('compose.knowledge.builtIn'),
          time: formatStamp(article.edited_at),
        })}
      </p>
      <p className="article-body foreign">
        <Marked text={article.body} matches={inBody} />
      </p>
      {article.tags.length > 0 && (
        <p className="article-tags">
          {article.tags.map((tag) => (
            <Tag key={tag}>{tag}</Tag>
          ))}
        </p>
      )}
      {article.links.length > 0 && (
        <section aria-label={t('compose.knowledge.links')} className="article-links">
          <h3>{t('compose.knowledge.links')}</h3>
          <ul>
            {article.links.map((link) => (
              <li key={link.url}>
                <Link link={link} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <div className="article-actions">
        <Button look="primary" size="small" disabled={composer === null} onClick={() => insert(false)}>
          {t('compose.knowledge.insert')}
        </Button>
        {article.links.length > 0 && (
          <Button size="small" disabled={composer === null} onClick={() => insert(true)}>
            {t('compose.knowledge.insertLink')}
          </Button>
        )}
        {props.children}
      </div>
    </article>
  );
}

function Link(props: { link: ArticleLink }) {
  const { t } = useTranslation();
  const { label, url } = props.link;
  const host = openableHost(url);
  return (
    <>
      <span className="foreign">{label}</span>
      {host === null ? (
        <span className="article-link-bad">{t('compose.knowledge.notOpenable')}</span>
      ) : (
        <Button
          size="small"
          look="link"
          icon="link"
          // The host decides again what may leave the window.
          onClick={() => window.open(url, '_blank', 'noopener,noreferrer')}
        >
          {t('compose.knowledge.open', { host })}
        </Button>
      )}
    </>
  );
}
