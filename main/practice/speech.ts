import type { Prng } from '#shared/lib/prng.ts';
import type { Message, Order } from '#shared/protocol/entities.ts';
import type { Attachments } from './attachments.ts';
import { CITIES, COURIERS, PRODUCTS, type Product } from './catalogue.ts';
import { attachmentOf } from './on-the-wire.ts';
import type { ConversationRecord, ShopRecord, SimulationState } from './records.ts';
import { GIFTS, SCENARIOS, type Scenario } from './scenarios.ts';
import type { MessageDraft } from './world.ts';

/** Turns scenario lines into messages with one consumer's own facts. */

export type Variables = Record<string, string>;

const digits = (prng: Prng, count: number): string => {
  let text = '';
  for (let i = 0; i < count; i++) text += String(prng.int(10));
  return text;
};

function dateCode(at: number): string {
  const date = new Date(at + 8 * 3_600_000);
  return date.toISOString().slice(2, 10).replaceAll('-', '');
}

/** An order number as the shop's platform writes it. `at`: when it was ordered. */
export function orderNumber(prng: Prng, platform: string, at: number): string {
  switch (platform) {
    case 'pdd':
      return `${dateCode(at)}-${1 + prng.int(9)}${digits(prng, 14)}`;
    case 'wechat':
      return `42000${digits(prng, 5)}20${dateCode(at)}${digits(prng, 10)}`;
    default:
      return `${2 + prng.int(3)}${digits(prng, 18)}`;
  }
}

export function violationNumber(prng: Prng, at: number): string {
  return `WG${dateCode(at)}${digits(prng, 8)}`;
}

export function makeVariables(
  prng: Prng,
  shop: ShopRecord,
  consumerName: string,
  at: number,
  goods?: RegExp,
): Variables {
  const products = PRODUCTS[shop.shop_id] as readonly Product[];
  const fitting = goods === undefined ? products : products.filter(({ name }) => goods.test(name));
  const product = prng.pick(fitting.length === 0 ? products : fitting);
  const size = prng.pick(product.sizes);
  const height = 155 + prng.int(35);
  return {
    consumer: consumerName,
    product: product.name,
    product2: prng.pick(products).name,
    amount: (product.price * (1 + prng.int(2)) - prng.int(3)).toFixed(2),
    diff: String(3 + prng.int(27)),
    order: orderNumber(prng, shop.platform, at - prng.int(6) * 86_400_000),
    status: prng.pick(['待发货', '已发货', '已签收', '待付款', '退款中']),
    city: prng.pick(CITIES),
    courier: prng.pick(COURIERS),
    days: String(1 + prng.int(5)),
    tail: digits(prng, 4),
    height: String(height),
    weight: String(Math.round((height - 100) * 1.8) + prng.int(30)),
    size,
    size2: prng.pick(product.sizes),
    colour: prng.pick(product.colours),
    gift: prng.pick(GIFTS),
    people: String(4 + prng.int(30)),
    violation: violationNumber(prng, at),
  };
}

export function pickScenario(prng: Prng, shopId: string): Scenario {
  const fitting = SCENARIOS.filter((scenario) => scenario.shops === undefined || scenario.shops.includes(shopId));
  let ticket = prng.int(fitting.reduce((sum, scenario) => sum + scenario.weight, 0));
  for (const scenario of fitting) {
    ticket -= scenario.weight;
    if (ticket < 0) return scenario;
  }
  return fitting[0] as Scenario;
}

export function fill(line: string, variables: Variables): string {
  return line.replace(/\{(\w+)\}/g, (whole, name: string) => variables[name] ?? whole);
}

type Content = Pick<MessageDraft, 'kind' | 'text' | 'order' | 'attachment'>;

/** The messages of one line. */
export function contents(line: string, variables: Variables, prng: Prng, attachments: Attachments): Content[] {
  return line.split('|').flatMap((part): Content | Content[] => {
    switch (part) {
      case '@order':
        return { kind: 'order_card', text: null, order: orderOf(variables) };
      case '@product':
        return { kind: 'product_card', text: `${variables['product'] ?? ''} ¥${variables['amount'] ?? ''}` };
      case '@image': {
        const portrait = prng.chance(0.6);
        const hue = prng.int(12) * 30;
        const name = `IMG_${variables['tail'] ?? '0000'}${prng.int(90) + 10}.png`;
        const record = attachments.addDrawn(name, portrait ? 180 : 240, portrait ? 240 : 180, hue);
        const picture: Content = { kind: 'image', text: null, attachment: attachmentOf(record) };
        // Now and then with a file beside the picture. Decided by what is known already: the generator's order stays as it is.
        return Number(variables['tail'] ?? 1) % 4 === 0 ? [picture, orderFile(variables, attachments)] : picture;
      }
      default:
        return { kind: 'text', text: fill(part, variables) };
    }
  });
}

/** What shops' consumers attach besides pictures: their order, as text. */
function orderFile(variables: Variables, attachments: Attachments): Content {
  const { order = '', product = '', amount = '', status = '', tail = '0000' } = variables;
  const lines = [`订单号：${order}`, `商品：${product}`, `金额：¥${amount}`, `状态：${status}`];
  const record = attachments.addContent(`订单信息_${tail}.txt`, 'text/plain', Buffer.from(`${lines.join('\n')}\n`));
  return { kind: 'file', text: null, attachment: attachmentOf(record) };
}

function orderOf(variables: Variables): Order {
  const { order = '', product = '', size = '', colour = '', amount = '', status = '' } = variables;
  return { order_no: order, title: `${product} ${colour} ${size}`, amount, status };
}

/** What the agent has said since the consumer last spoke, newest last; recalled messages are no longer there. */
export function saidSince(conversation: ConversationRecord): Message[] {
  const said: Message[] = [];
  for (let i = conversation.messages.length - 1; i >= 0; i--) {
    const record = conversation.messages[i];
    if (record === undefined || record.message.sender.role === 'consumer') break;
    if (record.message.sender.role === 'agent' && record.recalled === null) said.unshift(record.message);
  }
  return said;
}

export function newSimulation(prng: Prng, scenario: Scenario, variables: Variables, absent: boolean): SimulationState {
  return {
    scenario: scenario.id,
    thread: prng.int(scenario.threads.length),
    seed: prng.int(2 ** 31),
    turn: 0,
    complaints: 0,
    reacted: [],
    absent,
    finished: false,
    variables,
  };
}
