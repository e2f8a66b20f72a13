import type { TFunction } from 'i18next';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConversationView } from '#shared/contract/views.ts';
import { usePanelRequest } from '#renderer/bridge/compose.ts';
import { claimAndSay, Inbox } from '#renderer/features/inbox/Inbox.tsx';
import { focusIfFree, useReturnFocus } from '#renderer/ui/return-focus.ts';
import { LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { useMedia } from '#renderer/ui/use-media.ts';
import { go, NO_ROOM_BESIDE, ONE_COLUMN, usePlace } from './store.ts';

const ChatView = lazy(() =>
  import('#renderer/features/chat/ChatView.tsx').then((module) => ({ default: module.ChatView })),
);
const SidePanel = lazy(() =>
  import('#renderer/features/side-panel/SidePanel.tsx').then((module) => ({ default: module.SidePanel })),
);
const RepliesPanel = lazy(() =>
  import('#renderer/features/replies/RepliesPanel.tsx').then((module) => ({ default: module.RepliesPanel })),
);
const ArticlesPanel = lazy(() =>
  import('#renderer/features/knowledge/ArticlesPanel.tsx').then((module) => ({ default: module.ArticlesPanel })),
);

/** The request for the panel that opened it: once, not whenever somebody comes back to the desk. */
let opened = 0;

/**
 * List, chat and side panel. With less room the panel gives way first (it then lies over the chat while it is wanted), then
 * list and chat take turns.
 */
export function Reception(props: { rowHeight: number }) {
  const { t } = useTranslation();
  // One by one: the rows of the list are kept there too, and they change with every event.
  const accountId = usePlace((state) => state.accountId);
  const shopId = usePlace((state) => state.shopId);
  const intake = usePlace((state) => state.intake);
  const conversation = usePlace((state) => state.conversation);
  const over = useMedia(NO_ROOM_BESIDE);
  const single = useMedia(ONE_COLUMN);
  const inChat = usePlace((state) => state.inChat);
  const wasInChat = useRef(inChat);
  useEffect(() => {
    if (single && wasInChat.current && !inChat)
      focusIfFree(document.querySelector<HTMLElement>('.inbox [role=listbox]'));
    wasInChat.current = inChat;
  }, [single, inChat]);
  const panelOpen = usePlace((state) => (over ? state.panelOver : state.panelOpen));
  const open = useCallback((row: ConversationView, toWrite: boolean) => go.open(row, toWrite), []);
  const rows = useCallback((all: readonly ConversationView[]) => usePlace.setState({ rows: all }), []);
  const findRequest = usePlace((state) => state.findRequest);
  const searchText = useCallback((text: string) => go.searchRecords({ text }), []);
  const searchNumber = useCallback((number: string) => go.searchNumbers([number]), []);
  const panelRequest = usePanelRequest();
  const panelTurn = panelRequest.turn;
  useEffect(() => {
    if (panelTurn === opened) return;
    opened = panelTurn;
    go.panel(true);
  }, [panelTurn]);
  const panelPages = useMemo(() => pagesOf(t), [t]);
  const claim = useCallback(
    async (row: ConversationView, name: string) => {
      const claimed = await claimAndSay(row, name, t);
      if (claimed) go.open({ key: claimed.key, intake: 'active' });
    },
    [t],
  );
  // A chat that nobody sees isn't there: what comes in meanwhile was not read.
  const chat = single && !inChat ? null : conversation;
  const panel = chat !== null && panelOpen && (
    <SidePanel conversationKey={chat} onSearchNumber={searchNumber} pages={panelPages} request={panelRequest} />
  );
  return (
    <main className={`reception ${panel && !over ? 'has-panel' : ''} ${single && chat !== null ? 'is-chat' : ''}`}>
      <h1 className="visually-hidden">{t('nav.reception')}</h1>
      <Inbox
        accountId={accountId}
        shopId={shopId}
        intake={intake}
        selected={conversation}
        rowHeight={props.rowHeight}
        onIntake={go.intake}
        onOpen={open}
        onRows={rows}
      />
      {chat !== null ? (
        <>
          <ChatView
            conversationKey={chat}
            panelOpen={panelOpen}
            onPanel={go.panel}
            onList={single ? go.list : null}
            onSearchNumber={searchNumber}
            findRequest={findRequest}
            onSearchText={searchText}
            onClaim={claim}
            onIncident={go.incident}
          />
          {over ? panel && <OverChat>{panel}</OverChat> : panel}
        </>
      ) : (
        !single && (
          <section className="chat-none">
            <StateMessage icon="chat" title={t('inbox.choose')} note={t('inbox.chooseNote')} />
          </section>
        )
      )}
    </main>
  );
}

/** The panel over the chat goes with Esc, and as soon as somebody turns to what it covers. */
function OverChat(props: { children: ReactNode }) {
  // Writing in the chat beneath it is what closes it.
  useReturnFocus(false);
  useEffect(() => {
    const close = (): void => go.panel(false);
    const onTurn = ({ target }: Event): void => {
      if (target instanceof Element && target.closest('.chat') && !target.closest('.chat-header')) close();
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return;
      if (document.querySelector('[role=dialog], [role=menu]') !== null) return;
      close();
      // What it was opened from may be gone, such as the palette.
      requestAnimationFrame(() => focusIfFree(document.getElementById('composer')));
    };
    addEventListener('pointerdown', onTurn);
    addEventListener('focusin', onTurn);
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('pointerdown', onTurn);
      removeEventListener('focusin', onTurn);
      removeEventListener('keydown', onKey);
    };
  }, []);
  return props.children;
}

/** Pages of the side panel that other features bring (PV7, PV8). One that is still to come hides nothing but its own place. */
function pagesOf(t: TFunction) {
  const page = (shown: ReactNode) => (
    <Suspense fallback={<LoadingState label={t('common.loading')} rows={4} />}>{shown}</Suspense>
  );
  return [
    {
      id: 'replies',
      label: t('side.replies'),
      show: ({ account_id, shop }: ConversationView) =>
        account_id === null ? null : page(<RepliesPanel accountId={account_id} shopId={shop.shop_id} />),
    },
    {
      id: 'knowledge',
      label: t('side.knowledge'),
      show: ({ account_id, shop }: ConversationView) =>
        account_id === null ? null : page(<ArticlesPanel accountId={account_id} shopId={shop.shop_id} />),
    },
  ];
}
