import { Notification } from 'electron';
import type { DesktopWords } from '#shared/i18n/desktop.ts';
import type { Notifier } from '#main/core/ports/notifier.ts';

/**
 * Native notifications (IN3): who asked, never what was said. A click brings the window to the front, at that conversation
 * of that account. The tone is the window's own, so that it is the same in every host.
 */
export function createNotifier(
  words: () => DesktopWords,
  activate: () => void,
  badge?: (waiting: number) => void,
): Notifier {
  return {
    ...(badge === undefined ? {} : { badge }),
    notify: ({ kind, title, count }, opened) => {
      if (!Notification.isSupported()) return;
      const { enquiry, reply, summary } = words();
      const heading =
        kind === 'enquiry' ? enquiry : kind === 'reply' ? reply : summary.replace('{count}', String(count));
      const notification = new Notification({ title: heading, body: kind === 'summary' ? '' : title, silent: true });
      notification.on('click', () => {
        activate();
        opened?.();
      });
      notification.show();
    },
  };
}
