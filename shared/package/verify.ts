import {
  CHAIN_START,
  CHUNK_END,
  chunkBegin,
  chunkName,
  FILE,
  fromBase64,
  hashFits,
  isPackageName,
  manifestCopy,
  parseManifest,
  parseSignature,
  RECORD_TYPES,
  UNLISTED,
  type Manifest,
  type PackagedFile,
} from './format.ts';
import { parseCanonicalJson } from '../lib/canonical-json.ts';
import { descriptor, LOCAL_BYTES, localHeader, zipTail, type ZipEntry } from './zip-layout.ts';
import { readRange, readZipDirectory, zipAt, type ByteSource, type ZipTrouble } from './zip-reader.ts';

/** What verification needs of its runtime. */
export interface VerifyTools {
  /** Of a whole text, lower-case hex. */
  sha256(text: string): string;
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

export const MAX_PROBLEMS = 1_000;
const MAX_MANIFEST = 64 * 1024 * 1024;
/** Bytes; ours are cut at 4 million characters, one record may be longer. */
const MAX_CHUNK = 64 * 1024 * 1024;
/** A record's text is at most 1 MB; JSON writes each unit with up to 6 characters. */
const MAX_LINE = 16 * 1024 * 1024;

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
  const problems: Problem[] = [];
  let more = 0;
  const report = (where: string, what: ProblemCode, records?: readonly [number, number]): void => {
    if (problems.length >= MAX_PROBLEMS) more++;
    else problems.push(records === undefined ? { where, what } : { where, what, records });
  };
  const answer = (records: number, rest: Partial<VerifyReport> = {}): VerifyReport => ({
    ok: problems.length === 0,
    records,
    problems,
    more,
    fingerprint: null,
    signed: false,
    manifest: null,
    ...rest,
  });

  const directory = await readZipDirectory(source);
  for (const { where, what } of directory.troubles) report(where, what satisfies ZipTrouble);
  if (directory.entries.length === 0 && problems.length > 0) return answer(0);
  const byName = new Map(directory.entries.map((entry) => [entry.name, entry]));
  for (const entry of directory.entries) if (!isPackageName(entry.name)) report(entry.name, 'FILE_EXTRA');

  // The three files that nothing else describes, and so have to be what they are made of.
  const textOf = async (name: string): Promise<{ bytes: Uint8Array; text: string } | null> => {
    const entry = byName.get(name);
    if (entry === undefined) {
      report(name, 'FILE_MISSING');
      return null;
    }
    if (entry.method !== 0 || entry.bytes > MAX_MANIFEST || entry.packed !== entry.bytes) {
      report(name, 'FILE_UNREADABLE');
      return null;
    }
    const start = entry.offset + LOCAL_BYTES + entry.name.length;
    const bytes = await readRange(source, start, start + entry.bytes);
    return { bytes, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) };
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
  const chain = createChainCheck(tools, report);
  const page = createPageCheck(tools);
  const entries = directory.entries.toSorted((a, b) => a.offset - b.offset);
  const actual: ZipEntry[] = [];
  let expectedAt = 0;
  let done = 0;
  /** Of the lines as they lie in records.jsonl. */
  let linesHash = '';
  for (const entry of entries) {
    options.check?.();
    if (entry.offset !== expectedAt) report(zipAt(expectedAt), 'CONTAINER_DAMAGED');
    const file = listed.get(entry.name);
    // Never more than the manifest says, but for the records: they are read line by line, so that what was put between
    // them is named; their size then is the container's word, which has its own limit.
    const limit = entry.name === FILE.records ? entry.bytes : (file?.bytes ?? Math.min(entry.bytes, MAX_MANIFEST));
    const contentAt = entry.offset + LOCAL_BYTES + entry.name.length;
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
      if (entry.name === FILE.records) chain.feed(piece);
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
        if (bytes + piece.length > limit) {
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
    if (entry.name === FILE.records) linesHash = sum;
    const same =
      whole &&
      (file === undefined ||
        (file.bytes === bytes &&
          file.sha256 === sum &&
          file.packed.method === entry.method &&
          file.packed.bytes === packed &&
          file.packed.sha256 === packedHash.hex()));
    if (!same) report(entry.name, file === undefined ? 'FILE_UNREADABLE' : 'FILE_CHANGED');
    if (entry.name === FILE.records) chain.end(manifest);
    else page.endOfFile(entry.name);
    const real: ZipEntry = {
      ...entry,
      // Of a changed file the headers still tell the old sum: that is said once, with its name.
      ...(same ? { crc, bytes } : {}),
      packed: contentEnd - contentAt,
      offset: expectedAt,
    };
    actual.push(real);
    expectedAt = await compare(entry.offset, localHeader(real));
    expectedAt = await compare(expectedAt + real.packed, descriptor(real));
  }
  if (expectedAt !== directory.offset) report(zipAt(expectedAt), 'CONTAINER_DAMAGED');
  await compare(directory.offset, zipTail(actual, directory.offset), true);
  if (manifest !== undefined && byName.has(FILE.records)) {
    if (!page.sameAs(linesHash)) report('data/', 'PAGE_DIFFERS');
    if (page.order !== '') report(page.order, 'PAGE_DIFFERS');
  }
  return answer(chain.lines(), { fingerprint, signed, manifest: manifest ?? null });

  /** Reports the first byte that isn't as the layout says; answers with the offset behind. */
  async function compare(at: number, wanted: Uint8Array, toEnd = false): Promise<number> {
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

/** Tells damage of the package from a disk that can't be read. */
async function canRead(source: ByteSource, start: number, end: number): Promise<boolean> {
  let bytes = 0;
  for await (const piece of source.read(start, end)) bytes += piece.length;
  return bytes === end - start;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

type Report = (where: string, what: ProblemCode, records?: readonly [number, number]) => void;

/**
 * The lines of records.jsonl as they come. A line's own hash says whether it was changed; where it fits, `n` and `prev`
 * say what happened around it: numbers that are passed over were removed, unless they come later (swapped) or stand
 * behind a line that can't be read; numbers that were there are doubled.
 */
export function createChainCheck(tools: Pick<VerifyTools, 'sha256'>, report: Report) {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const counts = new Map<string, number>();
  let rest = '';
  let lines = 0;
  /** The record with the highest number so far; hash null where it could not be read. */
  let top: { readonly n: number; readonly hash: string | null } = { n: 0, hash: CHAIN_START };
  /** Lines since `top` that could not be trusted: each may be one of the numbers passed over. */
  let damaged = 0;
  const missing: { from: number; to: number; readonly line: number }[] = [];

  const where = (line: number): string => `${FILE.records}:${line}`;

  function line(text: string): void {
    lines++;
    const value = text.length > MAX_LINE ? undefined : parseCanonicalJson(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      damaged++;
      report(where(lines), 'RECORD_CHANGED');
      return;
    }
    const record = value as Readonly<Record<string, unknown>>;
    const { n, prev, hash, type } = record;
    if (typeof n !== 'number' || n < 1 || typeof hash !== 'string' || !hashFits(text, record, tools.sha256)) {
      damaged++;
      report(where(lines), 'RECORD_CHANGED', [top.n + damaged, top.n + damaged]);
      return;
    }
    if (typeof type !== 'string' || !(RECORD_TYPES as readonly string[]).includes(type))
      report(where(lines), 'RECORD_MALFORMED', [n, n]);
    else counts.set(type, (counts.get(type) ?? 0) + 1);
    if (n <= top.n) {
      const gap = missing.find(({ from, to }) => from <= n && n <= to);
      if (gap === undefined) report(where(lines), 'RECORD_TWICE', [n, n]);
      else {
        report(where(lines), 'RECORD_SWAPPED', [n, n]);
        missing.splice(missing.indexOf(gap), 1);
        if (gap.from < n) missing.push({ ...gap, to: n - 1 });
        if (n < gap.to) missing.push({ ...gap, from: n + 1 });
      }
      return;
    }
    const passed = n - top.n - 1;
    if (passed > damaged) missing.push({ from: top.n + damaged + 1, to: n - 1, line: lines });
    else if (passed === 0 && damaged === 0 && prev !== top.hash)
      // Its own hash fits and it follows by number: what it follows is another record than the one before it.
      report(where(lines), 'RECORD_CHANGED', [n, n]);
    top = { n, hash };
    damaged = 0;
  }

  return {
    feed(piece: Uint8Array): void {
      const text = rest + decoder.decode(piece, { stream: true });
      let at = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
        line(text.slice(at, end));
        at = end + 1;
      }
      rest = text.slice(at);
      // An endless line is given up, not gathered.
      if (rest.length > MAX_LINE) rest = rest.slice(0, MAX_LINE + 1);
    },
    end(manifest: Manifest | undefined): void {
      rest += decoder.decode();
      if (rest !== '') {
        line(rest);
        report(where(lines), 'RECORDS_TRUNCATED');
      }
      for (const { from, to, line: at } of missing) report(where(at), 'RECORD_REMOVED', [from, to]);
      if (manifest === undefined) return;
      const { records } = manifest.counts;
      if (top.n + damaged < records) report(where(lines + 1), 'RECORDS_TRUNCATED', [top.n + damaged + 1, records]);
      else if (top.n !== records || top.hash !== manifest.chain.head) {
        if (damaged === 0) report(where(lines), 'HEAD_DIFFERS');
      } else if (lines === records) {
        const of = (type: string): number => counts.get(type) ?? 0;
        const { counts: said } = manifest;
        if (
          of('message') !== said.messages ||
          of('recall') !== said.recalls ||
          of('correction') !== said.corrections ||
          of('transfer') !== said.transfers ||
          of('conversation') !== said.conversations
        )
          report(FILE.manifest, 'COUNT_DIFFERS');
      }
    },
    lines: () => lines,
  };
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
      const whole = pieces.length === 1 ? (pieces[0] as Uint8Array) : joined(pieces, bytes);
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
      const lines = new Uint8Array(end - begin.length + 1);
      let to = 0;
      for (let from = begin.length; from <= end;) {
        const feed = whole.indexOf(LINE_FEED, from);
        const last = feed === end;
        if (!last && whole[feed - 1] !== COMMA) fits = false;
        const line = whole.subarray(from, last ? feed : feed - 1);
        lines.set(line, to);
        to += line.length;
        lines[to++] = LINE_FEED;
        from = feed + 1;
      }
      content.update(lines.subarray(0, to));
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

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
