import type { WritableDatabase } from '../connection.ts';

/**
 * Missing sequence ranges (SY6). Invariant: every number from 1 to a conversation's `last_seq` is a stored message, or lies
 * in `gaps` (to be pulled), or in `closed_gaps` (the gateway has nothing there for this role). Ranges include both ends.
 */
export interface Gaps {
  /** These numbers were spoken of, and are not here. */
  open(conversation: number, from: number, to: number): void;
  /** A message with this number is here now. True where a gap became smaller. */
  fill(conversation: number, seq: number): boolean;
  /** The gateway has nothing (more) there. True where a gap became smaller. */
  close(conversation: number, from: number, to: number): boolean;
}

interface Range {
  readonly from_seq: number;
  readonly to_seq: number;
}

export function createGaps(db: WritableDatabase): Gaps {
  const insert = (conversation: number, from: number, to: number): void => {
    if (from > to) return;
    db.write(
      'INSERT INTO gaps (conversation, from_seq, to_seq) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET to_seq = max(to_seq, excluded.to_seq)',
    ).run(conversation, from, to);
  };
  const cut = (conversation: number, from: number, to: number): boolean => {
    const overlapping = db
      .read<Range>('SELECT from_seq, to_seq FROM gaps WHERE conversation = ? AND from_seq <= ? AND to_seq >= ?')
      .all(conversation, to, from);
    for (const gap of overlapping) {
      db.write('DELETE FROM gaps WHERE conversation = ? AND from_seq = ?').run(conversation, gap.from_seq);
      insert(conversation, gap.from_seq, from - 1);
      insert(conversation, to + 1, gap.to_seq);
    }
    return overlapping.length > 0;
  };
  return {
    open: (conversation, from, to) => {
      let next = from;
      const closed = db
        .read<Range>(
          'SELECT from_seq, to_seq FROM closed_gaps WHERE conversation = ? AND from_seq <= ? AND to_seq >= ? ORDER BY from_seq',
        )
        .all(conversation, to, from);
      for (const range of closed) {
        insert(conversation, next, range.from_seq - 1);
        next = Math.max(next, range.to_seq + 1);
      }
      insert(conversation, next, to);
    },
    fill: (conversation, seq) => cut(conversation, seq, seq),
    close: (conversation, from, to) => {
      db.write(
        'INSERT INTO closed_gaps (conversation, from_seq, to_seq) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET to_seq = max(to_seq, excluded.to_seq)',
      ).run(conversation, from, to);
      return cut(conversation, from, to);
    },
  };
}
