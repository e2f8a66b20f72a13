import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCryptography } from '#main/adapters/crypto/cryptography.ts';
import { createAttachmentCache } from '#main/adapters/attachments/attachment-cache.ts';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createMemorySecrets } from '#main/adapters/secrets/memory.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { createWsTransport } from '#main/adapters/websocket/ws-transport.ts';
import { createApp, type App } from '#main/core/create-app.ts';
import type { Clock } from '#main/core/ports/clock.ts';
import type { Files } from '#main/core/ports/files.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';
import type { Store } from '#main/core/ports/store.ts';
import type { Transport } from '#main/core/ports/transport.ts';
import type { Topics } from '#shared/contract/topics.ts';
import { createClock } from '#main/hosts/clock.ts';
import { createIds } from '#main/hosts/ids.ts';
import { dispatch } from '#shared/contract/door.ts';
import type { ProcedureInput, ProcedureName, ProcedureOutput } from '#shared/contract/procedures.ts';
import type { TopicMessage } from '#shared/contract/topics.ts';
import type { AccountView, MessagesPage } from '#shared/contract/views.ts';
import { AccountId, type ConversationKey } from '#shared/domain/ids.ts';
import { until } from './wait.ts';

export const TEST_ACCOUNT = AccountId.parse('acc-test');
const KEY = new Uint8Array(32).fill(7);

/** The whole core over a real store and real sockets, called through the door as a window would. */
export interface RunningApp {
  readonly app: App;
  readonly store: Store;
  readonly topics: TopicMessage[];
  readonly log: string[];
  readonly notices: Topics['notice'][];
  /** Throws the error's code where the answer is one. */
  call<N extends ProcedureName>(procedure: N, input: ProcedureInput<N>): Promise<ProcedureOutput<N>>;
  /** The code of the error that must come. */
  refusal<N extends ProcedureName>(procedure: N, input: ProcedureInput<N>): Promise<{ code: string; details: unknown }>;
  account(): Promise<AccountView>;
  live(): Promise<void>;
  page(conversation: ConversationKey): Promise<MessagesPage>;
  /** Key of a conversation by its wire id, once it is here. */
  key(conversationId: string): Promise<ConversationKey>;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly directory: string;
  readonly url: string;
  readonly token: string;
  readonly clock?: Clock;
  readonly secrets?: Secrets;
  readonly version?: string;
  /** Default 0: sends leave at once. */
  readonly sendDelayMs?: number;
  /** Reader threads; default 2. */
  readonly readers?: number;
  readonly files?: Files;
  readonly transport?: Transport;
  /** For a store that is slow, or fails. */
  readonly wrapStore?: (store: Store) => Store;
  /** False: topics, log and notices are not gathered, for what runs long. */
  readonly gather?: boolean;
}

export async function temporaryDirectory(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'workbench-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

export async function runApp(options: RunOptions): Promise<RunningApp> {
  const opened = await openStore({ directory: options.directory, key: KEY, readers: options.readers ?? 2 });
  const store = options.wrapStore?.(opened) ?? opened;
  const gather = options.gather ?? true;
  const topics: TopicMessage[] = [];
  const log: string[] = [];
  const notices: Topics['notice'][] = [];
  const app = createApp({
    store,
    transport: options.transport ?? createWsTransport(),
    clock: options.clock ?? createClock(),
    ids: createIds(),
    logger: {
      log: (level, event, fields) => void (gather && log.push(`${level} ${event} ${JSON.stringify(fields ?? {})}`)),
    },
    files: options.files ?? createFiles({ resolve: () => null } as never),
    attachments: createAttachmentCache({ folder: join(options.directory, 'attachments'), key: KEY }),
    csv: createCsvReader(),
    exports: { cryptography: createCryptography(), pseudonymLabel: '买家' },
    notifier: { notify: (notice) => void (gather && notices.push(notice)) },
    secrets: options.secrets ?? createMemorySecrets(),
    info: {
      version: options.version ?? '1.0.0',
      host: 'cli',
      platform: process.platform,
      practice: false,
      key_storage: 'memory',
      locale: 'zh-CN',
    },
  });
  app.subscribe((message) => void (gather && topics.push(message)));
  await app.addAccount({
    account_id: TEST_ACCOUNT,
    label: '测试',
    url: options.url,
    token: options.token,
    practice: true,
    source: 'practice',
  });
  await store.setSetting('settings', { send_delay_ms: options.sendDelayMs ?? 0 });
  await app.start();

  const running: RunningApp = {
    app,
    store,
    topics,
    log,
    notices,
    async call(procedure, input) {
      const answer = await dispatch(app.handlers, procedure, input);
      if (!answer.ok) throw new Error(`${procedure}: ${answer.error.code} ${answer.error.message}`);
      return answer.result as never;
    },
    async refusal(procedure, input) {
      const answer = await dispatch(app.handlers, procedure, input);
      if (answer.ok) throw new Error(`${procedure} was not refused`);
      return { code: answer.error.code, details: answer.error.details };
    },
    async account() {
      const accounts = await running.call('accounts.list', {});
      const account = accounts.find((candidate) => candidate.account_id === TEST_ACCOUNT);
      if (account === undefined) throw new Error('no account');
      return account;
    },
    live: () => until('the account to be live', async () => (await running.account()).state === 'live'),
    page: (conversation_key) => running.call('messages.page', { conversation_key, limit: 200 }),
    async key(conversationId) {
      let found: ConversationKey | null = null;
      await until(`conversation ${conversationId}`, async () => {
        const view = await store.conversationByWireId(TEST_ACCOUNT, conversationId as never);
        found = view?.key ?? null;
        return found !== null;
      });
      return found as unknown as ConversationKey;
    },
    async close() {
      await app.stop();
      await store.close();
    },
  };
  return running;
}
