import type { RecallOutcomeName } from '#shared/contract/practice.ts';
import type { RecallId } from '#shared/domain/ids.ts';
import type { Agent, Conversation, Message, Policy, RecallEffect, Recalled } from '#shared/protocol/entities.ts';
import type { EventKind } from '#shared/protocol/events.ts';

/** What the practice gateway keeps. Every record is plain JSON: the state file stores them as they are. */

export interface ShopRecord {
  readonly shop_id: string;
  readonly name: string;
  readonly platform: string;
  policy: Policy;
  /** Messages an agent may send in a row without the consumer's answer (QUOTA); null: any number. */
  readonly unanswered_quota: number | null;
  words_version: number;
  words: WordRecord[];
}

export interface WordRecord {
  readonly word: string;
  readonly category: string;
  readonly action: 'warn' | 'confirm' | 'block';
  readonly since: number;
  removed: number | null;
}

export interface AgentRecord extends Agent {
  readonly shop_ids: string[];
  /** False for the accounts that people log in with: the simulation never speaks for them. */
  readonly simulated: boolean;
}

export interface MessageRecord {
  /** Always with its content, also after a recall: what others may see is decided when it is shown (RC19). */
  readonly message: Message;
  read_at: number | null;
  opened_at: number | null;
  /** Delivered by a push the platform can't take back: a recall is `local_only`. */
  push_delivered: boolean;
  recalled: Recalled | null;
}

export interface ConversationRecord {
  readonly data: Conversation;
  /** Order of creation; snapshot pages follow it. */
  readonly ordinal: number;
  /** Old enough to be found by records.query only. */
  readonly archived: boolean;
  /** For each of `data.assignments`: the newest conv_seq when it ended, null while it lasts (IN4). */
  readonly assignment_end_seqs: (number | null)[];
  removed: { readonly at: number; readonly until: number; readonly by: string } | null;
  sim: SimulationState | null;
  /** How recalls go in it (outcomes.ts); absent: by themselves. */
  fate?: RecallOutcomeName;
  /** Index = conv_seq - 1. */
  readonly messages: MessageRecord[];
}

/** Where a simulated consumer is in its scenario. */
export interface SimulationState {
  readonly scenario: string;
  /** Which of the scenario's threads. */
  readonly thread: number;
  /** Seed of this consumer's own choices. */
  readonly seed: number;
  turn: number;
  complaints: number;
  /** Reactions already used; each is used once a conversation. */
  reacted: string[];
  /** This consumer never opens the chat again: messages stay delivered and unread. */
  readonly absent: boolean;
  finished: boolean;
  readonly variables: Record<string, string>;
}

export interface RecallRecord {
  readonly recall_id: RecallId;
  readonly agent_id: string;
  readonly msg_id: string;
  readonly conversation_id: string;
  readonly ok: boolean;
  readonly effect: RecallEffect | null;
  readonly code: string | null;
  readonly details: Record<string, unknown> | null;
  readonly at: number;
  readonly elapsed_ms: number;
}

export interface TokenRecord {
  readonly token: string;
  readonly agent_id: string;
  /** Null: doesn't expire. */
  expires_at: number | null;
  revoked: boolean;
}

export interface AttachmentRecord {
  readonly attachment_id: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly mime: string;
  readonly name: string;
  /** Account that uploaded it; null for consumers' and for the built-in ones. */
  readonly by: string | null;
  /** A built-in picture, drawn again whenever it is asked for. */
  readonly drawn: { readonly width: number; readonly height: number; readonly hue: number } | null;
}

/** One numbered event of an account. `msg_id` stands for a message.created, which is filled in when it is sent. */
export interface LogEntry {
  readonly seq: number;
  readonly at: number;
  readonly kind: EventKind | (string & {});
  readonly msg_id: string | null;
  /** JSON text of the other fields, an object. */
  readonly body: string | null;
}
