import { describe, expect, it } from 'vitest';
import { MASK_ALL, MASK_KINDS, type MaskKind } from './choices.ts';
import { CORPUS } from './corpus.fixture.ts';
import { findPersonal, maskText } from './mask.ts';

const KINDS: Readonly<Record<string, MaskKind>> = {
  p: 'phone',
  i: 'id',
  n: 'name',
  a: 'address',
  c: 'card',
  e: 'email',
  w: 'contact',
};

/** The figures are for the reader of the test run. */
const print = (text: string): void =>
  (globalThis as unknown as { console: { info(text: string): void } }).console.info(text);

interface Label {
  readonly kind: MaskKind;
  readonly start: number;
  readonly end: number;
}

function parse(line: string): { readonly text: string; readonly labels: readonly Label[] } {
  const labels: Label[] = [];
  let text = '';
  let at = 0;
  for (const match of line.matchAll(/⟦([a-z]):(.*?)⟧/gu)) {
    text += line.slice(at, match.index);
    labels.push({ kind: KINDS[match[1]!]!, start: text.length, end: text.length + match[2]!.length });
    text += match[2]!;
    at = match.index + match[0].length;
  }
  return { text: text + line.slice(at), labels };
}

/** Floors that this corpus reaches; lower one only together with the reason. */
const FLOOR: Readonly<Record<MaskKind, { readonly precision: number; readonly recall: number }>> = {
  phone: { precision: 1, recall: 1 },
  id: { precision: 1, recall: 1 },
  card: { precision: 1, recall: 1 },
  email: { precision: 1, recall: 1 },
  contact: { precision: 1, recall: 1 },
  name: { precision: 0.97, recall: 0.97 },
  address: { precision: 0.97, recall: 0.97 },
};

describe('[EX5] masking against a labelled corpus', () => {
  const lines = CORPUS.map(parse);

  it('[EX5] precision and recall by kind reach their floors', () => {
    expect(lines.length).toBeGreaterThanOrEqual(300);
    const misses: string[] = [];
    const report = MASK_KINDS.map((kind) => {
      let labelled = 0;
      let covered = 0;
      let found = 0;
      let right = 0;
      for (const { text, labels } of lines) {
        const spans = findPersonal(text, MASK_ALL);
        const wanted = labels.filter((label) => label.kind === kind);
        labelled += wanted.length;
        for (const label of wanted) {
          // Found means: nothing of it is left outside one span.
          if (spans.some((span) => span.start <= label.start && span.end >= label.end)) covered++;
          else misses.push(`missed ${kind}: ${text.slice(label.start, label.end)} | ${text}`);
        }
        for (const span of spans.filter((each) => each.kind === kind)) {
          found++;
          // Right means: it holds a labelled part and at most four characters besides (a country prefix, a label's end).
          const label = labels.find((each) => each.start < span.end && each.end > span.start);
          const extra =
            label === undefined ? Infinity : Math.max(0, label.start - span.start) + Math.max(0, span.end - label.end);
          if (extra <= 4) right++;
          else misses.push(`wrong ${kind}: ${text.slice(span.start, span.end)} | ${text}`);
        }
      }
      return {
        kind,
        labelled,
        recall: labelled === 0 ? 1 : covered / labelled,
        found,
        precision: found === 0 ? 1 : right / found,
      };
    });
    const table = report.map(
      ({ kind, labelled, recall, precision }) =>
        `${kind.padEnd(8)} labelled ${String(labelled).padStart(3)}  recall ${recall.toFixed(3)}  precision ${precision.toFixed(3)}`,
    );
    print(`masking corpus, ${lines.length} lines\n${[...table, ...misses].join('\n')}`);
    for (const { kind, labelled, recall, precision } of report) {
      expect(labelled, kind).toBeGreaterThanOrEqual(7);
      expect(recall, `${kind} recall`).toBeGreaterThanOrEqual(FLOOR[kind].recall);
      expect(precision, `${kind} precision`).toBeGreaterThanOrEqual(FLOOR[kind].precision);
    }
  });

  it('[EX5] masking a masked line changes nothing', () => {
    for (const { text } of lines) {
      const masked = maskText(text, MASK_ALL);
      expect(maskText(masked, MASK_ALL)).toBe(masked);
    }
  });

  it('[EX5] a kind that was not chosen is left as it is', () => {
    const changed: string[] = [];
    for (const { text, labels } of lines) {
      if (labels.length !== 1) continue;
      const others = { ...MASK_ALL, [labels[0]!.kind]: false };
      // An e-mail address of digits is also a QQ number's owner; a phone after 微信 both: other kinds may still hide those.
      const masked = maskText(text, others);
      if (['id', 'card', 'address', 'name'].includes(labels[0]!.kind) && masked !== text) changed.push(text);
    }
    expect(changed).toEqual([]);
  });
});
