import { sha256 } from '@noble/hashes/sha2.js';
import { canonicalJson } from '#shared/lib/canonical-json.ts';
import { FILE, fromBase64, parseSignature } from '#shared/package/format.ts';
import { createChainCheck } from '#shared/package/chain-check.ts';
import {
  createProblems,
  plainFingerprint,
  verifyPackage,
  type Problem,
  type VerifyReport,
  type VerifyTools,
} from '#shared/package/verify.ts';
import type { PackageFiles } from './package-files.ts';

const encoder = new TextEncoder();
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * Verification's tools in a browser: signatures by Web Crypto. Its digest takes whole buffers only and answers later, so
 * hashes that go on from piece to piece come from a library.
 */
export const browserTools: VerifyTools = {
  sha256: (content) => hex(sha256(typeof content === 'string' ? encoder.encode(content) : content)),
  sha256Stream() {
    const sum = sha256.create();
    return { update: (bytes) => void sum.update(bytes), hex: () => hex(sum.digest()) };
  },
  crc32,
  inflate: (packed) => inflate(packed),
  async verifyEd25519(publicKey, signature, data) {
    let key: CryptoKey;
    try {
      key = await crypto.subtle.importKey('raw', new Uint8Array(publicKey), { name: 'Ed25519' }, false, ['verify']);
    } catch (thrown) {
      // A browser that doesn't know it says so; bytes that are no key are the signature's fault.
      return thrown instanceof DOMException && thrown.name === 'NotSupportedError' ? null : false;
    }
    return crypto.subtle.verify({ name: 'Ed25519' }, key, new Uint8Array(signature), new Uint8Array(data));
  },
};

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function crc32(bytes: Uint8Array, before: number): number {
  let crc = ~before;
  for (let at = 0; at < bytes.length; at++)
    crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
}

async function* inflate(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const stream = new DecompressionStream('deflate-raw');
  const writer = stream.writable.getWriter();
  const feeding = (async () => {
    try {
      for await (const piece of packed) await writer.write(new Uint8Array(piece));
      await writer.close();
    } catch (thrown) {
      await writer.abort(thrown).catch(() => {});
    }
  })();
  const reader = stream.readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
    await feeding;
  }
}

export interface PageReport {
  readonly problems: readonly Problem[];
  readonly more: number;
  readonly records: number;
  readonly fingerprint: string | null;
  /** Null: this browser can't tell. */
  readonly signed: boolean | null;
}

/** What the page can check by itself: the records it shows, against the signed manifest. */
export async function verifyShown(
  files: PackageFiles,
  options: { readonly progress: (done: number, total: number) => void; readonly check: () => void },
): Promise<PageReport> {
  const found = createProblems();
  const { report } = found;
  const signature = parseSignature(files.signatureText);
  let signed: boolean | null = false;
  let fingerprint: string | null = null;
  if (signature === undefined) report(FILE.signature, 'SIGNATURE_MALFORMED');
  else {
    const key = fromBase64(signature.public_key) as Uint8Array;
    fingerprint = hex(sha256(key));
    const bytes = fromBase64(signature.signature) as Uint8Array;
    signed = await browserTools.verifyEd25519(key, bytes, encoder.encode(files.manifestText));
    if (signed === false) report(FILE.manifest, 'SIGNATURE_BAD');
  }
  const chain = createChainCheck(browserTools, report);
  const lines = browserTools.sha256Stream();
  const total = files.index.chunks.length;
  for (let number = 1; number <= total; number++) {
    options.check();
    const records = await files.chunk(number);
    const own = encoder.encode(records.map((record) => `${canonicalJson(record)}\n`).join(''));
    lines.update(own);
    chain.feed(own);
    options.progress(number, total);
    // A breath for the page.
    await new Promise((resolve) => setTimeout(resolve));
  }
  chain.end(files.manifest);
  const listed = files.manifest.files.find(({ name }) => name === FILE.records);
  if (lines.hex() !== listed?.sha256) report('data/', 'PAGE_DIFFERS');
  const problems = found.list();
  return { problems, more: found.total() - problems.length, records: chain.lines(), fingerprint, signed };
}

/** The archive as it was received, every byte of it. */
export function verifyArchive(
  file: Blob,
  expected: string,
  options: { readonly progress: (done: number, total: number) => void; readonly check: () => void },
): Promise<VerifyReport> {
  return verifyPackage(
    {
      bytes: file.size,
      read: (start, end) => readBlob(file.slice(start, end)),
    },
    browserTools,
    { ...options, ...(plainFingerprint(expected) === '' ? {} : { expectedFingerprint: expected }) },
  );
}

const BLOB_PIECE = 1024 * 1024;

async function* readBlob(blob: Blob): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < blob.size; at += BLOB_PIECE)
    yield new Uint8Array(await blob.slice(at, at + BLOB_PIECE).arrayBuffer());
}
