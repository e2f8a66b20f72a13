import type { WebContents } from 'electron';
import type { Topics } from '#shared/contract/topics.ts';
import { CHANNELS } from './channels.ts';
import { outsideFrom } from './links.ts';

type Goal = Topics['outside'];

export interface Outside {
  /** What a start's arguments, or an event of the system, hand over: of all of it only the last is shown. */
  hand(args: readonly string[]): void;
  /** From now on this window's page is the one to show things in. To be said before it loads. */
  showIn(contents: WebContents): void;
}

/**
 * Links and packages from outside (SE1, EX7). The system hands them over when it likes: macOS before anything is open, and
 * while the window is closed. They wait for a page that can hear of them. `openPackage`: null where it can't be opened.
 */
export function createOutside(openPackage: (file: string) => Promise<Goal | null>): Outside {
  let handed: ReturnType<typeof outsideFrom> = null;
  let page: WebContents | null = null;

  const deliver = (): void => {
    if (page === null || handed === null) return;
    const contents = page;
    const goal = 'link' in handed ? Promise.resolve(handed.link) : openPackage(handed.file);
    handed = null;
    void goal.then((payload) => {
      if (payload !== null && !contents.isDestroyed()) contents.send(CHANNELS.topic, { topic: 'outside', payload });
    });
  };

  return {
    hand(args) {
      const found = outsideFrom(args);
      if (found === null) return;
      handed = found;
      deliver();
    },
    showIn(contents) {
      page = null;
      contents.on('did-start-loading', () => (page = null));
      contents.on('did-finish-load', () => {
        page = contents;
        deliver();
      });
      contents.on('destroyed', () => {
        if (page === contents) page = null;
      });
    },
  };
}
