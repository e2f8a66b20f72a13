/** The window's own address: one scheme, one host (SE1). Compared as parsed addresses, never by substring. */
export const SCHEME = 'workbench-app';
const APP_HOST = 'window';
export const APP_URL = `${SCHEME}://${APP_HOST}/index.html`;

export function isOwnAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, host, username, password } = new URL(address);
  return protocol === `${SCHEME}:` && host === APP_HOST && username === '' && password === '';
}

/** What may be handed to the person's browser: plain https, without credentials in the address. */
export function isOpenableOutside(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, username, password } = new URL(address);
  return protocol === 'https:' && username === '' && password === '';
}
