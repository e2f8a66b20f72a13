import { RememberedAccounts } from '#shared/contract/upkeep.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { AccountRecord, Store } from '../ports/store.ts';

/**
 * Which real accounts there are, beside their tokens in the keychain: where the records can't be read any more, they can
 * be filled again from the gateways without asking anybody for a token (ST4).
 */
const NAME = 'account-list';

export const tokenName = (account: AccountId): string => `gateway-token:${account}`;
export const expiryName = (account: AccountId): string => `gateway-token-expires:${account}`;

/** An account's token and its end where the secrets are kept; for its session. */
export function tokenIn(
  secrets: Secrets,
  account: AccountId,
): {
  readonly read: () => Promise<string | null>;
  readonly keep: (token: string, expiresAt: number) => Promise<void>;
  /** Server time, null where nobody knows. */
  readonly expiresAt: () => Promise<number | null>;
} {
  return {
    read: () => secrets.get(tokenName(account)),
    // The token first: without its end it is asked for again, the other way round it would expire unseen.
    async keep(token, expiresAt) {
      await secrets.set(tokenName(account), token);
      await secrets.set(expiryName(account), String(expiresAt));
    },
    async expiresAt() {
      const text = await secrets.get(expiryName(account));
      return text === null || !/^\d+$/.test(text) ? null : Number(text);
    },
  };
}

export async function rememberAccounts(store: Pick<Store, 'accounts'>, secrets: Secrets): Promise<void> {
  const accounts = (await store.accounts())
    .filter(({ practice }) => !practice)
    .map(({ account_id, label, source, gateway_url, device_id }) => ({
      account_id,
      label,
      source,
      gateway_url,
      device_id,
      practice: false,
    }));
  const text = JSON.stringify(accounts);
  const known = await secrets.get(NAME);
  // A keychain may ask its user at each write; a practice profile has nothing to remember.
  if (known !== text && (known !== null || accounts.length > 0)) await secrets.set(NAME, text);
}

/** Empty where none were remembered or what was remembered can't be read. */
export async function rememberedAccounts(secrets: Secrets): Promise<readonly AccountRecord[]> {
  try {
    return RememberedAccounts.parse(JSON.parse((await secrets.get(NAME)) ?? '[]'));
  } catch {
    return [];
  }
}

export async function forgetAccounts(secrets: Secrets): Promise<void> {
  for (const { account_id } of await rememberedAccounts(secrets)) {
    await secrets.delete(tokenName(account_id));
    await secrets.delete(expiryName(account_id));
  }
  await secrets.delete(NAME);
}
