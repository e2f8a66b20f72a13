import type { Policy } from '../../protocol/entities.ts';
import { err, ok, type Result } from '../../lib/result.ts';
import { findAddresses } from './detect/address.ts';
import { findContacts, findEmails, findLinks, type ContactOptions } from './detect/contact.ts';
import { within, type DetectorKind, type Found } from './detect/found.ts';
import { findMoney } from './detect/money.ts';
import { findNumbers } from './detect/numbers.ts';
import { findPromises } from './detect/promise.ts';
import { fold, originalRange, type Folded } from './fold.ts';
import { GUARD_ACTIONS, scanWords, type GuardAction, type WordSet } from './words.ts';

/** `word`: the sensitive-word list (PV3); the others: the detectors (PV4). */
export type GuardKind = 'word' | DetectorKind;

export interface GuardHit {
  /** UTF-16 range [start, end) in the text as the agent typed it. */
  readonly start: number;
  readonly end: number;
  readonly kind: GuardKind;
  /** Of a word: its list's category. Of a detector: finer than the kind (`mobile`, `red_packet` …). */
  readonly category: string;
  readonly action: GuardAction;
}

/** Names a kind of hit, for "these were seen and confirmed". */
export const hitName = (hit: Pick<GuardHit, 'kind' | 'category'>): string => `${hit.kind}:${hit.category}`;

export type GuardDecision = 'send' | 'confirm' | 'block';

export interface GuardReport {
  /** By place, the longer first. At most MAX_GUARD_HITS. */
  readonly hits: readonly GuardHit[];
  /** `send`: at most warnings. Counts every hit, also those beyond the limit. */
  readonly decision: GuardDecision;
  /** Kinds that hit, in order of first appearance in `hits`; what the second confirmation names. */
  readonly kinds: readonly GuardKind[];
  /** True: there were more hits than `hits` holds. */
  readonly truncated: boolean;
  /** Versions of the word lists that were asked, in their order; recorded with an override. */
  readonly wordsVersions: readonly number[];
}

export const MAX_GUARD_HITS = 500;

export interface InspectOptions extends ContactOptions {
  /** Order and violation numbers of the conversation: never phones or cards. */
  readonly knownNumbers?: ReadonlySet<string>;
}

const DECISIONS: Readonly<Record<GuardAction, GuardDecision>> = { warn: 'send', confirm: 'confirm', block: 'block' };

const strength = (action: GuardAction): number => GUARD_ACTIONS.indexOf(action);

/**
 * Inspects a text before it is sent (PV3, PV4): in the composer while typing, in the core before the outbox, in the
 * practice gateway. Pure, linear in the text.
 *
 * What a hit asks for: `policy.send.block` and `.confirm` name detector kinds or word categories; a word's own action
 * counts where it is stronger. Whatever the policy doesn't name is a warning.
 */
export function inspect(
  text: string,
  policy: { readonly send: Pick<Policy['send'], 'confirm' | 'block'> },
  words: WordSet | readonly WordSet[],
  options: InspectOptions = {},
): GuardReport {
  const lists: readonly WordSet[] = 'segments' in words ? [words] : words;
  const folded = fold(text);
  const hits: GuardHit[] = [];
  let strongest = 0;
  let truncated = false;

  const actionOf = (name: string): GuardAction =>
    policy.send.block.includes(name) ? 'block' : policy.send.confirm.includes(name) ? 'confirm' : 'warn';
  const add = (hit: GuardHit): void => {
    strongest = Math.max(strongest, strength(hit.action));
    if (hits.length < MAX_GUARD_HITS) hits.push(hit);
    else truncated = true;
  };

  for (const found of detect(folded, options))
    add({
      ...originalRange(folded, found.start, found.end),
      kind: found.kind,
      category: found.category,
      action: actionOf(found.kind),
    });

  // The same spelling at the same place from two lists, or a word within a longer one of the same weight, is one mark.
  const seen = new Set<string>();
  for (const list of lists)
    scanWords(list, folded, (word, from, to) => {
      const action = strongerOf(word.action, strongerOf(actionOf('word'), actionOf(word.category)));
      if (truncated) strongest = Math.max(strongest, strength(action));
      else {
        const { start, end } = originalRange(folded, from, to);
        const key = `${start}:${end}:${word.category}:${action}`;
        if (!seen.has(key)) {
          seen.add(key);
          add({ start, end, kind: 'word', category: word.category, action });
        }
      }
      return truncated && strongest === GUARD_ACTIONS.length - 1;
    });

  const kept = withoutNested(hits.sort((a, b) => a.start - b.start || b.end - a.end));
  return {
    hits: kept,
    decision: DECISIONS[GUARD_ACTIONS[strongest] as GuardAction],
    kinds: [...new Set(kept.map((hit) => hit.kind))],
    truncated,
    wordsVersions: lists.map((list) => list.version),
  };
}

function strongerOf(a: GuardAction, b: GuardAction): GuardAction {
  return strength(a) >= strength(b) ? a : b;
}

/** Leaves out a hit inside another of the same kind and category that asks for as much. `hits` by place, longer first. */
function withoutNested(hits: readonly GuardHit[]): GuardHit[] {
  const reach = new Map<string, number>();
  return hits.filter((hit) => {
    for (let level = strength(hit.action); level < GUARD_ACTIONS.length; level++)
      if ((reach.get(`${hit.kind}:${hit.category}:${level}`) ?? -1) >= hit.end) return false;
    const key = `${hit.kind}:${hit.category}:${strength(hit.action)}`;
    reach.set(key, Math.max(reach.get(key) ?? -1, hit.end));
    return true;
  });
}

/** Everything the detectors find, in units of the folded text. */
function detect(folded: Folded, options: InspectOptions): Found[] {
  const { text } = folded;
  const inLink = within(findLinks(text));
  const numbers: Found[] = [];
  for (const number of findNumbers(text, options.knownNumbers))
    if (number.certain && !inLink(number.start, number.start + 1))
      numbers.push({ kind: number.kind, category: number.category, start: number.start, end: number.end });
  const inNumber = within(numbers);
  const money = findMoney(text).filter((amount) => !inNumber(amount.start, amount.end));
  return [
    ...numbers,
    ...money,
    ...findPromises(text),
    ...findAddresses(text).map(({ start, end }): Found => ({ kind: 'address', category: 'address', start, end })),
    ...findEmails(text).map(({ kind, category, start, end }): Found => ({ kind, category, start, end })),
    ...findContacts(text, options).map(({ kind, category, start, end }): Found => ({ kind, category, start, end })),
  ];
}

/** Recorded with the message that was sent in spite of a hit. Holds no text. */
export interface GuardOverride {
  readonly decision: Exclude<GuardDecision, 'send'>;
  readonly kinds: readonly GuardKind[];
  readonly wordsVersions: readonly number[];
  readonly reason: string;
}

/**
 * The agent insists. `confirm` needs no reason; `block` one of at least two characters, and a policy that lets this role
 * override (`mayOverrideBlock`; false unless it says so).
 */
export function overrideGuard(
  report: GuardReport,
  reason: string,
  mayOverrideBlock: boolean,
): Result<GuardOverride | null, 'BLOCKED' | 'REASON_MISSING'> {
  if (report.decision === 'send') return ok(null);
  const given = reason.trim();
  if (report.decision === 'block') {
    if (!mayOverrideBlock) return err('BLOCKED');
    if ([...given].length < 2) return err('REASON_MISSING');
  }
  return ok({ decision: report.decision, kinds: report.kinds, wordsVersions: report.wordsVersions, reason: given });
}
