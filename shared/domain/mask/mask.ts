import type { Order } from '../../protocol/entities.ts';
import { findAddresses } from '../guard/detect/address.ts';
import { looksLikeIdNumber } from '../guard/detect/checksums.ts';
import { findEmails, findIdentifiers, findLinks } from '../guard/detect/contact.ts';
import { touching, within } from '../guard/detect/found.ts';
import { findNumbers, type FoundNumber } from '../guard/detect/numbers.ts';
import { fold, foldedText, mayHaveFolded, originalRange } from '../guard/fold.ts';
import { MASK_KINDS, type MaskChoices, type MaskKind } from './choices.ts';
import { findNames } from './names.ts';
import { COMPOUND_SURNAMES } from './surnames.ts';
import { HAS_ADDRESS_START, HAS_AT, HAS_IDENTIFIER, HAS_NAME_FRAME, HAS_NUMBER, HAS_PLACE, survey } from './survey.ts';

/** Masking of personal data in exports and in the case library (EX5, RM5). Pure, linear, idempotent. */

export interface KnownName {
  /** A consumer's nickname, an agent's name: masked wherever it stands. Under two characters it is left alone. */
  readonly name: string;
  /** What stands in its place, usually the consumer's pseudonym; else the name masked as names are. */
  readonly replacement?: string;
}

export interface MaskContext {
  readonly names?: readonly KnownName[];
  /** Order and violation numbers of the record: never taken for a phone or a card. */
  readonly keep?: ReadonlySet<string>;
}

export interface PersonalSpan {
  /** UTF-16 range [start, end) of the text to be replaced. */
  readonly start: number;
  readonly end: number;
  readonly kind: MaskKind;
  readonly replacement: string;
}

const STARS = '****';
/** Masking hides, it reveals nothing new to hide; still, a second look is cheap and makes "idempotent" hold by force. */
const MAX_PASSES = 4;

/** The text with everything chosen masked. `maskText(maskText(t)) = maskText(t)`. */
export function maskText(text: string, choices: MaskChoices, context: MaskContext = {}): string {
  let masked = text;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const spans = findPersonal(masked, choices, context);
    if (spans.length === 0) return masked;
    const next = replaceSpans(masked, spans);
    if (next === masked) return masked;
    masked = next;
  }
  return masked;
}

function replaceSpans(text: string, spans: readonly PersonalSpan[]): string {
  let out = '';
  let at = 0;
  for (const span of spans) {
    out += text.slice(at, span.start) + span.replacement;
    at = span.end;
  }
  return out + text.slice(at);
}

/** What would be masked, in order, without overlaps. */
export function findPersonal(text: string, choices: MaskChoices, context: MaskContext = {}): PersonalSpan[] {
  const has = survey(text);
  const names = choices.name && context.names !== undefined && mayHaveName(text, context.names) ? context.names : [];
  const wantsNumbers = (has & HAS_NUMBER) !== 0 && (choices.phone || choices.id || choices.card || choices.name);
  const wantsNames = choices.name && (has & (HAS_NAME_FRAME | HAS_NUMBER)) !== 0;
  const wantsAddresses = choices.address && (has & HAS_PLACE) !== 0 && (has & HAS_ADDRESS_START) !== 0;
  const wantsEmails = choices.email && (has & HAS_AT) !== 0;
  const wantsContacts = choices.contact && (has & HAS_IDENTIFIER) !== 0;
  if (!wantsNumbers && !wantsNames && !wantsAddresses && !wantsEmails && !wantsContacts && names.length === 0)
    return [];
  const folded = fold(text);
  const spans: PersonalSpan[] = [];
  const add = (kind: MaskKind, start: number, end: number, replacement: string): void => {
    if (end > start) spans.push({ ...originalRange(folded, start, end), kind, replacement });
  };

  if (wantsNumbers || wantsNames) {
    const numbers = wantsNumbers ? findNumbers(folded.text, context.keep) : [];
    const inLink = numbers.length === 0 ? null : within(findLinks(folded.text));
    const personal: FoundNumber[] = [];
    for (const number of numbers) {
      // A link's parameters are numbers of things, unless they say otherwise.
      if (
        inLink?.(number.start, number.start + 1) === true &&
        !/(?:phone|mobile|tel)=$/.test(folded.text.slice(Math.max(0, number.start - 8), number.start))
      )
        continue;
      if (number.category !== 'service') personal.push(number);
      const kind = number.kind === 'phone' ? 'phone' : number.kind === 'id_number' ? 'id' : 'card';
      if (choices[kind] && number.category !== 'service') {
        const head = folded.text.slice(number.start, number.end);
        add(kind, number.start, number.end, maskNumber(number, head));
      }
    }
    if (wantsNames)
      for (const name of findNames(folded.text, personal)) {
        const range = originalRange(folded, name.start, name.end);
        if (name.capital === true && !/^\p{Lu}/u.test(text.slice(range.start, range.end).normalize('NFKC'))) continue;
        spans.push({ ...range, kind: 'name', replacement: maskName(text.slice(range.start, range.end)) });
      }
  }
  if (wantsAddresses)
    for (const address of findAddresses(folded.text)) add('address', address.detailStart, address.end, STARS);
  if (wantsEmails)
    for (const email of findEmails(folded.text)) {
      const range = originalRange(folded, email.start, email.end);
      spans.push({ ...range, kind: 'email', replacement: maskEmail(text.slice(range.start, range.end)) });
    }
  if (wantsContacts)
    for (const { start, end } of findIdentifiers(folded.text))
      add('contact', start, end, maskContact(folded.text.slice(start, end)));
  const kept = names.length > 0 ? addKnownNames(folded.text, names, add) : [];
  if (kept.length === 0) return resolve(spans);
  const touches = touching(kept);
  return resolve(spans.filter((span) => !touches(span.start, span.end)));

  /** Adds the known names; returns where replacements of an earlier masking stand, which nothing may touch. */
  function addKnownNames(
    haystack: string,
    names: readonly KnownName[],
    found: typeof add,
  ): { readonly start: number; readonly end: number }[] {
    const zones: { start: number; end: number }[] = [];
    for (const { shown } of names.map(foldedName))
      eachPlace(haystack, shown, (start, end) => zones.push(originalRange(folded, start, end)));
    for (const name of names) {
      const { replacement } = name;
      const { needle } = foldedName(name);
      if (needle === '') continue;
      const ascii = /^[a-z0-9]+$/.test(needle);
      eachPlace(haystack, needle, (start, end) => {
        if (ascii && (/[a-z0-9]/.test(haystack[start - 1] ?? '') || /[a-z0-9]/.test(haystack[end] ?? ''))) return;
        const range = originalRange(folded, start, end);
        if (
          replacement === undefined &&
          maskName(text.slice(range.start, range.end)) === text.slice(range.start, range.end)
        )
          return;
        found('name', start, end, replacement ?? maskName(text.slice(range.start, range.end)));
      });
    }
    return zones;
  }
}

interface FoldedName {
  /** What is looked for; '' for a name too short to be. */
  readonly needle: string;
  /** The replacement. */
  readonly shown: string;
}
/** An export gives the same names with each of a conversation's texts. */
const foldedNames = new WeakMap<KnownName, FoldedName>();

function foldedName(name: KnownName): FoldedName {
  let known = foldedNames.get(name);
  if (known === undefined) {
    const needle = foldedText(name.name).trim();
    known = { needle: [...needle].length < 2 ? '' : needle, shown: foldedText(name.replacement ?? '') };
    foldedNames.set(name, known);
  }
  return known;
}

/** Whether one of the names or of their replacements can stand in the text: most texts have not even their first characters. */
function mayHaveName(text: string, names: readonly KnownName[]): boolean {
  for (const name of names) {
    const { needle, shown } = foldedName(name);
    if (needle !== '' && mayHaveFolded(text, needle.charCodeAt(0))) return true;
    if (shown !== '' && mayHaveFolded(text, shown.charCodeAt(0))) return true;
  }
  return false;
}

function eachPlace(text: string, needle: string, use: (start: number, end: number) => void): void {
  if (needle === '') return;
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + needle.length))
    use(at, at + needle.length);
}

/** Equal ranges: the earlier kind of MASK_KINDS. Nested: the outer. Overlapping: one span over both, all of it hidden. */
function resolve(spans: readonly PersonalSpan[]): PersonalSpan[] {
  const rank = (span: PersonalSpan): number => MASK_KINDS.indexOf(span.kind);
  const sorted = [...spans].sort((a, b) => a.start - b.start || b.end - a.end || rank(a) - rank(b));
  const out: PersonalSpan[] = [];
  for (const span of sorted) {
    const last = out[out.length - 1];
    if (last === undefined || span.start >= last.end) out.push(span);
    else if (span.end > last.end) out[out.length - 1] = { ...last, end: span.end, replacement: STARS };
  }
  return out;
}

function maskNumber(number: FoundNumber, written: string): string {
  const { digits } = number;
  switch (number.category) {
    case 'mobile':
      return countryPrefix(written) + maskMobile(digits);
    case 'landline':
      return number.prefix > 0
        ? `${digits.slice(0, number.prefix)}-${STARS}${digits.slice(-4)}`
        : STARS + digits.slice(-4);
    case 'international':
      return digits.slice(0, number.prefix) + STARS + digits.slice(-4);
    case 'id':
      return maskIdNumber(digits);
    case 'card':
      return maskCard(digits);
    case 'service':
      return written;
  }
}

function countryPrefix(written: string): string {
  return /^(?:00)?86[\s-]?/.exec(written)?.[0] ?? '';
}

function maskMobile(digits: string): string {
  return digits.slice(0, 3) + STARS + digits.slice(-4);
}

/** 110105********0123; of the old form of 15 likewise the first six and the last four. */
export function maskIdNumber(digits: string): string {
  return digits.slice(0, 6) + '*'.repeat(Math.max(4, digits.length - 10)) + digits.slice(-4).toUpperCase();
}

/** The last four digits, a star for each other one. */
function maskCard(digits: string): string {
  return '*'.repeat(Math.max(4, digits.length - 4)) + digits.slice(-4);
}

function maskContact(identifier: string): string {
  return identifier.slice(0, 1) + STARS;
}

/** j***@example.com. */
export function maskEmail(address: string): string {
  const at = Math.max(address.lastIndexOf('@'), address.lastIndexOf('＠'));
  if (at <= 0) return address;
  const first = String.fromCodePoint(address.codePointAt(0) ?? 0x2a);
  return `${first}***${address.slice(at)}`;
}

/** 景甜 → 景**, 欧阳娜 → 欧阳**, Tom → T**: length hidden too. Of a field that holds a name, and of names in texts. */
export function maskName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '') return name;
  const compound = COMPOUND_SURNAMES.has(foldedText(trimmed.slice(0, 2))) && [...trimmed].length > 2;
  return (compound ? trimmed.slice(0, 2) : String.fromCodePoint(trimmed.codePointAt(0) as number)) + '**';
}

/** A field that holds a phone, whatever its form: 138****8000; anything else but a phone keeps its last four at most. */
export function maskPhone(phone: string): string {
  if (phone.includes('*')) return phone;
  const digits = foldedText(phone).replace(/\D/g, '');
  const mobile = /^(?:0086|86)?(1[3-9]\d{9})$/.exec(digits)?.[1];
  if (mobile !== undefined) return maskMobile(mobile);
  if (digits.length >= 7) return STARS + digits.slice(-4);
  return digits === '' ? phone : STARS;
}

/** A field that holds an address: down to the district; all of it where no district can be told. */
export function maskAddress(address: string): string {
  const trimmed = address.trim();
  if (trimmed === '' || trimmed.endsWith(STARS)) return address;
  const folded = fold(trimmed);
  const first = findAddresses(`地址:${folded.text}`)[0];
  const shift = '地址:'.length;
  if (first === undefined || first.detailStart <= shift || first.start > shift) return STARS;
  return trimmed.slice(0, originalRange(folded, 0, first.detailStart - shift).end).trimEnd() + STARS;
}

/** A field that holds an identity or card number. */
export function maskDocumentNumber(number: string): string {
  const digits = foldedText(number).replace(/[^\dx*]/g, '');
  if (digits.includes('*')) return number;
  return looksLikeIdNumber(digits) ? maskIdNumber(digits) : digits.length > 4 ? maskCard(digits) : STARS;
}

/** An order card (EX5): number and amount stay, what people wrote (title, status) is masked as text is. */
export function maskOrderCard(order: Order, choices: MaskChoices, context: MaskContext = {}): Order {
  const keep = new Set(context.keep).add(order.order_no);
  const inner: MaskContext = { ...context, keep };
  return { ...order, title: maskText(order.title, choices, inner), status: maskText(order.status, choices, inner) };
}
