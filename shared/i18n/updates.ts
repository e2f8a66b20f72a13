/** Words of the program's own updates (SE1); parts of `zh-CN.ts` and `en.ts`. */
export const updatesZh = {
  title: '更新',
  check: '检查更新',
  checking: '正在检查',
  current: '已是最新版本',
  found: '有新版本 {{version}}',
  foundSize: '有新版本 {{version}}，{{size}}',
  download: '下载',
  downloading: '正在下载 {{version}}',
  ready: '新版本 {{version}} 已下载，签名核对无误',
  install: '退出并安装',
  installNote: '安装前会保存并关闭所有内容，记录保留在原处。',
  onlyTold: '这个系统上不能核对安装包的签名，请从获得本程序的地方下载新版本。',
  off: {
    host: '浏览器里运行的工作台不会自行更新。',
    practice: '练习店铺从不联网检查更新。',
    not_configured: '这个安装包没有设置更新地址，不会联网检查。',
    insecure: '更新地址不是 https，已停用更新。',
    unsigned: '这个安装包没有签名，无法核对更新来自同一个发布者，已停用更新。',
  },
} as const;

export const updatesEn = {
  title: 'Updates',
  check: 'Check for updates',
  checking: 'Checking',
  current: 'This is the newest version',
  found: 'Version {{version}} is out',
  foundSize: 'Version {{version}} is out, {{size}}',
  download: 'Download',
  downloading: 'Downloading {{version}}',
  ready: 'Version {{version}} is here, and its signature is right',
  install: 'Quit and install',
  installNote: 'Everything is saved and closed first; the records stay where they are.',
  onlyTold: 'Nothing on this system checks who signed a package: get the new version from where you got this one.',
  off: {
    host: 'The workbench in a browser does not update itself.',
    practice: 'The practice shop never asks the network for updates.',
    not_configured: 'This build has no address for updates and asks no network.',
    insecure: 'The address for updates is not https; updates are off.',
    unsigned: 'This build is not signed, so an update could not be held to the same publisher; updates are off.',
  },
} as const;
