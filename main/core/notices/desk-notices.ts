import { noticeVerdict, type NoticeSettings } from '#shared/domain/desk/notices.ts';
import { waitingInAll } from '#shared/domain/desk/waiting.ts';
import type { TopicMessage, Topics } from '#shared/contract/topics.ts';
import type { AccountView } from '#shared/contract/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { Notifier } from '../ports/notifier.ts';

/** IN3: who is told. The switches hold here, so that a notice that nobody wants reaches neither host nor window. */
export interface DeskNotices {
  tell(notice: Omit<Topics['notice'], 'sound'>): void;
  settings(settings: NoticeSettings): void;
  accounts(accounts: readonly AccountView[]): void;
}

export function createDeskNotices(ports: {
  readonly clock: Clock;
  readonly notifier: Notifier | undefined;
  readonly publish: (message: TopicMessage) => void;
  readonly onError: (thrown: unknown) => void;
}): DeskNotices {
  let settings: NoticeSettings = { notifications: true };
  let shown: number | null = null;

  return {
    tell(notice) {
      const { kind, account_id, conversation_key } = notice;
      const { shown: wanted, sound } = noticeVerdict(settings, notice, ports.clock.wallNow());
      if (!wanted) return;
      const payload = { ...notice, sound };
      ports.publish({ topic: 'notice', payload });
      try {
        ports.notifier?.notify(payload, () =>
          ports.publish({ topic: 'open', payload: { account_id, conversation_key, kind } }),
        );
      } catch (thrown) {
        // A system without notifications is no reason not to store what came.
        ports.onError(thrown);
      }
    },
    settings(next) {
      settings = next;
    },
    accounts(accounts) {
      const waiting = waitingInAll(accounts);
      if (waiting === shown) return;
      shown = waiting;
      ports.notifier?.badge?.(waiting);
    },
  };
}
