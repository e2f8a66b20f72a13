import { createChainCheck, joined } from './chain-check.ts';
import {
  CHUNK_END,
  chunkBegin,
  chunkName,
  FILE,
  fromBase64,
  isPackageName,
  manifestCopy,
  parseManifest,
  parseSignature,
  UNLISTED,
  type Manifest,
  type PackagedFile,
} from './format.ts';
import { descriptor, localHeader, zipTail, type ZipEntry } from './zip-layout.ts';
import {
  contentStart,
  readRange,
  readZipDirectory,
  zipAt,
  type ByteSource,
  type ListedEntry,
  type ZipTrouble,
} from './zip-reader.ts';

/** What verification needs of its runtime. */
export interface VerifyTools {
  /** Of a whole text as UTF-8, or of bytes; lower-case hex. */
  sha256(content: string | Uint8Array): string;
  /** Of bytes as they come. */
  sha256Stream(): { update(bytes: Uint8Array): void; hex(): string };
  crc32(bytes: Uint8Array, before: number): number;
  /** Raw deflate; rejects where the bytes are none. */
  inflate(packed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Null where the runtime knows no Ed25519. */
  verifyEd25519(publicKey: Uint8Array, signature: Uint8Array, data: Uint8Array): Promise<boolean | null>;
}

export const PROBLEMS = [
  'NOT_A_ZIP',
  'TRUNCATED',
  'CONTAINER_DAMAGED',
  'LIMIT_EXCEEDED',
  'NAME_FORBIDDEN',
  'NAME_TWICE',
  'FILE_MISSING',
  'FILE_EXTRA',
  'FILE_CHANGED',
  'FILE_UNREADABLE',
  'MANIFEST_MALFORMED',
  'SIGNATURE_MALFORMED',
  'SIGNATURE_BAD',
  'SIGNATURE_UNCHECKED',
  'OTHER_KEY',
  'COPY_DIFFERS',
  'RECORD_CHANGED',
  'RECORD_MALFORMED',
  'RECORD_REMOVED',
  'RECORD_SWAPPED',
  'RECORD_TWICE',
  'RECORDS_TRUNCATED',
  'HEAD_DIFFERS',
  'COUNT_DIFFERS',
  'PAGE_DIFFERS',
] as const;
export type ProblemCode = (typeof PROBLEMS)[number];

export interface Problem {
  /** A file's name, `records.jsonl:LINE`, or `zip@OFFSET` for what is no file's content. */
  readonly where: string;
  readonly what: ProblemCode;
  /** Numbers (`n`) of the records meant, [first, last], where that is known. */
  readonly records?: readonly [number, number];
}

export interface VerifyReport {
  readonly ok: boolean;
  /** Lines of records.jsonl that were read. */
  readonly records: number;
  readonly problems: readonly Problem[];
  /** Problems beyond MAX_PROBLEMS, only counted. */
  readonly more: number;
  /** Numbers (`n`) of all records that a problem was found of, listed or not: [first, last], in order, apart. */
  readonly touched: readonly (readonly [number, number])[];
  /** SHA-256 of the public key that the package itself names; null where it names none. */
  readonly fingerprint: string | null;
  /** The signature was checked and fits the manifest. */
  readonly signed: boolean;
  readonly manifest: Manifest | null;
}

export interface VerifyOptions {
  /** Fingerprint that the exporting party has published; any form with separators. */
  readonly expectedFingerprint?: string;
  readonly progress?: (done: number, total: number) => void;
  /** Asked between pieces; throws to stop. */
  readonly check?: () => void;
}

const MAX_PROBLEMS = 1_000;
/** A package with more separate damaged places than this is damaged from the next one on. */
const MAX_RANGES = 1_000_000;
const MAX_MANIFEST = 64 * 1024 * 1024;
/** Bytes; ours are cut at 4 million characters, one record may be longer. */
const MAX_CHUNK = 64 * 1024 * 1024;

/** `aa:bb cc` and `AABBCC` name the same key. */
export const plainFingerprint = (text: string): string => text.toLowerCase().replace(/[^0-9a-f]/g, '');

/**
 * Verifies a package (EX4) in one pass and bounded memory. Never rejects for what is in the package; failures to read the
 * source itself reject.
 */
export async function verifyPackage(
  source: ByteSource,
  tools: VerifyTools,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const found = createProblems();
  const { report } = found;
  const answer = (records: number, rest: Partial<VerifyReport> = {}): VerifyReport => ({
    ok: found.total() === 0,
    records,
    problems: found.list(),
    more: found.total() - found.list().length,
    touched: found.touched(),
    fingerprint: null,
    signed: false,
    manifest: null,
    ...rest,
  });

  const directory = await readZipDirectory(source);
  for (const { where, what } of directory.troubles) report(where, what satisfies ZipTrouble);
  if (directory.entries.length === 0 && found.total() > 0) return answer(0);
  const byName = new Map(directory.entries.map((entry) => [entry.name, entry]));
  for (const entry of directory.entries) if (!isPackageName(entry.name)) report(entry.name, 'FILE_EXTRA');

  // The three files that nothing else describes, and so have to be what they are made of.
  const textOf = async (name: string): Promise<{ bytes: Uint8Array; text: string } | null> => {
    const entry = byName.get(name);
    if (entry === undefined) {
      report(name, 'FILE_MISSING');
      return null;
    }
    const bytes = await bytesOf(entry);
    if (bytes === null) {
      report(name, 'FILE_UNREADABLE');
      return null;
    }
    return { bytes, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) };
  };
  // Ours are stored; whoever packs a package anew deflates them, and its contents are to be told apart from its container.
  const bytesOf = async (entry: ListedEntry): Promise<Uint8Array | null> => {
    const contentAt = await contentStart(source, entry);
    if (entry.bytes > MAX_MANIFEST || contentAt + entry.packed > directory.offset) return null;
    if (entry.method === 0)
      return entry.packed === entry.bytes ? readRange(source, contentAt, contentAt + entry.bytes) : null;
    report(zipAt(entry.offset), 'CONTAINER_DAMAGED');
    const bytes = new Uint8Array(entry.bytes);
    let at = 0;
    try {
      for await (const piece of tools.inflate(source.read(contentAt, contentAt + entry.packed))) {
        if (at + piece.length > bytes.length) return null;
        bytes.set(piece, at);
        at += piece.length;
      }
    } catch (thrown) {
      options.check?.();
      if (!(await canRead(source, contentAt, contentAt + entry.packed))) throw thrown;
      return null;
    }
    return at === bytes.length ? bytes : null;
  };
  const manifestFile = await textOf(FILE.manifest);
  const signatureFile = await textOf(FILE.signature);
  const copyFile = await textOf(FILE.manifestCopy);
  const manifest = manifestFile === null ? undefined : parseManifest(manifestFile.text);
  const signature = signatureFile === null ? undefined : parseSignature(signatureFile.text);
  if (manifestFile !== null && manifest === undefined) report(FILE.manifest, 'MANIFEST_MALFORMED');
  if (signatureFile !== null && signature === undefined) report(FILE.signature, 'SIGNATURE_MALFORMED');
  let fingerprint: string | null = null;
  let signed = false;
  if (signature !== undefined && manifestFile !== null) {
    const key = fromBase64(signature.public_key) as Uint8Array;
    const hash = tools.sha256Stream();
    hash.update(key);
    fingerprint = hash.hex();
    const fits = await tools.verifyEd25519(key, fromBase64(signature.signature) as Uint8Array, manifestFile.bytes);
    if (fits === null) report(FILE.signature, 'SIGNATURE_UNCHECKED');
    else if (!fits) report(FILE.manifest, 'SIGNATURE_BAD');
    else signed = true;
    const { expectedFingerprint } = options;
    if (expectedFingerprint !== undefined && plainFingerprint(expectedFingerprint) !== fingerprint)
      report(FILE.signature, 'OTHER_KEY');
  }
  if (copyFile !== null && manifestFile !== null && signatureFile !== null) {
    const wanted = manifestCopy(manifestFile.text, signatureFile.text);
    if (!sameBytes(new TextEncoder().encode(wanted), copyFile.bytes)) report(FILE.manifestCopy, 'COPY_DIFFERS');
  }

  const listed = new Map<string, PackagedFile>((manifest?.files ?? []).map((file) => [file.name, file]));
  if (manifest !== undefined) {
    for (const name of listed.keys()) if (!byName.has(name)) report(name, 'FILE_MISSING');
    for (const name of byName.keys())
      if (isPackageName(name) && !listed.has(name) && !UNLISTED.includes(name)) report(name, 'FILE_EXTRA');
    for (const name of [FILE.page, FILE.records, FILE.script, FILE.style, FILE.readme, FILE.index])
      if (!listed.has(name)) report(name, 'FILE_MISSING');
  }

  // Everything in the order in which it lies there: so each byte is either content, or what the layout says.
  const entries = directory.entries.toSorted((a, b) => a.offset - b.offset);
  const page = createPageCheck(tools);
  let done = 0;
  let stopped = false;
  let recordLines = 0;
  /** Of the lines as they lie in records.jsonl. */
  let linesHash = '';

  async function contentOf(entry: ListedEntry): Promise<Content> {
    const said = createProblems();
    const chain = entry.name === FILE.records ? createChainCheck(tools, said.report) : null;
    const file = listed.get(entry.name);
    // Never more than the manifest says, but for the records: they are read line by line, so that what was put between
    // them is named; their size then is the container's word, which has its own limit.
    const limit = chain !== null ? entry.bytes : (file?.bytes ?? Math.min(entry.bytes, MAX_MANIFEST));
    const contentAt = await contentStart(source, entry);
    const contentEnd = Math.min(contentAt + entry.packed, directory.offset);
    const packedHash = tools.sha256Stream();
    const hash = tools.sha256Stream();
    let crc = 0;
    let bytes = 0;
    let readable = true;
    const use = (piece: Uint8Array): void => {
      hash.update(piece);
      crc = tools.crc32(piece, crc);
      bytes += piece.length;
      if (chain !== null) chain.feed(piece);
      // A stored file's pieces are the source's own, and not to be kept.
      else page.feed(entry.name, entry.method === 0 ? piece.slice() : piece);
    };
    let packed = 0;
    async function* tapped(): AsyncIterable<Uint8Array> {
      for await (const piece of source.read(contentAt, contentEnd)) {
        packedHash.update(piece);
        packed += piece.length;
        done += piece.length;
        options.progress?.(done, source.bytes);
        yield piece;
      }
    }
    try {
      for await (const piece of entry.method === 0 ? tapped() : tools.inflate(tapped())) {
        options.check?.();
        if (stopped || bytes + piece.length > limit) {
          readable = false;
          break;
        }
        use(piece);
      }
    } catch (thrown) {
      // A stop that was asked for is no problem of the package.
      options.check?.();
      if (!(await canRead(source, contentAt, contentEnd))) throw thrown;
      readable = false;
    }
    const whole = readable && packed === contentEnd - contentAt;
    const sum = hash.hex();
    const same = whole && (file === undefined || (file.bytes === bytes && file.sha256 === sum));
    if (!same) said.report(entry.name, file === undefined ? 'FILE_UNREADABLE' : 'FILE_CHANGED');
    // The same content, packed in another way.
    else if (
      file !== undefined &&
      !(file.packed.method === entry.method && file.packed.bytes === packed && file.packed.sha256 === packedHash.hex())
    )
      said.report(zipAt(contentAt), 'CONTAINER_DAMAGED');
    if (chain !== null) {
      chain.end(manifest);
      linesHash = sum;
      recordLines = chain.lines();
    } else page.endOfFile(entry.name);
    return {
      said,
      // Of a changed file the headers still tell the old sum: that is said once, with its name.
      real: { ...entry, ...(same ? { crc, bytes } : {}), packed: contentEnd - contentAt },
    };
  }

  const contents = new Map<ListedEntry, Content>();
  const inTurn = async (some: readonly ListedEntry[]): Promise<void> => {
    for (const entry of some) {
      if (stopped) return;
      try {
        options.check?.();
        contents.set(entry, await contentOf(entry));
      } catch (thrown) {
        stopped = true;
        throw thrown;
      }
    }
  };
  // Half of the bytes are the records: while they are unpacked the rest is looked at, and the other way round.
  const isRecords = ({ name }: ListedEntry): boolean => name === FILE.records;
  const ends = await Promise.allSettled([
    inTurn(entries.filter(isRecords)),
    inTurn(entries.filter((entry) => !isRecords(entry))),
  ]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;

  const actual: ZipEntry[] = [];
  let expectedAt = 0;
  for (const entry of entries) {
    options.check?.();
    if (entry.offset !== expectedAt) report(zipAt(expectedAt), 'CONTAINER_DAMAGED');
    const { said, real } = contents.get(entry) as Content;
    found.take(said);
    const placed = { ...real, offset: expectedAt };
    actual.push(placed);
    expectedAt = await compare(entry.offset, localHeader(placed));
    expectedAt = await compare(expectedAt + placed.packed, descriptor(placed));
  }
  if (expectedAt !== directory.offset) report(zipAt(expectedAt), 'CONTAINER_DAMAGED');
  await compare(directory.offset, zipTail(actual, directory.offset), true);
  if (manifest !== undefined && byName.has(FILE.records)) {
    if (!page.sameAs(linesHash)) report('data/', 'PAGE_DIFFERS');
    if (page.order !== '') report(page.order, 'PAGE_DIFFERS');
  }
  return answer(recordLines, { fingerprint, signed, manifest: manifest ?? null });

  /** Reports the first byte that isn't as the layout says; answers with the offset behind. */
  async function compare(at: number, wanted: Uint8Array, toEnd = false): Promise<number> {
    if (wanted.length === 0 && !toEnd) return at;
    const found = await readRange(
      source,
      Math.min(at, source.bytes),
      toEnd ? source.bytes : Math.min(at + wanted.length, source.bytes),
    );
    for (let i = 0; i < Math.max(wanted.length, found.length); i++)
      if (wanted[i] !== found[i]) {
        report(zipAt(at + i), 'CONTAINER_DAMAGED');
        break;
      }
    return at + wanted.length;
  }
}

/** What stands in an entry, and its place in the container as it really is but for the offset. */
interface Content {
  readonly said: Problems;
  readonly real: ZipEntry;
}

export interface Problems {
  report(where: string, what: ProblemCode, records?: readonly [number, number]): void;
  take(others: Problems): void;
  total(): number;
  /** The first MAX_PROBLEMS. */
  list(): readonly Problem[];
  /** Numbers of all records that something was said of, also where it is not listed: [first, last], in order, apart. */
  touched(): readonly (readonly [number, number])[];
}

/**
 * What is found, in the order in which it is said: whole files first, then single records, then the container (of a package
 * that was packed anew it is damaged everywhere). So many damaged lines never push out which file they are of.
 */
export function createProblems(): Problems {
  const kept: readonly [files: Problem[], records: Problem[], container: Problem[]] = [[], [], []];
  let total = 0;
  let touched: [number, number][] = [];
  const keep = (problem: Problem): void => {
    const of = kept[rankOf(problem)];
    if (of.length < MAX_PROBLEMS) of.push(problem);
  };
  const touch = ([from, to]: readonly [number, number]): void => {
    const last = touched.at(-1);
    if (last !== undefined && from >= last[0] && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else if (last !== undefined && touched.length >= MAX_RANGES) last[1] = Infinity;
    else touched.push([from, to]);
  };
  return {
    report(where, what, records) {
      total++;
      keep(records === undefined ? { where, what } : { where, what, records });
      if (records !== undefined) touch(records);
    },
    take(others) {
      total += others.total();
      for (const problem of others.list()) keep(problem);
      for (const range of others.touched()) touch(range);
    },
    total: () => total,
    list: () => kept.flat().slice(0, MAX_PROBLEMS),
    touched() {
      const merged: [number, number][] = [];
      for (const [from, to] of touched.toSorted(([one], [other]) => one - other)) {
        const last = merged.at(-1);
        if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
        else merged.push([from, to]);
      }
      touched = merged;
      return merged;
    },
  };
}

function rankOf({ where }: Problem): 0 | 1 | 2 {
  if (where.startsWith('zip@')) return 2;
  return where.startsWith(`${FILE.records}:`) ? 1 : 0;
}

/** Tells damage of the package from a disk that can't be read. */
async function canRead(source: ByteSource, start: number, end: number): Promise<boolean> {
  let bytes = 0;
  for await (const piece of source.read(start, end)) bytes += piece.length;
  return bytes === end - start;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

const LINE_FEED = 10;
const COMMA = 44;

/** The chunks of the page together must be records.jsonl again. Bytes are compared: their text was read there. */
function createPageCheck(tools: Pick<VerifyTools, 'sha256Stream'>) {
  const content = tools.sha256Stream();
  const encoder = new TextEncoder();
  const chunkEnd = encoder.encode(`\n${CHUNK_END}`);
  let chunk = 0;
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let order = '';
  let fits = true;
  const isChunk = (name: string): boolean => name.startsWith('data/chunk-');
  return {
    feed(name: string, piece: Uint8Array): void {
      if (!isChunk(name) || bytes > MAX_CHUNK) return;
      pieces.push(piece);
      bytes += piece.length;
    },
    endOfFile(name: string): void {
      if (!isChunk(name)) return;
      chunk++;
      if (name !== chunkName(chunk) && order === '') order = name;
      const whole = joined(pieces, bytes);
      pieces = [];
      bytes = 0;
      const begin = encoder.encode(chunkBegin(chunk));
      const end = whole.length - chunkEnd.length;
      if (
        end < begin.length ||
        !sameBytes(whole.subarray(0, begin.length), begin) ||
        !sameBytes(whole.subarray(end), chunkEnd)
      ) {
        fits = false;
        return;
      }
      // The lines move together over the commas behind them.
      let to = begin.length;
      for (let from = begin.length; from <= end;) {
        const feed = whole.indexOf(LINE_FEED, from);
        const last = feed === end;
        if (!last && whole[feed - 1] !== COMMA) fits = false;
        const lineEnd = last ? feed : Math.max(from, feed - 1);
        whole.copyWithin(to, from, lineEnd);
        to += lineEnd - from;
        whole[to++] = LINE_FEED;
        from = feed + 1;
      }
      content.update(whole.subarray(begin.length, to));
    },
    get order(): string {
      return order;
    },
    sameAs: (hash: string): boolean => {
      const own = content.hex();
      return fits && own === hash;
    },
  };
}
