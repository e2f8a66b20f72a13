import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const at = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url));

/** What cannot be bundled: Electron itself and packages with native code. */
const EXTERNAL = ['electron', 'better-sqlite3', 'keytar', /^node:/];

/**
 * `vite build`: desktop host, command line and all workers into dist/main, flat, because workers are found beside the
 * bundle. `vite build --mode preload`: the preload script, which as a sandboxed one must be a single CommonJS file. `vite build
 * --mode faults`: the programs that `npm run kill` starts thousands of times.
 */
export default defineConfig(({ mode }) => ({
  root: at('.'),
  publicDir: false,
  ssr: { noExternal: true },
  build: {
    ssr: true,
    outDir: at(mode === 'faults' ? 'dist/faults' : 'dist/main'),
    emptyOutDir: mode !== 'preload',
    target: 'node24',
    minify: false,
    rolldownOptions: {
      external: EXTERNAL,
      input:
        mode === 'preload'
          ? { preload: at('main/hosts/electron/preload.ts') }
          : {
              ...(mode === 'faults'
                ? {
                    'fault-child': at('test/support/fault-child.ts'),
                    'store-kill-child': at('test/support/store-kill-child.ts'),
                  }
                : { electron: at('main/hosts/electron/main.ts'), cli: at('main/hosts/cli/main.ts') }),
              'writer.worker': at('main/adapters/sqlite/writer.worker.ts'),
              'reader.worker': at('main/adapters/sqlite/reader.worker.ts'),
              'index.worker': at('main/adapters/sqlite/search/index.worker.ts'),
              'export.worker': at('main/hosts/export.worker.ts'),
              'import.worker': at('main/hosts/import.worker.ts'),
              'practice.worker': at('main/hosts/practice.worker.ts'),
              'package.worker': at('main/hosts/package.worker.ts'),
            },
      output:
        mode === 'preload'
          ? { format: 'cjs', entryFileNames: '[name].cjs' }
          : { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'shared-[hash].js' },
    },
  },
}));
