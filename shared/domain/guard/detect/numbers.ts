import { isBankCard, isIdNumber, looksLikeIdNumber } from './checksums.ts';

/**
 * Phones, identity numbers and bank cards in a folded text (PV4, EX5): one pass that gathers digits into groups, then
 * rules over the groups. Order numbers, tracking numbers and amounts are left alone, by what is written before and after
 * them and by the numbers that the caller knows.
 */
export interface FoundNumber {
  readonly kind: 'phone' | 'id_number' | 'bank_card';
  readonly category: 'mobile' | 'landline' | 'service' | 'international' | 'id' | 'card';
  /** Range in the folded text, with country prefix and separators. */
  readonly start: number;
  readonly end: number;
  /** Digits alone (`x` at the end of an identity number), without the country prefix. */
  readonly digits: string;
  /** Digits of a landline's area code, of a country prefix for `international`; else 0. */
  readonly prefix: number;
  /** False: the label says so, the checksum doesn't. Masked all the same, but no reason to stop a message. */
  readonly certain: boolean;
}

interface Group {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
  /** What stands between this group and the next one of the same run; '' for the last. */
  separator: string;
}

/** Longest digits that can still be something personal; longer runs are skipped whole. */
const MAX_DIGITS = 24;
/** Digit value by code unit, -1 = none. Chinese digits count: 一三八零零… is a phone too. */
const DIGITS = new Int8Array(0x10000).fill(-1);
for (const digits of ['0123456789', '〇一二三四五六七八九', '零幺']) {
  for (let value = 0; value < digits.length; value++) DIGITS[digits.charCodeAt(value)] = value;
}

function digitOf(unit: number): number {
  return DIGITS[unit] as number;
}

const isAsciiDigit = (unit: number): boolean => unit >= 48 && unit <= 57;

/** Separators that people put into a number; `/`, `、` and `,` part two numbers. */
function isJoiner(unit: number): boolean {
  // space - . · _ ( ) – — and the katakana dot that · folds beside
  return (
    unit === 0x20 ||
    unit === 0x2d ||
    unit === 0x2e ||
    unit === 0xb7 ||
    unit === 0x5f ||
    unit === 0x28 ||
    unit === 0x29 ||
    unit === 0x2010 ||
    unit === 0x2011 ||
    unit === 0x2012 ||
    unit === 0x2013 ||
    unit === 0x2014 ||
    unit === 0x30fb
  );
}

const ORDER_LABEL =
  /(?:订单|单号|运单|快递单|物流|包裹|编号|编码|编码号|流水|交易号|券码|券号|取件码|取货码|提货码|核销码|验证码|货号|款号|型号|条码|批次|批号|序列号|串号|商品id|id|sn|imei|sku|违规号|工单|发票号|税号|凭证号|房间号|会议号|第三方单|order no)[是为号码的:#.\s(]{0,5}$/;
const PHONE_LABEL =
  /(?:电话|手机|联系方式|联系|号码|tel|mobile|phone|拨打|致电|拨|打给|打|座机|固话|热线|短信|传真|加v|加我|vx|wx|v|微信|微|同号)[是为号码的:：#.\s(]{0,5}$/;
const ID_LABEL = /(?:身份证|证件|证号|id card)[是为号码的:\s(]{0,6}$/;
const CARD_LABEL = /(?:卡号|银行卡|账号|账户|帐号|帐户|储蓄卡|信用卡|打到|转到|汇到)[是为号码的:\s(]{0,6}$/;
/** Words for a phone or a channel that people write a number right behind. Other letters there make a code of it. */
const STUCK_LABEL =
  /(?:^|[^a-z])(?:v|vx|wx|wechat|weixin|t|te?l|phone|mobile|mob|cell|call|contact|whatsapp|hp|ph|dh|sj|dianhua|shouji|p|m|qq|x)$/;
/** "ID" by itself may mean the identity number; a number that is one in every digit is then taken for it. */
const BARE_ID = /(?<![a-z\u4e00-\u9fff])id[是为:#\s]{0,3}$/;
const LOOK_BACK = 14;

/** Units of money right after a number: it is an amount. */
const AMOUNT_AFTER = /^(?:元|块|圆|万|亿|美元|美金|rmb|cny|usd|%)/;
const CURRENCY_BEFORE = /[¥$€£]\s?$/;

export function findNumbers(text: string, known: ReadonlySet<string> = new Set()): FoundNumber[] {
  const found: FoundNumber[] = [];
  const length = text.length;
  let index = 0;
  let orderUntil = -1;
  while (index < length) {
    if (digitOf(text.charCodeAt(index)) < 0) {
      index++;
      continue;
    }
    const groups: Group[] = [];
    let at = index;
    for (;;) {
      const start = at;
      // Chinese and Arabic digits make groups of their own: in 赵六13800138000 the six is a name.
      const ascii = isAsciiDigit(text.charCodeAt(at));
      while (at < length && digitOf(text.charCodeAt(at)) >= 0 && isAsciiDigit(text.charCodeAt(at)) === ascii) at++;
      groups.push({ start, end: at, digits: at - start > MAX_DIGITS ? '' : digitsOf(text, start, at), separator: '' });
      let after = at;
      while (after < length && after - at < 3 && isJoiner(text.charCodeAt(after))) after++;
      if (after >= length || digitOf(text.charCodeAt(after)) < 0 || groups.length >= 64) break;
      (groups[groups.length - 1] as Group).separator = text.slice(at, after);
      at = after;
    }
    orderUntil = readRun(text, groups, known, orderUntil, found);
    index = at;
  }
  return found;
}

function digitsOf(text: string, start: number, end: number): string {
  let digits = '';
  for (let index = start; index < end; index++) digits += String(digitOf(text.charCodeAt(index)));
  return digits;
}

/** How many groups a number may be written in; eleven only when each is one digit (1 3 8 0 0 …). Most first. */
const GROUP_COUNTS = [11, 5, 4, 3, 2, 1];

/** Reads one run of groups; returns up to where a list of labelled order numbers reaches, or -1. */
function readRun(
  text: string,
  groups: readonly Group[],
  known: ReadonlySet<string>,
  orderUntil: number,
  found: FoundNumber[],
): number {
  let total = 0;
  for (const group of groups) total += group.end - group.start;
  // Too short to be anything: the usual case, and labels cost more than digits.
  if (total < 7) return -1;
  let order = orderUntil;
  for (let first = 0; first < groups.length;) {
    const group = groups[first] as Group;
    let taken = 1;
    let label: Label | undefined;
    let bareId = false;
    for (const count of GROUP_COUNTS) {
      const sum = digitsIn(groups, first, count);
      if (sum < 7 || sum > 19) continue;
      if (label === undefined) {
        const before = text.slice(Math.max(0, group.start - LOOK_BACK), group.start);
        label = CURRENCY_BEFORE.test(before) ? 'amount' : labelOf(before);
        bareId = label === 'order' && BARE_ID.test(before);
        // 订单号 A、B: what the label says of A it says of B.
        if (label === null && order >= 0 && group.start - order <= 2) label = 'order';
      }
      if (label === 'order' && !bareId) order = group.end;
      if ((label === 'order' && !bareId) || label === 'amount') break;
      const number = classify(text, groups, first, count, label, known);
      if (number === null || (bareId && number.kind !== 'id_number')) continue;
      found.push(number);
      taken = count;
      break;
    }
    if (label === undefined && first === 0 && order < 0) {
      // A label may stand before a short first group (单号 260901-8053…).
      const before = text.slice(Math.max(0, group.start - LOOK_BACK), group.start);
      if (labelOf(before) === 'order') order = group.end;
    } else if (label === undefined && order >= 0 && group.start - order <= 2) order = group.end;
    first += taken;
  }
  return order;
}

type Label = 'phone' | 'id' | 'card' | 'order' | 'amount' | null;

function labelOf(before: string): Label {
  if (ID_LABEL.test(before)) return 'id';
  if (CARD_LABEL.test(before)) return 'card';
  if (ORDER_LABEL.test(before)) return 'order';
  if (PHONE_LABEL.test(before)) return 'phone';
  return null;
}

/** Digits of `count` groups from `first` on; 0 where there aren't as many, or for eleven that aren't single digits. */
function digitsIn(groups: readonly Group[], first: number, count: number): number {
  if (first + count > groups.length) return 0;
  let digits = 0;
  // Of eleven single digits the first two tell whether they can be a mobile at all.
  if (count === 11 && !/^1[3-9]$/.test((groups[first] as Group).digits + (groups[first + 1] as Group).digits)) return 0;
  for (let index = first; index < first + count; index++) {
    const group = groups[index] as Group;
    if (group.digits === '' || (count === 11 && group.digits.length !== 1)) return 0;
    digits += group.digits.length;
  }
  return digits;
}

function classify(
  text: string,
  groups: readonly Group[],
  first: number,
  count: number,
  label: Label,
  known: ReadonlySet<string>,
): FoundNumber | null {
  const start = (groups[first] as Group).start;
  const lastGroup = groups[first + count - 1] as Group;
  const end = lastGroup.end;
  let digits = '';
  let shape = '';
  let joiners = '';
  for (let index = first; index < first + count; index++) {
    const group = groups[index] as Group;
    digits += group.digits;
    shape += (shape === '' ? '' : '-') + String(group.digits.length);
    if (index < first + count - 1) joiners += group.separator;
  }
  if (digits.length < 7 || known.has(text.slice(start, end)) || known.has(digits)) return null;
  const before = start > 0 ? text.charCodeAt(start - 1) : 0;
  const after = end < text.length ? text.charCodeAt(end) : 0;
  const chinese = !isAsciiDigit(text.charCodeAt(start));
  // A letter or a star stuck to it: part of a code, or masked already.
  if (after === 0x2a || before === 0x2a) return null;
  const letterAfter = after >= 97 && after <= 122;
  const letterBefore = before >= 97 && before <= 122 && !STUCK_LABEL.test(text.slice(Math.max(0, start - 9), start));
  const part = (
    kind: FoundNumber['kind'],
    category: FoundNumber['category'],
    more?: Partial<FoundNumber>,
  ): FoundNumber => ({
    kind,
    category,
    start,
    end,
    digits,
    prefix: 0,
    certain: true,
    ...more,
  });

  // Identity number; its last character may be an x.
  if (
    /^(?:18|17|15|6-8-4|6-8-3|6-4-4-4|6-4-4-3|3-3-4-4-4|3-3-4-4-3|14-4|14-3)$/.test(shape) &&
    !letterBefore &&
    !chinese
  ) {
    const withX = digits.length === 17 && after === 0x78 && !/^[a-z0-9]/.test(text.slice(end + 1, end + 2));
    const value = withX ? `${digits}x` : digits;
    if (withX || !letterAfter) {
      const whole = withX ? { end: end + 1, digits: value } : {};
      if (isIdNumber(value)) return part('id_number', 'id', whole);
      if (label === 'id' && looksLikeIdNumber(value)) return part('id_number', 'id', { ...whole, certain: false });
    }
  }
  if ((letterAfter || letterBefore) && (chinese || shape !== '11' || isCode(text, start, end, known))) return null;
  const rest = text.slice(end, end + 6);
  const amount =
    AMOUNT_AFTER.test(rest) || (lastGroup.separator === '.' && (groups[first + count]?.digits.length ?? 9) <= 2);
  if (amount) return null;

  if (/^(?:1[6-9]|4-4-4-4|4-4-4-4-[1-3]|6-1[0-3]|4-4-4-[4-7])$/.test(shape) && !chinese) {
    if (isBankCard(digits)) return part('bank_card', 'card');
    if (label === 'card' && digits.length >= 16) return part('bank_card', 'card', { certain: false });
  }

  return phone(text, { digits, shape, joiners, start, label, chinese }, part);
}

/** Letters that order, violation and article numbers begin with here; waybills have them too, and never eleven digits behind. */
const CODE_PREFIX = /^(?:wg|dd|ddh|no|po|so|sku|sn|id|item|art|ref)$/;

const isLetter = (unit: number): boolean => unit >= 97 && unit <= 122;

/**
 * Whether eleven digits with letters stuck to them are a part of something else: of a number that the caller knows, of a
 * mixture of letters and digits, of what a label or its own letters call a number. Else it may be a phone (a138…, wang138…),
 * and is taken for one: what is hidden without need costs less than what is not.
 */
function isCode(text: string, start: number, end: number, known: ReadonlySet<string>): boolean {
  let from = start;
  while (from > 0 && isLetter(text.charCodeAt(from - 1))) from--;
  let to = end;
  while (to < text.length && isLetter(text.charCodeAt(to))) to++;
  if (isAsciiDigit(text.charCodeAt(from - 1)) || isAsciiDigit(text.charCodeAt(to))) return true;
  const letters = text.slice(from, start);
  if (to > end && letters !== '' && !STUCK_LABEL.test(letters)) return true;
  if (CODE_PREFIX.test(letters) || /[a-z0-9][-_]$/.test(text.slice(Math.max(0, from - 2), from))) return true;
  if (labelOf(text.slice(Math.max(0, from - LOOK_BACK), from)) === 'order') return true;
  const whole = text.slice(from, to);
  for (const number of known) if (number.length === whole.length && number.toLowerCase() === whole) return true;
  return false;
}

interface PhoneParts {
  readonly digits: string;
  readonly shape: string;
  readonly joiners: string;
  readonly start: number;
  readonly label: Label;
  readonly chinese: boolean;
}

const MOBILE = /^1[3-9]\d{9}$/;
const MOBILE_SHAPE = /^(?:11|3-4-4|3-8|4-3-4|4-4-3|7-4|5-6|3-3-5|2-9|1-10|6-5|3-4-2-2|1(?:-1){10})$/;
/** Area codes: 010, 02x, and 03xx–09xx. */
const AREA = /^(?:010|02\d|0[3-9]\d{2})$/;

function phone(
  text: string,
  { digits, shape, joiners, start, label, chinese }: PhoneParts,
  part: (kind: 'phone', category: FoundNumber['category'], more?: Partial<FoundNumber>) => FoundNumber,
): FoundNumber | null {
  const plus = start > 0 && text[start - 1] === '+';
  const paren = start > 0 && text[start - 1] === '(';

  // No separator between groups: both kinds of digits in turn, as only someone does who hides a number.
  if (MOBILE.test(digits) && (MOBILE_SHAPE.test(shape) || joiners === '')) return part('phone', 'mobile');
  const prefixed = /^(?:0086|086|86|17951|12593)(1[3-9]\d{9})$/.exec(digits);
  if (prefixed !== null && (plus || /^(?:2|3|4|5)-/.test(shape) || /^1[35]$/.test(shape)))
    return part('phone', 'mobile', { digits: prefixed[1] as string });
  if (chinese) return null;

  // 400 and 800: the shop's or the platform's own hotline, nobody's personal number.
  if (/^[48]00\d{7}$/.test(digits) && /^(?:10|3-3-4|3-4-3|3-7|3-2-5)$/.test(shape)) return part('phone', 'service');

  // Landline, with its area code; an extension stays outside.
  const area = digits.startsWith('0') ? digits.slice(0, /^0[12]/.test(digits) ? 3 : 4) : '';
  if (AREA.test(area) && /^[2-8]\d{6,7}$/.test(digits.slice(area.length))) {
    const grouped = new RegExp(`^${area.length}-(?:7|8|4-4|3-4|4-3)$`).test(shape) && !/\./.test(joiners);
    const whole = /^1[012]$/.test(shape) && (label === 'phone' || (area.length === 3 && digits.length === 11));
    if (grouped || whole)
      return part('phone', 'landline', { prefix: area.length, ...(paren ? { start: start - 1 } : {}) });
  }
  if (label === 'phone' && /^(?:[78]|4-4|3-4)$/.test(shape) && /^[2-8]/.test(digits)) return part('phone', 'landline');
  if (plus && digits.length >= 9 && digits.length <= 15 && !/\./.test(joiners)) {
    const country = /^(?:1|7|86|85[23]|886|6[0-6]|4\d|3\d|8[12])/.exec(digits)?.[0].length ?? 2;
    return part('phone', 'international', { prefix: country });
  }
  return null;
}
