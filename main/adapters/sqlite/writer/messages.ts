import { isLesserEffect } from '#shared/domain/recall/types.ts';
import { messageKeySlot } from '#shared/domain/time.ts';
import type { Message, MessageStatus, Operator, RecallEffect } from '#shared/protocol/entities.ts';
import { mentionedNumbers, normaliseNumber } from '#shared/search/numbers.ts';
import { Flag, KIND_CODES, SENDER_CODES, STATUS_CODES } from '../codes.ts';
import type { WritableDatabase } from '../connection.ts';
import { formatExtra, parseExtra, type MessageExtra, type RecalledExtra } from '../extra.ts';
import type { Rollup } from '../search/rollup.ts';
import type { ChangeSet } from './changes.ts';
import { ownerAt, type ConversationState, type Conversations } from './conversations.ts';
import type { Dimensions } from './dimensions.ts';
import { createFreeKeys } from './free-keys.ts';
import type { IndexQueue } from './index-queue.ts';

/** What a recall says, as far as the record keeps it. */
export interface RecallNews {
  readonly recall_id: string | null;
  readonly operator: Operator;
  readonly effect: RecallEffect;
  readonly at: number;
  readonly reason: string | null;
  /** Its content lies sealed where the record comes from (an opened package, EX7). */
  readonly sealed?: boolean;
}

/** A message as it is written: one shape for the gateway's and for imported ones. */
export interface NewMessage {
  readonly msg_id: string;
  /** Null for imported rows. */
  readonly conv_seq: number | null;
  readonly client_msg_id: string | null;
  /** agents.id it belongs to (SR6). */
  readonly agent: number | null;
  readonly sender: Message['sender'];
  /** agents.id of the sender, for messages of agents. */
  readonly sender_agent: number | null;
  readonly kind: number;
  readonly text: string | null;
  readonly sent_at: number;
  readonly status: number;
  readonly extra: MessageExtra;
  readonly recalled: RecallNews | null;
}

export interface Messages {
  /** Stores a message of the gateway, or brings what is stored up to date. Idempotent. */
  put(state: ConversationState, message: Message): 'added' | 'known';
  /** Stores a row; 'known' where the conversation has a message of that wire id. */
  insert(state: ConversationState, message: NewMessage): 'added' | 'known';
  status(source: number, conversationId: string, msgId: string, status: MessageStatus, at: number, push: boolean): void;
  opened(source: number, conversationId: string, msgId: string, at: number): void;
  /** RC17: seals the message, or remembers the recall until its target comes. A second time is a no-op. Answers with the message's key. */
  recalled(source: number, conversationId: string, msgId: string, news: RecallNews): number | null;
  /**
   * Another result for what is recalled already: null where it says the same, else the effect that stays. A lesser one is noted
   * at the message, so that nobody goes on believing the better one (RC12).
   */
  disputed(source: number, conversationId: string, msgId: string, effect: RecallEffect): RecallEffect | null;
  /** Assignments changed: messages from then on get the owner they have now (SR6). */
  reassign(state: ConversationState, from: number): void;
  /** Everything of it leaves: content, seals, numbers, roll-up, index (AD2). Answers with the tombstone. */
  purge(state: ConversationState): { readonly messages: number; readonly recalled: number };
  /** How often a message came under a number that another one has: the gateway has gone back, or is wrong. Only grows. */
  reusedNumbers(): number;
  reset(): void;
}

interface StoredMessage {
  readonly id: number;
  readonly agent: number | null;
  readonly sender_role: number;
  readonly sender_id: string;
  readonly sender_name: string;
  readonly kind: number;
  readonly conv_seq: number | null;
  readonly text: string | null;
  readonly sent_at: number;
  readonly status: number;
  readonly read_at: number | null;
  readonly opened_at: number | null;
  readonly flags: number;
  readonly extra: string | null;
}
const STORED =
  'id, agent, sender_role, sender_id, sender_name, kind, conv_seq, text, sent_at, status, read_at, opened_at, flags, extra';

/** Status only ever moves towards `read`; a failure may still turn out delivered, never the other way round. */
const STATUS_RANK: Readonly<Record<number, number>> = {
  [STATUS_CODES.sent]: 0,
  [STATUS_CODES.failed]: 1,
  [STATUS_CODES.delivered]: 2,
  [STATUS_CODES.read]: 3,
};
/** Highest slot that a key starts from: whatever time a gateway claims, the next free one stays below 2^53. */
const MAX_SLOT = Number.MAX_SAFE_INTEGER - 2 ** 32;

export function createMessages(parts: {
  readonly db: WritableDatabase;
  readonly dimensions: Dimensions;
  readonly conversations: Conversations;
  readonly queue: IndexQueue;
  readonly rollup: Rollup;
  readonly changes: ChangeSet;
}): Messages {
  const { db, dimensions, conversations, queue, rollup, changes } = parts;
  const keys = createFreeKeys(db);
  /** Whether anything waits for its message: spares each message two look-ups. Null: not known. */
  let waiting: boolean | null = null;
  let reused = 0;

  const anythingWaits = (): boolean => {
    waiting ??=
      db
        .readOne<number>('SELECT EXISTS (SELECT 1 FROM pending_targets) OR EXISTS (SELECT 1 FROM pending_status)')
        .get() === 1;
    return waiting;
  };

  const stored = (conversation: number, msgId: string): StoredMessage | undefined =>
    db
      .read<StoredMessage>(`SELECT ${STORED} FROM messages WHERE conversation = ? AND msg_id = ?`)
      .get(conversation, msgId);

  const rollupRow = (
    state: ConversationState,
    message: { id: number; agent: number | null; sender_role: number; sent_at: number },
    senderAgent: number | null,
  ) => ({
    id: message.id,
    conversation: state.id,
    agent: message.agent,
    consumer: state.consumer,
    sender_role: message.sender_role,
    sender_agent: senderAgent,
    sent_at: message.sent_at,
  });

  /** Numbers that link a message: the ones it was sent with, its order card's, and those its text carries (SR2). */
  const numbersOf = (
    text: string | null,
    extra: MessageExtra,
  ): { readonly orders: ReadonlySet<string>; readonly violations: ReadonlySet<string> } => {
    const mentioned = text === null ? [] : mentionedNumbers(text);
    const orders = new Set(mentioned);
    const violations = new Set(mentioned);
    for (const number of extra.order_nos ?? []) orders.add(normaliseNumber(number));
    if (extra.order !== undefined) orders.add(normaliseNumber(extra.order.order_no));
    for (const number of extra.violation_nos ?? []) violations.add(normaliseNumber(number));
    return { orders, violations };
  };
  const link = (conversation: number, message: number, numbers: ReturnType<typeof numbersOf>): void => {
    for (const [table, list] of [
      ['order', numbers.orders],
      ['violation', numbers.violations],
    ] as const)
      for (const number of list) {
        db.write(`INSERT INTO ${table}_messages (number, message) VALUES (?, ?) ON CONFLICT DO NOTHING`).run(
          number,
          message,
        );
        db.write(`INSERT INTO ${table}_conversations (number, conversation) VALUES (?, ?) ON CONFLICT DO NOTHING`).run(
          number,
          conversation,
        );
      }
  };
  /** A recalled message carries no numbers any more; neither does its conversation, unless something else in it does. */
  const unlink = (conversation: number, message: number, numbers: ReturnType<typeof numbersOf>): void => {
    for (const [table, list] of [
      ['order', numbers.orders],
      ['violation', numbers.violations],
    ] as const)
      for (const number of list) {
        db.write(`DELETE FROM ${table}_messages WHERE number = ? AND message = ?`).run(number, message);
        db.write(
          `DELETE FROM ${table}_conversations AS c WHERE number = ? AND conversation = ?
             AND NOT EXISTS (SELECT 1 FROM ${table}_messages l JOIN messages m ON m.id = l.message WHERE l.number = c.number AND m.conversation = c.conversation)
             AND NOT EXISTS (SELECT 1 FROM conversations v, json_each(v.${table}_nos) n WHERE v.id = c.conversation AND n.value = c.number)`,
        ).run(number, conversation);
      }
  };

  const tombstone = (news: RecallNews, sealed: boolean): RecalledExtra => ({
    recall_id: news.recall_id,
    operator: news.operator,
    effect: news.effect,
    at: news.at,
    reason: news.reason,
    sealed,
  });
  /** What a recalled message shows besides its tombstone: only how it hangs together with others. */
  const withoutContent = (extra: MessageExtra, recalled: RecalledExtra): MessageExtra => ({
    ...(extra.correction_of === undefined ? {} : { correction_of: extra.correction_of }),
    ...(extra.corrected_by === undefined ? {} : { corrected_by: extra.corrected_by }),
    recalled,
  });
  const writeSeal = (
    message: number,
    text: string | null,
    extra: string | null,
    news: RecallNews,
    readAt: number | null,
    status: number,
  ): void => {
    db.write(
      `INSERT INTO seals (message, text, extra, recall_id, operator, effect, recalled_at, reason, read_at, status)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ).run(
      message,
      text,
      extra,
      news.recall_id,
      JSON.stringify(news.operator),
      news.effect,
      news.at,
      news.reason,
      readAt,
      status,
    );
  };

  /** RC19, RC20: the content moves out of the messages into seals; number links, index and roll-up follow. */
  const seal = (state: ConversationState, message: StoredMessage, news: RecallNews): void => {
    const extra = parseExtra(message.extra);
    const hasContent = hasContentIn(message.text, extra);
    if (hasContent) writeSeal(message.id, message.text, message.extra, news, message.read_at, message.status);
    db.write('UPDATE messages SET text = NULL, extra = ?, flags = (flags | ?) & ~? WHERE id = ?').run(
      formatExtra(withoutContent(extra, tombstone(news, hasContent))),
      Flag.RECALLED,
      Flag.HAS_NUMBERS,
      message.id,
    );
    unlink(state.id, message.id, numbersOf(message.text, extra));
    const senderAgent =
      message.sender_role === SENDER_CODES.agent
        ? dimensions.agent(state.source, message.sender_id, message.sender_name)
        : null;
    rollup.recalled(rollupRow(state, message, senderAgent));
    // IN1: nobody has been answered by what is gone on both sides.
    if (senderAgent !== null && news.effect === 'both' && message.conv_seq === state.last_agent_seq)
      conversations.recountAnswers(state);
    queue.remove(message.id);
    changes.messages(state.id);
  };

  const applyStatus = (
    state: ConversationState,
    message: StoredMessage,
    status: number,
    at: number | null,
    push: boolean,
  ): void => {
    const better =
      (STATUS_RANK[status] ?? 0) > (STATUS_RANK[message.status] ?? 0) ||
      (status === STATUS_CODES.failed && message.status === STATUS_CODES.delivered);
    const readAt = message.read_at ?? (status === STATUS_CODES.read ? at : null);
    const flags = push ? message.flags | Flag.PUSH_DELIVERED : message.flags;
    if (!better && readAt === message.read_at && flags === message.flags) return;
    db.write('UPDATE messages SET status = ?, read_at = ?, flags = ? WHERE id = ?').run(
      better ? status : message.status,
      readAt,
      flags,
      message.id,
    );
    if (
      status === STATUS_CODES.read &&
      message.sender_role === SENDER_CODES.agent &&
      (message.conv_seq ?? 0) > state.consumer_read_seq
    ) {
      db.write('UPDATE conversations SET consumer_read_seq = max(consumer_read_seq, ?) WHERE id = ?').run(
        message.conv_seq,
        state.id,
      );
      state.consumer_read_seq = message.conv_seq ?? 0;
    }
    changes.messages(state.id);
  };

  const markCorrected = (state: ConversationState, message: StoredMessage, correctedBy: string): void => {
    const extra = parseExtra(message.extra);
    if (extra.corrected_by !== undefined) return;
    db.write('UPDATE messages SET extra = ?, flags = flags | ? WHERE id = ?').run(
      formatExtra({ ...extra, corrected_by: correctedBy }),
      Flag.CORRECTED,
      message.id,
    );
    changes.messages(state.id);
  };

  const noteCorrection = (state: ConversationState, correction: string, target: string): void => {
    const known = stored(state.id, target);
    if (known !== undefined) {
      markCorrected(state, known, correction);
      return;
    }
    waiting = true;
    db.write(
      `INSERT INTO pending_status (source, conversation_id, msg_id, corrected_by) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET corrected_by = coalesce(corrected_by, excluded.corrected_by)`,
    ).run(state.source, state.conversation_id, target, correction);
  };

  /** What came before its message (RC17): a recall is answered, so that the content never gets into the row. */
  const takeRecall = (state: ConversationState, msgId: string): RecallNews | null => {
    const text = db
      .readOne<string>('SELECT recalled FROM pending_targets WHERE source = ? AND conversation_id = ? AND msg_id = ?')
      .get(state.source, state.conversation_id, msgId);
    if (text === undefined) return null;
    db.write('DELETE FROM pending_targets WHERE source = ? AND conversation_id = ? AND msg_id = ?').run(
      state.source,
      state.conversation_id,
      msgId,
    );
    waiting = null;
    return JSON.parse(text) as RecallNews;
  };
  const takeStatus = (state: ConversationState, msgId: string): void => {
    const row = db
      .read<{
        status: number | null;
        read_at: number | null;
        opened_at: number | null;
        push: number;
        corrected_by: string | null;
      }>(
        'SELECT status, read_at, opened_at, push, corrected_by FROM pending_status WHERE source = ? AND conversation_id = ? AND msg_id = ?',
      )
      .get(state.source, state.conversation_id, msgId);
    if (row === undefined) return;
    db.write('DELETE FROM pending_status WHERE source = ? AND conversation_id = ? AND msg_id = ?').run(
      state.source,
      state.conversation_id,
      msgId,
    );
    waiting = null;
    const message = stored(state.id, msgId);
    if (message === undefined) return;
    if (row.status !== null) applyStatus(state, message, row.status, row.read_at, row.push === 1);
    if (row.opened_at !== null) setOpened(state, message, row.opened_at);
    if (row.corrected_by !== null) markCorrected(state, stored(state.id, msgId) ?? message, row.corrected_by);
  };

  const setOpened = (state: ConversationState, message: StoredMessage, at: number): void => {
    if (message.opened_at !== null) return;
    db.write('UPDATE messages SET opened_at = ? WHERE id = ?').run(at, message.id);
    changes.messages(state.id);
  };

  const insert = (state: ConversationState, message: NewMessage): 'added' | 'known' => {
    const recalled = message.recalled ?? (anythingWaits() ? takeRecall(state, message.msg_id) : null);
    const role = SENDER_CODES[message.sender.role];
    const extraWithContent = formatExtra(message.extra);
    const hasContent = hasContentIn(message.text, message.extra);
    const numbers = recalled === null ? numbersOf(message.text, message.extra) : null;
    let flags = message.extra.correction_of === undefined ? 0 : Flag.CORRECTION;
    if (message.extra.corrected_by !== undefined) flags |= Flag.CORRECTED;
    if (recalled !== null) flags |= Flag.RECALLED;
    else if (numbers !== null && (numbers.orders.size > 0 || numbers.violations.size > 0)) flags |= Flag.HAS_NUMBERS;
    const extra =
      recalled === null
        ? extraWithContent
        : formatExtra(withoutContent(message.extra, tombstone(recalled, hasContent || recalled.sealed === true)));
    const text = recalled === null ? message.text : null;

    const statement = db.write(
      `INSERT INTO messages (id, conversation, msg_id, conv_seq, client_msg_id, agent, sender_role, sender_id, sender_name, sender_device,
         kind, text, sent_at, status, flags, extra)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    const slot = Math.min(messageKeySlot(message.sent_at), MAX_SLOT);
    let id = keys.from(slot);
    let convSeq = message.conv_seq;
    for (;;) {
      const { changes: added } = statement.run(
        id,
        state.id,
        message.msg_id,
        convSeq,
        message.client_msg_id,
        message.agent,
        role,
        message.sender.id,
        message.sender.name,
        message.sender.device_id ?? null,
        message.kind,
        text,
        message.sent_at,
        message.status,
        flags,
        extra,
      );
      if (added === 1) break;
      if (
        db
          .readOne<number>('SELECT 1 FROM messages WHERE conversation = ? AND msg_id = ?')
          .get(state.id, message.msg_id) !== undefined
      )
        return 'known';
      // Two messages under one number is the gateway's mistake; the record keeps both.
      if (
        convSeq !== null &&
        db.readOne<number>('SELECT 1 FROM messages WHERE conversation = ? AND conv_seq = ?').get(state.id, convSeq) !==
          undefined
      ) {
        convSeq = null;
        reused += 1;
      } else id = keys.after(id);
    }
    keys.took(slot, id);

    const row = rollupRow(
      state,
      { id, agent: message.agent, sender_role: role, sent_at: message.sent_at },
      message.sender_agent,
    );
    rollup.added(row);
    if (recalled !== null) {
      if (hasContent) writeSeal(id, message.text, extraWithContent, recalled, null, message.status);
      rollup.recalled(row);
    }
    queue.put(id);
    if (numbers !== null && (flags & Flag.HAS_NUMBERS) !== 0) link(state.id, id, numbers);
    conversations.noteMessage(state, {
      id,
      conv_seq: convSeq,
      sender_role: role,
      sent_at: message.sent_at,
      gone: recalled?.effect === 'both',
    });
    if (message.extra.correction_of !== undefined) noteCorrection(state, message.msg_id, message.extra.correction_of);
    if (anythingWaits()) takeStatus(state, message.msg_id);
    return 'added';
  };

  /** Pulled again, or brought by both reply and event: only what can have changed since. */
  const refresh = (state: ConversationState, message: Message): void => {
    let known = stored(state.id, message.msg_id);
    if (known === undefined) return;
    if (message.unknown === undefined && isPartlyRead(known)) {
      complete(state, known, message);
      known = stored(state.id, message.msg_id) ?? known;
    }
    if (
      known.conv_seq === null &&
      db
        .readOne<number>('SELECT 1 FROM messages WHERE conversation = ? AND conv_seq = ?')
        .get(state.id, message.conv_seq) === undefined
    ) {
      db.write('UPDATE messages SET conv_seq = ? WHERE id = ?').run(message.conv_seq, known.id);
      conversations.noteMessage(state, {
        id: known.id,
        conv_seq: message.conv_seq,
        sender_role: known.sender_role,
        sent_at: known.sent_at,
        gone: parseExtra(known.extra).recalled?.effect === 'both',
      });
    }
    applyStatus(state, known, STATUS_CODES[message.status], null, false);
    if ((known.flags & Flag.RECALLED) !== 0) sealLate(state, known, message);
    else if (message.recalled !== undefined)
      seal(state, stored(state.id, message.msg_id) ?? known, newsOf(message.recalled));
  };

  /** SY8: what an earlier version could not read whole is what it always was. Its row, and what hangs on it, stay. */
  const complete = (state: ConversationState, known: StoredMessage, message: Message): void => {
    const extra = extraOf(message);
    const kind = KIND_CODES[message.kind];
    queue.put(known.id);
    changes.messages(state.id);
    if ((known.flags & Flag.RECALLED) !== 0) {
      db.write('UPDATE messages SET kind = ? WHERE id = ?').run(kind, known.id);
      if (hasContentIn(message.text, extra))
        db.write('UPDATE seals SET text = ?, extra = ? WHERE message = ?').run(
          message.text,
          formatExtra(extra),
          known.id,
        );
      return;
    }
    const { corrected_by } = parseExtra(known.extra);
    const numbers = numbersOf(message.text, extra);
    const hasNumbers = numbers.orders.size > 0 || numbers.violations.size > 0;
    const role = SENDER_CODES[message.sender.role];
    db.write('UPDATE messages SET kind = ?, sender_role = ?, text = ?, extra = ?, flags = flags | ? WHERE id = ?').run(
      kind,
      role,
      message.text,
      formatExtra({ ...extra, ...(corrected_by === undefined ? {} : { corrected_by }) }),
      (hasNumbers ? Flag.HAS_NUMBERS : 0) | (extra.correction_of === undefined ? 0 : Flag.CORRECTION),
      known.id,
    );
    link(state.id, known.id, numbers);
    if (extra.correction_of !== undefined) noteCorrection(state, message.msg_id, extra.correction_of);
    if (role === known.sender_role) return;
    conversations.recountAnswers(state);
    conversations.recountUnread(state);
    rollup.rebuildConversation(state.id);
  };

  /** Its tombstone came first, without content; now the content is here: into the seal, and nowhere else (RC19). */
  const sealLate = (state: ConversationState, known: StoredMessage, message: Message): void => {
    const tombstoneExtra = parseExtra(known.extra);
    const { recalled } = tombstoneExtra;
    const extra = extraOf(message);
    if (recalled === undefined || recalled.sealed || !hasContentIn(message.text, extra)) return;
    writeSeal(known.id, message.text, formatExtra(extra), recalled, known.read_at, known.status);
    db.write('UPDATE messages SET extra = ? WHERE id = ?').run(
      formatExtra({ ...tombstoneExtra, recalled: { ...recalled, sealed: true } }),
      known.id,
    );
    changes.messages(state.id);
  };

  return {
    insert,
    reusedNumbers: () => reused,
    put: (state, message) => {
      const isAgent = message.sender.role === 'agent';
      const result = insert(state, {
        msg_id: message.msg_id,
        conv_seq: message.conv_seq,
        client_msg_id: message.client_msg_id,
        agent: ownerAt(state.assignments, message.sent_at),
        sender: message.sender,
        sender_agent: isAgent ? dimensions.agent(state.source, message.sender.id, message.sender.name) : null,
        kind: KIND_CODES[message.kind],
        text: message.text,
        sent_at: message.sent_at,
        status: STATUS_CODES[message.status],
        extra: extraOf(message),
        recalled: message.recalled === undefined ? null : newsOf(message.recalled),
      });
      if (result === 'known') refresh(state, message);
      return result;
    },
    status: (source, conversationId, msgId, status, at, push) => {
      const state = conversations.find(source, conversationId);
      const message = state === null ? undefined : stored(state.id, msgId);
      if (state !== null && message !== undefined) {
        applyStatus(state, message, STATUS_CODES[status], at, push);
        return;
      }
      if (state?.purged === true) return;
      waiting = true;
      db.write(
        `INSERT INTO pending_status (source, conversation_id, msg_id, status, read_at, push) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET status = CASE WHEN status = ${STATUS_CODES.read} THEN status ELSE excluded.status END,
           read_at = coalesce(read_at, excluded.read_at), push = max(push, excluded.push)`,
      ).run(source, conversationId, msgId, STATUS_CODES[status], status === 'read' ? at : null, push ? 1 : 0);
    },
    opened: (source, conversationId, msgId, at) => {
      const state = conversations.find(source, conversationId);
      const message = state === null ? undefined : stored(state.id, msgId);
      if (state !== null && message !== undefined) {
        setOpened(state, message, at);
        return;
      }
      if (state?.purged === true) return;
      waiting = true;
      db.write(
        `INSERT INTO pending_status (source, conversation_id, msg_id, opened_at) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET opened_at = coalesce(opened_at, excluded.opened_at)`,
      ).run(source, conversationId, msgId, at);
    },
    recalled: (source, conversationId, msgId, news) => {
      const state = conversations.find(source, conversationId);
      const message = state === null ? undefined : stored(state.id, msgId);
      if (state !== null && message !== undefined) {
        if ((message.flags & Flag.RECALLED) === 0) seal(state, message, news);
        return message.id;
      }
      if (state?.purged === true) return null;
      waiting = true;
      db.write(
        'INSERT INTO pending_targets (source, conversation_id, msg_id, recalled) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      ).run(source, conversationId, msgId, JSON.stringify(news));
      return null;
    },
    disputed: (source, conversationId, msgId, effect) => {
      const state = conversations.find(source, conversationId);
      const message = state === null ? undefined : stored(state.id, msgId);
      if (state === null || message === undefined || (message.flags & Flag.RECALLED) === 0) return null;
      const extra = parseExtra(message.extra);
      const { recalled } = extra;
      if (recalled === undefined || recalled.effect === effect) return null;
      if (isLesserEffect(effect, recalled.effect) && recalled.disputed !== effect) {
        db.write('UPDATE messages SET extra = ? WHERE id = ?').run(
          formatExtra({ ...extra, recalled: { ...recalled, disputed: effect } }),
          message.id,
        );
        changes.messages(state.id);
      }
      return recalled.effect;
    },
    reassign: (state, from) => {
      const rows = db
        .readRaw<[number, number, number | null]>(
          'SELECT id, sent_at, agent FROM messages WHERE conversation = ? AND id >= ?',
        )
        .all(state.id, Math.min(messageKeySlot(from), MAX_SLOT));
      for (const [id, sentAt, agent] of rows) {
        const owner = ownerAt(state.assignments, sentAt);
        if (owner === agent) continue;
        db.write('UPDATE messages SET agent = ? WHERE id = ?').run(owner, id);
        queue.put(id);
      }
    },
    purge: (state) => {
      const ids = db.readOne<number>('SELECT id FROM messages WHERE conversation = ?').all(state.id);
      const recalled = db
        .readOne<number>('SELECT count(*) FROM messages WHERE conversation = ? AND flags & ? <> 0')
        .get(state.id, Flag.RECALLED) as number;
      const list = JSON.stringify(ids);
      for (const id of ids) queue.remove(id);
      for (const table of ['order', 'violation']) {
        db.write(`DELETE FROM ${table}_messages WHERE message IN (SELECT value FROM json_each(?))`).run(list);
        db.write(`DELETE FROM ${table}_conversations WHERE conversation = ?`).run(state.id);
      }
      db.write('DELETE FROM seals WHERE message IN (SELECT value FROM json_each(?))').run(list);
      db.write('DELETE FROM messages WHERE conversation = ?').run(state.id);
      for (const table of ['pending_targets', 'pending_status'])
        db.write(`DELETE FROM ${table} WHERE source = ? AND conversation_id = ?`).run(
          state.source,
          state.conversation_id,
        );
      waiting = null;
      return { messages: ids.length, recalled };
    },
    reset: () => {
      keys.reset();
      waiting = null;
    },
  };
}

const isPartlyRead = ({ kind, extra }: StoredMessage): boolean =>
  kind === KIND_CODES.unknown || (extra !== null && parseExtra(extra).unknown !== undefined);

const hasContentIn = (text: string | null, extra: MessageExtra): boolean =>
  text !== null || extra.attachment !== undefined || extra.order !== undefined;

export function newsOf(recalled: NonNullable<Message['recalled']>): RecallNews {
  return {
    recall_id: recalled.recall_id,
    operator: recalled.operator,
    effect: recalled.effect,
    at: recalled.at,
    reason: recalled.reason ?? null,
  };
}

function extraOf(message: Message): MessageExtra {
  return {
    ...(message.attachment === undefined ? {} : { attachment: message.attachment }),
    ...(message.order === undefined ? {} : { order: message.order }),
    ...(message.order_nos.length === 0 ? {} : { order_nos: message.order_nos }),
    ...(message.violation_nos.length === 0 ? {} : { violation_nos: message.violation_nos }),
    ...(message.correction_of === null ? {} : { correction_of: message.correction_of }),
    ...unknownOf(message),
  };
}

function unknownOf({ unknown }: Message): Pick<MessageExtra, 'unknown'> {
  if (unknown === undefined || (unknown.kind === null && unknown.role === null)) return {};
  return { unknown: { kind: unknown.kind, role: unknown.role } };
}
