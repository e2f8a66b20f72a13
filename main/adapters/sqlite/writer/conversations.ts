import type { Assignment, Conversation, Sender, SenderRole } from '#shared/protocol/entities.ts';
import { normaliseNumber } from '#shared/search/numbers.ts';
import { Flag, INTAKE_CODES, SENDER_CODES } from '../codes.ts';
import type { WritableDatabase } from '../connection.ts';
import type { ChangeSet } from './changes.ts';
import type { Dimensions } from './dimensions.ts';
import type { Gaps } from './gaps.ts';
import { createRecent } from './recent.ts';

/** A conversation's row as far as writing messages needs it, kept in memory between transactions. */
export interface ConversationState {
  readonly id: number;
  readonly source: number;
  readonly conversation_id: string;
  shop: number;
  title: string;
  consumer: number | null;
  intake: number;
  assignments: readonly OwnedPeriod[];
  last_seq: number;
  last_message_at: number | null;
  agent_read_seq: number;
  consumer_read_seq: number;
  last_message: number | null;
  last_consumer_seq: number;
  last_agent_seq: number;
  unread: number;
  sort_at: number;
  /** Its content was erased (AD2): nothing may be written into it any more. */
  readonly purged: boolean;
  /** Numbers up to this one were erased by retention (AD3) and are not stored again. */
  readonly erased_seq: number;
  /** Made for a message whose conversation nobody has spoken of yet. */
  placeholder: boolean;
  /** The account whose event has told of its state last, and when that was; in memory only. */
  told: { readonly account: number; readonly at: number } | null;
  dirty: boolean;
}

/** A period in which a conversation was an agent's; `to` null: still. */
export interface OwnedPeriod {
  readonly agent: number;
  readonly from: number;
  readonly to: number | null;
}

/** SR6: the agent to whom the conversation was assigned at that moment. Where periods overlap, the later one counts. */
export function ownerAt(assignments: readonly OwnedPeriod[], sentAt: number): number | null {
  let owner: OwnedPeriod | null = null;
  for (const period of assignments)
    if (
      period.from <= sentAt &&
      (period.to === null || sentAt < period.to) &&
      (owner === null || period.from >= owner.from)
    )
      owner = period;
  return owner?.agent ?? null;
}

/** The earliest moment at which two lists of periods answer differently, or null where they never do. */
export function firstDifference(before: readonly OwnedPeriod[], after: readonly OwnedPeriod[]): number | null {
  let earliest = Infinity;
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    const old = before[i];
    const now = after[i];
    if (old === undefined || now === undefined) earliest = Math.min(earliest, (old ?? now)?.from ?? Infinity);
    else if (old.agent !== now.agent || old.from !== now.from) earliest = Math.min(earliest, old.from, now.from);
    else if (old.to !== now.to) earliest = Math.min(earliest, old.to ?? Infinity, now.to ?? Infinity);
  }
  return earliest === Infinity ? null : earliest;
}

export interface UpsertOutcome {
  readonly state: ConversationState;
  /** It waits now and did not before (IN3). */
  readonly newlyWaiting: boolean;
  /** Messages from this moment on may belong to someone else now. */
  readonly ownersChangedFrom: number | null;
  readonly consumerChanged: boolean;
  readonly shopChanged: boolean;
  readonly created: boolean;
}

export interface Conversations {
  find(source: number, conversationId: string): ConversationState | null;
  byKey(key: number): ConversationState | null;
  /** Found, or made from what a message says of it. */
  forMessage(
    source: number,
    message: {
      readonly conversation_id: string;
      readonly shop_id: string;
      readonly sender: Sender;
      readonly sent_at: number;
    },
  ): ConversationState;
  /** Found, or made for imported rows. */
  forImport(row: {
    readonly source: number;
    readonly conversation_id: string;
    readonly shop: number;
    readonly title: string;
    readonly consumer: number | null;
    readonly at: number;
  }): ConversationState;
  /** Null for a purged one. */
  upsert(source: number, conversation: Conversation, at: number): UpsertOutcome | null;
  /** Account of a message that is stored now: last one, unread, reply state, sequence. */
  noteMessage(
    state: ConversationState,
    message: {
      readonly id: number;
      readonly conv_seq: number | null;
      readonly sender_role: number;
      readonly sent_at: number;
      /** Recalled, and the consumer has it no more: it answers nothing (IN1). */
      readonly gone: boolean;
    },
  ): void;
  recountUnread(state: ConversationState): void;
  /** Who said something last, anew: a message is gone, or turned out to be another's. */
  recountAnswers(state: ConversationState): void;
  /** Who says something under that id here, as far as the gateway has told; null: nobody it has told of. */
  roleOf(state: ConversationState, senderId: string): SenderRole | null;
  /** Read by the agent up to there; only ever forward. */
  noteRead(state: ConversationState, seq: number): void;
  /** Purged: what is in memory of it must not be written any more. */
  forget(state: ConversationState): void;
  /** Writes what has changed in memory; before COMMIT. */
  flush(): void;
  /** After a rollback. */
  reset(): void;
}

/** Some 600 bytes each, and as many again of the generation before. */
const REMEMBERED = 8_000;

interface Row {
  readonly id: number;
  readonly source: number;
  readonly conversation_id: string;
  readonly shop: number;
  readonly title: string;
  readonly consumer: number | null;
  readonly intake: number;
  readonly assignments: string;
  readonly last_seq: number;
  readonly last_message_at: number | null;
  readonly agent_read_seq: number;
  readonly consumer_read_seq: number;
  readonly last_message: number | null;
  readonly last_consumer_seq: number;
  readonly last_agent_seq: number;
  readonly unread: number;
  readonly sort_at: number;
  readonly purged_at: number | null;
  readonly erased_seq: number;
}
const COLUMNS = `id, source, conversation_id, shop, title, consumer, intake, assignments, last_seq, last_message_at, agent_read_seq,
  consumer_read_seq, last_message, last_consumer_seq, last_agent_seq, unread, sort_at, purged_at, erased_seq`;

export function createConversations(
  db: WritableDatabase,
  dimensions: Dimensions,
  gaps: Gaps,
  changes: ChangeSet,
  remembered = REMEMBERED,
): Conversations {
  const byId = createRecent<number, ConversationState>(remembered);
  /** Keys only: states in two maps that forget apart would be two of one conversation, each with half of what happened. */
  const idOf = createRecent<string, number>(remembered);
  let dirty: ConversationState[] = [];

  const wireKey = (source: number, conversationId: string): string => `${source}\n${conversationId}`;
  const periods = (source: number, assignments: readonly Assignment[]): OwnedPeriod[] =>
    assignments.map((a) => ({ agent: dimensions.agent(source, a.agent_id, a.name), from: a.from, to: a.to }));

  const remember = (state: ConversationState): ConversationState => {
    byId.set(state.id, state);
    idOf.set(wireKey(state.source, state.conversation_id), state.id);
    return state;
  };
  const byKey = (key: number): ConversationState | null => {
    const known = byId.get(key);
    if (known !== undefined) return known;
    const row = db.read<Row>(`SELECT ${COLUMNS} FROM conversations WHERE id = ?`).get(key);
    if (row === undefined) return null;
    const { purged_at, assignments, ...rest } = row;
    return remember({
      ...rest,
      assignments: periods(row.source, JSON.parse(assignments) as Assignment[]),
      purged: purged_at !== null,
      placeholder: false,
      told: null,
      dirty: false,
    });
  };
  const find = (source: number, conversationId: string): ConversationState | null => {
    const id =
      idOf.get(wireKey(source, conversationId)) ??
      db
        .readOne<number>('SELECT id FROM conversations WHERE source = ? AND conversation_id = ?')
        .get(source, conversationId);
    return id === undefined ? null : byKey(id);
  };

  const touch = (state: ConversationState): void => {
    if (state.dirty) return;
    state.dirty = true;
    dirty.push(state);
  };

  const insert = (
    source: number,
    conversationId: string,
    shop: number,
    title: string,
    consumer: number | null,
    intake: number,
    sortAt: number,
  ): ConversationState => {
    const { lastInsertRowid } = db
      .write(
        `INSERT INTO conversations (source, conversation_id, shop, type, title, consumer, intake, assignments, order_nos, violation_nos,
           last_seq, agent_read_seq, consumer_read_seq, restricts_recall, legal_hold, sort_at)
         VALUES (?, ?, ?, 0, ?, ?, ?, '[]', '[]', '[]', 0, 0, 0, 0, 0, ?)`,
      )
      .run(source, conversationId, shop, title, consumer, intake, sortAt);
    return remember({
      id: Number(lastInsertRowid),
      source,
      conversation_id: conversationId,
      shop,
      title,
      consumer,
      intake,
      assignments: [],
      last_seq: 0,
      last_message_at: null,
      agent_read_seq: 0,
      consumer_read_seq: 0,
      last_message: null,
      last_consumer_seq: 0,
      last_agent_seq: 0,
      unread: 0,
      sort_at: sortAt,
      purged: false,
      erased_seq: 0,
      placeholder: false,
      told: null,
      dirty: false,
    });
  };

  const recountUnread = (state: ConversationState): void => {
    state.unread = db
      .readOne<number>('SELECT count(*) FROM messages WHERE conversation = ? AND conv_seq > ? AND sender_role = ?')
      .get(state.id, state.agent_read_seq, SENDER_CODES.consumer) as number;
    touch(state);
  };

  const noteSeq = (state: ConversationState, seq: number): void => {
    if (seq > state.last_seq) {
      if (seq > state.last_seq + 1) gaps.open(state.id, state.last_seq + 1, seq - 1);
      state.last_seq = seq;
    } else gaps.fill(state.id, seq);
  };

  return {
    find,
    byKey,
    forMessage: (source, message) => {
      const known = find(source, message.conversation_id);
      if (known !== null) return known;
      const { sender } = message;
      const consumer =
        sender.role === 'consumer'
          ? dimensions.consumer(source, { consumer_id: sender.id || message.conversation_id, name: sender.name }, false)
          : null;
      const title = sender.role === 'consumer' ? sender.name : '';
      const state = insert(
        source,
        message.conversation_id,
        dimensions.shop(source, message.shop_id),
        title,
        consumer,
        INTAKE_CODES.waiting,
        message.sent_at,
      );
      state.placeholder = true;
      return state;
    },
    forImport: (row) =>
      find(row.source, row.conversation_id) ??
      insert(row.source, row.conversation_id, row.shop, row.title, row.consumer, INTAKE_CODES.ended, row.at),
    upsert: (source, wire, at) => {
      const existing = find(source, wire.conversation_id);
      if (existing?.purged === true) return null;
      // Emptied by retention, and nothing new: the gateway only says again what was here once.
      if (existing !== null && existing.erased_seq > 0 && wire.last_seq <= existing.erased_seq) return null;
      const shop = dimensions.shop(source, wire.shop_id);
      const consumer = wire.consumer === null ? null : dimensions.consumer(source, wire.consumer, true);
      const intake = INTAKE_CODES[wire.intake];
      const state =
        existing ??
        insert(
          source,
          wire.conversation_id,
          shop,
          wire.title,
          consumer,
          intake,
          wire.last_message_at ?? wire.waiting_since ?? at,
        );
      const assignments = periods(source, wire.assignments);
      const outcome: UpsertOutcome = {
        state,
        newlyWaiting: wire.intake === 'waiting' && (existing === null || existing.intake !== intake),
        ownersChangedFrom: existing === null ? null : firstDifference(existing.assignments, assignments),
        consumerChanged: existing !== null && existing.consumer !== consumer,
        shopChanged: existing !== null && existing.shop !== shop,
        created: existing === null,
      };
      const wasRead = state.agent_read_seq;
      state.shop = shop;
      state.title = wire.title;
      state.consumer = consumer;
      state.intake = intake;
      state.assignments = assignments;
      state.placeholder = false;
      // Marks only ever move forward: a page of a snapshot may be older than an event that came meanwhile.
      state.agent_read_seq = Math.max(state.agent_read_seq, wire.agent_read_seq);
      state.consumer_read_seq = Math.max(state.consumer_read_seq, wire.consumer_read_seq);
      state.last_message_at = Math.max(state.last_message_at ?? 0, wire.last_message_at ?? 0) || null;
      state.sort_at = state.last_message_at ?? wire.waiting_since ?? state.sort_at;
      if (wire.last_seq > state.last_seq) {
        gaps.open(state.id, state.last_seq + 1, wire.last_seq);
        state.last_seq = wire.last_seq;
      }
      db.write(
        `UPDATE conversations SET shop = ?, type = ?, title = ?, consumer = ?, members = ?, intake = ?, assignee = ?, assignments = ?,
           order_nos = ?, violation_nos = ?, waiting_since = ?, ends_at = ?, deletes_at = ?, restricts_recall = ?, legal_hold = ?,
           removed_by = NULL, restorable_until = NULL
         WHERE id = ?`,
      ).run(
        shop,
        wire.type === 'group' ? 1 : 0,
        wire.title,
        consumer,
        wire.members === undefined ? null : JSON.stringify(wire.members),
        intake,
        wire.assignee === null ? null : dimensions.agent(source, wire.assignee.agent_id, wire.assignee.name),
        JSON.stringify(wire.assignments),
        JSON.stringify(wire.order_nos),
        JSON.stringify(wire.violation_nos),
        wire.waiting_since,
        wire.ends_at,
        wire.deletes_at,
        wire.consumer_restricts_recall ? 1 : 0,
        wire.legal_hold ? 1 : 0,
        state.id,
      );
      for (const number of wire.order_nos.map(normaliseNumber))
        db.write('INSERT INTO order_conversations (number, conversation) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
          number,
          state.id,
        );
      for (const number of wire.violation_nos.map(normaliseNumber))
        db.write('INSERT INTO violation_conversations (number, conversation) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
          number,
          state.id,
        );
      if (state.agent_read_seq !== wasRead) recountUnread(state);
      touch(state);
      changes.messages(state.id);
      return outcome;
    },
    noteMessage: (state, message) => {
      if (state.last_message === null || message.id > state.last_message) {
        state.last_message = message.id;
        state.last_message_at = Math.max(state.last_message_at ?? 0, message.sent_at);
        state.sort_at = state.last_message_at;
      }
      const seq = message.conv_seq;
      if (seq !== null) {
        noteSeq(state, seq);
        if (message.sender_role === SENDER_CODES.consumer) {
          if (seq > state.last_consumer_seq) state.last_consumer_seq = seq;
          if (seq > state.agent_read_seq) state.unread += 1;
        } else if (message.sender_role === SENDER_CODES.agent && !message.gone && seq > state.last_agent_seq)
          state.last_agent_seq = seq;
      }
      touch(state);
      changes.messages(state.id);
    },
    recountUnread,
    recountAnswers: (state) => {
      const last = (role: number, condition: string): number =>
        db
          .readOne<number>(
            `SELECT conv_seq FROM messages INDEXED BY messages_by_seq
             WHERE conversation = ? AND conv_seq IS NOT NULL AND sender_role = ? ${condition} ORDER BY conv_seq DESC LIMIT 1`,
          )
          .get(state.id, role) ?? 0;
      state.last_consumer_seq = last(SENDER_CODES.consumer, '');
      state.last_agent_seq = last(
        SENDER_CODES.agent,
        `AND NOT (flags & ${Flag.RECALLED} <> 0 AND extra ->> '$.recalled.effect' IS 'both')`,
      );
      touch(state);
    },
    roleOf: (state, senderId) => {
      const row = db
        .read<{ consumer_id: string | null; members: string | null; assignments: string }>(
          `SELECT u.consumer_id, c.members, c.assignments FROM conversations c LEFT JOIN consumers u ON u.id = c.consumer WHERE c.id = ?`,
        )
        .get(state.id);
      if (row === undefined) return null;
      if (row.consumer_id === senderId) return 'consumer';
      if ((JSON.parse(row.assignments) as Assignment[]).some(({ agent_id }) => agent_id === senderId)) return 'agent';
      const members = row.members === null ? null : (JSON.parse(row.members) as NonNullable<Conversation['members']>);
      if (members !== null) return members.find(({ id }) => id === senderId)?.role ?? null;
      // Of two who speak with each other, it is neither.
      return row.consumer_id === null ? null : 'system';
    },
    noteRead: (state, seq) => {
      const to = Math.min(seq, state.last_seq);
      if (to <= state.agent_read_seq) return;
      state.agent_read_seq = to;
      recountUnread(state);
      changes.messages(state.id);
    },
    forget: (state) => {
      byId.delete(state.id);
      idOf.delete(wireKey(state.source, state.conversation_id));
      dirty = dirty.filter((other) => other !== state);
    },
    flush: () => {
      const update = db.write(
        `UPDATE conversations SET last_seq = ?, last_message_at = ?, agent_read_seq = ?, consumer_read_seq = ?, last_message = ?,
           last_consumer_seq = ?, last_agent_seq = ?, unread = ?, sort_at = ? WHERE id = ?`,
      );
      for (const state of dirty) {
        update.run(
          state.last_seq,
          state.last_message_at,
          state.agent_read_seq,
          state.consumer_read_seq,
          state.last_message,
          state.last_consumer_seq,
          state.last_agent_seq,
          state.unread,
          state.sort_at,
          state.id,
        );
        state.dirty = false;
      }
      dirty = [];
      // Never while one is in use: there would be two of it.
      byId.trim();
      idOf.trim();
    },
    reset: () => {
      byId.clear();
      idOf.clear();
      dirty = [];
    },
  };
}
