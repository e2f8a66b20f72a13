import { z } from 'zod';
import type { GuardHit } from '../guard/inspect.ts';

/** What kind of mistake a message was (RM1); decides the playbook. */
export const MISTAKE_TYPES = ['price', 'policy', 'wording', 'privacy', 'wrong_conversation', 'other'] as const;
export const MistakeType = z.enum(MISTAKE_TYPES);
export type MistakeType = z.infer<typeof MistakeType>;

export interface MistakeProposal {
  readonly type: MistakeType;
  /** What spoke for it: kinds and categories of hits, strongest first; empty for `other`. Never message text. */
  readonly because: readonly string[];
  /** The other types that something spoke for, strongest first. */
  readonly alternatives: readonly MistakeType[];
}

/**
 * How much a hit speaks for a type. Somebody's data out in the open outweighs every price and promise, because it can't be
 * taken back by words; a promise binds the shop more than a price does; bad words come last.
 */
const BY_KIND: Readonly<Record<Exclude<GuardHit['kind'], 'word'>, readonly [MistakeType, number]>> = {
  id_number: ['privacy', 100],
  bank_card: ['privacy', 100],
  phone: ['privacy', 60],
  address: ['privacy', 60],
  email: ['privacy', 40],
  promise: ['policy', 20],
  contact: ['policy', 15],
  money: ['price', 12],
};

/** Categories of word lists, as gateways name them, in both languages. Others are wording. */
const BY_CATEGORY: Readonly<Record<string, MistakeType>> = {
  privacy: 'privacy',
  隐私: 'privacy',
  price: 'price',
  价格: 'price',
  money: 'price',
  policy: 'policy',
  政策: 'policy',
  promise: 'policy',
  承诺: 'policy',
  advertising: 'policy',
  广告: 'policy',
  contact: 'policy',
  引流: 'policy',
  abuse: 'wording',
  辱骂: 'wording',
};
const WORD_WEIGHT: Readonly<Record<GuardHit['action'], number>> = { warn: 6, confirm: 14, block: 30 };

/**
 * Proposes the type from what the guard found in the message (RM1). `wrongConversation`: the wrong-conversation guard
 * (PV5) had asked, or the agent said so; that explains everything else in the message. The agent can always choose another.
 */
export function proposeMistakeType(
  hits: readonly Pick<GuardHit, 'kind' | 'category' | 'action'>[],
  wrongConversation = false,
): MistakeProposal {
  const scores = new Map<MistakeType, number>();
  const reasons = new Map<MistakeType, Set<string>>();
  for (const hit of hits) {
    const [type, weight] =
      hit.kind === 'word'
        ? ([BY_CATEGORY[hit.category.toLowerCase()] ?? 'wording', WORD_WEIGHT[hit.action]] as const)
        : BY_KIND[hit.kind];
    scores.set(type, Math.max(scores.get(type) ?? 0, weight));
    const because = reasons.get(type) ?? new Set<string>();
    reasons.set(type, because.add(hit.kind === 'word' ? `word:${hit.category}` : hit.kind));
  }
  const ranked = [...scores]
    .sort((a, b) => b[1] - a[1] || MISTAKE_TYPES.indexOf(a[0]) - MISTAKE_TYPES.indexOf(b[0]))
    .map(([type]) => type);
  if (wrongConversation)
    return {
      type: 'wrong_conversation',
      because: ['wrong_conversation'],
      alternatives: ranked.filter((type) => type !== 'wrong_conversation'),
    };
  const type = ranked[0];
  if (type === undefined) return { type: 'other', because: [], alternatives: [] };
  return { type, because: [...(reasons.get(type) ?? [])], alternatives: ranked.slice(1) };
}
