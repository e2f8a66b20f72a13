import type { AppErrorCode } from '#shared/contract/errors.ts';
import { unreachable } from '#shared/lib/assert.ts';
import { CloseCode, LONGEST_RETRY_AFTER_MS } from '#shared/protocol/limits.ts';
import type { TransportClose } from '../ports/transport.ts';

/**
 * The connection of one account as a small named state machine (SY1), pure: no time, no randomness, no socket. The driver
 * (connection.ts) carries out the effects and owns every timer.
 *
 * The danger here is looping. So: `connect` is only ever an effect of `start`, of a person's or the network's `retry`,
 * and of a delay that is over; never of a close. `kicked` leaves only by a person's own `retry` (IN7: never fight for the
 * session), `refused` by a person's, or, where the network itself may have been the cause, by the network's.
 */

export interface ConnectionProblem {
  readonly code: AppErrorCode;
  /** For the log and developers: ids, codes and counts only. */
  readonly message: string;
}

export type ConnectionPhase =
  | { readonly name: 'offline' }
  | { readonly name: 'connecting'; readonly attempt: number; readonly problem: ConnectionProblem | null }
  | { readonly name: 'authenticating'; readonly attempt: number; readonly problem: ConnectionProblem | null }
  | { readonly name: 'catching-up'; readonly attempt: number }
  | { readonly name: 'live'; readonly attempt: number }
  | { readonly name: 'backing-off'; readonly attempt: number; readonly problem: ConnectionProblem | null }
  | { readonly name: 'kicked'; readonly byDevice: string | null }
  | { readonly name: 'refused'; readonly problem: ConnectionProblem };

export type ConnectionInput =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'retry'; readonly by: 'person' | 'network' }
  /** Address or token could not be read. */
  | { readonly type: 'prepare-failed'; readonly problem: ConnectionProblem }
  | { readonly type: 'opened' }
  | { readonly type: 'welcomed' }
  | { readonly type: 'caught-up' }
  /** The connection has proven itself (a first pong): the next trouble starts counting anew. */
  | { readonly type: 'stable' }
  | { readonly type: 'kicked'; readonly byDevice: string | null }
  /** Our own decision that this socket is no good: silence, a gap, frames that can't be read. */
  | { readonly type: 'give-up'; readonly problem: ConnectionProblem; readonly closeCode: number | null }
  | { readonly type: 'closed'; readonly close: TransportClose }
  | { readonly type: 'delay-over' };

export type ConnectionEffect =
  | { readonly type: 'connect' }
  /** Close the present socket and ignore whatever it still says; `code` null: without a goodbye. */
  | { readonly type: 'drop'; readonly code: number | null; readonly reason: string }
  /** Wait with full jitter (SY4), but at least `minimumMs`. */
  | { readonly type: 'wait'; readonly attempt: number; readonly minimumMs: number };

export interface Step {
  readonly phase: ConnectionPhase;
  readonly effects: readonly ConnectionEffect[];
}

export const INITIAL_PHASE: ConnectionPhase = { name: 'offline' };

/** Is there a socket that belongs to this phase? */
export function hasSocket(phase: ConnectionPhase): boolean {
  switch (phase.name) {
    case 'connecting':
    case 'authenticating':
    case 'catching-up':
    case 'live':
      return true;
    case 'offline':
    case 'backing-off':
    case 'kicked':
    case 'refused':
      return false;
    default:
      return unreachable(phase);
  }
}

/** May requests be sent? (after `welcome`) */
export function isOpen(phase: ConnectionPhase): boolean {
  return phase.name === 'catching-up' || phase.name === 'live';
}

const stay = (phase: ConnectionPhase): Step => ({ phase, effects: [] });

function attemptOf(phase: ConnectionPhase): number {
  return 'attempt' in phase ? phase.attempt : 0;
}

function backOff(
  phase: ConnectionPhase,
  problem: ConnectionProblem | null,
  minimumMs = 0,
  before: readonly ConnectionEffect[] = [],
): Step {
  const attempt = attemptOf(phase);
  return {
    phase: { name: 'backing-off', attempt: attempt + 1, problem },
    effects: [...before, { type: 'wait', attempt, minimumMs }],
  };
}

export function step(phase: ConnectionPhase, input: ConnectionInput): Step {
  switch (input.type) {
    case 'start':
      return phase.name === 'offline'
        ? { phase: { name: 'connecting', attempt: 0, problem: null }, effects: [{ type: 'connect' }] }
        : stay(phase);
    case 'stop':
      return {
        phase: { name: 'offline' },
        effects: hasSocket(phase) ? [{ type: 'drop', code: 1000, reason: 'bye' }] : [],
      };
    case 'retry':
      return retry(phase, input.by);
    case 'prepare-failed':
      return phase.name === 'connecting' ? backOff(phase, input.problem) : stay(phase);
    case 'opened':
      return phase.name === 'connecting' ? stay({ ...phase, name: 'authenticating' }) : stay(phase);
    case 'welcomed':
      return phase.name === 'authenticating' ? stay({ name: 'catching-up', attempt: phase.attempt }) : stay(phase);
    case 'caught-up':
      return phase.name === 'catching-up' ? stay({ name: 'live', attempt: phase.attempt }) : stay(phase);
    case 'stable':
      return isOpen(phase) ? stay({ ...phase, attempt: 0 } as ConnectionPhase) : stay(phase);
    case 'kicked':
      return hasSocket(phase)
        ? {
            phase: { name: 'kicked', byDevice: input.byDevice },
            effects: [{ type: 'drop', code: 1000, reason: 'kicked' }],
          }
        : stay(phase);
    case 'give-up':
      return hasSocket(phase)
        ? backOff(phase, input.problem, 0, [
            { type: 'drop', code: input.closeCode, reason: input.problem.message.slice(0, 100) },
          ])
        : stay(phase);
    case 'closed':
      return hasSocket(phase) ? closed(phase, input.close) : stay(phase);
    case 'delay-over':
      return phase.name === 'backing-off'
        ? {
            phase: { name: 'connecting', attempt: phase.attempt, problem: phase.problem },
            effects: [{ type: 'connect' }],
          }
        : stay(phase);
    default:
      return unreachable(input);
  }
}

function retry(phase: ConnectionPhase, by: 'person' | 'network'): Step {
  const connect: Step = { phase: { name: 'connecting', attempt: 0, problem: null }, effects: [{ type: 'connect' }] };
  switch (phase.name) {
    case 'backing-off':
      return connect;
    case 'kicked':
      return by === 'person' ? connect : stay(phase);
    case 'refused':
      // Behind a login page of some hotel's network every certificate is wrong; elsewhere it may be right again.
      return by === 'person' || phase.problem.code === 'CERTIFICATE_INVALID' ? connect : stay(phase);
    case 'offline':
      return stay(phase);
    case 'connecting':
    case 'authenticating':
    case 'catching-up':
    case 'live':
      // After a wake or a change of network the socket may be dead without knowing; a person asks because it seems so.
      return {
        phase: { name: 'connecting', attempt: 0, problem: null },
        effects: [{ type: 'drop', code: null, reason: 'retry' }, { type: 'connect' }],
      };
    default:
      return unreachable(phase);
  }
}

function closed(phase: ConnectionPhase, close: TransportClose): Step {
  const refuse = (code: AppErrorCode, message: string): Step => stay({ name: 'refused', problem: { code, message } });
  switch (close.problem) {
    case 'INSECURE_ADDRESS':
    case 'CERTIFICATE_INVALID':
      return refuse(close.problem, close.reason);
    case 'NOT_A_GATEWAY':
      return backOff(phase, { code: 'NOT_A_GATEWAY', message: close.reason });
    // Both pass by themselves when the network is another one or is signed in to, so they are tried again.
    case 'CAPTIVE_PORTAL':
    case 'PROXY_FAILED':
      return backOff(phase, { code: close.problem, message: close.reason });
    case 'UNREACHABLE':
      return backOff(phase, { code: 'GATEWAY_UNREACHABLE', message: close.reason });
    case 'FRAME_TOO_LARGE':
    case 'FRAME_NOT_TEXT':
      return backOff(phase, { code: 'PROTOCOL_ERROR', message: close.problem });
    case 'NETWORK':
    case null:
      break;
    default:
      return unreachable(close.problem);
  }
  switch (close.code) {
    case CloseCode.AUTH_FAILED:
      return refuse('AUTH_FAILED', `closed ${close.code}`);
    case CloseCode.CLIENT_TOO_OLD:
      return refuse('CLIENT_TOO_OLD', `closed ${close.code}`);
    case CloseCode.KICKED:
      return stay({ name: 'kicked', byDevice: null });
    case CloseCode.AUTH_EXPIRED:
      return backOff(phase, { code: 'AUTH_EXPIRED', message: `closed ${close.code}` });
    case CloseCode.GOING_AWAY:
      return backOff(phase, { code: 'SERVER_BUSY', message: `closed ${close.code}` }, retryAfter(close.reason));
    case CloseCode.PROTOCOL_ERROR:
      return backOff(phase, { code: 'PROTOCOL_ERROR', message: `closed ${close.code}` });
    default:
      // A normal close reconnects too (SY4).
      return backOff(phase, { code: 'NETWORK_UNKNOWN', message: `closed ${close.code}` });
  }
}

/** 4005's reason may be JSON with `retry_after_ms`. */
function retryAfter(reason: string): number {
  try {
    const value: unknown = JSON.parse(reason);
    const ms =
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)['retry_after_ms'] : null;
    return typeof ms === 'number' && Number.isFinite(ms) ? Math.min(Math.max(0, ms), LONGEST_RETRY_AFTER_MS) : 0;
  } catch {
    return 0;
  }
}
