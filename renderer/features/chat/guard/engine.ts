import { create } from 'zustand';
import { bridge } from '#renderer/bridge/index.ts';
import type { WordsPage } from '#shared/contract/composer.ts';
import type { CallAnswer } from '#shared/contract/door.ts';
import { officialHosts } from '#shared/domain/composer/official-hosts.ts';
import { packWords } from '#shared/domain/guard/packed.ts';
import type { GuardReport } from '#shared/domain/guard/inspect.ts';
import type { AccountId, ShopId } from '#shared/domain/ids.ts';
import type { Policy } from '#shared/protocol/entities.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** How often a list was compiled, by its name: whoever shows marks checks again. */
export const useCompiled = create<Readonly<Partial<Record<string, number>>>>()(() => ({}));

export interface Question {
  readonly account: AccountId;
  readonly shop: ShopId;
  readonly text: string;
  readonly policy: Policy;
  readonly knownNumbers: readonly string[];
}

/** A worker that says nothing for this long is not waited for: the core checks again. Milliseconds. */
const PATIENCE_MS = 400;

const nameOf = (account: AccountId, shop: ShopId): string => `${account} ${shop}`;
const waiting = new Map<number, (report: GuardReport | null) => void>();
const wanted = new Map<string, { readonly account: AccountId; readonly shop: ShopId }>();
const hosts = new Map<string, readonly string[]>();
let worker: Worker | null = null;
let lastId = 0;

function thread(): Worker | null {
  if (worker !== null || typeof Worker === 'undefined') return worker;
  worker = new Worker(new URL('./guard.worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    if (data.kind === 'compiled') useCompiled.setState((all) => ({ [data.list]: (all[data.list] ?? 0) + 1 }));
    else {
      waiting.get(data.id)?.(data.report);
      waiting.delete(data.id);
    }
  });
  bridge.subscribe('words', ({ account_id, shop_id }) => {
    const known = wanted.get(nameOf(account_id, shop_id as ShopId));
    if (known) void load(known.account, known.shop);
  });
  bridge.subscribe('articles', () => {
    for (const { account, shop } of wanted.values()) void loadHosts(account, shop);
  });
  bridge.onHostState((host) => {
    if (host !== 'connected') return;
    for (const { account, shop } of wanted.values()) {
      void load(account, shop);
      void loadHosts(account, shop);
    }
  });
  return worker;
}

const tell = (message: ToWorker): void => thread()?.postMessage(message);
const loads = new Map<string, number>();

/** Reads the list page by page into the worker; a list that changes meanwhile is begun again. */
async function load(account: AccountId, shop: ShopId): Promise<void> {
  const list = nameOf(account, shop);
  const turn = (loads.get(list) ?? 0) + 1;
  loads.set(list, turn);
  const place = { account_id: account, shop_id: shop };
  const local = await bridge.call('words.local', place);
  const packed: string[] = [];
  let version: number | null = null;
  let after: string | null = null;
  do {
    const page: CallAnswer<WordsPage> = await bridge.call('words.page', { ...place, after });
    // Without the list the detectors still count, and the core has it; the next change or connection asks again.
    if (!page.ok || loads.get(list) !== turn) return;
    if (version !== null && version !== page.result.version) return load(account, shop);
    version = page.result.version;
    packed.push(page.result.packed);
    after = page.result.next;
  } while (after !== null);
  for (const one of packed) tell({ kind: 'page', list, packed: one });
  tell({ kind: 'compile', list, version: version ?? 0, local: packWords(local.ok ? local.result.local : []) });
}

/** Hosts of the knowledge base's links; what was marked before they came is looked at again. */
async function loadHosts(account: AccountId, shop: ShopId): Promise<void> {
  const list = nameOf(account, shop);
  const answer = await bridge.call('articles.list', { account_id: account, shop_id: shop });
  if (!answer.ok) return;
  const known = officialHosts(answer.result.articles);
  if (known.join() === (hosts.get(list) ?? []).join()) return;
  hosts.set(list, known);
  useCompiled.setState((all) => ({ [list]: (all[list] ?? 0) + 1 }));
}

/** Gets a shop's words ready; at once when they are. Answers with the list's name. */
export function prepareWords(account: AccountId, shop: ShopId): string {
  const list = nameOf(account, shop);
  if (!wanted.has(list)) {
    wanted.set(list, { account, shop });
    void load(account, shop);
    void loadHosts(account, shop);
  }
  return list;
}

/** What stands in the text, or null where nobody answers in time. */
export function inspectText(question: Question): Promise<GuardReport | null> {
  const list = prepareWords(question.account, question.shop);
  if (thread() === null) return Promise.resolve(null);
  const id = ++lastId;
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      waiting.delete(id);
      resolve(null);
    }, PATIENCE_MS);
    waiting.set(id, (report) => {
      clearTimeout(timer);
      resolve(report);
    });
    const { confirm, block } = question.policy.send;
    const { text, knownNumbers } = question;
    const officialHosts = hosts.get(list) ?? [];
    tell({ kind: 'inspect', id, list, text, send: { confirm, block }, knownNumbers, officialHosts });
  });
}
