import type { TFunction } from 'i18next';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { AppError } from '#shared/contract/errors.ts';
import type { SavedSearchContent, SavedSearchView } from '#shared/contract/saved-search.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { saveFile } from '#renderer/bridge/save.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input } from '#renderer/ui/fields.tsx';
import { formatNumber, formatStamp } from '#renderer/ui/format.ts';
import { Menu, type MenuAnchor } from '#renderer/ui/Menu.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorLine, errorWords } from '#renderer/ui/words.ts';

type Translate = TFunction;

function say(error: AppError): void {
  const words = errorWords(error);
  toast({ tone: 'failed', text: words.title, note: errorLine(words) });
}

/** Searches kept by name (SR9): one click runs one, the rest is behind "manage". */
export function SavedSearches(props: {
  /** What stands in the bar now; null while it could not be run. */
  current: SavedSearchContent | null;
  onRun: (content: SavedSearchContent) => void;
}) {
  const { t } = useTranslation();
  const saved = useAsk('searches.list', {});
  const [anchor, setAnchor] = useState<MenuAnchor | null>(null);
  const [dialog, setDialog] = useState<'save' | 'manage' | null>(null);
  const load = async (): Promise<void> => {
    const picked = await bridge.pickFile('.json');
    if (!picked.ok) return say(picked.error);
    if (picked.result === null) return;
    const answer = await bridge.call('searches.import', { file: picked.result.handle });
    if (!answer.ok) return say(answer.error);
    saved.reload();
    toast({ tone: 'done', text: t('saved.loaded', { name: answer.result.name }) });
    props.onRun(answer.result.content);
  };
  const list = saved.data ?? [];
  return (
    <>
      <Button
        icon="bookmark"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          setAnchor({ x: box.left, y: box.bottom + 4, byKeyboard: event.detail === 0 });
          saved.reload();
        }}
      >
        {t('saved.button')}
      </Button>
      {anchor && (
        <Menu
          anchor={anchor}
          label={t('saved.button')}
          header={list.length === 0 && <p className="ui-menu-heading">{t('saved.none')}</p>}
          onClose={() => setAnchor(null)}
          items={[
            ...list.map((one) => ({
              id: `run-${one.id}`,
              icon: 'bookmark' as const,
              label: <span className="foreign">{one.name}</span>,
              note: <Summary content={one.content} />,
              onSelect: () => props.onRun(one.content),
            })),
            {
              id: 'save',
              icon: 'plus' as const,
              label: t('saved.save'),
              separatorBefore: true,
              disabled: props.current === null,
              onSelect: () => setDialog('save'),
            },
            { id: 'load', icon: 'file' as const, label: t('saved.load'), onSelect: () => void load() },
            {
              id: 'manage',
              icon: 'settings' as const,
              label: t('saved.manage'),
              disabled: list.length === 0,
              onSelect: () => setDialog('manage'),
            },
          ]}
        />
      )}
      {dialog === 'save' && props.current && (
        <SaveDialog
          content={props.current}
          onClose={() => setDialog(null)}
          onSaved={() => {
            setDialog(null);
            saved.reload();
          }}
        />
      )}
      {dialog === 'manage' && (
        <ManageDialog
          list={list}
          onChanged={saved.reload}
          onRun={(content) => {
            setDialog(null);
            props.onRun(content);
          }}
          onClose={() => setDialog(null)}
        />
      )}
    </>
  );
}

function SaveDialog(props: { content: SavedSearchContent; onSaved: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [taken, setTaken] = useState(false);
  const [busy, setBusy] = useState(false);
  const save = async (replace: boolean): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('searches.save', { name: name.trim(), content: props.content, replace });
    setBusy(false);
    if (answer.ok) {
      toast({ tone: 'done', text: t('saved.saved', { name: answer.result.name }) });
      props.onSaved();
    } else if (answer.error.code === 'NAME_TAKEN') setTaken(true);
    else say(answer.error);
  };
  return (
    <Dialog open title={t('saved.saveTitle')} width={420} onClose={props.onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '' && !busy) void save(false);
        }}
      >
        <Field label={t('saved.name')} id="saved-name" error={taken ? t('saved.taken') : null}>
          <Input
            id="saved-name"
            autoFocus
            value={name}
            maxLength={64}
            placeholder={t('saved.nameHint')}
            onChange={(event) => {
              setName(event.target.value);
              setTaken(false);
            }}
          />
        </Field>
        <p className="saved-summary">
          <Summary content={props.content} />
        </p>
        <p className="is-soft form-note">{t('saved.note')}</p>
        <div className="ui-dialog-footer">
          <Button onClick={props.onClose}>{t('common.cancel')}</Button>
          {taken && (
            <Button look="danger" busy={busy} onClick={() => void save(true)}>
              {t('saved.replace')}
            </Button>
          )}
          <Button look="primary" submit busy={busy} disabled={name.trim() === '' || taken}>
            {t('saved.confirm')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function ManageDialog(props: {
  list: readonly SavedSearchView[];
  onChanged: () => void;
  onRun: (content: SavedSearchContent) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const remove = async (search: SavedSearchView): Promise<void> => {
    const answer = await bridge.call('searches.remove', { id: search.id });
    props.onChanged();
    if (!answer.ok) return say(answer.error);
    const again = { name: search.name, content: search.content, replace: false };
    toast({
      tone: 'done',
      text: t('saved.removed', { name: search.name }),
      action: {
        label: t('saved.undo'),
        onClick: () => void bridge.call('searches.save', again).then(props.onChanged),
      },
    });
  };
  const share = async (search: SavedSearchView): Promise<void> => {
    const answer = await saveFile(`${t('saved.fileName')}-${search.name}.json`, (target) =>
      bridge.call('searches.export', { id: search.id, target }),
    );
    if (answer === null) return;
    if (!answer.ok) return say(answer.error);
    toast({ tone: 'done', text: t('saved.shared') });
  };
  return (
    <Dialog open title={t('saved.manageTitle')} width={560} onClose={props.onClose}>
      {props.list.length === 0 ? (
        <StateMessage icon="bookmark" title={t('saved.none')} compact />
      ) : (
        <ul className="saved-list">
          {props.list.map((search) => (
            <li key={search.id}>
              <SavedName search={search} onChanged={props.onChanged} />
              <span className="saved-summary ellipsis">
                <Summary content={search.content} />
              </span>
              <IconButton icon="download" label={t('saved.share')} onClick={() => void share(search)} />
              <IconButton icon="close" label={t('saved.remove')} onClick={() => void remove(search)} />
              <Button size="small" onClick={() => props.onRun(search.content)}>
                {t('saved.run')}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

/** The name in place: Enter or leaving the field renames, Esc takes it back. */
function SavedName(props: { search: SavedSearchView; onChanged: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState(props.search.name);
  const rename = async (): Promise<void> => {
    const next = name.trim();
    if (next === '' || next === props.search.name) return setName(props.search.name);
    const answer = await bridge.call('searches.rename', { id: props.search.id, name: next });
    if (!answer.ok) {
      setName(props.search.name);
      say(answer.error);
    }
    props.onChanged();
  };
  return (
    <Input
      className="saved-name foreign"
      value={name}
      maxLength={64}
      aria-label={`${t('saved.rename')} ${props.search.name}`}
      onChange={(event) => setName(event.target.value)}
      onBlur={() => void rename()}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === 'Enter') event.currentTarget.blur();
        else if (event.key === 'Escape' && name !== props.search.name) {
          event.stopPropagation();
          setName(props.search.name);
        }
      }}
    />
  );
}

/** What a saved search asks for, in one line. */
function Summary(props: { content: SavedSearchContent }): ReactNode {
  const { t, i18n } = useTranslation();
  return <span className="foreign">{summaryOf(props.content, t, currentLocale(i18n.language))}</span>;
}

function summaryOf(content: SavedSearchContent, t: Translate, locale: 'zh-CN' | 'en'): string {
  const { query, range } = content;
  const numbers = (query.orders?.length ?? 0) + (query.violations?.length ?? 0);
  const parts = [
    range === 'custom'
      ? [query.from, query.to].map((at) => (at === undefined ? '…' : formatStamp(at).slice(0, 10))).join(' – ')
      : range === 'any'
        ? null
        : t(`records.${range}`),
    query.text || null,
    ...(query.agents ?? []),
    numbers > 0 ? t('saved.numbers', { n: formatNumber(numbers, locale) }) : null,
    ...(query.shops ?? []),
    ...(query.consumers ?? []),
    query.direction === 'from_agent'
      ? t('records.fromAgent')
      : query.direction === 'from_consumer'
        ? t('records.fromConsumer')
        : null,
    ...(query.kinds ?? []).map((kind) => t(`records.kinds.${kind}`)),
    ...(query.states ?? []).map((state) => t(`records.states.${state}`)),
  ].filter((part) => part !== null);
  return parts.length === 0 ? t('saved.everything') : parts.join(' · ');
}
