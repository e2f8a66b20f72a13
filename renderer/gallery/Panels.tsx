import { useEffect, useState, type ReactNode } from 'react';
import { startLive, useLive } from '#renderer/bridge/live.ts';
import { ChatView } from '#renderer/features/chat/ChatView.tsx';
import { Inbox } from '#renderer/features/inbox/Inbox.tsx';
import { SidePanel } from '#renderer/features/side-panel/SidePanel.tsx';
import Administration from '#renderer/features/administration/AdministrationView.tsx';
import Diagnosis from '#renderer/features/diagnosis/Diagnosis.tsx';
import Incidents from '#renderer/features/incidents/IncidentsView.tsx';
import Knowledge from '#renderer/features/knowledge/KnowledgeView.tsx';
import Lessons from '#renderer/features/lessons/LessonsView.tsx';
import Overview from '#renderer/features/overview/OverviewView.tsx';
import Records from '#renderer/features/records/RecordsView.tsx';
import Review from '#renderer/features/review/ReviewView.tsx';
import { densities } from '#renderer/ui/tokens.ts';
import { CONVERSATION } from './pretend.ts';
import { PANELS, type PanelName, type Wanted } from './wanted.ts';

const nothing = (): void => undefined;

/** One panel of the program, as it is, in the state that the address names. */
export default function Panels(props: { want: Wanted }) {
  const [started, setStarted] = useState(false);
  const accounts = useLive((state) => state.accounts);
  useEffect(() => {
    startLive();
    setStarted(true);
  }, []);
  if (!started || accounts === null) return null;
  const rowHeight = densities[props.want.density].listRow;
  const panels: Readonly<Record<PanelName, ReactNode>> = {
    overview: <Overview rowHeight={rowHeight} onOpen={nothing} onScreen={nothing} />,
    inbox: (
      <Inbox
        accountId={null}
        shopId={null}
        intake="active"
        selected={null}
        rowHeight={rowHeight}
        onIntake={nothing}
        onOpen={nothing}
      />
    ),
    chat: (
      <ChatView
        conversationKey={CONVERSATION}
        panelOpen
        onPanel={nothing}
        onList={null}
        onSearchNumber={nothing}
        findRequest={null}
        onSearchText={nothing}
        onClaim={() => Promise.resolve()}
        onIncident={nothing}
      />
    ),
    side: <SidePanel conversationKey={CONVERSATION} onSearchNumber={nothing} />,
    records: <Records request={{ numbers: [], text: '退款', turn: 1 }} />,
    review: <Review rowHeight={34} />,
    incidents: <Incidents request={null} rowHeight={rowHeight} onConversation={nothing} />,
    knowledge: <Knowledge />,
    lessons: <Lessons onConversation={nothing} />,
    administration: <Administration rowHeight={rowHeight} onConversation={nothing} />,
    connection: <Diagnosis onAddAccount={nothing} />,
  };
  const { panel, state } = props.want;
  if (panel === 'all')
    return (
      <main className="gallery-all">
        <h1 className="visually-hidden">{state}</h1>
        {PANELS.map((one) => (
          <div key={one} className={`gallery-cell-panel is-${one}`}>
            {panels[one]}
          </div>
        ))}
      </main>
    );
  return <div className={`gallery-panel is-${panel ?? ''}`}>{panel && panels[panel]}</div>;
}
