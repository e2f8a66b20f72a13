import type { Gathering } from '#main/core/import/reading.ts';

/** A thousand usual records. */
const USUAL_BYTES = 512 * 1_024;
/** UTF-8 of one UTF-16 unit. */
const BYTES_A_UNIT = 3;
const OPENING = 0x5b;
const COMMA = 0x2c;
const CLOSING = 0x5d;

const utf8 = new TextEncoder();

/** Records as PackedRecords: an array of them as JSON in UTF-8. */
export function gatherPacked(): Gathering {
  let bytes = new Uint8Array(USUAL_BYTES);
  let at = 0;
  let length = 0;
  return {
    add(record) {
      const text = JSON.stringify(record);
      // The mark before it and the one at the end.
      const needed = at + text.length * BYTES_A_UNIT + 2;
      if (needed > bytes.length) {
        const larger = new Uint8Array(2 * needed);
        larger.set(bytes.subarray(0, at));
        bytes = larger;
      }
      bytes[at] = length === 0 ? OPENING : COMMA;
      at += 1 + utf8.encodeInto(text, bytes.subarray(at + 1)).written;
      length += 1;
    },
    take() {
      if (length === 0) bytes[at++] = OPENING;
      bytes[at++] = CLOSING;
      const packed = { length, json: bytes.slice(0, at) };
      // One batch of very long rows is no reason to keep room for another.
      if (bytes.length > 4 * USUAL_BYTES) bytes = new Uint8Array(USUAL_BYTES);
      at = 0;
      length = 0;
      return packed;
    },
  };
}
