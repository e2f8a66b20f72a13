import { randomBytes } from 'node:crypto';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { CloseCode, MAX_FRAME_BYTES, SUBPROTOCOL } from '#shared/protocol/limits.ts';
import { DAY, SECOND } from '#shared/lib/durations.ts';
import type { Attachments } from './attachments.ts';
import { Connection, type ConnectionHost, type ConnectionLimits } from './connection.ts';
import type { Faults } from './faults.ts';
import type { AgentRecord } from './records.ts';
import type { World } from './world.ts';

/** The WebSocket server: who may connect, one connection an account, and waking those that have something to hear. */

const FAST_HEARTBEAT_MS = SECOND;
const TOKEN_LIFE_MS = 30 * DAY;

export class Gateway implements ConnectionHost {
  readonly world: World;
  readonly attachments: Attachments;
  readonly faults: Faults;
  readonly #limits: ConnectionLimits;
  readonly #isFast: () => boolean;
  readonly onRecallRequested: ConnectionHost['onRecallRequested'];
  readonly #flush: () => void;
  readonly #newToken: () => string;
  readonly #connections = new Set<Connection>();
  readonly #byAgent = new Map<string, Connection>();
  readonly #http: http.Server;
  readonly #sockets: WebSocketServer;

  constructor(parts: {
    world: World;
    attachments: Attachments;
    faults: Faults;
    limits: ConnectionLimits;
    /** The shop's clock runs faster than the clients'. */
    isFast?: () => boolean;
    flush: () => void;
    newToken?: () => string;
    onRecallRequested: ConnectionHost['onRecallRequested'];
  }) {
    this.world = parts.world;
    this.attachments = parts.attachments;
    this.faults = parts.faults;
    this.#limits = parts.limits;
    this.#isFast = parts.isFast ?? (() => false);
    this.onRecallRequested = parts.onRecallRequested;
    this.#flush = parts.flush;
    this.#newToken = parts.newToken ?? (() => `practice-${randomBytes(24).toString('base64url')}`);
    this.#http = http.createServer((_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain', connection: 'close' });
      response.end(SUBPROTOCOL);
    });
    // Frames a little over the limit arrive whole, so that they can be refused by their own close code.
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: 4 * MAX_FRAME_BYTES,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    this.#http.on('upgrade', (request, socket, head) => {
      const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
      if (!offered.includes(SUBPROTOCOL)) {
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) =>
        this.#connections.add(new Connection(this, webSocket)),
      );
    });
  }

  async listen(port: number, host: string): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
    const address = this.#http.address() as AddressInfo;
    return `ws://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}/`;
  }

  /** Says goodbye to everyone (4005) and stops listening. */
  async close(): Promise<void> {
    for (const connection of this.#connections)
      connection.close(CloseCode.GOING_AWAY, JSON.stringify({ retry_after_ms: 1_000 }));
    const stopped = new Promise<void>((resolve) => void this.#http.close(() => resolve()));
    // Clients have a moment for the closing handshake; then the sockets go.
    const impatience = setTimeout(() => {
      for (const socket of this.#sockets.clients) socket.terminate();
      this.#http.closeAllConnections();
    }, 250);
    await stopped;
    clearTimeout(impatience);
    this.#sockets.close();
  }

  /** While the clock runs fast, clients are to ask for the time more often: it isn't theirs any more a moment later. */
  get limits(): ConnectionLimits {
    return this.#isFast()
      ? { ...this.#limits, heartbeatMs: Math.min(FAST_HEARTBEAT_MS, this.#limits.heartbeatMs) }
      : this.#limits;
  }

  flush(): void {
    this.#flush();
  }

  authenticate(token: string): { readonly agent: AgentRecord } | { readonly code: number } {
    const record = this.world.tokens.get(token);
    const agent = record === undefined ? undefined : this.world.agents.get(record.agent_id);
    if (record === undefined || agent === undefined || record.revoked) return { code: CloseCode.AUTH_FAILED };
    if (record.expires_at !== null && record.expires_at <= this.world.now()) return { code: CloseCode.AUTH_EXPIRED };
    return { agent };
  }

  issueToken(agentId: string): { token: string; expires_at: number } {
    const token = this.#newToken();
    const expiresAt = this.world.now() + TOKEN_LIFE_MS;
    this.world.saveToken({ token, agent_id: agentId, expires_at: expiresAt, revoked: false });
    return { token, expires_at: expiresAt };
  }

  /** A token that doesn't expire: the one that a practice account is given at its start. */
  permanentToken(agentId: string): string {
    for (const record of this.world.tokens.values())
      if (record.agent_id === agentId && record.expires_at === null && !record.revoked) return record.token;
    const token = this.#newToken();
    this.world.saveToken({ token, agent_id: agentId, expires_at: null, revoked: false });
    return token;
  }

  admit(connection: Connection): void {
    const agentId = connection.agentId as string;
    const older = this.#byAgent.get(agentId);
    this.#byAgent.set(agentId, connection);
    if (older === undefined || older === connection) return;
    // The same device again is a reconnect over a dead socket; another device takes the account over.
    if (older.deviceId === connection.deviceId) older.terminate();
    else older.kick(connection.deviceId);
  }

  gone(connection: Connection): void {
    this.#connections.delete(connection);
    const agentId = connection.agentId;
    if (agentId !== null && this.#byAgent.get(agentId) === connection) this.#byAgent.delete(agentId);
  }

  wake(agentId: string): void {
    this.#byAgent.get(agentId)?.wake();
  }

  connection(agentId: string): Connection | undefined {
    return this.#byAgent.get(agentId);
  }

  connections(): readonly Connection[] {
    return [...this.#connections];
  }
}
