import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { insertIntoComposer, useEnterPage } from '#renderer/bridge/compose.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { repliesName, useReplies, wantReplies } from '#renderer/bridge/replies.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input, Segmented, TextArea } from '#renderer/ui/fields.tsx';
import { Menu, menuAnchor, type MenuAnchor, type MenuItem } from '#renderer/ui/Menu.tsx';
import { Tag } from '#renderer/ui/marks.tsx';
import { LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { useKept } from '#renderer/ui/use-kept.ts';
import { VirtualList } from '#renderer/ui/VirtualList.tsx';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import { REPLY_LIMITS, type RepliesImported, type ReplyScope, type ReplyView } from '#shared/contract/composer.ts';
import type { AppError } from '#shared/contract/errors.ts';
import { findReplies } from '#shared/domain/composer/find-replies.ts';
import { VARIABLES } from '#shared/domain/composer/variables.ts';
import type { AccountId, ShopId } from '#shared/domain/ids.ts';
import './replies.css';

const ROW_HEIGHT = 56;
type Scope = ReplyScope | 'all';

function failure(error: AppError): void {
  const words = errorWords(error);
  toast({ tone: 'failed', text: words.title, note: errorLine(words) });
}

/** Quick replies of the person and the shop (PV7): found, put into the composer, edited, imported, exported. */
export function RepliesPanel(props: { accountId: AccountId; shopId: ShopId }) {
  const { t, i18n } = useTranslation();
  const { accountId, shopId } = props;
  const place = { account_id: accountId, shop_id: shopId };
  useEffect(() => wantReplies(accountId, shopId), [accountId, shopId]);
  const held = useReplies((all) => all[repliesName(accountId, shopId)]);
  useEnterPage('replies', held !== undefined, 'replies-find');
  const [text, setText] = useState('');
  const [scope, setScope] = useState<Scope>('all');
  const [current, setCurrent] = useState(0);
  const [editing, setEditing] = useState<ReplyView | 'new' | null>(null);
  const [menu, setMenu] = useState<MenuAnchor | null>(null);
  const [imported, setImported] = useState<RepliesImported | null>(null);
  const wanted = useDeferredValue(text);
  const shown = useMemo(() => {
    const index = held?.index.filter(({ reply }) => scope === 'all' || reply.scope === scope) ?? [];
    if (wanted.trim() !== '') return findReplies(index, wanted, 500);
    const collator = new Intl.Collator(i18n.language);
    return index
      .map(({ reply }) => reply)
      .sort((a, b) => collator.compare(a.group, b.group) || collator.compare(a.title, b.title));
  }, [held, wanted, scope, i18n.language]);

  const insert = (reply: ReplyView): void => {
    if (!insertIntoComposer(reply.body)) {
      toast({ tone: 'failed', text: t('compose.replies.noComposer') });
      return;
    }
    void bridge.call('replies.used', { id: reply.id });
  };
  const remove = async (reply: ReplyView): Promise<void> => {
    const answer = await bridge.call('replies.remove', { ...place, id: reply.id });
    if (!answer.ok) return failure(answer.error);
    const { group, title, body } = reply;
    toast({
      tone: 'done',
      text: t('compose.replies.removed'),
      action: {
        label: t('compose.replies.undo'),
        onClick: () =>
          void bridge
            .call('replies.save', { ...place, id: null, scope: reply.scope, reply: { group, title, body } })
            .then((again) => again.ok || failure(again.error)),
      },
    });
  };
  const importFile = async (into: ReplyScope): Promise<void> => {
    const picked = await bridge.pickFile('.csv,.xlsx,.txt');
    if (!picked.ok) return failure(picked.error);
    if (picked.result === null) return;
    const answer = await bridge.call('replies.import', { ...place, scope: into, file: picked.result.handle });
    if (!answer.ok) return failure(answer.error);
    if (answer.result.rejected.length > 0) setImported(answer.result);
    else toast({ tone: 'done', text: t('compose.replies.imported', { ...answer.result, rejected: 0 }) });
  };
  const exportFile = async (format: 'csv' | 'xlsx'): Promise<void> => {
    const target = await bridge.pickSave(`${t('compose.replies.fileName')}.${format}`);
    if (!target.ok) return failure(target.error);
    if (target.result === null) return;
    const answer = await bridge.call('replies.export', {
      ...place,
      scope: scope === 'all' ? null : scope,
      target: target.result.handle,
      format,
    });
    if (answer.ok) toast({ tone: 'done', text: t('compose.replies.exported', { rows: answer.result.rows }) });
    else failure(answer.error);
  };
  const addDefaults = async (): Promise<void> => {
    const answer = await bridge.call('replies.add_defaults', { ...place, scope: 'personal' });
    if (answer.ok) toast({ tone: 'done', text: t('compose.replies.defaultsAdded', { count: answer.result.added }) });
    else failure(answer.error);
  };

  if (held === undefined) return <LoadingState label={t('common.loading')} rows={4} />;
  const mayShop = held.view.may_edit_shop;
  const chosen = shown[current];
  const items: MenuItem[] = [
    {
      id: 'personal',
      icon: 'upload',
      label: t('compose.replies.importTo.personal'),
      onSelect: () => void importFile('personal'),
    },
    {
      id: 'shop',
      icon: 'upload',
      label: t('compose.replies.importTo.shop'),
      disabled: !mayShop,
      ...(mayShop ? {} : { note: t('compose.replies.shopNote') }),
      onSelect: () => void importFile('shop'),
    },
    {
      id: 'xlsx',
      icon: 'download',
      label: t('compose.replies.exportXlsx'),
      separatorBefore: true,
      onSelect: () => void exportFile('xlsx'),
    },
    { id: 'csv', icon: 'download', label: t('compose.replies.exportCsv'), onSelect: () => void exportFile('csv') },
    {
      id: 'defaults',
      icon: 'plus',
      label: t('compose.replies.defaults'),
      separatorBefore: true,
      onSelect: () => void addDefaults(),
    },
  ];
  return (
    <div className="replies">
      <div className="replies-head">
        <Input
          id="replies-find"
          icon="search"
          value={text}
          placeholder={t('compose.replies.search')}
          aria-label={t('compose.replies.search')}
          onChange={(event) => {
            setText(event.target.value);
            setCurrent(0);
          }}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing || event.keyCode === 229) return;
            const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
            if (step !== 0) setCurrent((at) => Math.max(0, Math.min(shown.length - 1, at + step)));
            else if (event.key === 'Enter' && shown[current]) insert(shown[current]);
            else return;
            event.preventDefault();
          }}
        />
        <IconButton icon="plus" label={t('compose.replies.add')} onClick={() => setEditing('new')} />
        <IconButton icon="more" label={t('compose.replies.more')} onClick={(event) => setMenu(menuAnchor(event))} />
      </div>
      <Segmented
        size="small"
        label={t('compose.replies.title')}
        value={scope}
        onChange={setScope}
        options={[
          { value: 'all', label: t('compose.replies.all') },
          { value: 'personal', label: t('compose.replies.scope.personal') },
          { value: 'shop', label: t('compose.replies.scope.shop') },
        ]}
      />
      {shown.length === 0 ? (
        held.view.replies.length === 0 ? (
          <StateMessage compact icon="bolt" title={t('compose.replies.empty')} note={t('compose.replies.emptyNote')}>
            <Button size="small" onClick={() => void addDefaults()}>
              {t('compose.replies.defaults')}
            </Button>
          </StateMessage>
        ) : (
          <StateMessage
            compact
            icon="search"
            title={t('compose.replies.noMatch')}
            note={t('compose.replies.noMatchNote')}
          />
        )
      ) : (
        <>
          {/* Enter and double click put it in; moving only shows it. */}
          <div
            role="group"
            aria-label={t('compose.replies.title')}
            className="replies-host"
            onKeyDown={(event) => event.key === 'Enter' && chosen && insert(chosen)}
            onDoubleClick={() => chosen && insert(chosen)}
          >
            <VirtualList
              className="replies-list"
              label={t('compose.replies.title')}
              items={shown}
              itemKey={(reply) => reply.id}
              rowHeight={ROW_HEIGHT}
              selectedKey={chosen?.id ?? null}
              onSelect={(reply) => setCurrent(shown.indexOf(reply))}
              renderRow={(reply) => (
                <div className="reply" title={reply.body}>
                  <span className="reply-line">
                    <span className="ellipsis foreign">{reply.title}</span>
                    <Tag>{reply.group || t('compose.replies.ungrouped')}</Tag>
                  </span>
                  <span className="reply-body ellipsis foreign">{reply.body.replace(/\s+/g, ' ')}</span>
                </div>
              )}
            />
          </div>
          {chosen && (
            <section className="reply-shown" aria-label={chosen.title}>
              <p className="foreign">{chosen.body}</p>
              <div>
                <Button size="small" look="primary" onClick={() => insert(chosen)}>
                  {t('compose.replies.insert')}
                </Button>
                {(chosen.scope === 'personal' || mayShop) && (
                  <>
                    <Button size="small" icon="pencil" onClick={() => setEditing(chosen)}>
                      {t('compose.replies.edit')}
                    </Button>
                    <Button size="small" icon="trash" onClick={() => void remove(chosen)}>
                      {t('compose.replies.remove')}
                    </Button>
                  </>
                )}
              </div>
            </section>
          )}
        </>
      )}
      {menu && <Menu anchor={menu} label={t('compose.replies.more')} items={items} onClose={() => setMenu(null)} />}
      {editing && (
        <ReplyEditor
          reply={editing === 'new' ? null : editing}
          groups={[...new Set(held.view.replies.map(({ group }) => group))].filter(Boolean)}
          mayShop={mayShop}
          place={place}
          onClose={() => setEditing(null)}
        />
      )}
      {imported && (
        <Dialog open title={t('compose.replies.rejectedTitle')} onClose={() => setImported(null)}>
          <p>
            {t('compose.replies.imported', {
              added: imported.added,
              replaced: imported.replaced,
              unchanged: imported.unchanged,
              rejected: imported.rejected.length,
            })}
          </p>
          <ul className="replies-rejected">
            {imported.rejected.map(({ line, reason }) => (
              <li key={line} className="num">
                {t('compose.replies.rejectedLine', { line, reason: t(`compose.replies.reason.${reason}`) })}
              </li>
            ))}
          </ul>
        </Dialog>
      )}
    </div>
  );
}

function ReplyEditor(props: {
  reply: ReplyView | null;
  groups: readonly string[];
  mayShop: boolean;
  place: { readonly account_id: AccountId; readonly shop_id: ShopId };
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { reply } = props;
  const [form, setForm, drop] = useKept(`reply-${reply?.id ?? ''}`, () => ({
    scope: reply?.scope ?? ('personal' as ReplyScope),
    group: reply?.group ?? '',
    title: reply?.title ?? '',
    body: reply?.body ?? '',
  }));
  const { scope, group, title, body } = form;
  const change = (patch: Partial<typeof form>): void => setForm({ ...form, ...patch });
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('replies.save', {
      ...props.place,
      id: reply?.id ?? null,
      scope,
      reply: { group, title, body },
    });
    setBusy(false);
    if (!answer.ok) return failure(answer.error);
    drop();
    props.onClose();
  };
  return (
    <Dialog
      open
      title={t(reply === null ? 'compose.replies.newTitle' : 'compose.replies.editTitle')}
      onClose={props.onClose}
      footer={
        <>
          <Button
            onClick={() => {
              drop();
              props.onClose();
            }}
          >
            {t('common.cancel')}
          </Button>
          <Button look="primary" busy={busy} disabled={body.trim() === ''} onClick={() => void save()}>
            {t('compose.replies.save')}
          </Button>
        </>
      }
    >
      <div className="reply-form">
        {reply === null && props.mayShop && (
          <Segmented
            label={t('compose.replies.title')}
            value={scope}
            onChange={(to) => change({ scope: to })}
            options={[
              { value: 'personal', label: t('compose.replies.scope.personal') },
              { value: 'shop', label: t('compose.replies.scope.shop') },
            ]}
          />
        )}
        <Field label={t('compose.replies.titleField')} id="reply-title">
          <Input
            id="reply-title"
            value={title}
            maxLength={REPLY_LIMITS.title}
            placeholder={t('compose.replies.titleHint')}
            onChange={(event) => change({ title: event.target.value })}
          />
        </Field>
        <Field label={t('compose.replies.group')} id="reply-group">
          <Input
            id="reply-group"
            value={group}
            list="reply-groups"
            maxLength={REPLY_LIMITS.group}
            onChange={(event) => change({ group: event.target.value })}
          />
          <datalist id="reply-groups">
            {props.groups.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </datalist>
        </Field>
        <Field label={t('compose.replies.body')} id="reply-body">
          <TextArea
            id="reply-body"
            rows={5}
            value={body}
            maxLength={REPLY_LIMITS.body}
            placeholder={t('compose.replies.bodyHint')}
            onChange={(event) => change({ body: event.target.value })}
          />
        </Field>
        <div className="reply-variables" role="group" aria-label={t('compose.replies.variables')}>
          {VARIABLES.map((name) => (
            <Button key={name} size="small" onClick={() => change({ body: `${body}{${name}}` })}>
              {`{${name}}`}
            </Button>
          ))}
        </div>
      </div>
    </Dialog>
  );
}
