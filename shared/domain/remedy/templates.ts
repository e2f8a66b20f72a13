/** Variables of templates (RM3, RM6; shared with quick replies, PV7). Data: name in a template → where it comes from. */
export const TEMPLATE_VARIABLES = {
  买家昵称: 'consumer_name',
  店铺名: 'shop_name',
  客服昵称: 'agent_name',
  订单号: 'order_no',
  更正内容: 'correction',
  错误价格: 'wrong_price',
  正确价格: 'right_price',
  补偿方式: 'compensation_kind',
  金额: 'amount',
  凭证号: 'reference',
  官方链接: 'official_link',
  处理时限: 'deadline',
  消息时间: 'sent_at',
} as const;
export type VariableName = keyof typeof TEMPLATE_VARIABLES;
export type VariableId = (typeof TEMPLATE_VARIABLES)[VariableName];

const VARIABLE = /\{([^{}\n]{1,40})\}/g;

export function isVariable(name: string): name is VariableName {
  return Object.hasOwn(TEMPLATE_VARIABLES, name);
}

/** Names between braces, each once, in order. */
export function variablesIn(text: string): string[] {
  return [...new Set([...text.matchAll(VARIABLE)].map((match) => match[1] as string))];
}

export interface RenderedTemplate {
  readonly text: string;
  /** Variables without a value: they stay in the text as written, and the composer marks them before sending. */
  readonly missing: readonly VariableName[];
}

/** Fills a template. Values go in as they are; braces inside a value are text, never another variable. */
export function renderTemplate(text: string, values: Readonly<Partial<Record<VariableId, string>>>): RenderedTemplate {
  const missing = new Set<VariableName>();
  const rendered = text.replace(VARIABLE, (whole, name: string) => {
    if (!isVariable(name)) return whole;
    const value = values[TEMPLATE_VARIABLES[name]];
    if (value !== undefined && value !== '') return value;
    missing.add(name);
    return whole;
  });
  return { text: rendered, missing: [...missing] };
}

/** Mark of a correction (RM2), sent to the consumer as part of the message. */
const CORRECTION_MARK = '【更正】';

/** The text with the mark before it, once. */
export function asCorrection(text: string): string {
  const trimmed = text.trimStart();
  return trimmed.startsWith(CORRECTION_MARK) ? trimmed : CORRECTION_MARK + trimmed;
}
