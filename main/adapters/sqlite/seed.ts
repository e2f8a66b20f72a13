import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppFailure } from '#shared/contract/errors.ts';
import { messageKeySlot } from '#shared/domain/time.ts';
import { createPrng, type Prng } from '#shared/lib/prng.ts';
import { mentionedNumbers } from '#shared/search/numbers.ts';
import { Flag, INTAKE_CODES, KIND_CODES, SENDER_CODES, STATUS_CODES } from './codes.ts';
import { openReadable, openWritable, type WritableDatabase } from './connection.ts';
import { migrate } from './migrations/index.ts';
import { SEARCH_FILE } from './profile-files.ts';
import { openIndexFile } from './search/index-file.ts';
import { createIndexer } from './search/indexer.ts';
import { createRollup } from './search/rollup.ts';

/**
 * Realistic volume for trying and benchmarking: agents, shops, consumers, orders and sessions over 400 days, with recalls,
 * corrections, unanswered ones and history by hour of the day. The same seed gives the same records.
 *
 * Writes the files directly; nobody else may have them open.
 */
export interface SeedOptions {
  /** Folder of records.db and search.db; made if missing. */
  readonly directory: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly messages: number;
  readonly seed: number;
  /** Last day, milliseconds since 1970; default 2026-09-30. */
  readonly until?: number;
  readonly progress?: (progress: {
    readonly phase: 'records' | 'index';
    readonly done: number;
    readonly total: number;
  }) => void;
  readonly signal?: AbortSignal;
}

export interface SeedReport {
  readonly messages: number;
  readonly conversations: number;
  readonly agents: number;
  readonly records_ms: number;
  readonly index_ms: number;
}

const DAY = 86_400_000;
const DAYS = 400;
const CHINA = 8 * 3_600_000;
const UNTIL = Date.UTC(2026, 9, 1) - CHINA;

const PRODUCTS = [
  '连衣裙',
  '运动鞋',
  '保温杯',
  '蓝牙耳机',
  '面霜',
  '电饭煲',
  '儿童书包',
  '羽绒服',
  '手机壳',
  '坚果礼盒',
  '床上四件套',
  '洗衣液',
  '空气炸锅',
  '筋膜枪',
  '瑜伽垫',
  '猫粮',
];
const COLOURS = ['黑色', '白色', '藏青', '雾霾蓝', '酒红', '奶茶色'];
const CITIES = ['杭州', '广州', '成都', '哈尔滨', '乌鲁木齐', '沈阳', '西安', '昆明', '苏州', '厦门'];
const COURIERS = ['顺丰', '中通', '圆通', '韵达', '极兔', '邮政'];
const QUESTIONS = [
  '你好，{product}还有货吗？',
  '请问{product}{colour}的什么时候能发货呀',
  '我昨天拍的{product}怎么还没有发货？订单号{order}',
  '尺码偏大还是偏小，身高{n}体重{m}穿什么码',
  '这个可以退款吗',
  '退货的运费谁出啊',
  '快递到{city}要几天',
  '{courier}的单号查不到物流信息',
  '收到的{product}有质量问题，怎么处理',
  '能便宜一点吗，{n}元行不行',
  '有没有优惠券',
  '在吗',
  '？？？',
  '好的',
  '谢谢',
  '我要投诉',
  '发票怎么开',
  '帮我改一下地址，改到{city}',
  '{product}是正品吗',
  'iPhone{k}能用吗',
  '什么时候降价，618还是双11',
  '为什么显示已签收我没收到！',
  '颜色和图片不一样😡',
  '赠品没有收到',
  '多久能退到账',
  '支持7天无理由吗',
  '麻烦快一点，急用',
  '我拍错了，帮我取消订单{order}',
  'ok',
  '嗯嗯',
  '{product}的{colour}和{colour2}哪个好看',
];
const ANSWERS = [
  '您好，很高兴为您服务，请问有什么可以帮您？',
  '亲，{product}{colour}现在有货的，今天下单预计{k}天内发出',
  '亲亲，这边帮您查询一下，请您稍等片刻哦',
  '您的订单{order}已经安排发货，{courier}快递，请您留意查收',
  '非常抱歉给您带来不好的体验，我们支持七天无理由退换货',
  '退款申请已经为您提交，预计1-3个工作日原路退回',
  '亲，建议您选择{n}码，这款{product}版型偏小',
  '这边为您申请了{k}元的优惠券，下单时可以直接使用',
  '好的呢，地址已经帮您修改为{city}',
  '亲，运费险可以抵扣退货运费，您不用担心',
  '请您提供一下订单号，我这边帮您核实',
  '我们是官方旗舰店，保证正品，假一赔十',
  '发票会随包裹一起寄出，电子发票请在订单详情页下载',
  '感谢您的理解与支持，祝您生活愉快~',
  '亲，物流显示包裹已经到达{city}转运中心',
  '麻烦您拍一下{product}的照片发给我们，这边马上为您处理',
  '活动价{n}元，库存有限，喜欢可以早点下单哦',
  '不客气，欢迎下次光临😊',
  '您反馈的问题已经升级给主管，{k}小时内给您答复',
  '亲，这款支持{courier}，也可以备注指定快递',
];

export async function seed(options: SeedOptions): Promise<SeedReport> {
  const { directory, key, progress, signal } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'records.db');
  const began = performance.now();
  const records = openWritable(path, key);
  let report: { conversations: number; agents: number };
  try {
    migrate(records, path);
    report = await writeRecords(records, options);
  } finally {
    records.close();
  }
  const recordsMs = performance.now() - began;

  const indexBegan = performance.now();
  const reader = openReadable(path, key);
  const index = openIndexFile(join(directory, SEARCH_FILE), key);
  try {
    const indexer = createIndexer(reader, index);
    while (indexer.step(5_000).entries > 0);
    indexer.startRebuild();
    for (let part = indexer.rebuildStep(20_000); part !== null; part = indexer.rebuildStep(20_000)) {
      progress?.({ phase: 'index', done: part.rows, total: part.total });
      if (part.done) break;
      await breathe(signal);
    }
    indexer.optimize();
  } finally {
    index.close();
    reader.close();
  }
  return { messages: options.messages, ...report, records_ms: recordsMs, index_ms: performance.now() - indexBegan };
}

/** Lets others run, and ends with CANCELLED when asked to. What is written stays. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (signal?.aborted === true) throw new AppFailure('CANCELLED', 'seeding was cancelled');
}

interface Draft {
  at: number;
  conversation: number;
  seq: number;
  role: number;
  agent: number;
  consumer: number;
  kind: number;
  text: string | null;
  flags: number;
  extra: string | null;
  order: string | null;
}

async function writeRecords(
  db: WritableDatabase,
  options: SeedOptions,
): Promise<{ conversations: number; agents: number }> {
  const { messages: total, progress, signal } = options;
  const prng = createPrng(options.seed);
  const perDay = Math.max(1, total / DAYS);
  const agentCount = Math.max(5, Math.min(200, Math.round(perDay / 120)));
  const shopCount = Math.max(2, Math.min(20, Math.round(agentCount / 10)));
  const untilDay = Math.floor(((options.until ?? UNTIL) + CHINA) / DAY);
  const label = `seed-${options.seed}`;

  const one = <V>(sql: string): V | undefined => db.readOne<V>(sql).get();
  const next = (table: string): number => (one<number | null>(`SELECT max(id) FROM ${table}`) ?? 0) + 1;
  // Imported records are what everyone who can open this profile may see (SR10); of another source nothing would be found.
  db.write('INSERT OR IGNORE INTO sources (id, name) VALUES (?, ?)').run(next('sources'), 'import');
  const source = db.readOne<number>('SELECT id FROM sources WHERE name = ?').get('import');
  if (
    source === undefined ||
    db.readOne<number>('SELECT id FROM shops WHERE source = ? AND shop_id = ?').get(source, `${label}-s-1`) !==
      undefined
  )
    throw new AppFailure('BAD_INPUT', 'this seed was used in this store before');
  const firstAgent = next('agents');
  const firstShop = next('shops');
  let consumerKey = next('consumers');
  let conversationKey = next('conversations');
  const firstConversation = conversationKey;

  db.transaction(() => {
    const surnames = '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗';
    const given = '静敏丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英';
    for (let i = 0; i < agentCount; i++) {
      const name = `客服${surnames.charAt(i % 20)}${given.charAt(Math.floor(i / 20) % 20)}${i >= 20 ? given.charAt(i % 20) : ''}`;
      db.write('INSERT INTO agents (id, source, agent_id, name, role) VALUES (?, ?, ?, ?, ?)').run(
        firstAgent + i,
        source,
        `kf-${options.seed}-${String(i + 1).padStart(3, '0')}`,
        name,
        'agent',
      );
    }
    for (let i = 0; i < shopCount; i++)
      db.write('INSERT INTO shops (id, source, shop_id, name, platform) VALUES (?, ?, ?, ?, ?)').run(
        firstShop + i,
        source,
        `${label}-s-${i + 1}`,
        `${PRODUCTS[i % PRODUCTS.length]}旗舰店${i + 1}`,
        'seed',
      );
  });

  const insertConsumer = db.write('INSERT INTO consumers (id, source, consumer_id, name) VALUES (?, ?, ?, ?)');
  const insertConversation = db.write(`
    INSERT INTO conversations (id, source, conversation_id, shop, type, title, consumer, intake, assignments, order_nos, violation_nos, last_seq,
      last_message_at, agent_read_seq, consumer_read_seq, restricts_recall, legal_hold, last_consumer_seq, last_agent_seq, sort_at)
    VALUES (?, ?, ?, ?, 0, '', ?, ${INTAKE_CODES.ended}, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?)`);
  const continueConversation = db.write(`
    UPDATE conversations SET assignments = json_insert(assignments, '$[#]', json(?)), last_seq = ?, last_message_at = ?, sort_at = ?,
      agent_read_seq = ?, consumer_read_seq = ?, last_consumer_seq = ?, last_agent_seq = ? WHERE id = ?`);
  const insertMessage = db.write(`
    INSERT INTO messages (id, conversation, msg_id, conv_seq, agent, sender_role, sender_id, sender_name, kind, text, sent_at, status, read_at, flags, extra)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const putLast = db.write('UPDATE conversations SET last_message = ? WHERE id = ?');
  const links = (['order', 'violation'] as const).map((kind) => ({
    messages: db.write(`INSERT OR IGNORE INTO ${kind}_messages (number, message) VALUES (?, ?)`),
    conversations: db.write(`INSERT OR IGNORE INTO ${kind}_conversations (number, conversation) VALUES (?, ?)`),
  }));
  const [orderLinks, violationLinks] = links as [(typeof links)[number], (typeof links)[number]];
  const rollup = createRollup(db);
  const agentNames = db
    .readRaw<[string, string]>('SELECT agent_id, name FROM agents WHERE id >= ? ORDER BY id')
    .all(firstAgent);

  /** Earlier conversations that a consumer may come back to. */
  const returning: { conversation: number; consumer: number; shop: number; seq: number }[] = [];
  let lastKey = one<number | null>('SELECT max(id) FROM messages') ?? 0;
  let written = 0;
  let orders = 0;

  for (let d = 0; d < DAYS && written < total; d++) {
    const day = untilDay - DAYS + d;
    const wanted = d === DAYS - 1 ? total - written : Math.min(total - written, Math.round(perDay * (d + 1)) - written);
    const drafts: Draft[] = [];
    const conversationEnds = new Map<number, number>();
    db.transaction(() => {
      while (drafts.length < wanted) {
        const start = day * DAY - CHINA + secondOfDay(prng) * 1_000;
        const agent = firstAgent + prng.int(agentCount);
        const again =
          returning.length > 200 && prng.chance(0.3) ? returning.splice(prng.int(returning.length), 1)[0] : undefined;
        const length = Math.min(wanted - drafts.length, 2 + prng.int(8) + (prng.chance(0.15) ? prng.int(30) : 0));
        const shop = again?.shop ?? firstShop + prng.int(shopCount);
        const consumer = again?.consumer ?? consumerKey++;
        const conversation = again?.conversation ?? conversationKey++;
        const order = prng.chance(0.6)
          ? `${orderDate(day)}-${String(100_000_000_000_000 + ((orders++ * 7_919) % 899_999_999_999_999)).padStart(15, '0')}`
          : null;
        const violation = prng.chance(0.01) ? `WG${orderDate(day)}${String(100_000 + prng.int(900_000))}` : null;
        const answered = !prng.chance(0.06);
        let at = start;
        let seq = again?.seq ?? 0;
        let lastConsumer = 0;
        let lastAgent = 0;
        for (let i = 0; i < length; i++) {
          at += 2_000 + prng.int(i % 2 === 0 ? 90_000 : 40_000);
          const fromConsumer = i === 0 || !answered || prng.chance(0.48);
          seq++;
          if (fromConsumer) lastConsumer = seq;
          else lastAgent = seq;
          drafts.push(
            draft(prng, {
              at,
              conversation,
              seq,
              agent,
              consumer,
              fromConsumer,
              order,
              first: i === 1 && order !== null,
            }),
          );
        }
        const assignment = {
          agent_id: agentNames[agent - firstAgent]?.[0] ?? '',
          name: agentNames[agent - firstAgent]?.[1] ?? '',
          from: start,
          to: at + 600_000,
          how: 'routed',
        };
        const read = prng.chance(0.9) ? seq : lastAgent;
        if (again === undefined) {
          insertConsumer.run(consumer, source, `${label}-u${consumer}`, `买家${consumer.toString(36)}`);
          insertConversation.run(
            conversation,
            source,
            `${label}-${conversation.toString(36)}`,
            shop,
            consumer,
            JSON.stringify([assignment]),
            order === null ? '[]' : JSON.stringify([order]),
            violation === null ? '[]' : JSON.stringify([violation]),
            seq,
            at,
            read,
            lastAgent,
            lastConsumer,
            lastAgent,
            at,
          );
          if (order !== null) orderLinks.conversations.run(order, conversation);
          if (violation !== null) violationLinks.conversations.run(violation, conversation);
        } else {
          continueConversation.run(
            JSON.stringify(assignment),
            seq,
            at,
            at,
            read,
            lastAgent,
            lastConsumer,
            lastAgent,
            conversation,
          );
        }
        if (prng.chance(0.4)) {
          const entry = { conversation, consumer, shop, seq };
          if (returning.length < 50_000) returning.push(entry);
          else returning[prng.int(returning.length)] = entry;
        }
      }
      // One session's messages interleave with the others': keys follow time.
      drafts.sort((a, b) => a.at - b.at);
      for (const message of drafts) {
        const id = Math.max(messageKeySlot(message.at), lastKey + 1);
        lastKey = id;
        const fromAgent = message.role === SENDER_CODES.agent;
        const [account, name] = agentNames[message.agent - firstAgent] ?? ['', ''];
        insertMessage.run(
          id,
          message.conversation,
          (message.conversation * 4_096 + message.seq).toString(36),
          message.seq,
          message.agent,
          message.role,
          fromAgent ? account : `u${message.consumer}`,
          fromAgent ? name : `买家${message.consumer.toString(36)}`,
          message.kind,
          message.text,
          message.at,
          STATUS_CODES.read,
          fromAgent ? message.at + 5_000 : null,
          message.flags,
          message.extra,
        );
        const row = {
          id,
          conversation: message.conversation,
          agent: message.agent,
          consumer: message.consumer,
          sender_role: message.role,
          sender_agent: fromAgent ? message.agent : null,
          sent_at: message.at,
        };
        rollup.added(row);
        if ((message.flags & Flag.RECALLED) !== 0) rollup.recalled(row);
        else if (message.order !== null) {
          orderLinks.messages.run(message.order, id);
          orderLinks.conversations.run(message.order, message.conversation);
          if (message.kind === KIND_CODES.text) {
            for (const number of mentionedNumbers(message.text ?? '')) {
              violationLinks.messages.run(number, id);
              violationLinks.conversations.run(number, message.conversation);
            }
          }
        }
        conversationEnds.set(message.conversation, id);
      }
      for (const [conversation, id] of conversationEnds) putLast.run(id, conversation);
      rollup.flush();
    });
    written += drafts.length;
    progress?.({ phase: 'records', done: written, total });
    await breathe(signal);
  }
  db.execute('ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);');
  return { conversations: conversationKey - firstConversation, agents: agentCount };
}

/** Busy in the evening, quiet at night. */
function secondOfDay(prng: Prng): number {
  const hour = prng.chance(0.35) ? 19 + prng.int(4) : prng.chance(0.95) ? 8 + prng.int(12) : prng.int(8);
  return hour * 3_600 + prng.int(3_600);
}

function orderDate(day: number): string {
  return new Date(day * DAY).toISOString().slice(2, 10).replaceAll('-', '');
}

function draft(
  prng: Prng,
  from: {
    at: number;
    conversation: number;
    seq: number;
    agent: number;
    consumer: number;
    fromConsumer: boolean;
    order: string | null;
    first: boolean;
  },
): Draft {
  const base = {
    at: from.at,
    conversation: from.conversation,
    seq: from.seq,
    agent: from.agent,
    consumer: from.consumer,
  };
  if (from.first && from.order !== null) {
    const extra = {
      order: { order_no: from.order, title: prng.pick(PRODUCTS), amount: `${10 + prng.int(500)}.00`, status: 'paid' },
      order_nos: [from.order],
    };
    return {
      ...base,
      role: SENDER_CODES.consumer,
      kind: KIND_CODES.order_card,
      text: null,
      flags: Flag.HAS_NUMBERS,
      extra: JSON.stringify(extra),
      order: from.order,
    };
  }
  const role = from.fromConsumer ? SENDER_CODES.consumer : SENDER_CODES.agent;
  if (prng.chance(0.04))
    return { ...base, role, kind: KIND_CODES.image, text: null, flags: 0, extra: null, order: null };
  let flags = 0;
  if (!from.fromConsumer && prng.chance(0.004)) flags |= Flag.RECALLED;
  if (prng.chance(0.006)) flags |= Flag.SENSITIVE;
  if (!from.fromConsumer && prng.chance(0.003)) flags |= Flag.CORRECTED;
  if (prng.chance(0.002)) flags |= Flag.REVIEWED;
  const recalled = (flags & Flag.RECALLED) !== 0;
  const pattern = prng.pick(from.fromConsumer ? QUESTIONS : ANSWERS);
  const carries = !recalled && pattern.includes('{order}') && from.order !== null;
  return {
    ...base,
    role,
    kind: KIND_CODES.text,
    text: recalled ? null : fill(prng, pattern, from.order ?? ''),
    flags: flags | (carries ? Flag.HAS_NUMBERS : 0),
    extra: recalled
      ? '{"recalled":{"recall_id":null,"operator":{"role":"agent","id":"","name":""},"effect":"both","at":0,"reason":null,"sealed":false}}'
      : carries
        ? JSON.stringify({ order_nos: [from.order] })
        : null,
    order: carries ? from.order : null,
  };
}

function fill(prng: Prng, pattern: string, order: string): string {
  const text = pattern.replace(/\{(\w+)\}/g, (_, name: string) => {
    switch (name) {
      case 'product':
        return prng.pick(PRODUCTS);
      case 'colour':
      case 'colour2':
        return prng.pick(COLOURS);
      case 'city':
        return prng.pick(CITIES);
      case 'courier':
        return prng.pick(COURIERS);
      case 'order':
        return order;
      case 'n':
        return String(100 + prng.int(200));
      case 'm':
        return String(40 + prng.int(60));
      default:
        return String(1 + prng.int(16));
    }
  });
  // Now and then a second sentence and words of their own, so that texts differ as people's do.
  if (!prng.chance(0.45)) return text;
  return `${text}${prng.pick(['，', '。', ' ', '\n'])}${fillPlain(prng)}`;
}

/** A short run of ideographs with the frequencies of language: few common ones, many rare. */
function fillPlain(prng: Prng): string {
  let text = '';
  for (let n = 3 + prng.int(18); n > 0; n--) {
    const rank = Math.floor(prng.next() ** 3 * 3_000);
    text += String.fromCharCode(0x4e00 + ((rank * 6_151) % 20_902));
  }
  return text;
}
