import { AppFailure, type AppError } from '#shared/contract/errors.ts';
import type { Handlers, ProcedureParsed } from '#shared/contract/procedures.ts';
import type { BatchRecallResult, OpenedSeal } from '#shared/contract/remedy.ts';
import type { ConversationView, MessageView, RecallView } from '#shared/contract/views.ts';
import type { AccountId, ConversationKey, MessageKey, RecallId } from '#shared/domain/ids.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import { HOUR } from '#shared/lib/durations.ts';
import type { Agent } from '#shared/protocol/entities.ts';
import type { AccountSession } from '../accounts/account-session.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { SealedFiles } from '../attachments/sealed-files.ts';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Store } from '../ports/store.ts';
import { preflight } from './preflight.ts';

type RecallHandlers = Pick<Handlers, 'recall.request' | 'recall.reedit' | 'recall.batch' | 'seals.open' | 'seals.save'>;

/** What a person asks of recall: the request (RC2, RC11), several at once (RC18), editing again (RC14), the seal (RC19). */
export function createRecalling(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly accounts: Pick<Accounts, 'sessions' | 'sessionOf' | 'policyOf'>;
  /** AppFailure NOT_FOUND. */
  readonly conversationOf: (key: ConversationKey) => Promise<ConversationView>;
  readonly appVersion: string;
  /** Null where there are no attachments. */
  readonly sealedFiles: () => SealedFiles | null;
}): RecallHandlers {
  const { store, clock, ids, audit, accounts, conversationOf } = options;

  /** The account to recall with: the sender's own where several accounts share the gateway, else the conversation's. */
  async function recaller(
    account: AccountId,
    message: MessageView,
  ): Promise<{ readonly session: AccountSession; readonly agent: Agent }> {
    const all = await store.accounts();
    const source = all.find((candidate) => candidate.account_id === account)?.source;
    const own = all.find((candidate) => candidate.source === source && candidate.agent?.agent_id === message.sender.id);
    const chosen = own !== undefined && accounts.sessions.has(own.account_id) ? own.account_id : account;
    const agent = all.find((candidate) => candidate.account_id === chosen)?.agent ?? null;
    if (agent === null) throw new AppFailure('OFFLINE', 'never connected yet');
    return { session: accounts.sessionOf(chosen), agent };
  }

  async function requestRecall(input: ProcedureParsed<'recall.request'>): Promise<RecallView> {
    const found = await store.message(input.message_key);
    if (found === null) throw new AppFailure('NOT_FOUND', 'no such message');
    const { message } = found;
    if (found.account_id === null) throw new AppFailure('UNSUPPORTED', 'an imported record is only read');
    // Somebody waits for the click to have gone out: what can be read together is.
    const [{ session, agent }, conversation] = await Promise.all([
      recaller(found.account_id, message),
      conversationOf(message.conversation_key),
    ]);
    const account = session.record.account_id;
    if (!isPermitted(agent.role, 'recall.request'))
      throw new AppFailure('NO_PERMISSION', 'recall.request', { role: agent.role });
    const [policy, recallsLastHour] = await Promise.all([
      accounts.policyOf(account, conversation.shop.shop_id),
      store.recallTimes(account, session.serverNow().now - HOUR),
    ]);
    const { now, uncertaintyMs } = session.serverNow();
    const verdict = preflight({
      message,
      conversation,
      policy,
      agent: { id: agent.agent_id, role: agent.role, device_id: session.record.device_id },
      appVersion: options.appVersion,
      now,
      uncertaintyMs,
      connection: session.freshness(),
      recallsLastHour,
    });
    const headline = verdict.reasons[0];
    if (verdict.verdict === 'blocked' && headline !== undefined) {
      // RC11: a second request joins the first. RC17: what is recalled already is done.
      const joins = headline.code === 'IN_FLIGHT' || headline.code === 'ALREADY_RECALLED';
      if (joins && message.recall !== null) return message.recall;
      const blocking = verdict.reasons.find((reason) => reason.level === 'blocked') ?? headline;
      throw new AppFailure(blocking.code, 'recall is not possible now', {
        ...blocking.details,
        reasons: verdict.reasons,
      });
    }
    const view = await session.recalls.ask(
      {
        recall_id: ids.next() as RecallId,
        message_key: message.key,
        reason: input.reason ?? null,
        requested_at: now,
        expires_at: verdict.window_ends_at ?? now,
      },
      conversation.conversation_id,
    );
    return view;
  }

  /** RC14. The text goes back to its own sender; the record stays sealed, and the opening is audited (RC19). */
  async function reedit(input: ProcedureParsed<'recall.reedit'>): Promise<{ readonly text: string }> {
    const recall = await store.recall(input.recall_id);
    const found = recall === null ? null : await store.message(recall.message_key);
    if (recall === null || found === null || found.account_id === null)
      throw new AppFailure('NOT_FOUND', 'no such recall');
    const { session, agent } = await recaller(found.account_id, found.message);
    if (found.message.sender.role !== 'agent' || found.message.sender.id !== agent.agent_id)
      throw new AppFailure('NOT_SENDER', 'only own text can be edited again');
    if (recall.state !== 'done') throw new AppFailure('STALE_STATE', 'not recalled yet');
    if (recall.reedit_until === null || session.serverNow().now >= recall.reedit_until)
      throw new AppFailure('GONE', 'too late to edit it again', { until: recall.reedit_until });
    await audit.write(agent.agent_id, 'recall.reedited', { recall_id: recall.recall_id, msg_id: recall.msg_id });
    const seal = await store.openSeal(recall.message_key);
    if (seal === null || seal.text === null) throw new AppFailure('NOT_FOUND', 'no text was sealed');
    return { text: seal.text };
  }

  /** RC18: each judged by itself, with what is stored at that moment; their results come with their messages. */
  async function batchRecall({
    message_keys,
    reason,
  }: ProcedureParsed<'recall.batch'>): Promise<{ readonly results: readonly BatchRecallResult[] }> {
    const results: BatchRecallResult[] = [];
    for (const message_key of new Set(message_keys)) {
      try {
        const recall = await requestRecall({ message_key, ...(reason === undefined ? {} : { reason }) });
        results.push({ message_key, recall, error: null });
      } catch (thrown) {
        if (!(thrown instanceof AppFailure)) throw thrown;
        const error: AppError = thrown.error;
        results.push({ message_key, recall: null, error });
      }
    }
    return { results };
  }

  /** RC19. What can't be audited isn't opened: the entry is stored before the seal is read. */
  async function unseal(message_key: MessageKey, action: 'seal.opened' | 'seal.file_saved') {
    const found = await store.message(message_key);
    if (found === null || found.message.recalled === null) throw new AppFailure('NOT_FOUND', 'nothing was recalled');
    const { message, account_id } = found;
    if (account_id === null) throw new AppFailure('UNSUPPORTED', 'an imported record has no seal');
    const all = await store.accounts();
    const source = all.find((candidate) => candidate.account_id === account_id)?.source;
    const opener = all.find(
      (candidate) => candidate.source === source && isPermitted(candidate.agent?.role, 'seal.open'),
    );
    if (opener === undefined || opener.agent === null) throw new AppFailure('NO_PERMISSION', 'seal.open');
    if (message.recalled === null || !message.recalled.sealed)
      throw new AppFailure('NOT_FOUND', 'no content was sealed');
    const actor = opener.agent.agent_id;
    const at = clock.wallNow();
    await store.appendAudit({
      at,
      actor,
      action,
      details: {
        msg_id: message.msg_id,
        conversation_key: message.conversation_key,
        recall_id: message.recalled.recall_id,
      },
    });
    const seal = await store.openSeal(message_key);
    if (seal === null) throw new AppFailure('NOT_FOUND', 'no content was sealed');
    return { seal, message, recalled: message.recalled, actor, at };
  }

  async function openSeal({ message_key }: ProcedureParsed<'seals.open'>): Promise<OpenedSeal> {
    const { seal, message, recalled, actor, at } = await unseal(message_key, 'seal.opened');
    const { attachment } = seal;
    return {
      text: seal.text,
      kind: message.kind,
      attachment_name: attachment?.name ?? null,
      file:
        attachment === null
          ? null
          : {
              name: attachment.name,
              bytes: attachment.bytes,
              ...((await options.sealedFiles()?.look(attachment)) ?? { here: false, picture: null }),
            },
      sender: { id: message.sender.id, name: message.sender.name },
      sent_at: message.sent_at,
      operator: recalled.operator,
      effect: recalled.effect,
      recalled_at: recalled.at,
      reason: recalled.reason,
      read_at: seal.read_at,
      audited: { actor, at },
    };
  }

  /** The entry comes first here, too: a file that then turns out not to be here was asked for nevertheless. */
  async function saveSealed({ message_key, target }: ProcedureParsed<'seals.save'>): Promise<{ bytes: number }> {
    const { seal } = await unseal(message_key, 'seal.file_saved');
    if (seal.attachment === null) throw new AppFailure('NOT_FOUND', 'no file was sealed');
    const files = options.sealedFiles();
    if (files === null) throw new AppFailure('UNSUPPORTED', 'no attachments here');
    return files.save(seal.attachment, target);
  }

  return {
    'recall.request': requestRecall,
    'recall.reedit': reedit,
    'recall.batch': batchRecall,
    'seals.open': openSeal,
    'seals.save': saveSealed,
  };
}
