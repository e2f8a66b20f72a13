import { describe, expect, it } from 'vitest';
import { askedAt } from './asked.ts';

const at = (text: string, inGroup = false) => askedAt(text, text.length, inGroup);

describe('looking up while typing', () => {
  it('[PV7] a slash at the start of a line or after a blank opens quick replies', () => {
    expect(at('/')).toEqual({ kind: 'reply', start: 0, end: 1, query: '' });
    expect(at('/fh')).toMatchObject({ start: 0, query: 'fh' });
    expect(at('您好 /发货')).toEqual({ kind: 'reply', start: 3, end: 6, query: '发货' });
    expect(at('您好\n/fa')).toMatchObject({ start: 3, query: 'fa' });
    expect(at('、fh')).toMatchObject({ kind: 'reply', query: 'fh' });
    expect(at('／fh')).toMatchObject({ kind: 'reply', query: 'fh' });
  });
  it('[PV7] a slash inside words, numbers and links opens nothing', () => {
    for (const text of ['1/2', '和/或', 'https://a.cn/b', '红色、蓝色', '好的 、', '/发\n货', '/a  b'])
      expect(at(text), text).toBeNull();
    expect(at(`/${'长'.repeat(30)}`)).toBeNull();
    expect(askedAt('/fh 之后', 6, false)).toMatchObject({ query: 'fh 之后' });
  });
  it('[PV7] an at sign names members, in groups only, and never inside an address', () => {
    expect(at('@', true)).toEqual({ kind: 'member', start: 0, end: 1, query: '' });
    expect(at('请@小', true)).toEqual({ kind: 'member', start: 1, end: 3, query: '小' });
    expect(at('@小美 在吗', true)).toBeNull();
    expect(at('a@b', true)).toBeNull();
    expect(at('@小')).toBeNull();
  });
});
