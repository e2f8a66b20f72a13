import type { LogEntry } from './records.ts';

/**
 * The numbered events of one account, the newest ones kept for resume (protocol.md, Opening). It starts counting at the
 * account's first login: until then nobody could have missed anything, and a snapshot comes first anyway.
 */
export class AccountLog {
  readonly agentId: string;
  readonly #limit: number;
  #entries: LogEntry[];
  #lastSeq: number;
  /** Newest number that the client said it has committed. */
  acked = 0;

  constructor(agentId: string, limit: number, lastSeq: number, entries: LogEntry[] = []) {
    this.agentId = agentId;
    this.#limit = limit;
    this.#lastSeq = lastSeq;
    this.#entries = entries.slice(-limit);
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Smallest number that can still be sent; lastSeq + 1 where there is none. */
  get oldestSeq(): number {
    return this.#lastSeq - this.#entries.length + 1;
  }

  append(at: number, kind: string, msgId: string | null, body: string | null): LogEntry {
    this.#lastSeq += 1;
    const entry: LogEntry = { seq: this.#lastSeq, at, kind, msg_id: msgId, body };
    this.#entries.push(entry);
    // Cutting in slabs, so that a long session doesn't copy the list with every event.
    if (this.#entries.length > this.#limit * 1.25) this.#entries = this.#entries.slice(-this.#limit);
    return entry;
  }

  get(seq: number): LogEntry | undefined {
    return this.#entries[seq - this.oldestSeq];
  }

  /** How a hello with this cursor is answered. */
  resume(
    cursor: number | null,
  ):
    { readonly status: 'resumed' } | { readonly status: 'snapshot'; readonly reason: 'first' | 'expired' | 'unknown' } {
    if (cursor === null) return { status: 'snapshot', reason: 'first' };
    if (cursor > this.#lastSeq) return { status: 'snapshot', reason: 'unknown' };
    if (cursor < this.oldestSeq - 1) return { status: 'snapshot', reason: 'expired' };
    return { status: 'resumed' };
  }

  entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Forgets what can be resumed from, keeps counting. */
  forget(): void {
    this.#entries = [];
  }
}
