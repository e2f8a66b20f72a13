import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { guide } from './guide.ts';
import { tokens } from './vite.renderer.config.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The gallery (`npm run gallery`): primitives and states; never part of the program. */
export default defineConfig({
  root: at('../renderer/gallery'),
  base: './',
  publicDir: false,
  plugins: [tokens(), guide(), react()],
  build: {
    outDir: at('../dist/gallery'),
    emptyOutDir: true,
    target: 'chrome130',
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2_000,
  },
});
