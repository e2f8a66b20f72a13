import type { Intake, MessageKind, MessageStatus, SenderRole } from '#shared/protocol/entities.ts';

/** Small integers of closed lists in records.db. Never reorder or reuse one: files outlive versions. */
export const KIND_CODES: Readonly<Record<MessageKind, number>> = {
  text: 0,
  image: 1,
  file: 2,
  video: 3,
  voice: 4,
  order_card: 5,
  product_card: 6,
  system: 7,
  unknown: 8,
};
export const SENDER_CODES: Readonly<Record<SenderRole, number>> = { agent: 0, consumer: 1, system: 2 };
export const STATUS_CODES: Readonly<Record<MessageStatus, number>> = { sent: 0, delivered: 1, read: 2, failed: 3 };
export const INTAKE_CODES: Readonly<Record<Intake, number>> = { waiting: 0, active: 1, ended: 2 };

const invert = <K extends string>(codes: Readonly<Record<K, number>>): readonly K[] =>
  (Object.entries(codes) as [K, number][]).sort((a, b) => a[1] - b[1]).map(([name]) => name);
export const KINDS = invert(KIND_CODES);
export const SENDERS = invert(SENDER_CODES);
export const STATUSES = invert(STATUS_CODES);
export const INTAKES = invert(INTAKE_CODES);

/** Bits of messages.flags. */
export const Flag = {
  RECALLED: 1,
  /** A correction of it was sent. */
  CORRECTED: 2,
  /** It is itself a correction. */
  CORRECTION: 4,
  SENSITIVE: 8,
  INCIDENT: 16,
  REVIEWED: 32,
  PUSH_DELIVERED: 64,
  HAS_NUMBERS: 128,
} as const;
