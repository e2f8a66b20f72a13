import type { ReplyView } from '../../contract/composer.ts';
import { fold } from '../../search/normalise.ts';
import { rankName, spelledName, termsOf, type SpelledName, type Term } from './spelled.ts';

/** One reply with what lookups compare; made once per list (PV7). Its title and text are spelled together. */
export interface IndexedReply {
  readonly reply: ReplyView;
  readonly title: SpelledName;
  readonly group: string;
  readonly body: string;
}

export function indexReplies(replies: readonly ReplyView[]): IndexedReply[] {
  return replies.map((reply) => ({
    reply,
    title: spelledName(reply.title, reply.spelled, reply.initials),
    group: fold(reply.group),
    body: fold(reply.body),
  }));
}

/** How well a term fits, smaller is better; -1: not at all. */
function rankOf(entry: IndexedReply, term: Term): number {
  const rank = rankName(entry.title, term);
  if (rank >= 0) return rank;
  if (entry.group.includes(term.term)) return 5;
  return entry.body.includes(term.term) ? 8 : -1;
}

/**
 * Replies that fit every term of the query, by text, pinyin or initials, best first; then the more used, then by title.
 * An empty query: the most used. Compares everything: 5,000 entries in a millisecond (docs/benchmarks.md).
 */
export function findReplies(index: readonly IndexedReply[], query: string, limit: number): ReplyView[] {
  const terms = termsOf(query);
  const found: { readonly entry: IndexedReply; readonly rank: number }[] = [];
  for (const entry of index) {
    let rank = 0;
    for (const term of terms) {
      const one = rankOf(entry, term);
      if (one < 0) {
        rank = -1;
        break;
      }
      rank += one;
    }
    if (rank >= 0) found.push({ entry, rank });
  }
  return found
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        b.entry.reply.uses - a.entry.reply.uses ||
        (a.entry.title.name < b.entry.title.name
          ? -1
          : a.entry.title.name > b.entry.title.name
            ? 1
            : a.entry.reply.id - b.entry.reply.id),
    )
    .slice(0, limit)
    .map(({ entry }) => entry.reply);
}
