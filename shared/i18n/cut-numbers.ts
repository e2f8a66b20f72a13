import type { CutColumn } from '../contract/views.ts';
import { fill } from './cli.ts';
import type { Locale } from './index.ts';

/** Numbers that a spreadsheet had cut before the file came to us (SR11): what it means, and what to do. zh-CN is the source. */
const zhCN = {
  sampled: '“{column}”一列：开头的行里有 {rows} 行的编号被表格软件改过。',
  counted: '“{column}”一列：{rows} 行的编号被表格软件改过。',
  effect: '超过 15 位的数字，末尾成了 0 或写成 6.9E+18，按真正的编号查不到这些行。',
  merged: '不同的消息可能因此有了相同的消息号，只留下一条。',
  next: '从原系统重新导出，把这一列设为文本，不要用表格软件打开后另存。',
};

type CutWords = { readonly [K in keyof typeof zhCN]: string };

const en: CutWords = {
  sampled: 'Column “{column}”: {rows} of the first rows have a number that a spreadsheet changed. ',
  counted: 'Column “{column}”: {rows} rows have a number that a spreadsheet changed. ',
  effect:
    'Of more than 15 digits the last became zeros, or 6.9E+18 stands there: the real number does not find these rows. ',
  merged: 'Different messages may have got the same message number, and one of them is kept. ',
  next: 'Export it again with this column as text, and do not save it from a spreadsheet in between.',
};

const words: Readonly<Record<Locale, CutWords>> = { 'zh-CN': zhCN, en };

/** `of`: the sample that a preview shows, or all rows. */
export function cutNumbersNote(cut: CutColumn, of: 'sample' | 'all', locale: Locale): string {
  const { sampled, counted, effect, merged, next } = words[locale];
  const { column, rows } = cut;
  const found = fill(of === 'sample' ? sampled : counted, { column, rows });
  return found + effect + (cut.field === 'message_id' ? merged : '') + next;
}
