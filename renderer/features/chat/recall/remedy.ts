import type { AccountView, ConversationView, MessageView } from '#shared/contract/views.ts';
import { inspect, type GuardReport } from '#shared/domain/guard/inspect.ts';
import { EMPTY_WORDS } from '#shared/domain/guard/words.ts';
import type { RecallVerdict } from '#shared/domain/recall/types.ts';
import { remedyCard, type RemedyCard } from '#shared/domain/remedy/card.ts';
import type { MistakeType } from '#shared/domain/remedy/mistakes.ts';
import type { PlaybookBook } from '#shared/domain/remedy/playbooks.ts';
import type { VariableId } from '#shared/domain/remedy/templates.ts';

export interface RemedyContext {
  readonly message: MessageView;
  readonly account: AccountView | null;
  readonly conversation: ConversationView;
  /** What the policy says now, or null where nobody can tell. */
  readonly verdict: RecallVerdict | null;
  /** Asked for from the menu, where recall is blocked (RM1). */
  readonly asked: boolean;
  readonly chosen: MistakeType | null;
  readonly book: PlaybookBook;
  /** What the guard found with the shop's word lists (PV3), or null: nobody has answered yet, and the detectors alone count. */
  readonly report: Pick<GuardReport, 'hits'> | null;
}

/**
 * The card under a message (RM1, RC12), or null. Shown by itself after a recall from here that failed, expired or was not
 * `both`; where recall is blocked, when asked for. Somebody else's recall needs no remedy from here; what is still being
 * checked has its own line (RC15).
 */
export function remedyOf(context: RemedyContext): RemedyCard | null {
  const { message, account, book } = context;
  const policy = account?.shops.find((shop) => shop.shop_id === context.conversation.shop.shop_id)?.policy;
  if (policy === undefined || policy === null || message.sender.role !== 'agent') return null;
  const { recall } = message;
  const ended = recall !== null && (recall.state === 'done' || recall.state === 'failed' || recall.state === 'expired');
  if (recall !== null && !ended) return null;
  // Failed here and recalled from elsewhere since: its tombstone speaks.
  if (recall !== null && recall.state !== 'done' && message.recalled !== null) return null;
  // The recall found it recalled by somebody else, who has the card.
  const others = message.recalled !== null && recall === null;
  if (others || (!ended && !context.asked)) return null;
  const chosen = context.chosen ?? message.incident?.type;
  return remedyCard({
    outcome:
      recall === null
        ? null
        : {
            state: recall.state,
            effect: message.recalled?.disputed ?? recall.effect ?? message.recalled?.effect ?? null,
            code: recall.code,
          },
    verdict: context.verdict,
    read: message.status === 'read' || message.opened_at !== null,
    report: message.text === null ? null : (context.report ?? inspect(message.text, policy, EMPTY_WORDS)),
    ...(chosen === undefined ? {} : { chosen_type: chosen }),
    policy,
    role: account?.agent?.role ?? null,
    book,
    done_steps: new Set(message.incident?.steps_done ?? []),
  });
}

/** Values for a template's variables, as far as the conversation knows them; the others stay to be filled in (RM3). */
export function templateValues(
  context: Pick<RemedyContext, 'message' | 'conversation' | 'account'>,
  time: string,
): Partial<Record<VariableId, string>> {
  const { conversation, account } = context;
  const order = context.message.order_nos[0] ?? conversation.order_nos[0];
  return {
    consumer_name: conversation.consumer?.name ?? conversation.title,
    shop_name: conversation.shop.name,
    agent_name: account?.agent?.name ?? '',
    sent_at: time,
    ...(order === undefined ? {} : { order_no: order }),
  };
}
