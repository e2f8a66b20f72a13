import type { WordRecord } from './records.ts';

/**
 * Sensitive words as a platform's list has them, by category and what a hit asks for (PV3). `since`: the version that
 * brought them. Written down for practice; no platform's list.
 */
const GROUPS: readonly {
  readonly category: string;
  readonly action: WordRecord['action'];
  readonly since: number;
  readonly words: string;
}[] = [
  {
    category: 'ad_law',
    action: 'warn',
    since: 1,
    words:
      '最便宜 最低价 最优惠 最好用 最畅销 最受欢迎 最先进 最专业 最安全 最舒适 最耐用 最划算 史上最低 全年最低 底价 骨折价 清仓价 吐血价 跳楼价 地板价 独一无二 绝无仅有 前所未有 万能 永久 终身 极品 极致 顶级 顶尖 尖端 巅峰 王牌 冠军 首选 首个 首家 唯一 第一品牌 销量领先 遥遥领先 领导品牌 零风险 零添加 纯天然 无副作用 无污染 随时涨价 仅此一次 最后一波 错过不再 抢疯了 售罄不补',
  },
  {
    category: 'ad_law',
    action: 'confirm',
    since: 1,
    words:
      '全网第一 全国第一 世界第一 行业第一 销量第一 排名第一 国家级 世界级 国际级 最高级 最佳 国家免检 免检产品 驰名商标 中国名牌 特供 专供 军用 军工品质 国家领导人 人民大会堂 政府推荐 央视推荐 质量免检 填补国内空白 百分之百 100%有效 绝对有效 绝对正品 全网最低价',
  },
  {
    category: 'promise',
    action: 'confirm',
    since: 1,
    words:
      '假一赔十 假一赔百 假一罚十 无条件退款 无理由全退 永久保修 终身保修 终身质保 买贵退差 差价双倍 不满意全额退款 保证不掉色 保证不变形 保证到货 保证今天到 今天一定发 明天一定到 包邮到家 运费我们承担 一定给您赔 肯定能退 承诺退款',
  },
  {
    category: 'fraud',
    action: 'block',
    since: 1,
    words:
      '刷单 刷销量 刷好评 好评返现 五星返现 返现红包 晒图返现 好评有礼 删差评 改差评 追评返现 空包 虚假发货 刷流量 代付款 做任务返利 补单 拍A发B 免单群',
  },
  {
    category: 'off_platform',
    action: 'confirm',
    since: 2,
    words:
      '加微信 加我微信 加个微信 微信号 加QQ 加我qq 加企微 加群 拉群 扫码加 扫二维码 公众号 小程序下单 私聊我 加好友 换个平台 抖音搜 淘宝搜 闲鱼见 打电话给我 留个电话',
  },
  {
    category: 'off_platform',
    action: 'block',
    since: 2,
    words:
      '私下转账 微信转账 支付宝转账 直接转我 转到个人账户 线下交易 私下交易 绕过平台 平台外付款 站外付款 发个红包给我 扫我收款码 先款后货打卡上',
  },
  {
    category: 'abuse',
    action: 'block',
    since: 2,
    words:
      '滚 滚蛋 傻逼 傻子 白痴 神经病 脑残 智障 废物 有病吧 不要脸 去死 蠢货 穷鬼 买不起别买 爱买不买 嫌贵别买 你瞎吗 听不懂人话 投诉去吧 随便你投诉 无理取闹',
  },
  {
    category: 'tone',
    action: 'warn',
    since: 2,
    words:
      '不知道 不清楚 没办法 不归我管 自己看 自己查 说明书上有 详情页写了 问物流去 跟你说了 急什么 等着吧 规定就是这样',
  },
  {
    category: 'medical',
    action: 'confirm',
    since: 3,
    words:
      '包治 根治 治愈 药到病除 疗效 治疗 抗癌 防癌 降血压 降血糖 减肥 瘦身 祛斑 祛痘 美白 丰胸 壮阳 补肾 排毒 消炎 杀菌 抗病毒 增强免疫力 助眠 安神 医生推荐 医院同款 无依赖 见效快 三天见效 一次见效 永不反弹',
  },
  {
    category: 'privacy',
    action: 'confirm',
    since: 3,
    words: '身份证号 身份证照片 银行卡号 验证码 支付密码 登录密码 短信码 手机号发我 住址发我 家里几口人 您老公 您老婆',
  },
  { category: 'privacy', action: 'block', since: 3, words: '告诉我验证码 验证码发我 把验证码 密码告诉我 共享屏幕' },
  {
    category: 'contraband',
    action: 'block',
    since: 3,
    words:
      '高仿 A货 复刻 原单尾货 走私 水货 仿品 山寨 免税代购 烟弹 电子烟油 管制刀具 迷药 窃听器 针孔摄像 代开发票 发票代开 假证 代办证件',
  },
];

/** Removed again in version 3, as lists are. */
const REMOVED: WordRecord = { word: '秒杀价', category: 'ad_law', action: 'warn', since: 1, removed: 3 };

export const WORDS: readonly WordRecord[] = [
  ...new Map(
    GROUPS.flatMap(({ category, action, since, words }) =>
      words
        .split(' ')
        .map((word): readonly [string, WordRecord] => [word, { word, category, action, since, removed: null }]),
    ),
  ).values(),
  REMOVED,
];
