import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { createAttachmentCache } from '#main/adapters/attachments/attachment-cache.ts';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createAudit } from '#main/core/audit/audit.ts';
import { createPackages, MAX_PACKAGES, type Packages } from '#main/core/packages/packages.ts';
import { createReviewing } from '#main/core/review/review.ts';
import { createSearch } from '#main/core/search/search.ts';
import { loadPackage } from '#main/core/packages/load-package.ts';
import type { ImportRecord, Store } from '#main/core/ports/store.ts';
import { createPackageOpener } from '#main/hosts/package-opener.ts';
import type { PackageView } from '#shared/contract/packages.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { SearchRow } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { MASK_ALL, MASK_NONE, type MaskChoices } from '#shared/domain/mask/choices.ts';
import { SCORECARD_TEMPLATES } from '#shared/domain/review/templates.ts';
import { chainRecord, FILE } from '#shared/package/format.ts';
import { parseReviewFile, reviewDigest } from '#shared/package/review.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { inMemory, unpack } from '#test/support/package-bytes.ts';
import { packaging, repack, verifyBytes } from '#test/support/packages.ts';
import {
  ACCOUNT,
  AGENT,
  codeOf,
  conversation,
  created,
  events,
  importRecord,
  message,
  open,
  openWithAccount,
  recalled,
  T0,
  temporaryFolder,
  upserted,
} from '#test/support/store-fixtures.ts';

vi.setConfig({ testTimeout: 60_000 });

const CARD = SCORECARD_TEMPLATES[0]!;
const textOf = (files: ReadonlyMap<string, Uint8Array>, name: string): string =>
  new TextDecoder().decode(files.get(name));
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Conversations of a gateway with everything that a record can have, and many of an import. */
async function fullStore(): Promise<Store> {
  const store = await openWithAccount();
  await store.ingest(
    ACCOUNT,
    events(
      1,
      upserted(conversation('c-1', { order_nos: ['260901-777'] })),
      created(message('c-1', 1, 'consumer', { text: '什么时候发货？订单 260901-123456789012345' })),
      created(message('c-1', 2, 'agent', { text: '九块九' })),
      created(message('c-1', 3, 'agent', { text: '秘密报价' })),
      recalled('c-1', 'c-1-m3', { effect: 'maybe_seen', reason: '报错价' }),
      created(message('c-1', 4, 'agent', { text: '【更正】九十九', correction_of: 'c-1-m2' })),
      created(
        message('c-1', 5, 'agent', {
          kind: 'order_card',
          text: '',
          order: { order_no: '260901-555', title: '杯子', amount: '19.90', status: '已发货' },
        }),
      ),
    ),
  );
  await store.importRecords(
    Array.from({ length: 300 }, (_, i) =>
      importRecord({
        message_id: `m-${i}`,
        conversation_id: `s-${i % 7}`,
        shop: i % 7 < 4 ? '旗舰店' : '专营店',
        agent: i % 3 === 0 ? '客服小美' : '客服老王',
        consumer: `买家${i % 7}`,
        sender: i % 2 === 0 ? 'consumer' : 'agent',
        sent_at: T0 + Math.floor(i / 4) * 60_000,
        text: `第${i}条：${i % 5 === 0 ? '退货' : '发货'}了吗`,
        order_nos: i % 10 === 0 ? [`20260901${String(i).padStart(6, '0')}`] : [],
        recalled: i === 7,
      }),
    ),
  );
  return store;
}

interface Desk {
  readonly packages: Packages;
  readonly temp: string;
  readonly own: Store;
  /** Opens a file and waits until it is open, or not. */
  open(file: string): Promise<PackageView>;
}

async function desk(own: Store, free?: () => Promise<number | null>): Promise<Desk> {
  const temp = temporaryFolder();
  let last = 0;
  const clock = createFakeClock();
  const packages = createPackages({
    store: own,
    opener: createPackageOpener({
      folder: temp,
      resolve: (handle) => handle,
      ...(free === undefined ? {} : { free }),
    }),
    files: createFiles({ resolve: (handle) => handle }),
    clock,
    ids: { next: () => `n${++last}`, random: () => 0 },
    audit: createAudit(own, clock),
    actor: async () => 'a-7',
    onChanged: () => {},
  });
  return {
    packages,
    temp,
    own,
    async open(file) {
      const { package_id } = await packages.handlers['packages.open']({ file });
      return vi.waitFor(
        async () => {
          const { packages: all } = await packages.handlers['packages.list']({});
          const found = all.find((one) => one.package_id === package_id)!;
          expect(found.state).not.toBe('opening');
          return found;
        },
        { timeout: 30_000, interval: 20 },
      );
    },
  };
}

/** The procedures as the window calls them: with a package's id, or without. */
function asked({ packages, own }: Desk) {
  const search = createSearch({ store: own, visibility: async () => ({ kind: 'all' }), files: null as never });
  return packages.route({
    ...search.handlers,
    'messages.page': async (input) => own.messages({ conversation_key: input.conversation_key, limit: input.limit }),
  });
}

async function exported(store: Store, masks: MaskChoices = MASK_NONE, query: SearchQuery = {}): Promise<string> {
  const { build, target } = packaging(store);
  await build(query, masks);
  return target;
}

/** Without the keys, which are each store's own. */
const said = (row: SearchRow) => ({
  ...row,
  message_key: 0,
  conversation_key: 0,
  more: { effect: row.more?.recalled?.effect ?? null, order: row.more?.order ?? null },
});

const QUERIES: readonly SearchQuery[] = [
  {},
  { text: '退货' },
  { text: '发' },
  { text: '发货 -第1' },
  { text: '"九十九"' },
  { agents: ['客服老王'] },
  { agents: ['客服小美'], text: '退货' },
  { shops: ['专营店'] },
  { consumers: ['买家3'] },
  { orders: ['260901-777'] },
  { orders: ['260901-123456789012345', '20260901000010'] },
  { orders: ['260901-555'] },
  { from: T0 + 600_000, to: T0 + 1_800_000 },
  { direction: 'from_consumer', text: '了' },
  { kinds: ['order_card'] },
  { states: ['recalled'] },
  { states: ['corrected'] },
];

test('[EX7] [SR4] [SR8] an opened package answers every search as the records it was made from do', async () => {
  const store = await fullStore();
  const at = await desk(store);
  const view = await at.open(await exported(store));
  expect(view).toMatchObject({
    state: 'open',
    report: { ok: true, signed: true, problems: [], messages: 305, unreadable: 0, damaged: 0 },
  });
  const calls = asked(at);
  const inPackage = { package: view.package_id };
  for (const query of QUERIES) {
    const input = { slot: 's', query, limit: 500, cursor: null };
    const here = await calls['search.page'](input);
    const there = await calls['search.page']({ ...input, ...inPackage });
    expect([query, there.rows.map(said)]).toEqual([query, here.rows.map(said)]);
    expect(here.rows.length).toBeGreaterThan(0);
    const counted = { slot: 's', query, cap: null };
    expect(await calls['search.count']({ ...counted, ...inPackage })).toEqual(await calls['search.count'](counted));
    const people = (rows: readonly { readonly consumer: string; readonly messages: number }[]) =>
      rows.map(({ consumer, messages }) => `${consumer} ${messages}`).toSorted();
    expect(people((await calls['search.consumers']({ ...input, ...inPackage })).consumers)).toEqual(
      people((await calls['search.consumers'](input)).consumers),
    );
  }
  const byNumber = { slot: 's', query: { orders: ['260901-777', '20260901000010', '1'] } };
  expect((await calls['search.numbers']({ ...byNumber, ...inPackage })).numbers).toEqual(
    (await calls['search.numbers'](byNumber)).numbers,
  );
  // SR8: what is stopped is what ran before, not the search that comes right behind, here or in a package.
  const [, agents, consumers] = await Promise.all([
    calls['search.cancel']({ slot: 's' }),
    calls['search.agents']({ slot: 's', query: {} }),
    calls['search.consumers']({ slot: 's', query: {}, limit: 50, cursor: null, ...inPackage }),
  ]);
  expect(agents.agents.length).toBeGreaterThan(0);
  expect(consumers.consumers.length).toBeGreaterThan(0);
  // Two pages are as one.
  const whole = await calls['search.page']({ slot: 's', query: {}, limit: 500, cursor: null, ...inPackage });
  const first = await calls['search.page']({ slot: 's', query: {}, limit: 123, cursor: null, ...inPackage });
  const second = await calls['search.page']({ slot: 's', query: {}, limit: 500, cursor: first.cursor, ...inPackage });
  expect([...first.rows, ...second.rows]).toEqual(whole.rows);
  await at.packages.stop();
});

test('[EX7] [RC19] transcripts show recalls, seals, corrections and order cards as they were exported', async () => {
  const store = await fullStore();
  const at = await desk(store);
  const view = await at.open(await exported(store));
  const calls = asked(at);
  const inPackage = { package: view.package_id };
  const { rows } = await calls['search.page']({
    slot: 's',
    query: { text: '九块九' },
    limit: 1,
    cursor: null,
    ...inPackage,
  });
  const page = await calls['messages.page']({ conversation_key: rows[0]!.conversation_key, limit: 50, ...inPackage });
  expect(page.messages.map(({ text, order }) => order?.title ?? text)).toEqual([
    '什么时候发货？订单 260901-123456789012345',
    '九块九',
    null,
    '【更正】九十九',
    '杯子',
  ]);
  expect(page.messages[2]).toMatchObject({
    recalled: { effect: 'maybe_seen', reason: '报错价', sealed: true },
    attachment: null,
  });
  expect(page.messages[1]).toMatchObject({ corrected_by: 'c-1-m4' });
  expect(page.messages[3]).toMatchObject({ correction_of: 'c-1-m2' });
  // Read-only: its store has no writer at all.
  expect(page.messages.every(({ recall }) => recall === null)).toBe(true);
  await at.packages.stop();
});

test('[EX7] several at once stay apart; each store is encrypted, and gone when it is closed', async () => {
  const store = await fullStore();
  const at = await desk(store);
  const all = await at.open(await exported(store));
  const masked = await at.open(await exported(store, MASK_ALL, { agents: ['客服小美'] }));
  const calls = asked(at);
  const count = async (id: string | null, text: string) =>
    (await calls['search.count']({ slot: 's', query: { text }, cap: null, ...(id === null ? {} : { package: id }) }))
      .count;
  const here = await count(null, '退货');
  expect(await count(all.package_id, '退货')).toBe(here);
  expect(await count(masked.package_id, '退货')).toBeLessThan(here);
  expect(masked.report?.about?.masks).toContain('phone');
  const folders = readdirSync(at.temp);
  expect(folders).toHaveLength(2);
  const needles = ['第5条', '买家3'].map((text) => Buffer.from(text));
  for (const folder of folders)
    for (const name of readdirSync(path.join(at.temp, folder))) {
      const bytes = readFileSync(path.join(at.temp, folder, name));
      for (const needle of needles) expect([name, bytes.includes(needle)]).toEqual([name, false]);
    }
  await at.packages.handlers['packages.close']({ package_id: all.package_id });
  expect(readdirSync(at.temp)).toHaveLength(1);
  expect(await codeOf(count(all.package_id, '退货'))).toBe('NOT_FOUND');
  expect(await count(masked.package_id, '退货')).toBeGreaterThan(0);
  // Nothing of them is among the records.
  expect(await count(null, '退货')).toBe(here);
  const { rows } = await store.auditPage({}, { limit: 50, before: null });
  expect(rows.filter(({ action }) => action === 'package.opened')).toHaveLength(2);
  await at.packages.stop();
  expect(readdirSync(at.temp)).toEqual([]);
});

test('[EX7] a package that the disk has no room for is not begun', async () => {
  const store = await fullStore();
  const file = await exported(store);
  const full = await desk(store, async () => 64 * 1024 * 1024);
  expect(await full.open(file)).toMatchObject({ state: 'failed', code: 'DISK_FULL' });
  expect(readdirSync(full.temp)).toEqual([]);
  const roomy = await desk(store, async () => 65 * 1024 * 1024);
  expect(await roomy.open(file)).toMatchObject({ state: 'open' });
  await full.packages.stop();
  await roomy.packages.stop();
});

test('[EX7] at most eight at once; what is no package is refused with its reason, and leaves nothing', async () => {
  const store = await fullStore();
  const at = await desk(store);
  const folder = temporaryFolder();
  const notOne = path.join(folder, 'notes.zip');
  writeFileSync(notOne, 'just text');
  expect(await at.open(notOne)).toMatchObject({ state: 'failed', code: 'PACKAGE_UNREADABLE' });
  const cut = path.join(folder, 'cut.zip');
  writeFileSync(cut, readFileSync(await exported(store)).subarray(0, 5_000));
  expect(await at.open(cut)).toMatchObject({ state: 'failed', code: 'PACKAGE_UNREADABLE' });
  expect(await codeOf(at.packages.handlers['packages.open']({ file: path.join(folder, 'none') }))).toBe(
    'FILE_NOT_FOUND',
  );
  expect(readdirSync(at.temp)).toEqual([]);
  const target = await exported(store, MASK_NONE, { agents: ['客服小美'], text: '退货' });
  const ids: string[] = [];
  for (let i = 0; i < MAX_PACKAGES; i++)
    ids.push((await at.packages.handlers['packages.open']({ file: target })).package_id);
  expect(await codeOf(at.packages.handlers['packages.open']({ file: target }))).toBe('TOO_MANY_PACKAGES');
  // Closed while they open: each ends, and nothing is left.
  await Promise.all(ids.map((package_id) => at.packages.handlers['packages.close']({ package_id })));
  expect(readdirSync(at.temp)).toEqual([]);
  expect((await at.packages.handlers['packages.list']({})).packages).toEqual([]);
  await at.packages.stop();
});

test('[EX7] [EX4] tampered with: each is opened with its verdict, and the messages meant carry a warning', async () => {
  const store = await open();
  await store.importRecords(
    Array.from({ length: 20 }, (_, i) =>
      importRecord({
        message_id: `m-${i}`,
        conversation_id: 'c',
        sent_at: T0 + i * 60_000,
        text: `第${i}条：发货了吗`,
      }),
    ),
  );
  const target = await exported(store);
  const files = await unpack(new Uint8Array(readFileSync(target)));
  const lines = textOf(files, FILE.records).trimEnd().split('\n');
  // Line 1 is the conversation, line 2 the newest message, m-19.
  const at = await desk(store);
  const calls = asked(at);
  const verdict = async (change: Readonly<Record<string, string | null>>) => {
    const changed = new Map<string, Uint8Array>(files);
    for (const [name, text] of Object.entries(change))
      if (text === null) changed.delete(name);
      else changed.set(name, bytesOf(text));
    const bytes = await repack(changed);
    const put: ImportRecord[] = [];
    const loaded = await loadPackage({
      source: inMemory(bytes),
      tools: verifyTools,
      put: async (records) => void put.push(...records),
      check: () => {},
      progress: () => {},
    });
    const ids = new Set(put.map(({ message_id }) => message_id));
    expect(loaded.report.ok).toBe(false);
    expect(loaded.report.damaged).toBe(loaded.damaged.length);
    return { shown: ids.size, damaged: loaded.damaged, codes: loaded.report.problems.map(({ what }) => what) };
  };
  /** And as the window shows it. */
  const shown = async (changed: ReadonlyMap<string, Uint8Array>) => {
    const file = path.join(temporaryFolder(), 'changed.zip');
    writeFileSync(file, await repack(changed));
    const view = await at.open(file);
    const page = await calls['search.page']({
      slot: 's',
      query: {},
      limit: 100,
      cursor: null,
      package: view.package_id,
    });
    const key = page.rows[0]!.conversation_key as ConversationKey;
    const transcript = await calls['messages.page']({ conversation_key: key, limit: 100, package: view.package_id });
    const damaged = page.rows.filter((row) => row.damaged).map((row) => row.message_id);
    expect(
      transcript.messages
        .filter((one) => one.damaged)
        .map((one) => one.msg_id)
        .toSorted(),
    ).toEqual(damaged.toSorted());
    expect(view.report?.ok).toBe(false);
    return damaged;
  };
  const records = (changed: readonly string[]) => ({ [FILE.records]: `${changed.join('\n')}\n` });
  const sha256 = (text: string): string => verifyTools.sha256(text);

  const text = await verdict(records(lines.toSpliced(9, 1, lines[9]!.replace('发货', '退货'))));
  expect(text).toMatchObject({ shown: 20, damaged: ['m-11'] });
  expect(text.codes).toContain('RECORD_CHANGED');
  const inWindow = records(lines.toSpliced(9, 1, lines[9]!.replace('发货', '退货')))[FILE.records] as string;
  expect(await shown(new Map([...files, [FILE.records, bytesOf(inWindow)]]))).toEqual(['m-11']);
  const unreadable = await verdict(records(lines.toSpliced(9, 1, '{"half')));
  expect(unreadable).toMatchObject({ shown: 19, damaged: [] });
  const removed = await verdict(records(lines.toSpliced(9, 1)));
  expect(removed).toMatchObject({ shown: 19, damaged: [] });
  expect(removed.codes).toContain('RECORD_REMOVED');
  const swapped = await verdict(records(lines.toSpliced(9, 2, lines[10]!, lines[9]!)));
  expect(swapped.damaged).toEqual(['m-11']);
  const twice = await verdict(records(lines.toSpliced(9, 0, lines[9]!)));
  expect(twice).toMatchObject({ shown: 20, damaged: ['m-11'] });
  const cut = await verdict(records(lines.slice(0, -3)));
  expect(cut).toMatchObject({ shown: 17, damaged: [] });
  expect(cut.codes).toContain('RECORDS_TRUNCATED');
  // A forged record whose own hash fits: what follows it names the true one.
  const { hash: _, n, prev, ...rest } = JSON.parse(lines[9]!) as Record<string, unknown>;
  const forged = chainRecord({ ...rest, text: '假的' }, n as number, prev as string, sha256).line;
  expect((await verdict(records(lines.toSpliced(9, 1, forged)))).damaged).toEqual(['m-10']);
  // Nothing of the records is changed; what stands around them is.
  for (const [change, code] of [
    [{ [FILE.page]: '<html>' }, 'FILE_CHANGED'],
    [{ [FILE.signature]: null }, 'FILE_MISSING'],
    [{ [FILE.manifest]: '{}' }, 'MANIFEST_MALFORMED'],
    [{ [FILE.index]: 'packageIndex({"scorecard":1});\n' }, 'FILE_CHANGED'],
    [{ 'notes.txt': 'x' }, 'FILE_EXTRA'],
  ] as const) {
    const found = await verdict(change);
    expect(found).toMatchObject({ shown: 20, damaged: [] });
    expect(found.codes).toContain(code);
  }
  // A message that claims what no message can be is counted, not shown.
  const odd = chainRecord({ ...rest, sender: 'nobody', sent_at: 'never' }, n as number, prev as string, sha256).line;
  expect((await verdict(records(lines.toSpliced(9, 1, odd)))).shown).toBe(19);
  await at.packages.stop();
  expect(existsSync(at.temp) && readdirSync(at.temp)).toEqual([]);
});

/** The smallest PNG there is: one white point. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);

test('[EX3] [EX5] [RC19] pictures and files travel in packages and are shown; masked packages and sealed ones have none', async () => {
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const secret = Buffer.from('what was recalled');
  const page = Buffer.from('<!doctype html><script>alert(1)</script>');
  const store = await openWithAccount();
  const with_ = (name: string, bytes: Uint8Array, mime: string) => ({
    text: '',
    attachment: { attachment_id: `att-${name}`, name, mime, bytes: bytes.length, sha256: sha256(bytes) },
  });
  await store.ingest(
    ACCOUNT,
    events(
      1,
      upserted(conversation('c-1')),
      created(message('c-1', 1, 'consumer', { kind: 'image', ...with_('a.png', PICTURE, 'image/png') })),
      created(message('c-1', 2, 'consumer', { kind: 'image', ...with_('b/../a.png', PICTURE, 'image/png') })),
      created(message('c-1', 3, 'agent', { kind: 'image', ...with_('page.png', page, 'image/png') })),
      created(message('c-1', 4, 'agent', { kind: 'image', ...with_('secret.png', secret, 'image/png') })),
      recalled('c-1', 'c-1-m4', { effect: 'both' }),
      created(
        message('c-1', 5, 'agent', { kind: 'file', ...with_('gone.zip', Buffer.from('gone'), 'application/zip') }),
      ),
    ),
  );
  const cache = createAttachmentCache({ folder: temporaryFolder(), key: new Uint8Array(32).fill(3) });
  for (const bytes of [PICTURE, page, secret]) {
    const sink = await cache.create();
    await sink.write(bytes);
    await sink.commit();
  }
  // Each file once, those that are not here too, none of a recalled message.
  expect(await store.estimate({}, { kind: 'all' })).toMatchObject({
    rows: 5,
    file_bytes: PICTURE.length + page.length + 4,
  });
  const { build, target } = packaging(store, { attachments: cache });
  const { bytes } = await build();
  const verified = await verifyBytes(bytes);
  expect(verified.problems).toEqual([]);
  const names = verified.manifest!.files.map(({ name }) => name).filter((name) => name.startsWith('attachments/'));
  // One file for two messages; the recalled one's is sealed, the other is not on this machine.
  expect(names).toEqual([sha256(PICTURE), sha256(page)].map((sum) => `attachments/${sum}`).toSorted());
  expect(verified.manifest!.omitted).toEqual(
    expect.arrayContaining([
      { what: 'attachments', why: 'not_stored', count: 1 },
      { what: 'recalled_content', why: 'sealed', count: 1 },
    ]),
  );
  const at = await desk(store);
  const view = await at.open(target);
  expect(view.report).toMatchObject({ ok: true, attachments: 2 });
  const shown = (sum: string) => at.packages.picture(`p-${view.package_id}-${sum}`);
  expect(await shown(sha256(PICTURE))).toEqual({ mime: 'image/png', bytes: new Uint8Array(PICTURE) });
  // It says it were a picture.
  expect(await shown(sha256(page))).toBeNull();
  expect(await shown(sha256(secret))).toBeNull();
  // The file changes under it: nothing of the new one is shown.
  writeFileSync(target, Buffer.concat([bytes.subarray(0, -1), Buffer.from([1])]));
  expect(await shown(sha256(PICTURE))).toBeNull();
  await at.packages.stop();

  const { report, bytes: masked } = await build({}, MASK_ALL);
  expect(report.rows).toBe(5);
  const unmasked = await verifyBytes(masked);
  expect(unmasked.manifest!.files.some(({ name }) => name.startsWith('attachments/'))).toBe(false);
  expect(unmasked.manifest!.omitted).toContainEqual({ what: 'attachments', why: 'masked', count: 4 });
  for (const each of [PICTURE, secret]) expect(Buffer.from(masked).includes(each)).toBe(false);
});

test('[EX7] [QA4] reviews written beside an opened package are a review file that merges where it was exported', async () => {
  const store = await fullStore();
  await store.putWelcome(ACCOUNT, {
    agent: { ...AGENT, role: 'qa' } as never,
    shops: [{ shop_id: 's-1' as never, name: '练习店铺', platform: 'practice', policy: null }],
  });
  const { build, target } = packaging(store);
  await build();
  const at = await desk(store);
  const view = await at.open(target);
  const { handlers } = at.packages;
  const { package_id } = view;
  const card = view.report!.card!;
  expect(card).toMatchObject({ card_id: CARD.card_id });
  const review = {
    conversation_id: 'c-1',
    agent: '客服小美',
    marks: Object.fromEntries(card.criteria.map(({ id, max }) => [id, max])),
    messages: [],
    comment: '很好',
    tags: [],
  };
  const nobody = { ...review, conversation_id: 'c-none' };
  await handlers['packages.putReview']({ package_id, review: { ...review, comment: '第一次' } });
  await handlers['packages.putReview']({ package_id, review });
  await handlers['packages.putReview']({ package_id, review: nobody });
  expect(await handlers['packages.reviews']({ package_id })).toMatchObject({ saved: false, reviews: [review, nobody] });
  // The program ends before they are saved: opened again, they are there.
  await at.packages.stop();
  const next = await desk(store);
  const { package_id: again } = await next.open(target);
  expect(await next.packages.handlers['packages.reviews']({ package_id: again })).toMatchObject({
    saved: false,
    reviews: [review, nobody],
  });
  const file = path.join(temporaryFolder(), 'review.json');
  await next.packages.handlers['packages.saveReviews']({ package_id: again, reviewer: '周质检', target: file });
  const parsed = parseReviewFile(readFileSync(file, 'utf8'))!;
  expect(parsed).toMatchObject({ reviewer: '周质检', card, reviews: [review, nobody] });
  expect(await reviewDigest(parsed)).toBe(parsed.digest);
  expect(await next.packages.handlers['packages.reviews']({ package_id: again })).toMatchObject({ saved: true });
  // Saved ones are the file's, and a package that is closed knowingly leaves none behind.
  await next.packages.handlers['packages.close']({ package_id: again });
  const { package_id: third } = await next.open(target);
  expect(await next.packages.handlers['packages.reviews']({ package_id: third })).toMatchObject({ reviews: [] });
  await next.packages.handlers['packages.putReview']({ package_id: third, review });
  await next.packages.handlers['packages.close']({ package_id: third });
  const { package_id: fourth } = await next.open(target);
  expect(await next.packages.handlers['packages.reviews']({ package_id: fourth })).toMatchObject({ reviews: [] });
  await next.packages.stop();

  let last = 0;
  const clock = createFakeClock();
  const reviewing = createReviewing({
    store,
    files: createFiles({ resolve: (handle) => handle }),
    ids: { next: () => `r${++last}`, random: () => 0 },
    audit: createAudit(store, clock),
    now: () => clock.wallNow(),
    localOffsetMinutes: () => 480,
    locale: 'zh-CN',
    program: 'test',
    onChanged: () => {},
  });
  const outcomes = async () =>
    (await reviewing.handlers['reviews.merge']({ file })).lines.map(({ conversation_id, outcome }) => [
      conversation_id,
      outcome,
    ]);
  expect(await outcomes()).toEqual([
    ['c-1', 'added'],
    ['c-none', 'unknown'],
  ]);
  // Again: nothing changes. Another opinion of the same person is a conflict, and nothing is overwritten.
  expect((await outcomes())[0]).toEqual(['c-1', 'same']);
  const { digest: _, ...body } = parsed;
  const other = { ...body, reviews: [{ ...body.reviews[0]!, comment: '一般' }] };
  writeFileSync(file, JSON.stringify({ ...other, digest: await reviewDigest(other) }));
  expect(await outcomes()).toEqual([['c-1', 'conflict']]);
  // A package that was exported elsewhere.
  const foreign = { ...body, package: { ...body.package, head: 'f'.repeat(64) } };
  writeFileSync(file, JSON.stringify({ ...foreign, digest: await reviewDigest(foreign) }));
  expect(await codeOf(reviewing.handlers['reviews.merge']({ file }))).toBe('REVIEW_PACKAGE_UNKNOWN');
});
