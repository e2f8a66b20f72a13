import { AppFailure, codeOf } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { AccountId, ShopId } from '#shared/domain/ids.ts';
import { unpackWords } from '#shared/domain/guard/packed.ts';
import {
  createWordSet,
  createWordSetGently,
  EMPTY_WORDS,
  joinWordSets,
  syncWords,
  type WordSet,
} from '#shared/domain/guard/words.ts';
import { isPermitted, type Permission } from '#shared/domain/permissions.ts';
import type { Agent } from '#shared/protocol/entities.ts';
import type { RequestOutcome } from '../connection/requests.ts';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';

/** Words of one page between threads and to the window: one page stays far below a frame. */
const PAGE_WORDS = 4_000;
/** A gateway answers a long list in parts, by versions (protocol.md): more parts than this is one that goes in circles. */
const MAX_PARTS = 1_000;
/** Local additions of a shop. */
const MAX_LOCAL_WORDS = 5_000;

export interface WordListsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: Audit;
  readonly permit: (account: AccountId, permission: Permission) => Promise<Agent>;
  readonly request: (
    account: AccountId,
    fields: { readonly shop_id: ShopId; readonly since_version: number },
  ) => Promise<RequestOutcome<'words.sync'>>;
  readonly onChanged: (account: AccountId, shopId: string) => void;
}

export interface WordLists {
  readonly handlers: Pick<Handlers, 'words.page' | 'words.local' | 'words.edit_local'>;
  /** The shop's words with the local additions, compiled, for `inspect`. Kept until they change. Fails where the store does (fail closed). */
  wordsOf(account: AccountId, shopId: string): Promise<WordSet>;
  /** Brings the list up to the gateway's. What can't be had now is asked for again after the next `welcome`. */
  sync(account: AccountId, shopId: string): Promise<void>;
}

interface Held {
  list: WordSet;
  local: WordSet;
  joined: WordSet;
}

/** Sensitive words by shop (PV3): synced, stored, compiled, handed on. */
export function createWordLists(options: WordListsOptions): WordLists {
  const { store, clock, logger } = options;
  const held = new Map<string, Promise<Held>>();
  const syncing = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const nameOf = (account: AccountId, shopId: string): string => `${account}\u0000${shopId}`;
  /** The main thread answers everybody in between: one timer turn between steps of a long list. */
  const rest = (): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, 0));

  async function readList(account: AccountId, shopId: string): Promise<WordSet> {
    for (;;) {
      const words = [];
      let version: number | null = null;
      let after: string | null = null;
      do {
        const page = await store.wordsPage(account, shopId, after, PAGE_WORDS);
        // Synced while it was read: begin again.
        if (version !== null && page.version !== version) {
          version = -1;
          break;
        }
        version = page.version;
        for (const word of unpackWords(page.packed)) words.push(word);
        after = page.next;
      } while (after !== null);
      if (version === 0) return EMPTY_WORDS;
      if (version !== null && version > 0) return createWordSetGently(words, version, rest);
    }
  }

  const readLocal = async (account: AccountId, shopId: string): Promise<WordSet> =>
    createWordSet(await store.localWords(account, shopId));

  function hold(account: AccountId, shopId: string): Promise<Held> {
    const name = nameOf(account, shopId);
    const known = held.get(name);
    if (known !== undefined) return known;
    const loading = Promise.all([readList(account, shopId), readLocal(account, shopId)]).then(([list, local]) => ({
      list,
      local,
      joined: joinWordSets([list, local]),
    }));
    held.set(name, loading);
    loading.catch(() => held.delete(name));
    return loading;
  }

  async function syncOnce(account: AccountId, shopId: string): Promise<void> {
    let { version } = await store.wordList(account, shopId);
    let changed = false;
    for (let part = 0; part < MAX_PARTS; part++) {
      const outcome = await options.request(account, { shop_id: shopId as ShopId, since_version: version });
      if (outcome.kind !== 'ok') break;
      const sync = outcome.result;
      if (sync.version < version) {
        // Its numbering began anew: only the whole list is certain.
        if (version === 0) break;
        version = 0;
        continue;
      }
      // A list that is empty at version 0 says nothing more when asked again.
      if (sync.version === version && sync.added.length === 0 && sync.removed.length === 0) break;
      await store.putWords(account, shopId, version, sync);
      const name = nameOf(account, shopId);
      const before = await held.get(name)?.catch(() => undefined);
      if (before !== undefined) {
        const next =
          version === 0
            ? await createWordSetGently(sync.added, sync.version, rest).then((set) => ({
                ok: true as const,
                value: set,
              }))
            : syncWords(before.list, version, sync);
        if (next.ok)
          held.set(
            name,
            Promise.resolve({ ...before, list: next.value, joined: joinWordSets([next.value, before.local]) }),
          );
        else held.delete(name);
      }
      changed = true;
      if (sync.version === version) break;
      version = sync.version;
    }
    if (changed) options.onChanged(account, shopId);
  }

  function sync(account: AccountId, shopId: string): Promise<void> {
    const name = nameOf(account, shopId);
    const running = syncing.get(name);
    if (running !== undefined) {
      // What changed after the running one asked is asked for when it is done.
      again.add(name);
      return running;
    }
    const work = (async () => {
      do {
        again.delete(name);
        await syncOnce(account, shopId);
      } while (again.has(name));
    })()
      .catch((thrown: unknown) => {
        const code = codeOf(thrown);
        logger.log('error', 'words.sync', { account, shop_id: shopId, code });
        // Whatever is held may not be what is stored.
        held.delete(name);
      })
      .finally(() => syncing.delete(name));
    syncing.set(name, work);
    return work;
  }

  async function localView(account: AccountId, shopId: string) {
    const [list, local, accounts] = await Promise.all([
      store.wordList(account, shopId),
      store.localWords(account, shopId),
      store.accounts(),
    ]);
    const role = accounts.find((candidate) => candidate.account_id === account)?.agent?.role;
    return { list, local, may_edit: isPermitted(role, 'composer.edit_shop') };
  }

  return {
    handlers: {
      'words.page': ({ account_id, shop_id, after }) => store.wordsPage(account_id, shop_id, after, PAGE_WORDS),
      'words.local': ({ account_id, shop_id }) => localView(account_id, shop_id),
      async 'words.edit_local'({ account_id, shop_id, add, remove }) {
        const agent = await options.permit(account_id, 'composer.edit_shop');
        const present = await store.localWords(account_id, shop_id);
        if (present.length + add.length - remove.length > MAX_LOCAL_WORDS)
          throw new AppFailure('BAD_INPUT', 'too many local words', { field: 'add', limit: MAX_LOCAL_WORDS });
        await options.audit.write(agent.agent_id, 'words.edited', {
          shop_id,
          added: add.length,
          removed: remove.length,
        });
        await store.putLocalWords(account_id, shop_id, { add, remove, by: agent.name, at: clock.wallNow() });
        // Every account of the same source shares them.
        held.clear();
        options.onChanged(account_id, shop_id);
        return localView(account_id, shop_id);
      },
    },
    wordsOf: async (account, shopId) => (await hold(account, shopId)).joined,
    sync,
  };
}
