import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { tokens } from './vite.renderer.config.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * The review package's page (EX3): one classic script and one stylesheet, since a page opened from file:// can load
 * neither modules nor anything by fetch.
 */
export default defineConfig({
  root: at('../renderer/viewer'),
  base: './',
  publicDir: false,
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [
    tokens(),
    react(),
    {
      name: 'workbench-viewer-page',
      writeBundle: () => copyFileSync(at('../renderer/viewer/index.html'), at('../dist/viewer/index.html')),
    },
  ],
  build: {
    outDir: at('../dist/viewer'),
    emptyOutDir: true,
    target: 'chrome120',
    sourcemap: false,
    lib: {
      entry: at('../renderer/viewer/main.tsx'),
      formats: ['iife'],
      name: 'reviewPackage',
      fileName: () => 'viewer/viewer.js',
      cssFileName: 'viewer/viewer',
    },
  },
});
