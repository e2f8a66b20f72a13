import { expect, it } from 'vitest';
import { toTsv } from './tsv.ts';

it('[SR6] rows are copied with tabs, and cells with tabs or breaks are quoted', () => {
  expect(
    toTsv([
      ['客服', '消息'],
      ['小李', 12],
      ['多\n行', null],
      ['说"好"', 1],
    ]),
  ).toBe('客服\t消息\r\n小李\t12\r\n"多\n行"\t\r\n"说""好"""\t1');
});
it('[SE2] a copied text never becomes a formula', () => {
  expect(toTsv([['=1+1', '+86 138', '-x', '@a', '正常']])).toBe("'=1+1\t'+86 138\t'-x\t'@a\t正常");
  expect(toTsv([[-5]])).toBe('-5');
});
