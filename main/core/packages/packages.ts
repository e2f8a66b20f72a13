import { AppFailure, codeOf } from '#shared/contract/errors.ts';
import type { PackageView } from '#shared/contract/packages.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { MessageView, SearchRow } from '#shared/contract/views.ts';
import { canonicalJson } from '#shared/lib/canonical-json.ts';
import { REVIEW_FILE_FORMAT, reviewDigest, type OfflineReview, type ReviewFile } from '#shared/package/review.ts';
import { MAX_PICTURE_BYTES, pictureOf } from '#shared/domain/attachments/picture.ts';
import type { Audit } from '../audit/audit.ts';
import type { ShownPicture } from '../attachments/attachments.ts';
import type { Clock } from '../ports/clock.ts';
import type { Files } from '../ports/files.ts';
import type { Ids } from '../ports/ids.ts';
import type { OpenedPackage, PackageOpener } from '../ports/package-opener.ts';
import type { Store } from '../ports/store.ts';
import { createSearch } from '../search/search.ts';
import { createUnsavedReviews } from './unsaved-reviews.ts';

/** Each is a store with its threads. */
export const MAX_PACKAGES = 8;

const ROUTED = [
  'search.page',
  'search.count',
  'search.agents',
  'search.numbers',
  'search.consumers',
  'search.marks',
] as const;

type PackageHandlers = Pick<
  Handlers,
  | 'packages.open'
  | 'packages.list'
  | 'packages.close'
  | 'packages.reviews'
  | 'packages.putReview'
  | 'packages.saveReviews'
>;
/** What asks records, here or in a package. */
type Routed = Pick<Handlers, (typeof ROUTED)[number] | 'search.cancel' | 'messages.page'>;

export interface Packages {
  readonly handlers: PackageHandlers;
  /** The same procedures; where their input names a package, it is asked instead of the records. */
  route(own: Routed): Routed;
  /** A picture of a package under the reference `p-<package>-<sha256>`; null where it isn't in it or is none. */
  picture(ref: string): Promise<ShownPicture | null>;
  stop(): Promise<void>;
}

interface Held {
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  readonly abort: AbortController;
  share: number;
  code: string | null;
  opened: OpenedPackage | null;
  search: ReturnType<typeof createSearch> | null;
  readonly reviews: Map<string, OfflineReview>;
  saved: boolean;
  ending: Promise<void>;
}

/** EX7: review packages beside the records, several at once, read-only, searched by the same search. */
export function createPackages(ports: {
  /** Where reviews wait until they are saved. */
  readonly store: Pick<Store, 'setting' | 'setSetting'>;
  readonly opener: PackageOpener;
  readonly files: Files;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: Audit;
  actor(): Promise<string>;
  /** How far a search of a slot has come (SR8). */
  onProgress?(slot: string, share: number): void;
  /** Something about the packages changed: ask again. */
  onChanged(): void;
}): Packages {
  const { opener, files, clock } = ports;
  const unsaved = createUnsavedReviews(ports.store);
  const held = new Map<string, Held>();
  let stopped = false;
  /** Ends when the last package that was asked for is open, or not; never rejects. */
  let loading: Promise<void> = Promise.resolve();

  const viewOf = (one: Held): PackageView => ({
    package_id: one.id,
    name: one.name,
    bytes: one.bytes,
    state: one.opened !== null ? 'open' : one.code !== null ? 'failed' : 'opening',
    share: one.opened === null ? one.share : 1,
    code: one.code,
    report: one.opened?.report ?? null,
  });

  function opened(id: string): Held & { readonly opened: OpenedPackage } {
    const one = held.get(id);
    if (one === undefined || one.opened === null) throw new AppFailure('NOT_FOUND', 'no such package is open');
    return one as Held & { readonly opened: OpenedPackage };
  }

  async function load(one: Held, file: string): Promise<void> {
    try {
      const found = await opener.open(file, {
        signal: one.abort.signal,
        progress(share) {
          one.share = share;
          ports.onChanged();
        },
      });
      if (one.abort.signal.aborted) {
        await found.close();
        return;
      }
      const { report, head } = found;
      try {
        await ports.audit.write(await ports.actor(), 'package.opened', {
          file: one.name,
          bytes: one.bytes,
          head,
          fingerprint: report.fingerprint,
          messages: report.messages,
          ok: report.ok,
        });
      } catch (thrown) {
        // What can't be audited isn't opened (AD4).
        await found.close();
        throw thrown;
      }
      for (const review of head === null ? [] : await unsaved.of(head)) one.reviews.set(keyOf(review), review);
      one.saved = one.reviews.size === 0;
      one.opened = found;
      one.search = createSearch({
        store: found.store,
        visibility: async () => ({ kind: 'all' }),
        files,
        ...(ports.onProgress === undefined ? {} : { onProgress: ports.onProgress }),
      });
    } catch (thrown) {
      one.code = codeOf(thrown);
    }
    ports.onChanged();
  }

  async function close(one: Held): Promise<void> {
    held.delete(one.id);
    one.abort.abort();
    one.search?.stop();
    await one.ending;
    await one.opened?.close();
    one.opened = null;
  }

  const rowMark = (one: OpenedPackage, row: SearchRow): SearchRow =>
    one.damaged.has(row.message_id) ? { ...row, damaged: true } : row;
  const messageMark = (one: OpenedPackage, message: MessageView): MessageView =>
    one.damaged.has(message.msg_id) ? { ...message, damaged: true } : message;
  const keyOf = ({ conversation_id, agent }: Pick<OfflineReview, 'conversation_id' | 'agent'>): string =>
    `${conversation_id}\u0000${agent}`;

  return {
    handlers: {
      async 'packages.open'({ file }) {
        if (stopped) throw new AppFailure('CANCELLED', 'the program ends');
        const { name, bytes } = await files.describe(file);
        for (const one of held.values()) if (one.code !== null) held.delete(one.id);
        if (held.size >= MAX_PACKAGES)
          throw new AppFailure('TOO_MANY_PACKAGES', 'so many are open already', { limit: MAX_PACKAGES });
        const id = `pkg-${ports.ids.next()}`;
        const one: Held = {
          id,
          name,
          bytes,
          abort: new AbortController(),
          share: 0,
          code: null,
          opened: null,
          search: null,
          reviews: new Map(),
          saved: true,
          ending: Promise.resolve(),
        };
        held.set(id, one);
        // One after the other: each takes all that the machine has for reading, hashing and indexing.
        one.ending = loading.then(() => (one.abort.signal.aborted ? undefined : load(one, file)));
        loading = one.ending;
        ports.onChanged();
        return { package_id: id };
      },
      'packages.list': async () => ({ packages: [...held.values()].map(viewOf) }),
      async 'packages.close'({ package_id }) {
        const one = held.get(package_id);
        if (one !== undefined) {
          // The person was asked; a program that ends keeps them.
          const head = one.opened?.head ?? null;
          if (head !== null && !one.saved) await unsaved.drop(head);
          await close(one);
          ports.onChanged();
        }
        return {};
      },
      'packages.reviews': async ({ package_id }) => {
        const one = opened(package_id);
        return { reviews: [...one.reviews.values()], saved: one.saved };
      },
      async 'packages.putReview'({ package_id, review }) {
        const one = opened(package_id);
        const { head, report } = one.opened;
        if (report.card === null || head === null)
          throw new AppFailure('BAD_INPUT', 'this package carries no scorecard', { field: 'package_id' });
        one.reviews.set(keyOf(review), { ...review, at: clock.wallNow() });
        one.saved = false;
        await unsaved.put(head, [...one.reviews.values()]);
        ports.onChanged();
        return {};
      },
      async 'packages.saveReviews'({ package_id, reviewer, target }) {
        const one = opened(package_id);
        const { head, report } = one.opened;
        if (report.card === null || report.about === null || head === null || one.reviews.size === 0)
          throw new AppFailure('BAD_INPUT', 'nothing to save', { field: 'package_id' });
        const content: Omit<ReviewFile, 'digest'> = {
          kind: 'merchant-workbench-review',
          format: REVIEW_FILE_FORMAT,
          package: { head, created_at: report.about.created_at },
          card: report.card,
          reviewer,
          saved_at: clock.wallNow(),
          reviews: [...one.reviews.values()],
        };
        const sink = await files.create(target);
        let bytes: number;
        try {
          await sink.write(
            new TextEncoder().encode(`${canonicalJson({ ...content, digest: await reviewDigest(content) })}\n`),
          );
          ({ bytes } = await sink.commit());
        } catch (thrown) {
          await sink.abort();
          throw thrown;
        }
        one.saved = true;
        await unsaved.drop(head);
        ports.onChanged();
        return { bytes };
      },
    },

    route(own) {
      const routed = Object.fromEntries(
        ROUTED.map((name) => [
          name,
          async (input: { readonly package?: string }) => {
            if (input.package === undefined) return (own[name] as (value: unknown) => Promise<unknown>)(input);
            const one = opened(input.package);
            const { handlers } = one.search as NonNullable<Held['search']>;
            return (handlers[name] as (value: unknown) => Promise<unknown>)(input);
          },
        ]),
      ) as unknown as Routed;
      return {
        ...routed,
        async 'search.page'(input) {
          const page = await routed['search.page'](input);
          const one = input.package === undefined ? null : opened(input.package).opened;
          return one === null || one.damaged.size === 0
            ? page
            : { ...page, rows: page.rows.map((row) => rowMark(one, row)) };
        },
        async 'search.cancel'(input) {
          // All of them at once, before anything is waited for: the search that takes their place comes right behind.
          const asked = [own, ...[...held.values()].map((one) => one.search?.handlers)];
          await Promise.all(asked.map((handlers) => handlers?.['search.cancel'](input)));
          return {};
        },
        async 'messages.page'(input) {
          if (input.package === undefined) return own['messages.page'](input);
          const { opened: one } = opened(input.package);
          const { conversation_key, limit, before, after, around, from, to } = input;
          const page = await one.store.messages({
            conversation_key,
            limit,
            ...(before === undefined ? {} : { before }),
            ...(after === undefined ? {} : { after }),
            ...(around === undefined ? {} : { around }),
            ...(from === undefined ? {} : { from }),
            ...(to === undefined ? {} : { to }),
          });
          return one.damaged.size === 0
            ? page
            : { ...page, messages: page.messages.map((message) => messageMark(one, message)) };
        },
      };
    },

    async picture(ref) {
      const [, id = '', sha256 = ''] = /^p-(pkg-[0-9A-Za-z_-]{1,60})-([0-9a-f]{64})$/.exec(ref) ?? [];
      const bytes = (await held.get(id)?.opened?.attachment(sha256)) ?? null;
      const found = bytes === null || bytes.length > MAX_PICTURE_BYTES ? null : pictureOf(bytes);
      return bytes === null || found === null ? null : { mime: found.mime, bytes };
    },

    async stop() {
      stopped = true;
      await Promise.all([...held.values()].map(close));
    },
  };
}

/** Where a host opens no packages (some tests). */
export function withoutPackages(): PackageHandlers {
  const refuse = (): Promise<never> => Promise.reject(new AppFailure('UNSUPPORTED', 'no packages here'));
  return {
    'packages.open': refuse,
    'packages.list': async () => ({ packages: [] }),
    'packages.close': async () => ({}),
    'packages.reviews': refuse,
    'packages.putReview': refuse,
    'packages.saveReviews': refuse,
  };
}
