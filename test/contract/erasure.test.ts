import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decryptedPages, foundIn, sizeOf } from '#test/support/decrypted.ts';
import { erasingOf, fillWithGroup, GROUP, purgeGroup, SECRETS } from '#test/support/erasure-plan.ts';
import {
  ACCOUNT,
  conversation,
  KEY,
  keyOf,
  open,
  temporaryFolder,
  upserted,
  events,
} from '#test/support/store-fixtures.ts';

describe('erasing', () => {
  test('[AD2] after a purge no byte of the group is in database, index, log or a backup made after', async () => {
    const directory = temporaryFolder();
    const store = await open({ directory, readers: 2 });
    await fillWithGroup(store);
    const key = await keyOf(store, GROUP);
    const before = join(directory, 'before.db');
    await store.backup(before);
    // The search finds what is there: in the records, in the index, in the backup made before.
    const records = join(directory, 'records.db');
    const index = join(directory, 'search.db');
    expect(foundIn(decryptedPages(records, KEY), SECRETS)).toEqual(SECRETS);
    expect(foundIn(decryptedPages(index, KEY, { withLog: true }), SECRETS)).toEqual(
      expect.arrayContaining(['麤', '爩']),
    );
    const count = await store.count({ text: '发货' }, { kind: 'all' }, null);

    await purgeGroup(store);
    expect(await store.pendingErasures()).toMatchObject([{ conversation: key, reason: 'group', stage: 'index' }]);
    // Whatever log there is afterwards begins after the last page that held any of it.
    const logs: number[] = [];
    const watched = new Proxy(store, {
      get: (target, name) =>
        name === 'rewriteRecords'
          ? async () => {
              const outcome = await target.rewriteRecords();
              logs.push(sizeOf(`${records}-wal`));
              return outcome;
            }
          : (Reflect.get(target, name) as unknown),
    });
    const erasing = erasingOf(watched);
    erasing.poke();
    await erasing.idle();
    await erasing.stop();
    expect(await store.pendingErasures()).toEqual([]);
    expect(logs).toEqual([0]);

    const after = join(directory, 'after.db');
    await store.backup(after);
    for (const file of [records, index]) {
      for (const withLog of [false, true])
        expect([file, foundIn(decryptedPages(file, KEY, { withLog }), SECRETS)]).toEqual([file, []]);
      expect(foundIn(readFileSync(`${file}-shm`), SECRETS)).toEqual([]);
    }
    expect(foundIn(decryptedPages(after, KEY), SECRETS)).toEqual([]);
    // What was made before is what the person is told about.
    expect(foundIn(decryptedPages(before, KEY), SECRETS)).toEqual(SECRETS);

    // Nothing else was touched, and nothing comes back.
    expect(await store.count({ text: '发货' }, { kind: 'all' }, null)).toEqual({ count: 400, exact: true });
    expect(count.count).toBeGreaterThan(400);
    expect((await store.check()).filter((check) => !check.ok && check.name !== 'store.disk')).toEqual([]);
    const { event_seq } = (await store.accounts())[0]!;
    await store.ingest(ACCOUNT, events(event_seq + 1, upserted(conversation(GROUP, { type: 'group', title: '又来' }))));
    expect(await store.conversation(key)).toBeNull();

    const group = await store.group(key);
    expect(group).toMatchObject({ title: '', members: 0, messages: 0 });
    expect(group?.purged_at).not.toBeNull();
    const { rows } = await store.auditPage({ actions: ['group.purged', 'group.erased'] }, { limit: 10, before: null });
    expect(rows.map(({ action }) => action)).toEqual(['group.erased', 'group.purged']);
    expect(rows[1]?.details).toMatchObject({ messages: 96, recalled: 1, attachments: 1 });
    expect(rows[1]?.details['sha256']).toMatch(/^[0-9a-f]{64}$/);
    // The incident stays, without what it quoted.
    const incident = await store.incident('inc-1');
    expect(incident?.summary).toMatchObject({ type: 'wording', severity: 'minor' });
    expect(JSON.stringify(incident?.incident.timeline)).toContain('[…]');
  });

  test('[AD2] [AD3] a hold keeps a purge back until it is released', async () => {
    const store = await open();
    await fillWithGroup(store, 80);
    const key = await keyOf(store, GROUP);
    const audit = { at: 5, actor: 'a-9', action: 'hold.placed', details: {} };
    const { id } = await store.placeHold({
      kind: 'legal',
      target: { scope: 'order', number: 'zxqv-778899' },
      note: '仲裁',
      audit,
    });
    await purgeGroup(store);
    expect((await store.conversation(key))?.removed).not.toBeNull();
    expect((await store.group(key))?.messages).toBe(96);
    expect(await store.pendingErasures()).toMatchObject([{ stage: 'held' }]);
    await store.releaseHold(id, { ...audit, action: 'hold.released' });
    const erasing = erasingOf(store);
    erasing.released();
    await erasing.idle();
    await erasing.stop();
    expect(await store.conversation(key)).toBeNull();
    expect((await store.group(key))?.messages).toBe(0);
    expect(await store.pendingErasures()).toEqual([]);
  });
});
