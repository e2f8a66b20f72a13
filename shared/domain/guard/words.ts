import { err, ok, type Result } from '../../lib/result.ts';
import { automatonSteps, eachWordAt, endsWord, finish, step, WORDS_A_STEP, type Automaton } from './automaton.ts';
import { fold, originalRange, type Folded } from './fold.ts';
import { CLAUSE, LETTER, MAX_SEPARATOR_RUN, SENTENCE, separatorClassAt } from './separators.ts';

/** What a hit asks for, weakest first. */
export const GUARD_ACTIONS = ['warn', 'confirm', 'block'] as const;
export type GuardAction = (typeof GUARD_ACTIONS)[number];

export interface SensitiveWord {
  readonly word: string;
  readonly category: string;
  readonly action: GuardAction;
}

/** Answer of `words.sync` (protocol.md). */
export interface WordsSync {
  readonly version: number;
  readonly added: readonly SensitiveWord[];
  readonly removed: readonly string[];
}

export interface WordHit extends SensitiveWord {
  /** UTF-16 range in the original text. */
  readonly start: number;
  readonly end: number;
}

/** Longest word in folded units; a longer one is kept in the list and never matched (`unusable`). */
export const MAX_WORD_UNITS = 256;

/**
 * A versioned list, compiled (PV3). Immutable: `syncWords` returns the next one, sharing what stayed. One list a source:
 * the shop's from its gateway, and one with local additions (version counted here).
 */
export interface WordSet {
  readonly version: number;
  /** Every word of the list, by its spelling. */
  readonly entries: ReadonlyMap<string, SensitiveWord>;
  /** Words that nothing is left of after folding (only invisible characters), or that are too long to match. */
  readonly unusable: readonly string[];
  /** At most two: the large one that changes seldom, and what came since. */
  readonly segments: readonly Segment[];
}

interface Segment {
  readonly words: readonly SensitiveWord[];
  /** 0: removed or replaced since the segment was compiled. */
  readonly alive: Uint8Array;
  /** Words of letters and digits: separators in the text are skipped. Index → index into `words`. */
  readonly loose: Compiled | null;
  /** Words that carry separators themselves ("100%", "t.me"): matched as they are. */
  readonly exact: Compiled | null;
}

interface Compiled {
  readonly automaton: Automaton;
  readonly wordOf: Int32Array;
  /** 1: ASCII letters and digits only. */
  readonly ascii: Uint8Array;
}

export const EMPTY_WORDS: WordSet = { version: 0, entries: new Map(), unusable: [], segments: [] };

/** A list made of these words; a word given twice counts as given last. */
export function createWordSet(words: readonly SensitiveWord[], version = 0): WordSet {
  const entries = new Map(words.map((entry) => [entry.word, entry]));
  return build(version, entries);
}

/**
 * The same list, made in steps of a few milliseconds with a `rest` between them: a thread that people wait for goes on
 * answering. A list of one step never rests.
 */
export async function createWordSetGently(
  words: readonly SensitiveWord[],
  version: number,
  rest: () => Promise<void>,
): Promise<WordSet> {
  const steps = buildSteps(version, new Map(words.map((entry) => [entry.word, entry])));
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await rest();
  }
}

/** Several lists as one, for scanning only: version and entries are the first one's. */
export function joinWordSets(sets: readonly WordSet[]): WordSet {
  const [first = EMPTY_WORDS, ...others] = sets;
  if (others.length === 0) return first;
  return { ...first, segments: sets.flatMap((set) => set.segments) };
}

/**
 * Applies one answer of `words.sync` that was asked with `sinceVersion`. Since 0: the answer is the whole list. An answer
 * to another version than the one held would lose words silently: VERSION_GAP, ask again since 0. Costs what changed
 * (plus one copy of the table); the automaton is rebuilt only when the changes outgrow an eighth of it.
 */
export function syncWords(set: WordSet, sinceVersion: number, sync: WordsSync): Result<WordSet, 'VERSION_GAP'> {
  if (sinceVersion === 0) return ok(createWordSet(sync.added, sync.version));
  if (sinceVersion !== set.version || sync.version < set.version) return err('VERSION_GAP');
  if (sync.added.length === 0 && sync.removed.length === 0) return ok({ ...set, version: sync.version });

  const entries = new Map(set.entries);
  const touched = new Set<string>();
  for (const word of sync.removed) if (entries.delete(word)) touched.add(word);
  for (const entry of sync.added) {
    entries.set(entry.word, entry);
    touched.add(entry.word);
  }
  const base = set.segments[0];
  const recent = [...(set.segments[1]?.words ?? []), ...sync.added];
  if (base === undefined || recent.length > Math.max(512, base.words.length / 8))
    return ok(build(sync.version, entries));

  const alive = base.alive.slice();
  base.words.forEach((entry, index) => {
    if (touched.has(entry.word)) alive[index] = 0;
  });
  // The recent part is small: made anew from what of it still stands, latest spelling last.
  const current = new Map<string, SensitiveWord>();
  for (const { word } of recent) {
    const entry = entries.get(word);
    if (entry !== undefined) current.set(word, entry);
  }
  const unusable = new Set(set.unusable.filter((word) => entries.has(word)));
  const delta = finish(segmentSteps([...current.values()], unusable));
  return ok({ version: sync.version, entries, unusable: [...unusable], segments: [{ ...base, alive }, delta] });
}

function build(version: number, entries: ReadonlyMap<string, SensitiveWord>): WordSet {
  return finish(buildSteps(version, entries));
}

function* buildSteps(version: number, entries: ReadonlyMap<string, SensitiveWord>): Generator<void, WordSet> {
  if (entries.size === 0) return { ...EMPTY_WORDS, version };
  const unusable = new Set<string>();
  const segment = yield* segmentSteps([...entries.values()], unusable);
  return { version, entries, unusable: [...unusable], segments: [segment] };
}

function* segmentSteps(words: readonly SensitiveWord[], unusable: Set<string>): Generator<void, Segment> {
  const loose: string[] = [];
  const looseOf: number[] = [];
  const exact: string[] = [];
  const exactOf: number[] = [];
  for (const [index, { word }] of words.entries()) {
    if (index > 0 && index % WORDS_A_STEP === 0) yield;
    const folded = fold(word).text.trim();
    if (folded === '' || folded.length > MAX_WORD_UNITS) {
      unusable.add(word);
      continue;
    }
    let letters = true;
    for (let unit = 0; unit < folded.length && letters; unit++) letters = separatorClassAt(folded, unit) === LETTER;
    (letters ? loose : exact).push(folded);
    (letters ? looseOf : exactOf).push(index);
  }
  return {
    words,
    alive: new Uint8Array(words.length).fill(1),
    loose: yield* compileSteps(loose, looseOf),
    exact: yield* compileSteps(exact, exactOf),
  };
}

function* compileSteps(texts: readonly string[], wordOf: readonly number[]): Generator<void, Compiled | null> {
  if (texts.length === 0) return null;
  return {
    automaton: yield* automatonSteps(texts),
    wordOf: Int32Array.from(wordOf),
    ascii: Uint8Array.from(texts, (text) => (/^[a-z0-9]+$/.test(text) ? 1 : 0)),
  };
}

/**
 * Every hit, in the order in which hits end, as a range of the *folded* text (`originalRange` leads back). `found` returns
 * true to stop. Linear in the text; nothing is made for a hit that the caller doesn't want.
 */
export function scanWords(
  set: WordSet,
  folded: Folded,
  found: (word: SensitiveWord, start: number, end: number) => boolean,
): void {
  let stopped = false;
  for (const segment of set.segments) {
    const report = (word: number, start: number, end: number): boolean => {
      if (segment.alive[word] === 0) return false;
      stopped = found(segment.words[word] as SensitiveWord, start, end);
      return stopped;
    };
    if (segment.loose !== null && !stopped) scanLoose(segment.loose, folded.text, report);
    if (segment.exact !== null && !stopped) scanExact(segment.exact, folded.text, report);
    if (stopped) return;
  }
}

export function findWords(set: WordSet, text: string): WordHit[] {
  const hits: WordHit[] = [];
  const folded = fold(text);
  scanWords(set, folded, (word, start, end) => {
    hits.push({ ...word, ...originalRange(folded, start, end) });
    return false;
  });
  return hits.sort((a, b) => a.start - b.start || b.end - a.end);
}

type Report = (word: number, start: number, end: number) => boolean;

function scanExact(compiled: Compiled, text: string, report: Report): void {
  const { automaton, wordOf } = compiled;
  let node = 0;
  for (let index = 0; index < text.length; index++) {
    node = step(automaton, node, text.charCodeAt(index));
    if (!endsWord(automaton, node)) continue;
    const end = index + 1;
    if (
      eachWordAt(automaton, node, (word) =>
        report(wordOf[word] as number, end - (automaton.lengths[word] as number), end),
      )
    )
      return;
  }
}

/**
 * Reads the text without its separators, remembering where they were. A word with separators inside counts when
 * - it has other than ASCII characters and they are decoration (微 信, 微*信), or
 * - it is spread out whole, a separator after each character (v-x; 加，微，信: commas only from three characters on).
 * Otherwise "hit it" would hold a word of its inner letters, and "你看，到" the word 看到.
 */
function scanLoose(compiled: Compiled, text: string, report: Report): void {
  const { automaton, wordOf, ascii } = compiled;
  const length = text.length;
  /** Per letter read so far: its place in the text, and how many gaps (and gaps with a comma) lie before it. */
  const places = new Uint32Array(length);
  const gaps = new Uint32Array(length);
  const clauses = new Uint32Array(length);
  let letters = 0;
  let run = 0;
  let runHasClause = false;
  let gapCount = 0;
  let clauseCount = 0;
  let node = 0;
  for (let index = 0; index < length; index++) {
    const kind = separatorClassAt(text, index);
    if (kind !== LETTER) {
      run++;
      if (kind === SENTENCE || run > MAX_SEPARATOR_RUN) node = 0;
      else if (kind === CLAUSE) runHasClause = true;
      continue;
    }
    if (run > 0) {
      gapCount++;
      if (runHasClause) clauseCount++;
      run = 0;
      runHasClause = false;
    }
    places[letters] = index;
    gaps[letters] = gapCount;
    clauses[letters] = clauseCount;
    letters++;
    node = step(automaton, node, text.charCodeAt(index));
    if (!endsWord(automaton, node)) continue;
    const last = letters - 1;
    const stop = eachWordAt(automaton, node, (word) => {
      const units = automaton.lengths[word] as number;
      const first = last - units + 1;
      const inside = (gaps[last] as number) - (gaps[first] as number);
      if (inside > 0) {
        const commas = (clauses[last] as number) - (clauses[first] as number);
        const spread = inside === units - 1;
        if (commas > 0 ? !spread || units < 3 : ascii[word] === 1 && !spread) return false;
      }
      return report(wordOf[word] as number, places[first] as number, (places[last] as number) + 1);
    });
    if (stop) return;
  }
}
