import { afterEach, expect, test } from 'vitest';
import { KEY, T0, temporaryFolder } from '#test/support/store-fixtures.ts';
import type { WritableDatabase } from '../connection.ts';
import { openRecords } from '../open-records.ts';
import { createChangeSet } from './changes.ts';
import { createConversations } from './conversations.ts';
import { createDimensions } from './dimensions.ts';
import { createGaps } from './gaps.ts';

let db: WritableDatabase | null = null;
afterEach(() => db?.close());

test('[SY2] however a conversation is asked for, and whatever was forgotten meanwhile, there is one of it', () => {
  const records = openRecords(temporaryFolder(), KEY);
  db = records;
  const dimensions = createDimensions(records);
  const conversations = createConversations(records, dimensions, createGaps(records), createChangeSet(), 4);
  const source = dimensions.source('gateway');
  const meet = (id: string): { readonly id: number } =>
    conversations.forMessage(source, {
      conversation_id: id,
      shop_id: 's-1',
      sender: { role: 'consumer', id: `u-${id}`, name: '买家' },
      sent_at: T0,
    });
  const { id } = meet('often');
  for (let n = 0; n < 40; n++) {
    // Asked for by its name alone, so that the way by its key would forget it.
    const before = conversations.find(source, 'often');
    expect(conversations.byKey(id)).toBe(before);
    expect(conversations.find(source, 'often')).toBe(before);
    for (let other = 0; other < 6; other++) {
      meet(`${n}/${other}`);
      conversations.find(source, 'often');
      conversations.flush();
    }
  }
});
