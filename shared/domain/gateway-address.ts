/** True for names and addresses that can only mean this machine; `host` as in a URL, brackets included. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true;
  return /^127(\.\d{1,3}){3}$/.test(name);
}

export type GatewayAddress =
  | {
      readonly ok: true;
      /** As given, without what never belongs in it. */
      readonly url: string;
      /** Names the gateway as a source of records: the same for every account at it. */
      readonly source: string;
    }
  | { readonly ok: false; readonly problem: 'NOT_AN_ADDRESS' | 'INSECURE_ADDRESS' };

/** SE5: `wss:`, or `ws:` to this machine. No user name, no fragment: the token travels in `hello` only. */
export function parseGatewayAddress(text: string): GatewayAddress {
  const trimmed = text.trim();
  if (!URL.canParse(trimmed)) return { ok: false, problem: 'NOT_AN_ADDRESS' };
  const url = new URL(trimmed);
  if ((url.protocol !== 'wss:' && url.protocol !== 'ws:') || url.hostname === '')
    return { ok: false, problem: 'NOT_AN_ADDRESS' };
  if (url.username !== '' || url.password !== '') return { ok: false, problem: 'NOT_AN_ADDRESS' };
  if (url.protocol === 'ws:' && !isLoopbackHost(url.hostname)) return { ok: false, problem: 'INSECURE_ADDRESS' };
  url.hash = '';
  return { ok: true, url: url.href, source: `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}` };
}
