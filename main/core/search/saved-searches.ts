import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import {
  MAX_SAVED_SEARCH_FILE,
  SavedSearchContent,
  SavedSearchFile,
  type SavedSearchView,
} from '#shared/contract/saved-search.ts';
import { decodeText } from '../import/encoding.ts';
import type { Clock } from '../ports/clock.ts';
import type { Files } from '../ports/files.ts';
import type { Store, StoreReader } from '../ports/store.ts';

type SavedSearchHandlers = Pick<
  Handlers,
  'searches.list' | 'searches.save' | 'searches.rename' | 'searches.remove' | 'searches.export' | 'searches.import'
>;

/** SR9. */
export function createSavedSearches(options: {
  readonly store: Store;
  readonly files: Files;
  readonly clock: Clock;
}): SavedSearchHandlers {
  const { store, files, clock } = options;

  async function found(id: number): Promise<SavedSearchView> {
    const search = (await readSavedSearches(store)).find((one) => one.id === id);
    if (search === undefined) throw new AppFailure('NOT_FOUND', 'no such saved search');
    return search;
  }

  return {
    'searches.list': () => readSavedSearches(store),
    async 'searches.save'({ name, content, replace }) {
      return found(await store.putSavedSearch({ name, content, created_at: clock.wallNow(), replace }));
    },
    async 'searches.rename'({ id, name }) {
      await store.renameSavedSearch(id, name);
      return found(id);
    },
    async 'searches.remove'({ id }) {
      await store.removeSavedSearch(id);
      return {};
    },
    async 'searches.export'({ id, target }) {
      const { name, content } = await found(id);
      const file: SavedSearchFile = { kind: 'merchant-workbench.search', version: 1, name, search: content };
      const sink = await files.create(target);
      try {
        await sink.write(new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`));
        const { bytes } = await sink.commit();
        return { bytes };
      } catch (thrown) {
        await sink.abort();
        throw thrown;
      }
    },
    async 'searches.import'({ file }) {
      const { name, search } = await readSavedSearchFile(files, file);
      const taken = new Set((await readSavedSearches(store)).map((one) => one.name));
      let free = name;
      for (let number = 2; taken.has(free); number++) free = `${name.slice(0, 56)} (${number})`;
      return found(
        await store.putSavedSearch({ name: free, content: search, created_at: clock.wallNow(), replace: false }),
      );
    },
  };
}

/** By name. One that this version can't read (kept by a newer one) is left out, and stays where it is. */
export async function readSavedSearches(store: Pick<StoreReader, 'savedSearches'>): Promise<SavedSearchView[]> {
  return (await store.savedSearches()).flatMap(({ id, name, content, created_at }) => {
    const parsed = SavedSearchContent.safeParse(content);
    return parsed.success ? [{ id, name, content: parsed.data, created_at }] : [];
  });
}

/** AppFailure FILE_TOO_LARGE, FILE_FORMAT, and the files' own. */
export async function readSavedSearchFile(files: Files, handle: string): Promise<SavedSearchFile> {
  const { bytes } = await files.describe(handle);
  if (bytes > MAX_SAVED_SEARCH_FILE)
    throw new AppFailure('FILE_TOO_LARGE', 'no saved search is this large', { bytes, max: MAX_SAVED_SEARCH_FILE });
  let text = '';
  for await (const part of decodeText(files.read(handle)).text) text += part;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppFailure('FILE_FORMAT', 'not JSON');
  }
  const parsed = SavedSearchFile.safeParse(value);
  if (!parsed.success)
    throw new AppFailure('FILE_FORMAT', 'not a saved search', { at: parsed.error.issues[0]?.path.join('.') ?? '' });
  return parsed.data;
}
