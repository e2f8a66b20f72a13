import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { AccountView } from '#shared/contract/views.ts';
import { parseGatewayAddress } from '#shared/domain/gateway-address.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { isPermitted, type Permission } from '#shared/domain/permissions.ts';
import type { Agent, Policy } from '#shared/protocol/entities.ts';
import type { Audit } from '../audit/audit.ts';
import { resultOf } from '../connection/answers.ts';
import type { Ids } from '../ports/ids.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { AccountRecord, Store, StoredAccount } from '../ports/store.ts';
import { expiryName, rememberAccounts, tokenName } from './account-list.ts';
import type { AccountSession } from './account-session.ts';

export interface NewAccount {
  readonly label: string;
  readonly url: string;
  readonly token: string;
  readonly practice?: boolean;
  /** Given by a host for an account of its own (practice, `serve --gateway`): adding it again updates it. */
  readonly account_id?: AccountId;
  /** Names the gateway as a source of records where its address changes (practice); otherwise from the address. */
  readonly source?: string;
}

type AccountHandlers = Pick<
  Handlers,
  'accounts.list' | 'accounts.add' | 'accounts.remove' | 'accounts.reconnect' | 'accounts.presence' | 'accounts.agents'
>;

/** The accounts of this profile, and who acts in which: every other part asks here whether somebody may (AD1). */
export interface Accounts {
  readonly sessions: ReadonlyMap<AccountId, AccountSession>;
  readonly handlers: AccountHandlers;
  views(): Promise<readonly AccountView[]>;
  /** AppFailure NOT_FOUND. */
  sessionOf(account: AccountId): AccountSession;
  /** AppFailure NOT_FOUND, OFFLINE where it never was welcomed. */
  agentOf(account: AccountId): Promise<{ readonly stored: StoredAccount; readonly agent: Agent }>;
  /** The account's agent, where the role allows it. AppFailure NO_PERMISSION and those of agentOf. */
  permit(account: AccountId, permission: Permission): Promise<Agent>;
  policyIn(account: AccountId, shop: string): Promise<Policy | null>;
  /** AppFailure POLICY_REFUSED: without a policy nobody knows what is allowed, so nothing is. */
  policyOf(account: AccountId, shop: string): Promise<Policy>;
  /** Gateway time of that account, ms; the machine's own where it isn't known. */
  serverNow(account: AccountId): number;
  /** One clock where several accounts come together: that of the first gateway whose time is known. */
  now(): number;
  /** Adds or updates an account and connects it. AppFailure BAD_INPUT, INSECURE_ADDRESS, KEYCHAIN_UNAVAILABLE. */
  add(account: NewAccount): Promise<AccountId>;
  /** AppFailure NOT_FOUND. */
  remove(account: AccountId): Promise<void>;
  /** Connects every stored account. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createAccounts(options: {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly wallNow: () => number;
  /** Whether this is the practice profile, which never holds a real account (SE4). */
  readonly practice: boolean;
  readonly toRealProfile: ((account: NewAccount) => Promise<AccountId>) | undefined;
  /** Makes the session, not yet started. */
  readonly open: (record: AccountRecord) => AccountSession;
  readonly onChanged: () => void;
}): Accounts {
  const { store, secrets, ids, audit, onChanged } = options;
  const sessions = new Map<AccountId, AccountSession>();
  let started = false;
  let stopped = false;

  const views = (): Promise<readonly AccountView[]> =>
    Promise.all([...sessions.values()].map((session) => session.view()));

  function open(record: AccountRecord): AccountSession {
    const session = options.open(record);
    sessions.set(record.account_id, session);
    return session;
  }

  async function deviceId(): Promise<string> {
    const known = await store.setting('device_id');
    if (typeof known === 'string') return known;
    const fresh = `d-${ids.next()}`;
    await store.setSetting('device_id', fresh);
    return fresh;
  }

  function addressOf(url: string): { readonly url: string; readonly source: string } {
    const address = parseGatewayAddress(url);
    if (address.ok) return address;
    if (address.problem === 'INSECURE_ADDRESS') throw new AppFailure('INSECURE_ADDRESS', 'wss: is required');
    throw new AppFailure('BAD_INPUT', 'not a gateway address', { field: 'url' });
  }

  /** SE4: what comes through the door is a real account, and the practice profile never holds one. */
  async function connectShop(account: NewAccount): Promise<AccountId> {
    if (!options.practice) return add(account);
    addressOf(account.url);
    if (options.toRealProfile === undefined)
      throw new AppFailure('NOT_ALLOWED', 'practice and real accounts are kept apart', { reason: 'practice-profile' });
    return options.toRealProfile(account);
  }

  async function add(account: NewAccount): Promise<AccountId> {
    const address = addressOf(account.url);
    const stored = await store.accounts();
    const same = stored.find((candidate) =>
      account.account_id === undefined
        ? candidate.gateway_url === address.url && candidate.label === account.label
        : candidate.account_id === account.account_id,
    );
    const account_id = same?.account_id ?? account.account_id ?? (`acc-${ids.next()}` as AccountId);
    const record: AccountRecord = {
      account_id,
      label: account.label,
      source: account.source ?? address.source,
      gateway_url: address.url,
      device_id: same?.device_id ?? (await deviceId()),
      practice: account.practice ?? false,
    };
    // The token first: an account without one could never connect.
    if (same !== undefined && !record.practice) await secrets.delete(expiryName(account_id));
    await secrets.set(tokenName(account_id), account.token);
    await store.putAccount(record);
    if (same === undefined)
      await audit.write(account_id, 'account.added', { account_id, label: account.label, source: record.source });
    const running = sessions.get(account_id);
    if (running === undefined) {
      const session = open(record);
      if (started && !stopped) await session.start();
    } else {
      running.setAddress(record.gateway_url);
      if (started) running.connection.retry('person');
    }
    if (!record.practice) await rememberAccounts(store, secrets);
    onChanged();
    return account_id;
  }

  function sessionOf(account: AccountId): AccountSession {
    const session = sessions.get(account);
    if (session === undefined) throw new AppFailure('NOT_FOUND', 'no such account');
    return session;
  }

  async function agentOf(account: AccountId): Promise<{ readonly stored: StoredAccount; readonly agent: Agent }> {
    const stored = (await store.accounts()).find((candidate) => candidate.account_id === account);
    if (stored === undefined) throw new AppFailure('NOT_FOUND', 'no such account');
    if (stored.agent === null) throw new AppFailure('OFFLINE', 'never connected yet');
    return { stored, agent: stored.agent };
  }

  async function permit(account: AccountId, permission: Permission): Promise<Agent> {
    const { agent } = await agentOf(account);
    if (!isPermitted(agent.role, permission)) throw new AppFailure('NO_PERMISSION', permission, { role: agent.role });
    return agent;
  }

  async function policyOf(account: AccountId, shop: string): Promise<Policy> {
    const policy = await policyIn(account, shop);
    // Without a policy nobody knows what is allowed: fail closed.
    if (policy === null) throw new AppFailure('POLICY_REFUSED', 'no usable policy of this shop', { shop_id: shop });
    return policy;
  }

  const policyIn = async (account: AccountId, shop: string): Promise<Policy | null> =>
    (await store.shops(account)).find((candidate) => candidate.shop_id === shop)?.policy ?? null;

  async function remove(account_id: AccountId): Promise<void> {
    const session = sessionOf(account_id);
    sessions.delete(account_id);
    await session.stop();
    await audit.write(account_id, 'account.removed', { account_id });
    await store.removeAccount(account_id);
    await secrets.delete(tokenName(account_id));
    if (!session.record.practice) {
      await secrets.delete(expiryName(account_id));
      await rememberAccounts(store, secrets);
    }
    onChanged();
  }

  const serverNow = (account: AccountId): number => sessions.get(account)?.serverNow().now ?? options.wallNow();

  return {
    sessions,
    views,
    sessionOf,
    agentOf,
    permit,
    policyIn,
    policyOf,
    serverNow,
    now: () => serverNow([...sessions.keys()][0] ?? ('' as AccountId)),
    add,
    remove,
    handlers: {
      'accounts.list': views,
      'accounts.add': async (input) => ({ account_id: await connectShop(input) }),
      async 'accounts.remove'({ account_id }) {
        await remove(account_id);
        return {};
      },
      async 'accounts.reconnect'({ account_id }) {
        sessionOf(account_id).connection.retry('person');
        return {};
      },
      async 'accounts.presence'({ account_id, presence }) {
        const answer = resultOf(await sessionOf(account_id).connection.request('presence.set', { presence }));
        onChanged();
        return { presence: answer.presence };
      },
      async 'accounts.agents'({ account_id, shop_id }) {
        const fields = shop_id === undefined ? {} : { shop_id };
        return resultOf(await sessionOf(account_id).connection.request('agents.list', fields)).agents;
      },
    },
    async start() {
      started = true;
      for (const account of await store.accounts()) {
        if (sessions.has(account.account_id)) continue;
        const { account_id, label, source, gateway_url, device_id, practice } = account;
        open({ account_id, label, source, gateway_url, device_id, practice });
      }
      for (const session of sessions.values()) await session.start();
    },
    async stop() {
      stopped = true;
      await Promise.all([...sessions.values()].map((session) => session.stop()));
    },
  };
}
