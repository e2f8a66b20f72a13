import { inspect } from '#shared/domain/guard/inspect.ts';
import { createWordSet, type WordSet } from '#shared/domain/guard/words.ts';
import type { Role } from '#shared/protocol/entities.ts';
import type { ConversationRecord, ShopRecord } from './records.ts';

/** Compiled lists, by the version they were made of. */
const compiled = new WeakMap<ShopRecord, { readonly version: number; readonly set: WordSet }>();

function wordsOf(shop: ShopRecord): WordSet {
  const known = compiled.get(shop);
  if (known?.version === shop.words_version) return known.set;
  const set = createWordSet(
    shop.words.filter(({ removed }) => removed === null),
    shop.words_version,
  );
  compiled.set(shop, { version: shop.words_version, set });
  return set;
}

/**
 * The gateway's last check of a text (PV3, PV4), with the same code as the client's: what the policy or the list blocks
 * isn't let out, unless the policy lets this role and a reason was given. What asks for confirmation is the client's to ask.
 */
export function blockedBy(
  shop: ShopRecord,
  conversation: ConversationRecord,
  text: string,
  override: { readonly role: Role; readonly reason: string | undefined },
): { readonly category: string } | null {
  const { order_nos, violation_nos } = conversation.data;
  const report = inspect(text, shop.policy, wordsOf(shop), { knownNumbers: new Set([...order_nos, ...violation_nos]) });
  if (report.decision !== 'block') return null;
  const may = shop.policy.send.override_roles?.includes(override.role) ?? false;
  if (may && override.reason !== undefined && [...override.reason.trim()].length >= 2) return null;
  const hit = report.hits.find(({ action }) => action === 'block');
  return { category: hit?.category ?? 'word' };
}
