import type { MessageId, RecallId } from '#shared/domain/ids.ts';
import { DAY, HOUR, MINUTE, SECOND } from '#shared/lib/durations.ts';
import { createPrng, type Prng } from '#shared/lib/prng.ts';
import type { Agent, Consumer, RecallEffect } from '#shared/protocol/entities.ts';
import type { Attachments } from './attachments.ts';
import { AGENTS, CONSUMER_NAMES, DEFAULT_AGENT_ID, ODD_NAMES, SHOPS } from './catalogue.ts';
import { agentSender, consumerSender } from './on-the-wire.ts';
import type { AgentRecord, ConversationRecord, MessageRecord, ShopRecord } from './records.ts';
import { FAREWELLS, RATINGS, SCENARIOS, SLIPS, scenarioById, threadOf, type Scenario } from './scenarios.ts';
import {
  contents,
  fill,
  makeVariables,
  newSimulation,
  orderNumber,
  pickScenario,
  violationNumber,
  type Variables,
} from './speech.ts';
import type { World } from './world.ts';

/** The practice world at its first start: shops, agents, and weeks of past conversations ending at `now`. */

const SYSTEM = { role: 'system', id: 'system', name: '' } as const;
const DEVICE = 'd-practice' as never;

export function beginWorld(world: World, attachments: Attachments, seed: number): void {
  for (const shop of SHOPS) world.addShop(structuredClone(shop));
  for (const agent of AGENTS) world.addAgent(structuredClone(agent));
  new Past(world, attachments, createPrng(seed).fork('past')).write();
}

class Past {
  readonly #world: World;
  readonly #attachments: Attachments;
  readonly #prng: Prng;
  readonly #now: number;
  #consumers = 0;

  constructor(world: World, attachments: Attachments, prng: Prng) {
    this.#world = world;
    this.#attachments = attachments;
    this.#prng = prng;
    this.#now = world.now();
  }

  write(): void {
    // Long ago: found by records.query, no longer in the lists.
    for (let i = 0; i < 12; i++)
      this.#finished(this.#now - (30 + this.#prng.int(28)) * DAY - this.#prng.int(DAY), true);
    // The past days, oldest first.
    const starts = Array.from({ length: 22 }, () => this.#now - this.#prng.int(14 * DAY) - 3 * HOUR).sort(
      (a, b) => a - b,
    );
    starts.forEach((at, index) => this.#finished(at, false, index));
    this.#oddities();
    this.#groups();
    // Running now.
    for (let i = 0; i < 8; i++) this.#running(this.#agent(DEFAULT_AGENT_ID), i);
    for (let i = 0; i < 6; i++) this.#running(null, i);
    for (let i = 0; i < 7; i++) this.#waiting(i);
  }

  #agent(id: string): AgentRecord {
    return this.#world.agents.get(id) as AgentRecord;
  }

  #shop(id?: string): ShopRecord {
    return this.#world.shops.get(id ?? this.#prng.pick(SHOPS).shop_id) as ShopRecord;
  }

  #staff(shop: ShopRecord): AgentRecord {
    return this.#prng.pick(
      this.#world.agentsOfShop(shop.shop_id).filter(({ role }) => role === 'agent' || role === 'supervisor'),
    );
  }

  #consumer(name?: string): Consumer {
    const prefix = this.#prng.pick(['29', '31', '17', '88']);
    const index = this.#consumers++;
    return {
      consumer_id: `u-${prefix}${String(100_000 + this.#prng.int(899_999))}${index}`,
      name: name ?? (CONSUMER_NAMES[index % CONSUMER_NAMES.length] as string),
    };
  }

  #open(
    shop: ShopRecord,
    at: number,
    options: { archived?: boolean; scenario?: Scenario; name?: string; absent?: boolean } = {},
  ): ConversationRecord {
    const consumer = this.#consumer(options.name);
    const scenario = options.scenario ?? pickScenario(this.#prng, shop.shop_id);
    const variables = makeVariables(this.#prng, shop, consumer.name, at, scenario.goods);
    return this.#world.createConversation({
      shop_id: shop.shop_id,
      title: consumer.name,
      consumer,
      at,
      archived: options.archived ?? false,
      sim: newSimulation(this.#prng, scenario, variables, options.absent ?? false),
    });
  }

  /** Plays a scenario in the past: `turns` answers of the agent, all when left out. Returns the time after it. */
  #play(conversation: ConversationRecord, agent: AgentRecord, start: number, turns = Infinity): number {
    const sim = conversation.sim as NonNullable<ConversationRecord['sim']>;
    const thread = threadOf(sim.scenario, sim.thread) as NonNullable<ReturnType<typeof threadOf>>;
    let at = this.#consumerLine(conversation, thread.open, start);
    if (conversation.data.assignee?.agent_id !== agent.agent_id)
      this.#world.assign(conversation, agent, this.#prng.chance(0.5) ? 'claimed' : 'routed', at + 2 * SECOND);
    for (const turn of thread.turns) {
      if (sim.turn >= turns) return at;
      at += (8 + this.#prng.int(140)) * SECOND;
      this.#agentLine(conversation, agent, turn.agent, at);
      at += (15 + this.#prng.int(240)) * SECOND;
      at = this.#consumerLine(conversation, turn.consumer, at);
      sim.turn += 1;
    }
    if (this.#prng.chance(0.6)) {
      at += (10 + this.#prng.int(60)) * SECOND;
      this.#agentLine(conversation, agent, this.#prng.pick(FAREWELLS[sim.scenario === 'english' ? 'en' : 'zh']), at);
    }
    sim.finished = true;
    return at;
  }

  #variables(conversation: ConversationRecord): Variables {
    return (conversation.sim as NonNullable<ConversationRecord['sim']>).variables;
  }

  #consumerLine(conversation: ConversationRecord, line: string, at: number): number {
    let time = at;
    for (const content of contents(line, this.#variables(conversation), this.#prng, this.#attachments)) {
      this.#world.addMessage(conversation, { sender: consumerSender(conversation), ...content, sent_at: time });
      time += (2 + this.#prng.int(9)) * SECOND;
    }
    conversation.data.agent_read_seq = conversation.data.last_seq;
    return time;
  }

  #agentLine(conversation: ConversationRecord, agent: Agent, line: string, at: number, read = true): MessageRecord {
    const record = this.#world.addMessage(conversation, {
      sender: agentSender(agent, DEVICE),
      kind: 'text',
      text: fill(line, this.#variables(conversation)),
      sent_at: at,
    });
    record.message.status = read ? 'read' : 'delivered';
    record.read_at = read ? at + 6 * SECOND : null;
    if (read) conversation.data.consumer_read_seq = record.message.conv_seq;
    return record;
  }

  #systemLine(conversation: ConversationRecord, text: string, at: number): void {
    this.#world.addMessage(conversation, { sender: SYSTEM, kind: 'system', text, sent_at: at });
  }

  #recall(
    conversation: ConversationRecord,
    record: MessageRecord,
    by: Agent | null,
    effect: RecallEffect,
    after: number,
    reason?: string,
  ): void {
    const at = record.message.sent_at + after;
    const recallId = this.#world.nextId('r') as RecallId;
    const operator = by === null ? { ...record.message.sender } : agentSender(by, DEVICE);
    this.#world.recall(conversation, record, { recall_id: recallId, operator, effect, reason, at });
    if (by !== null)
      this.#world.saveRecall({
        recall_id: recallId,
        agent_id: by.agent_id,
        msg_id: record.message.msg_id,
        conversation_id: conversation.data.conversation_id,
        ok: true,
        effect,
        code: null,
        details: null,
        at,
        elapsed_ms: after,
      });
  }

  /** A whole conversation in the past; some come back another day to somebody else, some were transferred midway. */
  #finished(at: number, archived: boolean, index = -1): void {
    const shop = this.#shop();
    const agent = this.#staff(shop);
    const scenario = index >= 0 ? this.#cycle(shop, index) : undefined;
    const conversation = this.#open(shop, at, { archived, ...(scenario === undefined ? {} : { scenario }) });
    let time = this.#play(conversation, agent, at, index % 5 === 1 ? 1 : Infinity);
    if (index % 5 === 1) {
      const to = this.#staff(shop);
      if (to.agent_id !== agent.agent_id) {
        time += 20 * SECOND;
        this.#world.assign(conversation, to, 'transferred', time);
        this.#systemLine(conversation, `${agent.name}将会话转接给${to.name}，备注：买家比较着急，请优先处理`, time);
      }
      time += 40 * SECOND;
      const takes =
        to.agent_id === agent.agent_id
          ? '好的，情况我都记下了，马上为您处理'
          : '{consumer}您好，我是接手的客服，前面的情况我已经看过了，马上为您处理';
      this.#agentLine(conversation, to, takes, time);
      time = this.#consumerLine(conversation, '好的，麻烦了', time + 35 * SECOND);
    }
    if (index % 4 === 2) {
      // Said wrong, taken back, said right (RM2).
      const slip = SLIPS[index % SLIPS.length] as (typeof SLIPS)[number];
      const wrong = this.#agentLine(conversation, agent, slip.wrong, time + 20 * SECOND, false);
      this.#recall(conversation, wrong, agent, index % 8 === 2 ? 'both' : 'maybe_seen', 31 * SECOND, slip.why);
      const right = this.#agentLine(conversation, agent, slip.right, time + 75 * SECOND);
      (right.message as { correction_of: MessageId | null }).correction_of = wrong.message.msg_id;
      time = this.#consumerLine(conversation, '好的，以这条为准', time + 2 * MINUTE);
    }
    if (index % 7 === 3) {
      time = this.#consumerLine(conversation, '我电话是138{tail}{tail}，别打错了', time + 30 * SECOND);
      const last = conversation.messages.at(-1) as MessageRecord;
      this.#recall(conversation, last, null, 'both', 14 * SECOND);
    }
    if (this.#prng.chance(0.6))
      this.#systemLine(
        conversation,
        this.#prng.pick(RATINGS[scenarioById(conversation.sim?.scenario ?? '')?.mood ?? 'neutral']),
        time + MINUTE,
      );
    if (index % 6 === 4) {
      const violation = violationNumber(this.#prng, time);
      this.#systemLine(
        conversation,
        `【平台通知】订单 ${this.#variables(conversation)['order'] ?? ''} 涉嫌超时未回复，违规编号 ${violation}，请在24小时内申诉`,
        time + 10 * MINUTE,
      );
    }
    this.#world.end(conversation, Math.min(time + 40 * MINUTE, this.#now - 5 * MINUTE));
    if (index % 9 === 5 && time + 2 * DAY < this.#now) {
      // The same consumer again, two days later.
      const again = this.#staff(shop);
      const next = scenarioById('refund-progress') as Scenario;
      conversation.sim = newSimulation(this.#prng, next, this.#variables(conversation), false);
      const later = this.#play(conversation, again, time + 2 * DAY - HOUR);
      this.#world.end(conversation, Math.min(later + 10 * MINUTE, this.#now - MINUTE));
    }
    if (index === 8) conversation.data.legal_hold = true;
    if (index === 11) conversation.data.consumer_restricts_recall = true;
  }

  /** Every scenario that fits the shop has its turn, so that a fresh world shows them all. */
  #cycle(shop: ShopRecord, index: number): Scenario {
    const fitting = SCENARIOS.filter(({ shops }) => shops === undefined || shops.includes(shop.shop_id));
    return fitting[(index * 5) % fitting.length] as Scenario;
  }

  #running(agent: AgentRecord | null, index: number): void {
    const shop = agent === null ? this.#shop() : this.#shop(SHOPS[index % SHOPS.length]?.shop_id);
    const owner = agent ?? this.#staff(shop);
    const start = this.#now - (6 + index * 7) * MINUTE;
    const conversation = this.#open(shop, start, { absent: index === 5 });
    const time = this.#play(conversation, owner, start, index % 2);
    if (index % 3 === 0) return void (conversation.data.consumer_restricts_recall = index === 6);
    // Answered and waiting for the consumer: read in one (已读未回 on their side), not yet read in another.
    this.#agentLine(
      conversation,
      owner,
      '您好，已经为您登记，稍后给您答复哦',
      Math.min(time + 25 * SECOND, this.#now - 30 * SECOND),
      index % 3 === 1,
    );
  }

  #waiting(index: number): void {
    const shop = this.#shop(SHOPS[index % SHOPS.length]?.shop_id);
    const start = this.#now - (20 + index * 55) * SECOND;
    const conversation = this.#open(shop, start);
    this.#consumerLine(
      conversation,
      threadOf(conversation.sim?.scenario ?? '', conversation.sim?.thread ?? 0)?.open ?? '',
      start,
    );
    conversation.data.agent_read_seq = 0;
  }

  /** Texts and names that people really send, and those that are sent to break things (SE2). */
  #oddities(): void {
    const texts: readonly (readonly [consumer: string, agent: string])[] = [
      [`${LONG_STORY}`, '您好，看到您的留言了，情况我已经完整记录，马上升级给主管处理'],
      [
        '<script>alert("优惠券")</script><img src=x onerror=alert(1)>|javascript:alert(1)|{{constructor.constructor("alert(1)")()}}',
        '您好，请问您想咨询什么呢',
      ],
      ['=cmd|+86 13800138000|@SUM(1+1)*cmd', '亲，这边没有看懂呢'],
      ['\u202e文反是这\u202c|﷽﷽﷽|T̸̢̛͔h̶̰̐i̵͍͆s̷̱̈́ ̸̣̐i̶̜͝s̵̝̈ ̷̰̂z̸̙̈́a̸̰̐l̷̺̈g̶̱̈o̵̳͝', '您好，消息显示有点异常，方便重新发一下吗'],
      ['😂😂😂🤣👍🏻👍🏿❤️‍🔥👨‍👩‍👧‍👦|🈵🈚️㊙️|ＡＢＣ１２３ ㎏ ℃ ½', '哈哈您好，请问需要什么帮助呢😄'],
      [
        '我的身份证号11010519491231002X 实名认证用|银行卡 6222021234567890128|我微信 vx: qinghe_{tail}',
        '请不要在聊天中发送身份证和银行卡信息，请尽快撤回哦',
      ],
      ['1|1|1|？|……|收到|1', '您好，在的'],
      [
        "'; DROP TABLE messages; --|\\u0000\\n|../../../../windows/system32|%00%0d%0aSet-Cookie: a=1",
        '您好，请问有什么可以帮您',
      ],
    ];
    texts.forEach(([consumer, agent], index) => {
      const shop = this.#shop(SHOPS[index % SHOPS.length]?.shop_id);
      const at = this.#now - (2 + index) * 5 * HOUR - this.#prng.int(HOUR);
      const conversation = this.#open(shop, at, { name: ODD_NAMES[index] as string });
      const owner = index % 2 === 0 ? this.#agent(DEFAULT_AGENT_ID) : this.#staff(shop);
      let time = at;
      for (const part of consumer.split('|')) {
        this.#world.addMessage(conversation, {
          sender: consumerSender(conversation),
          kind: 'text',
          text: fill(part, this.#variables(conversation)),
          sent_at: time,
        });
        time += 7 * SECOND;
      }
      this.#world.assign(conversation, owner, 'routed', at + SECOND);
      if (index === 6) {
        // Assigned and never answered (SR7).
        this.#world.end(conversation, at + 3 * HOUR);
        return;
      }
      this.#agentLine(conversation, owner, agent, time + 50 * SECOND);
      if (index === 1) {
        const record = this.#attachments.addContent(
          '../../\u202egpj.报价单.exe',
          'application/octet-stream',
          Buffer.from('practice'),
        );
        const { attachment_id, name, mime, bytes, sha256 } = record;
        this.#world.addMessage(conversation, {
          sender: consumerSender(conversation),
          kind: 'file',
          text: null,
          attachment: { attachment_id: attachment_id as never, name, mime, bytes, sha256 },
          sent_at: time + 80 * SECOND,
        });
      }
      this.#world.end(conversation, time + 2 * HOUR);
    });
  }

  #groups(): void {
    this.#group('s-senyu', '森屿·周末徒步同行群', [
      ['c0', '周六的{city}徒步几点集合？'],
      ['a', '早上7点半，公园东门，雨天顺延，请大家穿防滑的鞋'],
      ['c1', '我那双防滑登山鞋{size}的到了，鞋底确实不错👍'],
      ['c2', '领队，背包可以租吗'],
      ['a', '可以的，65L背包押金200，周五前在群里报名'],
      ['c0', '+1'],
      ['c1', '+1|{order} 顺便问下我这个单发了没'],
      ['a', '这一单今天下午发出，走{courier}'],
    ]);
    this.#group('s-huajian', '花间烘焙会员福利群（三店通用，周三会员日）', [
      ['a', '各位宝宝早上好，周三会员日欧包第二件半价，群内接龙即可🍞'],
      ['c0', '1. 全麦两个'],
      ['c1', '2. 全麦一个 综合一个'],
      ['c2', '3. 有没有无糖的'],
      ['a', '无糖的有的，备注"无糖"即可'],
      ['x', '今天全场5折！'],
      ['a', '【更正】不好意思，是第二件半价，不是全场5折'],
      ['c2', '哈哈 差点下单十个'],
    ]);
  }

  #group(shopId: string, title: string, lines: readonly (readonly [who: string, text: string])[]): void {
    const shop = this.#shop(shopId);
    const at = this.#now - 26 * HOUR;
    const owner = this.#agent(shopId === 's-senyu' ? 'a-ajie' : DEFAULT_AGENT_ID);
    const consumers = [this.#consumer(), this.#consumer(), this.#consumer()];
    const staff = this.#world.agentsOfShop(shopId).filter(({ role }) => role === 'agent' || role === 'supervisor');
    const conversation = this.#world.createConversation({
      shop_id: shopId,
      type: 'group',
      title,
      consumer: null,
      members: [
        ...consumers.map(({ consumer_id, name }) => ({ id: consumer_id, role: 'consumer' as const, name })),
        ...staff.map(({ agent_id, name }) => ({ id: agent_id as string, role: 'agent' as const, name })),
      ],
      at,
    });
    this.#world.assign(conversation, owner, 'routed', at);
    const variables = makeVariables(this.#prng, shop, '', at);
    let time = at;
    for (const [who, line] of lines)
      for (const part of line.split('|')) {
        time += (30 + this.#prng.int(600)) * SECOND;
        const consumer = consumers[Number(who[1] ?? '0')] as Consumer;
        const sender = who.startsWith('c')
          ? { role: 'consumer' as const, id: consumer.consumer_id, name: consumer.name }
          : agentSender(owner, DEVICE);
        const before = conversation.messages.at(-1);
        const record = this.#world.addMessage(conversation, {
          sender,
          kind: 'text',
          text: fill(part, variables),
          sent_at: time,
        });
        if (who === 'x') this.#recall(conversation, record, owner, 'maybe_seen', 42 * SECOND, '活动说错');
        if (part.startsWith('【更正】') && before !== undefined)
          (record.message as { correction_of: MessageId | null }).correction_of = before.message.msg_id;
        if (sender.role === 'agent') record.message.status = 'delivered';
      }
    conversation.data.agent_read_seq = conversation.data.last_seq;
    // One number that several conversations share.
    this.#world.linkNumbers(conversation, [orderNumber(this.#prng, shop.platform, at)], []);
  }
}

/** About five hundred characters, as some consumers write them: everything in one breath. */
const LONG_STORY =
  '你好，我想把事情的经过完整说一遍，希望你们能认真看完。上个月我在你们店里买了两套四件套，一套自己用，一套送给我妈妈，当时客服跟我说两套都是同一批次，颜色不会有色差，结果收到以后自己这套是雾霾蓝，妈妈那套明显偏灰，我拍了照片发过来，客服说是灯光问题，让我白天再看。白天看了还是不一样，我又来找，换了一个客服，说要重新提交照片，我又提交了一次。第三次来的时候说已经超过七天了不能换。我就想问一下，前面两次都在七天以内，是你们让我等的，怎么到最后变成我超时了？而且运费险我也没有用上，快递费自己垫了十二块。我不是一定要退货，东西质量其实还可以，我妈妈也挺喜欢，但是这个处理过程让人很不舒服，每次都要从头说一遍，没有人主动联系我。我希望你们这次可以给一个明确的答复：第一，色差到底算不算质量问题；第二，能不能只换其中的被套；第三，之前垫付的运费怎么处理。如果今天不方便答复也可以，请告诉我一个具体的时间，不要再让我等一等了，等一等这三个字我已经听了五次了。另外我留的电话是正确的，白天都可以接，谢谢你们，辛苦了。';
