import type { TFunction } from 'i18next';
import { lazy, Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import i18next from 'i18next';
import type { WaitingLine } from '#shared/contract/overview.ts';
import type { ConversationView } from '#shared/contract/views.ts';
import { fetchDownload, keptDownload } from '#renderer/bridge/downloads.ts';
import { help, useHelp } from '#renderer/bridge/help.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLock } from '#renderer/bridge/lock.ts';
import { useLive, watchedJobs } from '#renderer/bridge/live.ts';
import { PendingWordsProvider } from '#renderer/ui/Pending.tsx';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import { DeskProvider } from '#renderer/features/records/desk.ts';
import { LockScreen } from '#renderer/features/security/LockScreen.tsx';
import { RecoveryBanner } from '#renderer/features/security/RecoveryBanner.tsx';
import { CodeHelpProvider } from '#renderer/ui/ErrorCode.tsx';
import { LoadingState } from '#renderer/ui/states.tsx';
import { focusIfFree } from '#renderer/ui/return-focus.ts';
import { UiProvider } from '#renderer/ui/theme.tsx';
import { toast, Toasts, type ToastMessage } from '#renderer/ui/Toast.tsx';
import { densities } from '#renderer/ui/tokens.ts';
import { AccountDialog, SettingsDialog } from './dialogs.tsx';
import { resolveLocale } from './i18n.ts';
import { storedLook, storeLook } from './look.ts';
import { jumpTo, openByKey } from './jump.ts';
import { useNotices } from './notices.ts';
import { Palette } from './Palette.tsx';
import { Rail } from './Rail.tsx';
import { Reception } from './Reception.tsx';
import { asksForKeys, isMac, shortcutOf } from './shortcuts.ts';
import { HostStrip, StatusBar } from './StatusBar.tsx';
import { go, usePlace, type Screen } from './store.ts';
import { resumeTour, Welcome } from './Welcome.tsx';

const Overview = lazy(() => import('#renderer/features/overview/OverviewView.tsx'));
const Records = lazy(() => import('#renderer/features/records/RecordsView.tsx'));
const Incidents = lazy(() => import('#renderer/features/incidents/IncidentsView.tsx'));
const Lessons = lazy(() => import('#renderer/features/lessons/LessonsView.tsx'));
const LessonStrip = lazy(() =>
  import('#renderer/features/lessons/LessonStrip.tsx').then((module) => ({ default: module.LessonStrip })),
);
const ShopTimeStrip = lazy(() =>
  import('#renderer/features/lessons/ShopTime.tsx').then((module) => ({ default: module.ShopTimeStrip })),
);
const Knowledge = lazy(() => import('#renderer/features/knowledge/KnowledgeView.tsx'));
const Review = lazy(() => import('#renderer/features/review/ReviewView.tsx'));
const Administration = lazy(() => import('#renderer/features/administration/AdministrationView.tsx'));
const Diagnosis = lazy(() => import('#renderer/features/diagnosis/Diagnosis.tsx'));
const Recovery = lazy(() => import('#renderer/features/recovery/Recovery.tsx'));
const HelpPanel = lazy(() => import('#renderer/features/help/HelpPanel.tsx'));

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
      <UiWords>
        <Unlocked>
          <WithRecords rowHeight={densities[look.density].listRow} />
        </Unlocked>
      </UiWords>
    </UiProvider>
  );
}

/** ST4: without its records the window shows the way back to them, and nothing else. */
function WithRecords(props: { rowHeight: number }) {
  const { t } = useTranslation();
  const recovery = useLive((state) => state.info?.recovery ?? false);
  if (!recovery) return <Shell rowHeight={props.rowHeight} />;
  return (
    <Suspense fallback={<LoadingState label={t('common.loading')} />}>
      <Recovery />
    </Suspense>
  );
}

/** What the primitives say by themselves: each error's code leads to its words in the help (UX6), and what is still to come. */
function UiWords(props: { children: ReactNode }) {
  const { t } = useTranslation();
  const codes = useMemo(() => ({ label: (code: string) => t('help.code', { code }), open: help.code }), [t]);
  const pending = useMemo(() => ({ loading: t('common.loading'), retry: t('common.retry') }), [t]);
  return (
    <CodeHelpProvider help={codes}>
      <PendingWordsProvider words={pending}>{props.children}</PendingWordsProvider>
    </CodeHelpProvider>
  );
}

function Help() {
  const wish = useHelp((state) => state.wish);
  if (wish === null) return null;
  return (
    <Suspense fallback={null}>
      <HelpPanel wish={wish} />
    </Suspense>
  );
}

/** SE4: while it is locked, and until the core has said that it isn't, nothing of the program is drawn. */
function Unlocked(props: { children: ReactNode }) {
  const lock = useLock((state) => state.lock);
  const known = lock !== null;
  useLayoutEffect(() => {
    if (known) document.getElementById('start')?.remove();
  }, [known]);
  if (!known) return null;
  return lock.locked ? <LockScreen /> : props.children;
}

function Shell(props: { rowHeight: number }) {
  const { t } = useTranslation();
  const screen = usePlace((state) => state.screen);
  const dialog = usePlace((state) => state.dialog);
  useShortcuts();
  useAnnouncements();
  useNotices();
  const content = useRef<HTMLDivElement>(null);
  // A screen that goes takes the focus with it; the next key belongs to the one that came (UX2). The window's own start
  // begins before everything, with the way past it.
  const last = useRef(screen);
  useEffect(() => {
    if (last.current !== screen) focusIfFree(content.current);
    last.current = screen;
  }, [screen]);
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {t('app.skipToContent')}
      </a>
      <Rail />
      <div ref={content} className="shell-main" id="content" tabIndex={-1}>
        <HostStrip />
        <Welcome />
        <RunningLesson />
        <RecoveryBanner onOpen={() => go.dialog('settings')} />
        <div className="shell-screen">
          <Suspense fallback={<LoadingState label={t('common.loading')} />}>
            {screen === 'overview' && <OverviewScreen rowHeight={32} />}
            {screen === 'reception' && <Reception rowHeight={props.rowHeight} />}
            {screen === 'records' && <RecordsScreen />}
            {screen === 'incidents' && <IncidentsScreen rowHeight={props.rowHeight} />}
            {screen === 'knowledge' && <Knowledge />}
            {screen === 'lessons' && <Lessons onConversation={openAnywhere} />}
            {screen === 'review' && <Review rowHeight={34} />}
            {screen === 'administration' && <AdministrationScreen rowHeight={props.rowHeight} />}
            {screen === 'connection' && <Connection />}
          </Suspense>
        </div>
      </div>
      <StatusBar />
      {dialog === 'settings' && <SettingsDialog onClose={() => go.dialog(null)} onTour={resumeTour} />}
      {dialog === 'account' && <AccountDialog onClose={() => go.dialog(null)} onAdded={() => go.to('connection')} />}
      {dialog === 'palette' && <Palette onClose={() => go.dialog(null)} />}
      <Help />
      <Toasts label={t('common.notices')} closeLabel={t('common.close')} />
    </div>
  );
}

/** While a lesson runs its goal and score stand above every screen: it leads through several of them. So does a clock that was set. */
function RunningLesson() {
  const practice = useLive((state) => state.info?.practice ?? false);
  if (!practice) return null;
  return (
    <Suspense fallback={null}>
      <ShopTimeStrip />
      <LessonStrip onConversation={openAnywhere} />
    </Suspense>
  );
}

const showConversation = (key: ConversationView['key']): void => void openByKey(key);
const openAnywhere = (key: ConversationView['key'], intake: ConversationView['intake']): void =>
  go.open({ key, intake });

function AdministrationScreen(props: { rowHeight: number }) {
  return <Administration rowHeight={props.rowHeight} onConversation={showConversation} />;
}

function OverviewScreen(props: { rowHeight: number }) {
  const open = useCallback((line: WaitingLine) => go.open({ key: line.conversation_key, intake: line.intake }), []);
  const show = useCallback((where: 'waiting' | 'incidents' | 'review') => {
    if (where !== 'waiting') return go.to(where);
    go.intake('waiting');
    go.to('reception');
  }, []);
  return <Overview rowHeight={props.rowHeight} onOpen={open} onScreen={show} />;
}

function IncidentsScreen(props: { rowHeight: number }) {
  const request = usePlace((state) => state.incidentRequest);
  return <Incidents request={request} rowHeight={props.rowHeight} onConversation={showConversation} />;
}

function RecordsScreen() {
  const request = usePlace((state) => state.recordsRequest);
  return (
    <DeskProvider value={showConversation}>
      <Records request={request} />
    </DeskProvider>
  );
}

/** What the help opens at, by the screen that is shown. */
const TOPICS: Partial<Readonly<Record<Screen, string>>> = {
  reception: 'agent',
  records: 'search',
  review: 'qa',
  incidents: 'supervisor',
  knowledge: 'supervisor',
  administration: 'admin',
  connection: 'connection',
};

function useShortcuts(): void {
  const { t } = useTranslation();
  useEffect(() => {
    const mac = isMac();
    const onKey = (event: KeyboardEvent): void => {
      if (asksForKeys(event, event.target)) {
        event.preventDefault();
        help.open('keyboard');
        return;
      }
      const id = shortcutOf(event, mac);
      if (id === null) return;
      event.preventDefault();
      if (id === 'palette') go.dialog(usePlace.getState().dialog === 'palette' ? null : 'palette');
      else if (id === 'settings') go.dialog('settings');
      else if (id === 'help') {
        if (useHelp.getState().wish === null) help.open(TOPICS[usePlace.getState().screen]);
        else help.close();
      } else if (id === 'panel') go.panel();
      else if (id === 'longest') void jumpTo('longest_waiting', t);
      else if (id === 'unreplied') void jumpTo('unreplied', t);
      else if (id === 'next') go.step(1);
      else if (id === 'previous') go.step(-1);
      else go.to(id);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [t]);
}

function Connection() {
  const request = usePlace((state) => state.connectionRequest);
  return <Diagnosis onAddAccount={() => go.dialog('account')} request={request} />;
}

/** Damage is nothing to read and forget: the line stays, and one press leads to the backups (ST4). */
function wayOut(code: string, t: TFunction): Partial<ToastMessage> {
  return code === 'STORE_DAMAGED'
    ? { stays: true, action: { label: t('upkeep.tab.backups'), onClick: go.backups } }
    : {};
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
        const file = job.result?.['resumed'] === true ? null : keptDownload(job.job_id);
        if (job.state === 'done')
          toast({
            tone: 'done',
            text: t('status.jobDone', words),
            ...(file
              ? { stays: true, action: { label: t('export.download'), onClick: () => fetchDownload(file) } }
              : {}),
          });
        else
          toast({
            tone: 'failed',
            text: t('status.jobFailed', words),
            ...(job.error ? { note: errorWords({ code: job.error.code }).title } : {}),
            ...(job.error ? wayOut(job.error.code, t) : {}),
          });
      }),
      bridge.subscribe('outside', (wanted) => {
        if (wanted.open === 'conversation') showConversation(wanted.key);
        else if (wanted.open === 'incident') go.incident(wanted.id);
        else if (wanted.open === 'records') go.searchNumbers([wanted.number]);
        else if (wanted.open === 'packages') go.to('records');
        else go.dialog('settings');
      }),
      bridge.subscribe('problem', ({ code }) => {
        const words = errorWords({ code });
        toast({ tone: 'failed', text: words.title, note: errorLine(words), ...wayOut(code, t) });
      }),
    ];
    return () => {
      for (const end of stop) end();
    };
  }, [t]);
}
