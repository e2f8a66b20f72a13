import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { protocol, type Session } from 'electron';
import { contentType, pageHeaders } from '../content-policy.ts';
import { listPageFiles } from '../page-files.ts';
import { isOwnAddress, SCHEME } from './origin.ts';

/** Before the app is ready: our scheme behaves like https (own origin, secure context), and gets nothing beyond. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Serves the built window under our own scheme, with the strict policy on every answer (SE1). */
export function serveScheme(session: Session, page: string): void {
  const files = listPageFiles(page);
  session.protocol.handle(SCHEME, (request) => answer(files, request));
}

export async function answer(
  files: ReadonlyMap<string, string>,
  request: { readonly url: string; readonly method: string },
): Promise<Response> {
  const headers = pageHeaders();
  const file =
    isOwnAddress(request.url) && request.method === 'GET' ? files.get(new URL(request.url).pathname) : undefined;
  if (file === undefined) return new Response('', { status: 404, headers });
  return new Response(new Uint8Array(await readFile(file)), {
    headers: { ...headers, 'content-type': contentType(path.extname(file)) },
  });
}
