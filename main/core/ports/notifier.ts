import type { Topics } from '#shared/contract/topics.ts';

/** Native notifications and the number at tray and dock (IN3); a host without them ignores it. */
export interface Notifier {
  /** `opened`: to be called when the person clicks it; the window then goes to that conversation of that account. */
  notify(notice: Topics['notice'], opened?: () => void): void;
  /** How many consumers wait; 0 takes the number away. */
  badge?(waiting: number): void;
}
