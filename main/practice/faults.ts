import { FaultPlan, type FaultPoint, type FaultRule } from '#shared/contract/practice.ts';
import { describeIssues } from '#shared/protocol/frames.ts';
import { createPrng, type Prng } from '#shared/lib/prng.ts';
import { err, ok, type Result } from '#shared/lib/result.ts';

export type { FaultPlan, FaultPoint, FaultRule };

/** What is to happen to one frame: every rule that acts on it, combined. */
export interface FaultDecision {
  readonly delayMs: number;
  readonly drop: boolean;
  readonly duplicate: boolean;
  readonly reorder: boolean;
  readonly cut: 'before' | 'after' | null;
  readonly refuse: { readonly code: number; readonly retryAfterMs: number | null } | null;
  readonly error: { readonly code: string; readonly retryAfterMs: number | null } | null;
  readonly kick: boolean;
  readonly silenceMs: number;
  readonly eventBeforeReply: boolean;
  readonly emptyPage: boolean;
}

const NOTHING: FaultDecision = {
  delayMs: 0,
  drop: false,
  duplicate: false,
  reorder: false,
  cut: null,
  refuse: null,
  error: null,
  kick: false,
  silenceMs: 0,
  eventBeforeReply: false,
  emptyPage: false,
};

/** Reads a faults file's text. The problem names paths, never content. */
export function parseFaultPlan(text: string): Result<FaultPlan, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err('not JSON');
  }
  const parsed = FaultPlan.safeParse(value);
  return parsed.success ? ok(parsed.data) : err(describeIssues(parsed.error));
}

/**
 * Decides faults: the same plan and the same order of questions give the same answers. Each rule draws from its own
 * generator, so adding a rule doesn't disturb the others.
 */
export class Faults {
  readonly #seed: number;
  #rules: { readonly rule: FaultRule; readonly prng: Prng; seen: number; acted: number }[] = [];
  #skewMs = 0;
  #maintenance: { readonly retryAfterMs: number } | null = null;
  #acted = 0;
  #outcomesSeed: number | null = null;

  constructor(seed: number, plan?: FaultPlan) {
    this.#seed = seed;
    if (plan !== undefined) this.setPlan(plan);
  }

  /** Replaces everything. */
  setPlan(plan: FaultPlan): void {
    const root = createPrng(plan.seed ?? this.#seed);
    this.#rules = plan.rules.map((rule, index) => ({ rule, prng: root.fork(`rule ${index}`), seen: 0, acted: 0 }));
    this.#skewMs = plan.clock_skew_ms ?? 0;
    this.#outcomesSeed = plan.outcomes === true ? (plan.seed ?? this.#seed) : null;
    const maintenance = plan.maintenance ?? null;
    this.#maintenance = maintenance === null ? null : { retryAfterMs: maintenance.retry_after_ms };
  }

  /** Adds one rule behind the others. */
  add(rule: FaultRule): void {
    const prng = createPrng(this.#seed).fork(`rule ${this.#rules.length}`);
    this.#rules.push({ rule, prng, seen: 0, acted: 0 });
  }

  clear(): void {
    this.setPlan({ rules: [] });
  }

  get clockSkewMs(): number {
    return this.#skewMs;
  }

  set clockSkewMs(ms: number) {
    this.#skewMs = ms;
  }

  /** What fates of conversations are drawn from, or null: they have none (outcomes.ts). */
  get outcomesSeed(): number | null {
    return this.#outcomesSeed;
  }

  get maintenance(): { readonly retryAfterMs: number } | null {
    return this.#maintenance;
  }

  set maintenance(value: { readonly retryAfterMs: number } | null) {
    this.#maintenance = value;
  }

  /** How many faults have acted so far. A test that relies on faults looks here, so that it can't pass without any. */
  get acted(): number {
    return this.#acted;
  }

  /** `name`: the request's name or the event's kind; empty where there is none. */
  decide(point: FaultPoint, agentId: string, name: string): FaultDecision {
    if (this.#rules.length === 0) return NOTHING;
    let decision: FaultDecision = NOTHING;
    for (const entry of this.#rules) {
      const { rule } = entry;
      if (pointOf(rule) !== point || (rule.agent_id !== undefined && rule.agent_id !== agentId)) continue;
      if (rule.match !== undefined && !matches(rule.match, name)) continue;
      entry.seen += 1;
      if (entry.seen <= (rule.skip ?? 0) || entry.acted >= (rule.times ?? Infinity)) continue;
      if (!entry.prng.chance(rule.probability ?? 1)) continue;
      entry.acted += 1;
      this.#acted += 1;
      decision = combine(decision, rule, entry.prng);
    }
    return decision;
  }
}

function pointOf(rule: FaultRule): FaultPoint {
  switch (rule.fault) {
    case 'reorder':
      return 'event';
    case 'refuse':
      return 'hello';
    case 'error':
    case 'empty_page':
      return 'request';
    case 'event_before_reply':
      return 'reply';
    default:
      return rule.on;
  }
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function combine(decision: FaultDecision, rule: FaultRule, prng: Prng): FaultDecision {
  switch (rule.fault) {
    case 'delay':
      return { ...decision, delayMs: decision.delayMs + rule.ms + prng.int((rule.jitter_ms ?? 0) + 1) };
    case 'drop':
      return { ...decision, drop: true };
    case 'duplicate':
      return { ...decision, duplicate: true };
    case 'reorder':
      return { ...decision, reorder: true };
    case 'cut':
      return { ...decision, cut: decision.cut === 'before' ? 'before' : (rule.when ?? 'before') };
    case 'refuse':
      return { ...decision, refuse: { code: rule.code ?? 4005, retryAfterMs: rule.retry_after_ms ?? null } };
    case 'error':
      return { ...decision, error: { code: rule.code, retryAfterMs: rule.retry_after_ms ?? null } };
    case 'kick':
      return { ...decision, kick: true };
    case 'silence':
      return { ...decision, silenceMs: Math.max(decision.silenceMs, rule.ms) };
    case 'event_before_reply':
      return { ...decision, eventBeforeReply: true };
    case 'empty_page':
      return { ...decision, emptyPage: true };
  }
}
