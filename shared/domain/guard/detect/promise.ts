import { eachMatch, type Found } from './found.ts';
import { withoutCovered } from './money.ts';

/**
 * Promises in a folded text (PV4): what a consumer can hold the shop to. A denied promise (不能保证, 不一定) is none.
 * Categories: `guarantee`, `absolute` (最低价, 绝对 …), `compensation` (假一赔十 …), `deadline` (24 小时内发货 …), `refund`.
 */
const NUMERAL = String.raw`(?:\d{1,4}|[一二两三四五六七八九十百千万几]{1,4})`;
const DENIED = '(?<!不|不能|无法|没法|没有|不敢|不会|难以|未|未必|并非|不可|非|不做|不作)';

const EXPRESSIONS: readonly (readonly [category: string, expression: RegExp])[] = [
  [
    'guarantee',
    new RegExp(
      `${DENIED}(?:保证(?!金|书|人|期)|承诺(?!书)|担保(?!人|交易)|包您满意|包你满意|包过|包治|包好|包会|包赚|稳赚|说到做到)`,
      'g',
    ),
  ],
  // 一定程度, 有一定的: a measure. 您一定要…: a plea.
  [
    'guarantee',
    /(?<!不|未必|有|[您你请]|千万)一定(?!程度|的|量|范围|比例|规模|区别|关系|影响|差异)|(?<=[您你])一定(?=能|会|可以)/g,
  ],
  [
    'guarantee',
    /肯定(?=能|会|可以|有|是|没|不会)|必定|必须(?=给您|给你|赔|退|能)|百分之?百|100%|绝对(?!值|路径|不是我)|打包票|拍胸脯|一万个放心/g,
  ],
  [
    'absolute',
    /(?:全网|历史|史上|全国|行业|网上|市场|同行)?最低(?:价|价格)|(?:全网|史上|全国|行业)最(?:便宜|低|优惠|强|好)|全网第一|国家级|永不(?:褪色|变形|生锈|过期|涨价)|零风险|无副作用|没有任何副作用|根治|药到病除/g,
  ],
  [
    'compensation',
    new RegExp(
      `假一(?:赔|罚|陪)${NUMERAL}|退一赔${NUMERAL}|${NUMERAL}倍赔偿?|赔(?:您|你|偿)?${NUMERAL}倍|双倍(?:赔|返|退)|加倍赔偿|包赔|先行赔付|晚发必赔|破损(?:必|包)赔|贵必赔|买贵(?:必赔|退差)`,
      'g',
    ),
  ],
  [
    'guarantee',
    /包退(?:包换)?|包换|包修|保价(?!值)|终身(?:质保|保修|维修|免费|保固)|永久(?:质保|保修|免费|有效)|无条件(?:退|换)|无理由(?:退|换)|随时(?:可以)?退|质保\d{1,3}(?:年|个月)|保修\d{1,3}(?:年|个月)/g,
  ],
  [
    'deadline',
    new RegExp(
      `${NUMERAL}(?:个)?(?:小时|天|日|分钟)(?:之)?内?(?:一定|肯定|必|必定)?(?:发货|发出|到货|送达|到账|退款|寄出|处理好|解决)|(?:当天|今天|今晚|明天|明早|后天|次日)(?:一定|肯定|必|必定|就能|就会|就可以|准时)?(?:发货|发出|送达|到货|到账|寄出|给您发|给你发)`,
      'g',
    ),
  ],
  [
    'refund',
    /(?:全额|马上|立刻|立即|现在就)(?:给您|给你|帮您|帮你)?(?:全额)?(?:退款|退钱|赔付|赔偿)|免费(?:换新|补发|维修|退换|退货|安装|送)/g,
  ],
];

export function findPromises(text: string): Found[] {
  const found: Found[] = [];
  for (const [category, expression] of EXPRESSIONS)
    eachMatch(expression, text, (match) => {
      found.push({ kind: 'promise', category, start: match.index, end: match.index + match[0].length });
    });
  return withoutCovered(found);
}
