import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Tabs } from '#renderer/ui/Tabs.tsx';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { CaseLibrary } from './CaseLibrary.tsx';
import { Dashboard } from './Dashboard.tsx';
import { IncidentList } from './IncidentList.tsx';
import { PlaybookEditor } from './PlaybookEditor.tsx';
import { Statistics } from './Statistics.tsx';
import './incidents.css';

const TABS = ['list', 'cases', 'statistics', 'dashboard', 'playbooks'] as const;
type Tab = (typeof TABS)[number];

export interface IncidentsViewProps {
  /** An incident that another screen asked for. */
  readonly request: { readonly incidentId: string; readonly turn: number } | null;
  readonly rowHeight: number;
  readonly onConversation: (key: ConversationKey) => void;
}

/** 误发事件: incidents (RM4), the case library and statistics (RM5), the recall dashboard (RC22), playbooks (RM6). */
export default function IncidentsView(props: IncidentsViewProps) {
  const { t } = useTranslation();
  const [tab, setTab] = useState<Tab>('list');
  const turn = props.request?.turn ?? 0;
  const [seen, setSeen] = useState(turn);
  // Asked for from elsewhere: its tab, whatever was open here.
  if (turn !== seen) {
    setSeen(turn);
    setTab('list');
  }
  return (
    <main className="incidents">
      <header className="ui-screen-head">
        <h1>{t('incidents.title')}</h1>
        <Tabs
          label={t('incidents.tabs')}
          value={tab}
          tabs={TABS.map((value) => ({ value, label: t(`incidents.tab.${value}`) }))}
          onChange={setTab}
        />
      </header>
      {tab === 'list' && (
        <IncidentList request={props.request} rowHeight={props.rowHeight} onConversation={props.onConversation} />
      )}
      {tab === 'cases' && <CaseLibrary />}
      {tab === 'statistics' && <Statistics rowHeight={props.rowHeight} />}
      {tab === 'dashboard' && <Dashboard />}
      {tab === 'playbooks' && <PlaybookEditor />}
    </main>
  );
}
