import type { DownloadJob, StagedFile } from '#main/core/ports/attachment-store.ts';
import type {
  AccountRecord,
  ImportRecord,
  IncidentOpening,
  IngestResult,
  KeptPosition,
  KeptRaw,
  KeptReading,
  RecallJob,
  RecallResolution,
  SendJob,
  StoreChanges,
} from '#main/core/ports/store.ts';
import type { OutgoingFile } from '#shared/contract/attachments.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { OutgoingView, RecallView } from '#shared/contract/views.ts';
import type { AccountId, ConversationId, ShopId } from '#shared/domain/ids.ts';
import { messageKeySlot } from '#shared/domain/time.ts';
import type { Agent, Conversation, Message, Policy } from '#shared/protocol/entities.ts';
import type { Case } from '#shared/domain/remedy/cases.ts';
import type { IncidentEvent } from '#shared/domain/remedy/incident.ts';
import type { ReviewWriting } from '#main/core/ports/review-store.ts';
import type { PlaybookBook } from '#shared/domain/remedy/playbooks.ts';
import type { Scorecard } from '#shared/domain/review/scorecard.ts';
import type { GatewayEvent } from '#shared/protocol/events.ts';
import { createEraser, erasing, rewriteFile } from '../administration/eraser.ts';
import { noteRole, notePolicy } from '../administration/changes.ts';
import { createAdministrationWriter } from '../administration/writer.ts';
import { appendAudit, type AuditEntry } from '../audit.ts';
import { pragma, type WritableDatabase } from '../connection.ts';
import { toFailure } from '../errors.ts';
import { createRollup } from '../search/rollup.ts';
import { createAttachments } from './attachments.ts';
import { createChangeSet } from './changes.ts';
import { createComposer } from './composer.ts';
import { createDesk } from './desk.ts';
import { createConversations } from './conversations.ts';
import { createDimensions } from './dimensions.ts';
import { createEvents, type Effects, type IngestAccount, type Receiver } from './events.ts';
import { createGaps } from './gaps.ts';
import { createImports } from './imports.ts';
import { createIncidents } from './incidents.ts';
import { createIndexQueue } from './index-queue.ts';
import { createKept } from './kept.ts';
import { createMessages } from './messages.ts';
import { createOutgoing } from './outgoing.ts';
import { createRecalls } from './recalls.ts';
import { createReviews } from './reviews.ts';
import { createSavedSearches } from './saved-searches.ts';
import { freeNumbers } from './went-back.ts';

/** What `welcome` says of a shop; the policy parsed, or null with what is wrong with it (RC1). */
export interface WelcomeShop {
  readonly shop_id: ShopId;
  readonly name: string;
  readonly platform: string;
  readonly policy: Policy | null;
  readonly policy_problem?: string | null;
}

/** Every change to records.db. Each call is one transaction: all of it, or nothing. */
export type RecordsWriter = ReturnType<typeof createWriter>;

export function createWriter(db: WritableDatabase) {
  const changes = createChangeSet();
  const dimensions = createDimensions(db);
  const gaps = createGaps(db);
  const queue = createIndexQueue(db);
  const rollup = createRollup(db);
  const conversations = createConversations(db, dimensions, gaps, changes);
  const messages = createMessages({ db, dimensions, conversations, queue, rollup, changes });
  const outgoing = createOutgoing(db, changes);
  const attachments = createAttachments(db, outgoing, changes);
  const recalls = createRecalls({ db, conversations, messages, changes });
  const reviews = createReviews(db, changes);
  const eraser = createEraser({ db, dimensions, conversations, messages, gaps, reviews, rollup, changes });
  const administration = createAdministrationWriter({ db, conversations, eraser, changes });
  const events = createEvents({
    db,
    dimensions,
    conversations,
    messages,
    outgoing,
    recalls,
    rollup,
    queue,
    changes,
    eraser,
  });
  const incidents = createIncidents(db, changes);
  const savedSearches = createSavedSearches(db);
  const composer = createComposer(db);
  const desk = createDesk(db, changes);
  const imports = createImports({ db, dimensions, conversations, messages });

  /** Everything that is gathered in memory during a transaction goes into it before it ends. */
  const flush = (): void => {
    conversations.flush();
    rollup.flush();
    queue.flush();
  };
  const forget = (): void => {
    conversations.reset();
    dimensions.reset();
    messages.reset();
    rollup.reset();
    queue.reset();
  };
  const write = <T>(work: () => T): T => {
    try {
      return db.transaction(() => {
        const result = work();
        flush();
        return result;
      });
    } catch (thrown) {
      // What was cached may never have been committed.
      forget();
      changes.take();
      throw thrown;
    }
  };
  /** A transaction whose answer is what it changed. */
  const change = (work: () => void): StoreChanges => {
    write(work);
    return changes.take();
  };
  const changeWith = <T extends object>(work: () => T): T & { readonly changes: StoreChanges } => {
    const result = write(work);
    return { ...result, changes: changes.take() };
  };

  const accountRow = (account: AccountId) => {
    const row = db
      .read<{ id: number; source: number; agent_id: string | null; event_seq: number; has_cursor: number }>(
        `SELECT a.id, a.source, g.agent_id, a.event_seq, a.has_cursor FROM accounts a LEFT JOIN agents g ON g.id = a.agent
         WHERE a.account_id = ? AND a.removed = 0`,
      )
      .get(account);
    if (row === undefined) throw new AppFailure('NOT_FOUND', 'no such account');
    return row;
  };

  const noEffects = (): Effects => ({
    notices: new Map(),
    shopsChanged: false,
    agentChanged: false,
    refusedPolicies: [],
    settledRecalls: [],
    contradictedRecalls: [],
    settledSends: [],
  });

  /** `careful`: each event on its own, one that can't be applied is kept raw instead of blocking all that follow. */
  const applyEvents = (
    account: AccountId,
    batch: readonly GatewayEvent[],
    careful: boolean,
  ): Omit<IngestResult, 'changes'> => {
    const row = accountRow(account);
    const target: IngestAccount = { key: row.id, source: row.source, agent_id: row.agent_id };
    const effects = noEffects();
    let cursor = row.event_seq;
    let applied = 0;
    let skipped = 0;
    let gapAt: number | null = null;
    let syncedAt: number | null = null;
    const reusedBefore = messages.reusedNumbers();
    for (const event of batch) {
      if (event.event_seq <= cursor) {
        skipped += 1;
        continue;
      }
      // Before the first snapshot is complete there is no cursor that could have a gap after it.
      if (event.event_seq !== cursor + 1 && !(row.has_cursor === 0 && applied === 0)) {
        gapAt = event.event_seq;
        break;
      }
      if (careful) applyAlone(target, event, effects);
      else events.apply(target, event, effects);
      cursor = event.event_seq;
      syncedAt = event.at;
      applied += 1;
    }
    if (applied > 0)
      db.write('UPDATE accounts SET event_seq = ?, synced_at = max(coalesce(synced_at, 0), ?) WHERE id = ?').run(
        cursor,
        syncedAt,
        row.id,
      );
    return {
      event_seq: cursor,
      applied,
      skipped,
      gap_at: gapAt,
      notices: [...effects.notices.values()],
      shops_changed: effects.shopsChanged,
      agent_changed: effects.agentChanged,
      refused_policies: effects.refusedPolicies,
      settled_recalls: effects.settledRecalls,
      contradicted_recalls: effects.contradictedRecalls,
      settled_sends: effects.settledSends,
      reused_numbers: messages.reusedNumbers() - reusedBefore,
    };
  };

  const applyAlone = (account: IngestAccount, event: GatewayEvent, effects: Effects): void => {
    flush();
    db.execute('SAVEPOINT event');
    try {
      events.apply(account, event, effects);
      flush();
    } catch (thrown) {
      if (toFailure(thrown).error.code !== 'INTERNAL') throw thrown;
      db.execute('ROLLBACK TO event');
      forget();
      events.keepRaw(
        account,
        event.event_seq,
        `failed:${event.kind}`,
        'raw' in event ? event.raw : JSON.stringify(event),
      );
    }
    db.execute('RELEASE event');
  };

  /** AD2, where there is a purge among these. */
  const applying = <T>(batch: readonly GatewayEvent[], work: () => T): T =>
    batch.some((event) => event.kind === 'conversation.purged') ? erasing(db, work) : work();

  const kept = createKept({
    db,
    conversations,
    events,
    apply: (account, event) => applyAlone(account, event, noEffects()),
  });

  return {
    putAccount: (account: AccountRecord): void =>
      write(() => {
        db.write(
          `INSERT INTO accounts (account_id, source, label, gateway_url, device_id, practice) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (account_id) DO UPDATE SET source = excluded.source, label = excluded.label, gateway_url = excluded.gateway_url,
             device_id = excluded.device_id, practice = excluded.practice, removed = 0`,
        ).run(
          account.account_id,
          dimensions.source(account.source),
          account.label,
          account.gateway_url,
          account.device_id,
          account.practice ? 1 : 0,
        );
      }),

    removeAccount: (account: AccountId): void =>
      write(() => {
        const { id } = accountRow(account);
        outgoing.drop(id);
        recalls.abandon(id);
        db.write('DELETE FROM account_shops WHERE account = ?').run(id);
        db.write('UPDATE accounts SET removed = 1, event_seq = 0, has_cursor = 0, synced_at = NULL WHERE id = ?').run(
          id,
        );
        changes.take();
      }),

    putWelcome: (
      account: AccountId,
      welcome: { readonly agent: Agent; readonly shops: readonly WelcomeShop[] },
      at: number = Date.now(),
    ): void =>
      write(() => {
        const { id, source } = accountRow(account);
        const { key: agent, roleBefore } = dimensions.putAgent(source, welcome.agent);
        if (roleBefore !== undefined && roleBefore !== null)
          noteRole(db, welcome.agent.agent_id, roleBefore, welcome.agent.role, at);
        db.write('UPDATE accounts SET agent = ? WHERE id = ?').run(agent, id);
        db.write('DELETE FROM account_shops WHERE account = ?').run(id);
        for (const shop of welcome.shops) {
          const key = dimensions.shop(source, shop.shop_id, shop.name, shop.platform);
          db.write('UPDATE shops SET name = ?, platform = ? WHERE id = ?').run(shop.name, shop.platform, key);
          if (shop.policy !== null) notePolicy(db, key, shop.shop_id, shop.policy, at);
          if (shop.policy !== null)
            db.write('UPDATE shops SET policy = ?, policy_problem = NULL WHERE id = ?').run(
              JSON.stringify(shop.policy),
              key,
            );
          else if (typeof shop.policy_problem === 'string')
            db.write('UPDATE shops SET policy_problem = ? WHERE id = ?').run(shop.policy_problem, key);
          db.write('INSERT INTO account_shops (account, shop) VALUES (?, ?) ON CONFLICT DO NOTHING').run(id, key);
        }
      }),

    ingest: (account: AccountId, batch: readonly GatewayEvent[]): IngestResult =>
      applying(batch, () => {
        let result: Omit<IngestResult, 'changes'>;
        try {
          result = write(() => applyEvents(account, batch, false));
        } catch (thrown) {
          if (toFailure(thrown).error.code !== 'INTERNAL') throw thrown;
          result = write(() => applyEvents(account, batch, true));
        }
        return { ...result, changes: changes.take() };
      }),

    keptRaw: (after: KeptPosition | null): readonly KeptRaw[] => kept.after(after),
    takeKept: (readings: readonly KeptReading[]): StoreChanges =>
      applying(
        readings.flatMap((reading) => (reading.of === 'event' ? [reading.event] : [])),
        () => change(() => readings.forEach(kept.take)),
      ),

    putSnapshotPage: (
      account: AccountId,
      page: readonly Conversation[],
      options: { readonly wentBack?: boolean } = {},
    ): StoreChanges =>
      change(() => {
        const { source } = accountRow(account);
        if (options.wentBack === true) freeNumbers({ db, conversations, changes }, source, page);
        for (const conversation of page)
          events.putConversation(source, conversation, conversation.last_message_at ?? conversation.waiting_since ?? 0);
      }),

    setCursor: (
      account: AccountId,
      eventSeq: number,
      syncedAt: number,
      options: { readonly reset?: boolean } = {},
    ): void =>
      write(() => {
        const row = accountRow(account);
        const cursor = options.reset === true ? eventSeq : Math.max(row.event_seq, eventSeq);
        db.write('UPDATE accounts SET event_seq = ?, has_cursor = 1, synced_at = ? WHERE id = ?').run(
          cursor,
          syncedAt,
          row.id,
        );
      }),

    putMessages: (account: AccountId, list: readonly Message[]): StoreChanges =>
      change(() => {
        const { id: key, source } = accountRow(account);
        const ordered = [...list].sort(
          (a, b) => messageKeySlot(a.sent_at) - messageKeySlot(b.sent_at) || a.conv_seq - b.conv_seq,
        );
        for (const message of ordered) events.putMessage({ key, source }, message);
      }),

    closeGap: (account: AccountId, conversation: ConversationId, fromSeq: number, toSeq: number): StoreChanges =>
      change(() => {
        const state = conversations.find(accountRow(account).source, conversation);
        if (state === null || fromSeq > toSeq) return;
        if (gaps.close(state.id, fromSeq, toSeq)) changes.messages(state.id);
      }),

    noteRead: (account: AccountId, conversation: ConversationId, seq: number): StoreChanges =>
      change(() => {
        const state = conversations.find(accountRow(account).source, conversation);
        if (state !== null) conversations.noteRead(state, seq);
      }),

    enqueueSend: (job: SendJob): StoreChanges => change(() => outgoing.enqueue(job)),
    cancelDelayed: (id: string): { readonly text: string; readonly changes: StoreChanges } =>
      changeWith(() => outgoing.cancelDelayed(id)),
    setSendState: (id: string, state: OutgoingView['state'], error: OutgoingView['error']): StoreChanges =>
      change(() => outgoing.setState(id, state, error)),
    settleSend: (id: string, message: Message): StoreChanges =>
      change(() => {
        const receiver = db
          .read<Receiver>(
            'SELECT a.id AS key, a.source FROM outbox o JOIN accounts a ON a.id = o.account WHERE o.client_msg_id = ?',
          )
          .get(id);
        // Its event was faster: the record is there already.
        if (receiver === undefined) return;
        events.putMessage(receiver, message);
        outgoing.settle(id);
      }),
    discardSend: (id: string): { readonly text: string; readonly changes: StoreChanges } =>
      changeWith(() => outgoing.discard(id)),
    returnDelayedToDrafts: (): number => {
      const count = write(() => outgoing.returnDelayedToDrafts());
      changes.take();
      return count;
    },

    putStaged: (staged: StagedFile): StoreChanges => change(() => attachments.stage(staged)),
    dropStaged: (id: string): StoreChanges => change(() => attachments.unstage(id)),
    enqueueFiles: (
      jobs: Parameters<typeof attachments.enqueue>[0],
    ): { readonly files: readonly OutgoingFile[]; readonly changes: StoreChanges } =>
      changeWith(() => ({ files: attachments.enqueue(jobs) })),
    setUploaded: (id: string, attachmentId: string | null): StoreChanges =>
      change(() => attachments.setUploaded(id, attachmentId)),
    putDownload: (job: DownloadJob): void => write(() => attachments.putDownload(job)),
    dropDownload: (message: number): void => write(() => attachments.dropDownload(message)),
    attachmentsErased: (hashes: readonly string[]): void => write(() => attachments.erased(hashes)),

    createRecall: (
      job: RecallJob,
    ): { readonly recall: RecallView; readonly joined: boolean; readonly changes: StoreChanges } =>
      changeWith(() => recalls.create(job)),
    resolveRecall: (
      id: string,
      outcome: RecallResolution,
    ): { readonly recall: RecallView; readonly contradicted: boolean; readonly changes: StoreChanges } | null => {
      const resolved = write(() => recalls.resolve(id, outcome));
      return resolved === null ? null : { ...resolved, changes: changes.take() };
    },

    openIncident: (
      opening: IncidentOpening,
    ): { readonly incident_id: string; readonly joined: boolean; readonly changes: StoreChanges } =>
      changeWith(() => incidents.open(opening)),
    appendIncident: (incidentId: string, event: IncidentEvent, entry: Case | null): StoreChanges =>
      change(() => incidents.append(incidentId, event, entry)),
    putPlaybooks: (book: PlaybookBook): void => write(() => incidents.putPlaybooks(book)),
    putCases: (cases: readonly Case[]): number => write(() => incidents.putCases(cases)),

    putScorecard: (card: Scorecard): void => write(() => reviews.putScorecard(card)),
    putReviewSample: (...sample: Parameters<typeof reviews.putSample>): void =>
      write(() => reviews.putSample(...sample)),
    closeReviewSample: (id: string, at: number): void => write(() => reviews.closeSample(id, at)),
    putReviews: (list: readonly ReviewWriting[]): StoreChanges => change(() => reviews.put(list)),

    setDraft: (conversation: number, text: string): StoreChanges => change(() => outgoing.setDraft(conversation, text)),
    setSetting: (name: string, value: unknown): void =>
      write(() => {
        if (value === undefined) db.write('DELETE FROM settings WHERE name = ?').run(name);
        else
          db.write(
            'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
          ).run(name, JSON.stringify(value));
      }),
    putSavedSearch: (search: Parameters<typeof savedSearches.put>[0]): number => write(() => savedSearches.put(search)),
    renameSavedSearch: (id: number, name: string): void => write(() => savedSearches.rename(id, name)),
    removeSavedSearch: (id: number): void => write(() => savedSearches.remove(id)),
    putWords: (...args: Parameters<typeof composer.putWords>): void => write(() => composer.putWords(...args)),
    putLocalWords: (...args: Parameters<typeof composer.putLocalWords>): void =>
      write(() => composer.putLocalWords(...args)),
    putReplies: (...args: Parameters<typeof composer.putReplies>): number[] =>
      write(() => composer.putReplies(...args)),
    removeReply: (id: number): void => write(() => composer.removeReply(id)),
    countReplyUse: (id: number): void => write(() => composer.countReplyUse(id)),
    putArticle: (...args: Parameters<typeof composer.putArticle>): void => write(() => composer.putArticle(...args)),
    markConversation: (...args: Parameters<typeof desk.mark>): StoreChanges => change(() => desk.mark(...args)),
    noteConsumer: (...args: Parameters<typeof desk.note>): StoreChanges => change(() => desk.note(...args)),
    putLesson: (lesson: Parameters<typeof desk.putLesson>[0]): void => write(() => desk.putLesson(lesson)),
    removeLesson: (id: string): void => write(() => desk.removeLesson(id)),
    putLessonRun: (run: Parameters<typeof desk.putLessonRun>[0]): void => write(() => desk.putLessonRun(run)),
    appendAudit: (entry: AuditEntry): void => write(() => appendAudit(db, entry)),

    putDeletion: (...args: Parameters<typeof administration.putDeletion>): StoreChanges =>
      change(() => administration.putDeletion(...args)),
    purgeExpired: (account: AccountId, now: number) =>
      erasing(db, () => changeWith(() => administration.purgeExpired(account, now))),
    purgeReleased: (now: number) => erasing(db, () => changeWith(() => administration.purgeReleased(now))),
    advanceErasures: (...args: Parameters<typeof administration.advanceErasures>): StoreChanges =>
      change(() => administration.advanceErasures(...args)),
    placeHold: (hold: Parameters<typeof administration.placeHold>[0]) =>
      changeWith(() => ({ id: administration.placeHold(hold) })),
    releaseHold: (...args: Parameters<typeof administration.releaseHold>): StoreChanges =>
      change(() => administration.releaseHold(...args)),
    announceRetention: (...args: Parameters<typeof administration.announceRetention>): number =>
      write(() => administration.announceRetention(...args)),
    removeRetained: (...args: Parameters<typeof administration.removeRetained>) =>
      erasing(db, () => changeWith(() => administration.removeRetained(...args))),
    /** Every page anew, and the log emptied (AD2). */
    rewriteRecords: () => rewriteFile(db),

    importRecords: (records: readonly ImportRecord[]): { readonly imported: number; readonly duplicates: number } => {
      const result = write(() => imports.put(records));
      changes.take();
      return result;
    },

    /** The index thread has taken everything up to this queue number over. */
    trimIndexQueue: (appliedSeq: number): void =>
      write(() => {
        db.write('DELETE FROM index_queue WHERE seq <= ?').run(appliedSeq);
      }),
    /** Statistics for the planner, and a small log, after a large load. */
    optimize: (): void => {
      pragma(db, 'analysis_limit = 1000');
      pragma(db, 'optimize');
      pragma(db, 'wal_checkpoint(TRUNCATE)');
    },
  };
}
