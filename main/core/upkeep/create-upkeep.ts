import { AppFailure, type AppErrorCode } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { UPKEEP_PROCEDURES } from '#shared/contract/upkeep.ts';
import type { AccountView, AppInfo } from '#shared/contract/views.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import type { Catalogue } from '#shared/i18n/index.ts';
import type { AccountSession } from '../accounts/account-session.ts';
import { rememberAccounts, expiryName, tokenName } from '../accounts/account-list.ts';
import type { Audit } from '../audit/audit.ts';
import type { ConnectionLog } from '../diagnostics/connection-log.ts';
import { createDiagnostics } from '../diagnostics/diagnostics.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Backups } from '../ports/backups.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { NetworkProbe } from '../ports/network.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { Store, StoreChanges } from '../ports/store.ts';
import { createBackupCare } from './backups.ts';
import { createDoctor } from './doctor.ts';
import { createOlderRecords } from './older-records.ts';

export interface UpkeepOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: ConnectionLog;
  readonly jobs: Jobs;
  readonly audit: Audit;
  readonly secrets: Secrets;
  readonly info: AppInfo;
  readonly words: Catalogue['upkeep']['job'];
  readonly backups: Backups | null;
  readonly network: NetworkProbe | null;
  readonly sessions: () => ReadonlyMap<AccountId, AccountSession>;
  readonly accounts: () => Promise<readonly AccountView[]>;
  readonly actor: () => Promise<string>;
  readonly onChanges: (changes: StoreChanges) => void;
  readonly onAccounts: () => void;
  readonly onProblem: (code: AppErrorCode) => void;
}

/** Looking after records and connections: backups, self-checks, diagnosis, older records (ST4, SY4, SY7, IN7). */
export function createUpkeep(options: UpkeepOptions): {
  readonly handlers: Pick<Handlers, keyof typeof UPKEEP_PROCEDURES>;
  start(): Promise<void>;
  stop(): Promise<void>;
} {
  const { store, secrets, audit, clock, jobs, words } = options;
  const actor = options.actor;
  const care =
    options.backups === null
      ? null
      : createBackupCare({
          store,
          backups: options.backups,
          clock,
          logger: options.logger,
          jobs,
          audit,
          actor,
          title: () => words.backup,
          onProblem: options.onProblem,
        });
  const session = (account: AccountId): AccountSession => {
    const found = options.sessions().get(account);
    if (found === undefined) throw new AppFailure('NOT_FOUND', 'no such account');
    return found;
  };
  const onlyWithoutRecords = async (): Promise<never> => {
    throw new AppFailure('NOT_ALLOWED', 'the records are open');
  };
  const noBackups = async (): Promise<never> => {
    throw new AppFailure('UNSUPPORTED', 'no backups here');
  };

  return {
    handlers: {
      'backups.list': noBackups,
      'backups.make': noBackups,
      'backups.inspect': noBackups,
      'backups.restore': noBackups,
      ...care?.handlers,
      'recovery.state': async () => null,
      'recovery.anew': onlyWithoutRecords,
      'recovery.key': onlyWithoutRecords,
      ...createDoctor({ store, backups: options.backups, clock, jobs, audit, actor, title: () => words.doctor }),
      ...createDiagnostics({
        clock,
        log: options.log,
        info: options.info,
        network: options.network,
        accounts: options.accounts,
        hasToken: async (account) => (await secrets.get(tokenName(account))) !== null,
        statistics: (account) => options.sessions().get(account)?.connection.statistics ?? null,
      }),
      ...createOlderRecords({
        store,
        clock,
        jobs,
        title: () => words.older,
        query: async (account, fields) => session(account).connection.request('records.query', fields),
        onChanges: options.onChanges,
      }),
      async 'accounts.rename'({ account_id, label }) {
        const running = session(account_id);
        if (running.record.practice) throw new AppFailure('NOT_ALLOWED', 'the practice shop keeps its name');
        await store.putAccount({ ...running.record, label });
        running.setLabel(label);
        await audit.write(await actor(), 'account.renamed', { account_id, label });
        await rememberAccounts(store, secrets);
        options.onAccounts();
        return {};
      },
      async 'accounts.token'({ account_id, token }) {
        const running = session(account_id);
        if (running.record.practice) throw new AppFailure('NOT_ALLOWED', 'the practice shop keeps its token');
        await secrets.set(tokenName(account_id), token.trim());
        await secrets.delete(expiryName(account_id));
        await audit.write(await actor(), 'account.token_replaced', { account_id });
        running.connection.retry('person');
        return {};
      },
    },
    async start() {
      care?.start();
      await rememberAccounts(store, secrets).catch(() =>
        options.logger.log('warn', 'accounts.not-remembered', { storage: secrets.storage }),
      );
    },
    stop: async () => care?.stop(),
  };
}
