import { z } from 'zod';
import { DeviceId } from '../domain/ids.ts';
import { Agent, Shop, Timestamp } from './entities.ts';
import { EventEnvelope, isKnownEventKind, readKnownEvent, type GatewayEvent } from './events.ts';
import { leftOut, nullable, readable, unknownAs } from './fields.ts';
import { MAX_FRAME_BYTES } from './limits.ts';
import { REQUESTS, ReplyError, isRequestName, type RequestFields, type RequestName } from './requests.ts';

/** Frames of both directions and their parsers. A parser never throws and its problems never contain message text. */

export const Hello = z.object({
  type: z.literal('hello'),
  protocol: z.int(),
  token: z.string().min(1).max(8_192),
  device_id: DeviceId,
  app_version: z.string().min(1).max(64),
  resume: nullable(z.object({ event_seq: z.int().nonnegative() })),
});
export type Hello = z.infer<typeof Hello>;

export const Ack = z.object({ type: z.literal('ack'), event_seq: z.int().nonnegative() });
export type Ack = z.infer<typeof Ack>;
export const Ping = z.object({ type: z.literal('ping'), sent_at: z.number() });
export type Ping = z.infer<typeof Ping>;

/**
 * A shop inside `welcome` keeps its policy unparsed: one refused policy must not refuse the whole welcome (RC1).
 * `Policy.safeParse` it where it is stored.
 */
export const WelcomeShop = Shop.omit({ policy: true }).extend({ policy: z.unknown().optional() });

export const Welcome = z.object({
  type: z.literal('welcome'),
  session_id: z.string().min(1).max(256),
  server_time: Timestamp,
  heartbeat_ms: z.int().nonnegative(),
  agent: Agent,
  shops: readable(WelcomeShop),
  resume: z.discriminatedUnion('status', [
    z.object({ status: z.literal('resumed'), from_seq: z.int().positive() }),
    z.object({
      status: z.literal('snapshot'),
      /** Whatever it is, nothing here is wrong because of it. */
      reason: unknownAs(z.enum(['first', 'expired', 'unknown']), 'expired'),
      event_seq: z.int().nonnegative(),
    }),
  ]),
});
export type Welcome = z.infer<typeof Welcome>;

export const Reply = z.discriminatedUnion('ok', [
  z.object({
    type: z.literal('reply'),
    request_id: z.string().min(1).max(128),
    ok: z.literal(true),
    result: z.unknown().optional(),
  }),
  z.object({
    type: z.literal('reply'),
    request_id: z.string().min(1).max(128),
    ok: z.literal(false),
    error: ReplyError,
  }),
]);
export type Reply = z.infer<typeof Reply>;

export const Pong = z.object({
  type: z.literal('pong'),
  sent_at: z.number(),
  server_time: Timestamp,
  last_event_seq: z.int().nonnegative(),
});
export type Pong = z.infer<typeof Pong>;

/** `at`: when the newer login happened. */
export const Kicked = z.object({ type: z.literal('kicked'), by_device: nullable(z.string().max(256)), at: Timestamp });
export type Kicked = z.infer<typeof Kicked>;

export interface FrameProblem {
  /** Machine-readable; the text carries paths and expectations, never received content (SE4). */
  readonly code: 'TOO_LARGE' | 'NOT_JSON' | 'NOT_OBJECT' | 'BAD_SHAPE';
  readonly detail: string;
}

export type ServerFrame =
  /** `left_out`: shops that could not be read. */
  | { readonly type: 'welcome'; readonly frame: Welcome; readonly left_out: number }
  | { readonly type: 'reply'; readonly frame: Reply }
  | { readonly type: 'pong'; readonly frame: Pong }
  | { readonly type: 'kicked'; readonly frame: Kicked }
  | { readonly type: 'event'; readonly event: GatewayEvent }
  /** An unknown `type`: ignored by behaviour, kept raw. */
  | { readonly type: 'unknown'; readonly unknown_type: string; readonly raw: string }
  | { readonly type: 'bad'; readonly problem: FrameProblem };

export type ClientFrame =
  | { readonly type: 'hello'; readonly frame: Hello }
  | { readonly type: 'ack'; readonly frame: Ack }
  | { readonly type: 'ping'; readonly frame: Ping }
  | RequestFrame
  | { readonly type: 'bad_request'; readonly request_id: string; readonly name: string; readonly problem: string }
  | { readonly type: 'unknown'; readonly unknown_type: string }
  | { readonly type: 'bad'; readonly problem: FrameProblem };

export type RequestFrame = {
  [N in RequestName]: {
    readonly type: 'request';
    readonly name: N;
    readonly request_id: string;
    readonly fields: RequestFields<N>;
  };
}[RequestName];

const RequestId = z.string().min(1).max(128);

/** Paths and codes of what doesn't fit; no values (SE4). */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || '(root)'}: ${issue.code}`)
    .join('; ');
}

type Opened =
  | { readonly ok: true; readonly type: string; readonly value: Record<string, unknown> }
  | { readonly ok: false; readonly problem: FrameProblem };

function open(text: string): Opened {
  // A UTF-16 unit is at most three UTF-8 bytes: only near the limit is the exact length worth computing.
  if (
    text.length > MAX_FRAME_BYTES ||
    (text.length * 3 > MAX_FRAME_BYTES && new TextEncoder().encode(text).length > MAX_FRAME_BYTES)
  )
    return { ok: false, problem: { code: 'TOO_LARGE', detail: `more than ${MAX_FRAME_BYTES} bytes` } };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: { code: 'NOT_JSON', detail: `${text.length} characters` } };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, problem: { code: 'NOT_OBJECT', detail: 'a frame is one JSON object' } };
  const type = (value as Record<string, unknown>)['type'];
  if (typeof type !== 'string') return { ok: false, problem: { code: 'BAD_SHAPE', detail: 'type: missing' } };
  return { ok: true, type, value: value as Record<string, unknown> };
}

function bad(type: string, error: z.ZodError): { type: 'bad'; problem: FrameProblem } {
  return { type: 'bad', problem: { code: 'BAD_SHAPE', detail: `${type}: ${describeIssues(error)}` } };
}

/** Whether all that doesn't fit is a name in a closed list that has grown since. */
function onlyUnknownNames(error: z.ZodError, value: unknown): boolean {
  return error.issues.every(
    ({ code, path }) =>
      code === 'invalid_value' &&
      typeof path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value) ===
        'string',
  );
}

/** Parses an event that is already JSON; `raw` is kept with unknown and malformed ones. */
export function parseEvent(
  value: Record<string, unknown>,
  raw: string,
): GatewayEvent | { type: 'bad'; problem: FrameProblem } {
  const kind = value['kind'];
  if (typeof kind === 'string' && isKnownEventKind(kind)) {
    const known = readKnownEvent(value);
    if (known.success) return known.data;
    const envelope = EventEnvelope.safeParse(value);
    if (!envelope.success) return bad('event', envelope.error);
    const { event_seq, at } = envelope.data;
    // Nothing wrong but names of a later version: not malformed, and no reason to close (SY8). A policy is judged whole (RC1).
    if (kind !== 'policy.updated' && onlyUnknownNames(known.error, value))
      return { type: 'event', kind: 'unknown', unknown_kind: kind, event_seq, at, raw };
    return {
      type: 'event',
      kind: 'malformed',
      malformed_kind: kind,
      event_seq,
      at,
      problem: describeIssues(known.error),
      raw,
    };
  }
  const envelope = EventEnvelope.safeParse(value);
  if (!envelope.success) return bad('event', envelope.error);
  return {
    type: 'event',
    kind: 'unknown',
    unknown_kind: envelope.data.kind,
    event_seq: envelope.data.event_seq,
    at: envelope.data.at,
    raw,
  };
}

/** Client side: one text frame from the gateway. */
export function parseServerFrame(text: string): ServerFrame {
  const opened = open(text);
  if (!opened.ok) return { type: 'bad', problem: opened.problem };
  const { type, value } = opened;
  switch (type) {
    case 'event': {
      const event = parseEvent(value, text);
      return event.type === 'bad' ? event : { type: 'event', event };
    }
    case 'reply': {
      const parsed = Reply.safeParse(value);
      return parsed.success ? { type, frame: parsed.data } : bad(type, parsed.error);
    }
    case 'pong': {
      const parsed = Pong.safeParse(value);
      return parsed.success ? { type, frame: parsed.data } : bad(type, parsed.error);
    }
    case 'welcome': {
      const parsed = Welcome.safeParse(value);
      return parsed.success
        ? { type, frame: parsed.data, left_out: leftOut(value, parsed.data) }
        : bad(type, parsed.error);
    }
    case 'kicked': {
      const parsed = Kicked.safeParse(value);
      return parsed.success ? { type, frame: parsed.data } : bad(type, parsed.error);
    }
    default:
      return { type: 'unknown', unknown_type: type, raw: text };
  }
}

/** Gateway side: one text frame from a client. A request whose fields don't fit still yields its id, for BAD_REQUEST. */
export function parseClientFrame(text: string): ClientFrame {
  const opened = open(text);
  if (!opened.ok) return { type: 'bad', problem: opened.problem };
  const { type, value } = opened;
  if (type === 'hello' || type === 'ack' || type === 'ping') {
    const schema = type === 'hello' ? Hello : type === 'ack' ? Ack : Ping;
    const parsed = schema.safeParse(value);
    return parsed.success ? ({ type, frame: parsed.data } as ClientFrame) : bad(type, parsed.error);
  }
  const id = RequestId.safeParse(value['request_id']);
  if (!id.success) return isRequestName(type) ? bad(type, id.error) : { type: 'unknown', unknown_type: type };
  if (!isRequestName(type)) return { type: 'bad_request', request_id: id.data, name: type, problem: 'unknown request' };
  const fields = REQUESTS[type].fields.safeParse(value);
  if (!fields.success)
    return { type: 'bad_request', request_id: id.data, name: type, problem: describeIssues(fields.error) };
  return { type: 'request', name: type, request_id: id.data, fields: fields.data } as RequestFrame;
}
