import type { Attachment, Operator, Order, RecallEffect } from '#shared/protocol/entities.ts';

/** The column messages.extra: what few messages have. JSON; NULL where there is nothing. */
export interface MessageExtra {
  readonly attachment?: Attachment | undefined;
  readonly order?: Order | undefined;
  readonly order_nos?: readonly string[];
  readonly violation_nos?: readonly string[];
  readonly correction_of?: string;
  readonly corrected_by?: string;
  readonly recalled?: RecalledExtra;
  /** Names that this version didn't know (SY8); the message as it came lies in raw_events. */
  readonly unknown?: { readonly kind: string | null; readonly role: string | null };
}

/** The tombstone of a recalled message; its content, where it was known, lies in seals. */
export interface RecalledExtra {
  readonly recall_id: string | null;
  readonly operator: Operator;
  readonly effect: RecallEffect;
  readonly at: number;
  readonly reason: string | null;
  /** The content is in seals. */
  readonly sealed: boolean;
  /** A later result that said less than `effect`; the first stays. */
  readonly disputed?: RecallEffect;
}

export function parseExtra(text: string | null): MessageExtra {
  return text === null ? {} : (JSON.parse(text) as MessageExtra);
}

export function formatExtra(extra: MessageExtra): string | null {
  const text = JSON.stringify(extra);
  return text === '{}' ? null : text;
}
