/**
 * Where a worker's code lies: beside this file, as TypeScript when run from source, bundled otherwise (all workers lie flat
 * beside the bundle then: `search/index.worker` is `index.worker.js`).
 */
export function workerUrl(name: string): URL {
  if (import.meta.url.endsWith('.ts')) return new URL(`./${name}.ts`, import.meta.url);
  return new URL(`./${name.slice(name.lastIndexOf('/') + 1)}.js`, import.meta.url);
}
