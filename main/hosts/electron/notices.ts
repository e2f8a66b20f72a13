import { Notification } from 'electron';
import type { DesktopWords } from '#shared/i18n/desktop.ts';
import type { Notifier } from '#main/core/ports/notifier.ts';

/** Native notifications (IN3): who asked, never what was said. A click brings the window to the front. */
export function createNotifier(words: () => DesktopWords, activate: () => void): Notifier {
  return {
    notify: ({ kind, title, count }) => {
      if (!Notification.isSupported()) return;
      const { enquiry, reply, summary } = words();
      const heading =
        kind === 'enquiry' ? enquiry : kind === 'reply' ? reply : summary.replace('{count}', String(count));
      const notification = new Notification({ title: heading, body: kind === 'summary' ? '' : title });
      notification.on('click', activate);
      notification.show();
    },
  };
}
