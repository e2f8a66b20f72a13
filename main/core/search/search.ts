import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { Files } from '../ports/files.ts';
import type { SpreadsheetReader } from '../ports/spreadsheet.ts';
import type { SearchProgress, Store, Visibility } from '../ports/store.ts';
import { readNumberText } from './number-file.ts';

type SearchHandlers = Pick<
  Handlers,
  | 'search.page'
  | 'search.count'
  | 'search.agents'
  | 'search.numbers'
  | 'search.numberFile'
  | 'search.consumers'
  | 'search.marks'
  | 'search.people'
  | 'search.cancel'
>;

/**
 * Searches by slot (SR8): within a slot a newer search of the same kind cancels the older one, `search.cancel` all of
 * them. Page, count and overview of one query run side by side under the same slot.
 */
export function createSearch(options: {
  readonly store: Store;
  readonly visibility: () => Promise<Visibility>;
  readonly files: Files;
  /** Absent: numbers can't be read from spreadsheets. */
  readonly spreadsheets?: SpreadsheetReader;
  /** How far a search of a slot has come (SR8). */
  readonly onProgress?: (slot: string, share: number) => void;
}): {
  readonly handlers: SearchHandlers;
  stop(): void;
} {
  const { store, visibility } = options;
  const running = new Map<string, AbortController>();

  async function inSlot<T>(
    slot: string,
    kind: string,
    work: (visible: Visibility, signal: AbortSignal, progress: SearchProgress) => Promise<T>,
  ): Promise<T> {
    const name = `${slot}\n${kind}`;
    running.get(name)?.abort();
    const controller = new AbortController();
    running.set(name, controller);
    try {
      const visible = await visibility();
      if (controller.signal.aborted) throw new AppFailure('CANCELLED', 'a newer search took its place');
      const result = await work(visible, controller.signal, (share) => {
        if (!controller.signal.aborted) options.onProgress?.(slot, share);
      });
      // The answer of a search that was cancelled while its last chunk ran is no answer any more.
      if (controller.signal.aborted) throw new AppFailure('CANCELLED', 'a newer search took its place');
      return result;
    } finally {
      if (running.get(name) === controller) running.delete(name);
    }
  }

  return {
    handlers: {
      'search.page': ({ slot, query, limit, cursor }) =>
        inSlot(slot, 'page', (visible, signal, progress) =>
          store.search(query, visible, { limit, cursor }, signal, progress),
        ),
      'search.count': ({ slot, query, cap }) =>
        inSlot(slot, 'count', (visible, signal, progress) => store.count(query, visible, cap, signal, progress)),
      'search.agents': ({ slot, query }) =>
        inSlot(slot, 'agents', async (visible, signal, progress) => ({
          agents: await store.searchAgents(query, visible, signal, progress),
        })),
      'search.numbers': ({ slot, query }) =>
        inSlot(slot, 'numbers', async (visible, signal, progress) => ({
          numbers: await store.searchNumbers(query, visible, signal, progress),
        })),
      'search.numberFile': async ({ file }) => ({
        text: await readNumberText(options.files, options.spreadsheets, file),
      }),
      'search.consumers': ({ slot, query, limit, cursor }) =>
        inSlot(slot, 'consumers', (visible, signal, progress) =>
          store.searchConsumers(query, visible, { limit, cursor }, signal, progress),
        ),
      'search.marks': ({ slot, query, conversation_key, start, around }) =>
        inSlot(slot, 'marks', (visible, signal) =>
          store.searchMarks(
            query,
            visible,
            conversation_key,
            start !== undefined ? { start } : around !== undefined ? { around } : {},
            signal,
          ),
        ),
      'search.people': ({ slot, text, limit }) =>
        inSlot(slot, 'people', async (visible, signal) => ({
          people: await store.findPeople(text, visible, limit, signal),
        })),
      async 'search.cancel'({ slot }) {
        for (const [name, controller] of running) if (name.startsWith(`${slot}\n`)) controller.abort();
        return {};
      },
    },
    stop() {
      for (const controller of running.values()) controller.abort();
    },
  };
}
