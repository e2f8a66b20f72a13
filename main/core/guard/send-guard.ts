import { AppFailure } from '#shared/contract/errors.ts';
import type { SendConfirmation } from '#shared/contract/composer.ts';
import type { ConversationView } from '#shared/contract/views.ts';
import { unfilledVariables } from '#shared/domain/composer/variables.ts';
import { officialHosts } from '#shared/domain/composer/official-hosts.ts';
import { hitName, inspect, overrideGuard, type GuardReport } from '#shared/domain/guard/inspect.ts';
import type { WordSet } from '#shared/domain/guard/words.ts';
import type { AccountId, ConversationKey } from '#shared/domain/ids.ts';
import type { Agent, Policy } from '#shared/protocol/entities.ts';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../ports/clock.ts';

/** PV9: the same text to the same conversation within this many milliseconds asks first. */
const SAME_TEXT_MS = 3_000;

export interface Checked {
  /** To be sent with the message; null where nothing was blocked. */
  readonly override_reason: string | null;
  /** Call it when the message is stored. */
  readonly sent: () => void;
}

export type SendGuard = ReturnType<typeof createSendGuard>;

/**
 * What stands between the composer and the outbox (PV3, PV4, PV7, PV9). The composer shows the same before; this is the
 * authority, and it fails closed: words that can't be read refuse the message.
 */
export function createSendGuard(options: {
  readonly wordsOf: (account: AccountId, shopId: string) => Promise<WordSet>;
  readonly audit: Audit;
  readonly clock: Clock;
  /** Articles that the shop sees: their links are official. */
  readonly articlesOf: (account: AccountId, shopId: string) => Promise<Parameters<typeof officialHosts>[0]>;
}) {
  /** The last text to each conversation, for a moment only. */
  const recent = new Map<ConversationKey, { readonly text: string; readonly at: number }>();

  function refuse(code: 'GUARD_CONFIRM' | 'GUARD_BLOCKED', report: GuardReport, mayOverride: boolean): never {
    throw new AppFailure(code, 'the text has to be looked at', {
      hits: report.hits,
      kinds: report.kinds,
      truncated: report.truncated,
      may_override: mayOverride,
    });
  }

  return {
    /**
     * AppFailure TOO_LONG, NOT_FILLED, GUARD_BLOCKED, GUARD_CONFIRM (with the hits; places only, no text), SAME_TEXT.
     * Length in characters as the gateway counts them (code points).
     */
    async check(input: {
      readonly account: AccountId;
      readonly agent: Agent;
      readonly conversation: ConversationView;
      readonly policy: Policy;
      readonly text: string;
      readonly confirmed: SendConfirmation | undefined;
    }): Promise<Checked> {
      const { account, agent, conversation, policy, text, confirmed } = input;
      const length = [...text].length;
      if (length > policy.send.max_text)
        throw new AppFailure('TOO_LONG', 'longer than the shop allows', { length, limit: policy.send.max_text });
      const unfilled = unfilledVariables(text);
      if (unfilled.length > 0) throw new AppFailure('NOT_FILLED', 'variables are not filled', { places: unfilled });

      const words = await options.wordsOf(account, conversation.shop.shop_id);
      // Few texts hold an address at all.
      const hosts = /[./]/.test(text)
        ? officialHosts(await options.articlesOf(account, conversation.shop.shop_id))
        : [];
      const report = inspect(text, policy, words, {
        officialHosts: hosts,
        knownNumbers: new Set([...conversation.order_nos, ...conversation.violation_nos]),
      });
      const mayOverride = policy.send.override_roles?.includes(agent.role) ?? false;
      const override = overrideGuard(report, confirmed?.override_reason ?? '', mayOverride);
      if (!override.ok) refuse('GUARD_BLOCKED', report, mayOverride);
      const seen = new Set(confirmed?.hits ?? []);
      // Whatever the person hasn't seen is asked about, also what came into the list since.
      const unseen = report.hits.some((hit) => hit.action !== 'warn' && !seen.has(hitName(hit)));
      if (report.decision !== 'send' && (unseen || (confirmed === undefined && report.truncated)))
        refuse(report.decision === 'block' ? 'GUARD_BLOCKED' : 'GUARD_CONFIRM', report, mayOverride);

      const last = recent.get(conversation.key);
      const now = options.clock.monotonicNow();
      if (last !== undefined && last.text === text && now - last.at < SAME_TEXT_MS && confirmed?.repeat !== true)
        throw new AppFailure('SAME_TEXT', 'the same text was sent a moment ago', { ago_ms: Math.round(now - last.at) });

      const { decision } = report;
      if (override.value !== null) {
        // Before it goes: what can't be recorded isn't sent.
        const { kinds, wordsVersions, reason } = override.value;
        await options.audit.write(
          agent.agent_id,
          decision === 'block' ? 'message.guard_overridden' : 'message.guard_confirmed',
          {
            conversation_key: conversation.key,
            shop_id: conversation.shop.shop_id,
            kinds,
            categories: [...new Set(report.hits.map((hit) => hit.category))],
            words_versions: wordsVersions,
            ...(decision === 'block' ? { reason } : {}),
          },
        );
      }
      return {
        override_reason: decision === 'block' ? (override.value?.reason ?? null) : null,
        sent() {
          recent.set(conversation.key, { text, at: now });
          if (recent.size > 500) for (const [key, { at }] of recent) if (now - at > SAME_TEXT_MS) recent.delete(key);
        },
      };
    },
    /** It was cancelled in the delay: sending it again is no repetition. */
    cancelled(key: ConversationKey): void {
      recent.delete(key);
    },
  };
}
