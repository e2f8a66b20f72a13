import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export type Refusal = 'WRONG_HOST' | 'WRONG_ORIGIN' | 'NO_SESSION' | 'WRONG_TOKEN';

/**
 * Who may talk to the loopback host (SE3): the browser that was given the one-time token. Every request is held against
 * Host (a page of another name that resolves to this address is refused), Origin and Sec-Fetch-Site (another page in the
 * same browser is refused), and the cookie. The cookie's path is unguessable: cookies don't know ports, so without it
 * any other server on this machine that the browser visits would be handed the cookie.
 */
export interface Session {
  readonly origin: string;
  /** Path below which the cookie is sent, with both slashes. */
  readonly base: string;
  readonly token: string;
  /** Takes the token, once; answers with the cookie to set, or null. */
  exchange(request: IncomingMessage, token: string): string | null;
  refuse(request: IncomingMessage): Refusal | null;
  refuseHost(request: IncomingMessage): Refusal | null;
}

const COOKIE = 'workbench_session';

export function createSession(port: number): Session {
  const host = `127.0.0.1:${port}`;
  const origin = `http://${host}`;
  const base = `/w-${randomBytes(16).toString('base64url')}/`;
  const secret = randomBytes(32).toString('base64url');
  const token = randomBytes(32).toString('base64url');
  let tokenIsGood = true;

  const refuseHost = (request: IncomingMessage): Refusal | null =>
    request.headers.host === host ? null : 'WRONG_HOST';

  const refuseOrigin = (request: IncomingMessage): Refusal | null => {
    const { origin: given } = request.headers;
    const safe = request.method === 'GET' && request.headers.upgrade === undefined;
    if (given === undefined ? !safe : given !== origin) return 'WRONG_ORIGIN';
    const site = request.headers['sec-fetch-site'];
    return site === undefined || site === 'same-origin' || site === 'none' ? null : 'WRONG_ORIGIN';
  };

  return {
    origin,
    base,
    token,
    exchange: (request, given) => {
      if (refuseHost(request) !== null || request.method !== 'GET') return null;
      if (!tokenIsGood || !equal(given, token)) return null;
      tokenIsGood = false;
      return `${COOKIE}=${secret}; Path=${base}; HttpOnly; SameSite=Strict`;
    },
    refuse: (request) => {
      const refusal = refuseHost(request) ?? refuseOrigin(request);
      if (refusal !== null) return refusal;
      return cookies(request).some((value) => equal(value, secret)) ? null : 'NO_SESSION';
    },
    refuseHost,
  };
}

function cookies(request: IncomingMessage): string[] {
  return (request.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${COOKIE}=`))
    .map((pair) => pair.slice(COOKIE.length + 1));
}

/** Takes the same time whatever is given. */
function equal(given: string, wanted: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
