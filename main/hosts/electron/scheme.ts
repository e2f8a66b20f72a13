import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { protocol, type Session } from 'electron';
import { contentType, pageHeaders, pictureHeaders, pictureRef } from '../content-policy.ts';
import { listPageFiles } from '../page-files.ts';
import { isOwnAddress, SCHEME } from './origin.ts';

/** Before the app is ready: our scheme behaves like https (own origin, secure context), and gets nothing beyond. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Serves the built window under our own scheme, with the strict policy on every answer (SE1). */
export function serveScheme(session: Session, page: string, picture: Pictures = noPictures): void {
  const files = listPageFiles(page);
  session.protocol.handle(SCHEME, (request) => answer(files, request, picture));
}

/** Checked pictures by reference (SE2). */
export type Pictures = (ref: string) => Promise<{ readonly mime: string; readonly bytes: Uint8Array } | null>;
const noPictures: Pictures = () => Promise.resolve(null);

export async function answer(
  files: ReadonlyMap<string, string>,
  request: { readonly url: string; readonly method: string },
  picture: Pictures = noPictures,
): Promise<Response> {
  const headers = pageHeaders();
  const ref = isOwnAddress(request.url) && request.method === 'GET' ? pictureRef(new URL(request.url).pathname) : null;
  if (ref !== null) {
    const shown = await picture(ref);
    if (shown === null) return new Response('', { status: 404, headers });
    return new Response(new Uint8Array(shown.bytes), { headers: pictureHeaders(shown.mime) });
  }
  const file =
    isOwnAddress(request.url) && request.method === 'GET' ? files.get(new URL(request.url).pathname) : undefined;
  if (file === undefined) return new Response('', { status: 404, headers });
  return new Response(new Uint8Array(await readFile(file)), {
    headers: { ...headers, 'content-type': contentType(path.extname(file)) },
  });
}
