import { create } from 'zustand';
import type { AccountId } from '#shared/domain/ids.ts';
import type { AccountView, AppInfo, JobView, Settings } from '#shared/contract/views.ts';
import { bridge } from './index.ts';
import { steadyList } from './steady.ts';
import type { HostState } from './types.ts';

/** The few things every screen shows, mirrored from the core: what it is, settings, accounts, jobs. */
interface Live {
  readonly host: HostState;
  readonly info: AppInfo | null;
  readonly settings: Settings | null;
  /**
   * An account stays the same object while nothing but its numbers moves: `event_seq` and `synced_at` of these stand still
   * between other changes (read `progress` for them), its clock is read by `serverNow`.
   */
  readonly accounts: readonly AccountView[] | null;
  /** How far each account is synced (SY9); changes with every event. */
  readonly progress: Readonly<Record<AccountId, Progress>>;
  readonly jobs: readonly JobView[];
}

export type Progress = Pick<AccountView, 'event_seq' | 'synced_at'>;

export const useLive = create<Live>()(() => ({
  host: bridge.hostState(),
  info: null,
  settings: null,
  accounts: null,
  progress: {},
  jobs: [],
}));

/** What moves with every event, and would have everything that shows an account drawn anew. */
const MOVING: ReadonlySet<string> = new Set<keyof AccountView>(['event_seq', 'synced_at', 'clock']);

/** The uncertainty counts: verdicts depend on it (RC4). */
const keyOfAccount = ({ account_id, clock }: AccountView): string => `${account_id} ${clock?.uncertainty_ms ?? ''}`;

function noteAccounts(accounts: readonly AccountView[]): void {
  noteClocks(accounts);
  useLive.setState((before) => ({
    accounts: steadyList(before.accounts, accounts, keyOfAccount, MOVING),
    progress: Object.fromEntries(
      accounts.map(({ account_id, event_seq, synced_at }) => [account_id, { event_seq, synced_at }]),
    ),
  }));
}

/** Also after unlocking: what was asked while locked was refused. */
export async function refresh(): Promise<void> {
  const [info, settings, accounts, jobs] = await Promise.all([
    bridge.call('app.info', {}),
    bridge.call('settings.get', {}),
    bridge.call('accounts.list', {}),
    bridge.call('jobs.list', {}),
  ]);
  useLive.setState({
    ...(info.ok ? { info: info.result } : {}),
    ...(settings.ok ? { settings: settings.result } : {}),
    ...(jobs.ok ? { jobs: jobs.result } : {}),
  });
  if (accounts.ok) noteAccounts(accounts.result);
}

/** Call once, before the first paint. */
export function startLive(): void {
  // Asked before the host is there it goes out with the connection, which is then no reason to ask once more.
  let first = true;
  void refresh().finally(() => (first = false));
  bridge.onHostState((host) => {
    useLive.setState({ host });
    if (host === 'connected' && !first) void refresh();
  });
  bridge.subscribe('accounts', noteAccounts);
  bridge.subscribe('settings', (settings) => useLive.setState({ settings }));
  bridge.subscribe('job', (job) =>
    useLive.setState((state) => {
      const index = state.jobs.findIndex((known) => known.job_id === job.job_id);
      return { jobs: index < 0 ? [...state.jobs, job] : state.jobs.with(index, job) };
    }),
  );
}

/** Jobs whose outcome a dialog is showing right now: they need no notice besides. */
export const watchedJobs = new Set<string>();

/** How far an account is synced, drawn anew when that changes. */
export function useProgress(accountId: AccountId): Progress {
  const synced = useLive((state) => state.progress[accountId]?.synced_at ?? null);
  const seq = useLive((state) => state.progress[accountId]?.event_seq ?? 0);
  return { synced_at: synced, event_seq: seq };
}

export function useAccount(accountId: AccountId | null): AccountView | null {
  return useLive((state) => state.accounts?.find((account) => account.account_id === accountId) ?? null);
}

/**
 * RC4. The gateway's clock on the window's even one: `server_now` was true at the moment the view came, and from then on
 * `performance.now()` carries it, so nobody moves it by setting the desktop's clock.
 */
const serverAhead = new Map<AccountId, number>();

function noteClocks(accounts: readonly AccountView[]): void {
  for (const account of accounts) {
    const now = account.clock?.server_now;
    if (now !== undefined) serverAhead.set(account.account_id, now - windowClock());
    else if (account.clock) serverAhead.set(account.account_id, account.clock.offset_ms);
  }
}

/** The local clock read off the monotonic one, milliseconds since 1970 UTC. */
export function windowClock(): number {
  return performance.timeOrigin + performance.now();
}

/** Estimated server time, milliseconds; before the first measurement the local time (whose uncertainty is then infinite). */
export function serverNow(accountId: AccountId | null, now: number = windowClock()): number {
  return now + ((accountId !== null && serverAhead.get(accountId)) || 0);
}
