import { create } from 'zustand';
import type { TransferView } from '#shared/contract/attachments.ts';
import { bridge } from '#renderer/bridge/index.ts';

/** Files on their way, by reference; the last word on each, ended ones too, so that a row learns how it ended. */
interface TransferState {
  readonly byRef: ReadonlyMap<string, TransferView>;
}

const MOST_REMEMBERED = 500;
const useTransfers = create<TransferState>()(() => ({ byRef: new Map() }));

function note(views: readonly TransferView[]): void {
  if (views.length === 0) return;
  useTransfers.setState(({ byRef }) => {
    const next = new Map(byRef);
    for (const view of views) next.delete(view.ref);
    for (const view of views) next.set(view.ref, view);
    for (const [ref, { state }] of next) {
      if (next.size <= MOST_REMEMBERED) break;
      if (state === 'done' || state === 'gone') next.delete(ref);
    }
    return { byRef: next };
  });
}

async function refresh(): Promise<void> {
  const answer = await bridge.call('attachments.transfers', {});
  if (answer.ok) note(answer.result.transfers);
}

bridge.subscribe('transfers', ({ transfers }) => note(transfers));
bridge.onHostState((host) => {
  if (host === 'connected') void refresh();
});
if (bridge.hostState() === 'connected') void refresh();

export function useTransfer(ref: string): TransferView | undefined {
  return useTransfers((state) => state.byRef.get(ref));
}

export function percentOf(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(100, Math.floor((part / whole) * 100));
}
