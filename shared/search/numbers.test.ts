import { describe, expect, it } from 'vitest';
import { createPrng } from '../lib/prng.ts';
import { mentionedNumbers, NUMBERS_LIMIT, normaliseNumber, parseNumbers } from './numbers.ts';

describe('[SR2] pasted and loaded numbers', () => {
  it('[SR2] any separator', () => {
    const list = ['10001', '10002', '10003'];
    const separators = [
      ',',
      '，',
      '、',
      ' ',
      '\u3000',
      '\t',
      ';',
      '；',
      '\n',
      '\r\n',
      '\r',
      '|',
      '｜',
      '/',
      '","',
      "'",
      '”，“',
      ' , ',
      '\u00a0',
      '：',
    ];
    for (const separator of separators) {
      expect(parseNumbers(list.join(separator)), JSON.stringify(separator)).toEqual({
        numbers: list,
        duplicates: [],
        invalid: [],
        tooMany: false,
      });
    }
    expect(parseNumbers('["10001", "10002"]').numbers).toEqual(['10001', '10002']);
  });

  it('[SR2] duplicates are merged, in the order of first appearance', () => {
    expect(parseNumbers('B0002 A0001,B0002；A0001\nC0003 B0002')).toMatchObject({
      numbers: ['B0002', 'A0001', 'C0003'],
      duplicates: ['B0002', 'A0001'],
    });
  });

  it('[SR2] malformed ones are listed with their line', () => {
    const { numbers, invalid } = parseNumbers(
      '\ufeff订单编号\r\n260901-805320551362352\r\n123, abcd\n\n2.6E+14，ok_1\r12345',
    );
    expect(numbers).toEqual(['260901-805320551362352', 'ok_1', '12345']);
    expect(invalid).toEqual([
      { line: 1, text: '订单编号' },
      { line: 3, text: '123' },
      { line: 3, text: 'abcd' },
      { line: 5, text: '2.6E+14' },
    ]);
    expect(parseNumbers(`1${'2'.repeat(64)}`).invalid).toHaveLength(1);
    expect(parseNumbers(`1${'2'.repeat(63)}`).numbers).toHaveLength(1);
  });

  it('[SR2] full width, dashes, Excel apostrophe and invisible characters are folded', () => {
    expect(parseNumbers('\'１２３４－５６\n\u200b1234–56\n1234‑56\n="1234-56"').numbers).toEqual(['1234-56']);
    expect(normaliseNumber(' ＷＧ－０１ ')).toBe('WG-01');
    expect(parseNumbers('WG-01 WG-AB').numbers).toEqual(['WG-01']);
  });

  it('[SR2] the limit is 10,000 different ones', () => {
    const many = Array.from({ length: NUMBERS_LIMIT }, (_, i) => String(100_000 + i));
    expect(parseNumbers([...many, ...many].join('\n')).tooMany).toBe(false);
    expect(parseNumbers([...many, '999999'].join('\n')).tooMany).toBe(true);
    expect(parseNumbers('').numbers).toEqual([]);
  });

  it('[SR2][IN9] numbers that a text carries', () => {
    expect(mentionedNumbers('我的订单260901-805320551362352还没发货')).toEqual(['260901-805320551362352']);
    expect(mentionedNumbers('单号１２３４５６７８９０－谢谢，WG20260901_7；WG20260901_7')).toEqual([
      '1234567890',
      'WG20260901_7',
    ]);
    expect(mentionedNumbers('价格 199.00 元，100-150 元，abcdefgh')).toEqual([]);
  });

  it('[SR2] a text of plain characters carries the same numbers as one that has to be folded', () => {
    const prng = createPrng(11);
    const pieces = [
      '123456',
      '20260901',
      'WG',
      '-',
      '_',
      '，',
      '。',
      ' ',
      '：',
      '！',
      '元',
      '订单',
      '（',
      '【',
      '~',
      '/',
      'a7',
    ];
    let carried = 0;
    for (let n = 0; n < 3_000; n++) {
      const text = Array.from({ length: 1 + prng.int(8) }, () => prng.pick(pieces)).join('');
      const numbers = mentionedNumbers(text);
      // The letter behind it is none of the plain ones.
      expect(mentionedNumbers(`${text} é`), text).toEqual(numbers);
      carried += numbers.length;
    }
    expect(carried).toBeGreaterThan(500);
    expect(mentionedNumbers('12345678—1')).toEqual(['12345678-1']);
  });
});
