import type { CallAnswer } from '#shared/contract/door.ts';
import type { ProcedureName, ProcedureOutput } from '#shared/contract/procedures.ts';
import type { AccountView, ConversationView } from '#shared/contract/views.ts';
import { AccountId, AgentId, ConversationKey } from '#shared/domain/ids.ts';
import type { WorkbenchApi } from '#renderer/bridge/types.ts';
import type { StateName } from './wanted.ts';

type Answers = { readonly [N in ProcedureName]?: ProcedureOutput<N> };

export const CONVERSATION = ConversationKey.parse(1);
const ACCOUNT = AccountId.parse('gallery');
/** Midnight of the practice shop's day, in Shanghai. */
const TODAY = Date.UTC(2026, 10, 21, 16);

const account = (state: AccountView['state']): AccountView => ({
  account_id: ACCOUNT,
  label: '旗舰店 早班',
  practice: false,
  gateway_url: 'wss://gateway.example/v1',
  agent: { agent_id: 'a-1', name: '客服小美', role: 'agent', presence: 'online' } as unknown as AccountView['agent'],
  device_id: 'd-1',
  state,
  problem: state === 'live' ? null : { code: 'GATEWAY_UNREACHABLE', message: 'unreachable', retry_at: null },
  kicked_by: null,
  event_seq: 8_841,
  synced_at: Date.UTC(2026, 10, 22, 2, 32, 5),
  clock: null,
  shops: [],
  recalls_last_hour: [],
});

const conversation = {
  key: CONVERSATION,
  account_id: ACCOUNT,
  conversation_id: 'c-1',
  shop: { shop_id: 's-1', name: '清禾家居旗舰店', platform: 'practice' },
  type: 'single',
  title: '森林里的鹿',
  consumer: { consumer_id: 'u-1', name: '森林里的鹿' },
  members: [],
  intake: 'active',
  reply_state: 'replied',
  assignee: { agent_id: 'a-1', name: '客服小美' },
  assignments: [],
  order_nos: [],
  violation_nos: [],
  last_seq: 0,
  last_message_at: null,
  preview: null,
  unread: 0,
  consumer_read_seq: 0,
  waiting_since: null,
  ends_at: null,
  deletes_at: null,
  consumer_restricts_recall: false,
  legal_hold: false,
  draft: null,
  removed: null,
} as unknown as ConversationView;

/** What a workbench answers that has nothing yet. Checked against the contract by the compiler. */
const EMPTY: Answers = {
  'conversations.list': { conversations: [], total: 0, cursor: null },
  'conversations.counts': { waiting: 0, active: 0, ended: 0 },
  'conversations.get': conversation,
  'consumers.tags': { tags: [] },
  'consumers.get': { note: '', tags: [], updated: null, orders: [], conversations: 0 },
  'messages.page': { messages: [], outgoing: [], gaps: [], has_older: false, has_newer: false },
  'accounts.agents': [],
  'search.agents': { agents: [] },
  'search.page': { rows: [], cursor: null } as unknown as ProcedureOutput<'search.page'>,
  'search.count': { count: 0, exact: true } as unknown as ProcedureOutput<'search.count'>,
  'searches.list': [],
  'search.people': { people: [] },
  'incidents.list': { incidents: [], total: 0, cursor: null },
  'samples.list': { samples: [], may_draw: true },
  'scorecards.list': { cards: [], may_edit: true },
  'reviews.list': { reviews: [], total: 0, cursor: null },
  'articles.list': { articles: [], may_edit: true },
  'words.local': { list: { version: 0, words: 0 }, local: [], may_edit: true },
  'words.page': { version: 0, packed: '', next: null },
  'replies.list': { replies: [], may_edit_shop: true },
  'access.mine': {
    roles: ['supervisor'],
    permissions: new Proxy({}, { get: () => true }) as ProcedureOutput<'access.mine'>['permissions'],
    offline: false,
  },
  'groups.list': { groups: [] },
  'lessons.list': { available: false, may_edit: true, lessons: [], running: null },
  'holds.list': { holds: [] },
  'overview.get': {
    at: Date.UTC(2026, 10, 22, 2, 32, 5),
    day: { from: TODAY, to: TODAY + 86_400_000 },
    mine: [
      {
        account_id: ACCOUNT,
        agent: { id: AgentId.parse('a-1'), name: '客服小美' },
        active: 0,
        unreplied: 0,
        unreplied_since: null,
        receptions: 0,
        incoming: 0,
        outgoing: 0,
        unanswered: 0,
        median_first_response_ms: null,
        recalls: { both: 0, maybe_seen: 0, local_only: 0, failed: 0, expired: 0 },
        incidents: 0,
        drafts: 0,
        reviews: 0,
        score: null,
        waiting: 0,
        waiting_since: null,
        queue: [],
        days: Array.from({ length: 7 }, (_, day) => ({
          at: TODAY - (6 - day) * 86_400_000,
          receptions: 0,
          incoming: 0,
          outgoing: 0,
          unanswered: 0,
        })),
      },
    ],
    team: null,
  },
};

/** The shell asks for these before any panel does; they are the same in all states but `offline`. */
function frame(state: StateName): Answers {
  return {
    'app.info': {
      version: '1.0.0',
      host: 'electron',
      platform: 'gallery',
      practice: false,
      key_storage: 'memory',
      locale: 'zh-CN',
    },
    'accounts.list': state === 'empty' ? [account('live')] : [account(state === 'offline' ? 'backing-off' : 'live')],
    'jobs.list': [],
    'settings.get': {
      locale: 'system',
      theme: 'system',
      density: 'compact',
      enter_sends: true,
      send_delay_ms: null,
      notifications: false,
      first_run_done: true,
    },
  };
}

/** Puts a host behind the window that answers as the state says: not at all, with nothing, with an error, or cut off. */
export function pretend(state: StateName): void {
  const shell = frame(state);
  const api: WorkbenchApi = {
    host: 'electron',
    call: (procedure) => {
      const own = shell[procedure as ProcedureName];
      if (own !== undefined) return Promise.resolve({ ok: true, result: own });
      if (state === 'loading') return new Promise<CallAnswer>(() => undefined);
      const answer = EMPTY[procedure as ProcedureName];
      if (state === 'error' || answer === undefined)
        return Promise.resolve({ ok: false, error: { code: 'STORE_DAMAGED', message: `${procedure}: gallery` } });
      return Promise.resolve({ ok: true, result: answer });
    },
    onTopic: () => () => undefined,
    pickFile: () => Promise.resolve(null),
    pickSave: () => Promise.resolve(null),
    takeFile: () => Promise.resolve(null),
  };
  Object.defineProperty(window, 'workbench', { value: api });
}
