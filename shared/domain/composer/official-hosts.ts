import { openableHost } from '../links.ts';

/** Hosts of the knowledge base's links (PV8): supervisors put them there, so the guard takes them for no other channel (PV4). */
export function officialHosts(
  articles: readonly { readonly links: readonly { readonly url: string }[] }[],
): readonly string[] {
  const hosts = articles.flatMap(({ links }) => links.map(({ url }) => openableHost(url)));
  return [...new Set(hosts.filter((host) => host !== null))];
}
