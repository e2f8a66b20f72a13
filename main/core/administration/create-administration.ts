import type { BackupFile } from '#shared/contract/administration.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { MessageView } from '#shared/contract/views.ts';
import { PERMISSIONS, isPermitted, type Permission } from '#shared/domain/permissions.ts';
import type { Role } from '#shared/protocol/entities.ts';
import type { TimerHandle } from '../ports/clock.ts';
import { createAuditLog } from './audit-log.ts';
import { createErasing } from './erasing.ts';
import { createGroups, type GroupPorts } from './groups.ts';
import { createHolds } from './holds.ts';
import { createRetention } from './retention.ts';
import type { ADMINISTRATION_PROCEDURES } from '#shared/contract/administration.ts';

const SOON_MS = 500;

export interface AdministrationPorts extends Omit<GroupPorts, 'onPurged' | 'backups'> {
  readonly backups?: (() => Promise<readonly BackupFile[]>) | undefined;
  actor(): Promise<string>;
  /** Whether a message is in the part of its conversation that is shown here (IN4). */
  sees(message: MessageView): Promise<boolean>;
  localOffsetMinutes(at: number): number;
  /** Name of a retention run among the jobs. */
  retentionTitle(): string;
  /** Erases from the attachment cache what nothing mentions any more. Absent: there is no cache. */
  readonly sweepAttachments?: (() => Promise<void>) | undefined;
}

export interface Administration {
  readonly handlers: Pick<Handlers, keyof typeof ADMINISTRATION_PROCEDURES>;
  /** Conversations changed: there may be something to settle or to erase. */
  poke(): void;
  start(): void;
  stop(): Promise<void>;
}

/** Administration (AD1–AD4): what the window's 管理 is made of. */
export function createAdministration(ports: AdministrationPorts): Administration {
  const { store } = ports;
  let soon: TimerHandle | null = null;
  const erasing = createErasing({
    store,
    clock: ports.clock,
    logger: ports.logger,
    onChanges: ports.onChanges,
    ...(ports.sweepAttachments === undefined ? {} : { sweepAttachments: ports.sweepAttachments }),
  });
  const groups = createGroups({
    ...ports,
    backups: ports.backups ?? (() => Promise.resolve([])),
    onPurged: erasing.poke,
  });
  const retention = createRetention({ ...ports, title: ports.retentionTitle, onErased: erasing.poke });
  const holds = createHolds({ ...ports, onReleased: erasing.released });
  const log = createAuditLog(ports);

  return {
    handlers: {
      ...groups.handlers,
      ...retention.handlers,
      ...holds,
      ...log,
      async 'access.mine'() {
        const accounts = (await store.accounts()).filter(({ practice, agent }) => !practice || agent !== null);
        const roles = [...new Set(accounts.flatMap(({ agent }): Role[] => (agent === null ? [] : [agent.role])))];
        const may = (permission: Permission): boolean =>
          accounts.length === 0 || roles.some((role) => isPermitted(role, permission));
        return {
          roles,
          permissions: Object.fromEntries(PERMISSIONS.map((each) => [each, may(each)])) as Record<Permission, boolean>,
          offline:
            accounts.length > 0 &&
            !accounts.some(({ account_id }) => ports.sessions().get(account_id)?.freshness() === 'online'),
        };
      },
    },
    poke() {
      // Every message comes through here: looked at once in a while.
      soon ??= ports.clock.setTimeout(() => {
        soon = null;
        groups.poke();
        erasing.poke();
      }, SOON_MS);
    },
    start() {
      groups.start();
      erasing.poke();
      retention.start();
    },
    async stop() {
      if (soon !== null) ports.clock.clearTimeout(soon);
      await retention.stop();
      await groups.stop();
      await erasing.stop();
    },
  };
}
