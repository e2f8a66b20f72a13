import type { PlaybookBook } from './playbooks.ts';

/** Holds on every platform; supervisors put their own entry or number in its place. */
const PLATFORM_CONTACT = '商家后台「帮助中心 / 在线客服」转人工，说明误发时间和订单号';

/**
 * The playbooks and templates that ship (RM1, RM6): version 0, data for `PlaybookBook`. Supervisors replace them; the next
 * version is theirs. Titles in both languages; the texts themselves go to consumers and are Chinese.
 */
export const DEFAULT_PLAYBOOKS: PlaybookBook = {
  version: 0,
  edited_at: null,
  edited_by: null,
  playbooks: [
    {
      type: 'price',
      title: { zh: '价格发错', en: 'Wrong price' },
      advice: {
        zh: '先在第一时间更正，再决定兑现还是说明。已按错价下单的，先报主管，不要擅自取消订单。',
        en: 'Correct it at once, then decide whether to honour or explain. If an order was placed at the wrong price, tell your supervisor first; never cancel it on your own.',
      },
      steps: [
        {
          step_id: 'correct',
          action: 'send_correction',
          title: { zh: '立即更正价格', en: 'Correct the price at once' },
          template_id: 'price-correction',
          optional: false,
        },
        {
          step_id: 'explain',
          action: 'send_template',
          title: { zh: '未下单：致歉并说明', en: 'No order yet: apologise and explain' },
          template_id: 'price-explain',
          optional: true,
        },
        {
          step_id: 'honour',
          action: 'send_template',
          title: { zh: '已下单：承诺兑现', en: 'Order placed: honour the price' },
          template_id: 'price-honour',
          optional: true,
        },
        {
          step_id: 'compensate',
          action: 'compensate',
          title: { zh: '登记补偿', en: 'Record a compensation' },
          template_id: 'compensation-offer',
          optional: true,
        },
        {
          step_id: 'incident',
          action: 'complete_incident',
          title: { zh: '完善误发事件', en: 'Complete the incident' },
          optional: false,
        },
      ],
    },
    {
      type: 'policy',
      title: { zh: '规则或承诺说错', en: 'Wrong policy or promise' },
      advice: {
        zh: '以官方规则为准：给出官方链接和具体条款。已经作出的承诺可能要兑现，拿不准就上报。',
        en: 'The official rule counts: give its link and the exact terms. A promise already made may have to be kept; when in doubt, report it.',
      },
      steps: [
        {
          step_id: 'correct',
          action: 'send_correction',
          title: { zh: '更正规则说明', en: 'Correct the statement' },
          template_id: 'policy-correction',
          optional: false,
        },
        {
          step_id: 'official',
          action: 'send_template',
          title: { zh: '发送官方链接与条款', en: 'Send the official link and terms' },
          template_id: 'policy-official',
          optional: false,
        },
        {
          step_id: 'supervisor',
          action: 'tell_supervisor',
          title: { zh: '涉及赔付承诺：上报主管', en: 'A promise of payment: tell the supervisor' },
          template_id: 'supervisor-report',
          optional: true,
        },
        {
          step_id: 'incident',
          action: 'complete_incident',
          title: { zh: '完善误发事件', en: 'Complete the incident' },
          optional: false,
        },
      ],
    },
    {
      type: 'wording',
      title: { zh: '措辞不当', en: 'Unfortunate wording' },
      advice: {
        zh: '先真诚致歉，再把意思说清楚。不辩解，不把责任推给系统或买家。',
        en: 'Apologise sincerely, then make the meaning clear. No excuses, and no blame on the system or the consumer.',
      },
      steps: [
        {
          step_id: 'apologise',
          action: 'send_template',
          title: { zh: '致歉', en: 'Apologise' },
          template_id: 'wording-apology',
          optional: false,
        },
        {
          step_id: 'clarify',
          action: 'send_correction',
          title: { zh: '澄清原意', en: 'Clear up what was meant' },
          template_id: 'wording-clarify',
          optional: false,
        },
        {
          step_id: 'compensate',
          action: 'compensate',
          title: { zh: '登记补偿', en: 'Record a compensation' },
          template_id: 'compensation-offer',
          optional: true,
        },
        {
          step_id: 'incident',
          action: 'complete_incident',
          title: { zh: '完善误发事件', en: 'Complete the incident' },
          optional: false,
        },
      ],
    },
    {
      type: 'privacy',
      title: { zh: '泄露隐私', en: 'Private data sent' },
      advice: {
        zh: '先联系平台客服删除或屏蔽，再报主管。不要在会话里重复任何个人信息，也不要请对方截图。',
        en: 'Ask the platform to remove or hide it first, then tell your superior. Never repeat the data in the chat, and never ask for a screenshot.',
      },
      steps: [
        {
          step_id: 'platform',
          action: 'platform_support',
          title: { zh: '联系平台客服处理', en: 'Ask platform support to remove it' },
          template_id: 'platform-request',
          contact: PLATFORM_CONTACT,
          optional: false,
        },
        {
          step_id: 'supervisor',
          action: 'tell_supervisor',
          title: { zh: '上报主管', en: 'Tell the supervisor' },
          template_id: 'supervisor-report',
          optional: false,
        },
        {
          step_id: 'ask-delete',
          action: 'send_template',
          title: { zh: '请对方忽略并删除', en: 'Ask the reader to disregard and delete it' },
          template_id: 'privacy-ask',
          optional: false,
        },
        {
          step_id: 'incident',
          action: 'complete_incident',
          title: { zh: '完善误发事件', en: 'Complete the incident' },
          optional: false,
        },
      ],
    },
    {
      type: 'wrong_conversation',
      title: { zh: '发错会话', en: 'Wrong conversation' },
      advice: {
        zh: '向收到的人说明发错了，再把正确内容发到该去的会话。内容涉及他人信息的，按泄露隐私处理。',
        en: 'Tell the reader that it was not meant for them, then send it where it belongs. If it holds somebody’s data, treat it as private data sent.',
      },
      steps: [
        {
          step_id: 'explain',
          action: 'send_correction',
          title: { zh: '说明发错会话', en: 'Say that it was sent here by mistake' },
          template_id: 'wrong-conversation',
          optional: false,
        },
        {
          step_id: 'privacy',
          action: 'platform_support',
          title: { zh: '含他人信息：联系平台客服', en: 'Holds somebody’s data: ask platform support' },
          template_id: 'platform-request',
          contact: PLATFORM_CONTACT,
          optional: true,
        },
        {
          step_id: 'supervisor',
          action: 'tell_supervisor',
          title: { zh: '含他人信息：上报主管', en: 'Holds somebody’s data: tell the supervisor' },
          template_id: 'supervisor-report',
          optional: true,
        },
        {
          step_id: 'incident',
          action: 'complete_incident',
          title: { zh: '完善误发事件', en: 'Complete the incident' },
          optional: false,
        },
      ],
    },
    {
      type: 'other',
      title: { zh: '其他', en: 'Other' },
      advice: {
        zh: '说明哪里有误、正确的是什么。拿不准影响时，先记录，再问主管。',
        en: 'Say what was wrong and what is right. If you are unsure of the consequences, record it and ask your supervisor.',
      },
      steps: [
        {
          step_id: 'correct',
          action: 'send_correction',
          title: { zh: '发送更正', en: 'Send a correction' },
          template_id: 'general-correction',
          optional: false,
        },
        {
          step_id: 'apologise',
          action: 'send_template',
          title: { zh: '致歉', en: 'Apologise' },
          template_id: 'general-apology',
          optional: true,
        },
        {
          step_id: 'incident',
          action: 'complete_incident',
          title: { zh: '完善误发事件', en: 'Complete the incident' },
          optional: false,
        },
      ],
    },
  ],
  templates: [
    {
      template_id: 'price-correction',
      kind: 'correction',
      title: { zh: '价格更正', en: 'Price correction' },
      text: '【更正】刚才报的价格 {错误价格} 有误，正确价格是 {正确价格}，以商品页面显示为准。给您带来不便，非常抱歉。',
    },
    {
      template_id: 'price-explain',
      kind: 'explanation',
      title: { zh: '错价说明', en: 'Explaining a wrong price' },
      text: '{买家昵称} 您好，刚才是我看错了活动信息，报错了价格，没能帮您省下这笔钱很抱歉。您看是否按 {正确价格} 下单，有疑问随时问我。',
    },
    {
      template_id: 'price-honour',
      kind: 'honour',
      title: { zh: '错价兑现', en: 'Honouring a wrong price' },
      text: '{买家昵称} 您好，您的订单 {订单号} 是按我报的价格拍的，这次我们按 {错误价格} 为您兑现，差额会在 {处理时限} 处理好，请放心。',
    },
    {
      template_id: 'policy-correction',
      kind: 'correction',
      title: { zh: '规则更正', en: 'Policy correction' },
      text: '【更正】刚才关于规则的说明有误，正确的是：{更正内容}。请以官方规则为准，抱歉让您误会了。',
    },
    {
      template_id: 'policy-official',
      kind: 'reference',
      title: { zh: '官方规则链接', en: 'Official rule' },
      text: '官方规则在这里，您可以核对：{官方链接}。有不清楚的地方我再为您说明。',
    },
    {
      template_id: 'wording-apology',
      kind: 'apology',
      title: { zh: '措辞致歉', en: 'Apology for wording' },
      text: '{买家昵称} 您好，刚才我的表达很不妥当，让您不舒服了，真诚向您道歉。',
    },
    {
      template_id: 'wording-clarify',
      kind: 'correction',
      title: { zh: '澄清原意', en: 'Clarification' },
      text: '【更正】我刚才想表达的是：{更正内容}。是我没有说清楚，请您谅解。',
    },
    {
      template_id: 'privacy-ask',
      kind: 'apology',
      title: { zh: '请求忽略并删除', en: 'Request to disregard' },
      text: '{买家昵称} 您好，刚才 {消息时间} 的消息是误发，与您的订单无关，请您忽略并删除，不要转发。非常抱歉打扰到您。',
    },
    {
      template_id: 'platform-request',
      kind: 'report',
      title: { zh: '平台客服处理申请', en: 'Request to platform support' },
      text: '您好，{店铺名} 客服 {客服昵称} 于 {消息时间} 误发了一条含个人信息的消息（订单 {订单号}），申请删除或屏蔽该消息，并告知处理结果。',
    },
    {
      template_id: 'supervisor-report',
      kind: 'report',
      title: { zh: '上报主管', en: 'Report to the supervisor' },
      text: '误发上报：{店铺名}，客服 {客服昵称}，{消息时间}，订单 {订单号}。情况与已采取的措施见误发事件。',
    },
    {
      template_id: 'wrong-conversation',
      kind: 'correction',
      title: { zh: '发错会话说明', en: 'Sent to the wrong conversation' },
      text: '【更正】抱歉，上一条消息是误发，不是发给您的，请忽略。您的问题我马上继续为您处理。',
    },
    {
      template_id: 'general-correction',
      kind: 'correction',
      title: { zh: '更正', en: 'Correction' },
      text: '【更正】刚才的消息有误，正确的是：{更正内容}。给您添麻烦了，抱歉。',
    },
    {
      template_id: 'general-apology',
      kind: 'apology',
      title: { zh: '致歉', en: 'Apology' },
      text: '{买家昵称} 您好，刚才是我的疏忽，给您添麻烦了，真诚向您道歉。',
    },
    {
      template_id: 'compensation-offer',
      kind: 'compensation',
      title: { zh: '补偿说明', en: 'Offer of compensation' },
      text: '{买家昵称} 您好，为表歉意，为您申请了 {补偿方式} {金额} 元（凭证 {凭证号}），将在 {处理时限} 到账，请留意查收。',
    },
  ],
};
