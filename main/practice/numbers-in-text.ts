/** Order and violation numbers that the practice platforms use; others in a text are just digits to them. */

/** Pinduoduo 260901-805320551362352; Taobao and Douyin 19 digits; WeChat shop 28 digits. */
const ORDER = /(?<![0-9A-Za-z-])(?:\d{6}-\d{15}|\d{19}|\d{28})(?![0-9A-Za-z-])/g;
/** Violation numbers: WG and 14 digits, the first six of them the date. */
const VIOLATION = /(?<![0-9A-Za-z-])WG\d{14}(?![0-9A-Za-z-])/g;

export function ordersIn(text: string): string[] {
  return [...new Set(text.match(ORDER) ?? [])];
}

export function violationsIn(text: string): string[] {
  return [...new Set(text.match(VIOLATION) ?? [])];
}
