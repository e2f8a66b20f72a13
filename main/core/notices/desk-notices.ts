import { noticeVerdict, type NoticeSettings } from '#shared/domain/desk/notices.ts';
import type { TopicMessage, Topics } from '#shared/contract/topics.ts';
import type { AccountView } from '#shared/contract/views.ts';
import type { AccountId, ConversationKey } from '#shared/domain/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { Store } from '../ports/store.ts';

/** IN3: who is told. The switches hold here, so that a notice that nobody wants reaches neither host nor window. */
export interface DeskNotices {
  tell(
    kind: Topics['notice']['kind'],
    account: AccountId,
    key: ConversationKey | null,
    title: string,
    count: number,
  ): void;
  settings(settings: NoticeSettings): void;
  accounts(accounts: readonly AccountView[]): void;
}

export function createDeskNotices(ports: {
  readonly store: Pick<Store, 'conversation'>;
  readonly clock: Clock;
  readonly notifier: Notifier | undefined;
  readonly publish: (message: TopicMessage) => void;
  readonly onError: (thrown: unknown) => void;
}): DeskNotices {
  let settings: NoticeSettings = { notifications: true };
  let shown: number | null = null;

  async function tell(
    ...[kind, account_id, conversation_key, title, count]: Parameters<DeskNotices['tell']>
  ): Promise<void> {
    const now = ports.clock.wallNow();
    // The account's own switch needs no look into the store.
    if (!noticeVerdict(settings, { account_id, shop_id: null }, now).shown) return;
    const conversation = conversation_key === null ? null : await ports.store.conversation(conversation_key);
    const shop_id = conversation?.shop.shop_id ?? null;
    const verdict = noticeVerdict(settings, { account_id, shop_id }, now);
    if (!verdict.shown) return;
    const payload = { kind, account_id, conversation_key, title, count, shop_id, sound: verdict.sound } as const;
    ports.publish({ topic: 'notice', payload });
    ports.notifier?.notify(payload, () =>
      ports.publish({ topic: 'open', payload: { account_id, conversation_key, kind } }),
    );
  }

  return {
    tell: (...notice) => void tell(...notice).catch(ports.onError),
    settings(next) {
      settings = next;
    },
    accounts(accounts) {
      const waiting = accounts.reduce(
        (sum, account) => sum + account.shops.reduce((shops, shop) => shops + shop.waiting, 0),
        0,
      );
      if (waiting === shown) return;
      shown = waiting;
      ports.notifier?.badge?.(waiting);
    },
  };
}
