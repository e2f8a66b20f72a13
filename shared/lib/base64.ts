const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PAD = 61;
const codes = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));
const values = new Uint8Array(128).fill(255);
codes.forEach((code, value) => (values[code] = value));
const latin1 = new TextDecoder('latin1');

/** Standard base64 with padding; the same in every host and in the window, without their own functions. */
export function toBase64(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(PAD);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    out[at++] = codes[a >> 2] as number;
    out[at++] = codes[((a & 3) << 4) | (b >> 4)] as number;
    if (i + 1 < bytes.length) out[at] = codes[((b & 15) << 2) | (c >> 6)] as number;
    at++;
    if (i + 2 < bytes.length) out[at] = codes[c & 63] as number;
    at++;
  }
  return latin1.decode(out);
}

/** Null where the text is not padded standard base64. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    let word = 0;
    for (let j = 0; j < 4; j++) {
      const code = text.charCodeAt(i + j);
      const padded = code === PAD && i + j >= text.length - padding;
      const value = padded ? 0 : code < 128 ? (values[code] as number) : 255;
      if (value === 255) return null;
      word = (word << 6) | value;
    }
    if (at < out.length) out[at++] = (word >> 16) & 255;
    if (at < out.length) out[at++] = (word >> 8) & 255;
    if (at < out.length) out[at++] = word & 255;
  }
  return out;
}
