import { eachMatch, type Found } from './found.ts';

/** Amounts of money, discounts and gifts of money in a folded text (PV4). Latin letters are lower case there. */

const NUMBER = String.raw`\d{1,12}(?:,\d{3}){0,4}(?:\.\d{1,4})?`;
const CHINESE = '[〇零一二两三四五六七八九十百千万半]{1,10}';
/** Not after the last digit of something longer, so that the number is read whole. */
const ALONE = String.raw`(?<![\d.,])`;

const SYMBOL = new RegExp(String.raw`(?:[¥$€£]|rmb|cny|人民币)\s?${NUMBER}(?:元|块钱|块|万)?`, 'g');
/** 元 and 块 begin other words too: 元件, 元素, 元旦; 块儿, 块头. */
const UNIT = new RegExp(
  String.raw`${ALONE}${NUMBER}\s?(?:万元|元(?![件素旦宵气老首年月宝里桥牛])|块钱|块(?![儿头茎状根])(?:\d{1,2}(?!\d))?|圆(?![形圈柱])|rmb|cny|人民币|美元|美金|毛钱|毛(?![巾衣毯线发呢绒])|分钱)`,
  'g',
);
const CHINESE_UNIT = new RegExp(
  String.raw`${CHINESE}(?:万元|元(?![件素旦宵气老首年月宝里桥牛])|块钱|块[一二三四五六七八九](?![\u4e00-\u9fff]?块)|块(?=$|[\s,.!?;:。、~)吧了的呢哦哈给多])|毛钱|美元|美金)`,
  'g',
);
const DISCOUNT = new RegExp(
  String.raw`(?:${ALONE}\d(?:\.?\d)?|[一二三四五六七八九]{1,2}|[对半])\s?折(?![叠痕断返线纸射合旧算椅成])|半价|买一送一|第二件`,
  'g',
);
const GIFT =
  /红包|返现|返利|返钱|返差|补差价|补(?:您|你)?差价|退差价?|立减|满减|免单|白送|转账|打款给|代金券|现金券|抵用券|优惠券|补偿(?:您|你|金|款)|赔偿(?:您|你|金|款)/g;
/** A number where a price is being named: 到手价 138, 只要 99, 99 包邮. */
const NAMED = new RegExp(
  String.raw`(?:价格|售价|到手价?|原价|现价|特价|活动价|券后价?|一口价|优惠价|成交价|底价|只要|仅需|只需|才卖|报价|改价[到成为]?|便宜到)(?:是|为|:|给您|给你)?\s?${NUMBER}(?!\s?(?:天|小时|分钟|秒|个|件|片|步|次|年|月|日|号|点|克|斤|米|kg|cm|mm|ml|%|[\d:-]))|${ALONE}${NUMBER}\s?包邮`,
  'g',
);

export function findMoney(text: string): Found[] {
  const found: Found[] = [];
  const collect = (expression: RegExp, category: string): void =>
    eachMatch(expression, text, (match) => {
      found.push({ kind: 'money', category, start: match.index, end: match.index + match[0].length });
    });
  collect(SYMBOL, 'amount');
  collect(UNIT, 'amount');
  collect(CHINESE_UNIT, 'amount');
  collect(NAMED, 'price');
  collect(DISCOUNT, 'discount');
  collect(GIFT, 'gift');
  return withoutCovered(found);
}

/** Drops what lies whole within another one (¥5 in ¥5元; a unit's amount in a named price). Order: by place. */
export function withoutCovered(found: readonly Found[]): Found[] {
  const sorted = [...found].sort((a, b) => a.start - b.start || b.end - a.end);
  let reach = -1;
  return sorted.filter((item) => {
    if (item.end <= reach) return false;
    reach = item.end;
    return true;
  });
}
