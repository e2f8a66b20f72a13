import { describe, expect, it } from 'vitest';
import type { MessageView, OutgoingView } from '#shared/contract/views.ts';
import { chatItems, GROUP_SPAN_MS, mergeGaps, mergeNewest, overlaps } from './items.ts';

const noon = new Date('2026-11-21T12:00:00').getTime();

function message(
  seq: number,
  at: number,
  sender: 'agent' | 'consumer' = 'agent',
  more: Partial<MessageView> = {},
): MessageView {
  return {
    key: seq * 10,
    conv_seq: seq,
    msg_id: `m${seq}`,
    client_msg_id: null,
    conversation_key: 1,
    sender: { role: sender, id: sender, name: sender, device_id: null },
    kind: 'text',
    text: `text ${seq}`,
    sent_at: at,
    recalled: null,
    ...more,
  } as MessageView;
}

const types = (items: ReturnType<typeof chatItems>): string[] => items.map((item) => item.type);

describe('lines of a chat', () => {
  it('[UX1] a separator stands where the local day changes and nowhere else', () => {
    const items = chatItems(
      [
        message(1, noon),
        message(2, noon + 1_000),
        message(3, new Date('2026-11-21T23:59:59').getTime()),
        message(4, new Date('2026-11-22T00:00:01').getTime()),
      ],
      [],
      [],
    );
    expect(types(items)).toEqual(['day', 'message', 'message', 'message', 'day', 'message']);
  });
  it('[SY6] missing sequence numbers show as a gap with their count, where they are missing', () => {
    const items = chatItems([message(1, noon), message(5, noon + 1_000)], [], [{ from_seq: 2, to_seq: 4 }]);
    expect(types(items)).toEqual(['day', 'message', 'gap', 'message']);
    expect(items[2]).toMatchObject({ count: 3 });
    expect(types(chatItems([message(1, noon)], [], [{ from_seq: 2, to_seq: 2 }]))).toEqual(['day', 'message', 'gap']);
  });
  it('[SY3] an outgoing message that has arrived as a record is shown once', () => {
    const outgoing = { client_msg_id: 'c1', state: 'sending' } as OutgoingView;
    const arrived = message(1, noon, 'agent', { client_msg_id: 'c1' as never });
    expect(types(chatItems([arrived], [outgoing], []))).toEqual(['day', 'message']);
    expect(types(chatItems([message(1, noon)], [outgoing], []))).toEqual(['day', 'message', 'outgoing']);
  });
  it('[RC13] messages of one sender stand together, but not across time, gaps, other senders or tombstones', () => {
    const flags = (list: MessageView[]): string =>
      chatItems(list, [], [])
        .flatMap((item) =>
          item.type === 'message' ? [`${item.first ? '<' : ''}${item.message.conv_seq}${item.last ? '>' : ''}`] : [],
        )
        .join(' ');
    expect(flags([message(1, noon), message(2, noon + 1), message(3, noon + 2)])).toBe('<1 2 3>');
    expect(flags([message(1, noon), message(2, noon + GROUP_SPAN_MS)])).toBe('<1> <2>');
    expect(flags([message(1, noon), message(3, noon + 1)])).toBe('<1> <3>');
    expect(flags([message(1, noon), message(2, noon + 1, 'consumer')])).toBe('<1> <2>');
    expect(
      flags([
        message(1, noon),
        message(2, noon + 1, 'agent', { recalled: { effect: 'both' } as never }),
        message(3, noon + 2),
      ]),
    ).toBe('<1> <2> <3>');
  });
  it('[SY2] a fresh newest page replaces what it covers and keeps what is older', () => {
    const shown = [message(1, noon), message(2, noon), message(3, noon)];
    const page = [message(2, noon, 'agent', { text: 'changed' }), message(4, noon)];
    expect(mergeNewest(shown, page).map((one) => [one.conv_seq, one.text])).toEqual([
      [1, 'text 1'],
      [2, 'changed'],
      [4, 'text 4'],
    ]);
  });
  it('[SY6] messages of one millisecond join by their numbers, whatever their keys say', () => {
    const at = (seq: number, key: number) => message(seq, noon, 'consumer', { key: key as MessageView['key'] });
    expect(mergeNewest([at(1, 30), at(2, 20)], [at(2, 20), at(3, 10)]).map((one) => one.conv_seq)).toEqual([1, 2, 3]);
  });
  it('[ST1] what says the same as before stays the same object, so that its row is not drawn again', () => {
    const shown = [message(1, noon), message(2, noon)];
    const merged = mergeNewest(shown, [message(1, noon), message(2, noon, 'agent', { text: 'changed' })]);
    expect([merged[0] === shown[0], merged[1] === shown[1]]).toEqual([true, false]);
  });
  it('[SY6] a newest page that does not reach back to what is shown is not joined to it; gaps above it stay', () => {
    const shown = [message(1, noon), message(2, noon)];
    expect(overlaps(shown, [message(2, noon), message(3, noon)])).toBe(true);
    expect(overlaps(shown, [message(9, noon)])).toBe(false);
    const page = { messages: [message(9, noon)], gaps: [{ from_seq: 7, to_seq: 8 }] };
    const gaps = [
      { from_seq: 3, to_seq: 4 },
      { from_seq: 7, to_seq: 8 },
      { from_seq: 10, to_seq: 12 },
    ];
    expect(mergeGaps(gaps, page)).toEqual([
      { from_seq: 3, to_seq: 4 },
      { from_seq: 7, to_seq: 8 },
    ]);
  });
});
