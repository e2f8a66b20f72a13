/** One TypeScript project a layer: the compiler itself refuses DOM in main, and node: in shared and renderer. */
export const LAYER_PROJECTS = [
  'shared',
  'main/core',
  'main/adapters',
  'main/practice',
  'main/hosts',
  'renderer',
  'test',
  'build',
];
