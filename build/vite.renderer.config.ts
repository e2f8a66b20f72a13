import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { tokensCss } from '../renderer/ui/tokens.ts';
import { guide } from './guide.ts';
import { licencesPlugin } from './licences.mjs';

const TOKENS = 'virtual:tokens.css';

/** The design tokens as a stylesheet that is there before the first paint (UX3). */
export function tokens(): Plugin {
  return {
    name: 'workbench-tokens',
    resolveId: (id) => (id === TOKENS ? `\0${TOKENS}` : null),
    load: (id) => (id === `\0${TOKENS}` ? tokensCss() : null),
  };
}

const root = fileURLToPath(new URL('../renderer', import.meta.url));

/** The window. Relative base: the same files serve Electron's own scheme and the loopback host. */
export default defineConfig({
  root,
  base: './',
  plugins: [tokens(), guide(), licencesPlugin(), react()],
  build: {
    outDir: fileURLToPath(new URL('../dist/renderer', import.meta.url)),
    emptyOutDir: true,
    target: 'chrome130',
    sourcemap: false,
    // No inline polyfill script: the content security policy allows none (SE1).
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_600,
  },
});
