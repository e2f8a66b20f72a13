import { AMBIGUOUS_SURNAMES, COMPOUND_SURNAMES, NOT_NAMES, SURNAMES } from './surnames.ts';

/**
 * Chinese personal names in a folded text (EX5). A name is only told from other words by what stands around it, so one is
 * taken only in a frame: after a label (收件人, 姓名, 我叫 …), before a form of address (先生, 女士 …), or alone before 收 or
 * beside a phone, identity or card number, as in pasted delivery details. A surname alone (王先生) says no more than its mask would, and stays.
 */
export interface FoundName {
  readonly start: number;
  readonly end: number;
  /** A name only if it is written with a capital (我是Tom), which a folded text doesn't tell. */
  readonly capital?: true;
}

/** After these a name is expected, whatever it looks like, if it stands apart. */
const STRONG =
  /(?:收件人|收货人|取件人|寄件人|发件人|签收人|提货人|联系人|持卡人|开户人|申请人|投保人|登记人|订货人|收款人|付款人|购买人|办理人|客户|真实|收件|收货|联系|寄件)?(?:姓名|名字)|收件人|收货人|取件人|寄件人|发件人|签收人|提货人|联系人|持卡人|开户人|开户名|户名|申请人|投保人|登记人|收款人|付款人|购买人|办理人|收款方|(?:^|[\s,;。])收件(?=[:\s])|(?:^|[\s,;。])收货(?=[:])|(?:发票)?抬头(?=[:\s]|是|写)/g;
const LINK = /^(?:改成|改为|换成|写的?是|写成?|填的?是|填|应该是|就是|还是|不是|是|为|叫|姓名)?[\s:：=()-]{0,3}/;
/** After these a surname has to follow, or a name as other languages have them: 阿依古丽·买买提, John Smith. */
const CALLED =
  /(?:我|本人|他|她|名字|全名|真名|大名|人|儿子|女儿|老公|老婆|妈妈|爸爸|朋友|同事|妹妹|姐姐|弟弟|哥哥)(?:就)?叫(?:做)?|称呼(?:我)?(?:叫|为)?/g;
/** After these a surname has to follow. */
const WEAK =
  /改成(?!了)|收件人写|写的是|(?<=[,;。])叫(?=[\u4e00-\u9fff]{2,3}(?:$|[\s,.!?;。]))|找(?=[\u4e00-\u9fff]{2,3}(?:拿|取|签|领|就|$))|本人(?=[\u4e00-\u9fff]{2,3}[,\s:])|(?:妈妈|爸爸|老公|老婆|儿子|女儿|朋友|同事|妹妹|弟弟|姐姐|哥哥)(?=[\u4e00-\u9fff]{2,3}(?:$|[\s,。]|的(?:手机|电话|号码|地址|名字|账号|订单|快递)|收|电话|手机))/g;
const DOT = '[·.•・]';
/** 我是张三, and nothing more behind it. */
const SELF = new RegExp(
  `(?:我|这边|这里)是(?=(?:[\u4e00-\u9fff]{2,3}|(?:${[...COMPOUND_SURNAMES].join('|')})[\u4e00-\u9fff]{1,2}|[\u4e00-\u9fff]{2,6}${DOT}[\u4e00-\u9fff]{2,6})(?:$|[\\s,.!?;:。、~]|的(?:老公|老婆|妈妈|爸爸|家人|朋友|同事|儿子|女儿)))`,
  'g',
);
/** 我是Tom, 我叫 being a frame of its own. */
const SELF_LATIN = /(?:我|这边|这里)是\s?(?=[a-z])/g;
const LATIN_ALONE =
  /^[a-z]{3,20}(?: [a-z]{2,20}){0,2}(?=$|[\s,.!?;:。、~](?![a-z0-9])|的(?:老公|老婆|妈妈|爸爸|家人|朋友|同事|儿子|女儿))/;
/** A name of one to three words, alone in its line or between separators. */
const LATIN_BEFORE = /(?:^|[,;:。、/()\n\u4e00-\u9fff]\s?)([a-z]{2,20}(?:[ .][a-z]{2,20}){0,2})[\s,;:/-]{1,3}$/;
/** What stands before a phone or behind 我是 in Latin letters and names nobody. */
const LATIN_WORDS = new Set(
  'tel telephone phone mobile mob cell call contact number num no wechat weixin wx vx qq whatsapp line hp fax sms hotline service my is the at to on or and me it me you this that new old ok okay yes hi hello hey dear please pls plz thanks thx sorry help add ship send order id sn sku imei code app vip svip plus pro max mini ios android iphone ipad mac apple huawei honor xiaomi redmi oppo vivo samsung meizu nokia sony dell lenovo usb type size xs xl xxl xxxl cod dhl ems ups sf jd yto zto'.split(
    ' ',
  ),
);

const HONORIFIC = /(?<=[\u4e00-\u9fff]{2}\s?)(?:先生|女士|小姐(?!姐)|太太|阿姨|师傅|同学|同志)/g;

/** 张三收, alone or before a number. */
const RECEIVES = /(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{2,4}(?=收(?:$|[\s,.!?;:。、\d]))/g;

/** Never inside a given name: what goes on after a name. */
const NOT_GIVEN = new Set(
  '的了吗呢吧啊呀哦嘛是在和跟与或有没不就都也还要去到从让把被给对您你我他她它们这那哪请问谢电话手机号码址收寄送发用看说么个什怎已着过得很太更最再又只但而因所以及第等点些每各',
);
/** Nor in a name whose end is known, before 先生: only what no name has. */
const NEVER_GIVEN = new Set('的了吗呢吧啊呀哦嘛是在和跟与您你我他她它们这那哪请问谢么什');
/** Words that go on after a name and begin with a character that names have too. */
const AFTER_NAME =
  /^(?:电话|手机|号码|地址|联系|身份|收货|收件|收$|收[,\s\d]|住|省|市|先生|女士|小姐|太太|阿姨|师傅|同学|老师|经理|客服|店长|主管|本人|转|下单|订|买|付款|拍|需要|可以|已经|今天|明天|昨天|刚刚|想|签收|代收|取件|取货|拿|领|\d)/;

const isHan = (character: string | undefined): boolean =>
  character !== undefined && character >= '\u4e00' && character <= '\u9fff';

function surnameLength(text: string, at: number): number {
  if (COMPOUND_SURNAMES.has(text.slice(at, at + 2)) && isHan(text[at + 2]) && !NOT_GIVEN.has(text[at + 2] as string))
    return 2;
  return SURNAMES.has(text[at] as string) ? 1 : 0;
}

/** Cheap test for all frames but the one beside phones. */
const MAY_FRAME =
  /[人名叫呼头收妈爸友]|老公|老婆|儿子|女儿|同事|妹妹|弟弟|姐姐|哥哥|找|我是|这边是|这里是|改成|写的是|先生|女士|小姐|太太|阿姨|师傅|同学|同志|户名|收款方/;

/** Ideographs outside the common block: extension A, and those that take two units. */
const RARE = /[\u3400-\u4dbf]|[\ud840-\ud8bf][\udc00-\udfff]/g;
/** Stands for one of them while names are looked for: an ideograph that no word and no surname here has. */
const STAND_IN = '龘';

export function findNames(text: string, numbers: readonly FoundName[]): FoundName[] {
  if (text.search(RARE) < 0) return findCommon(text, numbers);
  const places: number[] = [];
  const units = new Uint32Array(text.length + 1);
  const pieces: string[] = [];
  let next = 0;
  const take = (until: number): void => {
    for (; next < until; next++) {
      units[next] = places.length;
      places.push(next);
      pieces.push(text[next] as string);
    }
  };
  for (const { index, 0: rare } of text.matchAll(RARE)) {
    take(index);
    for (; next < index + rare.length; next++) units[next] = places.length;
    places.push(index);
    pieces.push(STAND_IN);
  }
  take(text.length);
  units[text.length] = places.length;
  places.push(text.length);
  const standing = numbers.map(({ start, end }) => ({ start: units[start] as number, end: units[end] as number }));
  return findCommon(pieces.join(''), standing).map(({ start, end, ...more }) => ({
    ...more,
    start: places[start] as number,
    end: places[end] as number,
  }));
}

function findCommon(text: string, numbers: readonly FoundName[]): FoundName[] {
  const found: FoundName[] = [];
  const add = (name: FoundName | null): void => {
    if (name !== null) found.push(name);
  };
  if (MAY_FRAME.test(text)) {
    for (const at of endsOf(STRONG, text)) {
      const link = LINK.exec(text.slice(at, at + 8))?.[0] ?? '';
      const apart = /[\s:：=]/.test(link);
      add(
        nameAfter(text, at + link.length, { strong: true, apart, dotted: true, latin: apart || /[是叫]$/.test(link) }),
      );
    }
    const framed = (expression: RegExp, frame: Frame): void => {
      for (const at of endsOf(expression, text))
        add(nameAfter(text, at + (LINK.exec(text.slice(at, at + 8))?.[0].length ?? 0), frame));
    };
    framed(CALLED, { strong: false, apart: false, dotted: true, latin: true });
    framed(WEAK, { strong: false, apart: false, dotted: false, latin: false });
    framed(SELF, { strong: false, apart: false, dotted: true, latin: false });
    for (const at of endsOf(SELF_LATIN, text)) {
      const name = LATIN_ALONE.exec(text.slice(at, at + 66))?.[0] ?? '';
      if (name !== '' && !hasWord(name)) add({ start: at, end: at + name.length, capital: true });
    }
    RECEIVES.lastIndex = 0;
    for (let match = RECEIVES.exec(text); match !== null; match = RECEIVES.exec(text))
      add(alone(text, match.index, match.index + match[0].length));
    HONORIFIC.lastIndex = 0;
    for (let match = HONORIFIC.exec(text); match !== null; match = HONORIFIC.exec(text))
      add(nameBefore(text, match.index));
  }
  for (const number of numbers) {
    add(tokenBefore(text, number.start));
    add(tokenAfter(text, number.end));
  }
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  let reach = -1;
  return found.filter((name) => {
    if (name.start < reach) return false;
    reach = name.end;
    return true;
  });
}

function endsOf(expression: RegExp, text: string): number[] {
  const ends: number[] = [];
  expression.lastIndex = 0;
  for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
    ends.push(match.index + match[0].length);
    if (match[0] === '') expression.lastIndex++;
  }
  return ends;
}

interface Frame {
  /** The label asks for a name. */
  readonly strong: boolean;
  /** A colon or blank stood before it. */
  readonly apart: boolean;
  /** 阿依古丽·买买提 may follow. */
  readonly dotted: boolean;
  /** John Smith may follow. */
  readonly latin: boolean;
}

const isDot = (character: string | undefined): boolean => character !== undefined && '·.•・'.includes(character);

/** A name that begins at `at`. */
function nameAfter(text: string, at: number, { strong, apart, dotted, latin: mayBeLatin }: Frame): FoundName | null {
  if (!isHan(text[at])) {
    if (!mayBeLatin) return null;
    const latin = /^[a-z]{2,20}(?:[ .][a-z]{2,20}){0,2}(?![a-z0-9*@])/.exec(text.slice(at, at + 66))?.[0];
    return latin === undefined ? null : { start: at, end: at + latin.length };
  }
  let run = at;
  while (isHan(text[run]) && run - at < 12) run++;
  // A dot inside: both sides are the name.
  if (dotted && run - at <= 6 && isDot(text[run]) && isHan(text[run + 1])) {
    let end = run + 1;
    while (isHan(text[end]) && end - run <= 6) end++;
    return { start: at, end };
  }
  // Masked already, or a pseudonym: nothing more to hide.
  if (text[run] === '*') return null;
  const token = text.slice(at, run);
  const family = surnameLength(text, at);
  if (
    strong &&
    apart &&
    family === 0 &&
    token.length >= 2 &&
    token.length <= 4 &&
    !NOT_NAMES.has(token) &&
    ![...token].some((c) => NOT_GIVEN.has(c))
  )
    return { start: at, end: run };
  if (family === 0) return null;
  const end = givenEnd(text, at + family, run);
  if (end === at + family) return null;
  const name = text.slice(at, end);
  if (NOT_NAMES.has(name) || NOT_NAMES.has(name.slice(0, 2))) return null;
  return { start: at, end };
}

/** Where a given name of one or two characters ends, that starts at `from` in a run of Han characters up to `run`. */
function givenEnd(text: string, from: number, run: number): number {
  let end = from;
  while (end < run && end - from < 2) {
    const character = text[end] as string;
    if (NOT_GIVEN.has(character) || AFTER_NAME.test(text.slice(end, end + 3))) break;
    end++;
  }
  return end;
}

/** A whole name right before a form of address at `at`. */
function nameBefore(text: string, at: number): FoundName | null {
  let end = at;
  if (text[end - 1] === ' ') end--;
  let run = end;
  while (run > 0 && end - run < 8 && isHan(text[run - 1])) run--;
  const candidates = [4, 3, 2].filter((length) => end - length >= run);
  const plausible = (length: number): boolean => {
    const start = end - length;
    const family = surnameLength(text, start);
    if (family === 0 || length - family < 1 || length - family > 2 || (length === 4 && family !== 2)) return false;
    const given = text.slice(start + family, end);
    if ([...given].some((character) => NEVER_GIVEN.has(character)) || given.startsWith(text[start] as string))
      return false;
    return !NOT_NAMES.has(text.slice(start, end)) && !NOT_NAMES.has(text.slice(start, start + 2));
  };
  // A frame on the left decides; else the longer one, unless its surname is an everyday word.
  for (const length of candidates) {
    const start = end - length;
    const left = text.slice(Math.max(0, start - 3), start);
    const framed =
      start === run || /(?:[是叫找给和跟向请帮由为让以的问告诉系到把接待]|收件人|收货人|联系人|签收人)$/.test(left);
    if (
      framed &&
      plausible(length) &&
      !(start !== run && AMBIGUOUS_SURNAMES.has(text[start] as string) && length === 3 && plausible(2))
    )
      return { start, end };
  }
  for (const length of candidates)
    if (plausible(length) && !AMBIGUOUS_SURNAMES.has(text[end - length] as string)) return { start: end - length, end };
  return null;
}

const BESIDE = /[\s,;:|/、()\-_.]/;

function alone(text: string, start: number, end: number): FoundName | null {
  const length = end - start;
  const family = surnameLength(text, start);
  if (length < 2 || length > 4 || family === 0 || (length === 4 && family !== 2)) return null;
  const token = text.slice(start, end);
  if (NOT_NAMES.has(token) || NOT_NAMES.has(token.slice(0, 2))) return null;
  const given = token.slice(family);
  for (const character of given) if (NOT_GIVEN.has(character)) return null;
  return { start, end };
}

/** Titles of shops and goods have dots too. */
const OF_SHOPS = /[店服官品坊馆厂装鞋包居]|公司|电话|手机/;

/** One of the words is none that names have. */
const hasWord = (name: string): boolean => name.split(/[ .]/).some((word) => LATIN_WORDS.has(word));

/** Tom 13800138000, John Smith, 138…: a Latin name alone before a phone. `end`: where the phone or its label begins. */
function latinBefore(text: string, end: number): FoundName | null {
  const from = Math.max(0, end - 48);
  const found = LATIN_BEFORE.exec(text.slice(from, end));
  const name = found?.[1] ?? '';
  if (found === null || name === '' || (found.index === 0 && from > 0 && found[0].startsWith(name))) return null;
  if (hasWord(name)) return null;
  const start = from + found.index + found[0].indexOf(name);
  return { start, end: start + name.length };
}

/** A name that stands alone before a phone: 张三 13800138000, 张三，电话：13800138000. */
function tokenBefore(text: string, phone: number): FoundName | null {
  let end = phone;
  const label = /(?:(?:联系)?(?:电话|手机)(?:号码?)?|tel|phone|\+?86)[:：\s]{0,2}$/.exec(
    text.slice(Math.max(0, end - 12), end),
  )?.[0];
  const unlabelled = end - (label?.length ?? 0);
  const latin = latinBefore(text, unlabelled);
  if (latin !== null) return latin;
  end = unlabelled;
  while (end > 0 && phone - end < 14 && BESIDE.test(text[end - 1] as string)) end--;
  if (end === unlabelled && label === undefined) {
    // 张三13800138000: only where the name begins the line or follows a separator, which the run's start tells.
    if (!isHan(text[end - 1])) return null;
  }
  let start = end;
  while (start > 0 && end - start < 5 && isHan(text[start - 1])) start--;
  if (end > start && isDot(text[start - 1])) {
    let first = start - 1;
    while (first > 0 && start - first < 8 && isHan(text[first - 1])) first--;
    const name = text.slice(first, end);
    if (/^[^·.•・]{2,6}[·.•・][^·.•・]{2,}$/.test(name) && !OF_SHOPS.test(name)) return { start: first, end };
  }
  // 收 and 签收 may trail it: 张三收 138….
  return alone(text, start, end) ?? (text[end - 1] === '收' ? alone(text, start, end - 1) : null);
}

function tokenAfter(text: string, phone: number): FoundName | null {
  let start = phone;
  while (start < text.length && start - phone < 4 && BESIDE.test(text[start] as string)) start++;
  if (start === phone && !isHan(text[start])) return null;
  let end = start;
  while (end < text.length && end - start < 5 && isHan(text[end])) end++;
  if (text[end] === '*') return null;
  return alone(text, start, end) ?? (text[end - 1] === '收' ? alone(text, start, end - 1) : null);
}
