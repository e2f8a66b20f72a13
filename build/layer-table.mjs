/**
 * What may import what (docs/architecture: the layer table), as data. The first rule whose `path` matches a file is its
 * layer; a file without a layer is a problem, so a new folder has to be thought about (fail closed).
 *
 * `path`: a prefix of the file's path; `{name}` matches one path segment and can be used again in `may`.
 * `may`: prefixes of project paths (ending in `/`), whole project files, packages by name, or `node:`.
 * `types`: further targets for `import type` (and `export type`, `import('…')` in a type) alone.
 * `never`: exceptions from `may`.
 */
const REACT = ['react', 'react-dom'];
const VIEW = [...REACT, 'zustand', 'i18next', 'react-i18next'];

export const LAYERS = [
  { path: 'shared/', may: ['shared/', 'zod'] },
  { path: 'main/core/', may: ['shared/', 'main/core/'] },
  {
    path: 'main/adapters/sqlite/',
    may: ['shared/', 'main/adapters/sqlite/', 'node:', 'zod', 'better-sqlite3'],
    types: ['main/core/ports/'],
  },
  {
    path: 'main/adapters/websocket/',
    may: ['shared/', 'main/adapters/websocket/', 'node:', 'zod', 'ws', 'https-proxy-agent'],
    types: ['main/core/ports/'],
  },
  { path: 'main/adapters/network/', may: ['shared/', 'main/adapters/network/', 'node:'], types: ['main/core/ports/'] },
  {
    path: 'main/adapters/secrets/',
    may: ['shared/', 'main/adapters/secrets/', 'node:', 'zod', 'keytar'],
    types: ['main/core/ports/'],
  },
  {
    path: 'main/adapters/files/',
    may: ['shared/', 'main/adapters/files/', 'node:', 'zod'],
    types: ['main/core/ports/'],
  },
  {
    path: 'main/adapters/attachments/',
    may: ['shared/', 'main/adapters/attachments/', 'node:'],
    types: ['main/core/ports/'],
  },
  {
    path: 'main/adapters/csv/',
    may: ['shared/', 'main/adapters/csv/', 'node:', 'zod', 'csv-parse'],
    types: ['main/core/ports/'],
  },
  {
    path: 'main/adapters/crypto/',
    may: ['shared/', 'main/adapters/crypto/', 'node:', 'zod'],
    types: ['main/core/ports/'],
  },
  {
    path: 'main/adapters/zip/',
    may: ['shared/', 'main/adapters/zip/', 'node:'],
    types: ['main/core/ports/'],
  },
  {
    path: 'main/adapters/xlsx/',
    may: ['shared/', 'main/adapters/xlsx/', 'node:', 'yazl', 'yauzl', 'sax'],
    types: ['main/core/ports/'],
  },
  {
    path: 'main/adapters/pinyin/',
    may: ['shared/', 'main/adapters/pinyin/', 'pinyin-pro'],
    types: ['main/core/ports/'],
  },
  {
    path: 'main/adapters/updater/',
    may: ['shared/', 'main/adapters/updater/', 'node:', 'electron-updater'],
    types: ['main/core/ports/'],
  },
  { path: 'main/practice/', may: ['shared/', 'main/practice/', 'node:', 'zod', 'ws'] },
  {
    path: 'main/hosts/electron/',
    may: ['shared/', 'main/', 'node:', 'zod', 'electron'],
    never: ['main/hosts/browser/', 'main/hosts/cli/'],
  },
  {
    path: 'main/hosts/browser/',
    may: ['shared/', 'main/', 'node:', 'zod', 'ws'],
    never: ['main/hosts/electron/', 'main/hosts/cli/'],
  },
  { path: 'main/hosts/cli/', may: ['shared/', 'main/', 'node:', 'zod', 'commander'], never: ['main/hosts/electron/'] },
  {
    path: 'main/hosts/',
    may: ['shared/', 'main/', 'node:', 'zod'],
    never: ['main/hosts/electron/', 'main/hosts/browser/', 'main/hosts/cli/'],
  },
  // Charts are drawn in one place, renderer/ui/Chart.tsx, which loads its library when the first one is shown.
  {
    path: 'renderer/ui/',
    may: [
      'shared/',
      'renderer/ui/',
      ...REACT,
      'antd',
      '@ant-design/icons',
      '@tanstack/react-virtual',
      'chart.js',
      'dayjs',
    ],
  },
  { path: 'renderer/bridge/', may: ['shared/', 'renderer/bridge/', 'react', 'zustand', 'zod'] },
  // The written guide, parsed when the window is built (build/guide.ts).
  {
    path: 'renderer/features/help/',
    may: ['shared/', 'renderer/ui/', 'renderer/bridge/', 'renderer/features/help/', 'virtual:guide', ...VIEW],
  },
  {
    path: 'renderer/features/{feature}/',
    may: ['shared/', 'renderer/ui/', 'renderer/bridge/', 'renderer/features/{feature}/', ...VIEW],
  },
  // Its hash is of a library, since Web Crypto knows none that goes on from piece to piece.
  {
    path: 'renderer/viewer/',
    may: ['shared/', 'renderer/ui/', 'renderer/viewer/', 'virtual:tokens.css', '@noble/hashes', 'zod', ...VIEW],
  },
  // The tokens as a stylesheet come from build/vite.renderer.config.ts.
  { path: 'renderer/', may: ['shared/', 'renderer/', 'virtual:tokens.css', ...VIEW] },
  { path: 'test/', may: ['*'] },
  { path: 'build/', may: ['*'] },
];

/** A unit test beside its source sees what the source sees, the real parts of the main process, and the test tools. */
export const UNIT_TEST = {
  may: ['node:', 'vitest', 'fast-check', 'ws', 'test/support/'],
  inMain: ['main/', 'shared/'],
};

/** Identifiers with one home each (SE1: one IPC door). Tests may name them. */
export const RESERVED_NAMES = {
  ipcMain: 'main/hosts/electron/ipc.ts',
  ipcRenderer: 'main/hosts/electron/preload.ts',
};
