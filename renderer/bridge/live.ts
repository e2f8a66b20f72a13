import { create } from 'zustand';
import type { AccountId } from '#shared/domain/ids.ts';
import type { AccountView, AppInfo, JobView, Settings } from '#shared/contract/views.ts';
import { bridge } from './index.ts';
import type { HostState } from './types.ts';

/** The few things every screen shows, mirrored from the core: what it is, settings, accounts, jobs. */
interface Live {
  readonly host: HostState;
  readonly info: AppInfo | null;
  readonly settings: Settings | null;
  readonly accounts: readonly AccountView[] | null;
  readonly jobs: readonly JobView[];
}

export const useLive = create<Live>()(() => ({
  host: bridge.hostState(),
  info: null,
  settings: null,
  accounts: null,
  jobs: [],
}));

async function refresh(): Promise<void> {
  const [info, settings, accounts, jobs] = await Promise.all([
    bridge.call('app.info', {}),
    bridge.call('settings.get', {}),
    bridge.call('accounts.list', {}),
    bridge.call('jobs.list', {}),
  ]);
  useLive.setState({
    ...(info.ok ? { info: info.result } : {}),
    ...(settings.ok ? { settings: settings.result } : {}),
    ...(accounts.ok ? { accounts: accounts.result } : {}),
    ...(jobs.ok ? { jobs: jobs.result } : {}),
  });
  if (accounts.ok) noteClocks(accounts.result);
}

/** Call once, before the first paint. */
export function startLive(): void {
  bridge.onHostState((host) => {
    useLive.setState({ host });
    if (host === 'connected') void refresh();
  });
  bridge.subscribe('accounts', (accounts) => {
    noteClocks(accounts);
    useLive.setState({ accounts });
  });
  bridge.subscribe('settings', (settings) => useLive.setState({ settings }));
  bridge.subscribe('job', (job) =>
    useLive.setState((state) => {
      const index = state.jobs.findIndex((known) => known.job_id === job.job_id);
      return { jobs: index < 0 ? [...state.jobs, job] : state.jobs.with(index, job) };
    }),
  );
  void refresh();
}

/** Jobs whose outcome a dialog is showing right now: they need no notice besides. */
export const watchedJobs = new Set<string>();

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
