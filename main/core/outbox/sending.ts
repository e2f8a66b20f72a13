import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers, ProcedureParsed } from '#shared/contract/procedures.ts';
import type { ClientMessageId, ConversationKey } from '#shared/domain/ids.ts';
import type { AccountSession } from '../accounts/account-session.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { Served } from '../desk/conversations.ts';
import type { SendGuard } from '../guard/send-guard.ts';
import type { Ids } from '../ports/ids.ts';
import type { PendingSend, Store, StoreChanges } from '../ports/store.ts';
import { readSettings } from '../settings/settings.ts';

type SendingHandlers = Pick<Handlers, 'messages.send' | 'messages.cancel' | 'messages.retry' | 'messages.discard'>;

/** From the composer into the outbox: judged by the guard, stored, delayed (PV2), and taken back while it can be (RC8). */
export function createSending(options: {
  readonly store: Store;
  readonly ids: Ids;
  readonly accounts: Pick<Accounts, 'sessions' | 'permit' | 'policyOf'>;
  readonly served: (key: ConversationKey) => Promise<Served>;
  readonly sendGuard: SendGuard;
  readonly onChanges: (changes: StoreChanges) => void;
}): SendingHandlers {
  const { store, ids, accounts, served, sendGuard, onChanges } = options;

  async function send(input: ProcedureParsed<'messages.send'>): Promise<{ readonly client_msg_id: ClientMessageId }> {
    const { conversation, session } = await served(input.conversation_key);
    const account = session.record.account_id;
    const agent = await accounts.permit(account, 'message.send');
    if (input.text.trim() === '') throw new AppFailure('BAD_INPUT', 'nothing to send', { field: 'text' });
    if (conversation.removed !== null) throw new AppFailure('GONE', 'the conversation was removed');
    if (conversation.intake === 'ended') throw new AppFailure('SESSION_ENDED', 'the session has ended');
    const policy = await accounts.policyOf(account, conversation.shop.shop_id);
    const { text, confirmed } = input;
    const checked = await sendGuard.check({ account, agent, conversation, policy, text, confirmed });
    const delay = (await readSettings(store)).send_delay_ms ?? policy.send.delay_ms;
    const { now } = session.serverNow();
    const job: PendingSend = {
      client_msg_id: ids.next() as ClientMessageId,
      account_id: account,
      conversation_key: conversation.key,
      conversation_id: conversation.conversation_id,
      kind: 'text',
      text: input.text,
      correction_of: input.correction_of ?? null,
      created_at: now,
      release_at: delay > 0 ? now + delay : null,
      override_reason: checked.override_reason,
      state: delay > 0 ? 'delayed' : 'queued',
    };
    onChanges(await store.enqueueSend(job));
    checked.sent();
    session.outbox.add(job);
    return { client_msg_id: job.client_msg_id };
  }

  function holder(id: ClientMessageId): AccountSession {
    for (const session of accounts.sessions.values()) if (session.outbox.has(id)) return session;
    throw new AppFailure('NOT_FOUND', 'no such outgoing message');
  }

  return {
    'messages.send': send,
    async 'messages.cancel'({ client_msg_id }) {
      const session = holder(client_msg_id);
      // RC8: decided where the timer runs; what it let go can't be cancelled, whatever the store still says.
      if (!session.outbox.takeDelayed(client_msg_id)) throw new AppFailure('NOT_FOUND', 'it has left already');
      const cancelled = await store.cancelDelayed(client_msg_id);
      onChanges(cancelled.changes);
      for (const key of cancelled.changes.messages) sendGuard.cancelled(key);
      return { text: cancelled.text };
    },
    'messages.retry': async ({ client_msg_id }) => ({
      client_msg_id: await holder(client_msg_id).outbox.retry(client_msg_id),
    }),
    'messages.discard': ({ client_msg_id }) => holder(client_msg_id).outbox.discard(client_msg_id),
  };
}
