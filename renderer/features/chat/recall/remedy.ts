import type { MessageView } from '#shared/contract/views.ts';

export type RemedyKind = 'maybe_seen' | 'local_only' | 'failed' | 'expired';

/**
 * Why a remedy card belongs under a message (RC12, RM1): its recall failed, expired, or was not `both`. Null: none does.
 * Somebody else's recall needs no remedy from here; its tombstone says what it did.
 */
export function remedyFor(message: MessageView): { readonly kind: RemedyKind; readonly code: string | null } | null {
  const { recall, recalled } = message;
  if (recall?.state === 'failed') {
    // RC17: it is gone, whoever did it.
    if (recall.code === 'ALREADY_RECALLED' || recalled) return null;
    return { kind: 'failed', code: recall.code };
  }
  if (recall?.state === 'expired') return recalled ? null : { kind: 'expired', code: recall.code ?? 'WINDOW_EXPIRED' };
  const effect = recall?.state === 'done' ? (recall.effect ?? recalled?.effect) : null;
  if (effect === 'maybe_seen' || effect === 'local_only') return { kind: effect, code: recall?.code ?? null };
  return null;
}
