import type { Locale } from './index.ts';

/** What the command line says about keys (ST1, SE4). zh-CN is the source. */
const zhCN = {
  about: '密钥：恢复密钥、更换、搬到另一台电脑',
  passphraseFile: '口令所在的文件（没有系统钥匙串时），只用第一行',
  status: '说明密钥在哪里，恢复密钥是否已保存',
  recovery: '显示恢复密钥；第一次时生成',
  save: '保存到文件而不显示',
  recover: '钥匙串丢失后，用恢复密钥找回这份资料的密钥',
  from: '含有恢复密钥的文件；没有时从终端输入',
  sidecar: '新电脑：备份旁边的 .recovery.json；之后用 restore 恢复备份',
  rotate: '更换数据库和附件的密钥；程序须已关闭',
  removeLock: '取消应用锁（需要恢复密钥）',
  storage: '密钥保存在：{storage}',
  none: '恢复密钥：还没有生成',
  unconfirmed: '恢复密钥：已生成，还没有确认保存',
  kept: '恢复密钥：已确认保存',
  pending: '更换密钥：下次启动时',
  saved: '已保存到 {file}',
  recovered: '密钥已找回',
  adopted: '已采用备份的密钥。现在运行：restore {file}',
  rotated: '密钥已更换。之前的备份仍用旧密钥，restore 会自动使用',
  noRoom: '没有更换：空间不足或有其他程序在读取。腾出空间后重试',
  lockRemoved: '应用锁已取消',
  noLock: '没有设置应用锁',
  type: '恢复密钥（9 组，输入不显示）：',
  passphrase: '口令（输入不显示）：',
  newPassphrase: '没有系统钥匙串。设置口令，至少 12 个字符（输入不显示）：',
  again: '再输一次：',
} as const;

export type KeyWords = { readonly [K in keyof typeof zhCN]: string };

const en: KeyWords = {
  about: 'keys: recovery key, change of keys, moving to another computer',
  passphraseFile: 'file with the passphrase (where there is no keychain); its first line counts',
  status: 'where the key is, and whether the recovery key is kept',
  recovery: 'show the recovery key; made the first time',
  save: 'save it to a file instead of showing it',
  recover: 'after the keychain was lost: get this profile’s key back with the recovery key',
  from: 'file with the recovery key; else it is typed',
  sidecar: 'on a new computer: the .recovery.json beside a backup; restore the backup afterwards',
  rotate: 'change the key of database and attachments; the program has to be closed',
  removeLock: 'remove the app lock (needs the recovery key)',
  storage: 'The key is kept in: {storage}',
  none: 'Recovery key: not made yet',
  unconfirmed: 'Recovery key: made, not confirmed as kept',
  kept: 'Recovery key: confirmed as kept',
  pending: 'Change of keys: at the next start',
  saved: 'Saved to {file}',
  recovered: 'The key is back',
  adopted: 'The backup’s key is in use now. Go on with: restore {file}',
  rotated: 'Keys changed. Earlier backups keep the old key; restore uses it by itself',
  noRoom: 'Not changed: no room, or another program reads the files. Make room and try again',
  lockRemoved: 'App lock removed',
  noLock: 'No app lock is set',
  type: 'Recovery key (nine groups, not shown):',
  passphrase: 'Passphrase (not shown):',
  newPassphrase: 'There is no keychain. Choose a passphrase of at least 12 characters (not shown):',
  again: 'Once more:',
};

export const keyWords: Readonly<Record<Locale, KeyWords>> = { 'zh-CN': zhCN, en };
