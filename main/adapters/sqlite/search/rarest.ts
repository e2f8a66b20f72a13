import type { ReadableDatabase } from '../connection.ts';
import { INDEX_SCHEMA } from './index-file.ts';
import type { WalkTuning } from './walk.ts';

/**
 * Which piece of a text is the rarest, and whether asking for it alone is cheaper than asking for the whole text.
 *
 * A phrase walks the list of each of its grams; a frequent one beside an owner has few rows and long lists. Every row of
 * the phrase is in the list of its rarest gram too, so that list and the owner's are enough, if the texts of the rows are
 * looked at. How long a list is stands in FTS5's own table of leaves: two look-ups a gram, and nothing has to be kept.
 */

/** The tokens of a question of which every matching row has all (`grams`), and one of each (`owners`). */
export interface TokenLists {
  readonly grams: readonly string[];
  readonly owners: readonly (readonly string[])[];
  /** Tokens of which every row has exactly one: together they are as long as the table. */
  readonly everything: readonly string[];
}

export interface Rarest {
  readonly gram: string;
  /** Rows that may be looked at in vain, for each month, before the whole question would have been cheaper. */
  readonly worth: number;
}

/** Rows whose tokens fill a leaf, about; measured with texts of chat length. */
const ROWS_A_LEAF = 850;
/**
 * A list within one leaf mostly shares it with many others. One that shares its leaf with the beginning of a long list is
 * taken for as long: a gram that could have been asked for alone is not, nothing else.
 */
const ROWS_IN_ONE_LEAF = 25;

/**
 * Null: the table is too small to tell. Otherwise the rarest gram, with `worth` 0 where the whole question is cheaper.
 * Reads nothing but the small table of leaves of each segment.
 */
export function rarestOf(db: ReadableDatabase, table: string, lists: TokenLists, tuning: WalkTuning): Rarest | null {
  const leaves = new Map(
    db
      .readRaw<[string, number]>(leavesOf(table))
      .all(JSON.stringify([...lists.grams, ...lists.owners.flat(), ...lists.everything])),
  );
  const sum = (tokens: readonly string[]): number => tokens.reduce((all, token) => all + (leaves.get(token) ?? 0), 0);
  const all = sum(lists.everything);
  if (all < tuning.knownLeaves) return null;
  let gram: string | null = null;
  for (const candidate of lists.grams)
    if (gram === null || (leaves.get(candidate) ?? 0) < (leaves.get(gram) ?? 0)) gram = candidate;
  if (gram === null) return null;
  const own = leaves.get(gram) ?? 0;
  const share = lists.owners.reduce((part, tokens) => part * Math.min(1, sum(tokens) / all), 1);
  const rows = (own > 1 ? own * ROWS_A_LEAF : ROWS_IN_ONE_LEAF) * share;
  const worth = Math.round((sum(lists.grams) - own) * tuning.leafWorth);
  return { gram, worth: rows < worth ? worth : 0 };
}

/** Leaves from the one where a token's list begins to the one where the next token's begins, over all segments. */
export function leavesOf(table: string): string {
  const index = `${INDEX_SCHEMA}.${table}_idx`;
  const leaf = (where: string): string => `(SELECT pgno >> 1 FROM ${index} WHERE segid = s.id${where} LIMIT 1)`;
  // FTS5 puts a digit for the list of prefixes before each token; 0 is the whole tokens.
  const token = `CAST('0' || j.value AS BLOB)`;
  return `
    WITH RECURSIVE s(id) AS (
      SELECT min(segid) FROM ${index} UNION ALL SELECT (SELECT min(segid) FROM ${index} WHERE segid > s.id) FROM s WHERE s.id IS NOT NULL)
    SELECT j.value, (SELECT sum(
      coalesce(${leaf(` AND term > ${token} ORDER BY term`)}, ${leaf(' ORDER BY term DESC')} + 1)
      - coalesce(${leaf(` AND term <= ${token} ORDER BY term DESC`)}, 1)) FROM s WHERE s.id IS NOT NULL)
    FROM json_each(?) j`;
}
