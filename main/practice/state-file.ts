import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * The practice gateway's memory on disk: a log of `[table, key, value]` lines, the last one of a key wins, `null`
 * deletes. Changes are appended before any frame that tells of them leaves, so a killed process (kill −9) forgets
 * nothing that a client has seen; the file is rewritten to a temporary name and renamed when it has grown too long and
 * when it is closed. A torn last line is what a kill leaves and is ignored; damage anywhere else makes the file unreadable.
 */
export interface StateProblem {
  readonly code: 'UNREADABLE' | 'WRITE_FAILED';
  readonly detail: string;
}

export type Tables = Map<string, Map<string, unknown>>;

const HEADER = '["practice-state",1]';
/** Bytes of appended lines after which the file is rewritten, at least; and at least as many as it had when rewritten. */
const COMPACT_AFTER = 8 * 1024 * 1024;

export class StateFile {
  readonly #file: string;
  readonly #onProblem: (problem: StateProblem) => void;
  readonly #dirty = new Map<string, Map<string, (() => unknown) | null>>();
  #fd: number | null = null;
  #appended = 0;
  #compacted = 0;
  #failed = false;

  constructor(file: string, onProblem: (problem: StateProblem) => void) {
    this.#file = file;
    this.#onProblem = onProblem;
  }

  /** What an earlier run left, or null where there is nothing readable. An unreadable file is put aside, not deleted. */
  load(): Tables | null {
    let text: string;
    try {
      text = fs.readFileSync(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#onProblem({ code: 'UNREADABLE', detail: (error as NodeJS.ErrnoException).code ?? 'read failed' });
      return null;
    }
    const tables = parseLog(text);
    if (tables !== null) return tables;
    const aside = `${this.#file}.unreadable`;
    try {
      fs.renameSync(this.#file, aside);
    } catch {
      // Stays where it is and is overwritten at the next rewrite.
    }
    this.#onProblem({ code: 'UNREADABLE', detail: path.basename(aside) });
    return null;
  }

  /** Marks a record as changed; `read` is called at the next flush, so many changes of one record cost one line. */
  put(table: string, key: string, read: () => unknown): void {
    this.#mark(table, key, read);
  }

  delete(table: string, key: string): void {
    this.#mark(table, key, null);
  }

  #mark(table: string, key: string, read: (() => unknown) | null): void {
    let keys = this.#dirty.get(table);
    if (keys === undefined) this.#dirty.set(table, (keys = new Map()));
    keys.set(key, read);
  }

  /** Appends what changed since the last call. Called before frames leave. */
  flush(): void {
    if (this.#dirty.size === 0) return;
    const lines: string[] = [];
    for (const [table, keys] of this.#dirty)
      for (const [key, read] of keys) lines.push(JSON.stringify([table, key, read === null ? null : read()]));
    this.#dirty.clear();
    this.#write(`${lines.join('\n')}\n`);
  }

  get wantsCompaction(): boolean {
    return this.#appended > Math.max(COMPACT_AFTER, this.#compacted);
  }

  /** Rewrites the whole file from `records` under a temporary name, then renames it into place. */
  compact(records: Iterable<readonly [table: string, key: string, value: unknown]>): void {
    this.#dirty.clear();
    const temporary = `${this.#file}.tmp`;
    try {
      fs.mkdirSync(path.dirname(this.#file), { recursive: true });
      const parts = [HEADER];
      for (const record of records) parts.push(JSON.stringify(record));
      const text = `${parts.join('\n')}\n`;
      const fd = fs.openSync(temporary, 'w', 0o600);
      try {
        writeAll(fd, text);
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
      this.#closeFile();
      fs.renameSync(temporary, this.#file);
      this.#compacted = text.length;
      this.#appended = 0;
      this.#failed = false;
    } catch (error) {
      this.#problem(error);
    }
  }

  close(): void {
    this.flush();
    this.#closeFile();
  }

  #write(text: string): void {
    if (this.#failed) return;
    try {
      this.#fd ??= fs.openSync(this.#file, 'a', 0o600);
      writeAll(this.#fd, text);
      this.#appended += text.length;
    } catch (error) {
      this.#problem(error);
    }
  }

  /** Practice goes on in memory: a line missing in the middle would be worse than an old file, so nothing is appended any more. */
  #problem(error: unknown): void {
    this.#failed = true;
    this.#onProblem({ code: 'WRITE_FAILED', detail: (error as NodeJS.ErrnoException).code ?? 'write failed' });
  }

  #closeFile(): void {
    if (this.#fd === null) return;
    const fd = this.#fd;
    this.#fd = null;
    fs.closeSync(fd);
  }
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  let written = 0;
  while (written < bytes.length) written += fs.writeSync(fd, bytes, written);
}

function parseLog(text: string): Tables | null {
  const lines = text.split('\n');
  // After the last line feed there is nothing, or what a kill tore.
  lines.pop();
  if (lines[0] !== HEADER) return null;
  const tables: Tables = new Map();
  for (const line of lines.slice(1)) {
    let entry: unknown;
    try {
      entry = JSON.parse(line);
    } catch {
      return null;
    }
    if (!Array.isArray(entry) || entry.length !== 3) return null;
    const [table, key, value] = entry as [unknown, unknown, unknown];
    if (typeof table !== 'string' || typeof key !== 'string') return null;
    let keys = tables.get(table);
    if (keys === undefined) tables.set(table, (keys = new Map()));
    if (value === null) keys.delete(key);
    else keys.set(key, value);
  }
  return tables;
}
