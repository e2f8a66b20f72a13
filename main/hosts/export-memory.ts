import type { ExportFormat } from '#shared/contract/export.ts';
import type { Collecting } from '#main/adapters/sqlite/export-rows.ts';

/** How an export's thread keeps house: what decides between its memory and its time (EX6, docs/benchmarks.md). */
interface ExportMemory {
  /** Of the young generation, MB; a third of it for each half of the space. */
  readonly youngMb: number;
  readonly collecting: Collecting;
}

/** A line is written and forgotten: little grows old, and looking often would cost a third more time. */
const LINES: ExportMemory = { youngMb: 24, collecting: { everyPages: 16, garbageMb: 48 } };
/**
 * A package waits for its packers. Room for what a page of records makes, and a look behind each: otherwise what is in use in the
 * middle of a page is taken for something that lasts, 50 MB of it.
 */
const PACKED: ExportMemory = { youngMb: 48, collecting: { everyPages: 1, garbageMb: 32 } };

export const exportMemory = (format: ExportFormat): ExportMemory => (format === 'package' ? PACKED : LINES);
