import type { AccountId } from '#shared/domain/ids.ts';
import type { Store } from '#main/core/ports/store.ts';
import { createErasing, type Erasing } from '#main/core/administration/erasing.ts';
import { createClock } from '#main/hosts/clock.ts';
import {
  ACCOUNT,
  addAccount,
  conversation,
  created,
  events,
  keyOf,
  message,
  recalled,
  T0,
  upserted,
} from './store-wire.ts';

/** Characters that nothing else contains, so that even one of them, alone in a term of the index, is a find. */
export const RARE = ['龘', '靐', '齉', '麤', '爩', '鱻', '麣', '龖', '䨺', '齾'] as const;
const [A, B, C, D, E, F, G, H, I, J] = RARE;
/** What must be nowhere: every rare character, numbers, ids of attachments, names. */
export const SECRETS: readonly string[] = [...RARE, 'zxqv-778899', 'vio-445566', 'beefbeefbeef', 'wmwm'];

const HASH = `beefbeefbeef${'0'.repeat(52)}`;
export const GROUP = 'g-1';

/** A store with ordinary conversations, and a group whose every trace is made of SECRETS; moved about as life moves rows. */
export async function fillWithGroup(store: Store, others = 400): Promise<void> {
  await addAccount(store);
  let seq = 1;
  const push = async (...bodies: readonly object[]): Promise<void> => {
    await store.ingest(ACCOUNT, events(seq, ...bodies));
    seq += bodies.length;
  };
  await push(
    upserted(
      conversation(GROUP, {
        type: 'group',
        title: `老客福利群${A}`,
        consumer: null,
        members: [{ id: 'u-9', role: 'consumer', name: `群友${B}` }],
        order_nos: ['zxqv-778899'],
        violation_nos: ['vio-445566'],
      }),
    ),
    upserted(conversation('c-1')),
  );
  // In small batches, between the rows of others, and some of it late: pages are split and rows moved.
  for (let part = 0; part < 8; part++) {
    const bodies: object[] = [];
    for (let i = 1; i <= others / 8; i++)
      bodies.push(
        created(
          message('c-1', part * (others / 8) + i, 'consumer', { text: `普通的一句话 ${part} ${i} 什么时候发货` }),
        ),
      );
    for (let i = 1; i <= 12; i++) {
      const n = part * 12 + i;
      bodies.push(
        created(
          message(GROUP, n, 'consumer', {
            sender: { role: 'consumer', id: `u-${n % 5}`, name: `群友${B}` },
            text:
              n % 3 === 0
                ? `${C}${D}发货 ${n} ${'很长的一段'.repeat(n % 4 === 0 ? 300 : 3)}${E}`
                : `说一句${D}${n}wmwm`,
            order_nos: n === 4 ? ['zxqv-778899'] : [],
            sent_at: T0 + ((n * 37) % 96) * 900,
            ...(n === 7
              ? {
                  kind: 'image',
                  attachment: {
                    attachment_id: 'at-1',
                    name: `截图${F}.png`,
                    mime: 'image/png',
                    bytes: 5,
                    sha256: HASH,
                  },
                }
              : {}),
          }),
        ),
      );
    }
    await push(...bodies);
    await push(
      ...Array.from({ length: 12 }, (_, i) => ({
        kind: 'message.status',
        conversation_id: GROUP,
        msg_id: `${GROUP}-m${part * 12 + i + 1}`,
        status: 'read',
      })),
    );
  }
  await push(recalled(GROUP, `${GROUP}-m3`, { reason: `写错${G}` }));
  await push({ kind: 'group.pinned', conversation_id: GROUP, text: `公告${H}` });
  const key = await keyOf(store, GROUP);
  for (const text of [`草稿${I}一`, `草稿${I}二 ${'长'.repeat(900)}`, `草稿${I}三`]) await store.setDraft(key, text);
  await store.enqueueSend({
    client_msg_id: 'out-1' as never,
    account_id: ACCOUNT,
    conversation_key: key,
    kind: 'text',
    text: `待发${J}`,
    correction_of: null,
    created_at: T0,
    release_at: null,
    keep_draft: true,
  });
  const { incident_id } = await store.openIncident({
    account_id: ACCOUNT,
    message_key: (await store.messages({ conversation_key: key, limit: 1 })).messages[0]?.key ?? null,
    recall_id: null,
    event: {
      seq: 1,
      at: T0,
      by: { id: 'a-7', name: '客服小美', role: 'agent' },
      action: {
        kind: 'drafted',
        cause: 'manual',
        incident_id: 'inc-1',
        shop_id: 's-1' as never,
        conversation_id: GROUP as never,
        msg_id: `${GROUP}-m5` as never,
        recall_id: null,
        effect: null,
        code: null,
        agent: { id: 'a-7', name: '客服小美' },
        proposed_type: 'wording',
      },
    },
  });
  await store.appendIncident(
    incident_id,
    {
      seq: 2,
      at: T0 + 1,
      by: { id: 'a-7', name: '客服小美', role: 'agent' },
      action: { kind: 'completed', type: 'wording', severity: 'minor', note: `群里说了${A}${C}` },
    },
    null,
  );
  await store.optimize();
}

/** The gateway's word that the group is gone for good. */
export async function purgeGroup(store: Store): Promise<void> {
  const cursor = (await store.accounts()).find(({ account_id }) => account_id === ACCOUNT)?.event_seq ?? 0;
  await store.ingest(ACCOUNT as AccountId, events(cursor + 1, { kind: 'conversation.purged', conversation_id: GROUP }));
}

export function erasingOf(store: Store): Erasing {
  return createErasing({
    store,
    clock: createClock(),
    logger: { log: () => undefined },
    onChanges: () => undefined,
    sweepAttachments: async () => {
      const { erase, keep } = await store.attachmentErasures();
      await store.attachmentsErased([...erase, ...keep]);
    },
  });
}
