import type { TFunction } from 'i18next';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import i18next from 'i18next';
import type { ConversationView } from '#shared/contract/views.ts';
import { usePanelRequest } from '#renderer/bridge/compose.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive, watchedJobs } from '#renderer/bridge/live.ts';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import { claimAndSay, Inbox } from '#renderer/features/inbox/Inbox.tsx';
import { Button } from '#renderer/ui/Button.tsx';
import { Icon } from '#renderer/ui/Icon.tsx';
import { LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { UiProvider } from '#renderer/ui/theme.tsx';
import { toast, Toasts } from '#renderer/ui/Toast.tsx';
import { densities } from '#renderer/ui/tokens.ts';
import { AccountDialog, changeSettings, SettingsDialog } from './dialogs.tsx';
import { resolveLocale } from './i18n.ts';
import { storedLook, storeLook } from './look.ts';
import { Palette } from './Palette.tsx';
import { Rail } from './Rail.tsx';
import { isMac, shortcutOf } from './shortcuts.ts';
import { HostStrip, StatusBar } from './StatusBar.tsx';
import { go, usePlace } from './store.ts';

const ChatView = lazy(() =>
  import('#renderer/features/chat/ChatView.tsx').then((module) => ({ default: module.ChatView })),
);
const SidePanel = lazy(() =>
  import('#renderer/features/side-panel/SidePanel.tsx').then((module) => ({ default: module.SidePanel })),
);
const Records = lazy(() => import('#renderer/features/records/RecordsView.tsx'));
const Incidents = lazy(() => import('#renderer/features/incidents/IncidentsView.tsx'));
const Knowledge = lazy(() => import('#renderer/features/knowledge/KnowledgeView.tsx'));
const RepliesPanel = lazy(() =>
  import('#renderer/features/replies/RepliesPanel.tsx').then((module) => ({ default: module.RepliesPanel })),
);
const ArticlesPanel = lazy(() =>
  import('#renderer/features/knowledge/ArticlesPanel.tsx').then((module) => ({ default: module.ArticlesPanel })),
);
const Review = lazy(() => import('#renderer/features/review/ReviewView.tsx'));
const Administration = lazy(() => import('#renderer/features/administration/AdministrationView.tsx'));
const Diagnosis = lazy(() => import('#renderer/features/diagnosis/Diagnosis.tsx'));

export function App() {
  const settings = useLive((state) => state.settings);
  const look = settings ?? storedLook();
  const locale = resolveLocale(look.locale);
  useEffect(() => {
    if (i18next.language !== locale) void i18next.changeLanguage(locale);
  }, [locale]);
  useEffect(() => {
    if (settings) storeLook(settings);
  }, [settings]);
  return (
    <UiProvider theme={look.theme} density={look.density} locale={locale}>
      <Shell rowHeight={densities[look.density].listRow} />
    </UiProvider>
  );
}

function Shell(props: { rowHeight: number }) {
  const { t } = useTranslation();
  const { screen, dialog } = usePlace();
  useShortcuts();
  useAnnouncements();
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {t('app.skipToContent')}
      </a>
      <Rail />
      <div className="shell-main" id="content">
        <HostStrip />
        <Welcome />
        <div className="shell-screen">
          <Suspense fallback={<LoadingState label={t('common.loading')} />}>
            {screen === 'reception' && <Reception rowHeight={props.rowHeight} />}
            {screen === 'records' && <RecordsScreen />}
            {screen === 'incidents' && <IncidentsScreen rowHeight={props.rowHeight} />}
            {screen === 'knowledge' && <Knowledge />}
            {screen === 'review' && <Review rowHeight={34} />}
            {screen === 'administration' && <AdministrationScreen rowHeight={props.rowHeight} />}
            {screen === 'connection' && <Diagnosis onAddAccount={() => go.dialog('account')} />}
          </Suspense>
        </div>
      </div>
      <StatusBar />
      {dialog === 'settings' && <SettingsDialog onClose={() => go.dialog(null)} />}
      {dialog === 'account' && <AccountDialog onClose={() => go.dialog(null)} />}
      {dialog === 'palette' && <Palette onClose={() => go.dialog(null)} />}
      <Toasts label={t('common.notices')} closeLabel={t('common.close')} />
    </div>
  );
}

function Reception(props: { rowHeight: number }) {
  const { t } = useTranslation();
  const { accountId, shopId, intake, conversation, panelOpen } = usePlace();
  const open = useCallback((row: ConversationView) => go.open(row), []);
  const rows = useCallback((all: readonly ConversationView[]) => usePlace.setState({ rows: all }), []);
  const findRequest = usePlace((state) => state.findRequest);
  const searchText = useCallback((text: string) => go.searchRecords({ text }), []);
  const searchNumber = useCallback((number: string) => go.searchNumbers([number]), []);
  const panelRequest = usePanelRequest();
  const panelTurn = panelRequest.turn;
  useEffect(() => {
    if (panelTurn > 0) usePlace.setState({ panelOpen: true });
  }, [panelTurn]);
  const panelPages = useMemo(() => pagesOf(t, panelTurn), [t, panelTurn]);
  const claim = useCallback(
    async (row: ConversationView, name: string) => {
      const claimed = await claimAndSay(row, name, t);
      if (claimed) go.open({ key: claimed.key, intake: 'active' });
    },
    [t],
  );
  return (
    <main className={`reception ${panelOpen && conversation !== null ? 'has-panel' : ''}`}>
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
      {conversation === null ? (
        <section className="chat-none">
          <StateMessage icon="chat" title={t('inbox.choose')} note={t('inbox.chooseNote')} />
        </section>
      ) : (
        <>
          <ChatView
            conversationKey={conversation}
            panelOpen={panelOpen}
            onPanel={go.panel}
            onSearchNumber={searchNumber}
            findRequest={findRequest}
            onSearchText={searchText}
            onClaim={claim}
            onIncident={go.incident}
          />
          {panelOpen && (
            <SidePanel
              conversationKey={conversation}
              onSearchNumber={searchNumber}
              pages={panelPages}
              request={panelRequest}
            />
          )}
        </>
      )}
    </main>
  );
}

/** Pages of the side panel that other features bring (PV7, PV8). */
function pagesOf(t: TFunction, turn: number) {
  return [
    {
      id: 'replies',
      label: t('compose.replies.title'),
      show: ({ account_id, shop }: ConversationView) =>
        account_id === null ? null : <RepliesPanel accountId={account_id} shopId={shop.shop_id} />,
    },
    {
      id: 'knowledge',
      label: t('compose.knowledge.title'),
      show: ({ account_id, shop }: ConversationView) =>
        account_id === null ? null : <ArticlesPanel accountId={account_id} shopId={shop.shop_id} turn={turn} />,
    },
  ];
}

function AdministrationScreen(props: { rowHeight: number }) {
  const openConversation = useCallback((key: ConversationView['key']) => go.open({ key, intake: 'ended' }), []);
  return <Administration rowHeight={props.rowHeight} onConversation={openConversation} />;
}

function IncidentsScreen(props: { rowHeight: number }) {
  const request = usePlace((state) => state.incidentRequest);
  const openConversation = useCallback((key: ConversationView['key']) => go.open({ key, intake: 'active' }), []);
  return <Incidents request={request} rowHeight={props.rowHeight} onConversation={openConversation} />;
}

function RecordsScreen() {
  const request = usePlace((state) => state.recordsRequest);
  return <Records request={request} />;
}

/** UX5: the practice shop works at once; one strip says so, once. */
function Welcome() {
  const { t } = useTranslation();
  const settings = useLive((state) => state.settings);
  const practice = useLive((state) => state.info?.practice ?? false);
  if (!practice || !settings || settings.first_run_done) return null;
  return (
    <div className="welcome" role="region" aria-label={t('welcome.title')}>
      <Icon name="info" />
      <p>
        <strong>{t('welcome.title')}</strong> {t('welcome.text')}
      </p>
      <Button size="small" onClick={() => go.dialog('account')}>
        {t('welcome.connect')}
      </Button>
      <Button size="small" look="quiet" onClick={() => void changeSettings({ first_run_done: true })}>
        {t('welcome.close')}
      </Button>
    </div>
  );
}

function useShortcuts(): void {
  useEffect(() => {
    const mac = isMac();
    const onKey = (event: KeyboardEvent): void => {
      const id = shortcutOf(event, mac);
      if (id === null) return;
      event.preventDefault();
      if (id === 'palette') go.dialog(usePlace.getState().dialog === 'palette' ? null : 'palette');
      else if (id === 'settings') go.dialog('settings');
      else if (id === 'panel') go.panel();
      else if (id === 'next') go.step(1);
      else if (id === 'previous') go.step(-1);
      else go.to(id);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

/** Ends of long jobs, and problems that belong to no view. */
function useAnnouncements(): void {
  const { t } = useTranslation();
  const told = useRef(new Set<string>());
  useEffect(() => {
    const stop = [
      bridge.subscribe('job', (job) => {
        if ((job.state !== 'done' && job.state !== 'failed') || told.current.has(job.job_id)) return;
        told.current.add(job.job_id);
        if (job.kind === 'index' || watchedJobs.has(job.job_id)) return;
        const words = { kind: t(`status.jobKind.${job.kind}`), title: job.title };
        if (job.state === 'done') toast({ tone: 'done', text: t('status.jobDone', words) });
        else
          toast({
            tone: 'failed',
            text: t('status.jobFailed', words),
            ...(job.error ? { note: errorWords({ code: job.error.code }).title } : {}),
          });
      }),
      bridge.subscribe('problem', ({ code }) => {
        const words = errorWords({ code });
        toast({ tone: 'failed', text: words.title, note: errorLine(words) });
      }),
      bridge.subscribe('notice', (notice) => {
        if (!useLive.getState().settings?.notifications || document.hasFocus() || bridge.host !== 'browser') return;
        if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
        const shown = new Notification(notice.title, { tag: `${notice.account_id}-${notice.conversation_key ?? ''}` });
        shown.addEventListener('click', () => {
          window.focus();
          if (notice.conversation_key !== null)
            go.open({ key: notice.conversation_key, intake: notice.kind === 'enquiry' ? 'waiting' : 'active' });
        });
      }),
    ];
    return () => {
      for (const end of stop) end();
    };
  }, [t]);
}
