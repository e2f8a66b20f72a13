import type { SearchRow } from '#shared/contract/views.ts';
import { canonicalJson } from '#shared/lib/canonical-json.ts';
import {
  attachmentName,
  CHAIN_START,
  FILE,
  manifestCopy,
  PACKAGE_FORMAT,
  toBase64,
  type Manifest,
  type Omitted,
  type PackagedFile,
} from '#shared/package/format.ts';
import { newKeys, type EncoderOptions, type ExportEncoder, type Resumable } from '../export/encoders.ts';
import { throwIfCancelled } from '../jobs/jobs.ts';
import type { AttachmentReader } from '../ports/attachments.ts';
import type { Cryptography, SigningKey } from '../ports/cryptography.ts';
import type { FilePart } from '../ports/files.ts';
import type { ZipStream, ZipWriter, ZipWriters } from '../ports/zip.ts';
import { createPackageData, type PackageData, type PackageDataState } from './package-data.ts';
import { conversationRecord, rowRecords, transferRecords } from './records.ts';
import { fingerprintOf } from './signing-key.ts';

export interface ViewerFiles {
  readonly html: Uint8Array;
  readonly script: Uint8Array;
  readonly style: Uint8Array;
}

export interface PackageOptions {
  readonly cryptography: Cryptography;
  readonly zips: ZipWriters;
  /** Packed files until their turn. */
  readonly kept: FilePart;
  /** The page's table until it is whole. It begins empty, also where an export is taken up again. */
  readonly table: FilePart;
  readonly viewer: ViewerFiles;
  readonly key: SigningKey;
  readonly appVersion: string;
  /** Text of README.txt, given the key's fingerprint. */
  readme(fingerprint: string): string;
  /** Bytes of pictures and files that are here; absent: none. */
  readonly attachments?: Pick<AttachmentReader, 'size' | 'stream'>;
  readonly signal?: AbortSignal;
}

/** From 4 GiB on a zip's local headers have no room for a size; a file this large is only described. */
const MAX_ATTACHMENT = 2 * 1024 * 1024 * 1024;

interface State {
  readonly zip: unknown;
  readonly data: PackageDataState;
  readonly listed: readonly PackagedFile[];
  readonly sealed: number;
}

const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Builds review packages (EX3–EX5): the rows of the one search as a chain of records, the page's data beside them,
 * everything's hash in a signed manifest. It can be taken up again behind each chunk of the page. Memory doesn't grow with
 * the records but for the list of conversations (some bytes each).
 */
export async function createPackageEncoder(options: EncoderOptions, own: PackageOptions): Promise<ExportEncoder> {
  const { plan, part, masking, isoOf, from, conversations } = options;
  const { cryptography, kept } = own;
  const before = from === null ? null : (from.state as State);
  const fingerprint = fingerprintOf(own.key, cryptography);
  const listed: PackagedFile[] = before === null ? [] : [...before.listed];
  let sealed = before?.sealed ?? 0;
  let rows = from?.rows ?? 0;
  let zip: ZipWriter;
  let records: ZipStream | null = null;
  const data: PackageData = createPackageData(
    cryptography.sha256,
    plan.rows,
    {
      records: (lines) => (records as ZipStream).write(lines),
      file: (name, content) => zip.keep(name, content),
      table: own.table,
    },
    before?.data ?? null,
  );
  if (before === null) zip = own.zips.create(part, kept);
  else
    ({ zip, stream: records } = await own.zips.resume(part, kept, before.zip, {
      kept: (_name, content) => data.replay(text.decode(content)),
    }));
  /** Behind the last chunk that was ended. */
  let place: (Omit<Resumable, 'state'> & Pick<State, 'data' | 'sealed'>) | null =
    from === null || before === null ? null : { rows, cursor: from.cursor, data: before.data, sealed };

  const add = async (name: string, content: Uint8Array): Promise<void> => {
    listed.push(await zip.add(name, content));
  };
  function put(row: SearchRow, met: Awaited<ReturnType<typeof conversations>>): void {
    if (!data.knows(masking.conversationId(row), row.shop.toWellFormed())) {
      const found = met.get(row.conversation_key) ?? null;
      data.add(conversationRecord(row, found, masking), row.sent_at);
      if (found !== null)
        for (const record of transferRecords(row, found, masking, isoOf)) data.add(record, row.sent_at);
    }
    if (row.recalled) sealed++;
    for (const record of rowRecords(row, masking, isoOf)) data.add(record, row.sent_at);
  }

  /**
   * Files of the messages, each once (EX3). A masked package has none: nobody can mask a picture (EX5). Recalled messages have
   * no attachment in their record, so theirs stay sealed (RC19). Answers with how many messages go without theirs.
   */
  async function addAttachments(): Promise<number> {
    const reader = masking.chosen.length > 0 ? undefined : own.attachments;
    let left = 0;
    for (const [sha256, messages] of [...data.attachments()].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (own.signal !== undefined) throwIfCancelled(own.signal);
      const bytes = (await reader?.size(sha256)) ?? null;
      // What it is named by is what it has to be: a cache that gave something else would make the package a lie.
      const file =
        reader === undefined || bytes === null || bytes > MAX_ATTACHMENT
          ? null
          : await zip.addStored(attachmentName(sha256), sha256, () => checked(reader.stream(sha256)));
      if (file === null) left += messages;
      else listed.push(file);
    }
    return left;
  }

  async function* checked(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const piece of pieces) {
      if (own.signal !== undefined) throwIfCancelled(own.signal);
      yield piece;
    }
  }

  return {
    async begin() {
      await add(FILE.page, own.viewer.html);
      await add(FILE.readme, utf8.encode(own.readme(fingerprint)));
      await add(FILE.style, own.viewer.style);
      await add(FILE.script, own.viewer.script);
      records = zip.open(FILE.records);
    },

    async add(page) {
      const byKey = new Map(page.map((row) => [row.conversation_key, row]));
      const unknown = newKeys(page, (key) => {
        const row = byKey.get(key) as SearchRow;
        return data.knows(masking.conversationId(row), row.shop.toWellFormed());
      });
      const met = await conversations(unknown);
      for (const row of page) {
        put(row, met);
        rows++;
        if (await data.endOfRow()) place = { rows, cursor: String(row.message_key), data: data.state(), sealed };
      }
    },

    async resumable() {
      if (place === null) return null;
      const { cursor, rows: passed, ...rest } = place;
      return { rows: passed, cursor, state: { zip: await zip.state(), listed: [...listed], ...rest } satisfies State };
    },

    async finish() {
      const { head, counts } = await data.finish(plan.scorecard);
      listed.push(await (records as ZipStream).close());
      listed.push(...(await zip.addKept()));
      const left = await addAttachments();
      const manifest: Manifest = {
        format: PACKAGE_FORMAT,
        app: { name: 'merchant-workbench', version: own.appVersion },
        created_at: isoOf(plan.at),
        // An account's id, which stands for the person who answers for the export: never masked.
        operator: plan.operator,
        reason: masking.words(plan.reason).toWellFormed(),
        filter: { ...masking.filter(plan.query) },
        masks: [...masking.chosen],
        counts,
        chain: { algorithm: 'SHA-256', first: CHAIN_START, head },
        files: listed.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        omitted: omittedOf(Math.max(0, plan.everything - rows), sealed, left, masking.chosen.length > 0),
      };
      const manifestText = canonicalJson(manifest);
      const manifestBytes = utf8.encode(manifestText);
      const signatureText = canonicalJson({
        algorithm: 'Ed25519',
        public_key: own.key.public_key,
        signature: toBase64(cryptography.sign(own.key, manifestBytes)),
      });
      await zip.add(FILE.manifest, manifestBytes, { store: true });
      await zip.add(FILE.signature, utf8.encode(signatureText), { store: true });
      await zip.add(FILE.manifestCopy, utf8.encode(manifestCopy(manifestText, signatureText)), { store: true });
      await zip.finish();
      return { records: counts.records, head, fingerprint };
    },

    close: () => zip.close(),
  };
}

function omittedOf(hidden: number, sealed: number, attachments: number, masked: boolean): Omitted[] {
  const all: Omitted[] = [
    { what: 'records', why: 'not_visible_to_role', count: hidden },
    { what: 'recalled_content', why: 'sealed', count: sealed },
    { what: 'attachments', why: masked ? 'masked' : 'not_stored', count: attachments },
  ];
  return all.filter(({ count }) => count > 0);
}
