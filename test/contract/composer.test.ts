import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createPinyin } from '#main/adapters/pinyin/pinyin.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import { createXlsxWriter } from '#main/adapters/xlsx/xlsx-writer.ts';
import { createReplies } from '#main/core/composer/replies.ts';
import { createClock } from '#main/hosts/clock.ts';
import { startPracticeGateway, type PracticeGateway } from '#main/practice/index.ts';
import { unpackWords } from '#shared/domain/guard/packed.ts';
import type { GuardHit } from '#shared/domain/guard/inspect.ts';
import { hitName } from '#shared/domain/guard/inspect.ts';
import type { ConversationKey, ShopId } from '#shared/domain/ids.ts';
import { runApp, temporaryDirectory, TEST_ACCOUNT, type RunningApp } from '#test/support/running-app.ts';
import { settle, until } from '#test/support/wait.ts';

/** Guards, word lists, quick replies and articles through the door, over the practice gateway and a real store. */
const ME = 'a-xiaomei';
const SHOP = 's-qinghe' as ShopId;
const PLACE = { account_id: TEST_ACCOUNT, shop_id: SHOP };

let gateway: PracticeGateway;
let directory: { readonly path: string; remove(): Promise<void> };
let app: RunningApp;

beforeEach(async () => {
  directory = await temporaryDirectory();
  gateway = await startPracticeGateway({ rate: 0, seed: 3 });
  app = await runApp({ directory: directory.path, url: gateway.url, token: gateway.token });
  await app.live();
  await until('the word list', async () => (await app.call('words.local', PLACE)).list.version === 3);
});

afterEach(async () => {
  await app.close();
  await gateway.close();
  await directory.remove();
});

async function mine(name = '买家甲'): Promise<{ readonly id: string; readonly key: ConversationKey }> {
  const { conversation_id } = gateway.control.newEnquiry({ shop_id: SHOP, text: '在吗', name, assign_to: ME });
  return { id: conversation_id, key: await app.key(conversation_id) };
}

const sentTo = (id: string): (string | null)[] =>
  gateway.control
    .messages(id)
    .filter(({ message }) => message.sender.role === 'agent')
    .map(({ message }) => message.text);

const hitsOf = (refusal: { details: unknown }): readonly GuardHit[] =>
  (refusal.details as { readonly hits: readonly GuardHit[] }).hits;

async function heldWords(): Promise<string[]> {
  const words: string[] = [];
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof app.call<'words.page'>>> = await app.call('words.page', { ...PLACE, after });
    words.push(...unpackWords(page.packed).map(({ word }) => word));
    after = page.next;
    if (after === null) return words;
  }
}

describe('before a text goes out', () => {
  it('[PV4] money and promises ask; what was not seen asks again; the confirmation is audited without the text', async () => {
    const { id, key } = await mine();
    const text = '售价 59 元，保证正品';
    const refusal = await app.refusal('messages.send', { conversation_key: key, text });
    expect(refusal.code).toBe('GUARD_CONFIRM');
    const names = hitsOf(refusal)
      .filter(({ action }) => action === 'confirm')
      .map(hitName);
    expect(new Set(hitsOf(refusal).map(({ kind }) => kind))).toEqual(new Set(['money', 'promise']));
    // The list of what was seen is what counts, not that something was.
    const partly = names.filter((name) => name.startsWith('money'));
    expect(
      (await app.refusal('messages.send', { conversation_key: key, text, confirmed: { hits: partly } })).code,
    ).toBe('GUARD_CONFIRM');
    await settle(50);
    expect(sentTo(id)).toEqual([]);
    await app.call('messages.send', { conversation_key: key, text, confirmed: { hits: names } });
    await until('sent', () => sentTo(id).length === 1);
    expect(JSON.stringify(refusal.details)).not.toContain('保证正品');
  });

  it('[PV4] [PV8] a link of the knowledge base is no other channel; one that looks like it is', async () => {
    const { id, key } = await mine();
    gateway.control.setRole(ME, 'supervisor');
    gateway.control.changePolicy(SHOP, { send: { confirm: ['contact'] } });
    await until('role and policy', async () => {
      const { agent, shops } = await app.account();
      const policy = shops.find(({ shop_id }) => shop_id === SHOP)?.policy;
      return agent?.role === 'supervisor' && policy?.send.confirm.includes('contact') === true;
    });
    const text = '规则见 https://rule.example.com/price';
    expect((await app.refusal('messages.send', { conversation_key: key, text })).code).toBe('GUARD_CONFIRM');
    const content = {
      title: '价格',
      body: '以页面为准',
      links: [{ label: '', url: 'https://rule.example.com/' }],
      tags: [],
    };
    const article = { account_id: TEST_ACCOUNT, article_id: null, base_version: 0, shop_id: SHOP, content };
    const saved = await app.call('articles.save', article);
    await app.call('messages.send', { conversation_key: key, text });
    await until('sent', () => sentTo(id).length === 1);
    for (const other of ['https://rule.example.com.evil.cn/', 'https://rule-example.com', '加微信'])
      expect((await app.refusal('messages.send', { conversation_key: key, text: other })).code).toBe('GUARD_CONFIRM');
    // Taken out of use, its links are nobody's.
    const { article_id, version: base_version } = saved;
    await app.call('articles.save', { ...article, article_id, base_version, removed: true });
    expect((await app.refusal('messages.send', { conversation_key: key, text: `${text}?` })).code).toBe(
      'GUARD_CONFIRM',
    );
  });

  it('[PV3] a blocked word is refused through disguises; an override needs role, reason, and reaches the gateway', async () => {
    const { id, key } = await mine();
    const text = '不要参与刷*单';
    const refusal = await app.refusal('messages.send', { conversation_key: key, text });
    expect(refusal.code).toBe('GUARD_BLOCKED');
    const hits = hitsOf(refusal).map(hitName);
    expect(hitsOf(refusal).map(({ start, end }) => text.slice(start, end))).toEqual(['刷*单']);
    for (const override_reason of ['', ' ', '短'])
      expect(
        (await app.refusal('messages.send', { conversation_key: key, text, confirmed: { hits, override_reason } }))
          .code,
      ).toBe('GUARD_BLOCKED');
    await app.call('messages.send', {
      conversation_key: key,
      text,
      confirmed: { hits, override_reason: '提醒消费者' },
    });
    await until('sent', () => sentTo(id).length === 1);
    expect(sentTo(id)).toEqual([text]);

    // The policy takes the right away: neither here nor there.
    gateway.control.changePolicy(SHOP, { send: { override_roles: [] } });
    await until('the new policy', async () => {
      const shop = (await app.account()).shops.find(({ shop_id }) => shop_id === SHOP);
      return shop?.policy?.send.override_roles?.length === 0;
    });
    expect(
      (
        await app.refusal('messages.send', {
          conversation_key: key,
          text,
          confirmed: { hits, override_reason: '提醒消费者' },
        })
      ).code,
    ).toBe('GUARD_BLOCKED');
    expect(sentTo(id)).toHaveLength(1);
  });

  it('[PV9] the same text within three seconds asks; elsewhere, cancelled or confirmed it does not', async () => {
    const { id, key } = await mine();
    const other = await mine('买家乙');
    await app.call('messages.send', { conversation_key: key, text: '马上处理' });
    expect((await app.refusal('messages.send', { conversation_key: key, text: '马上处理' })).code).toBe('SAME_TEXT');
    await app.call('messages.send', { conversation_key: other.key, text: '马上处理' });
    await app.call('messages.send', { conversation_key: key, text: '马上处理', confirmed: { hits: [], repeat: true } });
    await until('both', () => sentTo(id).length === 2);
    await app.call('settings.set', { send_delay_ms: 30_000 });
    const { client_msg_id } = await app.call('messages.send', { conversation_key: key, text: '请稍等' });
    await app.call('messages.cancel', { client_msg_id });
    await app.call('messages.send', { conversation_key: key, text: '请稍等' });
  });

  it('[PV7] a variable that is not filled, and a text beyond the policy’s length, counted as the gateway counts', async () => {
    const { id, key } = await mine();
    expect((await app.refusal('messages.send', { conversation_key: key, text: '订单{订单号}已发出' })).code).toBe(
      'NOT_FILLED',
    );
    expect((await app.refusal('messages.send', { conversation_key: key, text: '😀'.repeat(2_049) })).code).toBe(
      'TOO_LONG',
    );
    await app.call('messages.send', { conversation_key: key, text: '😀'.repeat(2_048) });
    await until('sent', () => sentTo(id).length === 1);
  });
});

describe('word lists', () => {
  it('[PV3] synced by difference, stored, told to the window, there again after a restart, counted offline', async () => {
    const words = await heldWords();
    expect(words).toContain('刷单');
    expect(words).not.toContain('秒杀价');
    gateway.control.changeWords(SHOP, {
      add: [{ word: '内测优惠', category: 'fraud', action: 'block' }],
      remove: ['刷单'],
    });
    await until('version 4', async () => (await app.call('words.local', PLACE)).list.version === 4);
    const changed = await heldWords();
    expect(changed).toContain('内测优惠');
    expect(changed).not.toContain('刷单');
    expect(app.topics.filter(({ topic }) => topic === 'words').length).toBeGreaterThan(0);

    const { id, key } = await mine();
    gateway.control.fault('refuse', 3_600);
    await app.close();
    app = await runApp({ directory: directory.path, url: gateway.url, token: gateway.token });
    expect((await app.refusal('messages.send', { conversation_key: key, text: '有内 测 优惠' })).code).toBe(
      'GUARD_BLOCKED',
    );
    await app.call('messages.send', { conversation_key: key, text: '刷单' });
    gateway.control.fault('none');
    await app.call('accounts.reconnect', { account_id: TEST_ACCOUNT });
    await until('sent', () => sentTo(id).length === 1);
  });

  it('[PV3] [AD1] supervisors add words of their own, which count at once and survive; others can’t', async () => {
    const { key } = await mine();
    const view = await app.call('words.edit_local', {
      ...PLACE,
      add: [{ word: '员工内购', category: 'local', action: 'confirm' }],
      remove: [],
    });
    expect(view.local).toMatchObject([{ word: '员工内购', action: 'confirm', added_by: '客服小美' }]);
    expect((await app.refusal('messages.send', { conversation_key: key, text: '走员 工 内购' })).code).toBe(
      'GUARD_CONFIRM',
    );
    await app.close();
    app = await runApp({ directory: directory.path, url: gateway.url, token: gateway.token });
    expect((await app.call('words.local', PLACE)).local).toHaveLength(1);
    gateway.control.setRole(ME, 'agent');
    await until('an agent’s role', async () => (await app.account()).agent?.role === 'agent');
    expect((await app.refusal('words.edit_local', { ...PLACE, add: [], remove: ['员工内购'] })).code).toBe(
      'NO_PERMISSION',
    );
    expect((await app.call('words.local', PLACE)).may_edit).toBe(false);
  });
});

describe('quick replies', () => {
  const service = () =>
    createReplies({
      store: app.store,
      files: createFiles({ resolve: (handle) => join(directory.path, handle) }),
      csv: createCsvReader(),
      spreadsheets: { reader: createXlsxReader(), writer: createXlsxWriter() },
      pinyin: createPinyin(),
      clock: createClock(),
      audit: { write: async () => undefined },
      permit: async () => (await app.account()).agent!,
      locale: 'zh-CN',
      practice: false,
      program: 'Test 1',
      onChanged: () => undefined,
    });

  it('[PV7] exported and imported again nothing changes, in both formats; a formula stays text', async () => {
    const replies = service();
    await replies['replies.add_defaults']({ ...PLACE, scope: 'personal' });
    await replies['replies.save']({
      ...PLACE,
      id: null,
      scope: 'shop',
      reply: { group: '算式', title: '', body: '=1+1 等于几\n第二行，"引号"' },
    });
    const before = (await replies['replies.list'](PLACE)).replies;
    expect(before.find(({ scope }) => scope === 'shop')).toMatchObject({ title: '=1+1 等于几', group: '算式' });
    for (const format of ['csv', 'xlsx'] as const) {
      const { rows } = await replies['replies.export']({ ...PLACE, scope: null, target: `out.${format}`, format });
      expect(rows).toBe(before.length);
      for (const scope of ['personal', 'shop'] as const) {
        const { added, replaced, unchanged, rejected } = await replies['replies.import']({
          ...PLACE,
          scope,
          file: `out.${format}`,
        });
        expect([replaced, rejected]).toEqual([0, []]);
        expect(added + unchanged).toBe(before.length);
      }
      for (const reply of (await replies['replies.list'](PLACE)).replies)
        if (!before.some(({ id }) => id === reply.id)) await replies['replies.remove']({ ...PLACE, id: reply.id });
    }
    expect((await replies['replies.list'](PLACE)).replies).toEqual(before);
    expect((await readFile(join(directory.path, 'out.csv'))).subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
  });

  it('[PV7] files of other programs: other headers, broken rows by line, the same title replaced', async () => {
    const replies = service();
    await replies['replies.save']({
      ...PLACE,
      id: null,
      scope: 'personal',
      reply: { group: '物流', title: '催件', body: '旧' },
    });
    await writeFile(
      join(directory.path, 'in.csv'),
      `分类,快捷词,话术内容\r\n物流,催件,已为您催件\r\n物流,空,\r\n,,只有内容的一条话术\r\n物流,长,"${'长'.repeat(2_001)}"\r\n`,
    );
    const result = await replies['replies.import']({ ...PLACE, scope: 'personal', file: 'in.csv' });
    expect(result).toEqual({
      added: 1,
      replaced: 1,
      unchanged: 0,
      rejected: [
        { line: 3, reason: 'NO_TEXT' },
        { line: 5, reason: 'TOO_LONG' },
      ],
    });
    const { replies: list } = await replies['replies.list'](PLACE);
    expect(list.map(({ title, body }) => [title, body])).toContainEqual(['催件', '已为您催件']);
    expect(list.find(({ title }) => title === '催件')).toMatchObject({ spelled: expect.stringMatching(/^cui jian/) });
    await writeFile(join(directory.path, 'bad.csv'), '甲,乙\r\n1,2\r\n');
    await expect(replies['replies.import']({ ...PLACE, scope: 'personal', file: 'bad.csv' })).rejects.toMatchObject({
      error: { code: 'FILE_FORMAT' },
    });
  });

  it('[PV7] [AD1] a shop’s replies are its supervisors’, one’s own are one’s own', async () => {
    const reply = { group: '', title: '店铺的', body: '大家好' };
    const { id } = await app.call('replies.save', { ...PLACE, id: null, scope: 'shop', reply });
    gateway.control.setRole(ME, 'agent');
    await until('an agent’s role', async () => (await app.account()).agent?.role === 'agent');
    expect((await app.refusal('replies.save', { ...PLACE, id, scope: 'shop', reply })).code).toBe('NO_PERMISSION');
    expect((await app.refusal('replies.remove', { ...PLACE, id })).code).toBe('NO_PERMISSION');
    // Not by another name either.
    expect((await app.refusal('replies.save', { ...PLACE, id, scope: 'personal', reply })).code).toBe('NOT_FOUND');
    await app.call('replies.save', { ...PLACE, id: null, scope: 'personal', reply });
    const view = await app.call('replies.list', PLACE);
    expect([view.may_edit_shop, view.replies.length]).toEqual([false, 2]);
  });
});

describe('knowledge base', () => {
  const content = {
    title: '退货',
    body: '七天内可以退',
    links: [{ label: '规则', url: 'https://example.com/' }],
    tags: [],
  };
  const first = { account_id: TEST_ACCOUNT, article_id: null, base_version: 0, shop_id: null, content };

  it('[PV8] versions: the next one on top of the newest only, every one stays, a withdrawn one is found no more', async () => {
    const { article_id } = await app.call('articles.save', first);
    const next = { ...first, article_id, base_version: 1, content: { ...content, body: '十天内可以退' } };
    await app.call('articles.save', next);
    expect(await app.refusal('articles.save', next)).toMatchObject({ code: 'STALE_STATE', details: { current: 2 } });
    const versions = await app.call('articles.versions', { account_id: TEST_ACCOUNT, article_id });
    expect(versions.map(({ version, body }) => [version, body])).toEqual([
      [2, '十天内可以退'],
      [1, '七天内可以退'],
    ]);
    await app.call('articles.save', { ...next, base_version: 2, removed: true });
    expect((await app.call('articles.list', { account_id: TEST_ACCOUNT, shop_id: null })).articles).toEqual([]);
    expect(await app.call('articles.versions', { account_id: TEST_ACCOUNT, article_id })).toHaveLength(3);
  });

  it('[PV8] [SE2] links are plain https to a named host; an article of one shop is not another’s', async () => {
    for (const url of [
      'http://example.com/',
      'javascript:alert(1)',
      'https://a:b@example.com/',
      'https://1.2.3.4/',
      '规则',
    ])
      expect(
        (await app.refusal('articles.save', { ...first, content: { ...content, links: [{ label: '', url }] } })).code,
      ).toBe('BAD_INPUT');
    await app.call('articles.save', { ...first, shop_id: SHOP });
    const listed = async (shop: string) =>
      (await app.call('articles.list', { account_id: TEST_ACCOUNT, shop_id: shop as ShopId })).articles.length;
    expect([await listed(SHOP), await listed('s-senyu')]).toEqual([1, 0]);
  });
});
