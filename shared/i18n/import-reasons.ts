import type { Locale } from './index.ts';

const zhCN = {
  TIME_MISSING: '没有时间',
  TIME_UNREADABLE: '时间无法识别',
  SENDER_UNKNOWN: '不知道是谁发的',
  TEXT_MISSING: '没有内容',
  COLUMN_COUNT: '列数与表头不符',
  QUOTE_BROKEN: '引号没有闭合',
  ROW_TOO_LARGE: '一行太长',
  JSON_BROKEN: '不是一个完整的 JSON 对象',
  FIELD_TOO_LONG: '编号或名称太长',
  NOT_A_MESSAGE: '不是消息',
};

/** Why a row of a file is not imported (SR11): main/core/import/map-rows.ts says which, here are the words for people. */
export type ImportReasonWords = { readonly [K in keyof typeof zhCN]: string };

const en: ImportReasonWords = {
  TIME_MISSING: 'no time',
  TIME_UNREADABLE: 'unreadable time',
  SENDER_UNKNOWN: 'unknown sender',
  TEXT_MISSING: 'no text',
  COLUMN_COUNT: 'not as many columns as the header',
  QUOTE_BROKEN: 'a quote is not closed',
  ROW_TOO_LARGE: 'the row is too long',
  JSON_BROKEN: 'not a whole JSON object',
  FIELD_TOO_LONG: 'a number or name is too long',
  NOT_A_MESSAGE: 'not a message',
};

export const importReasons: Readonly<Record<Locale, ImportReasonWords>> = { 'zh-CN': zhCN, en };

/** Words for a reason as it came through the contract; an unknown one, of a newer core, stays its code. */
export function importReasonWords(reason: string, locale: Locale): string {
  const words: Readonly<Record<string, string>> = importReasons[locale];
  return Object.hasOwn(words, reason) ? (words[reason] as string) : reason;
}
