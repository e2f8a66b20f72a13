import { z } from 'zod';

/**
 * Faults of the practice gateway, on demand (a faults file, tests, `practice.fault`). Everything is decided from the
 * plan's seed and the order in which things happen, so a failing run can be repeated.
 *
 * A faults file is one JSON object:
 * ```
 * { "seed": 7, "clock_skew_ms": 0, "maintenance": null, "outcomes": false,
 *   "rules": [
 *     { "fault": "delay", "on": "reply", "match": "message.*", "ms": 3000, "jitter_ms": 500 },
 *     { "fault": "drop", "on": "reply", "match": "message.recall", "times": 1 },
 *     { "fault": "duplicate", "on": "event", "probability": 0.2 },
 *     { "fault": "error", "match": "message.send", "code": "SERVER_BUSY", "retry_after_ms": 2000, "times": 2 },
 *     { "fault": "cut", "on": "event", "when": "after", "skip": 10, "times": 1 } ] }
 * ```
 * Each rule may carry `agent_id` (only this account), `match` (a request's name or an event's kind; a trailing `*`
 * stands for any rest), `probability` (0–1, default 1), `skip` (let this many matches pass first) and `times` (then
 * act at most so often). Several rules may act on one frame; they are combined.
 */

const selection = {
  agent_id: z.string().min(1).max(128).optional(),
  match: z.string().min(1).max(64).optional(),
  probability: z.number().min(0).max(1).optional(),
  skip: z.int().nonnegative().optional(),
  times: z.int().positive().optional(),
};
const Milliseconds = z.int().min(0).max(86_400_000);

/** Where a rule can act. `request`: before it is carried out; `reply`: after it was carried out, before its reply. */
export const FaultPoint = z.enum(['hello', 'request', 'reply', 'event', 'pong']);
export type FaultPoint = z.infer<typeof FaultPoint>;

export const FaultRule = z.discriminatedUnion('fault', [
  /** Later by `ms` plus up to `jitter_ms`. Delayed events hold back the ones behind them; replies overtake each other. */
  z.object({
    ...selection,
    fault: z.literal('delay'),
    on: FaultPoint,
    ms: Milliseconds,
    jitter_ms: Milliseconds.optional(),
  }),
  /** Never sent. On `reply`: the request succeeded and its answer is lost. On `request`: never carried out, never answered. */
  z.object({ ...selection, fault: z.literal('drop'), on: FaultPoint }),
  /** Sent twice. */
  z.object({ ...selection, fault: z.literal('duplicate'), on: z.enum(['reply', 'event', 'pong']) }),
  /** The event changes places with the next one. */
  z.object({ ...selection, fault: z.literal('reorder') }),
  /** TCP connection gone without a goodbye, before or after the frame (default: before). */
  z.object({ ...selection, fault: z.literal('cut'), on: FaultPoint, when: z.enum(['before', 'after']).optional() }),
  /** Login refused with a close code; 4005 carries `retry_after_ms` in its reason. */
  z.object({
    ...selection,
    fault: z.literal('refuse'),
    code: z.int().min(1_000).max(4_999).optional(),
    retry_after_ms: Milliseconds.optional(),
  }),
  /** The request isn't carried out and answered with this error code. */
  z.object({
    ...selection,
    fault: z.literal('error'),
    code: z.string().min(1).max(64),
    retry_after_ms: Milliseconds.optional(),
  }),
  /** As if the account had logged in on another device. */
  z.object({ ...selection, fault: z.literal('kick'), on: FaultPoint }),
  /** The connection stays open and nothing more is sent on it for `ms`: no events, replies or pongs. */
  z.object({ ...selection, fault: z.literal('silence'), on: FaultPoint, ms: Milliseconds }),
  /** The events that a request causes reach the client before its reply does. */
  z.object({ ...selection, fault: z.literal('event_before_reply') }),
  /** `conversation.pull` and `snapshot.get` answer with less than they have; a pull with an empty page and `has_more`. */
  z.object({ ...selection, fault: z.literal('empty_page') }),
]);
export type FaultRule = z.infer<typeof FaultRule>;

/** Every way a recall can go that the practice gateway plays on purpose (main/practice/outcomes.ts). */
export const RECALL_OUTCOMES = [
  'plain',
  'read_at_40s',
  'push',
  'attachment_opened',
  'session_ended',
  'transferred',
  'other_device',
  'group',
  'consumer_restricted',
  'soft_limit',
  'hard_limit',
  'maintenance',
  'silence',
  'reply_lost',
  'event_first',
  'event_twice',
  'policy_changed',
  'clock_wrong',
] as const;
export type RecallOutcomeName = (typeof RECALL_OUTCOMES)[number];

export const FaultPlan = z.object({
  seed: z.int().nonnegative().optional(),
  /** Added to the gateway's clock in everything it says and stamps. */
  clock_skew_ms: z.int().min(-86_400_000).max(86_400_000).optional(),
  /** Every login is refused with 4005, every request answered SERVER_BUSY, both with this `retry_after_ms`. */
  maintenance: z.object({ retry_after_ms: Milliseconds }).nullable().optional(),
  /** Each conversation of a person's account draws from the seed how recalls go in it. */
  outcomes: z.boolean().optional(),
  rules: z.array(FaultRule).max(1_000),
});
export type FaultPlan = z.infer<typeof FaultPlan>;
