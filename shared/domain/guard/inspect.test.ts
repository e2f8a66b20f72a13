import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBankCard, isIdNumber, isLuhn } from './detect/checksums.ts';
import { inspect, MAX_GUARD_HITS, overrideGuard, type GuardKind } from './inspect.ts';
import { createWordSet, EMPTY_WORDS } from './words.ts';

const POLICY = { send: { confirm: ['money', 'promise'], block: ['id_number'] } };

const hitsOf = (text: string, kind: GuardKind): string[] =>
  inspect(text, POLICY, EMPTY_WORDS)
    .hits.filter((hit) => hit.kind === kind)
    .map((hit) => text.slice(hit.start, hit.end));

describe('[PV4] money', () => {
  it.each([
    ['到手价¥138.00', '¥138.00'],
    ['只要￥１，２９９．００', '￥１，２９９．００'],
    ['一共138.50元', '138.50元'],
    ['再便宜20块', '20块'],
    ['给您减五块钱', '五块钱'],
    ['两百块吧', '两百块'],
    ['打8.8折', '8.8折'],
    ['给你八五折', '八五折'],
    ['对折出', '对折'],
    ['给您发红包', '红包'],
    ['好评返现', '返现'],
    ['可以补您差价', '补您差价'],
    ['原价是 299', '原价是 299'],
    ['9.9包邮', '9.9包邮'],
    ['100rmb', '100rmb'],
    ['三万元', '三万元'],
  ])('[PV4] %s', (text, hit) => {
    expect(hitsOf(text, 'money')).toContain(hit);
  });
  it.each([
    '3单元502',
    '2元件',
    '元旦快乐',
    '一块布',
    '折叠椅',
    '骨折',
    '尺码41.5',
    '第3天',
    '三元里',
    '一块儿去',
    '5公斤',
    '2026年9月1日',
    '毛衣两件',
    '骨头3根',
    '价格方面您放心',
  ])('[PV4] %s is no money', (text) => {
    expect(hitsOf(text, 'money')).toEqual([]);
  });
});

describe('[PV4] promises', () => {
  it.each([
    ['保证正品', '保证'],
    ['假一赔十', '假一赔十'],
    ['假一賠三', '假一賠三'],
    ['我们一定处理好', '一定'],
    ['全网最低价', '全网最低价'],
    ['终身质保的', '终身质保'],
    ['24小时内发货', '24小时内发货'],
    ['今天一定发货', '今天一定发货'],
    ['绝对没问题', '绝对'],
    ['无条件退货', '无条件退'],
    ['马上给您退款', '马上给您退款'],
    ['包退包换', '包退包换'],
    ['赔您三倍', '赔您三倍'],
    ['承诺三天到', '承诺'],
  ])('[PV4] %s', (text, hit) => {
    expect(hitsOf(text, 'promise')).toContain(hit);
  });
  it.each([
    '不能保证当天到',
    '无法保证',
    '不一定有货',
    '有一定的色差',
    '一定程度上',
    '您一定要小心',
    '保证金',
    '不敢承诺',
    '价格不低',
    '这个不保证的',
  ])('[PV4] %s is no promise', (text) => {
    expect(hitsOf(text, 'promise')).toEqual([]);
  });
});

describe('[PV4] phones, identity numbers, cards', () => {
  it.each([
    '13800138000',
    '138-0013-8000',
    '138 0013 8000',
    '１３８００１３８０００',
    '010-62345678',
    '0571 87654321',
    '一三八零零一三八零零零',
    '400-820-8820',
  ])('[PV4] %s is a phone', (text) => {
    expect(hitsOf(`请打${text}，谢谢`, 'phone')).toEqual([text]);
  });
  it.each([
    '订单号13800138000',
    '订单 13800138001、13800138002',
    '260901-805320551362352',
    '13800138000元',
    '¥13800138000',
    '运单号：13912345678',
    'SF1391234567890',
    '2026-09-01 12:30:55',
    '2208765432109876543',
    '192.168.1.100',
    '13800138000.50',
  ])('[PV4] %s is none', (text) => {
    expect(hitsOf(text, 'phone')).toEqual([]);
    expect(hitsOf(text, 'bank_card')).toEqual([]);
  });
  it('[PV4] numbers that the conversation knows are none', () => {
    const text = '13800138000 和 13900139000';
    const { hits } = inspect(text, POLICY, EMPTY_WORDS, { knownNumbers: new Set(['13800138000']) });
    expect(hits.map((hit) => text.slice(hit.start, hit.end))).toEqual(['13900139000']);
  });
  it('[PV4] an identity number needs its checksum, a birthday and a province', () => {
    expect(hitsOf('证件11010519491231002X', 'id_number')).toEqual(['11010519491231002X']);
    for (const wrong of ['110105194912310021', '110105194902310021', '990105194912310020', '1101051949123100'])
      expect(hitsOf(`身份证${wrong}`, 'id_number')).toEqual([]);
    expect(inspect('11010519491231002X', POLICY, EMPTY_WORDS).decision).toBe('block');
  });
  it('[PV4] changing one digit of an identity number or a card is noticed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 1, max: 9 }), (at, by) => {
        const id = '110105197503136677';
        const changed = id.slice(0, at) + String((Number(id[at]) + by) % 10) + id.slice(at + 1);
        expect(isIdNumber(changed)).toBe(false);
        const card = '6222028820018263304';
        const other = card.slice(0, at) + String((Number(card[at]) + by) % 10) + card.slice(at + 1);
        expect(isLuhn(other)).toBe(false);
        expect(isBankCard(other)).toBe(false);
      }),
    );
    expect(isIdNumber('110105197503136677')).toBe(true);
    expect(hitsOf('卡号 6222 0288 2001 8263 304', 'bank_card')).toEqual(['6222 0288 2001 8263 304']);
  });
});

describe('[PV4] addresses and other channels', () => {
  it.each([
    ['寄到浙江省杭州市西湖区文三路 478号 3幢 201', '浙江省杭州市西湖区文三路 478号 3幢 201'],
    ['建国路88号', '建国路88号'],
  ])('[PV4] %s', (text, hit) => {
    expect(hitsOf(text, 'address').join('|')).toContain(hit);
  });
  it.each(['小区门口', '超市有卖', '3号发货', '浙江省满99包邮', '2楼女装区'])('[PV4] %s is no address', (text) => {
    expect(hitsOf(text, 'address')).toEqual([]);
  });
  it.each([
    ['加我微信', '加我微信'],
    ['加我吧', '加我'],
    ['加V聊', '加V'],
    ['vx：abc12345', 'vx：abc12345'],
    ['薇信联系', '薇信'],
    ['微\u200b信', '微\u200b信'],
    ['QQ 12345678', 'QQ 12345678'],
    ['点这个链接', '链接'],
    ['看 https://evil.example.cn/a?x=1。', 'https://evil.example.cn/a?x=1'],
    ['去www.abc.com买', 'www.abc.com'],
    ['抖音搜我们', '抖音搜'],
    ['私下转账', '私下转'],
  ])('[PV4] %s', (text, hit) => {
    expect(hitsOf(text, 'contact')).toContain(hit);
  });
  it.each(['可以用微信支付', 'qq糖好吃', '加一件', '版本1.2.3', '3.5元', '加湿器'])(
    '[PV4] %s is no contact',
    (text) => {
      expect(hitsOf(text, 'contact')).toEqual([]);
    },
  );
  it('[PV4] official links pass, look-alikes do not', () => {
    const options = { officialHosts: ['shop.example.com'] };
    const links = (text: string): number =>
      inspect(text, POLICY, EMPTY_WORDS, options).hits.filter((hit) => hit.category === 'link').length;
    expect(links('https://shop.example.com/rules')).toBe(0);
    expect(links('https://help.shop.example.com/rules')).toBe(0);
    expect(links('https://evilshop.example.com/rules')).toBe(1);
    expect(links('https://shop.example.com.evil.cn/rules')).toBe(1);
    expect(links('https://shop.example.com@evil.cn/rules')).toBe(1);
  });
  it('[PV4] e-mail addresses', () => {
    expect(hitsOf('发到li.si_88@163.com吧', 'email')).toEqual(['li.si_88@163.com']);
    expect(hitsOf('@所有人 a@b', 'email')).toEqual([]);
  });
});

describe('[PV3][PV4] the report', () => {
  const words = createWordSet(
    [
      { word: '垃圾', category: 'abuse', action: 'confirm' },
      { word: '加微信', category: 'contact', action: 'block' },
      { word: '亲', category: 'habit', action: 'warn' },
    ],
    7,
  );

  it('[PV4] the strongest hit decides; the policy names kinds and categories', () => {
    const decide = (text: string, confirm: string[] = [], block: string[] = []) =>
      inspect(text, { send: { confirm, block } }, words);
    expect(decide('你好')).toEqual({ hits: [], decision: 'send', kinds: [], truncated: false, wordsVersions: [7] });
    expect(decide('亲').decision).toBe('send');
    expect(decide('亲', ['habit']).decision).toBe('confirm');
    expect(decide('亲', [], ['word']).decision).toBe('block');
    expect(decide('垃圾').decision).toBe('confirm');
    expect(decide('加微信').decision).toBe('block');
    expect(decide('5元').decision).toBe('send');
    expect(decide('5元', ['money']).decision).toBe('confirm');
    expect(decide('5元', ['money'], ['money']).decision).toBe('block');
    // A list's own action is never weakened.
    expect(decide('加微信', ['contact']).decision).toBe('block');
  });

  it("[PV3] several lists: the shop's and local additions", () => {
    const local = createWordSet([{ word: '私房价', category: 'local', action: 'confirm' }]);
    const report = inspect('亲，私房价', { send: { confirm: [], block: [] } }, [words, local]);
    expect(report.hits.map((hit) => hit.category)).toEqual(['habit', 'local']);
    expect(report.wordsVersions).toEqual([7, 0]);
    expect(inspect('亲', { send: { confirm: [], block: [] } }, [words, words]).hits).toHaveLength(1);
  });

  it('[PV3] ranges lie in the text, on whole characters, in order', () => {
    const pieces = fc.constantFrom(
      '加',
      '微',
      '信',
      '垃',
      '圾',
      '😀',
      '\u0301',
      '\u200b',
      '138',
      '0013',
      '8000',
      '元',
      '￥',
      '保证',
      ' ',
      '-',
      '@',
      'a.com',
      '北京市',
      '朝阳区',
      '路',
      '8号',
      '，',
      '\ud83d',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
        const text = parts.join('');
        let last = 0;
        for (const { start, end } of inspect(text, POLICY, words).hits) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          for (const edge of [start, end])
            expect(/^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(edge - 1, edge + 1))).toBe(false);
          last = start;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('[PV3] a megabyte of hits is bounded, and still decides', () => {
    for (const unit of [
      '亲',
      '1 ',
      '13800138000、',
      'a@b.co ',
      '北京市',
      '路1号',
      'http://a.cn/ ',
      '保证',
      '微信',
      '(((',
      '\u0301',
    ])
      expect(inspect(unit.repeat(Math.ceil((1 << 16) / unit.length)), POLICY, words).hits.length).toBeLessThanOrEqual(
        MAX_GUARD_HITS,
      );
    const mixed = '亲13800138000、a@b.co 北京市路1号 http://a.cn/ 保证5元加我 1-';
    expect(inspect(mixed.repeat(Math.ceil((1 << 20) / mixed.length)), POLICY, words)).toMatchObject({
      truncated: true,
    });
    const report = inspect(`${'亲'.repeat(2_000)}加微信`, POLICY, words);
    expect(report).toMatchObject({ truncated: true, decision: 'block' });
  });

  it('[PV3] an override says who may, asks for a reason, and records no text', () => {
    const blocked = inspect('加微信', POLICY, words);
    expect(overrideGuard(blocked, '主管同意', false)).toEqual({ ok: false, error: 'BLOCKED' });
    expect(overrideGuard(blocked, ' ', true)).toEqual({ ok: false, error: 'REASON_MISSING' });
    expect(overrideGuard(blocked, ' 主管同意 ', true)).toEqual({
      ok: true,
      value: { decision: 'block', kinds: ['contact', 'word'], wordsVersions: [7], reason: '主管同意' },
    });
    expect(overrideGuard(inspect('你好', POLICY, words), '', false)).toEqual({ ok: true, value: null });
    expect(overrideGuard(inspect('5元', POLICY, words), '', false)).toMatchObject({
      ok: true,
      value: { decision: 'confirm' },
    });
  });
});
