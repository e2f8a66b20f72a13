import type { Locale } from './index.ts';

/** Words of the desktop shell: tray, menus, notifications, and the box shown when the program cannot start. */
export interface DesktopWords {
  readonly productName: string;
  readonly show: string;
  readonly quit: string;
  readonly edit: string;
  readonly window: string;
  readonly undo: string;
  readonly redo: string;
  readonly cut: string;
  readonly copy: string;
  readonly paste: string;
  readonly selectAll: string;
  readonly minimize: string;
  readonly close: string;
  readonly enquiry: string;
  readonly reply: string;
  /** `{count}`: how many. */
  readonly summary: string;
  readonly cannotStart: string;
  /** `{host}`: where the link leads. */
  readonly openOutside: string;
  readonly openLink: string;
  readonly cancel: string;
  readonly keyMissing: string;
  readonly keyMissingNote: string;
  readonly chooseRecovery: string;
}

export const desktopWords: Readonly<Record<Locale, DesktopWords>> = {
  'zh-CN': {
    productName: '商家客服工作台',
    show: '打开工作台',
    quit: '退出',
    edit: '编辑',
    window: '窗口',
    undo: '撤销',
    redo: '重做',
    cut: '剪切',
    copy: '复制',
    paste: '粘贴',
    selectAll: '全选',
    minimize: '最小化',
    close: '关闭',
    enquiry: '新的咨询',
    reply: '消费者回复',
    summary: '离线期间有 {count} 条新消息',
    cannotStart: '工作台无法启动',
    openOutside: '在浏览器中打开 {host} 的链接？',
    openLink: '打开',
    cancel: '取消',
    keyMissing: '找不到打开这份资料的密钥',
    keyMissingNote:
      '系统钥匙串里没有它的密钥，或密钥已更换。可以：选择保存过的恢复密钥文件；换回原来的系统账户；或从备份恢复（命令行 restore）。资料没有被改动。',
    chooseRecovery: '选择恢复密钥文件…',
  },
  en: {
    productName: 'Merchant Workbench',
    show: 'Open the workbench',
    quit: 'Quit',
    edit: 'Edit',
    window: 'Window',
    undo: 'Undo',
    redo: 'Redo',
    cut: 'Cut',
    copy: 'Copy',
    paste: 'Paste',
    selectAll: 'Select all',
    minimize: 'Minimise',
    close: 'Close',
    enquiry: 'New enquiry',
    reply: 'The consumer replied',
    summary: '{count} new messages while offline',
    cannotStart: 'The workbench cannot start',
    openOutside: 'Open a link to {host} in the browser?',
    openLink: 'Open',
    cancel: 'Cancel',
    keyMissing: 'The key of these records is missing',
    keyMissingNote:
      'The system’s keychain does not have it, or has another one. Choose the recovery key’s file, go back to the former system account, or restore a backup (restore on the command line). The records were not changed.',
    chooseRecovery: 'Choose the recovery key’s file…',
  },
};
