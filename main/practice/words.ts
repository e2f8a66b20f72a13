import type { ShopRecord } from './records.ts';

/** The gateway's last check of a text: blocked words of the shop, and what its policy never lets out. */

/** Folded so that width, case and zero-width tricks don't hide a word (PV3). */
function fold(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\s]/g, '')
    .toLowerCase();
}

export function blockedBy(shop: ShopRecord, text: string): { category: string } | null {
  const folded = fold(text);
  for (const { word, category, action, removed } of shop.words)
    if (removed === null && action === 'block' && folded.includes(fold(word))) return { category };
  if (shop.policy.send.block.includes('id_number') && hasIdNumber(folded)) return { category: 'id_number' };
  return null;
}

/** A resident identity number with a right checksum. */
export function hasIdNumber(text: string): boolean {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  for (const [candidate] of text.matchAll(/(?<!\d)\d{17}[\dxX](?!\d)/g)) {
    const sum = weights.reduce((total, weight, index) => total + weight * Number(candidate[index]), 0);
    if ('10X98765432'[sum % 11] === candidate[17]?.toUpperCase()) return true;
  }
  return false;
}
