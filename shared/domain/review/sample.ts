import { z } from 'zod';

/**
 * Sampling (QA2). The same seed over the same receptions draws the same sample, whatever order they come in and on every
 * machine; how is written down here, so that somebody else can draw it again:
 *
 * 1. Every candidate (one agent's part of one conversation) has a name: source, conversation id and agent id, joined by
 *    line feeds. Its lot is two FNV-1a hashes (32 bits, over UTF-16 units, finished by murmur's mixer) of seed + line
 *    feed + name, the second one over the text from behind: 64 bits.
 * 2. Candidates are put in the order of their lots; equal ones by name.
 * 3. `random` takes the first `size`. `quota` takes the first `per_agent` of each agent, agents in the order of their
 *    first lot, at most `size`. `risk` leaves out whoever has none of the chosen risks and takes the first `size` of the
 *    rest by number of chosen risks, then lot.
 */
export const RISKS = ['sensitive', 'recalled', 'unanswered', 'long_wait'] as const;
export type Risk = (typeof RISKS)[number];

const LARGEST_SAMPLE = 2_000;

export const SampleSpec = z.strictObject({
  method: z.enum(['random', 'quota', 'risk']),
  size: z.int().min(1).max(LARGEST_SAMPLE),
  /** `quota` only. */
  per_agent: z.int().min(1).max(500).optional(),
  /** `risk` only; none means all of them. */
  risks: z.array(z.enum(RISKS)).max(RISKS.length).optional(),
  /** A wait of at least this many seconds before the first answer is long. */
  long_wait_s: z.int().min(1).max(86_400).default(300),
  /** Milliseconds since 1970 UTC; days are taken whole. [from, to). */
  from: z.int().nonnegative(),
  to: z.int().nonnegative(),
  /** Names or ids; absent or empty: all. */
  agents: z.array(z.string().min(1).max(1_024)).max(500).optional(),
  shops: z.array(z.string().min(1).max(1_024)).max(500).optional(),
  /** Only conversations whose session has ended. */
  ended_only: z.boolean().default(false),
  /** Receptions with fewer messages than this, both ways, are left out. */
  least_messages: z.int().min(1).max(1_000).default(2),
});
export type SampleSpec = z.infer<typeof SampleSpec>;

export interface Candidate {
  readonly source: string;
  readonly conversation_id: string;
  readonly agent_id: string;
  readonly risks: readonly Risk[];
}

/** FNV-1a over UTF-16 units, with its bits mixed at the end. */
function hash(text: string, backwards: boolean): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++)
    value = Math.imul(value ^ text.charCodeAt(backwards ? text.length - 1 - at : at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

const nameOf = (candidate: Candidate): string =>
  [candidate.source, candidate.conversation_id, candidate.agent_id].join('\n');

/** Draws the sample; the answer's order is the order of review. */
export function drawSample<T extends Candidate>(candidates: readonly T[], spec: SampleSpec, seed: string): T[] {
  const lots = candidates
    .map((candidate) => {
      const name = nameOf(candidate);
      const text = `${seed}\n${name}`;
      return { candidate, name, high: hash(text, false), low: hash(text, true) };
    })
    .sort((a, b) => a.high - b.high || a.low - b.low || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  // The same reception twice is one.
  const ordered = lots.filter(({ name }, at) => at === 0 || lots[at - 1]?.name !== name);
  if (spec.method === 'random') return ordered.slice(0, spec.size).map(({ candidate }) => candidate);
  if (spec.method === 'risk') {
    const wanted = new Set<Risk>(spec.risks === undefined || spec.risks.length === 0 ? RISKS : spec.risks);
    const count = ({ candidate }: (typeof ordered)[number]): number =>
      candidate.risks.filter((risk) => wanted.has(risk)).length;
    return ordered
      .filter((each) => count(each) > 0)
      .sort((a, b) => count(b) - count(a))
      .slice(0, spec.size)
      .map(({ candidate }) => candidate);
  }
  const quota = spec.per_agent ?? 1;
  const byAgent = new Map<string, T[]>();
  for (const { candidate } of ordered) {
    const key = `${candidate.source}\n${candidate.agent_id}`;
    const own = byAgent.get(key) ?? [];
    if (own.length < quota) own.push(candidate);
    byAgent.set(key, own);
  }
  return [...byAgent.values()].flat().slice(0, spec.size);
}
