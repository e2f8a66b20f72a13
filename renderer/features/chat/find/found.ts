import { create } from 'zustand';
import type { MessageKey } from '#shared/domain/ids.ts';

export type Matches = readonly (readonly [number, number])[];

/** What the find bar of the open chat has found: the rows mark it by themselves. */
export const useFound = create<{
  readonly marks: ReadonlyMap<MessageKey, Matches>;
  readonly current: MessageKey | null;
}>()(() => ({ marks: new Map(), current: null }));

export function clearFound(): void {
  useFound.setState({ marks: new Map(), current: null });
}
