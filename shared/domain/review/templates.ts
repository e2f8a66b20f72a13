import type { Criterion, Scorecard } from './scorecard.ts';

/**
 * Scorecards that ship (QA1), as data: version 0, Chinese as the work is. Whoever edits one makes version 1 of the same card.
 */
const points = (id: string, name: string, weight: number, note: string, max = 5): Criterion => ({
  id,
  kind: 'points',
  name,
  note,
  weight,
  max,
  cap: 0,
});
const fatal = (id: string, name: string, note: string, cap = 0): Criterion => ({
  id,
  kind: 'fatal',
  name,
  note,
  weight: 0,
  max: 1,
  cap,
});
const card = (card_id: string, name: string, criteria: readonly Criterion[]): Scorecard => ({
  card_id,
  version: 0,
  name,
  criteria: [...criteria],
  edited_at: null,
  edited_by: null,
});

const PRIVACY = fatal('privacy', '隐私保护', '泄露或索要与订单无关的个人信息，即为不通过，总分记 0。');
const ABUSE = fatal('abuse', '无辱骂与对抗', '讽刺、辱骂、威胁消费者，即为不通过，总分记 0。');
const OFF_PLATFORM = fatal('off_platform', '不引导站外', '引导加微信、QQ 或站外付款，即为不通过，总分最高 59。', 59);

export const SCORECARD_TEMPLATES: readonly Scorecard[] = [
  card('general', '通用客服', [
    points('response', '响应时效', 15, '首次回复及时；让消费者等待前先说明。'),
    points('attitude', '服务态度', 15, '称呼、问候、致歉得体；情绪被看见。'),
    points('accuracy', '业务准确', 25, '价格、库存、规则、物流说得对；不确定的先核实。'),
    points('wording', '规范用语', 10, '语句完整，无错别字；不用反问、命令。'),
    points('promise', '承诺合规', 15, '不夸大、不越权；承诺有规则依据并能兑现。'),
    points('recall', '撤回与更正处理', 10, '发错后立即撤回或更正，并向消费者说明；撤回不掩盖错误。'),
    points('closing', '问题闭环', 10, '确认问题已解决，说明下一步和时间。'),
    PRIVACY,
    ABUSE,
    OFF_PLATFORM,
  ]),
  card('presale', '售前咨询', [
    points('response', '响应时效', 20, '首次回复及时，多轮之间不冷场。'),
    points('need', '需求挖掘', 20, '问清用途、尺码、预算后再推荐。'),
    points('accuracy', '商品信息准确', 25, '参数、活动、到手价与页面一致。'),
    points('promise', '承诺合规', 15, '不保证效果，不承诺活动外的优惠。'),
    points('wording', '规范用语', 10, '语句完整，无错别字。'),
    points('attitude', '服务态度', 10, '耐心，不催单。'),
    PRIVACY,
    OFF_PLATFORM,
  ]),
  card('aftersale', '售后与投诉', [
    points('response', '响应时效', 10, '售后请求及时响应。'),
    points('empathy', '安抚与致歉', 20, '先处理情绪，再处理问题。'),
    points('accuracy', '规则准确', 20, '退换、运费、赔付说明与平台规则一致。'),
    points('solution', '方案与时限', 20, '给出明确方案、责任人和时间。'),
    points('recall', '撤回与更正处理', 15, '发错后立即撤回或更正，并登记误发事件。'),
    points('escalation', '上报及时', 15, '投诉、损失按规定上报主管。'),
    PRIVACY,
    ABUSE,
  ]),
];

/** The template of that id, or null. */
export function templateOf(card_id: string): Scorecard | null {
  return SCORECARD_TEMPLATES.find((each) => each.card_id === card_id) ?? null;
}
