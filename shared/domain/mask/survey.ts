import { foldedText } from '../guard/fold.ts';

/**
 * Which detectors a text can need at all, from one look at each character: most messages of an export need none, and a
 * look-up costs a hundredth of what the detectors do (EX5, EX6). What a character counts as is decided on its folded form,
 * so tricks of width and case change nothing. Never too little: each detector names a character that all its finds have.
 */
const HAS_DIGIT = 1;
/** As many digits as the shortest number of a person has. */
export const HAS_NUMBER = 2;
export const HAS_AT = 4;
/** A character that an address's detail can't do without. */
export const HAS_PLACE = 8;
/** A character that each frame of a name has one of. */
export const HAS_NAME_FRAME = 16;
/** A character that each beginning of an address has one of: label, place or house number. */
export const HAS_ADDRESS_START = 32;
/** As many letters and digits as the shortest identifier of another channel has. */
export const HAS_IDENTIFIER = 64;
/** Folds to several characters of a sort that is counted: the count says nothing. */
const COUNTLESS = 128;
const EVERYTHING = HAS_DIGIT | HAS_NUMBER | HAS_AT | HAS_PLACE | HAS_NAME_FRAME | HAS_ADDRESS_START | HAS_IDENTIFIER;

/** Digits of the shortest landline without its area code. */
const LEAST_DIGITS = 7;
/** Digits of the shortest QQ number. */
const LEAST_IDENTIFIER = 5;

const DIGITS = '〇零幺一二三四五六七八九';
const PLACE =
  '路街道巷弄胡条线段区园社公大广中新山庄华国学医宿商市镇乡村屯寨里苑院城府庭居湾郡墅坊台组队号单栋幢座层楼室房铺户排期门';
/** 人 名 叫 呼 for labels, 收 抬 找 是 成 户 方 头 写 for the others, one of each form of address and of kin. */
const FRAME = '人名叫呼收抬找是成户方头写生士姐太姨傅学志妈爸公婆子儿友事妹弟哥';
/** 址 住 寄 送 发 邮 改 位 of the labels, the ends of a province, a city or a district, and of what has a house number. */
const ADDRESS_START = '址住寄送发邮改位省市区县号弄栋幢座元期室楼';

const UNKNOWN = 0xffff;
const flags = new Uint16Array(0x10000).fill(UNKNOWN);

function learn(unit: number): number {
  let value = 0;
  let counted = 0;
  for (const part of foldedText(String.fromCharCode(unit))) {
    const digit = /[0-9]/.test(part);
    if (digit || DIGITS.includes(part)) value |= HAS_DIGIT;
    // While it is one character's, this stands for one letter or digit.
    if (digit || /[a-z]/.test(part)) value |= HAS_IDENTIFIER;
    if (digit || DIGITS.includes(part) || /[a-z]/.test(part)) counted++;
    if (part === '@') value |= HAS_AT;
    if (PLACE.includes(part)) value |= HAS_PLACE;
    if (FRAME.includes(part)) value |= HAS_NAME_FRAME;
    if (ADDRESS_START.includes(part)) value |= HAS_ADDRESS_START;
  }
  if (counted > 1) value |= COUNTLESS;
  flags[unit] = value;
  return value;
}

/** Letters and digits of the higher planes: mathematical, enclosed, segmented; characters of the CJK extensions. */
function isLetterPair(high: number): boolean {
  return high === 0xd835 || high === 0xd83c || high === 0xd83e || (high >= 0xd840 && high <= 0xd888);
}

/** What the text has, as a sum of the constants above. */
export function survey(text: string): number {
  let found = 0;
  let digits = 0;
  let identifier = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    let value = flags[unit] as number;
    if (value === UNKNOWN) value = learn(unit);
    found |= value;
    digits += value & HAS_DIGIT;
    identifier += value & HAS_IDENTIFIER;
    if ((unit & 0xfc00) === 0xd800 && isLetterPair(unit) && mayFoldToLetter(text.codePointAt(index) ?? 0))
      return EVERYTHING;
  }
  if ((found & COUNTLESS) !== 0) return EVERYTHING;
  found &= ~HAS_IDENTIFIER;
  if (digits >= LEAST_DIGITS) found |= HAS_NUMBER;
  if (identifier >= LEAST_IDENTIFIER * HAS_IDENTIFIER) found |= HAS_IDENTIFIER;
  return found;
}

function mayFoldToLetter(codePoint: number): boolean {
  return (
    (codePoint >= 0x1d400 && codePoint <= 0x1d7ff) ||
    (codePoint >= 0x1f100 && codePoint <= 0x1f2ff) ||
    (codePoint >= 0x1fbf0 && codePoint <= 0x1fbf9) ||
    codePoint >= 0x20000
  );
}
