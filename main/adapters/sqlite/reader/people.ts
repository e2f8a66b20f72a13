import type { Visibility } from '#main/core/ports/store.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { PersonRow } from '#shared/contract/views.ts';
import type { AccountId, ConversationKey } from '#shared/domain/ids.ts';
import { INTAKES } from '../codes.ts';
import type { ReadableDatabase } from '../connection.ts';
import { createVisibleUntil } from '../search/plan.ts';

/** Consumers looked at between two checks for cancelling. */
const CHUNK = 20_000;

/**
 * Consumers whose name contains the text (ASCII letters in either case) or whose id is the text, newest first, one row a
 * shop, with the newest of their conversations that the person may see (SR10, IN4).
 */
export function findPeople(
  db: ReadableDatabase,
  text: string,
  visibility: Visibility,
  limit: number,
  cancelled: () => boolean,
): PersonRow[] {
  const pattern = `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const names = db.readRaw<[number, string]>(
    String.raw`SELECT id, name FROM consumers WHERE id > ? AND id <= ? AND (name LIKE ? ESCAPE '\' OR consumer_id = ?) ORDER BY id DESC`,
  );
  const conversations = db.readRaw<[number, number, number | null, string, number, string | null]>(`
    SELECT c.id, c.intake, c.last_message_at, s.name, s.id,
      (SELECT a.account_id FROM accounts a WHERE a.source = c.source AND a.removed = 0 ORDER BY a.agent IS c.assignee DESC, a.id LIMIT 1)
    FROM conversations c JOIN shops s ON s.id = c.shop
    WHERE c.consumer = ? AND c.purged_at IS NULL AND c.removed_by IS NULL ORDER BY c.sort_at DESC`);
  const visibleUntil = visibility.kind === 'limited' ? createVisibleUntil(db, visibility) : () => Infinity;
  const rows: PersonRow[] = [];
  let high = db.readOne<number | null>('SELECT max(id) FROM consumers').get() ?? 0;
  for (; high > 0 && rows.length < limit; high -= CHUNK) {
    if (cancelled()) throw new AppFailure('CANCELLED', 'a newer look-up took its place');
    for (const [id, name] of names.all(high - CHUNK, high, pattern, text)) {
      const shops = new Set<number>();
      for (const [conversation, intake, lastAt, shopName, shop, account] of conversations.all(id)) {
        if (shops.has(shop) || visibleUntil(conversation) === -Infinity) continue;
        shops.add(shop);
        rows.push({
          consumer_key: id,
          consumer: name,
          shop: shopName,
          conversation_key: conversation as ConversationKey,
          intake: INTAKES[intake] ?? 'ended',
          account_id: account as AccountId | null,
          last_at: lastAt,
        });
      }
      if (rows.length >= limit) break;
    }
  }
  return rows.slice(0, limit);
}
