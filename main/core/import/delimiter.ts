const CANDIDATES = [',', '\t', ';', '|'] as const;
const LINES = 200;

/**
 * The delimiter of a table from its first lines: the one whose count per line (outside quotes) is the same on most lines
 * and largest. A line of Excel's `sep=;` decides at once. Answers with how many characters that line takes.
 */
export function detectDelimiter(sample: string): { readonly delimiter: string; readonly skip: number } {
  const declared = /^sep=([^"\r\n])\r?\n/i.exec(sample);
  if (declared?.[1] !== undefined) return { delimiter: declared[1], skip: declared[0].length };
  let best: { delimiter: string; score: number } = { delimiter: ',', score: 0 };
  for (const delimiter of CANDIDATES) {
    const counts = countPerLine(sample, delimiter);
    const byCount = new Map<number, number>();
    for (const count of counts) if (count > 0) byCount.set(count, (byCount.get(count) ?? 0) + 1);
    for (const [count, lines] of byCount) {
      // Agreement first; more columns only break ties between delimiters that agree equally.
      const score = lines / counts.length + Math.min(count, 50) / 1_000;
      if (score > best.score) best = { delimiter, score };
    }
  }
  return { delimiter: best.delimiter, skip: 0 };
}

function countPerLine(sample: string, delimiter: string): number[] {
  const counts: number[] = [];
  let quoted = false;
  let count = 0;
  let empty = true;
  for (let at = 0; at < sample.length && counts.length < LINES; at++) {
    const char = sample[at];
    if (char === '"' && (quoted || at === 0 || sample[at - 1] === delimiter || sample[at - 1] === '\n'))
      quoted = !quoted;
    else if (quoted) continue;
    else if (char === '\n' || char === '\r') {
      if (!empty) counts.push(count);
      count = 0;
      empty = true;
      continue;
    } else if (char === delimiter) count++;
    empty = false;
  }
  // The last line may be cut off; it only counts when there is no other.
  if (counts.length === 0 && !empty) counts.push(count);
  return counts;
}
