import { create } from 'zustand';
import type { RepliesView } from '#shared/contract/composer.ts';
import { indexReplies, type IndexedReply } from '#shared/domain/composer/find-replies.ts';
import type { AccountId, ShopId } from '#shared/domain/ids.ts';
import { bridge } from './index.ts';

/** Quick replies of the shops that were looked at (PV7), each list and its index made once. */
export interface HeldReplies {
  readonly view: RepliesView;
  readonly index: readonly IndexedReply[];
}
export const useReplies = create<Readonly<Partial<Record<string, HeldReplies>>>>()(() => ({}));

export const repliesName = (account: AccountId, shop: ShopId): string => `${account} ${shop}`;
const wanted = new Map<string, { readonly account_id: AccountId; readonly shop_id: ShopId }>();
let started = false;

async function load(name: string): Promise<void> {
  const place = wanted.get(name);
  if (place === undefined) return;
  const answer = await bridge.call('replies.list', place);
  if (answer.ok) useReplies.setState({ [name]: { view: answer.result, index: indexReplies(answer.result.replies) } });
}

/** Asks once a shop, and again whenever they change. */
export function wantReplies(account: AccountId, shop: ShopId): void {
  const name = repliesName(account, shop);
  if (!started) {
    started = true;
    const all = (): void => {
      for (const one of wanted.keys()) void load(one);
    };
    bridge.subscribe('replies', all);
    bridge.onHostState((host) => host === 'connected' && all());
  }
  if (wanted.has(name)) return;
  wanted.set(name, { account_id: account, shop_id: shop });
  void load(name);
}
