import { pinyin } from 'pinyin-pro';
import type { Pinyin } from '#main/core/ports/pinyin.ts';

/** pinyin-pro: MIT, maintained, its dictionary inside, no dependencies. */
export function createPinyin(): Pinyin {
  return {
    spell(text) {
      const parts: string[] = [];
      for (const piece of text.toLowerCase().match(/[a-z0-9]+|\p{Script=Han}+/gu) ?? [])
        if (/^[a-z0-9]/.test(piece)) parts.push(piece);
        else parts.push(...pinyin(piece, { toneType: 'none', type: 'array', v: true, nonZh: 'removed' }));
      const syllables = parts.filter((part) => /^[a-z0-9]+$/.test(part));
      return { spelled: syllables.join(' '), initials: syllables.map((part) => part.charAt(0)).join('') };
    },
  };
}
