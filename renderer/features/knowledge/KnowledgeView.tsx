import { useDeferredValue, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { ConfirmDialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input, Select, TextArea } from '#renderer/ui/fields.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { Marked } from '#renderer/ui/Marked.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { Tabs } from '#renderer/ui/Tabs.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { useKept } from '#renderer/ui/use-kept.ts';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import type { ArticleContent, ArticleLink, ArticleView } from '#shared/contract/composer.ts';
import { openableHost } from '#shared/domain/links.ts';
import type { AccountId, ShopId } from '#shared/domain/ids.ts';
import { Article } from './Article.tsx';
import { useArticles, useFound } from './use-articles.ts';
import { WordLists } from './WordLists.tsx';
import './knowledge.css';

const EVERY_SHOP = '*';

/** The screen 知识库 (PV8): articles with their versions, and the shops' sensitive words. */
export default function KnowledgeView() {
  const { t } = useTranslation();
  const accounts = useLive((state) => state.accounts) ?? [];
  const [tab, setTab] = useState<'articles' | 'words'>('articles');
  const [chosenAccount, setAccount] = useState<AccountId | null>(null);
  const account = accounts.find(({ account_id }) => account_id === chosenAccount) ?? accounts[0] ?? null;
  const asked = useArticles(account?.account_id ?? null, null);
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const [editing, setEditing] = useState<ArticleView | 'new' | null>(null);
  const [removing, setRemoving] = useState<ArticleView | null>(null);
  const found = useFound(asked.data?.articles, useDeferredValue(text));
  const shown = found.find(({ article }) => article.article_id === chosen) ?? found[0];
  const mayEdit = asked.data?.may_edit ?? false;

  const remove = async (article: ArticleView): Promise<void> => {
    if (account === null) return;
    const { article_id, version, shop_id, title, body, links, tags } = article;
    const answer = await bridge.call('articles.save', {
      account_id: account.account_id,
      article_id,
      base_version: version,
      shop_id: shop_id as ShopId | null,
      content: { title, body, links, tags },
      removed: true,
    });
    setRemoving(null);
    if (answer.ok) return;
    const words = errorWords(answer.error);
    toast({ tone: 'failed', text: words.title, note: errorLine(words) });
  };

  return (
    <main className="knowledge">
      <div className="ui-screen-head">
        <h1>{t('compose.knowledge.title')}</h1>
        <Tabs
          label={t('compose.knowledge.tabs')}
          value={tab}
          onChange={setTab}
          tabs={[
            { value: 'articles', label: t('compose.knowledge.tab.articles') },
            { value: 'words', label: t('compose.knowledge.tab.words') },
          ]}
        />
        {tab === 'articles' && accounts.length > 1 && account && (
          <Select
            label={t('compose.knowledge.account')}
            value={account.account_id}
            options={accounts.map(({ account_id, label }) => ({ value: account_id, label }))}
            onChange={setAccount}
          />
        )}
        <span className="knowledge-new">
          {tab === 'articles' && mayEdit && (
            <Button size="small" icon="plus" onClick={() => setEditing('new')}>
              {t('compose.knowledge.add')}
            </Button>
          )}
        </span>
      </div>
      {tab === 'words' ? (
        <WordLists />
      ) : asked.error ? (
        <ErrorState
          words={errorWords(asked.error)}
          code={asked.error.code}
          retry={t('common.retry')}
          onRetry={asked.reload}
        />
      ) : asked.data === null && account !== null ? (
        <LoadingState label={t('common.loading')} />
      ) : (
        <div className="knowledge-body">
          <div className="knowledge-list">
            <Input
              icon="search"
              value={text}
              placeholder={t('compose.knowledge.search')}
              aria-label={t('compose.knowledge.search')}
              onChange={(event) => setText(event.target.value)}
            />
            {found.length === 0 ? (
              <StateMessage
                compact
                icon="book"
                title={t(text === '' ? 'compose.knowledge.empty' : 'compose.knowledge.noMatch')}
                note={t(text === '' ? 'compose.knowledge.emptyNote' : 'compose.knowledge.noMatchNote')}
              />
            ) : (
              <ul className="articles-titles" aria-label={t('compose.knowledge.tab.articles')}>
                {found.map(({ article, inTitle }) => (
                  <li key={article.article_id}>
                    <button
                      type="button"
                      className="foreign"
                      aria-current={article === shown?.article || undefined}
                      onClick={() => {
                        setChosen(article.article_id);
                        setEditing(null);
                      }}
                    >
                      <Marked text={article.title} matches={inTitle} />
                    </button>
                  </li>
                ))}
              </ul>
            )}
            {asked.data && !mayEdit && <p className="article-about">{t('compose.knowledge.readOnly')}</p>}
          </div>
          <div className="knowledge-page">
            {editing && account ? (
              <Editor
                key={editing === 'new' ? 'new' : editing.article_id}
                article={editing === 'new' ? null : editing}
                account={account.account_id}
                shops={account.shops.map((shop) => ({ value: shop.shop_id as string, label: shop.name }))}
                onDone={(saved) => {
                  setEditing(null);
                  if (saved) setChosen(saved.article_id);
                }}
              />
            ) : shown && account ? (
              <>
                <Article found={shown}>
                  {mayEdit && (
                    <>
                      <Button size="small" icon="pencil" onClick={() => setEditing(shown.article)}>
                        {t('compose.knowledge.edit')}
                      </Button>
                      <Button size="small" onClick={() => setRemoving(shown.article)}>
                        {t('compose.knowledge.remove')}
                      </Button>
                    </>
                  )}
                </Article>
                <Versions article={shown.article} account={account.account_id} mayEdit={mayEdit} />
              </>
            ) : (
              <StateMessage icon="book" title={t('compose.knowledge.choose')} />
            )}
          </div>
        </div>
      )}
      {removing && (
        <ConfirmDialog
          open
          danger
          title={t('compose.knowledge.removeTitle', { title: removing.title })}
          confirm={t('compose.knowledge.remove')}
          cancel={t('common.cancel')}
          onConfirm={() => void remove(removing)}
          onCancel={() => setRemoving(null)}
        >
          {t('compose.knowledge.removeText')}
        </ConfirmDialog>
      )}
    </main>
  );
}

function Versions(props: { article: ArticleView; account: AccountId; mayEdit: boolean }) {
  const { t } = useTranslation();
  const { article, account } = props;
  const asked = useAsk('articles.versions', { account_id: account, article_id: article.article_id });
  const { reload } = asked;
  useEffect(reload, [reload, article.version]);
  if ((asked.data?.length ?? 0) < 2) return null;
  const restore = async ({ title, body, links, tags }: ArticleContent): Promise<void> => {
    const answer = await bridge.call('articles.save', {
      account_id: account,
      article_id: article.article_id,
      base_version: article.version,
      shop_id: article.shop_id as ShopId | null,
      content: { title, body, links, tags },
    });
    if (answer.ok) toast({ tone: 'done', text: t('compose.knowledge.saved', { version: answer.result.version }) });
    else toast({ tone: 'failed', text: errorWords(answer.error).title });
  };
  return (
    <section aria-label={t('compose.knowledge.versions')}>
      <h2 className="article-about">{t('compose.knowledge.versions')}</h2>
      <ol className="knowledge-versions">
        {asked.data?.map((one) => (
          <li key={one.version}>
            <span className="num">
              {t('compose.knowledge.version', { version: one.version })} ·{' '}
              {t('compose.knowledge.by', {
                name: one.edited_by || t('compose.knowledge.builtIn'),
                time: formatStamp(one.edited_at),
              })}
            </span>
            {props.mayEdit && one.version !== article.version && (
              <Button size="small" look="link" onClick={() => void restore(one)}>
                {t('compose.knowledge.restore')}
              </Button>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** An article as it is being written, on top of which version. */
interface ArticleForm extends Omit<ArticleContent, 'tags' | 'links'> {
  readonly version: number;
  readonly tags: string;
  readonly links: readonly ArticleLink[];
  readonly shop: string;
}

function formOf(article: ArticleView | null): ArticleForm {
  return {
    version: article?.version ?? 0,
    title: article?.title ?? '',
    body: article?.body ?? '',
    tags: article?.tags.join('，') ?? '',
    links: article?.links ?? [],
    shop: article?.shop_id ?? EVERY_SHOP,
  };
}

function Editor(props: {
  article: ArticleView | null;
  account: AccountId;
  shops: readonly { readonly value: string; readonly label: string }[];
  onDone: (saved: ArticleView | null) => void;
}) {
  const { t } = useTranslation();
  const { article } = props;
  const [form, setForm, drop] = useKept(`article-${article?.article_id ?? ''}`, () => formOf(article));
  const { title, body, tags, links, shop } = form;
  const change = (patch: Partial<ArticleForm>): void => setForm({ ...form, ...patch });
  const setLinks = (next: readonly ArticleLink[]): void => change({ links: next });
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    const kept = links.filter(({ url, label }) => url.trim() !== '' || label.trim() !== '');
    if (kept.some(({ url }) => openableHost(url.trim()) === null)) {
      setProblem(t('compose.knowledge.badLink'));
      return;
    }
    setBusy(true);
    const answer = await bridge.call('articles.save', {
      account_id: props.account,
      article_id: article?.article_id ?? null,
      base_version: form.version,
      shop_id: shop === EVERY_SHOP ? null : (shop as ShopId),
      content: {
        title,
        body,
        links: [...kept],
        tags: [...new Set(tags.split(/[,，、;；\s]+/).filter((tag) => tag !== ''))].slice(0, 10),
      },
    });
    setBusy(false);
    if (answer.ok) {
      toast({ tone: 'done', text: t('compose.knowledge.saved', { version: answer.result.version }) });
      drop();
      props.onDone(answer.result);
      return;
    }
    if (answer.error.code === 'STALE_STATE')
      setProblem(t('compose.knowledge.conflict', { version: String(answer.error.details?.['current'] ?? '') }));
    else setProblem(errorWords(answer.error).title);
  };
  return (
    <form
      className="knowledge-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && title.trim() !== '' && body.trim() !== '') void save();
      }}
    >
      <Field label={t('compose.knowledge.titleField')} id="article-title">
        <Input
          id="article-title"
          autoFocus
          value={title}
          maxLength={80}
          onChange={(event) => change({ title: event.target.value })}
        />
      </Field>
      <Field label={t('compose.knowledge.body')} id="article-body">
        <TextArea
          id="article-body"
          rows={8}
          value={body}
          maxLength={4_000}
          onChange={(event) => change({ body: event.target.value })}
        />
      </Field>
      <Field label={t('compose.knowledge.tags')} note={t('compose.knowledge.tagsHint')} id="article-tags">
        <Input id="article-tags" value={tags} onChange={(event) => change({ tags: event.target.value })} />
      </Field>
      <Select
        label={t('compose.knowledge.scope')}
        value={shop}
        width={280}
        options={[{ value: EVERY_SHOP, label: t('compose.knowledge.everyShop') }, ...props.shops]}
        onChange={(to) => change({ shop: to })}
      />
      {links.map((link, index) => (
        <div key={index} className="knowledge-link">
          <Input
            aria-label={t('compose.knowledge.linkLabel')}
            placeholder={t('compose.knowledge.linkLabel')}
            value={link.label}
            maxLength={80}
            onChange={(event) => setLinks(links.with(index, { ...link, label: event.target.value }))}
          />
          <Input
            aria-label={t('compose.knowledge.linkUrl')}
            placeholder={t('compose.knowledge.linkUrl')}
            inputMode="url"
            value={link.url}
            onChange={(event) => setLinks(links.with(index, { ...link, url: event.target.value }))}
          />
          <IconButton
            icon="close"
            label={t('compose.knowledge.removeLink')}
            onClick={() => setLinks(links.toSpliced(index, 1))}
          />
        </div>
      ))}
      {links.length < 10 && (
        <div>
          <Button size="small" icon="plus" onClick={() => setLinks([...links, { label: '', url: '' }])}>
            {t('compose.knowledge.addLink')}
          </Button>
        </div>
      )}
      {problem && (
        <p role="alert" className="ui-field-error">
          {problem}
        </p>
      )}
      <div className="ui-dialog-footer">
        <Button
          onClick={() => {
            drop();
            props.onDone(null);
          }}
        >
          {t('common.cancel')}
        </Button>
        <Button submit look="primary" busy={busy} disabled={title.trim() === '' || body.trim() === ''}>
          {t('compose.knowledge.save')}
        </Button>
      </div>
    </form>
  );
}
