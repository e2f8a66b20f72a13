import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { openKeyFile } from '#main/adapters/secrets/key-file.ts';
import { readSavedSearches } from '#main/core/search/saved-searches.ts';
import { open, openWithAccount, temporaryFolder } from '../support/store-fixtures.ts';

vi.setConfig({ testTimeout: 120_000 });

const content = { range: 'any', query: { text: '退款' } } as const;

it('[SR9] saved searches are kept by name: replaced only on purpose, renamed, removed, there after a restart', async () => {
  const directory = temporaryFolder();
  let store = await open({ directory });
  const id = await store.putSavedSearch({ name: '退款', content, created_at: 5, replace: false });
  await expect(
    store.putSavedSearch({ name: '退款', content: {}, created_at: 6, replace: false }),
  ).rejects.toMatchObject({
    error: { code: 'NAME_TAKEN' },
  });
  const changed = { range: 'last7', query: { text: '退货' } };
  expect(await store.putSavedSearch({ name: '退款', content: changed, created_at: 7, replace: true })).toBe(id);
  const other = await store.putSavedSearch({ name: '漏回', content, created_at: 8, replace: false });
  await expect(store.renameSavedSearch(other, '退款')).rejects.toMatchObject({ error: { code: 'NAME_TAKEN' } });
  await expect(store.renameSavedSearch(999, '没有')).rejects.toMatchObject({ error: { code: 'NOT_FOUND' } });
  await store.renameSavedSearch(other, '未回复');
  await store.removeSavedSearch(999);
  await store.close();
  store = await open({ directory });
  expect(await store.savedSearches()).toEqual([
    { id: other, name: '未回复', content, created_at: 8 },
    { id, name: '退款', content: changed, created_at: 5 },
  ]);
  await store.removeSavedSearch(other);
  expect(await store.savedSearches()).toHaveLength(1);
});

it('[SR9] one that this version can not read is left out and stays stored', async () => {
  const store = await open();
  await store.putSavedSearch({
    name: '新版',
    content: { range: 'this-quarter', query: {} },
    created_at: 1,
    replace: false,
  });
  expect(await readSavedSearches(store)).toEqual([]);
  expect(await store.savedSearches()).toHaveLength(1);
});

const RECORD = {
  shop: '店铺',
  conversation_id: '',
  message_id: '',
  occurrence: 0,
  agent: '小李',
  consumer: '',
  sender: 'consumer',
  sent_at: Date.UTC(2026, 8, 1),
  kind: 'text',
  text: '你好',
  order_nos: [],
  violation_nos: [],
  recalled: false,
} as const;

it('[SR6] people are found by a part of their name, wildcards meant literally, only where a conversation may be seen', async () => {
  const store = await openWithAccount();
  await store.importRecords(
    ['阿云', '云中君', 'Ann_100%', 'ann'].map((consumer, n) => ({ ...RECORD, consumer, text: `你好${n}` })),
  );
  const names = async (text: string, visible: Parameters<typeof store.findPeople>[1] = { kind: 'all' }) =>
    (await store.findPeople(text, visible, 10)).map((person) => person.consumer);
  expect(await names('云')).toEqual(['云中君', '阿云']);
  expect(await names('ANN')).toEqual(['ann', 'Ann_100%']);
  expect(await names('_100%')).toEqual(['Ann_100%']);
  expect(await names('%')).toEqual(['Ann_100%']);
  expect(await names('不在')).toEqual([]);
  expect(await store.findPeople('云', { kind: 'all' }, 1)).toHaveLength(1);
  expect(
    await names('云', { kind: 'limited', sources: [], agents: [{ source: 'practice', agent_id: 'a-7' }] }),
  ).toEqual([]);
  expect(await names('云', { kind: 'limited', sources: ['import'], agents: [] })).toHaveLength(2);
});

it('[SR7] an unanswered consumer of imported records: since the first message that nobody answered', async () => {
  const store = await open();
  const at = RECORD.sent_at;
  await store.importRecords([
    { ...RECORD, consumer: '甲', sent_at: at },
    { ...RECORD, consumer: '甲', sender: 'agent', text: '在的', sent_at: at + 60_000 },
    { ...RECORD, consumer: '乙', sent_at: at + 120_000 },
    { ...RECORD, consumer: '乙', text: '人呢', sent_at: at + 180_000 },
  ]);
  const { consumers } = await store.searchConsumers({ agents: ['小李'] }, { kind: 'all' }, { limit: 10, cursor: null });
  expect(
    consumers.map(({ consumer, unanswered, unanswered_from }) => ({ consumer, unanswered, unanswered_from })),
  ).toEqual([
    { consumer: '乙', unanswered: true, unanswered_from: at + 120_000 },
    { consumer: '甲', unanswered: false, unanswered_from: undefined },
  ]);
});

it('[SR9] the command line runs a saved search by name and from a file; an option stands in the place of its part', async () => {
  const folder = temporaryFolder();
  const environment = {
    ...process.env,
    WORKBENCH_DATA: path.join(folder, 'profile'),
    WORKBENCH_KEY_FILE: path.join(folder, 'key'),
    TZ: 'Asia/Shanghai',
  };
  const cli = (...args: string[]) => {
    const main = path.resolve(import.meta.dirname, '../../main/hosts/cli/main.ts');
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args, '--json'], {
      encoding: 'utf8',
      env: environment,
    });
    return { status, stderr, json: stdout === '' ? null : (JSON.parse(stdout) as Record<string, unknown>) };
  };
  const csv = path.join(folder, 'r.csv');
  writeFileSync(
    csv,
    '时间,客服,消费者,发送方,内容,订单号\n2026-09-01 10:00:00,小李,甲,消费者,想退款,A10001\n2026-09-01 10:01:00,小李,甲,客服,好的,\n2026-09-01 11:00:00,小周,乙,消费者,退款呢,A10002\n',
  );
  expect(cli('import', csv).status).toBe(0);
  const saved = path.join(folder, 's.json');
  const search = { range: 'any', query: { text: '退款' } };
  writeFileSync(saved, JSON.stringify({ kind: 'merchant-workbench.search', version: 1, name: '退款', search }));
  expect(cli('search', '--saved-file', saved, '--count').json).toEqual({ count: 2 });
  expect(cli('search', '--saved-file', saved, '--agent', '小周', '--count').json).toEqual({ count: 1 });
  expect(cli('search', '--saved-file', saved, '--text', '好的', '--count').json).toEqual({ count: 1 });
  expect(cli('search', '--saved-file', saved, '--last', '1d', '--count').json).toEqual({ count: 0 });

  const directory = path.join(folder, 'profile', 'store');
  const key = openKeyFile(path.join(folder, 'key'), { mayCreate: false });
  const store = await openStore({ directory, key, readers: 1 });
  const numbers = { range: 'any', query: { orders: ['A10001', 'B-999'] } };
  await store.putSavedSearch({ name: '退款复查', content: search, created_at: 1, replace: false });
  await store.putSavedSearch({ name: '编号', content: numbers, created_at: 1, replace: false });
  await store.close();
  expect(cli('search', '--saved', '退款复查', '--count').json).toEqual({ count: 2 });
  expect(cli('search', '--saved', '编号', '--by', 'number').json).toMatchObject({
    numbers: [
      { number: 'A10001', hit: true, conversations: 1, messages: 2 },
      { number: 'B-999', hit: false, conversations: 0, messages: 0 },
    ],
  });
  const out = path.join(folder, 'out.csv');
  expect(cli('export', '--saved', '退款复查', '--format', 'csv', '--out', out).json).toMatchObject({ rows: 2 });
  expect(cli('export', '--saved-file', saved, '--agent', '小周', '--format', 'jsonl', '--out', out).json).toMatchObject(
    {
      rows: 1,
    },
  );
  expect(cli('search', '--saved', '没有这个').status).toBe(3);
  expect(cli('search', '--saved', '退款复查', '--by', 'number').status).toBe(2);
  expect(cli('search', '--saved', '退款复查', '--saved-file', saved).status).toBe(2);
  writeFileSync(saved, '{"kind":"else"}');
  expect(cli('search', '--saved-file', saved).stderr).toContain('FILE_FORMAT');
});
