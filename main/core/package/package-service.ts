import { AppFailure } from '#shared/contract/errors.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { ConversationView, SearchPage, SearchRow } from '#shared/contract/views.ts';
import type { MaskChoices } from '#shared/domain/mask/choices.ts';
import { canonicalJson } from '#shared/lib/canonical-json.ts';
import { isoWithOffset } from '#shared/lib/iso-time.ts';
import {
  CHAIN_START,
  FILE,
  manifestCopy,
  PACKAGE_FORMAT,
  toBase64,
  type Manifest,
  type Omitted,
  type PackagedFile,
} from '#shared/package/format.ts';
import { permitProfile } from '../accounts/acting.ts';
import { throwIfCancelled } from '../jobs/jobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cryptography } from '../ports/cryptography.ts';
import type { Files } from '../ports/files.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { Store, Visibility } from '../ports/store.ts';
import type { ZipWriters } from '../ports/zip.ts';
import { createMasking } from './masking.ts';
import { createPackageData } from './package-data.ts';
import { conversationRecord, rowRecords, transferRecords } from './records.ts';
import { fingerprintOf, signingKey } from './signing-key.ts';

export interface PackagePorts {
  readonly store: Store;
  readonly files: Files;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly cryptography: Cryptography;
  readonly zips: ZipWriters;
  /** The built page (renderer/viewer). AppFailure VIEWER_MISSING where it was not built. */
  viewer(): Promise<ViewerFiles>;
  readonly appVersion: string;
  /** Text of README.txt, given the key's fingerprint. */
  readme(fingerprint: string): string;
  /** Word before a pseudonym's letters (EX5). */
  readonly pseudonymLabel: string;
  /** What the exporting person may see (SR10), asked anew for each export. */
  visibility(): Visibility | Promise<Visibility>;
  actor(): string | Promise<string>;
  localOffsetMinutes(at: number): number;
}

export interface ViewerFiles {
  readonly html: Uint8Array;
  readonly script: Uint8Array;
  readonly style: Uint8Array;
}

export interface PackageRequest {
  readonly query: SearchQuery;
  readonly target: string;
  readonly reason: string;
  readonly masks: MaskChoices;
}

export interface PackageReport {
  readonly file: string;
  /** Messages. */
  readonly rows: number;
  /** All records of the chain. */
  readonly records: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Of the key it is signed with. */
  readonly fingerprint: string;
}

export interface PackageService {
  run(
    request: PackageRequest,
    options?: { readonly signal?: AbortSignal; progress?(rows: number, total?: number): void },
  ): Promise<PackageReport>;
  /** Of this profile's key, made now where there is none yet. */
  fingerprint(): Promise<string>;
}

const PAGE = 1_000;
const WRITE_CHARACTERS = 256 * 1024;

/**
 * Builds review packages (EX3–EX5, EX8): the rows of the one search as a chain of records, the page's data beside them,
 * everything's hash in a signed manifest. The file appears under its name only when whole; memory doesn't grow with the
 * records but for the page's tables (some bytes a conversation, 32 KB a chunk).
 */
export function createPackageService(ports: PackagePorts): PackageService {
  const { store, files, cryptography } = ports;
  const isoOf = (at: number): string => isoWithOffset(at, ports.localOffsetMinutes(at));

  const run: PackageService['run'] = async (request, options = {}) => {
    const { query, target, reason, masks } = request;
    const signal = options.signal ?? new AbortController().signal;
    await permitProfile(store, 'records.export');
    // What can be missing is asked for before anything is written.
    const viewer = await ports.viewer();
    const key = await signingKey(ports.secrets, cryptography);
    const fingerprint = fingerprintOf(key, cryptography);
    const visibility = await ports.visibility();
    const actor = await ports.actor();
    const masking = createMasking(masks, cryptography, ports.pseudonymLabel);
    const estimated = await store.estimate(query, visibility, signal);
    const everything = await store.count(query, { kind: 'all' }, null, signal);
    options.progress?.(0, estimated.rows);
    const sink = await files.create(target);
    const about = { file: sink.name, format: 'package', query, reason, masks: masking.chosen };
    const audit = (details: Readonly<Record<string, unknown>>): Promise<void> =>
      store.appendAudit({
        at: ports.clock.wallNow(),
        actor,
        action: 'records.exported',
        details: { ...about, ...details },
      });
    const zip = await ports.zips.create((bytes) => sink.write(bytes));
    try {
      // Who, what and why stand in the log before the first row leaves the store; the result follows (EX8).
      await audit({ state: 'started' });
      const encoder = new TextEncoder();
      const listed: PackagedFile[] = [];
      const add = async (name: string, content: Uint8Array): Promise<void> => {
        listed.push(await zip.add(name, content));
      };
      await add(FILE.page, viewer.html);
      await add(FILE.readme, encoder.encode(ports.readme(fingerprint)));
      await add(FILE.style, viewer.style);
      await add(FILE.script, viewer.script);

      const records = zip.open(FILE.records);
      let waiting = '';
      const data = createPackageData(cryptography.sha256, estimated.rows, {
        line(line) {
          waiting += `${line}\n`;
        },
        file: (name, content) => zip.keep(name, content),
      });
      let rows = 0;
      let sealed = 0;
      let attachments = 0;
      let next: Promise<SearchPage> | null = store.search(query, visibility, { limit: PAGE, cursor: null }, signal);
      while (next !== null) {
        const page: SearchPage = await next;
        throwIfCancelled(signal);
        next =
          page.cursor === null ? null : store.search(query, visibility, { limit: PAGE, cursor: page.cursor }, signal);
        // Its failure is awaited above; without this it would count as unhandled while this page is written.
        next?.catch(() => {});
        const met = await conversationsOf(page.rows);
        for (const row of page.rows) {
          if (!data.knows(row.conversation_key)) await addConversation(row, met.get(row.conversation_key) ?? null);
          if (row.recalled) sealed++;
          if (row.more?.attachment !== undefined) attachments++;
          for (const record of rowRecords(row, masking, isoOf)) await data.add(row, record);
          if (waiting.length >= WRITE_CHARACTERS) await flush();
        }
        await flush();
        rows += page.rows.length;
        options.progress?.(rows, Math.max(rows, estimated.rows));
      }
      await flush();
      listed.push(await records.close());
      const { head, counts } = await data.finish();
      listed.push(...(await zip.addKept()));
      throwIfCancelled(signal);

      const manifest: Manifest = {
        format: PACKAGE_FORMAT,
        app: { name: 'merchant-workbench', version: ports.appVersion },
        created_at: isoOf(ports.clock.wallNow()),
        // An account's id, which stands for the person who answers for the export: never masked.
        operator: actor,
        reason: masking.words(reason).toWellFormed(),
        filter: { ...masking.filter(query) },
        masks: [...masking.chosen],
        counts,
        chain: { algorithm: 'SHA-256', first: CHAIN_START, head },
        files: listed.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        omitted: omittedOf(Math.max(0, everything.count - rows), sealed, attachments),
      };
      const manifestText = canonicalJson(manifest);
      const manifestBytes = encoder.encode(manifestText);
      const signatureText = canonicalJson({
        algorithm: 'Ed25519',
        public_key: key.public_key,
        signature: toBase64(cryptography.sign(key, manifestBytes)),
      });
      await zip.add(FILE.manifest, manifestBytes, { store: true });
      await zip.add(FILE.signature, encoder.encode(signatureText), { store: true });
      await zip.add(FILE.manifestCopy, encoder.encode(manifestCopy(manifestText, signatureText)), { store: true });
      await zip.finish();
      throwIfCancelled(signal);
      const written = await sink.commit();
      const { bytes, sha256 } = written;
      await audit({ state: 'done', rows, records: counts.records, bytes, sha256, head, fingerprint });
      return { file: written.path, rows, records: counts.records, bytes, sha256, fingerprint };

      /** Those of the rows that were not met before, asked for together: waiting for each would take most of the time. */
      async function conversationsOf(
        rows: readonly SearchRow[],
      ): Promise<ReadonlyMap<number, ConversationView | null>> {
        const keys = [...new Set(rows.map((row) => row.conversation_key))].filter((key) => !data.knows(key));
        return new Map(await Promise.all(keys.map(async (key) => [key, await store.conversation(key)] as const)));
      }

      async function addConversation(row: SearchRow, found: ConversationView | null): Promise<void> {
        await data.add(row, conversationRecord(row, found, masking));
        if (found !== null)
          for (const record of transferRecords(row, found, masking, isoOf)) await data.add(row, record);
      }

      async function flush(): Promise<void> {
        if (waiting === '') return;
        const bytes = encoder.encode(waiting);
        waiting = '';
        await records.write(bytes);
      }
    } catch (thrown) {
      await sink.abort();
      throw thrown;
    } finally {
      await zip.close();
    }
  };

  return {
    run,
    fingerprint: async () => fingerprintOf(await signingKey(ports.secrets, cryptography), cryptography),
  };
}

function omittedOf(hidden: number, sealed: number, attachments: number): Omitted[] {
  const all: Omitted[] = [
    { what: 'records', why: 'not_visible_to_role', count: hidden },
    { what: 'recalled_content', why: 'sealed', count: sealed },
    { what: 'attachments', why: 'not_stored', count: attachments },
  ];
  return all.filter(({ count }) => count > 0);
}

/** For hosts: the failure of `viewer()`. */
export const viewerMissing = (): AppFailure => new AppFailure('VIEWER_MISSING', 'dist/viewer is not built');
