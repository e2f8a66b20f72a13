import { AppFailure, codeOf } from '#shared/contract/errors.ts';
import type { BackupFile, GroupCheck, GroupRow } from '#shared/contract/administration.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { ConversationView } from '#shared/contract/views.ts';
import { isTypedName, isUnderWay, mayDeleteGroup, type DeletionStep } from '#shared/domain/administration/deletion.ts';
import { MASK_NONE } from '#shared/domain/mask/choices.ts';
import type { AccountId, ConversationKey } from '#shared/domain/ids.ts';
import { MINUTE } from '#shared/lib/durations.ts';
import { verifyPackage, type VerifyTools } from '#shared/package/verify.ts';
import type { Agent, Policy } from '#shared/protocol/entities.ts';
import type { AccountSession } from '../accounts/account-session.ts';
import { resultOf } from '../connection/answers.ts';
import { throwIfCancelled, type Jobs } from '../jobs/jobs.ts';
import type { PackageService } from '../package/package-service.ts';
import type { DeletionBody, StoredDeletion } from '../ports/administration-store.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Files } from '../ports/files.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store, StoreChanges } from '../ports/store.ts';

/** Past the end of the time to restore, before a group is purged without the gateway's word. */
const GRACE_MS = 2 * MINUTE;
const LOOK_EVERY_MS = MINUTE;
/** Longer than any request takes: one that is older has no answer on its way any more. */
const ASK_AGAIN_MS = 15_000;

type GroupHandlers = Pick<
  Handlers,
  | 'groups.list'
  | 'groups.check'
  | 'groups.export'
  | 'groups.notice'
  | 'groups.delete'
  | 'groups.restore'
  | 'groups.abandon'
>;

export interface GroupPorts {
  readonly store: Store;
  readonly files: Files;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly jobs: Jobs;
  /** Absent: no review packages can be written here, and so no group deleted. */
  readonly packages?: { readonly service: PackageService; readonly tools: VerifyTools } | undefined;
  /** Backups this program knows of. */
  backups(): Promise<readonly BackupFile[]>;
  sessions(): ReadonlyMap<AccountId, AccountSession>;
  agentOf(account: AccountId): Promise<{ readonly agent: Agent }>;
  policyIn(account: AccountId, shop: string): Promise<Policy | null>;
  onChanges(changes: StoreChanges): void;
  /** Content may have been purged: index, pages and cache follow. */
  onPurged(): void;
  /** What the package's manifest says of why it was made. */
  reason(): string;
}

export interface Groups {
  readonly handlers: GroupHandlers;
  /** Conversations changed: a deletion asked for may have happened, or been taken back. */
  poke(): void;
  start(): void;
  stop(): Promise<void>;
}

/** AD2, in the order of its steps. What was asked of the gateway is stored before it is asked. */
export function createGroups(ports: GroupPorts): Groups {
  const { store, clock } = ports;
  let timer: TimerHandle | null = null;
  let retry: TimerHandle | null = null;
  let stopped = false;
  let looking: Promise<void> | null = null;
  let again = false;

  const rowOf = async (key: ConversationKey): Promise<GroupRow> => {
    const row = await store.group(key);
    if (row === null) throw new AppFailure('NOT_FOUND', 'no such group');
    return row;
  };

  const emptyBody = (account_id: AccountId, by: string, title: string): DeletionBody => ({
    account_id,
    by,
    title,
    notice: null,
    replacement: null,
    exported: null,
    removed_at: null,
    restorable_until: null,
    purged_at: null,
    erased_at: null,
    tombstone: null,
    refused: null,
  });

  const put = async (
    actor: string,
    deletion: Omit<StoredDeletion, 'updated_at'>,
    action: string,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void> => {
    const at = clock.wallNow();
    ports.onChanges(
      await store.putDeletion(
        { ...deletion, updated_at: at },
        { at, actor, action, details: { deletion_id: deletion.deletion_id, ...details } },
      ),
    );
  };

  /** The group with everything that a step needs; refuses whom the policy refuses, and what is protected. */
  const open = async (key: ConversationKey) => {
    // Several accounts may serve the group: the one whose role reaches furthest acts.
    const { account_id } = await rowOf(key);
    const conversation = await store.conversation(key);
    const session = account_id === null ? undefined : ports.sessions().get(account_id);
    if (conversation === null || session === undefined) throw new AppFailure('NOT_FOUND', 'no such group here');
    if (conversation.type !== 'group') throw new AppFailure('NOT_ALLOWED', 'not a customer group', { reason: 'type' });
    const account = session.record.account_id;
    const { agent } = await ports.agentOf(account);
    const policy = await ports.policyIn(account, conversation.shop.shop_id);
    const right = mayDeleteGroup(agent.role, policy);
    if (!right.allowed || policy === null)
      throw new AppFailure('NO_PERMISSION', 'this role does not delete groups', {
        reason: right.allowed ? 'no_policy' : right.reason,
        roles: policy?.group_delete.roles ?? [],
      });
    return { conversation, session, agent, policy, stored: await store.deletion(key) };
  };
  const requireUnprotected = async (key: ConversationKey): Promise<void> => {
    const found = (await store.protections(key)).filter(
      (each) => each === 'legal_hold' || each === 'evidence' || each === 'gateway_hold' || each === 'review',
    );
    if (found.length > 0)
      throw new AppFailure('NOT_ALLOWED', 'the group is protected', { reason: found[0], all: found });
  };
  const atStep = (stored: StoredDeletion | null, ...steps: readonly DeletionStep[]): StoredDeletion => {
    if (stored === null || !steps.includes(stored.step))
      throw new AppFailure('STALE_STATE', 'the deletion is at another step', { step: stored?.step ?? null });
    return stored;
  };

  const check = async ({ conversation_key }: { readonly conversation_key: ConversationKey }): Promise<GroupCheck> => {
    const group = await rowOf(conversation_key);
    const account = group.account_id;
    const session = account === null ? undefined : ports.sessions().get(account);
    const conversation = await store.conversation(conversation_key);
    const shop = conversation?.shop.shop_id ?? '';
    const policy = account === null ? null : await ports.policyIn(account, shop);
    const agent =
      account === null ? null : ((await store.accounts()).find((each) => each.account_id === account)?.agent ?? null);
    const roles = policy?.group_delete.roles ?? [];
    const online = session?.freshness() === 'online';
    let ask: GroupCheck['ask'] = [];
    if (online && session !== undefined) {
      const outcome = await session.connection.request('agents.list', shop === '' ? {} : { shop_id: shop as never });
      if (outcome.kind === 'ok')
        ask = outcome.result.agents
          .filter((each) => roles.includes(each.role))
          .map(({ agent_id, name, role }) => ({ agent_id, name, role }));
    }
    return {
      group,
      right: mayDeleteGroup(agent?.role, policy),
      roles,
      ask,
      online,
      missing: await store.missingMessages(conversation_key),
      open_incidents: await store.openIncidents(conversation_key),
      notice_required: policy?.group_delete.notice_required ?? true,
      restore_ms: policy?.group_delete.restore_ms ?? 0,
      backups: await ports.backups(),
    };
  };

  const startExport: GroupHandlers['groups.export'] = async ({ conversation_key, target }) => {
    const { packages } = ports;
    if (packages === undefined) throw new AppFailure('UNSUPPORTED', 'no review packages here');
    const { conversation, session, agent, stored } = await open(conversation_key);
    await requireUnprotected(conversation_key);
    if (conversation.removed !== null) throw new AppFailure('GONE', 'the group is removed already');
    if ((await store.missingMessages(conversation_key)) > 0)
      throw new AppFailure('NOT_ALLOWED', 'messages are still missing here', { reason: 'missing' });
    const account = session.record.account_id;
    const { conversation_id } = conversation;
    let base: Omit<StoredDeletion, 'updated_at' | 'step'>;
    if (stored !== null && isUnderWay(stored.step) && stored.step !== 'requested')
      base = { conversation: conversation_key, deletion_id: stored.deletion_id, body: stored.body };
    else {
      if (stored !== null) atStep(stored, 'restored', 'abandoned');
      base = {
        conversation: conversation_key,
        deletion_id: ports.ids.next(),
        body: emptyBody(account, agent.agent_id, conversation.title),
      };
      await put(agent.agent_id, { ...base, step: 'started' }, 'group.delete_started', { conversation_id });
    }
    const job = ports.jobs.start({
      kind: 'export',
      title: conversation.title,
      unit: 'rows',
      total: null,
      async run({ signal, progress }) {
        const report = await packages.service.run(
          { query: { conversations: [conversation_key] }, target, reason: ports.reason(), masks: MASK_NONE },
          { signal, progress },
        );
        throwIfCancelled(signal);
        // Read back from where it was written: what can't be read or doesn't verify is no backup.
        const { bytes } = await ports.files.describe(target);
        const verified = await verifyPackage(
          { bytes, read: (start, end) => ports.files.read(target, { start, end }) },
          packages.tools,
          { expectedFingerprint: report.fingerprint, check: () => throwIfCancelled(signal) },
        );
        if (!verified.ok)
          throw new AppFailure('FILE_FORMAT', 'the package does not verify', { records: verified.records });
        const expected = (await store.group(conversation_key))?.messages ?? -1;
        if (report.rows < expected)
          throw new AppFailure('STALE_STATE', 'messages came meanwhile', { rows: report.rows, expected });
        await put(
          agent.agent_id,
          {
            ...base,
            step: 'exported',
            body: {
              ...base.body,
              exported: {
                file: report.file.replace(/^.*[/\\]/, ''),
                rows: report.rows,
                bytes: report.bytes,
                sha256: report.sha256,
                fingerprint: report.fingerprint,
                verified_at: clock.wallNow(),
              },
            },
          },
          'group.exported',
          {
            conversation_id,
            rows: report.rows,
            sha256: report.sha256,
            fingerprint: report.fingerprint,
            verified: true,
          },
        );
        return { rows: report.rows, bytes: report.bytes, sha256: report.sha256, verified: true };
      },
    });
    return { job_id: job.job_id };
  };

  const viewOf = async (key: ConversationKey) => {
    const { deletion } = await rowOf(key);
    if (deletion === null) throw new AppFailure('NOT_FOUND', 'no deletion was begun');
    return deletion;
  };

  const writeNotice: GroupHandlers['groups.notice'] = async ({ conversation_key, notice, replacement }) => {
    const { conversation, agent, policy, stored } = await open(conversation_key);
    const deletion = atStep(stored, 'exported', 'noticed');
    if (policy.group_delete.notice_required && notice === '')
      throw new AppFailure('BAD_INPUT', 'a notice to the members is required', { field: 'notice' });
    await put(
      agent.agent_id,
      {
        ...deletion,
        step: 'noticed',
        body: { ...deletion.body, notice, replacement: replacement === '' ? null : replacement, refused: null },
      },
      'group.notice_written',
      { conversation_id: conversation.conversation_id, characters: notice.length, replacement: replacement !== '' },
    );
    return viewOf(conversation_key);
  };

  /** Asks the gateway; `requested` stands stored until there is an answer, and an unknown one is looked into later. */
  const ask = async (
    deletion: StoredDeletion,
    conversation: ConversationView,
    session: AccountSession,
  ): Promise<void> => {
    const { body } = deletion;
    const outcome = await session.connection.request('group.delete', {
      conversation_id: conversation.conversation_id,
      notice: body.notice ?? '',
      ...(body.replacement === null ? {} : { replacement: body.replacement }),
      backup_sha256: body.exported?.sha256 ?? '0'.repeat(64),
    });
    if (outcome.kind === 'ok') {
      await settle(deletion, outcome.result.restorable_until, session.serverNow().now);
      return;
    }
    if (outcome.kind !== 'error') return;
    await put(
      body.by,
      { ...deletion, step: 'noticed', body: { ...body, refused: outcome.error.code } },
      'group.delete_refused',
      { conversation_id: conversation.conversation_id, code: outcome.error.code },
    );
    resultOf(outcome);
  };

  const settle = (deletion: StoredDeletion, restorable_until: number, removed_at: number): Promise<void> =>
    put(
      deletion.body.by,
      { ...deletion, step: 'removed', body: { ...deletion.body, removed_at, restorable_until, refused: null } },
      'group.removed',
      { restorable_until, backup_sha256: deletion.body.exported?.sha256 ?? null },
    );

  const remove: GroupHandlers['groups.delete'] = async ({ conversation_key, typed_name }) => {
    const { conversation, session, agent, stored } = await open(conversation_key);
    const deletion = atStep(stored, 'noticed');
    await requireUnprotected(conversation_key);
    if (!isTypedName(typed_name, conversation.title))
      throw new AppFailure('NOT_ALLOWED', 'that is not the name of the group', { reason: 'name' });
    // What was said since the export would be in no backup.
    const rows = (await rowOf(conversation_key)).messages;
    if (rows > (deletion.body.exported?.rows ?? -1))
      throw new AppFailure('NOT_ALLOWED', 'there are newer messages than in the package', { reason: 'newer' });
    const asked: StoredDeletion = { ...deletion, step: 'requested', body: { ...deletion.body, by: agent.agent_id } };
    await put(agent.agent_id, asked, 'group.delete_confirmed', {
      conversation_id: conversation.conversation_id,
      backup_sha256: deletion.body.exported?.sha256 ?? null,
    });
    await ask(asked, conversation, session);
    return viewOf(conversation_key);
  };

  const restore: GroupHandlers['groups.restore'] = async ({ conversation_key }) => {
    const { conversation, session, agent, stored } = await open(conversation_key);
    if (conversation.removed === null) throw new AppFailure('NOT_RESTORABLE', 'the group is not removed');
    const { conversation_id } = conversation;
    await session.change('group.restore', { conversation_id });
    // Its event may have been faster.
    const now = await store.deletion(conversation_key);
    if (stored !== null && now !== null && now.step !== 'restored')
      await put(agent.agent_id, { ...now, step: 'restored' }, 'group.restored', { conversation_id });
    else if (stored === null)
      await store.appendAudit({
        at: clock.wallNow(),
        actor: agent.agent_id,
        action: 'group.restored',
        details: { conversation_id },
      });
    return {};
  };

  const abandon: GroupHandlers['groups.abandon'] = async ({ conversation_key }) => {
    const { conversation, agent, stored } = await open(conversation_key);
    const deletion = atStep(stored, 'started', 'exported', 'noticed');
    await put(
      agent.agent_id,
      { ...deletion, step: 'abandoned', body: emptyBody(deletion.body.account_id, agent.agent_id, '') },
      'group.delete_abandoned',
      { conversation_id: conversation.conversation_id },
    );
    return {};
  };

  /** Brings deletions to what events, another device or an earlier run have made of them; purges what is over. */
  const look = async (): Promise<void> => {
    for (const [account, session] of ports.sessions()) {
      if (session.freshness() !== 'online') continue;
      const { now, uncertaintyMs } = session.serverNow();
      const before = now - GRACE_MS - Math.ceil(uncertaintyMs);
      if (!(await store.hasExpired(account, before))) continue;
      const { purged, changes } = await store.purgeExpired(account, before);
      ports.onChanges(changes);
      if (purged > 0) ports.onPurged();
    }
    for (const { deletion, removed, purged } of await store.openDeletions()) {
      if (stopped || purged) continue;
      const session = ports.sessions().get(deletion.body.account_id);
      if (deletion.step === 'requested' && removed !== null)
        await settle(deletion, removed.restorable_until, session?.serverNow().now ?? clock.wallNow());
      else if (deletion.step === 'removed' && removed === null)
        await put('gateway', { ...deletion, step: 'restored' }, 'group.restored', {});
      else if (deletion.step === 'requested' && session?.freshness() === 'online') {
        // The program ended, or the answer was lost, between asking and knowing: caught up and still here, so ask again.
        const conversation = await store.conversation(deletion.conversation);
        const quiet = clock.wallNow() - deletion.updated_at > ASK_AGAIN_MS;
        if (!quiet && retry === null)
          retry = clock.setTimeout(() => {
            retry = null;
            poke();
          }, ASK_AGAIN_MS);
        if (conversation !== null && conversation.removed === null && quiet)
          await ask(deletion, conversation, session).catch((thrown: unknown) => {
            if (!(thrown instanceof AppFailure)) throw thrown;
          });
      }
    }
  };

  const poke = (): void => {
    if (stopped) return;
    if (looking !== null) {
      again = true;
      return;
    }
    looking = (async () => {
      do {
        again = false;
        await look();
      } while (again && !stopped);
    })()
      .catch((thrown: unknown) =>
        ports.logger.log('error', 'groups.look', {
          code: codeOf(thrown),
        }),
      )
      .finally(() => {
        looking = null;
      });
  };
  const schedule = (): void => {
    timer = clock.setTimeout(() => {
      poke();
      if (!stopped) schedule();
    }, LOOK_EVERY_MS);
  };

  return {
    handlers: {
      'groups.list': async () => ({ groups: await store.groups() }),
      'groups.check': check,
      'groups.export': startExport,
      'groups.notice': writeNotice,
      'groups.delete': remove,
      'groups.restore': restore,
      'groups.abandon': abandon,
    },
    poke,
    start() {
      poke();
      schedule();
    },
    async stop() {
      stopped = true;
      if (timer !== null) clock.clearTimeout(timer);
      if (retry !== null) clock.clearTimeout(retry);
      await looking;
    },
  };
}
