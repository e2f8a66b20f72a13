import { eachMatch, within, type Found } from './found.ts';

/** Ways to leave the platform in a folded text (PV4) and the identifiers with them (EX5). */
export interface FoundContact extends Found {
  readonly kind: 'contact' | 'email';
  /** Range of the personal identifier in it (a WeChat or QQ id, an address's local part), or null: only a mention. */
  readonly identifier: { readonly start: number; readonly end: number } | null;
}

const WECHAT_WORD =
  '微\\s?信|薇\\s?信|威\\s?信|徽信|微[xv]|v[信芯心]|[薇葳][芯心]|wei\\s?xin|wechat|wx(?:id)?|vx|微(?=号|❤)';
const QQ_WORD = 'q\\s?q|扣扣|企鹅(?:号)?|q号|qq号';
/** Between label and id: 号, 号码, 账号, 是, colon … (or nothing). */
const LINK = String.raw`(?:号码?|账号|帐号|id|名|群|群号)?\s?(?:是|为|:|=|-|→)?\s{0,2}`;

/** 微信支付 is a way to pay; QQ 糖 and QQ 弹 are food and feel; 企鹅 the animal. */
const WECHAT = new RegExp(
  `(?:${WECHAT_WORD})(?!支付|付款|零钱|钱包|扫码支付|付|步数|表情|公众号|小程序|读书)(?:${LINK}([a-z][a-z0-9_-]{5,19}|1[3-9]\\d{9}|\\d{6,11})(?![a-z0-9_*-]))?`,
  'g',
);
const QQ = new RegExp(
  `(?:${QQ_WORD})(?!糖|弹|音乐|飞车|农场|邮箱|浏览器|软糖|的口感|[a-z]{1,12}(?![a-z0-9]))(?:${LINK}([1-9]\\d{4,10})(?![\\d*]))?`,
  'g',
);
const ADD =
  /(?:加|\+)(?:一下|个|下|您|你|我|咱|一)?(?:我(?:微信?|v信?(?![a-z])|qq?(?![a-z]))?|好友|微信?(?!量)|v信?(?![a-z])|qq?(?![a-z])|群|薇信?|卫星|企微)(?!们家购物车)|私聊|私加|私信我|私下(?:交易|联系|转|付|打)|线下(?:交易|付款|转账)|绕过平台|(?:平台外|站外)(?:交易|付款|联系)|(?:抖音|快手|小红书|淘宝|闲鱼|拼多多|咸鱼|京东)(?:上)?(?:搜|号|私信|店铺?搜)|(?:telegram|whatsapp|facebook|instagram|电报|飞机号|钉钉号|陌陌号)/g;
const LINK_WORD = /链接|网址|二维码|扫码加/g;

const TOP_LEVEL =
  'com|cn|net|org|cc|me|io|top|xyz|vip|shop|store|app|link|info|biz|co|tv|club|site|online|ltd|wang|tk|in|ly|gd|la|hk|tw|us|uk|jp';
const URL_EXPRESSION = new RegExp(
  `(?:https?|ftp)\\s?:\\s?//[^\\s\\u3000-\\u303f\\u4e00-\\u9fff<>"']{1,2000}|(?<![a-z0-9@._-])(?:[a-z0-9-]{1,63}\\.){1,5}(?:${TOP_LEVEL})(?![a-z0-9_-])(?::\\d{1,5})?(?:/[^\\s\\u3000-\\u303f\\u4e00-\\u9fff<>"']{0,2000})?`,
  'g',
);

export interface ContactOptions {
  /** Hosts whose links are official (platform, shop): they and their subdomains are no hits. Lower case. */
  readonly officialHosts?: readonly string[];
}

export function findLinks(text: string): { readonly start: number; readonly end: number; readonly host: string }[] {
  const links: { start: number; end: number; host: string }[] = [];
  // Nearly no text has a dot inside letters; the expression is the dearest of all.
  if (!text.includes('.') && !text.includes('//')) return links;
  eachMatch(URL_EXPRESSION, text, (match) => {
    const host = /^(?:[a-z]{3,5}\s?:\s?\/\/)?(?:[^/?#@]{0,128}@)?([^/:?#]*)/.exec(match[0])?.[1] ?? '';
    const trimmed = match[0].replace(/[.,;:!?)\]]{1,8}$/, '');
    links.push({ start: match.index, end: match.index + trimmed.length, host });
  });
  return links;
}

/** E-mail addresses; found from the @ outwards. `identifier` is the part before it. */
export function findEmails(text: string): FoundContact[] {
  const found: FoundContact[] = [];
  let reach = 0;
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > reach && at - start < 64 && isLocal(text.charCodeAt(start - 1))) start--;
    while (start < at && text[start] === '.') start++;
    const domain = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}[a-z]{2,12}(?![a-z0-9*])/.exec(
      text.slice(at + 1, at + 257),
    )?.[0];
    if (start === at || domain === undefined || (start > 0 && text[start - 1] === '*')) continue;
    reach = at + 1 + domain.length;
    found.push({ kind: 'email', category: 'email', start, end: reach, identifier: { start, end: at } });
  }
  return found;
}

function isLocal(unit: number): boolean {
  return (
    (unit >= 97 && unit <= 122) ||
    (unit >= 48 && unit <= 57) ||
    unit === 0x2e ||
    unit === 0x5f ||
    unit === 0x2d ||
    unit === 0x2b ||
    unit === 0x25
  );
}

function isOfficial(host: string, official: readonly string[]): boolean {
  return official.some((known) => host === known || host.endsWith(`.${known}`));
}

/** Mentions of other channels by their names, with the identifier where one stands behind. */
function findChannels(text: string, inEmail: (start: number) => boolean): FoundContact[] {
  const found: FoundContact[] = [];
  const labelled = (expression: RegExp, category: string): void =>
    eachMatch(expression, text, (match) => {
      if (inEmail(match.index)) return;
      const end = match.index + match[0].length;
      const value = match[1];
      found.push({
        kind: 'contact',
        category,
        start: match.index,
        end,
        identifier: value === undefined ? null : { start: end - value.length, end },
      });
    });
  labelled(WECHAT, 'wechat');
  labelled(QQ, 'qq');
  return found;
}

function inEmailOf(text: string): (start: number) => boolean {
  const covered = within(findEmails(text));
  return (start) => covered(start, start + 1);
}

/** Identifiers of other channels alone (EX5), where `findContacts` says every mention. */
export function findIdentifiers(text: string): { readonly start: number; readonly end: number }[] {
  return findChannels(text, inEmailOf(text)).flatMap(({ identifier }) => identifier ?? []);
}

/** Mentions and identifiers of other channels. E-mail addresses are not among them (`findEmails`). */
export function findContacts(text: string, options: ContactOptions = {}): FoundContact[] {
  const inEmail = inEmailOf(text);
  const found = findChannels(text, inEmail);
  eachMatch(ADD, text, (match) => {
    found.push({
      kind: 'contact',
      category: 'invitation',
      start: match.index,
      end: match.index + match[0].length,
      identifier: null,
    });
  });
  const official = options.officialHosts ?? [];
  for (const link of findLinks(text))
    if (!isOfficial(link.host, official) && !inEmail(link.start))
      found.push({ kind: 'contact', category: 'link', start: link.start, end: link.end, identifier: null });
  eachMatch(LINK_WORD, text, (match) => {
    found.push({
      kind: 'contact',
      category: 'link_word',
      start: match.index,
      end: match.index + match[0].length,
      identifier: null,
    });
  });
  return found.sort((a, b) => a.start - b.start || b.end - a.end);
}
