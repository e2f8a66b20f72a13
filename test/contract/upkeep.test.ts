import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dispatch, type CallAnswer } from '#shared/contract/door.ts';
import type { ProcedureInput, ProcedureName, ProcedureOutput } from '#shared/contract/procedures.ts';
import type { AccountView } from '#shared/contract/views.ts';
import type { SelfCheck } from '#shared/contract/upkeep.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { DAY } from '#shared/lib/durations.ts';
import { createTokenCare, type Refreshed } from '#main/core/connection/token-care.ts';
import { openKeyFile } from '#main/adapters/secrets/key-file.ts';
import { createBackupCare } from '#main/core/upkeep/backups.ts';
import { createBackupFolder } from '#main/hosts/backup-folder.ts';
import { serve, type Serving } from '#main/hosts/browser/serve.ts';
import { openProfile } from '#main/hosts/profile.ts';
import { finishRestore, prepareRestore } from '#main/hosts/restoring.ts';
import { openWorkbench, type Workbench } from '#main/hosts/workbench.ts';
import { DEFAULT_AGENT_ID, startPracticeGateway, type PracticeGateway } from '#main/practice/index.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { settle, until } from '#test/support/wait.ts';

/** Backups, restoring, several accounts, tokens and older records, on whole profiles and the real practice gateway. */

let folder: string;
let gateway: PracticeGateway | null = null;
const open: { close(): Promise<void> }[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'workbench-upkeep-'));
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  await gateway?.close();
  gateway = null;
  rmSync(folder, { recursive: true, force: true });
});

const directory = (): string => path.join(folder, 'profile');
const keyFile = (): string => path.join(folder, 'key');
const key = (): Uint8Array => new Uint8Array(32).fill(7);

async function startGateway(options: Parameters<typeof startPracticeGateway>[0] = {}): Promise<PracticeGateway> {
  gateway = await startPracticeGateway({ rate: 0, seed: 1, ...options });
  return gateway;
}

/** A real profile, signed in to the practice gateway as if it were any other. */
async function openReal(): Promise<Workbench> {
  const workbench = await openWorkbench({ host: 'cli', directory: directory(), kind: 'real', keyFile: keyFile() });
  open.push(workbench);
  return workbench;
}

type Door = { readonly app: Pick<Workbench['app'], 'handlers'> };

async function call<N extends ProcedureName>(
  { app }: Door,
  name: N,
  input: ProcedureInput<N>,
): Promise<ProcedureOutput<N>> {
  const answer: CallAnswer = await dispatch(app.handlers, name, input);
  if (!answer.ok) throw new Error(`${name}: ${answer.error.code} ${answer.error.message}`);
  return answer.result as never;
}

async function refusal(door: Door, name: ProcedureName, input: unknown): Promise<string> {
  const answer = await dispatch(door.app.handlers, name, input);
  return answer.ok ? 'ok' : answer.error.code;
}

const account = async (door: Door, id: AccountId): Promise<AccountView> =>
  (await call(door, 'accounts.list', {})).find(({ account_id }) => account_id === id)!;

async function add(door: Door, on: PracticeGateway, agent: string, label: string): Promise<AccountId> {
  const { account_id } = await call(door, 'accounts.add', { label, url: on.url, token: on.tokens[agent]! });
  await until(`${label} live`, async () => (await account(door, account_id)).state === 'live');
  return account_id;
}

async function job(door: Door, id: string) {
  let found: Awaited<ReturnType<typeof find>>;
  const find = async () => (await call(door, 'jobs.list', {})).find(({ job_id }) => job_id === id);
  await until(`job ${id}`, async () => {
    found = await find();
    return found !== undefined && found.state !== 'running' && found.state !== 'queued';
  });
  return found!;
}

async function draftOf(workbench: Workbench): Promise<{ readonly conversation: number; readonly text: string | null }> {
  const { conversations } = await workbench.store.conversations({
    account_id: null,
    intake: 'active',
    limit: 1_000,
    cursor: null,
  });
  const found = conversations.find(({ draft }) => draft !== null) ?? conversations[0];
  return { conversation: found!.key, text: found!.draft };
}

function pageFolder(): string {
  const page = path.join(folder, 'page');
  mkdirSync(page, { recursive: true });
  writeFileSync(path.join(page, 'index.html'), '<!doctype html>');
  return page;
}

const serveReal = async (): Promise<Serving> => {
  const serving = await serve({
    directory: directory(),
    keyFile: keyFile(),
    real: true,
    port: 0,
    open: false,
    page: pageFolder(),
    print: () => undefined,
  });
  open.push(serving);
  return serving;
};

/** Turns over bits all through the file, its beginning apart. */
function damage(file: string, from: number): void {
  const handle = openSync(file, 'r+');
  for (let page = from; page < from + 40; page++) writeSync(handle, randomBytes(512), 0, 512, page * 4_096 + 100);
  closeSync(handle);
}

describe('restoring', () => {
  test('[ST4] a restore through the door: what was there is kept, the program starts anew, the log says so', async () => {
    const on = await startGateway();
    const serving = await serveReal();
    const first = serving.workbench;
    const id = await add(first, on, DEFAULT_AGENT_ID, '旗舰店');
    const { conversation } = await draftOf(first);
    await call(first, 'drafts.set', { conversation_key: conversation as never, text: '备份前的草稿' });
    const made = await job(first, (await call(first, 'backups.make', {})).job_id);
    expect(made.state).toBe('done');
    const name = String(made.result!['name']);
    await call(first, 'drafts.set', { conversation_key: conversation as never, text: '备份后的草稿' });

    const inspection = await call(first, 'backups.inspect', { name });
    expect(inspection.inventory.local.drafts).toBe(1);
    expect(inspection.present!.messages).toBeGreaterThanOrEqual(inspection.inventory.messages);
    expect(inspection.present!.local.audit).toBeGreaterThanOrEqual(inspection.inventory.local.audit);
    expect(await refusal(first, 'backups.inspect', { name: '../key' })).toBe('NOT_FOUND');

    await call(first, 'backups.restore', { name });
    await until('another program behind the door', () => !serving.recovering && serving.workbench !== first);
    const second = serving.workbench;
    expect((await draftOf(second)).text).toBe('备份前的草稿');
    // The account, its token and its place in the stream came with it.
    await until('live again', async () => (await account(second, id)).state === 'live');
    const log = await second.store.auditPage({}, { limit: 50, before: null });
    expect(log.rows.map(({ action }) => action)).toContain('store.restored');
    expect((await second.store.verifyAudit()).ok).toBe(true);
    const { backups } = await call(second, 'backups.list', {});
    expect(backups.map(({ reason }) => reason)).toContain('restore');
    const kept = backups.find(({ reason }) => reason === 'restore')!;
    // What was there is not only kept but whole, and can be gone back to.
    expect((await call(second, 'backups.inspect', { name: kept.name })).inventory.local.drafts).toBe(1);
    expect(JSON.stringify(log.rows)).not.toContain(on.tokens[DEFAULT_AGENT_ID]);
  }, 60_000);

  test('[ST4] killed at any step of a restore, the next start has one store or the other, whole', async () => {
    const profile = (): ReturnType<typeof openProfile> => openProfile({ directory: directory(), kind: 'real' });
    const withSetting = async (value: string | null): Promise<unknown> => {
      const { openStore } = await import('#main/adapters/sqlite/index.ts');
      const place = profile();
      const store = await openStore({ directory: place.store, key: key(), readers: 1 });
      try {
        if (value !== null) await store.setSetting('mark', value);
        return await store.setting('mark');
      } finally {
        await store.close();
        place.release();
      }
    };
    const copy = path.join(folder, 'copy.db');
    await withSetting('old');
    {
      const { openStore } = await import('#main/adapters/sqlite/index.ts');
      const place = profile();
      const store = await openStore({ directory: place.store, key: key(), readers: 1 });
      await store.backup(copy);
      await store.close();
      place.release();
    }
    await withSetting('new');

    // Killed while it was being copied.
    mkdirSync(path.join(directory(), 'restoring-abc123'));
    writeFileSync(path.join(directory(), 'restoring-abc123', 'records.db'), 'half of it');
    expect(await withSetting(null)).toBe('new');
    expect(readdirSync(directory()).filter((name) => name.startsWith('restoring-'))).toEqual([]);

    // Killed right after the decision.
    const decided = profile();
    await prepareRestore(decided, key(), copy);
    decided.release();
    expect(await withSetting(null)).toBe('old');
    expect(readdirSync(path.join(directory(), 'backups')).some((name) => name.startsWith('before-restore-'))).toBe(
      true,
    );

    // Killed between the two renames.
    await withSetting('newer');
    const between = profile();
    await prepareRestore(between, key(), copy);
    rmSync(path.join(directory(), 'elsewhere'), { recursive: true, force: true });
    const { renameSync } = await import('node:fs');
    renameSync(between.store, path.join(between.backups, 'before-restore-cut'));
    between.release();
    expect(await withSetting(null)).toBe('old');
    expect(existsSync(path.join(directory(), 'restore-ready'))).toBe(false);

    // A copy that is no good changes nothing.
    damage(copy, 6);
    const refused = profile();
    await expect(prepareRestore(refused, key(), copy)).rejects.toMatchObject({ error: { code: 'STORE_DAMAGED' } });
    expect(finishRestore(refused)).toBeNull();
    refused.release();
    expect(await withSetting(null)).toBe('old');
  }, 60_000);

  test('[ST4] records that are damaged at the start: the window offers backup, gateway, empty; each leads to a program', async () => {
    const on = await startGateway();
    const before = await openReal();
    const id = await add(before, on, DEFAULT_AGENT_ID, '旗舰店');
    const { conversation } = await draftOf(before);
    await call(before, 'drafts.set', { conversation_key: conversation as never, text: '只在本机' });
    const made = await job(before, (await call(before, 'backups.make', {})).job_id);
    await open.pop()!.close();
    const records = path.join(directory(), 'store', 'records.db');
    damage(records, 0);

    const serving = await serveReal();
    expect(serving.recovering).toBe(true);
    // The door of a program without records: asked through a page's own way in test/e2e; here the same handlers.
    const { openRecovery } = await import('#main/hosts/recovery.ts');
    await serving.close();
    open.pop();
    let restarts = 0;
    const { AppFailure } = await import('#shared/contract/errors.ts');
    const recovering = (): ReturnType<typeof openRecovery> =>
      openRecovery(
        { host: 'cli', directory: directory(), kind: 'real', keyFile: keyFile(), restart: () => restarts++ },
        new AppFailure('STORE_DAMAGED', 'test'),
      );
    const shown = await recovering();
    expect((await call(shown, 'app.info', {})).recovery).toBe(true);
    const state = (await call(shown, 'recovery.state', {}))!;
    expect(state).toMatchObject({ code: 'STORE_DAMAGED', accounts: ['旗舰店'], practice: false });
    expect(state.backups.map(({ name }) => name)).toContain(String(made.result!['name']));
    expect(await refusal(shown, 'messages.page', { conversation_key: 1, limit: 10 })).toBe('STORE_DAMAGED');
    expect((await call(shown, 'backups.inspect', { name: String(made.result!['name']) })).present).toBeNull();

    // Rebuilt from the gateway: the account is there and its records come again; what only this machine had does not.
    await call(shown, 'recovery.anew', { accounts: true });
    expect(restarts).toBe(1);
    await shown.close();
    const rebuilt = await openReal();
    await until('live again', async () => (await account(rebuilt, id))?.state === 'live');
    await until('records again', async () => (await rebuilt.store.inventory()).messages > 0);
    expect((await draftOf(rebuilt)).text).toBeNull();
    expect((await rebuilt.store.auditPage({}, { limit: 50, before: null })).rows.map(({ action }) => action)).toContain(
      'store.made_anew',
    );
    // The damaged file is put aside, not thrown away.
    expect(readdirSync(path.join(directory(), 'backups')).some((name) => name.startsWith('damaged-'))).toBe(true);
    await open.pop()!.close();

    // And the backup brings back what only this machine had.
    const again = await recovering();
    await call(again, 'backups.restore', { name: String(made.result!['name']) });
    expect(restarts).toBe(2);
    await again.close();
    const restored = await openReal();
    expect((await draftOf(restored)).text).toBe('只在本机');
    await open.pop()!.close();

    const empty = await recovering();
    await call(empty, 'recovery.anew', { accounts: false });
    await empty.close();
    const bare = await openReal();
    expect(await call(bare, 'accounts.list', {})).toEqual([]);
    expect(await refusal(bare, 'recovery.anew', { accounts: false })).toBe('NOT_ALLOWED');
  }, 90_000);
});

test('[ST4] [ST1] a backup with a former key is named and restored as such, an unknown key is refused; a full disk is seen before', async () => {
  const workbench = await openReal();
  await workbench.store.setSetting('settings', { backup_keep: 5 });
  await job(workbench, (await call(workbench, 'backups.make', {})).job_id);
  const [made] = (await call(workbench, 'backups.list', {})).backups;
  const listed = await call(workbench, 'backups.list', {});
  expect(listed.room.next).toBeGreaterThan(4_096);
  expect(listed.room.free).toBeGreaterThan(0);
  const present = new Uint8Array(randomBytes(32));
  const { profile, store } = workbench;
  const old = openKeyFile(keyFile(), { mayCreate: false });
  const other = async (): Promise<readonly Uint8Array[]> => [new Uint8Array(randomBytes(32)), old];
  let restarts = 0;
  const folderOf = (more: Partial<Parameters<typeof createBackupFolder>[0]>) =>
    createBackupFolder({ profile, key: present, store, restart: () => restarts++, ...more });
  await expect(folderOf({}).inspect(made!.name)).rejects.toMatchObject({ error: { code: 'STORE_KEY_WRONG' } });
  const inspected = await folderOf({ otherKeys: other }).inspect(made!.name);
  expect(inspected).toMatchObject({ key: 'former', inventory: { unsent_files: 0 } });
  expect(await folderOf({ key: old, otherKeys: other }).inspect(made!.name)).toMatchObject({ key: 'present' });
  await folderOf({ otherKeys: other }).restore(made!.name);
  expect(restarts).toBe(1);
  expect(existsSync(path.join(profile.folder, 'restore-ready'))).toBe(true);

  // Less than the copy and what the records need beside it: nothing is written.
  const before = readdirSync(profile.backups);
  const full = folderOf({ key: old, free: async () => 1_000_000 });
  await expect(full.make('manual')).rejects.toMatchObject({
    error: { code: 'DISK_FULL', details: { free: 1_000_000 } },
  });
  expect(readdirSync(profile.backups)).toEqual(before);
}, 30_000);

test('[ST4] one backup a day, the newest kept; one that fails is said once and tried again', async () => {
  const workbench = await openReal();
  const clock = createFakeClock(Date.now());
  const problems: string[] = [];
  const real = createBackupFolder({ profile: workbench.profile, key: key(), store: workbench.store });
  let failing = false;
  let made = 0;
  const care = createBackupCare({
    store: workbench.store,
    clock,
    logger: workbench.logger,
    jobs: null as never,
    audit: null as never,
    actor: async () => 'local',
    title: () => '',
    onProblem: (code) => problems.push(code),
    firstLookMs: 1_000,
    backups: {
      ...real,
      // The fake days leave their mark in the list, not on the disk's own clock.
      list: async () =>
        (await real.list()).map((backup, index) => ({ ...backup, made_at: clock.wallNow() - index * DAY - age })),
      async make(reason) {
        if (failing)
          throw Object.assign(new (await import('#shared/contract/errors.ts')).AppFailure('DISK_FULL', ''), {});
        made++;
        age = 0;
        return real.make(reason);
      },
    },
  });
  let age = 0;
  await workbench.store.setSetting('settings', { backup_keep: 2 });
  care.start();
  clock.advance(1_000);
  await until('the first one', () => made === 1);
  await settle();
  // Within the day nothing more.
  clock.advance(3_600_000);
  await settle();
  expect(made).toBe(1);
  for (let day = 2; day <= 4; day++) {
    age = DAY + 1;
    await until('the hour', () => clock.waiting > 0);
    clock.advance(3_600_000);
    await until(`day ${day}`, () => made === day);
    await settle();
  }
  expect((await real.list()).filter(({ reason }) => reason === 'daily')).toHaveLength(2);
  failing = true;
  age = DAY + 1;
  for (let hour = 0; hour < 3; hour++) {
    await until('the hour', () => clock.waiting > 0);
    clock.advance(3_600_000);
    await settle();
  }
  expect(problems).toEqual(['DISK_FULL']);
  failing = false;
  await until('the hour', () => clock.waiting > 0);
  clock.advance(3_600_000);
  await until('after room was made', () => made === 5);
  await care.stop();
  expect(clock.waiting).toBe(0);
}, 30_000);

test('[ST4] a backup made while the clock was ahead: one a day as before, and it is the first to go', async () => {
  const workbench = await openReal();
  const clock = createFakeClock(Date.now());
  const { profile, store, logger } = workbench;
  const backups = createBackupFolder({ profile, key: key(), store });
  const care = createBackupCare({
    store,
    backups,
    clock,
    logger,
    jobs: null as never,
    audit: null as never,
    actor: async () => 'local',
    title: () => '',
    onProblem: (code) => expect(code).toBeNull(),
    firstLookMs: 0,
  });
  const names = async (): Promise<readonly string[]> =>
    (await backups.list()).filter(({ reason }) => reason === 'daily').map(({ name }) => name);
  const look = async (): Promise<readonly string[]> => {
    clock.advance(3_600_000);
    await until('it has looked', () => clock.waiting > 0);
    return names();
  };
  await store.setSetting('settings', { backup_keep: 2 });
  care.start();
  const [ahead = ''] = await look();
  const inAYear = Date.now() / 1_000 + 365 * 86_400;
  utimesSync(path.join(profile.folder, ahead), inAYear, inAYear);
  const second = await look();
  expect(second).toHaveLength(2);
  expect(await look()).toEqual(second);
  const [own = ''] = second.filter((name) => name !== ahead);
  const twoDaysAgo = Date.now() / 1_000 - 2 * 86_400;
  utimesSync(path.join(profile.folder, own), twoDaysAgo, twoDaysAgo);
  const third = await look();
  expect(third).toHaveLength(2);
  expect(third).not.toContain(ahead);
  await care.stop();
}, 30_000);

describe('accounts', () => {
  test('[IN7] [SY9] two accounts at once: each its own connection, place and words; names and tokens in the window', async () => {
    const on = await startGateway();
    const workbench = await openReal();
    const mei = await add(workbench, on, 'a-xiaomei', '小美');
    const lin = await add(workbench, on, 'a-xiaolin', '小林');
    expect((await account(workbench, mei)).agent?.agent_id).toBe('a-xiaomei');
    expect((await account(workbench, lin)).agent?.agent_id).toBe('a-xiaolin');

    on.control.kick('a-xiaomei', '另一台电脑');
    await until('kicked', async () => (await account(workbench, mei)).state === 'kicked');
    expect((await account(workbench, mei)).kicked_by).toBe('另一台电脑');
    expect((await account(workbench, lin)).state).toBe('live');

    await call(workbench, 'accounts.rename', { account_id: lin, label: '林（夜班）' });
    expect((await account(workbench, lin)).label).toBe('林（夜班）');
    expect((await workbench.store.accounts()).find(({ account_id }) => account_id === lin)?.label).toBe('林（夜班）');

    // A token that is refused is not tried again by itself; a new one connects at once.
    await call(workbench, 'accounts.token', { account_id: lin, token: 'nonsense' });
    await until('refused', async () => (await account(workbench, lin)).state === 'refused');
    expect((await account(workbench, lin)).problem).toMatchObject({ code: 'AUTH_FAILED', retry_at: null });
    workbench.app.networkChanged();
    await settle(100);
    expect((await account(workbench, lin)).state).toBe('refused');
    await call(workbench, 'accounts.token', { account_id: lin, token: on.control.issueToken('a-xiaolin') });
    await until('live with the new one', async () => (await account(workbench, lin)).state === 'live');

    await call(workbench, 'accounts.remove', { account_id: mei });
    expect((await call(workbench, 'accounts.list', {})).map(({ account_id }) => account_id)).toEqual([lin]);

    // The report names neither people nor secrets.
    const { text } = await call(workbench, 'diagnosis.report', {});
    expect(text).toContain('connection.phase');
    expect(text).toMatch(/account 1: live/);
    for (const secret of ['夜班', 'nonsense', on.tokens['a-xiaolin']!, '小林']) expect(text).not.toContain(secret);
    const { entries } = await call(workbench, 'diagnosis.log', { account_id: lin, limit: 100 });
    expect(entries.some(({ fields }) => fields['code'] === 'AUTH_FAILED')).toBe(true);
    expect(entries.every(({ account_id }) => account_id === lin)).toBe(true);

    const { steps } = await call(workbench, 'diagnosis.run', { account_id: lin });
    expect(Object.fromEntries(steps.map(({ step, state }) => [step, state]))).toMatchObject({
      network: 'ok',
      proxy: 'ok',
      reach: 'ok',
      certificate: 'skipped',
      gateway: 'ok',
      time: 'ok',
      token: 'ok',
    });
  }, 60_000);

  test('[SY4] a token is replaced before it expires: asked for by itself, kept, and good for the next connection', async () => {
    const on = await startGateway();
    const workbench = await openReal();
    const short = on.control.issueToken('a-xiaomei');
    const { account_id } = await call(workbench, 'accounts.add', { label: '小美', url: on.url, token: short });
    await until('live', async () => (await account(workbench, account_id)).state === 'live');
    await open.pop()!.close();
    // As if its end had been heard before: it is near.
    const { openSecrets } = await import('#main/hosts/open-secrets.ts');
    const profile = openProfile({ directory: directory() });
    const { secrets } = await openSecrets(profile, { keyFile: keyFile() });
    await secrets.set(`gateway-token-expires:${account_id}`, String(Date.now()));
    profile.release();
    const again = await openReal();
    const kept = async (): Promise<string | null> =>
      (await openSecrets(again.profile, { keyFile: keyFile() })).secrets.get(`gateway-token:${account_id}`);
    await until('another token', async () => (await kept()) !== short);
    await until('its end', async () => {
      const present = (await openSecrets(again.profile, { keyFile: keyFile() })).secrets;
      return Number(await present.get(`gateway-token-expires:${account_id}`)) > Date.now() + 60_000;
    });
    on.control.expireToken(short);
    on.control.fault('cut');
    const connects = async (): Promise<number> =>
      (await call(again, 'diagnosis.log', { account_id, limit: 1_000 })).entries.filter(
        ({ fields }) => fields['to'] === 'live',
      ).length;
    await until('live with it', async () => (await connects()) === 2);
    expect(await kept()).not.toBe(short);
  }, 40_000);

  test('[SY4] the schedule: before the end, at half of a short life, later after trouble, never where it is refused', async () => {
    const clock = createFakeClock(0);
    let ends: number | null = 3_600_000;
    let outcome: Refreshed = 'kept';
    const asked: number[] = [];
    const care = createTokenCare({
      clock,
      serverNow: () => clock.monotonicNow() - 5_000,
      expiresAt: async () => ends,
      refresh: async () => {
        asked.push(clock.monotonicNow() - 5_000);
        if (outcome === 'kept') ends = clock.monotonicNow() - 5_000 + 600_000;
        return outcome;
      },
    });
    care.connected();
    await settle();
    clock.advance(3_600_000 - 900_000 - 1);
    expect(asked).toEqual([]);
    clock.advance(1);
    await settle();
    // Fifteen minutes before its end; the next one lasts ten minutes and is replaced at five.
    expect(asked).toEqual([2_700_000]);
    clock.advance(300_000);
    await settle();
    expect(asked).toHaveLength(2);
    outcome = 'later';
    clock.advance(300_000);
    await settle();
    expect(asked).toHaveLength(3);
    clock.advance(60_000);
    await settle();
    expect(asked).toHaveLength(4);
    outcome = 'refused';
    clock.advance(60_000);
    await settle();
    expect(asked).toHaveLength(5);
    expect(clock.waiting).toBe(0);
    // A token whose end nobody knows is asked about soon; a lost connection asks nothing.
    ends = null;
    outcome = 'kept';
    care.connected();
    await settle();
    clock.advance(59_999);
    care.lost();
    clock.advance(100_000);
    await settle();
    expect(asked).toHaveLength(5);
    expect(clock.waiting).toBe(0);
  });
});

test('[SY7] records older than this device come from the gateway, in pages, once, and can be stopped', async () => {
  const on = await startGateway();
  const workbench = await openReal();
  const id = await add(workbench, on, DEFAULT_AGENT_ID, '小美');
  const all = on.control.conversations().reduce((sum, { last_seq }) => sum + last_seq, 0);
  // What the snapshot and the gaps bring has to have come to rest.
  let before = -1;
  await until('gaps filled', async () => {
    const now = (await workbench.store.inventory()).messages;
    const rested = now === before && (await workbench.store.gaps(id, 10)).length === 0;
    before = now;
    if (!rested) await settle(200);
    return rested;
  });
  expect(before).toBeLessThan(all);
  const ask = { account_id: id, from: 0, to: Date.now() + 60_000 };
  const done = await job(workbench, (await call(workbench, 'records.fetch', ask)).job_id);
  expect(done.state).toBe('done');
  expect(Number(done.result!['messages'])).toBeGreaterThan(all - before);
  const after = await workbench.store.inventory();
  expect(after.messages).toBeGreaterThan(before);
  await job(workbench, (await call(workbench, 'records.fetch', ask)).job_id);
  expect((await workbench.store.inventory()).messages).toBe(after.messages);

  const slow = await call(workbench, 'records.fetch', ask);
  await call(workbench, 'jobs.cancel', { job_id: slow.job_id });
  expect((await job(workbench, slow.job_id)).state).toBe('cancelled');
  expect(await refusal(workbench, 'records.fetch', { ...ask, from: 5, to: 5 })).toBe('BAD_INPUT');
}, 60_000);

test('[ST4] the self-check in the window, and the repair of what can be derived', async () => {
  const on = await startGateway();
  const workbench = await openReal();
  await add(workbench, on, DEFAULT_AGENT_ID, '小美');
  await job(workbench, (await call(workbench, 'backups.make', {})).job_id);
  const found = await job(workbench, (await call(workbench, 'doctor.run', { repair: true })).job_id);
  expect(found.state).toBe('done');
  const checks = found.result!['checks'] as readonly SelfCheck[];
  const names = checks.map(({ name }) => name);
  for (const name of ['store.integrity', 'store.audit', 'store.orphans', 'search against scan', 'backups'])
    expect(names).toContain(name);
  expect(checks.filter(({ ok, name }) => !ok && name !== 'store.disk')).toEqual([]);
}, 60_000);
