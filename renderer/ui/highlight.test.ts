import { describe, expect, it } from 'vitest';
import { excerpt, pieces } from './highlight.ts';

const marked = (text: string, matches: [number, number][]): string =>
  pieces(text, matches)
    .map((piece) => (piece.marked ? `[${piece.text}]` : piece.text))
    .join('');

describe('marks', () => {
  it('[SR4] mark exactly the matches and lose nothing', () => {
    expect(
      marked('我要退款，退款', [
        [2, 4],
        [5, 7],
      ]),
    ).toBe('我要[退款]，[退款]');
    expect(marked('退款', [[0, 2]])).toBe('[退款]');
    expect(marked('没有', [])).toBe('没有');
  });
  it('[SR4] overlapping and touching matches are one mark; those outside the text are dropped', () => {
    expect(
      marked('aaaa', [
        [0, 2],
        [1, 3],
      ]),
    ).toBe('[aaa]a');
    expect(
      marked('abcd', [
        [0, 2],
        [2, 3],
      ]),
    ).toBe('[abc]d');
    expect(marked('ab', [[5, 9]])).toBe('ab');
  });
  it('[SR4] a one-line cell shows the first match, also in a long text, without cutting a character', () => {
    const text = `${'前'.repeat(100)}退款${'后'.repeat(5)}`;
    const cut = excerpt(text, [[100, 102]], 12);
    expect(cut.text.startsWith('…')).toBe(true);
    expect(pieces(cut.text, cut.matches).find((piece) => piece.marked)?.text).toBe('退款');
    const emoji = `${'😀'.repeat(40)}退款`;
    const cutEmoji = excerpt(emoji, [[80, 82]], 11);
    expect(cutEmoji.text.isWellFormed()).toBe(true);
    expect(pieces(cutEmoji.text, cutEmoji.matches).find((piece) => piece.marked)?.text).toBe('退款');
  });
});
