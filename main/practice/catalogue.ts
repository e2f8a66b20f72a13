import { DAY, HOUR, MINUTE, SECOND } from '#shared/lib/durations.ts';
import type { Policy } from '#shared/protocol/entities.ts';
import type { AgentRecord, ShopRecord } from './records.ts';
import { WORDS } from './word-list.ts';

/** Shops, agents, goods and names of the practice world. Invented; any likeness to real ones is accidental. */

const basePolicy: Policy = {
  version: 1,
  recall: {
    enabled: true,
    window_ms: 2 * MINUTE,
    kinds: ['text', 'image', 'file'],
    read_rule: 'block',
    roles: ['agent', 'supervisor', 'admin'],
    own_only: true,
    after_transfer: 'sender_only',
    other_device: 'warn',
    ended_session: 'block',
    group: { window_ms: 2 * MINUTE, roles: ['supervisor', 'admin'], read_rule: 'ignore' },
    per_hour_soft: 5,
    per_hour_hard: 20,
    min_app_version: '0.1.0',
  },
  retention: { waiting_ms: 48 * HOUR, accepted_ms: 60 * DAY },
  session_end: { after_ms: 48 * HOUR, since: 'agent_last' },
  send: {
    max_text: 2_048,
    delay_ms: 3 * SECOND,
    confirm: ['money', 'promise'],
    block: ['id_number'],
    words_version: 3,
    override_roles: ['admin', 'supervisor'],
  },
  compensation: { approval_above: '20.00' },
  group_delete: { roles: ['admin'], restore_ms: 7 * DAY, notice_required: true },
};

export const SHOPS: readonly ShopRecord[] = [
  {
    shop_id: 's-qinghe',
    name: '清禾家居旗舰店',
    platform: 'pdd',
    unanswered_quota: null,
    words_version: 3,
    words: [...WORDS],
    policy: basePolicy,
  },
  {
    shop_id: 's-senyu',
    name: '森屿户外装备专营店',
    platform: 'meiqia',
    unanswered_quota: null,
    words_version: 3,
    words: [...WORDS],
    policy: {
      ...basePolicy,
      recall: {
        ...basePolicy.recall,
        window_ms: 10 * MINUTE,
        read_rule: 'warn',
        after_transfer: 'assignee',
        per_hour_soft: 8,
      },
      session_end: { after_ms: 24 * HOUR, since: 'consumer_last' },
    },
  },
  {
    shop_id: 's-huajian',
    name: '花间烘焙·会员服务',
    platform: 'wechat',
    unanswered_quota: 20,
    words_version: 3,
    words: [...WORDS],
    policy: {
      ...basePolicy,
      recall: {
        ...basePolicy.recall,
        window_ms: 2 * HOUR,
        read_rule: 'ignore',
        ended_session: 'allow',
        other_device: 'allow',
        group: { window_ms: 10 * MINUTE, roles: ['agent', 'supervisor', 'admin'], read_rule: 'warn' },
      },
      send: { ...basePolicy.send, delay_ms: 5 * SECOND },
      compensation: { approval_above: '50.00' },
    },
  },
];

const allShops = SHOPS.map((shop) => shop.shop_id);

/** The account that the practice profile logs in with. */
export const DEFAULT_AGENT_ID = 'a-xiaomei';

export const AGENTS: readonly AgentRecord[] = [
  agent('a-xiaomei', '客服小美', 'supervisor', 'online', allShops, false),
  agent('a-ajie', '客服阿杰', 'agent', 'online', ['s-qinghe', 's-senyu'], true),
  agent('a-xiaolin', '客服小林', 'agent', 'online', ['s-qinghe', 's-huajian'], true),
  agent('a-wenwen', '售后专员雯雯（退换货与大件物流对接）', 'agent', 'busy', ['s-senyu', 's-huajian'], true),
  agent('a-amy', 'Amy', 'agent', 'off_duty', ['s-senyu'], true),
  agent('a-zhou', '质检老周', 'qa', 'online', allShops, false),
  agent('a-xu', '店长徐姐', 'admin', 'online', allShops, false),
];

function agent(
  id: string,
  name: string,
  role: AgentRecord['role'],
  presence: AgentRecord['presence'],
  shopIds: string[],
  simulated: boolean,
): AgentRecord {
  return { agent_id: id as AgentRecord['agent_id'], name, role, presence, shop_ids: shopIds, simulated };
}

export interface Product {
  readonly name: string;
  readonly price: number;
  readonly sizes: readonly string[];
  readonly colours: readonly string[];
}

export const PRODUCTS: Readonly<Record<string, readonly Product[]>> = {
  's-qinghe': [
    {
      name: '水洗棉四件套',
      price: 189,
      sizes: ['1.2米床', '1.5米床', '1.8米床', '2.0米床'],
      colours: ['雾霾蓝', '燕麦色', '豆沙粉'],
    },
    { name: '乳胶枕（成人款）', price: 129, sizes: ['高低款', '平面款', '护颈款'], colours: ['白色', '灰色'] },
    { name: '实木换鞋凳', price: 268, sizes: ['60cm', '80cm', '100cm'], colours: ['原木色', '胡桃色'] },
    {
      name: '遮光窗帘',
      price: 96,
      sizes: ['宽1.5米高2.7米', '宽2米高2.7米', '定制尺寸'],
      colours: ['奶咖', '墨绿', '浅灰'],
    },
    { name: '真空收纳袋十件装', price: 39.9, sizes: ['大号', '中号', '混装'], colours: ['透明'] },
    { name: '陶瓷餐具六人套装', price: 158, sizes: ['18件', '28件'], colours: ['月白', '青釉'] },
    { name: '硅藻泥浴室地垫', price: 29.8, sizes: ['40×60', '50×80'], colours: ['浅灰', '米白'] },
  ],
  's-senyu': [
    { name: '三合一冲锋衣', price: 459, sizes: ['M', 'L', 'XL', '2XL', '3XL'], colours: ['岩灰', '松绿', '藏青'] },
    { name: '自动速开帐篷', price: 329, sizes: ['2人', '3-4人', '5-8人'], colours: ['卡其', '军绿'] },
    { name: '防滑登山鞋', price: 288, sizes: ['38', '39', '40', '41', '42', '43', '44'], colours: ['黑灰', '沙色'] },
    { name: '便携折叠桌椅五件套', price: 218, sizes: ['四椅一桌'], colours: ['原木纹', '黑色'] },
    { name: '65L登山背包', price: 376, sizes: ['65L', '55L'], colours: ['橙黑', '蓝灰'] },
    { name: '羽绒睡袋', price: 268, sizes: ['0℃', '-5℃', '-15℃'], colours: ['蓝色', '酒红'] },
    { name: '充电式露营灯', price: 79, sizes: ['标准款', '加长续航款'], colours: ['米色', '黑色'] },
  ],
  's-huajian': [
    { name: '生日蛋糕（动物奶油）', price: 198, sizes: ['6寸', '8寸', '10寸'], colours: ['草莓', '芒果', '巧克力'] },
    { name: '蛋黄酥礼盒', price: 88, sizes: ['6枚', '12枚'], colours: ['红豆', '莲蓉', '紫薯'] },
    { name: '曲奇伴手礼', price: 58, sizes: ['320克', '640克'], colours: ['原味', '抹茶', '双拼'] },
    { name: '欧包订阅月卡', price: 268, sizes: ['每周2次', '每周3次'], colours: ['全麦', '综合'] },
    { name: '中秋流心月饼礼盒', price: 168, sizes: ['8枚', '12枚'], colours: ['奶黄', '双味'] },
  ],
};

export const CITIES = [
  '杭州',
  '成都',
  '沈阳',
  '东莞',
  '郑州',
  '西安',
  '长沙',
  '义乌',
  '武汉',
  '佛山',
  '临沂',
  '哈尔滨',
  '昆明',
  '乌鲁木齐',
  '南宁',
] as const;
export const COURIERS = ['中通', '圆通', '韵达', '极兔', '顺丰', '申通', '邮政'] as const;

export const CONSUMER_NAMES = [
  '小雨淅沥沥',
  '一只柠檬精',
  '北方的狼',
  '阿May',
  '李女士',
  '糖炒栗子',
  '云淡风轻',
  '大鹏展翅',
  'tb_20391847',
  '晨晨妈妈',
  '周先生',
  '不吃香菜',
  '海边的卡夫卡',
  '王小明',
  '暖阳☀️',
  '月半小夜曲',
  '老张头',
  'Lucky星',
  '木子',
  '豆豆她爸',
  '微凉',
  '清风徐来',
  '奶茶三分糖',
  '景逸',
  '陈小姐',
  '山里的孩子',
  '橘子汽水',
  '阿拉蕾',
  '小确幸',
  '林深见鹿',
  '花开富贵',
  '平安是福',
  '追风少年',
  '吉祥如意888',
  '阿强',
  '珍珠',
  'Kevin_Lau',
  '胖虎',
  '芝士就是力量',
  '大橘为重',
  '南城旧梦',
  '岁月静好',
  '钱多多',
  '早睡冠军',
  '刘姐',
  '小满',
  '四月',
  '阿布',
  '拖延症晚期',
  '熬夜选手',
  'm***3',
  '匿名用户',
  '昵称已重置',
  '云',
  '何先生',
  '赵女士',
  '孙同学',
  '彩虹糖',
  '嘟嘟',
  'Anna',
  '杨杨',
  '会飞的鱼',
  '半糖主义',
  '果冻布丁',
] as const;

/** Names as strange as people choose them, and hostile ones: a window must show them and nothing else (SE2). */
export const ODD_NAMES = [
  '爱吃草莓味冰淇淋的小熊维尼今天也不想上班只想在家躺平晒太阳🐻☀️的第一百零八天',
  '<img src=x onerror=alert(1)>',
  '=HYPERLINK("http://example.invalid","点我领券")',
  '客服\u202e美小',
  'Z̷̡̛͓a̴̢͘l̸͙̈́g̵̠̒o̶͎͝',
  '👨‍👩‍👧‍👦🇨🇳🏳️‍🌈',
  '../../../etc/passwd',
  "Robert'); DROP TABLE messages;--",
  '　　 ',
] as const;
