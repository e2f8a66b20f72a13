import { parseGatewayAddress } from '../gateway-address.ts';

interface ServedShops {
  readonly gateway_url: string;
  readonly shops: readonly { readonly shop_id: string; readonly waiting: number }[];
}

/** How many consumers wait in all shops: those of a shop that several accounts of one gateway serve are the same ones (IN1). */
export function waitingInAll(accounts: readonly ServedShops[]): number {
  const shops = new Map<string, number>();
  for (const { gateway_url, shops: served } of accounts) {
    const address = parseGatewayAddress(gateway_url);
    const source = address.ok ? address.source : gateway_url;
    for (const { shop_id, waiting } of served) {
      const shop = `${source}\n${shop_id}`;
      shops.set(shop, Math.max(shops.get(shop) ?? 0, waiting));
    }
  }
  return [...shops.values()].reduce((sum, waiting) => sum + waiting, 0);
}
