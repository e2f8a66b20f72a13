/**
 * Aho–Corasick automaton over UTF-16 code units, in flat arrays (PV3: 60,000 words, a text in one pass). Transitions lie
 * in one open-addressed table keyed by (node, unit); the root, which most units of a text meet, in a table of its own.
 */
export interface Automaton {
  readonly nodes: number;
  /** Root's children by code unit; 0 = none. */
  readonly root: Int32Array;
  readonly table: Int32Array;
  readonly parent: Int32Array;
  readonly label: Uint16Array;
  readonly failure: Int32Array;
  /** Nearest node on the failure chain at which a word ends; 0 = none. */
  readonly outputLink: Int32Array;
  /** First word that ends at a node, -1 = none … */
  readonly firstWord: Int32Array;
  /** … and the next word with the same spelling, by word index, -1 = none. */
  readonly sameSpelling: Int32Array;
  /** Length in units, by word index. */
  readonly lengths: Uint16Array;
}

const ROOT = 0;

function slotOf(node: number, unit: number, mask: number): number {
  return ((Math.imul(node, 0x9e3779b1) ^ Math.imul(unit + 1, 0x85ebca6b)) >>> 7) & mask;
}

/** Words, or nodes times eight, that are worked on between two rests: one to four milliseconds. */
export const WORDS_A_STEP = 2_000;

/** Runs steps to their end at once. */
export function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Compiles words (not empty, at most 65,535 units; the caller bounds them), in steps, for a thread that has to answer in
 * between (a long list takes several frames). A word's index in `words` names it in matches. Time and space are linear in
 * the total length.
 */
export function* automatonSteps(words: readonly string[]): Generator<void, Automaton> {
  let bound = 1;
  for (const word of words) bound += word.length;
  let size = 64;
  while (size < bound * 2) size *= 2;
  const mask = size - 1;
  const table = new Int32Array(size);
  const root = new Int32Array(0x10000);
  const parent = new Int32Array(bound);
  const label = new Uint16Array(bound);
  const depth = new Uint16Array(bound);
  const firstWord = new Int32Array(bound).fill(-1);
  const sameSpelling = new Int32Array(words.length).fill(-1);
  const lengths = new Uint16Array(words.length);
  let nodes = 1;
  let deepest = 0;

  for (let word = 0; word < words.length; word++) {
    if (word > 0 && word % WORDS_A_STEP === 0) yield;
    const text = words[word] as string;
    let node = ROOT;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      let child = 0;
      if (node === ROOT) child = root[unit] as number;
      let slot = slotOf(node, unit, mask);
      if (node !== ROOT)
        for (; (child = table[slot] as number) !== 0; slot = (slot + 1) & mask)
          if (parent[child] === node && label[child] === unit) break;
      if (child === 0) {
        child = nodes++;
        parent[child] = node;
        label[child] = unit;
        depth[child] = index + 1;
        if (node === ROOT) root[unit] = child;
        else table[slot] = child;
      }
      node = child;
    }
    lengths[word] = text.length;
    if (text.length > deepest) deepest = text.length;
    sameSpelling[word] = firstWord[node] as number;
    firstWord[node] = word;
  }

  // Failure links need the shallower nodes done first: order by depth (counting sort).
  const offsets = new Uint32Array(deepest + 2);
  for (let node = 1; node < nodes; node++)
    offsets[(depth[node] as number) + 1] = (offsets[(depth[node] as number) + 1] as number) + 1;
  for (let level = 1; level < offsets.length; level++)
    offsets[level] = (offsets[level] as number) + (offsets[level - 1] as number);
  const order = new Int32Array(nodes);
  for (let node = 1; node < nodes; node++) {
    const level = depth[node] as number;
    order[offsets[level] as number] = node;
    offsets[level] = (offsets[level] as number) + 1;
  }

  const failure = new Int32Array(nodes);
  const outputLink = new Int32Array(nodes);
  const automaton: Automaton = {
    nodes,
    root,
    table,
    parent: parent.slice(0, nodes),
    label: label.slice(0, nodes),
    failure,
    outputLink,
    firstWord: firstWord.slice(0, nodes),
    sameSpelling,
    lengths,
  };
  for (let position = 0; position < nodes - 1; position++) {
    if (position > 0 && position % (8 * WORDS_A_STEP) === 0) yield;
    const node = order[position] as number;
    const above = parent[node] as number;
    const link = above === ROOT ? ROOT : step(automaton, failure[above] as number, label[node] as number);
    failure[node] = link;
    outputLink[node] = firstWord[link] === -1 ? (outputLink[link] as number) : link;
  }
  return automaton;
}

/** The state after reading one unit in `node`. Amortised constant over a text. */
export function step(automaton: Automaton, node: number, unit: number): number {
  const { root, table, parent, label, failure } = automaton;
  const mask = table.length - 1;
  let state = node;
  while (state !== ROOT) {
    for (
      let slot = slotOf(state, unit, mask), child: number;
      (child = table[slot] as number) !== 0;
      slot = (slot + 1) & mask
    )
      if (parent[child] === state && label[child] === unit) return child;
    state = failure[state] as number;
  }
  return root[unit] as number;
}

/** Whether any word ends in this state. */
export function endsWord(automaton: Automaton, node: number): boolean {
  return (
    node !== ROOT && ((automaton.firstWord[node] as number) !== -1 || (automaton.outputLink[node] as number) !== ROOT)
  );
}

/** Calls `found` for each word that ends in `node`, longest first. Stops when it returns true, and returns that. */
export function eachWordAt(automaton: Automaton, node: number, found: (word: number) => boolean): boolean {
  let state = automaton.firstWord[node] === -1 ? (automaton.outputLink[node] as number) : node;
  for (; state !== ROOT; state = automaton.outputLink[state] as number)
    for (let word = automaton.firstWord[state] as number; word !== -1; word = automaton.sameSpelling[word] as number)
      if (found(word)) return true;
  return false;
}
