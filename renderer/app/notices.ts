import type { TFunction } from 'i18next';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Topics } from '#shared/contract/topics.ts';
import { waitingInAll } from '#shared/domain/desk/waiting.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { followPermission, mayNotify } from './notify-permission.ts';
import { playTone } from './tone.ts';
import { go, usePlace } from './store.ts';

/** Several within this time become one line, milliseconds. */
const TOGETHER_MS = 1_500;

type Notice = Topics['notice'];
type Goal = Pick<Notice, 'kind' | 'account_id' | 'conversation_key'>;

/** To that conversation of that account (IN3); what was filtered at the left must not hide it. */
function open(goal: Goal): void {
  const { accountId } = usePlace.getState();
  if (accountId !== null && accountId !== goal.account_id) go.account(goal.account_id, null);
  else if (usePlace.getState().shopId !== null) go.account(accountId, null);
  if (goal.conversation_key !== null)
    go.open({ key: goal.conversation_key, intake: goal.kind === 'enquiry' ? 'waiting' : 'active' });
  else {
    go.intake('active');
    go.to('reception');
  }
}

function wordsOf(notices: readonly Notice[], t: TFunction): string {
  const last = notices.at(-1);
  if (last === undefined) return '';
  if (last.kind === 'summary') return t('desk.notice.summary', { count: last.count });
  if (notices.length > 1) return t('desk.notice.moreOf', { name: last.title, count: notices.length });
  return t(last.kind === 'enquiry' ? 'desk.notice.enquiryOf' : 'desk.notice.replyOf', { name: last.title });
}

/**
 * IN3 in the window: the tone everywhere; in a browser the notification itself, or a line in the window where the browser
 * doesn't allow one; the number of those who wait in the title and at the app's icon. Whether there is a notice at all
 * was decided in the core.
 */
export function useNotices(): void {
  const { t } = useTranslation();
  useEffect(() => {
    let waiting: Notice[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const sayLater = (notice: Notice): void => {
      waiting.push(notice);
      timer ??= setTimeout(() => {
        timer = undefined;
        const all = waiting;
        waiting = [];
        const last = all.at(-1);
        if (last === undefined) return;
        toast({
          tone: 'info',
          text: wordsOf(all, t),
          action: { label: t('desk.notice.open'), onClick: () => open(last) },
        });
      }, TOGETHER_MS);
    };
    const stop = [
      bridge.subscribe('notice', (notice) => {
        const place = usePlace.getState();
        const looking =
          document.hasFocus() && place.screen === 'reception' && place.conversation === notice.conversation_key;
        if (looking && notice.conversation_key !== null) return;
        if (notice.sound) playTone();
        // Electron's own come from the main process.
        if (bridge.host !== 'browser') return;
        if (!mayNotify()) return sayLater(notice);
        if (document.hasFocus() && notice.kind !== 'summary') return;
        const shown = new Notification(wordsOf([notice], t), {
          tag: `${notice.account_id}-${notice.conversation_key ?? ''}`,
          silent: true,
        });
        shown.addEventListener('click', () => {
          window.focus();
          open(notice);
          shown.close();
        });
      }),
      bridge.subscribe('open', open),
      ...(bridge.host === 'browser' ? [followPermission()] : []),
    ];
    return () => {
      clearTimeout(timer);
      for (const end of stop) end();
    };
  }, [t]);

  const waiting = useLive((state) => waitingInAll(state.accounts ?? []));
  useEffect(() => {
    const name = t('app.name');
    document.title = waiting > 0 ? t('desk.notice.title', { count: waiting, name }) : name;
    // Only an installed page has an icon to put a number on; elsewhere it is refused, and the title says it.
    if ('setAppBadge' in navigator)
      void (waiting > 0 ? navigator.setAppBadge(waiting) : navigator.clearAppBadge()).catch(() => undefined);
  }, [waiting, t]);
}
