import type { StoredLesson, StoredLessonRun } from '#main/core/ports/desk-store.ts';
import type { ConsumerOrder, ConsumerView } from '#shared/contract/desk.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import type { ReadableDatabase } from '../connection.ts';
import { parseExtra } from '../extra.ts';

/** Notes, tags and orders of consumers (IN1, IN9); lessons. */

const ORDERS_AT_MOST = 100;

export function readConsumer(db: ReadableDatabase, key: ConversationKey): ConsumerView | null {
  const own = db
    .read<{ consumer: number | null; shop: number }>(
      'SELECT consumer, shop FROM conversations WHERE id = ? AND purged_at IS NULL',
    )
    .get(key);
  if (own === undefined || own.consumer === null) return null;
  const written = db
    .read<{ note: string; tags: string; updated_at: number; updated_by: string }>(
      'SELECT note, tags, updated_at, updated_by FROM consumer_notes WHERE consumer = ?',
    )
    .get(own.consumer);
  const conversations = db
    .readRaw<[number, string]>(
      `SELECT id, order_nos FROM conversations WHERE consumer = ? AND shop = ? AND purged_at IS NULL AND removed_by IS NULL
       ORDER BY sort_at DESC, id DESC`,
    )
    .all(own.consumer, own.shop);
  // The newest card about an order among the consumer's messages tells its title, amount and state.
  const card = db.readOne<string>(
    `SELECT m.extra FROM order_messages o JOIN messages m ON m.id = o.message
     WHERE o.number = ? AND m.conversation IN (SELECT id FROM conversations WHERE consumer = ? AND shop = ?) AND m.extra ->> '$.order' IS NOT NULL
     ORDER BY o.message DESC LIMIT 1`,
  );
  const orders = new Map<string, ConsumerOrder>();
  for (const [id, numbers] of conversations)
    for (const order_no of JSON.parse(numbers) as string[]) {
      if (orders.has(order_no) || orders.size >= ORDERS_AT_MOST) continue;
      const extra = card.get(order_no, own.consumer, own.shop);
      const order = extra === undefined ? undefined : parseExtra(extra).order;
      orders.set(order_no, {
        order_no,
        card: order?.order_no === order_no ? order : null,
        conversation_key: id as ConversationKey,
      });
    }
  return {
    note: written?.note ?? '',
    tags: written === undefined ? [] : (JSON.parse(written.tags) as string[]),
    updated: written === undefined ? null : { at: written.updated_at, by: written.updated_by },
    orders: [...orders.values()],
    conversations: conversations.length,
  };
}

export function readConsumerTags(db: ReadableDatabase): { readonly tag: string; readonly consumers: number }[] {
  return db
    .read<{ tag: string; consumers: number }>(
      'SELECT tag, count(*) AS consumers FROM consumer_tags GROUP BY tag ORDER BY 2 DESC, 1 LIMIT 200',
    )
    .all();
}

export function readLessons(db: ReadableDatabase): StoredLesson[] {
  return db
    .readRaw<[string, string, number, string]>(
      'SELECT lesson_id, body, added_at, added_by FROM lessons ORDER BY lesson_id',
    )
    .all()
    .map(([lesson_id, body, added_at, added_by]) => ({
      lesson_id,
      body: JSON.parse(body) as unknown,
      added_at,
      added_by,
    }));
}

type RunRow = [string, string, string, number, number | null, string];
const RUN = 'SELECT run_id, lesson_id, agent_id, started_at, ended_at, body FROM lesson_runs';
const toRun = ([run_id, lesson_id, agent_id, started_at, ended_at, body]: RunRow): StoredLessonRun => ({
  run_id,
  lesson_id,
  agent_id,
  started_at,
  ended_at,
  body: JSON.parse(body) as unknown,
});

export function readLessonRuns(db: ReadableDatabase): StoredLessonRun[] {
  return db.readRaw<RunRow>(`${RUN} ORDER BY started_at DESC LIMIT 200`).all().map(toRun);
}

export function readLessonRun(db: ReadableDatabase, id: string): StoredLessonRun | null {
  const row = db.readRaw<RunRow>(`${RUN} WHERE run_id = ?`).get(id);
  return row === undefined ? null : toRun(row);
}
