import { AppFailure } from '#shared/contract/errors.ts';
import { REPLY_LIMITS, type RejectedReply, type ReplyScope, type ReplyView } from '#shared/contract/composer.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import { defaultReplies } from '#shared/i18n/composer-defaults.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { isPermitted, type Permission } from '#shared/domain/permissions.ts';
import { replyFileWords, type ReplyFileWords } from '#shared/i18n/composer.ts';
import type { Locale } from '#shared/i18n/index.ts';
import type { Agent } from '#shared/protocol/entities.ts';
import { actorOf } from '../accounts/acting.ts';
import type { Audit } from '../audit/audit.ts';
import { BYTE_ORDER_MARK, csvCell } from '../export/csv-lines.ts';
import { cleanText } from '../import/cells.ts';
import { openTable } from '../import/table.ts';
import type { Clock } from '../ports/clock.ts';
import type { StoredReply, StoredReplyInput } from '../ports/composer-store.ts';
import type { CsvReader } from '../ports/csv.ts';
import type { Files } from '../ports/files.ts';
import type { Pinyin } from '../ports/pinyin.ts';
import type { SpreadsheetReader, SpreadsheetWriter } from '../ports/spreadsheet.ts';
import type { Store } from '../ports/store.ts';

/** Entries that are spelled between two turns of the main thread: a few milliseconds. */
const SPELL_AT_ONCE = 20;
/** Characters of a text that pinyin is made of: nobody looks for the hundredth word. */
const SPELLED_LENGTH = 60;
/** Rejected lines that are named; the rest is counted by the difference. */
const MAX_REJECTED = 200;
const PRACTICE_SEEDED = 'composer_practice_seeded';

export interface RepliesOptions {
  readonly store: Store;
  readonly files: Files;
  readonly csv: CsvReader;
  readonly spreadsheets?: { readonly reader: SpreadsheetReader; readonly writer: SpreadsheetWriter };
  /** Absent: replies are found by their text alone. */
  readonly pinyin?: Pinyin;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly permit: (account: AccountId, permission: Permission) => Promise<Agent>;
  readonly locale: Locale;
  /** A practice profile begins with the shipped replies. */
  readonly practice: boolean;
  readonly program: string;
  readonly onChanged: () => void;
}

type Names =
  | 'replies.list'
  | 'replies.save'
  | 'replies.remove'
  | 'replies.used'
  | 'replies.add_defaults'
  | 'replies.import'
  | 'replies.export';

/** Quick replies (PV7), personal and of a shop. */
export function createReplies(options: RepliesOptions): Pick<Handlers, Names> {
  const { store, files, clock } = options;
  const words: ReplyFileWords = replyFileWords[options.locale];
  const rest = (): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, 0));
  let seeding: Promise<void> | null = null;

  interface Fields {
    readonly group: string;
    readonly title: string;
    readonly body: string;
  }

  function inputOf(fields: Fields, id: number | null, shop: StoredReplyInput['shop']): StoredReplyInput {
    const spelled = options.pinyin?.spell(`${fields.title} ${fields.body}`.slice(0, SPELLED_LENGTH)) ?? {
      spelled: '',
      initials: '',
    };
    return { id, shop, ...fields, ...spelled, updated_at: clock.wallNow() };
  }

  async function inputsOf(
    rows: readonly (Fields & { readonly id: number | null })[],
    shop: StoredReplyInput['shop'],
  ): Promise<StoredReplyInput[]> {
    const inputs: StoredReplyInput[] = [];
    for (const [index, { id, ...fields }] of rows.entries()) {
      if (index > 0 && index % SPELL_AT_ONCE === 0) await rest();
      inputs.push(inputOf(fields, id, shop));
    }
    return inputs;
  }

  /** A shop's replies are its supervisors'; one's own need nothing but an account. */
  async function shopOf(account_id: AccountId, shop_id: string, scope: ReplyScope): Promise<StoredReplyInput['shop']> {
    if (scope === 'personal') return null;
    await options.permit(account_id, 'composer.edit_shop');
    return { account_id, shop_id };
  }

  const scoped = (replies: readonly StoredReply[], scope: ReplyScope): readonly StoredReply[] =>
    replies.filter((reply) => reply.of_shop === (scope === 'shop'));
  const same = (a: Fields, b: Fields): boolean => a.group === b.group && a.title === b.title;

  async function addDefaults(account: AccountId, shopId: string, scope: ReplyScope): Promise<number> {
    const shop = scope === 'personal' ? null : { account_id: account, shop_id: shopId };
    const present = scoped(await store.replies(account, shopId), scope);
    const missing = defaultReplies.filter((entry) => !present.some((other) => same(entry, other)));
    await store.putReplies(
      await inputsOf(
        missing.map((entry) => ({ ...entry, id: null })),
        shop,
      ),
    );
    return missing.length;
  }

  /** Once a profile: whoever deletes them wants none. */
  async function seed(account: AccountId, shopId: string): Promise<void> {
    if (!options.practice || (await store.setting(PRACTICE_SEEDED)) === true) return;
    await store.setSetting(PRACTICE_SEEDED, true);
    await addDefaults(account, shopId, 'personal');
  }

  async function owned(account: AccountId, shopId: string, id: number): Promise<StoredReply> {
    const reply = (await store.replies(account, shopId)).find((candidate) => candidate.id === id);
    if (reply === undefined) throw new AppFailure('NOT_FOUND', 'no such quick reply');
    return reply;
  }

  async function* csvFile(rows: readonly (readonly string[])[]): AsyncIterable<string> {
    yield BYTE_ORDER_MARK;
    for (const row of rows) yield `${row.map(csvCell).join(',')}\r\n`;
  }

  return {
    async 'replies.list'({ account_id, shop_id }) {
      seeding ??= seed(account_id, shop_id).catch(() => undefined);
      await seeding;
      const [replies, accounts] = await Promise.all([store.replies(account_id, shop_id), store.accounts()]);
      const role = accounts.find((candidate) => candidate.account_id === account_id)?.agent?.role;
      return {
        replies: replies.map(({ of_shop, ...reply }): ReplyView => ({
          ...reply,
          scope: of_shop ? 'shop' : 'personal',
        })),
        may_edit_shop: isPermitted(role, 'composer.edit_shop'),
      };
    },

    async 'replies.save'({ account_id, shop_id, id, scope, reply }) {
      const shop = await shopOf(account_id, shop_id, scope);
      const present = scoped(await store.replies(account_id, shop_id), scope);
      if (id === null && present.length >= REPLY_LIMITS.count)
        throw new AppFailure('BAD_INPUT', 'too many quick replies', { limit: REPLY_LIMITS.count });
      const title = reply.title === '' ? titleOf(reply.body) : reply.title;
      const [saved] = await store.putReplies([inputOf({ ...reply, title }, id, shop)]);
      options.onChanged();
      return { id: saved as number };
    },

    async 'replies.remove'({ account_id, shop_id, id }) {
      const reply = await owned(account_id, shop_id, id);
      if (reply.of_shop) await options.permit(account_id, 'composer.edit_shop');
      await store.removeReply(id);
      options.onChanged();
      return {};
    },

    async 'replies.used'({ id }) {
      await store.countReplyUse(id);
      return {};
    },

    async 'replies.add_defaults'({ account_id, shop_id, scope }) {
      await shopOf(account_id, shop_id, scope);
      const added = await addDefaults(account_id, shop_id, scope);
      options.onChanged();
      return { added };
    },

    async 'replies.import'({ account_id, shop_id, scope, file }) {
      const shop = await shopOf(account_id, shop_id, scope);
      const table = await openTable(files, options.csv, file, options.spreadsheets?.reader);
      const columns = columnsOf(table.header);
      if (columns === null)
        throw new AppFailure('FILE_FORMAT', 'no column for the text', { columns: Object.values(words.columns) });
      const present = scoped(await store.replies(account_id, shop_id), scope);
      const known = new Map(present.map((reply) => [keyOf(reply), reply]));
      const rejected: { line: number; reason: RejectedReply }[] = [];
      const chosen = new Map<string, Fields & { readonly id: number | null }>();
      let replaced = 0;
      let unchanged = 0;
      for await (const rows of table.rows())
        for (const { line, cells, problem } of rows) {
          const cell = (column: number | undefined): string =>
            column === undefined ? '' : cleanText(cells[column] ?? '').trim();
          const body = cell(columns.body);
          const fields = { group: cell(columns.group), title: cell(columns.title) || titleOf(body), body };
          const reason: RejectedReply | null =
            problem !== null
              ? 'ROW_BROKEN'
              : body === ''
                ? 'NO_TEXT'
                : body.length > REPLY_LIMITS.body ||
                    fields.title.length > REPLY_LIMITS.title ||
                    fields.group.length > REPLY_LIMITS.group ||
                    present.length + chosen.size >= REPLY_LIMITS.count
                  ? 'TOO_LONG'
                  : null;
          if (reason !== null) {
            if (rejected.length < MAX_REJECTED) rejected.push({ line, reason });
            continue;
          }
          const key = keyOf(fields);
          const before = known.get(key);
          if (before !== undefined && before.body === body) unchanged++;
          else {
            if (before !== undefined && !chosen.has(key)) replaced++;
            chosen.set(key, { ...fields, id: before?.id ?? null });
          }
        }
      const inputs = await inputsOf([...chosen.values()], shop);
      const actor = await actorOf(store);
      await options.audit.write(actor, 'replies.imported', {
        scope,
        rows: inputs.length,
        shop_id: shop?.shop_id ?? null,
      });
      // One transaction: all of the file, or nothing.
      await store.putReplies(inputs);
      options.onChanged();
      return { added: inputs.length - replaced, replaced, unchanged, rejected };
    },

    async 'replies.export'({ account_id, shop_id, scope, target, format }) {
      const all = await store.replies(account_id, shop_id);
      const replies = scope === null ? all : scoped(all, scope);
      const rows = replies.map((reply) => [reply.group, reply.title, reply.body]);
      const header = [words.columns.group, words.columns.title, words.columns.body];
      const sink = await files.create(target);
      try {
        if (format === 'csv') {
          const encoder = new TextEncoder();
          for await (const line of csvFile([header, ...rows])) await sink.write(encoder.encode(line));
        } else {
          if (options.spreadsheets === undefined) throw new AppFailure('UNSUPPORTED', 'no spreadsheets here');
          const sheet = options.spreadsheets.writer.create(sink, {
            columns: header.map((name, index) => ({ header: name, kind: 'text', width: [16, 24, 80][index] ?? 24 })),
            sheetName: (index) => (index === 1 ? words.sheet : `${words.sheet} ${index}`),
            cutMark: () => '',
            program: options.program,
            madeAt: clock.wallNow(),
          });
          await sheet.writeRows(rows);
          await sheet.endRows();
          await sheet.close({ name: words.about, widths: [80], rows: [[words.about], [words.note]] });
        }
        const { bytes } = await sink.commit();
        return { rows: rows.length, bytes };
      } catch (thrown) {
        await sink.abort();
        throw thrown;
      }
    },
  };
}

const keyOf = (fields: { readonly group: string; readonly title: string }): string =>
  `${fields.group}\u0000${fields.title}`;
const titleOf = (body: string): string => [...(body.split('\n')[0] ?? '')].slice(0, 20).join('');

const COLUMN_NAMES = {
  group: ['分组', '分类', '类别', '组', '文件夹', 'group', 'category', 'folder'],
  title: ['标题', '名称', '关键词', '关键字', '快捷词', '快捷编码', '短语', 'title', 'name', 'keyword', 'shortcut'],
  body: [
    '内容',
    '话术',
    '回复',
    '回复内容',
    '话术内容',
    '快捷回复',
    '文本',
    '正文',
    'text',
    'body',
    'content',
    'reply',
    'message',
  ],
};

/** Which column is what, by the headers that the well-known programs write. Null without one for the text. */
function columnsOf(header: readonly string[]): { body: number; title?: number; group?: number } | null {
  const names = header.map((name) => name.trim().toLowerCase());
  const find = (known: readonly string[]): number | undefined => {
    for (const name of known) {
      const index = names.indexOf(name);
      if (index !== -1) return index;
    }
    return undefined;
  };
  const body = find(COLUMN_NAMES.body);
  if (body === undefined) return null;
  const title = find(COLUMN_NAMES.title);
  const group = find(COLUMN_NAMES.group);
  return { body, ...(title === undefined ? {} : { title }), ...(group === undefined ? {} : { group }) };
}
