import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { insertIntoComposer, useEnterPage } from '#renderer/bridge/compose.ts';
import { Input } from '#renderer/ui/fields.tsx';
import { Marked } from '#renderer/ui/Marked.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorWords } from '#renderer/ui/words.ts';
import type { AccountId, ShopId } from '#shared/domain/ids.ts';
import { Article } from './Article.tsx';
import { textOf, useArticles, useFound } from './use-articles.ts';
import './knowledge.css';

/** The knowledge base beside a conversation (PV8): type, arrow, Enter. */
export function ArticlesPanel(props: { accountId: AccountId; shopId: ShopId }) {
  const { t } = useTranslation();
  const asked = useArticles(props.accountId, props.shopId);
  const [text, setText] = useState('');
  const [current, setCurrent] = useState(0);
  const found = useFound(asked.data?.articles, useDeferredValue(text));
  const chosen = found[Math.min(current, found.length - 1)];
  useEnterPage('knowledge', asked.data !== null, 'knowledge-find');
  if (asked.error)
    return (
      <ErrorState
        compact
        words={errorWords(asked.error)}
        code={asked.error.code}
        retry={t('common.retry')}
        onRetry={asked.reload}
      />
    );
  if (asked.data === null) return <LoadingState label={t('common.loading')} rows={4} />;
  return (
    <div className="articles">
      <Input
        id="knowledge-find"
        icon="search"
        value={text}
        placeholder={t('compose.knowledge.search')}
        aria-label={t('compose.knowledge.search')}
        onChange={(event) => {
          setText(event.target.value);
          setCurrent(0);
        }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing || event.keyCode === 229) return;
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
          if (step !== 0) setCurrent((at) => Math.max(0, Math.min(found.length - 1, at + step)));
          else if (event.key === 'Enter' && chosen) {
            if (!insertIntoComposer(textOf(chosen.article, false)))
              toast({ tone: 'failed', text: t('compose.replies.noComposer') });
          } else return;
          event.preventDefault();
        }}
      />
      {found.length === 0 ? (
        <StateMessage
          compact
          icon="book"
          title={t(text === '' ? 'compose.knowledge.empty' : 'compose.knowledge.noMatch')}
          note={t(text === '' ? 'compose.knowledge.emptyNote' : 'compose.knowledge.noMatchNote')}
        />
      ) : (
        <>
          <ul className="articles-titles" aria-label={t('compose.knowledge.tab.articles')}>
            {found.map(({ article, inTitle }, index) => (
              <li key={article.article_id}>
                <button
                  type="button"
                  aria-current={article === chosen?.article || undefined}
                  className="foreign"
                  onClick={() => setCurrent(index)}
                >
                  <Marked text={article.title} matches={inTitle} />
                </button>
              </li>
            ))}
          </ul>
          {chosen && <Article found={chosen} />}
        </>
      )}
    </div>
  );
}
