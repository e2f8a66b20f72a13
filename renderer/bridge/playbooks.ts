import { create } from 'zustand';
import type { PlaybooksView } from '#shared/contract/remedy.ts';
import { DEFAULT_PLAYBOOKS } from '#shared/domain/remedy/defaults.ts';
import { bridge } from './index.ts';

/** The playbooks as they stand (RM6); what ships until the core has answered. One question for all cards of a window. */
export const usePlaybooks = create<PlaybooksView>()(() => ({ book: DEFAULT_PLAYBOOKS, editors: [] }));

let started = false;

/** Asks once, and again whenever the core says that they may have changed. */
export function watchPlaybooks(): void {
  if (started) return;
  started = true;
  const ask = (): void =>
    void bridge.call('playbooks.get', {}).then((answer) => answer.ok && usePlaybooks.setState(answer.result));
  bridge.onHostState((host) => host === 'connected' && ask());
  bridge.subscribe('incidents', ({ ids }) => ids.length === 0 && ask());
  // Who may edit depends on the roles that accounts have.
  bridge.subscribe('accounts', () => usePlaybooks.getState().editors.length === 0 && ask());
  ask();
}
