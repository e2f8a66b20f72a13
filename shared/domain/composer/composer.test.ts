import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReplyView } from '../../contract/composer.ts';
import { openableHost } from '../links.ts';
import { findMembers } from './find-members.ts';
import { findReplies, indexReplies } from './find-replies.ts';
import { officialHosts } from './official-hosts.ts';
import { spelledName } from './spelled.ts';
import { fillVariables, unfilledVariables, VARIABLES } from './variables.ts';

describe('variables of quick replies', () => {
  it('[PV7] fills what is certain, leaves what is not or is several, and knows other spellings', () => {
    const values = { 买家昵称: ['小云'], 订单号: ['1', '2'], 店铺名: ['清禾'] };
    expect(fillVariables('{买家昵称}您好，订单{订单号}，{{ 店铺 }}，｛客户昵称｝', values)).toBe(
      '小云您好，订单{订单号}，清禾，小云',
    );
    expect(unfilledVariables('订单{订单号}和{order_no}').map(({ name, start, end }) => [name, start, end])).toEqual([
      ['订单号', 2, 7],
      ['订单号', 8, 18],
    ]);
    expect(unfilledVariables('{别的} {a:1} {} function() { return }')).toEqual([]);
  });

  it('[PV7] whatever a value is, it leaves no variable behind: a nickname can’t block a message', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VARIABLES), fc.string(), fc.constantFrom(...VARIABLES), (name, odd, other) => {
        const filled = fillVariables(`您好{${name}}`, { [name]: [`${odd}{${other}}｛${other}｝`] });
        expect(unfilledVariables(filled)).toEqual([]);
      }),
    );
  });
});

const reply = (id: number, title: string, spelled: string, more: Partial<ReplyView> = {}): ReplyView => ({
  id,
  scope: 'personal',
  group: '',
  title,
  body: '',
  spelled,
  initials: spelled
    .split(' ')
    .map((syllable) => syllable.charAt(0))
    .join(''),
  uses: 0,
  ...more,
});

describe('finding quick replies', () => {
  const index = indexReplies([
    reply(1, '发货时间', 'fa huo shi jian', { group: '物流' }),
    reply(2, '已发货', 'yi fa huo', { uses: 9 }),
    reply(3, '开发票', 'kai fa piao', { body: '请在订单里申请' }),
    reply(4, '退货', 'tui huo', { body: '发货前可以取消' }),
  ]);
  const ids = (query: string): number[] => findReplies(index, query, 10).map(({ id }) => id);

  it('[PV7] by text, pinyin from any syllable on, and initials; the best first', () => {
    expect(ids('发货')).toEqual([1, 2, 4]);
    expect(ids('fh')).toEqual([1, 2]);
    expect(ids('fahuo')).toEqual([1, 2]);
    expect(ids('fa’huo')).toEqual([1, 2]);
    expect(ids('ＦＨ')).toEqual([1, 2]);
    expect(ids('huo')).toEqual([2, 1, 4]);
    // Not from the middle of a syllable.
    expect(ids('uo')).toEqual([]);
    expect(ids('物流')).toEqual([1]);
    expect(ids('申请')).toEqual([3]);
    expect(ids('zzz')).toEqual([]);
  });
  it('[PV7] several terms must all fit; nothing asked for gives the most used', () => {
    expect(ids('fa shi')).toEqual([1]);
    expect(ids('发货 物流')).toEqual([1]);
    expect(ids('')[0]).toBe(2);
  });
});

describe('mentioning members', () => {
  const member = (id: string, name: string, spelled: string, initials: string) => ({
    id,
    name,
    spelled: spelledName(name, spelled, initials),
  });
  const members = [
    member('1', '客服阿杰', 'ke fu a jie', 'kfaj'),
    member('2', '重庆小面', 'chong qing xiao mian', 'cqxm'),
    member('3', 'Anna', '', ''),
  ];
  const ids = (query: string): string[] => findMembers(members, query, 10).map(({ id }) => id);

  it('[PV7] by name, pinyin from any syllable on, and initials; all of them where nothing is typed', () => {
    expect(ids('')).toEqual(['1', '2', '3']);
    expect(ids('阿杰')).toEqual(['1']);
    expect(ids('ajie')).toEqual(['1']);
    expect(ids('cq')).toEqual(['2']);
    expect(ids('xiaomian')).toEqual(['2']);
    expect(ids('ＡＮ')).toEqual(['3']);
    expect(ids('hong')).toEqual([]);
  });
});

describe('links', () => {
  it('[PV4] [PV8] hosts of the knowledge base are official, each once, and only those that can be opened', () => {
    const urls = ['https://Rule.Example.com/a', 'https://rule.example.com/b', 'http://other.cn', 'nonsense'];
    expect(officialHosts([{ links: urls.map((url) => ({ url })) }, { links: [] }])).toEqual(['rule.example.com']);
  });

  it('[SE2] only plain https to a named host may be opened', () => {
    expect(openableHost('https://flk.npc.gov.cn/a?b')).toBe('flk.npc.gov.cn');
    for (const bad of [
      'http://a.cn',
      'https://a:b@a.cn',
      'https://127.0.0.1/',
      'https://[::1]/',
      'https://localhost/',
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      '//a.cn',
      '',
    ])
      expect(openableHost(bad), bad).toBeNull();
    // Shown as it is resolved, so that look-alike letters can be seen.
    expect(openableHost('https://аpple.com/')).toBe('xn--pple-43d.com');
  });
});
