import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Order } from '../../protocol/entities.ts';
import { chosenMasks, MASK_ALL, MASK_KINDS, MASK_NONE, parseMaskChoices, type MaskChoices } from './choices.ts';
import { CORPUS } from './corpus.fixture.ts';
import {
  findPersonal,
  maskAddress,
  maskDocumentNumber,
  maskEmail,
  maskIdNumber,
  maskName,
  maskOrderCard,
  maskPhone,
  maskText,
} from './mask.ts';
import { createPseudonyms, pseudonymFromDigest, pseudonymInput } from './pseudonym.ts';

const only = (...kinds: readonly (typeof MASK_KINDS)[number][]): MaskChoices => ({
  ...MASK_NONE,
  ...Object.fromEntries(kinds.map((kind) => [kind, true])),
});

/** Fragments that masks meet, whole, cut and masked already. */
const fragments = fc.constantFrom(
  '13800138000',
  '138-0013-8000',
  '138****8000',
  '010-62345678',
  '110105197503136677',
  '110105********6677',
  '6222028820018263304',
  '***************3304',
  '张三',
  '景**',
  '景甜',
  '欧阳娜娜',
  '收件人：',
  '姓名',
  '我叫',
  '联系人 ',
  '先生',
  '女士',
  '电话',
  '地址：',
  '北京市朝阳区',
  '建国路88号',
  '****',
  '西湖区',
  '3栋502',
  'a@b.com',
  'a***@b.com',
  '微信',
  'QQ',
  'abc_12345',
  '12345678',
  '：',
  '，',
  ' ',
  '😀',
  '\u200b',
  '\u0301',
  '１３８',
  '订单号',
  '元',
  '好的',
  '小王爱吃鱼',
  '买家-ABCDEFGHJK',
  '\n',
  '+86 ',
  '*',
  '买家',
);
const text = fc.array(fragments, { maxLength: 14 }).map((parts) => parts.join(''));

describe('[EX5] forms', () => {
  it.each([
    ['电话13800138000', '电话138****8000'],
    ['＋８６　１３８００１３８０００', '＋86 138****8000'],
    ['138-0013-8000', '138****8000'],
    ['010-62345678', '010-****5678'],
    ['110105197503136677', '110105********6677'],
    ['11010519491231002x', '110105********002X'],
    ['卡6222028820018263304', '卡***************3304'],
    ['收件人：景甜', '收件人：景**'],
    ['歐陽娜娜女士', '歐陽**女士'],
    ['地址：北京市朝阳区建国路88号', '地址：北京市朝阳区****'],
    ['寄到幸福小区3栋502', '寄到****'],
    ['a.b@qq.com', 'a***@qq.com'],
    ['微信abc_12345', '微信a****'],
    ['QQ：12345678', 'QQ：1****'],
    ['王先生，订单260901-805320551362352，138元', '王先生，订单260901-805320551362352，138元'],
  ])('[EX5] %s', (before, after) => {
    expect(maskText(before, MASK_ALL)).toBe(after);
  });

  it('[EX5] fields', () => {
    expect([
      maskName('景甜'),
      maskName('欧阳娜'),
      maskName('Tom'),
      maskName('😀小王'),
      maskName(''),
      maskName('景**'),
    ]).toEqual(['景**', '欧阳**', 'T**', '😀**', '', '景**']);
    expect([
      maskPhone('138 0013 8000'),
      maskPhone('+8613800138000'),
      maskPhone('62345678'),
      maskPhone('无'),
      maskPhone('138****8000'),
    ]).toEqual(['138****8000', '138****8000', '****5678', '无', '138****8000']);
    expect(maskIdNumber('110105750313667')).toBe('110105*****3667');
    expect(maskAddress('浙江省 杭州市 西湖区 文三路 478号')).toBe('浙江省 杭州市 西湖区****');
    expect(maskAddress('文三路478号')).toBe('****');
    expect(maskAddress(maskAddress('浙江省杭州市西湖区文三路478号'))).toBe('浙江省杭州市西湖区****');
    expect(maskEmail('someone@example.com')).toBe('s***@example.com');
    expect(maskDocumentNumber('6222 0288 2001 8263 304')).toBe('***************3304');
    expect(maskDocumentNumber('110105197503136677')).toBe('110105********6677');
  });

  it('[EX5] only what was chosen', () => {
    const line = '张三，13800138000，北京市朝阳区建国路88号，a@b.com';
    expect(maskText(line, MASK_NONE)).toBe(line);
    expect(maskText(line, only('phone'))).toBe('张三，138****8000，北京市朝阳区建国路88号，a@b.com');
    expect(maskText(line, only('name'))).toBe('张**，13800138000，北京市朝阳区建国路88号，a@b.com');
    expect(maskText(line, only('address', 'email'))).toBe('张三，13800138000，北京市朝阳区****，a***@b.com');
  });

  it('[EX5] choices from the command line', () => {
    expect(parseMaskChoices('all')).toEqual({ ok: true, value: MASK_ALL });
    expect(parseMaskChoices('none')).toEqual({ ok: true, value: MASK_NONE });
    const parsed = parseMaskChoices('phone,id, Card');
    expect(parsed.ok && chosenMasks(parsed.value)).toEqual(['phone', 'id', 'card']);
    expect(parseMaskChoices('phone,adress')).toEqual({ ok: false, error: { unknown: ['adress'] } });
    expect(parseMaskChoices(' ')).toMatchObject({ ok: false });
  });
});

describe('[EX5] names that are known', () => {
  const names = [
    { name: '小王爱吃鱼', replacement: '买家-ABCDEFGHJK' },
    { name: '客服小美' },
    { name: 'tom' },
    { name: '好' },
  ];

  it.each([
    ['小王爱吃鱼您好', '买家-ABCDEFGHJK您好'],
    ['小王愛吃魚 在吗', '买家-ABCDEFGHJK 在吗'],
    ['客服小美为您服务', '客**为您服务'],
    ['Tom在吗 tomato', 'T**在吗 tomato'],
    ['好的', '好的'],
    ['买家-ABCDEFGHJK您好', '买家-ABCDEFGHJK您好'],
  ])('[EX5] %s', (before, after) => {
    expect(maskText(before, MASK_ALL, { names })).toBe(after);
  });

  it('[EX5] a name that is part of its own pseudonym is not masked again', () => {
    const context = { names: [{ name: '买家', replacement: '买家-ABCDEFGHJK' }] };
    const once = maskText('买家您好', MASK_ALL, context);
    expect(once).toBe('买家-ABCDEFGHJK您好');
    expect(maskText(once, MASK_ALL, context)).toBe(once);
  });
});

it('[EX5] a number of the record stays, also where letters are stuck to it and it looks like a phone', () => {
  const context = { keep: new Set(['JD13800138000', '13911112222a']) };
  const text = '我的 jd13800138000 和 13911112222A，还有 JD13800138001';
  expect(maskText(text, MASK_ALL, context)).toBe('我的 jd13800138000 和 13911112222A，还有 JD138****8001');
});

describe('[EX5] properties', () => {
  const contexts = fc.constantFrom(
    {},
    { names: [{ name: '小王爱吃鱼', replacement: '买家-ABCDEFGHJK' }, { name: '张三' }] },
  );

  it('[EX5] idempotent, for any choice', () => {
    const choices = fc.record(
      Object.fromEntries(MASK_KINDS.map((kind) => [kind, fc.boolean()])) as Record<
        keyof MaskChoices,
        fc.Arbitrary<boolean>
      >,
    );
    fc.assert(
      fc.property(text, choices, contexts, (line, chosen, context) => {
        const masked = maskText(line, chosen, context);
        expect(maskText(masked, chosen, context)).toBe(masked);
      }),
      { numRuns: 2_000 },
    );
  });

  it('[EX5] spans lie in the text, in order and apart', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (line) => {
        let last = 0;
        for (const span of findPersonal(line, MASK_ALL)) {
          expect(span.start).toBeGreaterThanOrEqual(last);
          expect(span.end).toBeGreaterThan(span.start);
          last = span.end;
        }
        expect(last).toBeLessThanOrEqual(line.length);
      }),
      { numRuns: 500 },
    );
  });

  it('[EX5] full width, invisible characters and bold digits hide nothing from the mask', () => {
    const wide = (line: string): string =>
      line.replace(/[0-9]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
    const bold = (line: string): string =>
      line.replace(/[0-9]/g, (digit) => String.fromCodePoint(0x1d7ce + Number(digit)));
    const joined = (line: string): string => line.replace(/([0-9])/g, '$1\u200b');
    for (const line of ['电话13800138000', '110105197503136677', '6222028820018263304'])
      for (const disguise of [wide, bold, joined])
        expect(maskText(disguise(line), MASK_ALL).replace('\u200b', '')).toBe(maskText(line, MASK_ALL));
  });

  it('[EX5] a megabyte on one line', () => {
    const lines = CORPUS.map((line) => line.replace(/⟦.:(.*?)⟧/gu, '$1')).join('，');
    const long = lines.repeat(Math.ceil((1 << 20) / lines.length));
    const masked = maskText(long, MASK_ALL);
    expect(masked).not.toContain('13812345678，');
    expect(masked).toContain('138****5678');
  });
});

describe('[EX5] order cards and pseudonyms', () => {
  it('[EX5] an order card keeps number and amount', () => {
    const order: Order = {
      order_no: '13800138000',
      title: '定制杯 收件人：张三 13900139000 订单13800138000',
      amount: '138.00',
      status: '已发往北京市朝阳区建国路88号',
    };
    expect(maskOrderCard(order, MASK_ALL)).toEqual({
      order_no: '13800138000',
      title: '定制杯 收件人：张** 139****9000 订单13800138000',
      amount: '138.00',
      status: '已发往北京市朝阳区****',
    });
  });

  /** Not SHA-256: the real one is the host's. Enough to see that salt, scope and id all count. */
  const mix = (bytes: Uint8Array): Uint8Array => {
    const out = new Uint8Array(32);
    let state = 2_166_136_261;
    for (let round = 0; round < 32; round++) {
      for (const byte of bytes) state = Math.imul(state ^ byte, 16_777_619) >>> 0;
      out[round] = state >>> 24;
    }
    return out;
  };
  const salted = (first: number) =>
    createPseudonyms({ salt: new Uint8Array(16).fill(first), sha256: mix, label: '买家' });

  it('[EX5] the same consumer, the same pseudonym within one export, another in the next', () => {
    const here = salted(1);
    expect(here.of('acc-1', 'c-1')).toBe(salted(1).of('acc-1', 'c-1'));
    expect(here.of('acc-1', 'c-1')).toMatch(/^买家-[A-HJ-NP-Z]{10}$/);
    const all = [
      here.of('acc-1', 'c-1'),
      here.of('acc-1', 'c-2'),
      here.of('acc-2', 'c-1'),
      here.of('acc-1c', '-1'),
      salted(2).of('acc-1', 'c-1'),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(() => createPseudonyms({ salt: new Uint8Array(8), sha256: mix, label: '' })).toThrow(/salt/);
  });

  it('[EX5] Web Crypto gives the same as a synchronous hash', async () => {
    const input = pseudonymInput(new Uint8Array(16), 'acc', 'c-1');
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', input));
    const sync = createPseudonyms({ salt: new Uint8Array(16), sha256: () => digest, label: 'C' });
    expect(sync.of('acc', 'c-1')).toBe(pseudonymFromDigest(digest, 'C'));
  });

  it('[EX5] many consumers have as many pseudonyms, also beyond what is remembered', async () => {
    const salt = new Uint8Array(16).fill(7);
    const seen = new Set<string>();
    for (let index = 0; index < 2_000; index++)
      seen.add(
        pseudonymFromDigest(
          new Uint8Array(await crypto.subtle.digest('SHA-256', pseudonymInput(salt, 'acc', `c-${index}`))),
          'C',
        ),
      );
    expect(seen.size).toBe(2_000);
    const cached = salted(3);
    const first = cached.of('acc', 'c-0');
    for (let index = 1; index < 50_100; index++) cached.of('acc', `c-${index}`);
    expect(cached.of('acc', 'c-0')).toBe(first);
  });
});
