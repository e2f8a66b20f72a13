import { parseCanonicalJson } from '#shared/lib/canonical-json.ts';
import type { Report } from '#shared/package/chain-check.ts';
import { CHAIN_START, hashFits, RECORD_TYPES, type Manifest } from '#shared/package/format.ts';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';

/**
 * The chain's check by text: every line is decoded, parsed and written again. What shared/package/chain-check.ts says of
 * bytes must be the same in every case.
 */
export function checkByText(pieces: readonly Uint8Array[], manifest: Manifest, report: Report): number {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const all = pieces.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode();
  const texts = all.split('\n');
  const cut = texts.pop() as string;
  const counts = new Map<string, number>();
  const missing: { from: number; to: number; readonly line: number }[] = [];
  let top = { n: 0, hash: CHAIN_START };
  let damaged = 0;
  let lines = 0;
  const where = (line: number): string => `records.jsonl:${line}`;
  const line = (text: string): void => {
    lines++;
    const value = parseCanonicalJson(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      damaged++;
      report(where(lines), 'RECORD_CHANGED');
      return;
    }
    const record = value as Readonly<Record<string, unknown>>;
    const { n, prev, hash, type } = record;
    if (typeof n !== 'number' || n < 1 || typeof hash !== 'string' || !hashFits(text, record, verifyTools.sha256)) {
      damaged++;
      report(where(lines), 'RECORD_CHANGED', [top.n + damaged, top.n + damaged]);
      return;
    }
    if (typeof type !== 'string' || !(RECORD_TYPES as readonly string[]).includes(type))
      report(where(lines), 'RECORD_MALFORMED', [n, n]);
    else counts.set(type, (counts.get(type) ?? 0) + 1);
    if (n <= top.n) {
      const gap = missing.find(({ from, to }) => from <= n && n <= to);
      report(where(lines), gap === undefined ? 'RECORD_TWICE' : 'RECORD_SWAPPED', [n, n]);
      if (gap === undefined) return;
      missing.splice(missing.indexOf(gap), 1);
      if (gap.from < n) missing.push({ ...gap, to: n - 1 });
      if (n < gap.to) missing.push({ ...gap, from: n + 1 });
      return;
    }
    const passed = n - top.n - 1;
    if (passed > damaged) missing.push({ from: top.n + damaged + 1, to: n - 1, line: lines });
    else if (passed === 0 && damaged === 0 && prev !== top.hash) report(where(lines), 'RECORD_CHANGED', [n, n]);
    top = { n, hash };
    damaged = 0;
  };
  for (const text of texts) line(text);
  if (cut !== '') {
    line(cut);
    report(where(lines), 'RECORDS_TRUNCATED');
  }
  for (const { from, to, line: at } of missing) report(where(at), 'RECORD_REMOVED', [from, to]);
  const { records } = manifest.counts;
  if (top.n + damaged < records) report(where(lines + 1), 'RECORDS_TRUNCATED', [top.n + damaged + 1, records]);
  else if (top.n !== records || top.hash !== manifest.chain.head) {
    if (damaged === 0) report(where(lines), 'HEAD_DIFFERS');
  } else if (lines === records && [...counts.values()].reduce((sum, count) => sum + count, 0) === lines) {
    const said = manifest.counts;
    const of = (type: string): number => counts.get(type) ?? 0;
    if (
      of('message') !== said.messages ||
      of('recall') !== said.recalls ||
      of('correction') !== said.corrections ||
      of('transfer') !== said.transfers ||
      of('conversation') !== said.conversations
    )
      report('manifest.json', 'COUNT_DIFFERS');
  }
  return lines;
}
