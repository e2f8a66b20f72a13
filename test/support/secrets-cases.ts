import { deepStrictEqual } from 'node:assert/strict';
import type { Secrets } from '#main/core/ports/secrets.ts';

const NAMES = ['token:a', 'toString', 'constructor', 'gateway-token:账号 1/ä', 'x'.repeat(200)];
const valueOf = (name: string): string => `令牌 "${name}"\n\u{1f511}`;
const LONG = 'k'.repeat(16_000);

/**
 * What every implementation of Secrets must do (SE4). Without a test runner, so that it can also run inside a session that has
 * a keychain. `reopen` answers with another one over the same place, or the same where nothing outlives it (once: a
 * passphrase is slow on purpose). Throws.
 */
export async function secretsCases(open: () => Promise<Secrets>, reopen: () => Promise<Secrets>): Promise<void> {
  const secrets = await open();
  for (const name of NAMES) {
    deepStrictEqual(await secrets.get(name), null, 'unknown is null');
    await secrets.delete(name);
    await secrets.set(name, 'one');
    deepStrictEqual(await secrets.get(name), 'one', 'set');
    await secrets.set(name, valueOf(name));
    deepStrictEqual(await secrets.get(name), valueOf(name), 'replaced');
  }
  await secrets.set('long', LONG);
  await Promise.all(Array.from({ length: 12 }, (_, i) => secrets.set(`many-${i}`, String(i))));
  await Promise.all([1, 2, 3].map((i) => secrets.delete(`many-${i}`)));

  const again = await reopen();
  for (const name of NAMES) deepStrictEqual(await again.get(name), valueOf(name), 'kept');
  deepStrictEqual(await again.get('long'), LONG, 'a long one');
  for (let i = 0; i < 12; i++)
    deepStrictEqual(await again.get(`many-${i}`), i >= 1 && i <= 3 ? null : String(i), 'set and deleted at once');
}
