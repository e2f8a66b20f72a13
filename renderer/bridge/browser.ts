import { z } from 'zod';
import type { AppErrorCode } from '#shared/contract/errors.ts';
import { TOPIC_NAMES, type TopicMessage } from '#shared/contract/topics.ts';
import type { CallAnswer } from '#shared/contract/door.ts';
import { MOVED } from '#shared/contract/moved.ts';
import { backoffDelay } from '#shared/lib/backoff.ts';
import { createTopicHub } from './topic-hub.ts';
import type { Bridge, HostState } from './types.ts';

/** The bridge to the loopback host: one WebSocket at `/bridge`, files over `/files/…`, all on the page's own origin. */

const Answered = z.object({
  id: z.int().nonnegative(),
  answer: z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), result: z.unknown() }),
    z.object({
      ok: z.literal(false),
      error: z.object({
        code: z.string(),
        message: z.string(),
        details: z.record(z.string(), z.unknown()).optional(),
      }),
    }),
  ]),
});
const Told = z.object({ topic: z.enum(TOPIC_NAMES), payload: z.unknown() });
const UploadAnswer = z.object({ handle: z.string(), name: z.string(), bytes: z.number() });
const TargetAnswer = z.object({ handle: z.string(), name: z.string() });

/** The part of WebSocket that is used, so that tests can pass a real server's client. */
export interface SocketLike {
  send(data: string): void;
  close(): void;
  onopen: (() => void) | null;
  onclose: ((event: { readonly code?: number }) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
}

export interface BrowserBridgeOptions {
  readonly openSocket: () => SocketLike;
  readonly fetch: typeof fetch;
  readonly chooseFile: (accept: string) => Promise<File | null>;
  /** Another profile is behind the door now: nothing that the page shows is true any more. */
  readonly onMoved?: () => void;
  readonly random?: () => number;
  /** Milliseconds after which calls that wait for the host to come back are answered with an error. */
  readonly patienceMs?: number;
}

interface Waiting {
  readonly frame: string;
  readonly settle: (answer: CallAnswer) => void;
  sent: boolean;
  readonly timer: ReturnType<typeof setTimeout> | null;
}

const LOOPBACK_BACKOFF = { baseMs: 250, maxMs: 4_000 };

function failed(code: AppErrorCode, message: string): { ok: false; error: { code: AppErrorCode; message: string } } {
  return { ok: false, error: { code, message } };
}

/**
 * Calls made while the host can't be reached wait up to `patienceMs` and go out after the reconnect. A call that was
 * already sent when the socket broke is answered with NETWORK_UNKNOWN: it may have happened, so it is never repeated here.
 */
export function createBrowserBridge(options: BrowserBridgeOptions): Bridge & { stop(): void } {
  const hub = createTopicHub();
  const waiting = new Map<number, Waiting>();
  const stateListeners = new Set<(state: HostState) => void>();
  const random = options.random ?? Math.random;
  const patienceMs = options.patienceMs ?? 8_000;
  let state: HostState = 'connecting';
  let socket: SocketLike | null = null;
  let lastId = 0;
  let attempt = 0;
  let stopped = false;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const setState = (next: HostState): void => {
    if (state === next) return;
    state = next;
    for (const listener of stateListeners) listener(next);
  };

  const settle = (id: number, answer: CallAnswer): void => {
    const call = waiting.get(id);
    if (!call) return;
    waiting.delete(id);
    if (call.timer) clearTimeout(call.timer);
    call.settle(answer);
  };

  const receive = (data: unknown): void => {
    if (typeof data !== 'string') return;
    let raw: unknown;
    try {
      raw = JSON.parse(data);
    } catch {
      return;
    }
    // One kind or the other, never tried as both: a schema that fails makes issues, which cost more than all the rest.
    if (typeof raw === 'object' && raw !== null && 'topic' in raw) {
      const told = Told.safeParse(raw).data;
      if (told) hub.publish(told as TopicMessage);
    } else {
      const answered = Answered.safeParse(raw).data;
      if (answered) settle(answered.id, answered.answer as CallAnswer);
    }
  };

  const connect = (): void => {
    const current = options.openSocket();
    let open = false;
    current.onopen = () => {
      open = true;
      socket = current;
      attempt = 0;
      setState('connected');
      for (const call of waiting.values())
        if (!call.sent) {
          call.sent = true;
          current.send(call.frame);
        }
    };
    current.onmessage = (event) => receive(event.data);
    current.onclose = ({ code }) => {
      if (socket === current) socket = null;
      if (open)
        for (const [id, call] of waiting) if (call.sent) settle(id, failed('NETWORK_UNKNOWN', 'the host went away'));
      if (stopped) return;
      if (code === MOVED) options.onMoved?.();
      setState('gone');
      retry = setTimeout(connect, backoffDelay(attempt++, random(), LOOPBACK_BACKOFF));
    };
  };
  connect();

  const post = async <T>(path: string, body: Blob | null, schema: z.ZodType<T>): Promise<CallAnswer<T>> => {
    try {
      const response = await options.fetch(path, { method: 'POST', body, credentials: 'same-origin' });
      if (response.status === 413) return failed('FILE_TOO_LARGE', 'refused by the host');
      const parsed = schema.safeParse(await response.json());
      if (!response.ok || !parsed.success) return failed('FILE_UNREADABLE', `host answered ${response.status}`);
      return { ok: true, result: parsed.data };
    } catch {
      return failed('NETWORK_UNKNOWN', 'the host could not be reached');
    }
  };

  return {
    host: 'browser',
    call(procedure, input) {
      return new Promise((resolve) => {
        const id = ++lastId;
        const call: Waiting = {
          frame: JSON.stringify({ id, procedure, input }),
          settle: resolve as (answer: CallAnswer) => void,
          sent: socket !== null,
          timer: socket
            ? null
            : setTimeout(() => settle(id, failed('NETWORK_UNKNOWN', 'the host is gone')), patienceMs),
        };
        waiting.set(id, call);
        socket?.send(call.frame);
      });
    },
    subscribe: hub.subscribe,
    async pickFile(accept) {
      const file = await options.chooseFile(accept);
      if (!file) return { ok: true, result: null };
      return post(`files/upload?name=${encodeURIComponent(file.name)}`, file, UploadAnswer);
    },
    takeFile: (file) => post(`files/upload?name=${encodeURIComponent(file.name)}`, file, UploadAnswer),
    pickSave: (suggestedName) => post(`files/target?name=${encodeURIComponent(suggestedName)}`, null, TargetAnswer),
    hostState: () => state,
    onHostState(listener) {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    stop() {
      stopped = true;
      clearTimeout(retry);
      for (const id of [...waiting.keys()]) settle(id, failed('CANCELLED', 'stopped'));
      socket?.close();
    },
  };
}
