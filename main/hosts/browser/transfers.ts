import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { appError, type AppErrorCode } from '#shared/contract/errors.ts';
import { newHandle, safeFileName, type FileHandles } from '../file-handles.ts';

/** A file larger than this is refused before or while it comes (SE6). Bytes. */
const LARGEST_UPLOAD = 16 * 1024 ** 3;

export interface TransferOptions {
  /** Folder of the profile that is emptied at each start. */
  readonly temp: string;
  /** Folder of the profile for files to be fetched: what is unfinished in it is still there at the next start. */
  readonly outgoing: string;
  readonly handles: FileHandles;
  readonly largestUpload?: number;
}

/** Files between the page and this machine: `upload`, `target` (a place for an export to come), `download`. */
export function createTransfers(options: TransferOptions) {
  const { temp, outgoing, handles, largestUpload = LARGEST_UPLOAD } = options;

  async function place(below: string, name: string): Promise<string> {
    const folder = path.join(below, newHandle());
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return path.join(folder, safeFileName(name));
  }

  return {
    async upload(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
      if (Number(request.headers['content-length'] ?? 0) > largestUpload)
        return refuse(response, 413, 'FILE_TOO_LARGE');
      const file = await place(temp, name);
      let bytes = 0;
      const counter = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          bytes += chunk.length;
          done(bytes > largestUpload ? Object.assign(new Error('too large'), { code: 'TOO_LARGE' }) : null, chunk);
        },
      });
      try {
        await pipeline(request, counter, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
      } catch (thrown) {
        await rm(path.dirname(file), { recursive: true, force: true });
        const { code } = thrown as { code?: unknown };
        if (code === 'TOO_LARGE') return refuse(response, 413, 'FILE_TOO_LARGE');
        if (code === 'ENOSPC' || code === 'EDQUOT') return refuse(response, 507, 'DISK_FULL');
        return refuse(response, 500, 'FILE_UNREADABLE');
      }
      json(response, 200, { handle: handles.register(file), name: path.basename(file), bytes });
    },

    async target(response: ServerResponse, name: string): Promise<void> {
      const file = await place(outgoing, name);
      json(response, 200, { handle: handles.offer(file), name: path.basename(file) });
    },

    async download(response: ServerResponse, handle: string): Promise<void> {
      const file = handles.offered(handle);
      const size = file === undefined ? undefined : (await stat(file).catch(() => undefined))?.size;
      if (file === undefined || size === undefined) return refuse(response, 404, 'FILE_NOT_FOUND');
      const name = encodeURIComponent(path.basename(file)).replaceAll(
        /['()*]/g,
        (char) => `%${char.charCodeAt(0).toString(16)}`,
      );
      response.writeHead(200, {
        'content-type': 'application/octet-stream',
        'content-length': size,
        'content-disposition': `attachment; filename="export"; filename*=UTF-8''${name}`,
        'cache-control': 'no-store',
      });
      // The person closed the page or stopped the download: nothing to report.
      await pipeline(createReadStream(file), response).catch(() => undefined);
    },
  };
}

export type Transfers = ReturnType<typeof createTransfers>;

function refuse(response: ServerResponse, status: number, code: AppErrorCode): void {
  json(response, status, { error: appError(code, 'refused by the browser host') });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
