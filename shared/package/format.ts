import { z } from 'zod';
import { canonicalJson, parseCanonicalJson } from '../lib/canonical-json.ts';

/** The review package (EX3, EX4), as docs/package-format.md describes it. Where page and code differ, one of them is wrong. */
export const PACKAGE_FORMAT = 1;

export const FILE = {
  page: 'index.html',
  readme: 'README.txt',
  manifest: 'manifest.json',
  signature: 'manifest.sig',
  records: 'records.jsonl',
  script: 'viewer/viewer.js',
  style: 'viewer/viewer.css',
  /** Manifest and signature once more, for a page that can't read files. */
  manifestCopy: 'data/manifest.js',
  index: 'data/index.js',
} as const;

/** Files that the manifest does not list: itself, and what is made from it. */
export const UNLISTED: readonly string[] = [FILE.manifest, FILE.signature, FILE.manifestCopy];

const NUMBERED = /^data\/(?:chunk|grams|conversations)-\d{5,}\.js$/;
const ATTACHMENT = /^attachments\/[0-9a-f]{64}$/;

export const attachmentName = (sha256: string): string => `attachments/${sha256}`;

/** Names that a package can have; any other makes it invalid. */
export function isPackageName(name: string): boolean {
  return (Object.values(FILE) as readonly string[]).includes(name) || NUMBERED.test(name) || ATTACHMENT.test(name);
}

const numbered = (kind: string, number: number): string => `data/${kind}-${String(number).padStart(5, '0')}.js`;
/** From 1. */
export const chunkName = (number: number): string => numbered('chunk', number);
export const gramsName = (number: number): string => numbered('grams', number);
export const conversationsName = (number: number): string => numbered('conversations', number);

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const Count = z.int().nonnegative();

export const PackagedFile = z.strictObject({
  name: z.string().max(200).refine(isPackageName),
  bytes: Count,
  sha256: Hash,
  /** As it lies in the container. */
  packed: z.strictObject({ method: z.union([z.literal(0), z.literal(8)]), bytes: Count, sha256: Hash }),
});
export type PackagedFile = z.infer<typeof PackagedFile>;

/** What was left out, and why. */
export const Omitted = z.object({
  what: z.enum(['records', 'recalled_content', 'attachments']),
  why: z.enum(['not_visible_to_role', 'sealed', 'not_stored', 'masked']),
  count: Count,
});
export type Omitted = z.infer<typeof Omitted>;

export const Manifest = z.object({
  format: z.literal(PACKAGE_FORMAT),
  app: z.object({ name: z.string().max(128), version: z.string().max(64) }),
  created_at: z.string().max(64),
  operator: z.string().max(1_024),
  reason: z.string().max(4_096),
  filter: z.record(z.string(), z.unknown()),
  masks: z.array(z.string().max(32)),
  counts: z.object({
    records: Count,
    messages: Count,
    recalls: Count,
    corrections: Count,
    transfers: Count,
    conversations: Count,
    agents: Count,
    consumers: Count,
  }),
  chain: z.object({ algorithm: z.literal('SHA-256'), first: Hash, head: Hash }),
  files: z.array(PackagedFile),
  omitted: z.array(Omitted),
});
export type Manifest = z.infer<typeof Manifest>;

/** Standard base64 of exactly so many bytes, in the one notation that has no spare bits set. */
function base64Of(bytes: number): z.ZodType<string> {
  return z.string().refine((text) => {
    const decoded = fromBase64(text);
    return decoded !== null && decoded.length === bytes && toBase64(decoded) === text;
  });
}

const Signature = z.strictObject({
  algorithm: z.literal('Ed25519'),
  public_key: base64Of(32),
  signature: base64Of(64),
});
export type Signature = z.infer<typeof Signature>;

/** As a profile keeps its key among its secrets: PKCS #8 and the 32 bytes, both in base64. */
export const StoredSigningKey = z.object({ private_key: z.string().min(1), public_key: base64Of(32) });

/** Undefined unless the text is a manifest in canonical JSON. */
export function parseManifest(text: string): Manifest | undefined {
  const parsed = Manifest.safeParse(parseCanonicalJson(text));
  if (!parsed.success) return undefined;
  const { files, chain } = parsed.data;
  const sorted = files.every(({ name }, at) => at === 0 || (files[at - 1] as PackagedFile).name < name);
  const listable = files.every(
    ({ name, sha256 }) => !UNLISTED.includes(name) && (!ATTACHMENT.test(name) || name === attachmentName(sha256)),
  );
  return sorted && listable && chain.first === CHAIN_START ? parsed.data : undefined;
}

/** Undefined unless the text is a signature in canonical JSON. */
export function parseSignature(text: string): Signature | undefined {
  const parsed = Signature.safeParse(parseCanonicalJson(text));
  return parsed.success ? parsed.data : undefined;
}

/** The exact content of data/manifest.js: a call with both texts as strings. */
export function manifestCopy(manifest: string, signature: string): string {
  return `packageManifest(${canonicalJson(manifest)},${canonicalJson(signature)});\n`;
}

// ── the chain ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the first record's `prev` is. */
export const CHAIN_START = '0'.repeat(64);

export const RECORD_TYPES = ['conversation', 'message', 'recall', 'correction', 'transfer'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** A record's line without its `hash` member: what is hashed, behind `prev`. Null where the line has none at its place. */
function withoutHash(line: string): string | null {
  // A quote inside a string is escaped, so these characters in a row are a member's name; `hash` is never the first one.
  const at = line.indexOf(HASH_MEMBER);
  if (at < 0) return null;
  const end = at + HASH_MEMBER.length + 64 + 1;
  return line.charAt(end - 1) === '"' ? line.slice(0, at) + line.slice(end) : null;
}
const HASH_MEMBER = ',"hash":"';

export type Sha256 = (text: string) => string;

export interface ChainedRecord {
  readonly line: string;
  readonly hash: string;
}

/**
 * A record's line in two parts: what stands before its `hash` member and behind it, each with the comma towards it.
 * `record` has no `n`, `prev` or `hash` of its own; its members are best given in their order, by which they stand in the
 * line (sorting them anew for each record would cost as much as all the rest).
 */
export function recordParts(
  record: Readonly<Record<string, unknown>>,
  n: number,
  prev: string,
): readonly [before: string, after: string] {
  const names = Object.keys(record);
  if (!isAscending(names)) names.sort();
  let before = '';
  let after = '';
  let numbered = false;
  let linked = false;
  for (const name of names) {
    const value = record[name];
    if (value === undefined) continue;
    const json = typeof value === 'string' ? JSON.stringify(value) : canonicalJson(value);
    if (name < 'hash') {
      before += `"${name}":${json},`;
      continue;
    }
    if (!numbered && name > 'n') {
      after += `,"n":${n}`;
      numbered = true;
    }
    if (!linked && name > 'prev') {
      after += `,"prev":"${prev}"`;
      linked = true;
    }
    after += `,"${name}":${json}`;
  }
  if (!numbered) after += `,"n":${n}`;
  if (!linked) after += `,"prev":"${prev}"`;
  return [before, after];
}

/** The record's line, without a line feed; `record` as in recordParts. */
export function chainRecord(
  record: Readonly<Record<string, unknown>>,
  n: number,
  prev: string,
  sha256: Sha256,
): ChainedRecord {
  const [before, after] = recordParts(record, n, prev);
  const hash = sha256(`${prev}{${before}${after.slice(1)}}`);
  return { line: `{${before}"hash":"${hash}"${after}}`, hash };
}

function isAscending(names: readonly string[]): boolean {
  for (let at = 1; at < names.length; at++) if ((names[at] as string) < (names[at - 1] as string)) return false;
  return true;
}

/** Whether `hash` is the record's own, given its line and its parsed value. */
export function hashFits(line: string, record: Readonly<Record<string, unknown>>, sha256: Sha256): boolean {
  const { hash, prev } = record;
  if (typeof hash !== 'string' || typeof prev !== 'string') return false;
  const short = withoutHash(line);
  if (short !== null && sha256(prev + short) === hash) return true;
  // The member stood somewhere else than where our records have it.
  try {
    return sha256(prev + canonicalJson({ ...record, hash: undefined })) === hash;
  } catch {
    // A nesting deeper than the stack, which no record of ours has.
    return false;
  }
}

// ── the page's data ─────────────────────────────────────────────────────────────────────────────────────────────────

/** First line of a chunk; then one record a line, all but the last with a comma behind; then CHUNK_END. */
export const chunkBegin = (number: number): string => `packageChunk(${number},[\n`;
export const CHUNK_END = ']);\n';

// ── base64 without a runtime's own ──────────────────────────────────────────────────────────────────────────────────

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING = '='.charCodeAt(0);
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter, value]));

export function toBase64(bytes: Uint8Array): string {
  const out = new Uint8Array(4 * Math.ceil(bytes.length / 3));
  let to = 0;
  for (let at = 0; at < bytes.length; at += 3) {
    const three = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    out[to++] = ALPHABET.charCodeAt(three >> 18);
    out[to++] = ALPHABET.charCodeAt((three >> 12) & 63);
    out[to++] = at + 1 < bytes.length ? ALPHABET.charCodeAt((three >> 6) & 63) : PADDING;
    out[to++] = at + 2 < bytes.length ? ALPHABET.charCodeAt(three & 63) : PADDING;
  }
  return new TextDecoder().decode(out);
}

export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const letters = text.replace(/={1,2}$/, '');
  const out = new Uint8Array(Math.floor((letters.length * 3) / 4));
  let value = 0;
  let bits = 0;
  let at = 0;
  for (const letter of letters) {
    const six = VALUES.get(letter);
    if (six === undefined) return null;
    value = ((value << 6) | six) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (value >> bits) & 0xff;
    }
  }
  return out;
}
