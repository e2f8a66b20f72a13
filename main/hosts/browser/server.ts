import { createReadStream } from 'node:fs';
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { WebSocketServer, type WebSocket } from 'ws';
import { CallEnvelope, dispatch } from '#shared/contract/door.ts';
import { MOVED } from '#shared/contract/moved.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { TopicMessage } from '#shared/contract/topics.ts';
import type { Logger } from '#main/core/ports/logger.ts';
import { contentType, pageHeaders, pictureHeaders, pictureRef } from '../content-policy.ts';
import type { FileHandles } from '../file-handles.ts';
import { listPageFiles } from '../page-files.ts';
import { createSession, type Refusal } from './session.ts';
import { createTransfers } from './transfers.ts';

interface ServedPicture {
  readonly mime: string;
  readonly bytes: Uint8Array;
}

/** What is behind the door: one profile's program. */
export interface Served {
  readonly app: {
    readonly handlers: Handlers;
    subscribe(listener: (message: TopicMessage) => void): () => void;
    readonly picture?: (ref: string) => Promise<ServedPicture | null>;
  };
  readonly temp: string;
  readonly outgoing: string;
  readonly handles: FileHandles;
  readonly logger: Logger;
}

export interface BrowserHostOptions extends Served {
  /** Folder of the built window, with index.html. */
  readonly page: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly largestUpload?: number;
}

export interface BrowserHost {
  /** To be opened once: `http://127.0.0.1:PORT/?token=…`. */
  readonly url: string;
  readonly origin: string;
  /** Puts another profile behind the same door: every page loads anew and finds itself there (SE4, UX5). */
  moveTo(served: Served): void;
  close(): Promise<void>;
}

/** A call carries at most 1 MiB of text, which JSON may escape to six times that. */
const LARGEST_CALL_BYTES = 8 * 1024 * 1024;
/** A page that does not read is cut off rather than kept in memory; it reconnects and asks anew. */
const LARGEST_BACKLOG_BYTES = 64 * 1024 * 1024;

/** Serves the window to a plain browser on loopback, and its door at `/bridge` (SE3). AppFailure PORT_IN_USE, FILE_NOT_FOUND. */
export async function startBrowserHost(options: BrowserHostOptions): Promise<BrowserHost> {
  const { largestUpload } = options;
  const limit = largestUpload === undefined ? {} : { largestUpload };
  let { app, logger } = options;
  const files = listFiles(options.page);
  let transfers = createTransfers({ ...options, ...limit });
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 0, maxHeaderSize: 16_384 });
  const port = await listen(server, options.port);
  const session = createSession(port);
  const headers = pageHeaders([session.origin.replace('http:', 'ws:')]);

  const refuse = (response: ServerResponse, status: number, refusal: Refusal | 'NOT_FOUND' | 'METHOD'): void => {
    logger.log('warn', 'browser-host.refused', { status, refusal });
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    response.end(`${status} ${STATUS_CODES[status] ?? ''} ${refusal}\n`);
  };

  /** The path inside the cookie's path, or as it is; the cookie decides, not the path. */
  const localPath = (pathname: string): string =>
    pathname.startsWith(session.base) ? pathname.slice(session.base.length - 1) : pathname;

  server.on('request', (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    handle(request, response).catch((thrown: unknown) => {
      logger.log('error', 'browser-host.failed', { reason: thrown instanceof Error ? thrown.name : 'unknown' });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = parseAddress(request, session.origin);
    if (session.refuseHost(request) !== null || address === null) return refuse(response, 421, 'WRONG_HOST');
    const given = address.pathname === '/' ? address.searchParams.get('token') : null;
    if (given !== null) {
      const cookie = session.exchange(request, given);
      if (cookie === null) return refuse(response, 403, 'WRONG_TOKEN');
      response.writeHead(303, { 'set-cookie': cookie, location: session.base, 'cache-control': 'no-store' });
      response.end();
      return;
    }
    const refusal = session.refuse(request);
    if (refusal !== null) return refuse(response, 403, refusal);
    const local = localPath(address.pathname);
    const name = address.searchParams.get('name') ?? '';
    if (request.method === 'POST') {
      if (local === '/files/upload') return transfers.upload(request, response, name);
      if (local === '/files/target') return transfers.target(response, name);
      return refuse(response, 404, 'NOT_FOUND');
    }
    if (request.method !== 'GET') return refuse(response, 405, 'METHOD');
    const download = /^\/files\/download\/([\w-]{22})$/.exec(local)?.[1];
    if (download !== undefined) return transfers.download(response, download);
    const ref = pictureRef(local);
    if (ref !== null) {
      const picture = (await app.picture?.(ref)) ?? null;
      // Said plainly and not logged: a page asks for what was recalled or evicted a moment ago.
      response.writeHead(picture === null ? 404 : 200, pictureHeaders(picture?.mime ?? 'text/plain; charset=utf-8'));
      response.end(picture?.bytes);
      return;
    }
    const wanted = local === '/' ? '/index.html' : local;
    const file = files.get(wanted);
    if (file === undefined) return refuse(response, 404, 'NOT_FOUND');
    response.writeHead(200, {
      'content-type': contentType(path.extname(wanted)),
      'cache-control': wanted.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-store',
    });
    await pipeline(createReadStream(file), response).catch(() => undefined);
  }

  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_CALL_BYTES, perMessageDeflate: false });
  server.on('upgrade', (request, socket, head) => {
    const address = parseAddress(request, session.origin);
    const refusal = session.refuse(request);
    if (refusal !== null || address === null || localPath(address.pathname) !== '/bridge') {
      logger.log('warn', 'browser-host.refused', { status: 403, refusal: refusal ?? 'NOT_FOUND' });
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => serveDoor(webSocket, app, logger));
  });

  return {
    url: `${session.origin}/?token=${session.token}`,
    origin: session.origin,
    moveTo: (served) => {
      ({ app, logger } = served);
      transfers = createTransfers({ ...served, ...limit });
      for (const client of sockets.clients) client.close(MOVED, 'another profile');
    },
    close: async () => {
      for (const client of sockets.clients) client.close(1001, 'the host stops');
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      const cut = setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
        server.closeAllConnections();
      }, 500);
      server.closeIdleConnections();
      await closed;
      clearTimeout(cut);
      sockets.close();
    },
  };
}

/** One door (design.md): known name, parsed arguments, an answer as plain data; topics as they come. */
function serveDoor(webSocket: WebSocket, app: BrowserHostOptions['app'], logger: Logger): void {
  const send = (message: unknown): void => {
    if (webSocket.readyState !== webSocket.OPEN) return;
    if (webSocket.bufferedAmount > LARGEST_BACKLOG_BYTES) {
      logger.log('warn', 'browser-host.page-does-not-read');
      webSocket.terminate();
      return;
    }
    webSocket.send(JSON.stringify(message));
  };
  const unsubscribe = app.subscribe(send);
  webSocket.on('close', unsubscribe);
  webSocket.on('error', () => undefined);
  webSocket.on('message', (data, isBinary) => {
    const envelope = isBinary ? undefined : CallEnvelope.safeParse(parseJson(data.toString())).data;
    if (envelope === undefined) {
      webSocket.close(1008, 'not a call');
      return;
    }
    const { id, procedure, input } = envelope;
    void dispatch(app.handlers, procedure, input).then((answer) => send({ id, answer }));
  });
}

function listFiles(page: string): ReadonlyMap<string, string> {
  try {
    const files = listPageFiles(page);
    if (files.has('/index.html')) return files;
  } catch {
    // Said below.
  }
  throw new AppFailure('FILE_NOT_FOUND', 'the window is not built: npm run build', {
    file: 'dist/renderer/index.html',
  });
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) => {
      const taken = thrown.code === 'EADDRINUSE' || thrown.code === 'EACCES';
      reject(taken ? new AppFailure('PORT_IN_USE', 'the port cannot be used', { port }) : thrown);
    });
    // Loopback only, by address and not by name: a name can be made to mean something else.
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function parseAddress(request: IncomingMessage, origin: string): URL | null {
  const target = request.url ?? '';
  // Only the plain form: no absolute address, no `//host/…`.
  return target.startsWith('/') && !target.startsWith('//') && URL.canParse(target, origin)
    ? new URL(target, origin)
    : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
