/**
 * The lessons that ship (docs/lessons.md). What consumers and shop say is Chinese in both languages, as the practice shops
 * are; what the trainee is told is in theirs.
 */

type Said = readonly [zh: string, en: string];

const price = '这款四件套现在 89 元，今天下单就发。';
const phone = '收件人的电话是 13812348000，您直接联系他。';
const wrongOne = '您的退款 268 元已经退到支付宝，请查收。';
const promise = '第二次洗还褪色的话，我们免费给您换一套新的，不用寄回。';

function lessonsIn(say: (text: Said) => string) {
  const head = (id: string, title: Said, goal: Said, hints: readonly Said[]) => ({
    format: 'merchant-workbench-lesson',
    version: 1,
    id,
    title: say(title),
    goal: say(goal),
    hints: hints.map(say),
  });
  return [
    {
      ...head(
        'recall-in-time',
        ['撤回时限内的错误报价', 'Recall within the window'],
        [
          '你刚把 189 元的四件套报成了 89 元。在 2 分钟的撤回时限内撤回它，再发出正确的价格。',
          'You have just quoted 89 instead of 189 for the bedding set. Recall it within the window of 2 minutes, then send the right price.',
        ],
        [
          [
            '在消息上点右键，或选中后按菜单键：撤回旁边是剩余时间。',
            'Right-click the message, or press the menu key on it: the time left stands beside 撤回.',
          ],
          ['只有“双方都看不到了”才算撤回成功。', 'Only “gone on both sides” is a recall that succeeded.'],
        ],
      ),
      consumers: [{ as: 'buyer', name: '练习·问价的买家', shop: 's-qinghe', says: ['1.8 米床的四件套多少钱'] }],
      mistakes: [{ with: 'buyer', text: price }],
      checks: [
        {
          check: 'recalled',
          with: 'buyer',
          text: '89 元',
          within_seconds: 120,
          says: say([
            '错误报价在时限内撤回，双方都看不到了',
            'The wrong price was recalled in time, gone on both sides',
          ]),
          points: 60,
        },
        {
          check: 'sent',
          with: 'buyer',
          any_of: ['189'],
          says: say(['发出了正确的价格 189 元', 'The right price, 189, was sent']),
          points: 30,
        },
        {
          check: 'recalled',
          with: 'buyer',
          text: '89 元',
          within_seconds: 30,
          required: false,
          says: say(['30 秒内撤回', 'Recalled within 30 seconds']),
          points: 10,
        },
      ],
    },
    {
      ...head(
        'already-read',
        ['消费者已经看到了', 'The consumer has read it'],
        [
          '同样报错了价格，但消费者已经读了，这家店已读不能撤回。用更正把话说清楚，并在误发事件里选“自行处理”。',
          'The same slip, but the consumer has read it, and this shop allows no recall after that. Put it right with a correction, and take the incident up.',
        ],
        [
          [
            '撤回是灰色的，下面写着原因；补救卡片就在消息下面。',
            'Recall is disabled with its reason below; the remedy card stands under the message.',
          ],
          ['“发送更正”会把【更正】和原消息关联起来。', '“Send a correction” links 【更正】 to the original.'],
        ],
      ),
      consumers: [
        {
          as: 'buyer',
          name: '练习·已经看到的买家',
          shop: 's-qinghe',
          says: ['这个收纳袋怎么卖'],
          reads: 'at_once',
        },
      ],
      mistakes: [{ with: 'buyer', text: '十件装 9.9 元，包邮。' }],
      checks: [
        {
          check: 'corrected',
          with: 'buyer',
          text: '9.9 元',
          says: say(['对原消息发出了更正', 'A correction of the message was sent']),
          points: 50,
        },
        {
          check: 'sent',
          with: 'buyer',
          any_of: ['39.9'],
          says: say(['更正里有正确的价格 39.9 元', 'It names the right price, 39.9']),
          points: 20,
        },
        {
          check: 'incident',
          with: 'buyer',
          type: 'price',
          at_least: 'open',
          says: say(['误发事件已登记，类型为价格', 'The incident is taken up, its type is price']),
          points: 30,
        },
      ],
    },
    {
      ...head(
        'wrong-conversation',
        ['发错了会话', 'Wrong conversation'],
        [
          '给“退款的买家”的话发到了“问货的买家”那里。撤回发错的，再发给对的人。',
          'What was meant for the consumer with the refund went to the one who asked about stock. Recall it, and send it to the right one.',
        ],
        [
          [
            '从别的会话复制的文字在发送前会再问一次，看清名字再确认。',
            'Text copied from another conversation is asked about before it leaves: look at the name, then confirm.',
          ],
        ],
      ),
      consumers: [
        { as: 'stock', name: '练习·问货的买家', shop: 's-qinghe', says: ['换鞋凳 80 厘米的有现货吗'] },
        { as: 'refund', name: '练习·退款的买家', shop: 's-qinghe', says: ['我的退款怎么还没到'] },
      ],
      mistakes: [{ with: 'stock', text: wrongOne }],
      checks: [
        {
          check: 'recalled',
          with: 'stock',
          text: '已经退到支付宝',
          says: say(['发错的消息已撤回', 'The message in the wrong place was recalled']),
          points: 50,
        },
        {
          check: 'sent',
          with: 'refund',
          any_of: ['268', '退到支付宝'],
          says: say(['退款的买家收到了答复', 'The consumer with the refund has the answer']),
          points: 40,
        },
        {
          check: 'not_sent',
          with: 'stock',
          any_of: ['268', '支付宝'],
          required: false,
          says: say(['没有再向问货的买家提起退款', 'The refund was not mentioned again to the other one']),
          points: 10,
        },
      ],
    },
    {
      ...head(
        'privacy-leak',
        ['泄露了别人的电话', 'Privacy leak'],
        [
          '你把另一位收件人的电话发给了买家。先撤回，再按隐私泄露的步骤上报。',
          'You sent another person’s phone number to this consumer. Recall it first, then report it as the playbook for privacy says.',
        ],
        [
          [
            '隐私泄露先找平台支持，再报告上级：在误发事件里把它上报。',
            'Privacy: platform support first, then your superior. Report it in the incident.',
          ],
          ['不要在聊天里重复那个号码。', 'Don’t repeat the number in the chat.'],
        ],
      ),
      consumers: [{ as: 'buyer', name: '练习·代收快递的买家', shop: 's-qinghe', says: ['我替朋友收的，怎么联系他'] }],
      mistakes: [{ with: 'buyer', text: phone }],
      checks: [
        {
          check: 'cannot_see',
          with: 'buyer',
          text: '13812348000',
          says: say(['买家的手机上已看不到号码', 'The consumer’s phone shows the number no more']),
          points: 40,
        },
        {
          check: 'incident',
          with: 'buyer',
          type: 'privacy',
          at_least: 'reported',
          says: say(['误发事件类型为隐私，并已上报', 'The incident is one of privacy, and reported']),
          points: 50,
        },
        {
          check: 'not_sent',
          with: 'buyer',
          any_of: ['13812348000', '138 1234 8000'],
          says: say(['没有再次发出号码', 'The number was not sent again']),
          points: 10,
        },
      ],
    },
    {
      ...head(
        'promise-last-month',
        ['找到上个月的承诺', 'Find a promise made last month'],
        [
          '买家说上个月答应过他一件事。在记录里找到那句话，按承诺答复，并填出当时的订单号。',
          'The consumer says that something was promised to them last month. Find it in the records, answer as promised, and type the order number of that time.',
        ],
        [
          [
            '记录查询：按买家名或“褪色”查，时间选近 30 天或自定义。',
            'Records: search the consumer’s name or “褪色”, at a time range that reaches back a month.',
          ],
          [
            '会话上方的“更早的会话”也可以展开。',
            'The bubble of earlier sessions above the chat can be unfolded as well.',
          ],
        ],
      ),
      question: say(['那次承诺对应的订单号是什么？', 'Which order was the promise about?']),
      consumers: [
        {
          as: 'buyer',
          name: '练习·记得承诺的买家',
          shop: 's-qinghe',
          says: ['又褪色了，你们上个月答应过我的', '还算数吗'],
        },
      ],
      past: [
        {
          with: 'buyer',
          days_ago: 29,
          lines: [
            { from: 'consumer', text: '订单 260930551208 的四件套洗了一次就褪色' },
            { from: 'agent', text: '抱歉，第一次浮色是正常的，单独洗两次就好。' },
            { from: 'consumer', text: '要是再褪怎么办' },
            { from: 'agent', text: promise },
            { from: 'consumer', text: '好的，谢谢' },
          ],
        },
      ],
      checks: [
        {
          check: 'answer',
          any_of: ['260930551208'],
          says: say(['找到了当时的订单号', 'The order number was found']),
          points: 60,
        },
        {
          check: 'sent',
          with: 'buyer',
          any_of: ['换一套', '免费换', '给您换', '换新'],
          says: say(['按当时的承诺答复：免费换新', 'The answer keeps the promise: a new set, free']),
          points: 40,
        },
      ],
    },
  ];
}

/** Checked by `readLesson` like every file; a test holds them to it. */
export const shippedLessons: Readonly<Record<'zh-CN' | 'en', readonly unknown[]>> = {
  'zh-CN': lessonsIn(([zh]) => zh),
  en: lessonsIn(([, en]) => en),
};
