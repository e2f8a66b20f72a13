import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers, ProcedureParsed } from '#shared/contract/procedures.ts';
import type { IncidentActor, IncidentDetail } from '#shared/contract/remedy.ts';
import { EMPTY_WORDS, type WordSet } from '#shared/domain/guard/words.ts';
import type { MessageView } from '#shared/contract/views.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import { caseOf, type Case } from '#shared/domain/remedy/cases.ts';
import {
  appendToIncident,
  type Actor,
  type Incident,
  type IncidentAction,
  type IncidentEvent,
} from '#shared/domain/remedy/incident.ts';
import { incidentStatistics } from '#shared/domain/remedy/statistics.ts';
import type { Agent, Policy } from '#shared/protocol/entities.ts';
import type { Ids } from '../ports/ids.ts';
import type { IncidentFilter, Store, StoreChanges, StoredAccount, StoredIncident, Visibility } from '../ports/store.ts';
import { proposedType } from './drafts.ts';

export interface IncidentsOptions {
  readonly store: Store;
  readonly ids: Ids;
  readonly visibility: () => Promise<Visibility>;
  /** Whether a message is in the part of its conversation that is shown here (IN4). */
  readonly sees: (message: MessageView) => Promise<boolean>;
  readonly serverNow: (account: AccountId) => number;
  readonly policyOf: (account: AccountId, shop: string) => Promise<Policy | null>;
  readonly wordsOf?: (account: AccountId, shop: string) => Promise<WordSet>;
  readonly localOffsetMinutes: (at: number) => number;
  /** Written before sealed content is looked at for the case library (RC19). */
  readonly auditSeal: (actor: string, incidentId: string, msgId: string) => Promise<void>;
  readonly onChanges: (incidentId: string, changes: StoreChanges) => void;
  /** What stands for a person and a number in a case (RM5). */
  readonly placeholders: { readonly person: string; readonly number: string };
}

export type Incidents = Pick<
  Handlers,
  'incidents.list' | 'incidents.get' | 'incidents.open' | 'incidents.act' | 'incidents.statistics'
>;

type Acting = StoredAccount & { readonly agent: Agent };

/** Zod's optional fields may be there and undefined; the store's may only be absent. */
function filterOf(input: ProcedureParsed<'incidents.list'>['filter']): IncidentFilter {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as IncidentFilter;
}

/** Incidents 误发事件: RM3, RM4, RM5. The reducer of shared/domain decides what may follow; this says who acts, and keeps it. */
export function createIncidents(options: IncidentsOptions): Incidents {
  const { store } = options;

  async function accountsAt(source: string): Promise<readonly Acting[]> {
    return (await store.accounts()).filter(
      (account): account is Acting => account.source === source && account.agent !== null,
    );
  }

  function mayRead(account: Acting, incident: Incident): boolean {
    return isPermitted(account.agent.role, 'records.search_all') || account.agent.agent_id === incident.origin.agent.id;
  }
  const decides = (account: Acting): boolean => isPermitted(account.agent.role, 'incident.decide');
  const writes = (account: Acting, incident: Incident): boolean =>
    isPermitted(account.agent.role, 'incident.write') &&
    (decides(account) || account.agent.agent_id === incident.origin.agent.id);

  /** What isn't visible isn't there: whether it exists is nobody's business either. */
  async function visible(
    incidentId: string,
  ): Promise<{ readonly stored: StoredIncident; readonly accounts: readonly Acting[] }> {
    const stored = await store.incident(incidentId);
    const accounts = stored === null ? [] : await accountsAt(stored.source);
    if (stored === null || !accounts.some((account) => mayRead(account, stored.incident)))
      throw new AppFailure('NOT_FOUND', 'no such incident');
    return { stored, accounts };
  }

  async function detailOf(stored: StoredIncident, accounts: readonly Acting[]): Promise<IncidentDetail> {
    const { summary, incident } = stored;
    const found = summary.message_key === null ? null : await store.message(summary.message_key);
    const policy = await options.policyOf(summary.account_id, summary.shop.shop_id);
    return {
      summary,
      incident,
      recalls: stored.recalls,
      message: found?.message ?? null,
      approval_above: policy?.compensation.approval_above ?? null,
      actors: accounts.map((account): IncidentActor => ({
        account_id: account.account_id,
        agent_id: account.agent.agent_id,
        name: account.agent.name,
        role: account.agent.role,
        writes: writes(account, incident),
        decides: decides(account),
      })),
    };
  }

  async function detail(incidentId: string): Promise<IncidentDetail> {
    const { stored, accounts } = await visible(incidentId);
    return detailOf(stored, accounts);
  }

  /** Who acts where nobody was named: the one whose message it was, else one who decides. */
  function actorOf(incident: Incident, accounts: readonly Acting[], named: AccountId | undefined): Acting {
    const chosen =
      named === undefined
        ? (accounts.find((account) => account.agent.agent_id === incident.origin.agent.id) ??
          accounts.find((account) => decides(account)) ??
          accounts[0])
        : accounts.find((account) => account.account_id === named);
    if (chosen === undefined)
      throw new AppFailure('NOT_ALLOWED', 'nobody here acts in this incident', { reason: 'NOT_ALLOWED' });
    return chosen;
  }

  const personOf = ({ agent }: Acting): Actor => ({ id: agent.agent_id, name: agent.name, role: agent.role });

  /** RM5: what the library keeps of a closed incident, or null where there is nothing to keep. */
  async function caseFor(incident: Incident, stored: StoredIncident, actor: Acting): Promise<Case | null> {
    const { summary } = stored;
    const found = summary.message_key === null ? null : await store.message(summary.message_key);
    const conversation = summary.conversation_key === null ? null : await store.conversation(summary.conversation_key);
    let message = found?.message.text ?? '';
    if (
      summary.message_key !== null &&
      found?.message.recalled?.sealed === true &&
      isPermitted(actor.agent.role, 'seal.open')
    ) {
      await options.auditSeal(actor.agent.agent_id, incident.id, found.message.msg_id);
      message = (await store.openSeal(summary.message_key))?.text ?? '';
    }
    // The last recall is the one that counts: a first that failed may have been followed by one that didn't.
    const last = stored.recalls.findLast(
      (recall) => recall.state === 'done' || recall.state === 'failed' || recall.state === 'expired',
    );
    const told: Incident =
      last === undefined
        ? incident
        : { ...incident, origin: { ...incident.origin, effect: last.effect, code: last.code ?? incident.origin.code } };
    const made = caseOf(
      told,
      {
        message,
        names: [
          ...new Set([
            incident.origin.agent.name,
            ...incident.timeline.map(({ by }) => by.name),
            ...(conversation === null
              ? []
              : [
                  conversation.title,
                  conversation.consumer?.name ?? '',
                  ...conversation.members.map((member) => member.name),
                  ...conversation.assignments.map((assignment) => assignment.name),
                ]),
          ]),
        ].filter((name) => name.trim() !== ''),
        numbers: [...(conversation?.order_nos ?? []), ...(conversation?.violation_nos ?? [])],
      },
      {
        case_id: `case-${options.ids.next()}`,
        ...options.placeholders,
        utc_offset_minutes: options.localOffsetMinutes(incident.closed_at ?? 0),
      },
    );
    return made.ok ? made.value : null;
  }

  return {
    async 'incidents.list'({ filter, limit, cursor }) {
      return store.incidents(filterOf(filter), await options.visibility(), { limit, cursor });
    },

    'incidents.get': ({ incident_id }) => detail(incident_id),

    async 'incidents.open'({ message_key, cause, code }) {
      const known = await store.incidentOfMessage(message_key);
      if (known !== null && known.state !== 'closed') return detail(known.incident_id);
      const found = await store.message(message_key);
      if (found === null || !(await options.sees(found.message))) throw new AppFailure('NOT_FOUND', 'no such message');
      const { message, account_id } = found;
      if (account_id === null) throw new AppFailure('UNSUPPORTED', 'an imported record has no incidents');
      if (message.sender.role !== 'agent')
        throw new AppFailure('BAD_INPUT', 'only what an agent sent was sent by mistake');
      const conversation = await store.conversation(message.conversation_key);
      const stored = (await store.accounts()).find((account) => account.account_id === account_id);
      if (conversation === null || stored === undefined) throw new AppFailure('NOT_FOUND', 'no such conversation');
      const accounts = await accountsAt(stored.source);
      const actor =
        accounts.find((account) => account.agent.agent_id === message.sender.id) ??
        accounts.find((account) => account.account_id === account_id);
      if (actor === undefined) throw new AppFailure('OFFLINE', 'never connected yet');
      if (actor.agent.agent_id !== message.sender.id && !decides(actor))
        throw new AppFailure('NO_PERMISSION', 'incident.decide', { role: actor.agent.role });
      const shop = conversation.shop.shop_id;
      const event: IncidentEvent = {
        seq: 1,
        at: Math.max(0, Math.round(options.serverNow(actor.account_id))),
        by: personOf(actor),
        action: {
          kind: 'drafted',
          cause,
          incident_id: `inc-${options.ids.next()}`,
          shop_id: shop,
          conversation_id: conversation.conversation_id,
          msg_id: message.msg_id,
          recall_id: null,
          effect: null,
          code: code ?? null,
          agent: { id: message.sender.id, name: message.sender.name },
          proposed_type: proposedType(
            message.text,
            await options.policyOf(actor.account_id, shop),
            (await options.wordsOf?.(actor.account_id, shop)) ?? EMPTY_WORDS,
          ),
        },
      };
      const opened = await store.openIncident({ event, account_id: actor.account_id, message_key, recall_id: null });
      options.onChanges(opened.incident_id, opened.changes);
      return detail(opened.incident_id);
    },

    async 'incidents.act'({ incident_id, seq, action: asked, account_id }) {
      const { stored, accounts } = await visible(incident_id);
      const { incident } = stored;
      // Said before anything is decided on what the person didn't see.
      if (incident.seq !== seq)
        throw new AppFailure('STALE_STATE', 'somebody else wrote meanwhile', { seq: incident.seq });
      const actor = actorOf(incident, accounts, account_id);
      let action: IncidentAction;
      if (asked.kind === 'compensation_proposed') {
        const policy = await options.policyOf(stored.summary.account_id, stored.summary.shop.shop_id);
        // Without a policy nobody knows the limit: everything needs approval (fail closed).
        const approval_above = policy?.compensation.approval_above ?? '0';
        action = { ...asked, compensation_id: `comp-${options.ids.next()}`, approval_above };
      } else action = asked;
      const event: IncidentEvent = {
        seq: seq + 1,
        at: Math.max(0, Math.round(options.serverNow(actor.account_id))),
        by: personOf(actor),
        action,
      };
      let entry: Case | null = null;
      if (action.kind === 'closed') {
        // Tried on what is here first: a seal is not opened for a close that is refused.
        const next = appendToIncident(incident, event);
        if (next.ok) entry = await caseFor(next.value, stored, actor);
      }
      options.onChanges(incident_id, await store.appendIncident(incident_id, event, entry));
      return detail(incident_id);
    },

    async 'incidents.statistics'({ filter, keys }) {
      const visibility = await options.visibility();
      const incidents = await store.incidentBodies(filterOf(filter), visibility);
      const names = new Map<string, string>();
      for (const { origin } of incidents) names.set(`agent:${origin.agent.id}`, origin.agent.name);
      for (const account of await store.accounts())
        for (const shop of await store.shops(account.account_id)) names.set(`shop:${shop.shop_id}`, shop.name);
      const now = incidents.at(-1)?.opened_at ?? 0;
      return {
        rows: incidentStatistics(incidents, keys, options.localOffsetMinutes(now)).map((row) => ({
          ...row,
          names: row.group.map((value, i) => names.get(`${keys[i]}:${value}`) ?? value),
        })),
      };
    },
  };
}
