import { lookup } from 'node:dns/promises';
import { request } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import os from 'node:os';
import { connect as connectTls, rootCertificates } from 'node:tls';
import type { NetworkFinding, NetworkFindings, NetworkProbe } from '#main/core/ports/network.ts';
import type { AppErrorCode } from '#shared/contract/errors.ts';
import { isLoopbackHost } from '#shared/domain/gateway-address.ts';

export interface NetworkProbeOptions {
  readonly proxyFor: (url: string) => Promise<string | null>;
  /** Opens a connection as the program does and ends it at once. */
  readonly checkGateway: (
    url: string,
    options: {
      readonly proxyFor: (url: string) => Promise<string | null>;
      readonly extraAuthorities?: readonly string[];
    },
  ) => Promise<{
    readonly problem: string | null;
    readonly reason: string;
    readonly date: number | null;
    readonly took_ms: number;
  }>;
  readonly interfaces?: () => NodeJS.Dict<os.NetworkInterfaceInfo[]>;
  readonly now?: () => number;
  readonly stepTimeoutMs?: number;
  readonly extraAuthorities?: readonly string[];
}

/** The NetworkProbe port: each step by itself, so that the one that fails can be named. */
export function createNetworkProbe(options: NetworkProbeOptions): NetworkProbe {
  const { interfaces = os.networkInterfaces, now = Date.now, stepTimeoutMs = 5_000 } = options;
  return {
    async probe(text) {
      const url = new URL(text);
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const port = url.port === '' ? (url.protocol === 'wss:' ? 443 : 80) : Number(url.port);
      const local = isLoopbackHost(url.hostname);
      const findings: {
        -readonly [K in keyof NetworkFindings]: NetworkFindings[K];
      } = {
        network: networkOf(interfaces(), local),
        proxy: null,
        name: null,
        reach: null,
        certificate: null,
        gateway: null,
        clock_ahead_ms: null,
      };
      if (!findings.network.ok) return findings;

      let proxy: URL | null = null;
      try {
        const address = local ? null : await options.proxyFor(text);
        proxy = address === null ? null : new URL(address);
      } catch {
        findings.proxy = bad('PROXY_FAILED', {});
        return findings;
      }
      let socket: Socket | null = null;
      try {
        if (proxy === null) {
          findings.proxy = fine({ used: 0 });
          findings.name = isIP(host) === 0 ? await nameOf(host, stepTimeoutMs) : fine({ addresses: host });
          if (!findings.name.ok) return findings;
          const reached = await reach(host, port, stepTimeoutMs);
          findings.reach = reached.finding;
          socket = reached.socket;
        } else {
          // The proxy resolves the name and opens the connection: those two steps are its own.
          const tunnelled = await tunnel(proxy, host, port, stepTimeoutMs);
          findings.proxy = tunnelled.finding;
          socket = tunnelled.socket;
        }
        if (socket === null) return findings;
        if (url.protocol === 'wss:') {
          findings.certificate = await certificateOf(socket, host, stepTimeoutMs, now, options.extraAuthorities);
          // Something that answers without TLS where TLS is meant may be a sign-in page: the next step says.
          if (!findings.certificate.ok && findings.certificate.code === 'CERTIFICATE_INVALID') return findings;
        }
      } finally {
        socket?.destroy();
      }
      const { problem, reason, date, took_ms } = await options.checkGateway(text, {
        proxyFor: async () => proxy?.href ?? null,
        ...(options.extraAuthorities === undefined ? {} : { extraAuthorities: options.extraAuthorities }),
      });
      findings.gateway = problem === null ? fine({ ms: took_ms }) : bad(codeOf(problem), { reason });
      findings.clock_ahead_ms = date === null ? null : now() - date;
      return findings;
    },
  };
}

const fine = (facts: NetworkFinding['facts']): NetworkFinding => ({ ok: true, code: null, facts });
const bad = (code: AppErrorCode, facts: NetworkFinding['facts']): NetworkFinding => ({ ok: false, code, facts });

function codeOf(problem: string): AppErrorCode {
  switch (problem) {
    case 'NOT_A_GATEWAY':
    case 'CERTIFICATE_INVALID':
    case 'CAPTIVE_PORTAL':
    case 'PROXY_FAILED':
    case 'INSECURE_ADDRESS':
      return problem;
    default:
      return 'GATEWAY_UNREACHABLE';
  }
}

function networkOf(interfaces: NodeJS.Dict<os.NetworkInterfaceInfo[]>, local: boolean): NetworkFinding {
  const outside = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  const facts = { interfaces: outside.length };
  return outside.length > 0 || local ? fine(facts) : bad('OFFLINE', facts);
}

async function nameOf(host: string, timeoutMs: number): Promise<NetworkFinding> {
  const began = performance.now();
  try {
    const found = await within(lookup(host, { all: true }), timeoutMs);
    const ms = Math.round(performance.now() - began);
    return fine({ addresses: found.map(({ address }) => address).join(' '), ms });
  } catch (thrown) {
    return bad('GATEWAY_UNREACHABLE', { reason: errorCode(thrown) });
  }
}

async function reach(
  host: string,
  port: number,
  timeoutMs: number,
): Promise<{ readonly finding: NetworkFinding; readonly socket: Socket | null }> {
  const began = performance.now();
  const socket = connectTcp({ host, port });
  try {
    await within(event(socket, 'connect'), timeoutMs);
    return { finding: fine({ port, ms: Math.round(performance.now() - began) }), socket };
  } catch (thrown) {
    socket.destroy();
    return { finding: bad('GATEWAY_UNREACHABLE', { port, reason: errorCode(thrown) }), socket: null };
  }
}

function tunnel(
  proxy: URL,
  host: string,
  port: number,
  timeoutMs: number,
): Promise<{ readonly finding: NetworkFinding; readonly socket: Socket | null }> {
  // Without its name and password.
  const where = proxy.host;
  const began = performance.now();
  return new Promise((resolve) => {
    const failed = (reason: string): void =>
      resolve({ finding: bad('PROXY_FAILED', { used: 1, proxy: where, reason }), socket: null });
    const authorization =
      proxy.username === ''
        ? {}
        : {
            'proxy-authorization': `Basic ${Buffer.from(
              `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`,
            ).toString('base64')}`,
          };
    const asking = request({
      host: proxy.hostname,
      port: proxy.port === '' ? 80 : Number(proxy.port),
      method: 'CONNECT',
      path: `${host.includes(':') ? `[${host}]` : host}:${port}`,
      headers: authorization,
      timeout: timeoutMs,
      agent: false,
    });
    asking.on('connect', (response, socket) => {
      if (response.statusCode === 200) {
        const ms = Math.round(performance.now() - began);
        resolve({ finding: fine({ used: 1, proxy: where, ms }), socket });
      } else {
        socket.destroy();
        failed(`http ${response.statusCode ?? 0}`);
      }
    });
    asking.on('timeout', () => asking.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    asking.on('error', (thrown) => failed(errorCode(thrown)));
    asking.end();
  });
}

async function certificateOf(
  socket: Socket,
  host: string,
  timeoutMs: number,
  now: () => number,
  extraAuthorities: readonly string[] | undefined,
): Promise<NetworkFinding> {
  const secure = connectTls({
    socket,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    host,
    rejectUnauthorized: true,
    ...(extraAuthorities === undefined ? {} : { ca: [...rootCertificates, ...extraAuthorities] }),
  });
  try {
    await within(event(secure, 'secureConnect'), timeoutMs);
    const { valid_to, issuer } = secure.getPeerCertificate();
    const days = Math.floor((Date.parse(valid_to) - now()) / 86_400_000);
    return fine({ days, issuer: String(issuer?.O ?? issuer?.CN ?? '').slice(0, 80) });
  } catch (thrown) {
    const reason = errorCode(thrown);
    const answeredPlainly = reason === 'EPROTO' || reason.startsWith('ERR_SSL');
    const cut = reason === 'ECONNRESET' || reason === 'ETIMEDOUT';
    return bad(answeredPlainly ? 'NOT_A_GATEWAY' : cut ? 'GATEWAY_UNREACHABLE' : 'CERTIFICATE_INVALID', { reason });
  } finally {
    secure.destroy();
  }
}

function event(socket: Socket, name: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(name, () => resolve());
    socket.on('error', reject);
  });
}

function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })), timeoutMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function errorCode(thrown: unknown): string {
  const { code } = thrown as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
}
