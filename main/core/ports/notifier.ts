import type { Topics } from '#shared/contract/topics.ts';

/** Native notifications (IN3); a host without them ignores it. */
export interface Notifier {
  notify(notice: Topics['notice']): void;
}
