import type { TFunction } from 'i18next';
import { useDeferredValue, useMemo, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { createPortal } from 'react-dom';
import { parseNumbers } from '#shared/search/numbers.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { askForPanel } from '#renderer/bridge/compose.ts';
import { help } from '#renderer/bridge/help.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { claimAndSay } from '#renderer/features/inbox/Inbox.tsx';
import { Icon, type IconName } from '#renderer/ui/Icon.tsx';
import { Kbd } from '#renderer/ui/marks.tsx';
import { useReturnFocus, whenFree } from '#renderer/ui/return-focus.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { changeSettings } from './dialogs.tsx';
import { isMac, shownKeys, type ShortcutId } from './shortcuts.ts';
import { jumpTo } from './jump.ts';
import { go, usePlace } from './store.ts';
import { resolveLocale } from './i18n.ts';
import { resumeTour } from './Welcome.tsx';

interface Command {
  readonly id: string;
  readonly group: 'search' | 'person' | 'go' | 'do' | 'conversation' | 'view';
  readonly icon: IconName;
  readonly label: string;
  readonly note?: string;
  readonly shortcut?: ShortcutId;
  readonly run: () => void;
}

/** Every word of the query appears somewhere in the label, in any order and case. */
export function matches(query: string, text: string): boolean {
  const hay = text.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}

export function Palette(props: { onClose: () => void }) {
  const { t } = useTranslation();
  useReturnFocus();
  const [query, setQuery] = useState('');
  const [current, setCurrent] = useState(0);
  const { rows, screen, conversation } = usePlace();
  const settings = useLive((state) => state.settings);
  const accounts = useLive((state) => state.accounts);

  const commands = useMemo<Command[]>(() => {
    const dark =
      document.documentElement.dataset['theme'] === 'dark' ||
      (!document.documentElement.dataset['theme'] && matchMedia('(prefers-color-scheme: dark)').matches);
    const list: Command[] = [
      {
        id: 'overview',
        group: 'go',
        icon: 'gauge',
        label: t('palette.toOverview'),
        run: () => go.to('overview'),
      },
      {
        id: 'reception',
        group: 'go',
        icon: 'chat',
        label: t('palette.toReception'),
        shortcut: 'reception',
        run: () => go.to('reception'),
      },
      {
        id: 'records',
        group: 'go',
        icon: 'records',
        label: t('palette.toRecords'),
        shortcut: 'records',
        run: () => go.to('records'),
      },
      {
        id: 'review',
        group: 'go',
        icon: 'review',
        label: t('palette.toReview'),
        shortcut: 'review',
        run: () => go.to('review'),
      },
      {
        id: 'incidents',
        group: 'go',
        icon: 'incident',
        label: t('palette.toIncidents'),
        shortcut: 'incidents',
        run: () => go.to('incidents'),
      },
      {
        id: 'knowledge',
        group: 'go',
        icon: 'book',
        label: t('palette.toKnowledge'),
        shortcut: 'knowledge',
        run: () => go.to('knowledge'),
      },
      {
        id: 'lessons',
        group: 'go',
        icon: 'lesson',
        label: t('lessons.label'),
        run: () => go.to('lessons'),
      },
      {
        id: 'administration',
        group: 'go',
        icon: 'users',
        label: t('palette.toAdministration'),
        shortcut: 'administration',
        run: () => go.to('administration'),
      },
      {
        id: 'connection',
        group: 'go',
        icon: 'pulse',
        label: t('palette.toConnection'),
        shortcut: 'connection',
        run: () => go.to('connection'),
      },
      {
        id: 'replies',
        group: 'go',
        icon: 'bolt',
        label: t('palette.toReplies'),
        run: () => openPage('replies', t),
      },
      {
        id: 'articles',
        group: 'go',
        icon: 'book',
        label: t('palette.toArticles'),
        run: () => openPage('knowledge', t),
      },
      {
        id: 'help',
        group: 'go',
        icon: 'help',
        label: t('help.open'),
        shortcut: 'help',
        run: () => help.open(),
      },
      {
        id: 'keys',
        group: 'go',
        icon: 'command',
        label: t('palette.toKeys'),
        note: '?',
        run: () => help.open('keyboard'),
      },
      {
        id: 'codes',
        group: 'go',
        icon: 'warning',
        label: t('palette.toCodes'),
        run: () => help.open('errors'),
      },
      {
        id: 'tour',
        group: 'go',
        icon: 'info',
        label: t((settings?.tour_step ?? 0) < 0 ? 'overview.tour.resume' : 'overview.tour.again'),
        run: resumeTour,
      },
      {
        id: 'settings',
        group: 'go',
        icon: 'settings',
        label: t('palette.openSettings'),
        shortcut: 'settings',
        run: () => go.dialog('settings'),
      },
      { id: 'claim', group: 'do', icon: 'hourglass', label: t('palette.claimNext'), run: () => void claimLongest(t) },
      {
        id: 'longest',
        group: 'do',
        icon: 'hourglass',
        label: t('desk.jump.longest'),
        shortcut: 'longest',
        run: () => void jumpTo('longest_waiting', t),
      },
      {
        id: 'unreplied',
        group: 'do',
        icon: 'chat',
        label: t('desk.jump.unreplied'),
        shortcut: 'unreplied',
        run: () => void jumpTo('unreplied', t),
      },
      {
        id: 'next',
        group: 'do',
        icon: 'arrowDown',
        label: t('palette.nextConversation'),
        shortcut: 'next',
        run: () => go.step(1),
      },
      {
        id: 'previous',
        group: 'do',
        icon: 'arrowUp',
        label: t('palette.previousConversation'),
        shortcut: 'previous',
        run: () => go.step(-1),
      },
      {
        id: 'composer',
        group: 'do',
        icon: 'pencil',
        label: t('palette.focusComposer'),
        run: () => whenFree(() => document.getElementById('composer')?.focus()),
      },
      {
        id: 'numbers',
        group: 'do',
        icon: 'search',
        label: t('palette.searchNumbers'),
        run: () => go.searchNumbers([], 'numbers'),
      },
      {
        id: 'import',
        group: 'do',
        icon: 'upload',
        label: t('palette.importRecords'),
        run: () => go.searchNumbers([], 'import'),
      },
      {
        id: 'reconnect',
        group: 'do',
        icon: 'refresh',
        label: t('palette.reconnectAll'),
        run: () => {
          for (const account of accounts ?? [])
            void bridge.call('accounts.reconnect', { account_id: account.account_id });
        },
      },
      { id: 'add', group: 'do', icon: 'plus', label: t('nav.addAccount'), run: () => go.dialog('account') },
      {
        id: 'panel',
        group: 'view',
        icon: 'panel',
        label: t('palette.togglePanel'),
        shortcut: 'panel',
        run: () => go.panel(),
      },
      {
        id: 'theme',
        group: 'view',
        icon: 'sun',
        label: t('palette.toggleTheme'),
        run: () => void changeSettings({ theme: dark ? 'light' : 'dark' }),
      },
      {
        id: 'density',
        group: 'view',
        icon: 'sort',
        label: t('palette.toggleDensity'),
        run: () => void changeSettings({ density: settings?.density === 'comfortable' ? 'compact' : 'comfortable' }),
      },
      {
        id: 'locale',
        group: 'view',
        icon: 'chat',
        label: t('palette.toggleLocale'),
        run: () => void changeSettings({ locale: resolveLocale(settings?.locale) === 'en' ? 'zh-CN' : 'en' }),
      },
    ];
    for (const row of rows.slice(0, 500)) {
      const name = row.consumer?.name ?? row.title;
      list.push({
        id: `conversation-${row.key}`,
        group: 'conversation',
        icon: 'user',
        label: name,
        note: row.shop.name,
        run: () => go.open(row),
      });
    }
    return list;
  }, [t, rows, settings, accounts]);

  const typed = query.trim();
  const sought = useDeferredValue(typed);
  const people = useAsk('search.people', sought === '' ? null : { slot: 'palette', text: sought, limit: 8 });
  const lookups: Command[] =
    typed === ''
      ? []
      : [
          {
            id: 'search-records',
            group: 'search',
            icon: 'records',
            label: t('palette.searchRecords', { text: typed }),
            run: () => go.searchRecords({ text: typed }),
          },
          ...(parseNumbers(typed).numbers.length === 1
            ? [
                {
                  id: 'search-number',
                  group: 'search',
                  icon: 'search',
                  label: t('palette.searchNumber', { text: typed }),
                  run: () => go.searchNumbers(parseNumbers(typed).numbers),
                } as const,
              ]
            : []),
          ...(screen === 'reception' && conversation !== null
            ? [
                {
                  id: 'find',
                  group: 'search',
                  icon: 'chat',
                  label: t('palette.findInChat', { text: typed }),
                  run: () => go.find(typed),
                } as const,
              ]
            : []),
        ];
  const known = new Set(rows.map((row) => row.key));
  const persons: Command[] = (people.data?.people ?? [])
    .filter((person) => !known.has(person.conversation_key))
    .map((person) => ({
      id: `person-${person.consumer_key}-${person.conversation_key}`,
      group: 'person',
      icon: 'user',
      label: person.consumer,
      note: `${person.shop} · ${t('palette.personRecords')}`,
      run: () => go.searchRecords({ consumers: [person.consumer] }),
    }));
  const found = commands
    .filter((command) =>
      query.trim() === ''
        ? command.group !== 'conversation'
        : matches(query.trim(), `${command.label} ${command.note ?? ''}`),
    )
    .slice(0, 40);
  // What a command or an open conversation is called comes first; then people of the records, then the look-ups.
  const shown = [...found, ...persons, ...lookups];
  const index = Math.min(current, Math.max(0, shown.length - 1));
  const run = (command: Command | undefined): void => {
    if (!command) return;
    props.onClose();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'ArrowDown') setCurrent(Math.min(shown.length - 1, index + 1));
    else if (event.key === 'ArrowUp') setCurrent(Math.max(0, index - 1));
    else if (event.key === 'Enter') run(shown[index]);
    else if (event.key === 'Escape') props.onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return createPortal(
    <div className="palette-scrim" onPointerDown={(event) => event.target === event.currentTarget && props.onClose()}>
      <div className="palette" role="dialog" aria-modal="true" aria-label={t('palette.title')} onKeyDown={onKeyDown}>
        <div className="palette-query">
          <Icon name="search" />
          <input
            autoFocus
            value={query}
            placeholder={t('palette.placeholder')}
            aria-label={t('palette.placeholder')}
            role="combobox"
            aria-expanded="true"
            aria-controls="palette-list"
            aria-activedescendant={shown[index] ? `palette-${shown[index].id}` : undefined}
            onChange={(event) => {
              setQuery(event.target.value);
              setCurrent(0);
            }}
          />
          <Kbd>Esc</Kbd>
        </div>
        <div className="palette-list" id="palette-list" role="listbox" aria-label={t('palette.title')}>
          {shown.length === 0 && <p className="palette-empty">{t('palette.empty')}</p>}
          {shown.map((command, at) => (
            <div key={command.id} role="presentation">
              {shown[at - 1]?.group !== command.group && (
                <p className="palette-group" role="presentation">
                  {t(`palette.groups.${command.group}`)}
                </p>
              )}
              <div
                id={`palette-${command.id}`}
                role="option"
                aria-selected={at === index}
                className="palette-command"
                ref={(element) => {
                  if (at === index) element?.scrollIntoView({ block: 'nearest' });
                }}
                onPointerMove={() => setCurrent(at)}
                onClick={() => run(command)}
              >
                <Icon name={command.icon} />
                <span className="ellipsis foreign">{command.label}</span>
                {command.note && <span className="palette-note ellipsis foreign">{command.note}</span>}
                {command.shortcut && (
                  <span className="palette-keys">
                    {shownKeys(command.shortcut, isMac()).map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </span>
                )}
              </div>
            </div>
          ))}
        </div>
      </div>
    </div>,
    document.body,
  );
}

/** A page beside the open conversation. Without one there is nothing to put its text into. */
function openPage(page: 'replies' | 'knowledge', t: TFunction): void {
  go.to('reception');
  if (usePlace.getState().conversation === null) toast({ tone: 'info', text: t('compose.replies.noComposer') });
  else askForPanel(page);
}

/** The longest waiting one of what is filtered at the left. */
async function claimLongest(t: TFunction): Promise<void> {
  const { accountId, shopId } = usePlace.getState();
  const answer = await bridge.call('conversations.list', {
    account_id: accountId,
    ...(shopId === null ? {} : { shop_id: shopId }),
    intake: 'waiting',
    limit: 200,
    cursor: null,
  });
  if (!answer.ok) return;
  const longest = answer.result.conversations.toSorted(
    (a, b) => (a.waiting_since ?? Infinity) - (b.waiting_since ?? Infinity),
  )[0];
  if (!longest) return go.intake('waiting');
  const claimed = await claimAndSay(longest, longest.consumer?.name ?? longest.title, t);
  if (claimed) go.open({ key: claimed.key, intake: 'active' });
}
