import type { Plugin } from 'vite';

export interface Licence {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly text: string;
}
export const ALLOWED: ReadonlySet<string>;
export function licences(root?: string): readonly Licence[];
export function problemsOf(list: readonly Licence[]): readonly string[];
export function licencesPlugin(): Plugin;
