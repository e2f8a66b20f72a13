import type { IncomingMessage } from 'node:http';
import { rootCertificates } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import WebSocket from 'ws';
import type { Transport, TransportClose, TransportHandlers, TransportSocket } from '#main/core/ports/transport.ts';
import { MAX_FRAME_BYTES, SUBPROTOCOL } from '#shared/protocol/limits.ts';
import { isLoopbackHost } from '#shared/domain/gateway-address.ts';

export interface WsTransportOptions {
  /** Milliseconds for TCP, TLS and the upgrade together. */
  readonly handshakeTimeoutMs?: number;
  /** Milliseconds that a close handshake may take before the connection is cut. */
  readonly closeTimeoutMs?: number;
  /** Further certificate authorities (PEM), beside the system's. There is no way to switch verification off (SE5). */
  readonly extraAuthorities?: readonly string[];
  /**
   * The HTTP proxy through which this address is reached (a CONNECT tunnel, TLS inside it), or null. Asked before each
   * attempt (SY4), never for loopback. What it rejects with counts as PROXY_FAILED.
   */
  readonly proxyFor?: (url: string) => Promise<string | null>;
  /** The answer to the upgrade, whatever it was. */
  readonly onAnswer?: (answer: IncomingMessage) => void;
}

/** Errors of TLS verification as Node names them: the peer isn't who the address says. Final (SE5). */
const CERTIFICATE_ERRORS = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_REJECTED',
  'CERT_UNTRUSTED',
  'CERT_CHAIN_TOO_LONG',
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function problemOf(error: Error, opened: boolean): TransportClose['problem'] {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (CERTIFICATE_ERRORS.has(code)) return 'CERTIFICATE_INVALID';
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 'FRAME_TOO_LARGE';
  if (code === 'WS_ERR_INVALID_UTF8') return 'FRAME_NOT_TEXT';
  if (opened) return 'NETWORK';
  // Something answered, but not a WebSocket server: TLS against plain text, or not HTTP at all.
  if (code === 'EPROTO' || code.startsWith('HPE_') || code.startsWith('ERR_SSL')) return 'NOT_A_GATEWAY';
  if (/subprotocol|Sec-WebSocket|Invalid Upgrade/i.test(error.message)) return 'NOT_A_GATEWAY';
  return 'UNREACHABLE';
}

/** The Transport port over `ws`. One socket an attempt; exactly one `onClose`, always after `connect` has returned. */
export function createWsTransport(options: WsTransportOptions = {}): Transport {
  return {
    connect(url, handlers) {
      const refused = refuse(url);
      if (refused !== null) return deadSocket(handlers, refused);
      return options.proxyFor === undefined || isLoopbackHost(new URL(url).hostname)
        ? openSocket(url, handlers, options, null)
        : openBehind(options.proxyFor(url), url, handlers, options);
    },
  };
}

function refuse(url: string): TransportClose | null {
  const none = (problem: TransportClose['problem'], reason: string): TransportClose => ({
    code: 1006,
    reason,
    problem,
  });
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return none('NOT_A_GATEWAY', 'not an address');
  }
  if (parsed.protocol !== 'wss:' && parsed.protocol !== 'ws:') return none('NOT_A_GATEWAY', 'not a WebSocket address');
  // A name in the address would travel in a header; tokens travel in `hello` only.
  if (parsed.username !== '' || parsed.password !== '') return none('NOT_A_GATEWAY', 'credentials in the address');
  if (parsed.protocol === 'ws:' && !isLoopbackHost(parsed.hostname))
    return none('INSECURE_ADDRESS', 'ws: only to loopback');
  return null;
}

function deadSocket(handlers: TransportHandlers, close: TransportClose): TransportSocket {
  setImmediate(() => handlers.onClose(close));
  return {
    send: () => {},
    close: () => {},
    terminate: () => {},
    bufferedBytes: 0,
    pause: () => {},
    resume: () => {},
  };
}

/** A socket whose way out is still being asked for. What happens to it meanwhile happens to the real one. */
function openBehind(
  asked: Promise<string | null>,
  url: string,
  handlers: TransportHandlers,
  options: WsTransportOptions,
): TransportSocket {
  let socket: TransportSocket | null = null;
  let ended: { readonly code: number; readonly reason: string } | null = null;
  asked.then(
    (proxy) => {
      if (ended === null) socket = openSocket(url, handlers, options, proxy);
      else handlers.onClose({ ...ended, problem: 'NETWORK' });
    },
    () => handlers.onClose({ code: 1006, reason: 'no proxy to be had', problem: 'PROXY_FAILED' }),
  );
  return {
    send: (text) => socket?.send(text),
    close(code, reason) {
      if (socket !== null) socket.close(code, reason);
      else ended = { code, reason };
    },
    terminate() {
      if (socket !== null) socket.terminate();
      else ended = { code: 1006, reason: 'ended' };
    },
    get bufferedBytes() {
      return socket?.bufferedBytes ?? 0;
    },
    pause: () => socket?.pause(),
    resume: () => socket?.resume(),
  };
}

/** An agent that tunnels, and says how the proxy took it. AppFailure-free: a bad address shows as PROXY_FAILED. */
function tunnel(proxy: string, done: (status: number) => void): HttpsProxyAgent<string> {
  const agent = new HttpsProxyAgent(proxy);
  agent.on('proxyConnect', ({ statusCode }: { readonly statusCode: number }) => done(statusCode));
  return agent;
}

/**
 * An answer that is no upgrade. A page, or being sent to another place, is what networks give that want a sign-in first; a
 * server of this very address sends within itself, or says plainly that it has nothing here.
 */
function refusalOf(url: string, response: IncomingMessage): TransportClose['problem'] {
  const status = response.statusCode ?? 0;
  if (status === 511) return 'CAPTIVE_PORTAL';
  // A proxy in front says that the gateway is away.
  if (status >= 500) return 'UNREACHABLE';
  if (status >= 300 && status < 400) {
    const target = response.headers.location ?? '';
    const elsewhere = URL.canParse(target, url) && new URL(target, url).hostname !== new URL(url).hostname;
    return elsewhere ? 'CAPTIVE_PORTAL' : 'NOT_A_GATEWAY';
  }
  return status === 200 && /^text\/html\b/i.test(response.headers['content-type'] ?? '')
    ? 'CAPTIVE_PORTAL'
    : 'NOT_A_GATEWAY';
}

export interface GatewayAnswer {
  readonly problem: TransportClose['problem'];
  readonly reason: string;
  /** `Date` of the answer, milliseconds since 1970 UTC; whole seconds. */
  readonly date: number | null;
  readonly took_ms: number;
}

/** Opens a connection as `createWsTransport` does and ends it at once: does a gateway answer there? Says no `hello`. */
export function probeGateway(url: string, options: WsTransportOptions = {}): Promise<GatewayAnswer> {
  const began = performance.now();
  let date: number | null = null;
  const answered = (problem: TransportClose['problem'], reason: string): GatewayAnswer => ({
    problem,
    reason,
    date,
    took_ms: Math.round(performance.now() - began),
  });
  const transport = createWsTransport({
    ...options,
    onAnswer: ({ headers }) => {
      const at = Date.parse(headers.date ?? '');
      if (Number.isFinite(at)) date = at;
    },
  });
  return new Promise((resolve) => {
    const socket = transport.connect(url, {
      onOpen() {
        resolve(answered(null, ''));
        socket.close(1000, 'only looking');
      },
      onText: () => undefined,
      onClose: ({ problem, reason, code }) =>
        resolve(answered(problem ?? 'NETWORK', reason === '' ? String(code) : reason)),
    });
  });
}

function openSocket(
  url: string,
  handlers: TransportHandlers,
  options: WsTransportOptions,
  proxy: string | null,
): TransportSocket {
  const closeTimeoutMs = options.closeTimeoutMs ?? 2_000;
  let problem: TransportClose['problem'] = null;
  let opened = false;
  let closed = false;
  let cut: NodeJS.Timeout | null = null;
  let tunnelled = proxy === null;

  const webSocket = new WebSocket(url.replace(/#.*$/, ''), SUBPROTOCOL, {
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
    handshakeTimeout: options.handshakeTimeoutMs ?? 10_000,
    // Said explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED can't turn it off.
    rejectUnauthorized: true,
    ...(proxy === null
      ? {}
      : {
          agent: tunnel(proxy, (status) => {
            if (status === 200) tunnelled = true;
            else problem = 'PROXY_FAILED';
          }),
        }),
    ...(options.extraAuthorities === undefined ? {} : { ca: [...rootCertificates, ...options.extraAuthorities] }),
  });

  const finish = (code: number, reason: string): void => {
    if (closed) return;
    closed = true;
    if (cut !== null) clearTimeout(cut);
    handlers.onClose({ code, reason, problem });
  };
  const closeSoon = (code: number, reason: string): void => {
    if (closed) return;
    // A reason may have 123 bytes; ours are short ASCII.
    webSocket.close(code, reason.slice(0, 120));
    cut ??= setTimeout(() => webSocket.terminate(), closeTimeoutMs);
    cut.unref();
  };

  webSocket.on('open', () => {
    if (webSocket.protocol !== SUBPROTOCOL) {
      problem = 'NOT_A_GATEWAY';
      webSocket.terminate();
      return;
    }
    opened = true;
    handlers.onOpen();
  });
  webSocket.on('message', (data, isBinary) => {
    if (closed || problem !== null) return;
    if (isBinary) {
      problem = 'FRAME_NOT_TEXT';
      closeSoon(4000, 'binary frame');
      return;
    }
    handlers.onText((data as Buffer).toString('utf8'));
  });
  webSocket.on('upgrade', (response) => options.onAnswer?.(response));
  webSocket.on('unexpected-response', (request, response) => {
    if (tunnelled) options.onAnswer?.(response);
    problem ??= refusalOf(url, response);
    response.destroy();
    request.destroy();
    finish(1006, `http ${response.statusCode ?? 0}`);
  });
  webSocket.on('error', (error) => {
    problem ??= tunnelled ? problemOf(error, opened) : 'PROXY_FAILED';
  });
  webSocket.on('close', (code, reason) => {
    // 1006 without any error: the connection was cut without a goodbye.
    if (problem === null && code === 1006) problem = opened ? 'NETWORK' : 'UNREACHABLE';
    finish(code, reason.toString('utf8'));
  });

  return {
    send(text) {
      if (webSocket.readyState === WebSocket.OPEN) webSocket.send(text);
    },
    close: closeSoon,
    terminate: () => webSocket.terminate(),
    get bufferedBytes() {
      return webSocket.bufferedAmount;
    },
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
  };
}
