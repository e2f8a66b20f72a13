import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPracticeGateway, type PracticeGateway } from '#main/practice/index.ts';
import type { DeletionBody } from '#main/core/ports/administration-store.ts';
import type { GroupRow } from '#shared/contract/administration.ts';
import type { DeletionStep } from '#shared/domain/administration/deletion.ts';
import { runApp, temporaryDirectory, TEST_ACCOUNT, type RunningApp } from '#test/support/running-app.ts';
import { until } from '#test/support/wait.ts';

/** AD2 between core and gateway: who may, what stands in the way, and what becomes of a request whose answer was never heard. */

let gateway: PracticeGateway;
let directory: { readonly path: string; remove(): Promise<void> };
let app: RunningApp;

async function open(agent = 'a-xu'): Promise<void> {
  app = await runApp({ directory: directory.path, url: gateway.url, token: gateway.tokens[agent] ?? '' });
  await app.live();
}

beforeEach(async () => {
  directory = await temporaryDirectory();
  gateway = await startPracticeGateway({ rate: 0, seed: 3 });
  await open();
});
afterEach(async () => {
  await app.close();
  await gateway.close();
  await directory.remove();
});

async function group(): Promise<GroupRow> {
  let found: GroupRow | undefined;
  await until('a group with all its messages', async () => {
    found = (await app.call('groups.list', {})).groups[0];
    return found !== undefined && found.messages > 0 && (await app.store.missingMessages(found.key)) === 0;
  });
  return found as GroupRow;
}

/** As it lies in the store when the program ended at that step, `ago` milliseconds before. */
async function stored(
  row: GroupRow,
  step: DeletionStep,
  over: Partial<DeletionBody> = {},
  ago = 60_000,
): Promise<void> {
  const body: DeletionBody = {
    account_id: TEST_ACCOUNT,
    by: 'a-xu',
    title: row.title,
    notice: '本群停用',
    replacement: '新群',
    exported: { file: 'g.zip', rows: row.messages, bytes: 1, sha256: 'a'.repeat(64), fingerprint: 'f', verified_at: 1 },
    removed_at: null,
    restorable_until: null,
    purged_at: null,
    erased_at: null,
    tombstone: null,
    refused: null,
    ...over,
  };
  const path: readonly DeletionStep[] = ['started', 'exported', 'noticed', 'requested', 'removed'];
  for (const each of path.slice(0, path.indexOf(step) + 1))
    await app.store.putDeletion(
      { conversation: row.key, deletion_id: 'del-1', step: each, updated_at: Date.now() - ago, body },
      { at: 1, actor: 'a-xu', action: 'group.test', details: {} },
    );
}
const step = async (row: GroupRow): Promise<string | undefined> => (await app.store.deletion(row.key))?.step;
const wireId = async (row: GroupRow): Promise<string> => (await app.store.conversation(row.key))?.conversation_id ?? '';

describe('deleting a group', () => {
  it('[AD2] who may comes first, with whom to ask; policy decides below the table', async () => {
    const row = await group();
    expect(await app.call('groups.check', { conversation_key: row.key })).toMatchObject({
      right: { allowed: true },
      roles: ['admin'],
      online: true,
      missing: 0,
      notice_required: true,
      restore_ms: 604_800_000,
    });
    gateway.control.setRole('a-xu', 'supervisor');
    await until('the role', async () => (await app.account()).agent?.role === 'supervisor');
    const check = await app.call('groups.check', { conversation_key: row.key });
    expect(check.right).toEqual({ allowed: false, reason: 'policy' });
    const refused = await app.refusal('groups.delete', { conversation_key: row.key, typed_name: row.title });
    expect(refused).toMatchObject({ code: 'NO_PERMISSION', details: { reason: 'policy', roles: ['admin'] } });
    gateway.control.setRole('a-xu', 'agent');
    await until('the role', async () => (await app.account()).agent?.role === 'agent');
    expect((await app.refusal('groups.list', {})).code).toBe('NO_PERMISSION');
    const { rows } = await app.store.auditPage({ actions: ['role.changed'] }, { limit: 5, before: null });
    expect(rows.map(({ details }) => details['to'])).toEqual(['agent', 'supervisor']);
  });

  it('[AD2] the name has to be typed, nothing newer may be missing from the package, no step may be left out', async () => {
    const row = await group();
    const key = { conversation_key: row.key };
    expect((await app.refusal('groups.delete', { ...key, typed_name: row.title })).code).toBe('STALE_STATE');
    expect((await app.refusal('groups.notice', { ...key, notice: '停用', replacement: '' })).code).toBe('STALE_STATE');
    await stored(row, 'noticed');
    expect(await app.refusal('groups.delete', { ...key, typed_name: `${row.title}x` })).toMatchObject({
      code: 'NOT_ALLOWED',
      details: { reason: 'name' },
    });
    const hold = await app.call('evidence.mark', { ...key, note: '留证' });
    expect(await app.refusal('groups.delete', { ...key, typed_name: row.title })).toMatchObject({
      code: 'NOT_ALLOWED',
      details: { reason: 'evidence' },
    });
    await app.call('holds.release', { id: hold.id, note: '结案' });
    gateway.control.consumerSays(await wireId(row), '等一下');
    await until('the new message', async () => ((await app.store.group(row.key))?.messages ?? 0) > row.messages);
    expect(await app.refusal('groups.delete', { ...key, typed_name: row.title })).toMatchObject({
      details: { reason: 'newer' },
    });
    expect((await app.store.conversation(row.key))?.removed).toBeNull();
  });

  it('[AD2] out of use: not in lists, not in an agent’s search or chat; restored it is all there again', async () => {
    const row = await group();
    await stored(row, 'noticed');
    const deletion = await app.call('groups.delete', { conversation_key: row.key, typed_name: row.title });
    expect(deletion).toMatchObject({ step: 'removed' });
    expect(deletion.restorable_until).toBeGreaterThan(Date.now() + 6 * 86_400_000);
    await until('the group to be out', async () => (await app.store.conversation(row.key))?.removed !== null);
    const query = { conversations: [row.key] };
    const agents = { kind: 'limited', sources: [], agents: [{ source: 'practice', agent_id: 'a-xiaomei' }] } as const;
    expect((await app.store.count(query, agents, null)).count).toBe(0);
    // Who sees the whole source still finds the records: until the purge they are evidence.
    expect((await app.store.count(query, { kind: 'all' }, null)).count).toBeGreaterThan(0);
    expect((await app.page(row.key)).messages.length).toBeGreaterThan(0);
    gateway.control.setRole('a-xu', 'agent');
    await until('the role', async () => (await app.account()).agent?.role === 'agent');
    expect((await app.refusal('messages.page', { conversation_key: row.key, limit: 5 })).code).toBe('GONE');
    gateway.control.setRole('a-xu', 'admin');
    await until('the role', async () => (await app.account()).agent?.role === 'admin');
    await app.call('groups.restore', { conversation_key: row.key });
    await until('the deletion to end', async () => (await step(row)) === 'restored');
    expect((await app.store.conversation(row.key))?.title).toBe(row.title);
    expect((await app.refusal('groups.restore', { conversation_key: row.key })).code).toBe('NOT_RESTORABLE');
  });

  it('[AD2] ended between asking and sending: asked again after the restart, once', async () => {
    const row = await group();
    await stored(row, 'requested');
    await app.close();
    await open();
    await until('the group to be removed', async () => (await step(row)) === 'removed');
    expect((await app.store.conversation(row.key))?.removed).not.toBeNull();
    const { rows } = await app.store.auditPage({ actions: ['group.removed'] }, { limit: 5, before: null });
    expect(rows).toHaveLength(1);
  });

  it('[AD2] ended between the gateway’s doing and its answer: taken as done, not asked again', async () => {
    const row = await group();
    const id = await wireId(row);
    await stored(row, 'noticed');
    // Whatever of the answer there is gets lost with the connection; the event comes with the next one.
    const asked = app.call('groups.delete', { conversation_key: row.key, typed_name: row.title }).catch(() => null);
    await until('the request to be stored', async () => (await step(row)) !== 'noticed');
    gateway.control.cut();
    await asked;
    await app.close();
    await open();
    await until('the group to be removed', async () => (await step(row)) === 'removed', 40_000);
    const notices = gateway.control.messages(id).filter(({ message }) => message.text?.includes('本群停用') === true);
    expect(notices).toHaveLength(1);
  }, 60_000);
});
