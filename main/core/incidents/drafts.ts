import { codeOf } from '#shared/contract/errors.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { inspect } from '#shared/domain/guard/inspect.ts';
import { EMPTY_WORDS, type WordSet } from '#shared/domain/guard/words.ts';
import type { IncidentAction, IncidentEvent } from '#shared/domain/remedy/incident.ts';
import { proposeMistakeType, type MistakeType } from '#shared/domain/remedy/mistakes.ts';
import type { Agent, Policy } from '#shared/protocol/entities.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store, StoreChanges, UndraftedRecall } from '../ports/store.ts';

/** After the last change that may have ended a recall, how long until the store is asked. */
const SETTLE_MS = 150;
const PAGE = 100;

export interface DraftsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly serverNow: (account: AccountId) => number;
  readonly agentOf: (account: AccountId) => Promise<Agent | null>;
  readonly policyOf: (account: AccountId, shop: string) => Promise<Policy | null>;
  readonly wordsOf?: (account: AccountId, shop: string) => Promise<WordSet>;
  readonly onDrafted: (incidentId: string, changes: StoreChanges) => void;
}

/** Each recall and each failed recall opens a draft incident by itself (RM4), also those that ended just before a crash. */
export interface Drafts {
  /** Something changed; looks soon, once. */
  poke(): void;
  /** Looks now. Resolves when every ended recall has its incident. */
  sweep(): Promise<void>;
  stop(): Promise<void>;
}

/** What a message's text speaks for (RM1); without one nothing does. */
export function proposedType(text: string | null, policy: Policy | null, words: WordSet): MistakeType {
  if (text === null || policy === null) return 'other';
  return proposeMistakeType(inspect(text, policy, words).hits).type;
}

export function createDrafts(options: DraftsOptions): Drafts {
  const { store, clock, logger } = options;
  let timer: TimerHandle | null = null;
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;

  async function draft(ended: UndraftedRecall): Promise<void> {
    const { recall, account_id } = ended;
    const agent = await options.agentOf(account_id);
    // The role is unknown until the first welcome; it is asked again after it.
    if (agent === null) return;
    const policy = await options.policyOf(account_id, ended.shop_id);
    const words = (await options.wordsOf?.(account_id, ended.shop_id)) ?? EMPTY_WORDS;
    const action: IncidentAction = {
      kind: 'drafted',
      cause: recall.state !== 'done' ? 'recall_failed' : recall.effect === 'both' ? 'recall' : 'recall_partial',
      incident_id: `inc-${options.ids.next()}`,
      shop_id: ended.shop_id as never,
      conversation_id: ended.conversation_id as never,
      msg_id: recall.msg_id,
      recall_id: recall.recall_id,
      effect: recall.effect,
      code: recall.code ?? (recall.state === 'expired' ? 'WINDOW_EXPIRED' : null),
      agent: ended.sender,
      proposed_type: proposedType(ended.text, policy, words),
    };
    const event: IncidentEvent = {
      seq: 1,
      at: Math.max(0, Math.round(options.serverNow(account_id))),
      by: { id: agent.agent_id, name: agent.name, role: agent.role },
      action,
    };
    const opened = await store.openIncident({
      event,
      account_id,
      message_key: recall.message_key,
      recall_id: recall.recall_id,
    });
    options.onDrafted(opened.incident_id, opened.changes);
  }

  async function work(): Promise<void> {
    const failed = new Set<string>();
    do {
      again = false;
      const ended = await store.undraftedRecalls(PAGE);
      let drafted = 0;
      for (const each of ended) {
        if (stopped) return;
        if (failed.has(each.recall.recall_id)) continue;
        try {
          await draft(each);
          drafted++;
        } catch (thrown) {
          // One that can't be drafted must not keep the others from it.
          failed.add(each.recall.recall_id);
          const code = codeOf(thrown);
          logger.log('error', 'incident.not-drafted', { recall: each.recall.recall_id, code });
        }
      }
      if (ended.length === PAGE && drafted > 0) again = true;
    } while (again && !stopped);
  }

  async function sweep(): Promise<void> {
    if (running !== null) {
      again = true;
      return running;
    }
    running = work().finally(() => {
      running = null;
    });
    return running;
  }

  return {
    poke() {
      if (stopped) return;
      timer ??= clock.setTimeout(() => {
        timer = null;
        void sweep().catch((thrown: unknown) => {
          const code = codeOf(thrown);
          if (!stopped) logger.log('error', 'incident.sweep', { code });
        });
      }, SETTLE_MS);
    },
    sweep,
    async stop() {
      stopped = true;
      if (timer !== null) clock.clearTimeout(timer);
      timer = null;
      await running?.catch(() => {});
    },
  };
}
