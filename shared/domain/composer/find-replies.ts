import type { ReplyView } from '../../contract/composer.ts';
import { fold } from '../../search/normalise.ts';

/** One reply with what lookups compare; made once per list (PV7). */
export interface IndexedReply {
  readonly reply: ReplyView;
  readonly title: string;
  readonly group: string;
  readonly body: string;
  /** Pinyin without blanks, and for each of its letters 1 where a syllable begins. */
  readonly letters: string;
  readonly begins: Uint8Array;
  readonly initials: string;
}

export function indexReplies(replies: readonly ReplyView[]): IndexedReply[] {
  return replies.map((reply) => {
    const syllables = reply.spelled === '' ? [] : reply.spelled.split(' ');
    const letters = syllables.join('');
    const begins = new Uint8Array(letters.length + 1);
    let at = 0;
    for (const syllable of syllables) {
      begins[at] = 1;
      at += syllable.length;
    }
    return {
      reply,
      title: fold(reply.title),
      group: fold(reply.group),
      body: fold(reply.body),
      letters,
      begins,
      initials: reply.initials,
    };
  });
}

/** How well a term fits, smaller is better; -1: not at all. */
function rankOf(entry: IndexedReply, term: string, latin: boolean): number {
  const inTitle = entry.title.indexOf(term);
  if (inTitle === 0) return entry.title.length === term.length ? 0 : 1;
  if (latin) {
    const initial = entry.initials.indexOf(term);
    if (initial === 0) return 2;
    for (let at = entry.letters.indexOf(term); at !== -1; at = entry.letters.indexOf(term, at + 1))
      if (entry.begins[at] === 1) return at === 0 ? 3 : 7;
    if (inTitle > 0) return 4;
    if (initial > 0) return 6;
  } else if (inTitle > 0) return 4;
  if (entry.group.includes(term)) return 5;
  return entry.body.includes(term) ? 8 : -1;
}

/**
 * Replies that fit every term of the query, by text, pinyin or initials, best first; then the more used, then by title.
 * An empty query: the most used. Compares everything: 5,000 entries in a millisecond (docs/benchmarks.md).
 */
export function findReplies(index: readonly IndexedReply[], query: string, limit: number): ReplyView[] {
  // An input method writes what is being composed with apostrophes between syllables.
  const terms = fold(query)
    .replace(/['’]/g, '')
    .split(/\s+/)
    .filter((term) => term !== '')
    .map((term) => ({ term, latin: /^[a-z0-9]+$/.test(term) }));
  const found: { readonly entry: IndexedReply; readonly rank: number }[] = [];
  for (const entry of index) {
    let rank = 0;
    for (const { term, latin } of terms) {
      const one = rankOf(entry, term, latin);
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
        (a.entry.title < b.entry.title ? -1 : a.entry.title > b.entry.title ? 1 : a.entry.reply.id - b.entry.reply.id),
    )
    .slice(0, limit)
    .map(({ entry }) => entry.reply);
}
