/**
 * Text in the XML of a spreadsheet. What XML cannot carry, or would change, is written `_xHHHH_` as the format prescribes
 * (ST_Xstring), and so is a text that only looks like such an escape.
 */

/**
 * Markup, control characters, U+FFFE, U+FFFF, anything that reads as an escape, and all surrogates: of these only halves
 * are wrong, but looking twice at every text would cost more than looking closer at those with emoji.
 */
const SPECIAL = /[&<>"\u0000-\u0008\u000b-\u001f\ud800-\udfff\ufffe\uffff]|_x/;
const REPLACED = /[&<>"\u0001-\u0008\u000b-\u001f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)/gu;

/** Whether a text can stand in XML as it is. */
export function isPlain(text: string): boolean {
  return !SPECIAL.test(text);
}

/** NUL and half a surrogate pair, on which no two programs agree, become U+FFFD as in every other export. */
export function wholeText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\ufffd') : whole;
}

/** Of a whole text. */
export function escapeXml(text: string): string {
  if (isPlain(text)) return text;
  return text.replace(REPLACED, (char) => {
    if (char === '&') return '&amp;';
    if (char === '<') return '&lt;';
    if (char === '>') return '&gt;';
    if (char === '"') return '&quot;';
    return `_x${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
  });
}

/** The reverse for text that an XML parser has read. */
export function unescapeText(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replace(/_x([0-9A-Fa-f]{4})_/gu, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
