/** Variables of quick replies (PV7): `{买家昵称}` in the text, filled when the reply is put into the composer. */
export const VARIABLES = ['买家昵称', '订单号', '店铺名', '客服昵称', '商品名', '金额', '日期', '时间'] as const;
export type Variable = (typeof VARIABLES)[number];
/** Those that only an order's card tells. */
export const ORDER_VARIABLES: ReadonlySet<Variable> = new Set(['商品名', '金额']);

/** Other spellings that imported lists use. */
const ALIASES: Readonly<Record<string, Variable>> = {
  买家: '买家昵称',
  客户昵称: '买家昵称',
  昵称: '买家昵称',
  buyer: '买家昵称',
  订单编号: '订单号',
  order_no: '订单号',
  店铺: '店铺名',
  店铺名称: '店铺名',
  shop: '店铺名',
  客服: '客服昵称',
  agent: '客服昵称',
  商品: '商品名',
  商品名称: '商品名',
  product: '商品名',
  amount: '金额',
  date: '日期',
  time: '时间',
};

/** One value fills it; several are offered; none leaves it to the agent. */
export type VariableValues = Readonly<Partial<Record<Variable, readonly string[]>>>;

export interface Unfilled {
  readonly start: number;
  readonly end: number;
  readonly name: Variable;
}

const BRACES = /[{｛]{1,2}\s{0,4}([\p{L}_]{1,12})\s{0,4}[}｝]{1,2}/gu;

const variableOf = (name: string): Variable | null =>
  (VARIABLES as readonly string[]).includes(name)
    ? (name as Variable)
    : Object.hasOwn(ALIASES, name.toLowerCase())
      ? (ALIASES[name.toLowerCase()] as Variable)
      : null;

/** Fills what is known for certain (exactly one value). What a value contains is never taken for a variable again. */
export function fillVariables(text: string, values: VariableValues): string {
  return text.replace(BRACES, (whole, name: string) => {
    const variable = variableOf(name);
    const known = variable === null ? undefined : values[variable];
    // A nickname may itself look like a variable; it must not block the message, so its braces go.
    return known?.length === 1 ? (known[0] as string).replace(/[{}｛｝]/g, '') : whole;
  });
}

/** Variables that still stand in a text, in UTF-16 units: it can't be sent before they are filled (PV7). */
export function unfilledVariables(text: string): Unfilled[] {
  if (!/[{｛]/.test(text)) return [];
  const found: Unfilled[] = [];
  for (const match of text.matchAll(BRACES)) {
    const name = variableOf(match[1] as string);
    if (name !== null) found.push({ start: match.index, end: match.index + match[0].length, name });
  }
  return found;
}
