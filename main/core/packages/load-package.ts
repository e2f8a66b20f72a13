import { AppFailure } from '#shared/contract/errors.ts';
import type { PackageReport } from '#shared/contract/packages.ts';
import { Scorecard } from '#shared/domain/review/scorecard.ts';
import { messageKeySlot } from '#shared/domain/time.ts';
import { AttachmentId } from '#shared/domain/ids.ts';
import { FILE, hashFits } from '#shared/package/format.ts';
import { ConversationRecord, MessageRecord, OtherRecord, RecallRecord } from '#shared/package/records.ts';
import { verifyPackage, type VerifyTools } from '#shared/package/verify.ts';
import { contentStart, readZipDirectory, type ByteSource, type ListedEntry } from '#shared/package/zip-reader.ts';
import type { ImportRecord, ImportRecordMore } from '../ports/store.ts';

export interface LoadedPackage {
  readonly report: PackageReport;
  readonly head: string | null;
  readonly damaged: readonly string[];
}

export interface LoadOptions {
  readonly source: ByteSource;
  readonly tools: VerifyTools;
  /** Messages, oldest first within a batch; batches come from the newest to the oldest. */
  put(records: readonly ImportRecord[]): Promise<void>;
  /** Throws to stop. */
  check(): void;
  progress(share: number): void;
}

const BATCH = 5_000;
/** Messages of one moment stay together, so that their order holds; a forged file may have any number of them. */
const LARGEST_BATCH = 50_000;
/** As in verification: a longer line is no record. */
const MAX_LINE = 16 * 1024 * 1024;
/** Records above this many bytes are not read into a store of their own. */
const MAX_RECORDS = 16 * 1024 * 1024 * 1024;
const MAX_INDEX = 64 * 1024 * 1024;
/** Where the index of the page begins and ends (docs/package-format.md, "Data of the page"). */
const INDEX_CALL = ['packageIndex(', ');\n'] as const;

/**
 * Verifies a package and reads its messages (EX7). Whatever can be read is read, also of a damaged or forged one; the report
 * says what is not as it was exported, and which messages are. Memory doesn't grow with the records.
 */
export async function loadPackage(options: LoadOptions): Promise<LoadedPackage> {
  const { source, tools, check } = options;
  const verified = await verifyPackage(source, tools, {
    check,
    progress: (done, total) => options.progress((done / Math.max(1, total)) * 0.4),
  });
  const { entries } = await readZipDirectory(source);
  const records = entries.find(({ name }) => name === FILE.records);
  if (records === undefined || records.bytes > MAX_RECORDS)
    throw new AppFailure('PACKAGE_UNREADABLE', 'no records that could be read', {
      problem: verified.problems[0]?.what ?? 'FILE_MISSING',
    });
  const isDamaged = within(verified.touched);
  const damaged = new Set<string>();
  const conversationNumbers = new Map<string, NonNullable<ImportRecordMore['conversation_nos']>>();
  let batch: ImportRecord[] = [];
  let messages = 0;
  let unreadable = 0;

  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const full = batch.reverse();
    batch = [];
    await options.put(full);
  };
  const slotOf = (record: ImportRecord): number => messageKeySlot(record.sent_at);

  async function line(text: string): Promise<void> {
    const value = parsed(text);
    if (value === null) {
      unreadable++;
      return;
    }
    const { n } = value as { readonly n?: unknown };
    const sound = hashFits(text, value, tools.sha256) && typeof n === 'number' && !isDamaged(n);
    const record = value['type'];
    if (record === 'message') {
      const read = MessageRecord.safeParse(value);
      const message = read.success ? toImport(read.data, conversationNumbers) : null;
      // Said once, by the first of its messages.
      if (read.success) conversationNumbers.delete(`${read.data.shop}\u0000${read.data.conversation_id}`);
      if (message === null) {
        unreadable++;
        return;
      }
      const last = batch.at(-1);
      if (
        last !== undefined &&
        (batch.length >= LARGEST_BATCH || (batch.length >= BATCH && slotOf(last) !== slotOf(message)))
      )
        await flush();
      batch.push(message);
      messages++;
      if (!sound) damaged.add(message.message_id);
    } else if (record === 'recall') {
      const read = RecallRecord.safeParse(value);
      const last = batch.at(-1);
      if (!read.success) unreadable++;
      else if (last !== undefined && last.message_id === read.data.message_id) {
        const { more } = last;
        if (more?.recalled !== undefined && read.data.reason !== undefined)
          batch[batch.length - 1] = {
            ...last,
            more: { ...more, recalled: { ...more.recalled, reason: read.data.reason } },
          };
        // What is said about a message is part of it: a changed recall makes the message doubtful.
        if (!sound) damaged.add(last.message_id);
      }
    } else if (record === 'conversation') {
      const read = ConversationRecord.safeParse(value);
      if (!read.success) unreadable++;
      else if (read.data.order_nos.length + read.data.violation_nos.length > 0)
        conversationNumbers.set(`${read.data.shop}\u0000${read.data.conversation_id}`, {
          orders: read.data.order_nos,
          violations: read.data.violation_nos,
        });
    } else if (!OtherRecord.safeParse(value).success) unreadable++;
  }

  const whole = await readLines(records, options, line);
  if (!whole) unreadable++;
  await flush();
  const { manifest } = verified;
  return {
    report: {
      ok: verified.ok && unreadable === 0 && damaged.size === 0,
      signed: verified.signed,
      fingerprint: verified.fingerprint,
      problems: verified.problems,
      more: verified.more,
      messages,
      unreadable,
      damaged: damaged.size,
      attachments: entries.filter(({ name }) => name.startsWith('attachments/')).length,
      about:
        manifest === null
          ? null
          : {
              created_at: manifest.created_at,
              operator: manifest.operator,
              reason: manifest.reason,
              masks: manifest.masks,
              counts: manifest.counts,
              omitted: manifest.omitted,
            },
      card: await readCard(entries, options),
    },
    head: manifest?.chain.head ?? null,
    damaged: [...damaged],
  };
}

/** Bytes of one entry, at most `limit`; null where they can't be had. */
export async function readEntry(
  entry: ListedEntry,
  source: ByteSource,
  tools: Pick<VerifyTools, 'inflate'>,
  limit: number,
): Promise<Uint8Array | null> {
  if (entry.bytes > limit) return null;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of contentOf(entry, source, tools)) {
      bytes += piece.length;
      if (bytes > limit) return null;
      pieces.push(Uint8Array.from(piece));
    }
  } catch (thrown) {
    if (thrown instanceof AppFailure) throw thrown;
    return null;
  }
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

async function* contentOf(
  entry: ListedEntry,
  source: ByteSource,
  tools: Pick<VerifyTools, 'inflate'>,
): AsyncIterable<Uint8Array> {
  const start = await contentStart(source, entry);
  const packed = source.read(start, start + entry.packed);
  yield* entry.method === 0 ? packed : tools.inflate(packed);
}

/** False where the content ended before its end: what came until then was read. */
async function readLines(
  entry: ListedEntry,
  { source, tools, check, progress }: LoadOptions,
  line: (text: string) => Promise<void>,
): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';
  let bytes = 0;
  let whole = true;
  const lines = async (text: string): Promise<void> => {
    let at = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
      await line(text.slice(at, end));
      at = end + 1;
    }
    rest = text.slice(at);
    if (rest.length > MAX_LINE) rest = rest.slice(0, MAX_LINE + 1);
  };
  try {
    for await (const piece of contentOf(entry, source, tools)) {
      check();
      bytes += piece.length;
      if (bytes > MAX_RECORDS) return false;
      await lines(rest + decoder.decode(piece, { stream: true }));
      progress(0.4 + 0.6 * Math.min(1, bytes / Math.max(1, entry.bytes)));
    }
  } catch (thrown) {
    // Stops and failures of the store or the disk are no damage of the package.
    check();
    if (thrown instanceof AppFailure) throw thrown;
    whole = false;
  }
  rest += decoder.decode();
  if (rest !== '') await line(rest);
  return whole;
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  if (text.length > MAX_LINE) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

/** Null where its time is none. */
function toImport(
  message: MessageRecord,
  conversations: ReadonlyMap<string, NonNullable<ImportRecordMore['conversation_nos']>>,
): ImportRecord | null {
  const sent_at = Date.parse(message.sent_at);
  if (!Number.isSafeInteger(sent_at) || sent_at < 0) return null;
  const { recalled, attachment, sender_name, order, correction_of, corrected_by } = message;
  const numbers = conversations.get(`${message.shop}\u0000${message.conversation_id}`);
  const recalledAt = recalled?.at === undefined ? Number.NaN : Date.parse(recalled.at);
  return {
    shop: message.shop,
    conversation_id: message.conversation_id,
    message_id: message.message_id,
    occurrence: 0,
    agent: message.agent,
    consumer: message.consumer,
    sender: message.sender,
    sent_at,
    kind: message.kind,
    text: recalled === undefined ? message.text : '',
    order_nos: message.order_nos,
    violation_nos: message.violation_nos,
    recalled: recalled !== undefined,
    more: {
      ...(sender_name === undefined ? {} : { sender_name }),
      ...(order === undefined ? {} : { order }),
      ...(attachment === undefined
        ? {}
        : { attachment: { ...attachment, attachment_id: AttachmentId.parse(attachment.sha256) } }),
      ...(correction_of === undefined ? {} : { correction_of }),
      ...(corrected_by === undefined ? {} : { corrected_by }),
      ...(numbers === undefined ? {} : { conversation_nos: numbers }),
      ...(recalled === undefined
        ? {}
        : {
            recalled: {
              by: recalled.by ?? '',
              at: Number.isNaN(recalledAt) ? 0 : recalledAt,
              effect: recalled.effect,
              reason: null,
              sealed: recalled.sealed,
            },
          }),
    },
  };
}

/** Whether a number is in one of the ranges, which are in order and apart. */
function within(ranges: readonly (readonly [number, number])[]): (n: number) => boolean {
  return (n) => {
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ranges[middle] as readonly [number, number])[1] < n) low = middle + 1;
      else high = middle;
    }
    const found = ranges[low];
    return found !== undefined && found[0] <= n;
  };
}

/** The scorecard in the page's index; null where there is none, or none that can be read. */
async function readCard(entries: readonly ListedEntry[], { source, tools }: LoadOptions): Promise<Scorecard | null> {
  const entry = entries.find(({ name }) => name === FILE.index);
  const bytes = entry === undefined ? null : await readEntry(entry, source, tools, MAX_INDEX);
  if (bytes === null) return null;
  const text = new TextDecoder().decode(bytes);
  const [begin, end] = INDEX_CALL;
  if (!text.startsWith(begin) || !text.endsWith(end)) return null;
  const index = parsed(text.slice(begin.length, -end.length));
  const card = Scorecard.safeParse(index?.['scorecard']);
  return card.success ? card.data : null;
}
