import type { Locale } from './index.ts';

/** Words inside an exported spreadsheet (EX2): names of its sheets and what stands on the sheet of context. */
export interface SpreadsheetWords {
  /** At most 31 characters, none of []:*?/\. */
  readonly records: string;
  readonly context: string;
  readonly item: string;
  readonly value: string;
  readonly program: string;
  readonly exportedAt: string;
  readonly timeZone: string;
  /** `{zone}`: e.g. UTC+08:00. */
  readonly timeZoneNote: string;
  readonly operator: string;
  readonly reason: string;
  readonly filter: string;
  readonly everything: string;
  readonly masks: string;
  readonly noMasks: string;
  readonly rows: string;
  readonly sheets: string;
  readonly hash: string;
  readonly hashNote: string;
  readonly note: string;
  readonly cut: string;
  /** `{count}`, `{listed}`. */
  readonly cutMore: string;
  /** Stands at the end of a text that a cell cannot hold. `{length}`: UTF-16 units of the whole. */
  readonly cutMark: string;
  readonly cutSheet: string;
  readonly cutLine: string;
  readonly cutRecord: string;
  readonly cutColumn: string;
  readonly cutLength: string;
  readonly cutHash: string;
}

export const spreadsheetWords: Readonly<Record<Locale, SpreadsheetWords>> = {
  'zh-CN': {
    records: '聊天记录',
    context: '导出说明',
    item: '项目',
    value: '内容',
    program: '程序',
    exportedAt: '导出时间',
    timeZone: '时区',
    timeZoneNote: '{zone}，表中时间均为导出电脑的本地时间',
    operator: '操作人',
    reason: '用途',
    filter: '筛选条件',
    everything: '无（全部可见记录）',
    masks: '遮盖项',
    noMasks: '无',
    rows: '记录行数',
    sheets: '工作表',
    hash: '行数据 SHA-256',
    hashNote:
      '每行各单元格的文本组成 JSON 数组（时间为 yyyy-MM-dd HH:mm:ss，非整秒再加 .SSS），UTF-8，行尾换行，依次相连',
    note: '算法',
    cut: '超出单元格上限而截断的单元格',
    cutMore: '共 {count} 个，以下列出前 {listed} 个',
    cutMark: '……【已截断，全文共 {length} 字，见“导出说明”】',
    cutSheet: '工作表',
    cutLine: '行',
    cutRecord: '编号',
    cutColumn: '列',
    cutLength: '全文字数',
    cutHash: '全文 SHA-256',
  },
  en: {
    records: 'Records',
    context: 'About this export',
    item: 'Item',
    value: 'Value',
    program: 'Program',
    exportedAt: 'Exported at',
    timeZone: 'Time zone',
    timeZoneNote: '{zone}; all times are local times of the exporting computer',
    operator: 'Operator',
    reason: 'Reason',
    filter: 'Filter',
    everything: 'none (all visible records)',
    masks: 'Masks',
    noMasks: 'none',
    rows: 'Rows',
    sheets: 'Sheets',
    hash: 'SHA-256 of the rows',
    hashNote:
      'each row as a JSON array of its cells’ texts (times as yyyy-MM-dd HH:mm:ss, with .SSS where not a whole second), UTF-8, ended by a line feed, one after the other',
    note: 'Computed from',
    cut: 'Cells cut to the length a cell can hold',
    cutMore: '{count}; the first {listed} are listed',
    cutMark: '… [cut; {length} characters in all, see “About this export”]',
    cutSheet: 'Sheet',
    cutLine: 'Row',
    cutRecord: 'Id',
    cutColumn: 'Column',
    cutLength: 'Characters in all',
    cutHash: 'SHA-256 of the whole',
  },
};
