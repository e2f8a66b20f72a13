import { AppFailure, isAppErrorCode, type AppErrorCode } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { DiagnosisStep, DiagnosisStepName } from '#shared/contract/upkeep.ts';
import type { AccountView, AppInfo } from '#shared/contract/views.ts';
import { DIAGNOSIS_STEPS } from '#shared/contract/upkeep.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import type { ConnectionStatistics } from '../connection/connection.ts';
import type { Clock } from '../ports/clock.ts';
import type { NetworkFinding, NetworkProbe } from '../ports/network.ts';
import type { ConnectionLog } from './connection-log.ts';

/** A desktop clock that is off by more than this makes certificates fail sooner or later. */
const CLOCK_OFF_MS = 5 * 60_000;
/** A certificate that ends within so many days is said. */
const ENDS_SOON_DAYS = 14;
const LOG_IN_REPORT = 200;

export interface DiagnosticsOptions {
  readonly clock: Clock;
  readonly log: ConnectionLog;
  readonly info: AppInfo;
  /** Absent: the steps outside this program can't be looked at. */
  readonly network: NetworkProbe | null;
  readonly accounts: () => Promise<readonly AccountView[]>;
  readonly hasToken: (account: AccountId) => Promise<boolean>;
  readonly statistics: (account: AccountId) => ConnectionStatistics | null;
}

/** SY1, UX: which step of the way to a gateway fails, and a report that a support person can use. */
export function createDiagnostics(
  options: DiagnosticsOptions,
): Pick<Handlers, 'diagnosis.run' | 'diagnosis.log' | 'diagnosis.report'> {
  const { clock, log } = options;

  async function accountOf(id: AccountId): Promise<AccountView> {
    const found = (await options.accounts()).find(({ account_id }) => account_id === id);
    if (found === undefined) throw new AppFailure('NOT_FOUND', 'no such account');
    return found;
  }

  return {
    async 'diagnosis.run'({ account_id }) {
      if (options.network === null) throw new AppFailure('UNSUPPORTED', 'no network probe here');
      const began = clock.monotonicNow();
      const found = await options.network.probe((await accountOf(account_id)).gateway_url);
      const account = await accountOf(account_id);
      const steps = new Map<DiagnosisStepName, DiagnosisStep>();
      const put = (step: DiagnosisStepName, finding: NetworkFinding | null): void =>
        void steps.set(
          step,
          finding === null
            ? { step, state: 'skipped', code: null, facts: {} }
            : { step, state: finding.ok ? 'ok' : 'failed', code: finding.code, facts: finding.facts },
        );
      put('network', found.network);
      put('proxy', found.proxy);
      put('name', found.name);
      put('reach', found.reach);
      put('certificate', found.certificate);
      put('gateway', found.gateway);
      const days = found.certificate?.facts['days'];
      if (found.certificate?.ok === true && typeof days === 'number' && days < ENDS_SOON_DAYS)
        steps.set('certificate', { step: 'certificate', state: 'warning', code: null, facts: found.certificate.facts });
      steps.set('time', timeStep(account, found.clock_ahead_ms));
      steps.set('token', await tokenStep(account, await options.hasToken(account_id)));
      return {
        at: clock.wallNow(),
        took_ms: Math.round(clock.monotonicNow() - began),
        steps: DIAGNOSIS_STEPS.flatMap((step) => steps.get(step) ?? []),
      };
    },
    async 'diagnosis.log'({ account_id, limit }) {
      return { entries: log.entries(account_id, limit) };
    },
    async 'diagnosis.report'() {
      return { text: await report(options) };
    },
  };
}

function timeStep(account: AccountView, probedMs: number | null): DiagnosisStep {
  // A gateway that was talked to knows better than the second in a header.
  const measured = account.clock === null ? null : -account.clock.offset_ms;
  const ahead = measured ?? probedMs;
  if (ahead === null) return { step: 'time', state: 'skipped', code: null, facts: {} };
  const off = Math.abs(ahead) > CLOCK_OFF_MS;
  // Countdowns rest on the gateway's clock (RC4); what a wrong desktop clock breaks is certificates.
  return { step: 'time', state: off ? 'warning' : 'ok', code: null, facts: { ahead_ms: Math.round(ahead) } };
}

const TOKEN_CODES: ReadonlySet<string> = new Set<AppErrorCode>(['AUTH_FAILED', 'AUTH_EXPIRED', 'CLIENT_TOO_OLD']);

async function tokenStep(account: AccountView, stored: boolean): Promise<DiagnosisStep> {
  const step = 'token';
  if (!stored) return { step, state: 'failed', code: 'AUTH_FAILED', facts: {} };
  if (account.state === 'kicked') return { step, state: 'warning', code: 'KICKED', facts: {} };
  if (account.state === 'live' || account.state === 'catching-up') return { step, state: 'ok', code: null, facts: {} };
  const code = account.problem?.code ?? '';
  if (TOKEN_CODES.has(code) && isAppErrorCode(code)) return { step, state: 'failed', code, facts: {} };
  return { step, state: 'skipped', code: null, facts: {} };
}

/** Versions, states, codes, round trips and counts; accounts are numbered, not named (SE4). */
async function report({ clock, info, log, ...options }: DiagnosticsOptions): Promise<string> {
  const accounts = await options.accounts();
  const numberOf = new Map<string, number>(accounts.map(({ account_id }, index) => [account_id, index + 1]));
  const time = (at: number | null): string => (at === null ? '-' : new Date(at).toISOString());
  const lines = [
    `Merchant Workbench ${info.version} · ${info.host} · ${info.platform} · ${info.practice ? 'practice' : 'real'} · key ${info.key_storage}`,
    `made ${time(clock.wallNow())}`,
    '',
  ];
  for (const account of accounts) {
    const { state, problem, event_seq, synced_at } = account;
    const counted = options.statistics(account.account_id);
    lines.push(
      `account ${numberOf.get(account.account_id)}: ${state}${problem === null ? '' : ` ${problem.code}`} · event ${event_seq} · synced ${time(synced_at)}`,
      `  gateway ${addressOf(account.gateway_url)} · role ${account.agent?.role ?? '-'} · shops ${account.shops.length}`,
      `  clock ${account.clock === null ? '-' : `${account.clock.offset_ms} ms ± ${account.clock.uncertainty_ms}`}`,
    );
    if (counted !== null)
      lines.push(
        `  connects ${counted.connects} · events ${counted.events} · bad frames ${counted.bad_frames} · round trip ${counted.round_trip_ms ?? '-'} ms (worst ${counted.worst_round_trip_ms ?? '-'})`,
      );
  }
  lines.push('');
  for (const { at, account_id, level, event, fields } of log.entries(null, LOG_IN_REPORT).toReversed()) {
    const who = account_id === null ? '-' : `account ${numberOf.get(account_id) ?? '?'}`;
    const rest = Object.entries(fields)
      .map(([name, value]) => `${name}=${String(value)}`)
      .join(' ');
    lines.push(`${time(at)} ${level} ${who} ${event} ${rest}`.trimEnd());
  }
  return `${lines.join('\n')}\n`;
}

/** Host and port alone: a path may name the shop. */
function addressOf(url: string): string {
  return URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : '-';
}
