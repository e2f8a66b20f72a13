/** The host of a link that may be opened outside the window (SE2): plain https to a named host, without credentials. Null: not openable. */
export function openableHost(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { protocol, username, password, hostname } = new URL(address);
  if (protocol !== 'https:' || username !== '' || password !== '') return null;
  return /^(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*$/.test(hostname) ? hostname : null;
}
