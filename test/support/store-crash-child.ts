import { openStore } from '#main/adapters/sqlite/index.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { crashEvents, crashJobId, CRASH_KEY } from './store-crash-plan.ts';

/**
 * Ingests the plan from wherever the store stands until it is killed. Says `ack N` only after a batch is committed and `job ID`
 * after a send is stored: what it has said must be there afterwards.
 */
const directory = process.argv[2] ?? '';
const account = 'acc-1' as AccountId;
const store = await openStore({ directory, key: CRASH_KEY, readers: 1 });
if ((await store.accounts()).length === 0) {
  await store.putAccount({
    account_id: account,
    label: '',
    source: 'practice',
    gateway_url: '',
    device_id: 'd',
    practice: true,
  });
  await store.setCursor(account, 0, 0);
}
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
let cursor = (await store.accounts())[0]?.event_seq ?? 0;
say(`ack ${cursor}`);
for (let round = 0; ; round++) {
  const size = 1 + ((cursor * 7 + round) % 40);
  // Some are repeated, as after a reconnect.
  const from = Math.max(1, cursor + 1 - (round % 5));
  const result = await store.ingest(account, crashEvents(from, size + (round % 5)));
  cursor = result.event_seq;
  say(`ack ${cursor}`);
  const conversation = await store.conversationByWireId(account, 'c0' as never);
  if (conversation === null) continue;
  const id = crashJobId(cursor, process.pid);
  await store.enqueueSend({
    client_msg_id: id,
    account_id: account,
    conversation_key: conversation.key,
    kind: 'text',
    text: id,
    correction_of: null,
    created_at: 0,
    release_at: null,
  });
  say(`job ${id}`);
}
