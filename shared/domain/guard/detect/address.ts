/**
 * Postal addresses in a folded text (PV4), split where EX5 cuts them: after the district.
 *
 * A head is province, city and district (any of them), the detail what follows: elements that end in road, village,
 * estate, building, room …, read from left to right. A detail counts as an address when there is enough of it: a road or
 * estate with a number, two numbered parts (3栋502), or less after a label (地址：) or after a head of two levels.
 */
export interface FoundAddress {
  readonly start: number;
  /** End of the district: what may stay. Equals `start` when nothing before the detail is known to be one. */
  readonly detailStart: number;
  readonly end: number;
}

const PROVINCES =
  '北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门';
const HAN = '[\u4e00-\u9fff]';
/**
 * Words that end like a district or a city and are none. 南山区, 大同市, 梁园区, 叶集区, 上街区 and their like are places:
 * what stands before decides.
 */
const NOT_PLACE =
  /(?:小|地|专|社|片|景|(?<![梁绿])园|时|服务|评论|直播|校|厂|库|灾|疫|禁|住宅|生活|商业|办公|工业|休息|市辖|部分地|新疆地|超|(?<![厦江荆天玉海斗河])门|(?<!淮)上|股|菜|早|夜|全|本|(?<!大)同|我|哪个|那个|这个|(?<![叶杜])集|黑|入|(?<!上)街)[区市]$|(?:^|[远困大深老高在是住去到的边])山区$|都市$(?<![成宜]都市)|(?:各|全|本|邻|出|哪个)县$/;
/** A word for a town or a part of one; behind a province or city, with a name before it, it is a place (盐城市, 新城区). */
const CITY_WORD = /(?<![东西])城区$|城市$/;
const CITY_AFTER_LEVEL = new RegExp(`(?:${PROVINCES}|[省市州盟])${HAN}{1,3}?(?:城区|城市)$`);

/** After a word for "address" nearly anything is one; after "send to" there has to be more. */
const LABEL =
  /(?:(收货地址|收件地址|详细地址|家庭住址|发货地址|退货地址|退换地址|寄件地址|邮寄地址|配送地址|快递地址|新地址|地址|住址)|家住|我住在?|住在|寄到|寄往|寄去|送到|送货到|发到|邮到|改到|改成|改为|位于)(?:是|为|在|改成|改为|换成|到|:|-){0,3}\s{0,2}/g;

/** 市民, 区民: people of a place; but 民权县, 民强路 begin with their own name. */
const PEOPLE = '民(?![强主权族安康乐丰和富益航治兴心德])';
const HEAD = new RegExp(
  `^(?:(?:${PROVINCES})(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)?\\s?)?(?:${HAN}{2,7}?(?:市|自治州|地区|盟|州)(?!场|区|${PEOPLE}|面|价)\\s?)?(?:${HAN}{1,8}?(?:区|县|旗|市)(?!场|别|分|面|价|${PEOPLE}|域|间|级)\\s?)?`,
);
const PROVINCE_FIRST = new RegExp(`^(?:${PROVINCES})(?:省|市)?`);
const PLACE_END = /[区县旗市州盟省]/;

/** Kinds of element ends. The longer one first where one ends in another. */
const ROAD = '大道|大街|街道|胡同|路|街|道|巷|弄|条|线|段';
const SETTLEMENT =
  '开发区|工业园|科技园|产业园|小区|社区|花园|家园|公寓|大厦|广场|中心|新村|新城|山庄|庄园|华庭|国际|大学|学院|中学|小学|医院|宿舍|商场|商城|市场|镇|乡|村|庄|屯|寨|里|苑|院|园|府|城|庭|居|湾|郡|墅|坊|台|组|队';
const NUMBERED = '号楼|号院|号门|单元|号|栋|幢|座|层|楼|室|房|铺|户|排|区|期|门';
const ELEMENT = new RegExp(
  `^(?:([甲乙丙丁临]?[a-z]?-?\\d{1,5}(?:-[a-z\\d]{1,5}){0,3}|[a-z]{1,2}|[一二三四五六七八九十]{1,3}|[东西南北甲乙丙丁])(${NUMBERED})(?!码|发货|到货|前(?:$|[发到送,。!])|左右|之前|开始|以后|晚上|早上|下单)|([\u4e00-\u9fffa-z0-9]{1,12}?)((?:${ROAD}|${SETTLEMENT})+)(?!费|由|上|过|况)|(\\d{1,5}(?:-\\d{1,5}){1,3}|\\d{2,5})(?![\\d.:*年月日点元块天个件只斤码%]|小时|分钟)())`,
);
/** A building by its name, behind a road or an estate only: 华中科技大学紫菘13栋. */
const NAMED_BLOCK = /^[\u4e00-\u9fff]{1,4}(?=[a-z]?\d{1,4}(?:号楼|栋|幢|座|单元|号院))/;
const ROAD_END = new RegExp(`(?:${ROAD})$`);

interface Detail {
  readonly end: number;
  readonly roads: number;
  readonly settlements: number;
  readonly numbers: number;
}

/** Reads elements from `from` on. Each step looks at a bounded piece and moves on, so this is linear. */
function readDetail(text: string, from: number): Detail {
  let end = from;
  let roads = 0;
  let settlements = 0;
  let numbers = 0;
  for (let at = from, steps = 0; steps < 24; steps++) {
    let next = at;
    while (next - at < 2 && (text[next] === ' ' || text[next] === ',' || text[next] === '-')) next++;
    // A comma or blank leads on only to another element, and never to the first one of a bare detail.
    const piece = text.slice(next, next + 24);
    const match = ELEMENT.exec(piece);
    if (match === null) {
      const block = next === at && roads + settlements > 0 ? (NAMED_BLOCK.exec(piece)?.[0] ?? '') : '';
      if (block === '' || BROKEN.test(block)) break;
      at += block.length;
      continue;
    }
    if (match[4] !== undefined) {
      if (BROKEN.test(match[3] as string)) break;
      if (ROAD_END.test(match[4])) roads++;
      else settlements++;
    } else if (match[2] === undefined && roads + settlements + numbers === 0) break;
    else numbers++;
    at = next + match[0].length;
    end = at;
  }
  // (A 座) and the like after the last element belong to it.
  const tail = /^\s?\((?:[\u4e00-\u9fffa-z0-9]{1,12})\)/.exec(text.slice(end, end + 16))?.[0];
  if (end > from && tail !== undefined) end += tail.length;
  return { end, roads, settlements, numbers };
}

/** An element's name with one of these in it is a sentence, not a name. */
const BROKEN = /[的了吗呢吧是在和把给您你我他她这那请可能会有没不就还要去到从让送寄发用看说问买卖哪得带想]/;

/** Names of places, streets and estates that have such a character (和平路, 会展中心, 发展大道); it says nothing there. */
const SPEAKING =
  /呼和浩特|和林格尔|和布克赛尔|可克达拉|让胡路|(?<=[永太泰政平仁云民兴元人祥义同中颐天三嘉协保谐])和(?=[^\u4e00-\u9fff]|[区县路街道大东西南北中里园苑村镇乡])|和(?=[平谐兴顺美园苑义睦畅昌信润瑞泰丰达欣荣龙县政田静硕])|会(?=[同昌东理泽宁展稽城]|议中心)|[新四禹]会|发(?=展|达|祥)|(?<=开)发|那(?=曲|坡)|从(?=江|化)|高要|能(?=源|达|仁)|得(?=胜|月|荣|力)|有色/g;

type Label = 'noun' | 'verb' | null;
const weight = (label: Label): number => (label === null ? 0 : label === 'verb' ? 1 : 2);

export function findAddresses(folded: string): FoundAddress[] {
  const text = folded.replace(SPEAKING, ({ length }) => '某'.repeat(length));
  const found: FoundAddress[] = [];
  let reach = 0;
  const add = (address: FoundAddress): void => {
    if (address.start < reach) return;
    found.push(address);
    reach = address.end;
  };
  const candidates: { readonly at: number; readonly label: Label }[] = [];
  LABEL.lastIndex = 0;
  for (let match = LABEL.exec(text); match !== null; match = LABEL.exec(text))
    candidates.push({ at: match.index + match[0].length, label: match[1] === undefined ? 'verb' : 'noun' });
  // Heads without a label begin with a province or before a district.
  HEAD_START.lastIndex = 0;
  for (let match = HEAD_START.exec(text); match !== null; match = HEAD_START.exec(text))
    candidates.push({ at: match.index, label: null });
  BARE.lastIndex = 0;
  for (let match = BARE.exec(text); match !== null; match = BARE.exec(text))
    candidates.push({ at: nameBefore(text, match.index), label: null });
  candidates.sort((a, b) => a.at - b.at || weight(b.label) - weight(a.label));

  for (const { at, label } of candidates) {
    if (at < reach) continue;
    const head = headAt(text, at);
    const detailStart = at + head.length;
    const detail = readDetail(text, detailStart);
    if (detail.end === detailStart) continue;
    const named = detail.roads + detail.settlements;
    const plain = (named > 0 && detail.numbers > 0) || detail.numbers > 1 || (head.levels > 1 && named > 0);
    const enough =
      plain ||
      (label !== null && head.levels > 0 && named + detail.numbers > 0) ||
      (label === 'noun' && named > 0 && detail.end - detailStart >= 4);
    if (enough) add({ start: at, detailStart, end: detail.end });
  }
  return found;
}

/** A province's name, or up to seven characters before a district that something like an address may follow. */
const HEAD_START = new RegExp(
  `(?:${PROVINCES})(?:省|市|${HAN}{0,3}自治区|特别行政区|${HAN}{1,6}[市区县])|(?<!${HAN})${HAN}{2,7}[市区县](?=\\s?${HAN}|\\s?[a-z0-9])|(?<=[在到是住往去来至]|地址)${HAN}{2,6}[市区县](?=${HAN})`,
  'g',
);
/** The end of a road's or an estate's name with its number, without anything before it; the name is read backwards. */
const BARE =
  /(?<=[\u4e00-\u9fff]{2})(?:大道|大街|街道|胡同|路|街|巷|弄|小区|花园|家园|公寓|大厦|广场|新村|镇|村|苑|城|园)\s?(?:[a-z]?\d{1,5}|[a-z]|[一二三四五六七八九十]{1,3})(?:-\d{1,5}){0,3}(?:号楼|号院|号|弄|栋|幢|座|单元|期|室|楼)|(?<=[\u4e00-\u9fff]{2})村\s?(?:\d{1,3}|[一二三四五六七八九十]{1,3})(?:组|队|社)\s?\d{1,4}号/g;

/** Start of the name that ends before `end`: up to eight characters that a name can have. */
function nameBefore(text: string, end: number): number {
  let start = end;
  while (
    start > 0 &&
    end - start < 8 &&
    /[\u4e00-\u9fff]/.test(text[start - 1] as string) &&
    !BROKEN.test(text[start - 1] as string) &&
    !'于址为距近位离住家'.includes(text[start - 1] as string)
  )
    start--;
  return start;
}

/** Index of the last character before `end` that ends a place's name, or -1. */
function lastPlaceEnd(text: string, end: number): number {
  let index = end - 1;
  while (index >= 0 && !PLACE_END.test(text[index] as string)) index--;
  return index;
}

/** Development zones that stand in a district's place and are called like something else. */
const ZONE =
  /(?:苏州工业园区|苏州新加坡工业园区|曹妃甸工业区|上海化学工业区|中马钦州产业园区|东湖(?:生态旅游)?风景区)$/;

const isNoPlace = (head: string): boolean =>
  !ZONE.test(head) && (NOT_PLACE.test(head) || (CITY_WORD.test(head) && !CITY_AFTER_LEVEL.test(head)));

/** Length of province, city and district at `at`, and how many levels of them there are. */
function headAt(text: string, at: number): { readonly length: number; readonly levels: number } {
  const piece = text.slice(at, at + 40);
  const match = HEAD.exec(piece)?.[0] ?? '';
  let head = match.trimEnd();
  // Take back what only looks like a district (杭州小区), or runs through a sentence.
  while (head !== '' && (isNoPlace(head) || BROKEN.test(head.slice(-8)))) {
    const cut = lastPlaceEnd(head, head.length - 1);
    head = cut < 0 ? '' : head.slice(0, cut + 1);
  }
  if (head === '') {
    const province = PROVINCE_FIRST.exec(piece)?.[0] ?? '';
    return { length: province.length, levels: province === '' ? 0 : 1 };
  }
  const levels = (PROVINCE_FIRST.test(head) ? 1 : 0) + (head.match(/[市区县旗州盟]/g)?.length ?? 0);
  const trailing =
    match.length > head.length && match.startsWith(head) ? (/^\s/.exec(match.slice(head.length))?.[0].length ?? 0) : 0;
  return { length: head.length + trailing, levels };
}
