import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkLayers } from './layers.mjs';

let root = '';
afterEach(() => rmSync(root, { recursive: true, force: true }));

function tree(files) {
  root = mkdtempSync(path.join(os.tmpdir(), 'layers-'));
  files = {
    'package.json': JSON.stringify({
      imports: { '#shared/*': './shared/*', '#main/*': './main/*', '#test/*': './test/*' },
    }),
    ...files,
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return checkLayers(root).problems.map(({ file, line, target }) => `${file}:${line} ${target}`);
}

test('[SE1] every way of importing across a layer is found, with its line', () => {
  expect(
    tree({
      'shared/a.ts': "import 'node:fs';\nimport type { X } from '#main/core/x.ts';\nexport * from 'ws';",
      'main/core/b.ts': "const later = () => import('node:path');\ntype T = import('#main/adapters/sqlite/s.ts').T;",
      'main/core/c.ts': "const name = 'ws';\nvoid import(name);",
      'main/core/d.ts': "new Worker(new URL('../adapters/sqlite/w.ts', import.meta.url));",
      'main/adapters/sqlite/e.ts':
        "import { x } from '../websocket/x.ts';\nimport { y } from '#main/core/ports/store.ts';",
      'main/adapters/sqlite/f.ts': "const k = require('keytar');",
      'main/practice/g.ts': "import '#main/core/x.ts';",
      'main/hosts/browser/h.ts': "import { app } from 'electron';",
      'renderer/ui/i.tsx': "export const I = () => <b>{String(import('../features/a/x.tsx'))}</b>;",
      'renderer/features/a/j.tsx': "import '../b/inside.ts';\nimport 'antd';",
      'main/core/k.ts': "import '#test/support/x.ts';\nimport '../../../outside.ts';",
      'stray/l.ts': '',
    }),
  ).toEqual([
    'main/adapters/sqlite/e.ts:1 ../websocket/x.ts',
    'main/adapters/sqlite/e.ts:2 #main/core/ports/store.ts',
    'main/adapters/sqlite/f.ts:1 keytar',
    'main/core/b.ts:1 node:path',
    'main/core/b.ts:2 #main/adapters/sqlite/s.ts',
    'main/core/c.ts:2 ?',
    'main/core/d.ts:1 ../adapters/sqlite/w.ts',
    'main/core/k.ts:1 #test/support/x.ts',
    'main/core/k.ts:2 ../../../outside.ts',
    'main/hosts/browser/h.ts:1 electron',
    'main/practice/g.ts:1 #main/core/x.ts',
    'renderer/features/a/j.tsx:1 ../b/inside.ts',
    'renderer/features/a/j.tsx:2 antd',
    'renderer/ui/i.tsx:1 ../features/a/x.tsx',
    'shared/a.ts:1 node:fs',
    'shared/a.ts:2 #main/core/x.ts',
    'shared/a.ts:3 ws',
    'stray/l.ts:1 ',
  ]);
});

test('[SE1] what the table allows passes: types of ports, own package, own feature, tests with their tools', () => {
  expect(
    tree({
      'main/adapters/sqlite/a.ts':
        "import type { Store } from '#main/core/ports/store.ts';\nimport D from 'better-sqlite3';\nimport 'node:fs';",
      'main/core/a.test.ts':
        "import 'vitest';\nimport 'node:fs';\nimport '#main/adapters/sqlite/a.ts';\nimport '#test/support/x.ts';",
      'renderer/features/a/v.tsx': "import './v.css';\nimport './w.ts?worker&inline';\nimport 'react/jsx-runtime';",
    }),
  ).toEqual([]);
});

test('[SE1] ipcMain and ipcRenderer have one home each', () => {
  expect(
    tree({
      'main/hosts/electron/ipc.ts': "import { ipcMain } from 'electron';\nipcMain.handle('a', () => 1);",
      'main/hosts/electron/main.ts': "import electron from 'electron';\nelectron.ipcMain.handle('a', () => 1);",
    }),
  ).toEqual(['main/hosts/electron/main.ts:2 ipcMain']);
});
