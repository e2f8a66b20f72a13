import type { Settings } from '#shared/contract/views.ts';

/** How the operating system reaches an address: a proxy's address, or null for directly. Electron asks Chromium. */
export type SystemProxy = (url: string) => Promise<string | null>;

export interface Proxies {
  /** From the next attempt on. */
  use(setting: NonNullable<Settings['proxy']>): void;
  /** `http://host:port`, or null: directly. */
  proxyFor(url: string): Promise<string | null>;
}

/**
 * What the person set comes first, then the environment (HTTPS_PROXY, ALL_PROXY, NO_PROXY in either case), then the system.
 * Only HTTP proxies can carry a gateway's connection here.
 */
export function createProxies(system?: SystemProxy, environment: NodeJS.ProcessEnv = process.env): Proxies {
  let setting: NonNullable<Settings['proxy']> = { mode: 'system' };
  return {
    use(value) {
      setting = value;
    },
    async proxyFor(url) {
      if (setting.mode === 'none') return null;
      if (setting.mode === 'manual') return setting.url;
      const { hostname, port } = new URL(url);
      if (isExcepted(hostname, port === '' ? '443' : port, variable(environment, 'no_proxy'))) return null;
      const named = variable(environment, 'https_proxy') || variable(environment, 'all_proxy');
      if (/^https?:\/\//i.test(named)) return named;
      // Written without a scheme, as curl takes it too.
      if (/^[\w.[\]-]+:\d+$/.test(named)) return `http://${named}`;
      return (await system?.(url)) ?? null;
    },
  };
}

function variable(environment: NodeJS.ProcessEnv, name: string): string {
  return (environment[name] ?? environment[name.toUpperCase()] ?? '').trim();
}

/** NO_PROXY: names with their subdomains (with or without a leading dot or `*.`), a port behind a colon, or `*` for all. */
function isExcepted(host: string, port: string, list: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, pattern = '', wanted] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      if (wanted !== undefined && wanted !== port) return false;
      const bare = pattern.replace(/^\*?\./, '');
      return name === bare || name.endsWith(`.${bare}`);
    });
}

/** The first usable entry of what Chromium answers: `PROXY host:port; HTTPS host:port; DIRECT`. */
export function proxyOfList(list: string): string | null {
  for (const entry of list.split(';')) {
    const [kind = '', address = ''] = entry.trim().split(/\s+/);
    if (/^direct$/i.test(kind)) return null;
    if (/^proxy$/i.test(kind) && address !== '') return `http://${address}`;
    if (/^https$/i.test(kind) && address !== '') return `https://${address}`;
  }
  return null;
}
