import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFiles } from '#main/adapters/files/files.ts';
import { drawPng } from '#main/practice/attachments.ts';
import { startPracticeGateway, type PracticeGateway, type PracticeOptions } from '#main/practice/index.ts';
import type { FaultRule } from '#shared/contract/practice.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { noise, PIECE, sha256Of, stage, stageAndSend } from '#test/support/attachment-steps.ts';
import { runApp, temporaryDirectory, TEST_ACCOUNT, type RunningApp } from '#test/support/running-app.ts';
import { settle, until } from '#test/support/wait.ts';

/** Pictures and files over the whole core, the real store and cache, and the practice gateway with faults. */

const ME = 'a-xiaomei';
const SHOP = 's-qinghe';

let gateway: PracticeGateway;
let app: RunningApp;
let directory: { readonly path: string; remove(): Promise<void> };
let outside: string;
const opened: (() => Promise<void>)[] = [];

beforeEach(async () => {
  directory = await temporaryDirectory();
  outside = mkdtempSync(path.join(tmpdir(), 'workbench-saved-'));
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  await directory.remove();
  rmSync(outside, { recursive: true, force: true });
});

async function startGateway(options: PracticeOptions = {}): Promise<void> {
  gateway = await startPracticeGateway({ rate: 0, seed: 5, ...options });
  opened.push(() => gateway.close());
}
async function startApp(sendDelayMs = 0): Promise<void> {
  app = await runApp({
    directory: directory.path,
    url: gateway.url,
    token: gateway.token,
    sendDelayMs,
    files: createFiles({ resolve: (handle) => path.join(outside, handle) }),
  });
  opened.push(() => app.close());
  await app.live();
}
async function enquiry(): Promise<{ id: string; key: ConversationKey }> {
  const { conversation_id } = gateway.control.newEnquiry({ shop_id: SHOP, text: '在吗', name: '买家', assign_to: ME });
  return { id: conversation_id, key: await app.key(conversation_id) };
}
/** Contents of the files that the gateway has been given for a conversation, in order, by their hash. */
const sentHashes = (id: string): (string | undefined)[] =>
  gateway.control
    .messages(id)
    .filter(({ message }) => message.sender.role === 'agent' && message.kind !== 'text')
    .map(({ message }) => message.attachment?.sha256);
const cacheFolder = (): string => path.join(directory.path, 'attachments');
const transferOf = async (ref: string) =>
  (await app.call('attachments.transfers', {})).transfers.find((transfer) => transfer.ref === ref);

/** The first try of each of four chunks is cut off, the second gets through. */
const cutsAtEach = (match: string, on: 'request' | 'reply'): FaultRule[] =>
  [0, 2, 4, 6].map((skip) => ({ fault: 'cut', on, match, skip, times: 1 }));

describe('sending', () => {
  test('[IN8] [SY3] pictures and files leave in the order in which they were sent, words between them', async () => {
    await startGateway();
    await startApp();
    const { id, key } = await enquiry();
    const picture = drawPng(300, 200, 40);
    const file = noise(700_000, 1);
    await stageAndSend(app.call, key, '大文件.bin', file);
    await app.call('messages.send', { conversation_key: key, text: '请看上面的文件' });
    const staged = await stage(app.call, key, '图片.png', picture);
    expect(staged).toMatchObject({
      kind: 'image',
      width: 300,
      height: 200,
      name: '图片.png',
      ref: `s-${staged.staged_id}`,
    });
    await app.call('attachments.send', { conversation_key: key, staged_ids: [staged.staged_id] });
    await until('all three to be there', async () => (await app.page(key)).outgoing.length === 0);
    const said = gateway.control
      .messages(id)
      .slice(1)
      .map(({ message }) => message);
    expect(said.map((message) => message.kind)).toEqual(['file', 'text', 'image']);
    expect(said[0]?.attachment).toMatchObject({ name: '大文件.bin', bytes: 700_000, sha256: sha256Of(file) });
    expect(said[2]?.attachment).toMatchObject({ mime: 'image/png', sha256: sha256Of(picture) });
    // Own files are here already: nothing is loaded to show them.
    const mine = (await app.page(key)).messages.at(-1);
    const state = await app.call('attachments.open', { message_key: mine!.key, automatic: true });
    expect(state).toMatchObject({ state: 'here', picture: { width: 300, height: 200 } });
    expect((await app.app.picture(state.ref))?.mime).toBe('image/png');
    expect(Buffer.from((await app.app.picture(state.ref))!.bytes).equals(picture)).toBe(true);
    // The file is no picture for anybody.
    expect(await app.app.picture(`m-${(await app.page(key)).messages.at(-3)!.key}`)).toBeNull();
    expect((await app.call('attachments.transfers', {})).transfers).toEqual([]);
  });

  const content = noise(PIECE * 3 + 1_000, 2);
  test.each(['request', 'reply'] as const)(
    '[IN8] [SY3] an upload survives a cut at each of its chunks: %s',
    async (on) => {
      await startGateway({ faults: { rules: cutsAtEach('attachment.put', on) } });
      await startApp();
      const { id, key } = await enquiry();
      await stageAndSend(app.call, key, 'a.bin', content);
      await until('it to arrive', () => sentHashes(id).length === 1);
      expect(sentHashes(id)).toEqual([sha256Of(content)]);
      await until('it to be settled', async () => (await app.page(key)).outgoing.length === 0);
    },
  );

  test('[IN8] a busy gateway, answers that come twice or late: it arrives once', async () => {
    await startGateway({
      faults: {
        rules: [
          { fault: 'error', match: 'attachment.put', code: 'SERVER_BUSY', retry_after_ms: 20, skip: 1, times: 2 },
          { fault: 'duplicate', on: 'reply', match: 'attachment.put' },
          { fault: 'delay', on: 'reply', match: 'attachment.put', ms: 20, jitter_ms: 30 },
        ],
      },
    });
    await startApp();
    const { id, key } = await enquiry();
    for (let i = 0; i < 4; i++) await stageAndSend(app.call, key, `${i}.bin`, noise(PIECE + 5, 10 + i));
    await until('all', async () => (await app.page(key)).outgoing.length === 0);
    expect(sentHashes(id)).toEqual([0, 1, 2, 3].map((i) => sha256Of(noise(PIECE + 5, 10 + i))));
  });

  test('[IN8] a gateway that has lost the whole upload when the message comes gets it again', async () => {
    await startGateway({
      faults: { rules: [{ fault: 'error', match: 'message.send', code: 'BAD_REQUEST', times: 2 }] },
    });
    await startApp();
    const { id, key } = await enquiry();
    await stageAndSend(app.call, key, 'a.bin', content);
    await until('it to arrive', () => sentHashes(id).length === 1);
    expect(sentHashes(id)).toEqual([sha256Of(content)]);
  });

  test('[IN8] a gateway that refuses for good: failed, said why, sent again on demand, or taken back as a chosen file', async () => {
    await startGateway({
      faults: { rules: [{ fault: 'error', match: 'attachment.put', code: 'TOO_LARGE', times: 2 }] },
    });
    await startApp();
    const { id, key } = await enquiry();
    const one = await stageAndSend(app.call, key, 'a.bin', content);
    const failed = async (): Promise<boolean> => (await app.page(key)).outgoing[0]?.state === 'failed';
    await until('the refusal', failed);
    expect((await app.page(key)).outgoing[0]).toMatchObject({
      error: { code: 'TOO_LARGE' },
      file: { name: 'a.bin', uploaded: false },
    });
    await app.call('messages.retry', { client_msg_id: one as never });
    await until('the second refusal', failed);
    await app.call('messages.discard', { client_msg_id: one as never });
    expect((await app.page(key)).outgoing).toEqual([]);
    const { staged } = await app.call('attachments.staged', { conversation_key: key });
    expect(staged).toMatchObject([{ name: 'a.bin', bytes: content.length }]);
    await app.call('attachments.send', { conversation_key: key, staged_ids: [staged[0]!.staged_id] });
    await until('it to arrive', () => sentHashes(id).length === 1);
  });

  test('[IN8] the gateway restarts in the middle and knows nothing of the chunks: it gets all of them', async () => {
    const stateFile = path.join(outside, 'world');
    await startGateway({
      stateFile,
      faults: { rules: [{ fault: 'drop', on: 'request', match: 'attachment.put', skip: 2 }] },
    });
    const { port } = gateway;
    await startApp();
    const { id, key } = await enquiry();
    const sent = await stageAndSend(app.call, key, 'a.bin', content);
    await until('two chunks to be there', async () => ((await transferOf(`o-${sent}`))?.done_bytes ?? 0) === 2 * PIECE);
    await gateway.close();
    await startGateway({ stateFile, port });
    await until('it to arrive', () => sentHashes(id).length === 1);
    expect(sentHashes(id)).toEqual([sha256Of(content)]);
  });

  test('[PV2] [RC8] in the delay nothing of a file leaves; cancelled it is a chosen file again', async () => {
    await startGateway();
    await startApp(5_000);
    const { id, key } = await enquiry();
    const sent = await stageAndSend(app.call, key, 'a.bin', content);
    expect((await app.page(key)).outgoing[0]).toMatchObject({ state: 'delayed', kind: 'file' });
    await settle(100);
    expect((await transferOf(`o-${sent}`))?.done_bytes).toBeUndefined();
    expect(await app.call('messages.cancel', { client_msg_id: sent as never })).toEqual({ text: '' });
    expect((await app.page(key)).outgoing).toEqual([]);
    expect((await app.call('attachments.staged', { conversation_key: key })).staged).toMatchObject([{ name: 'a.bin' }]);
    expect(sentHashes(id)).toEqual([]);
  });

  test('[RC8] an upload under way can be cancelled: certain, no message was sent, and those behind it go on', async () => {
    await startGateway({ faults: { rules: [{ fault: 'drop', on: 'reply', match: 'attachment.put', skip: 2 }] } });
    await startApp();
    const { id, key } = await enquiry();
    const sent = await stageAndSend(app.call, key, 'a.bin', content);
    await app.call('messages.send', { conversation_key: key, text: '后面的话' });
    await until('it to be under way', async () => ((await transferOf(`o-${sent}`))?.done_bytes ?? 0) > 0);
    await app.call('messages.cancel', { client_msg_id: sent as never });
    await until('the words behind it', () => gateway.control.messages(id).at(-1)?.message.text === '后面的话');
    expect(sentHashes(id)).toEqual([]);
    expect((await app.call('attachments.staged', { conversation_key: key })).staged).toHaveLength(1);
    expect(await transferOf(`o-${sent}`)).toBeUndefined();
  });

  test('[PV2] [PV6] after a restart: what was delayed and what was only chosen are chosen files, nothing was sent', async () => {
    await startGateway();
    await startApp(30_000);
    const { id, key } = await enquiry();
    await stageAndSend(app.call, key, '一.bin', content);
    await stage(app.call, key, '二.png', drawPng(10, 10, 0));
    await opened.pop()?.();
    await startApp(30_000);
    const { staged } = await app.call('attachments.staged', { conversation_key: key });
    expect(staged.map((one) => one.name).toSorted()).toEqual(['一.bin', '二.png'].toSorted());
    expect(sentHashes(id)).toEqual([]);
    const picture = staged.find((one) => one.kind === 'image');
    expect((await app.app.picture(picture!.ref!))?.mime).toBe('image/png');
    // Never in another conversation.
    const other = await enquiry();
    expect((await app.call('attachments.staged', { conversation_key: other.key })).staged).toEqual([]);
    expect(
      await app.refusal('attachments.send', { conversation_key: other.key, staged_ids: [picture!.staged_id] }),
    ).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('[IN8] limits: nothing, too much, a kind the shop does not allow; pieces out of order', async () => {
    await startGateway();
    gateway.control.changePolicy(SHOP, { send: { attachments: { max_bytes: 1_000, kinds: ['image'] } } } as never);
    await startApp();
    const { key } = await enquiry();
    await until('the policy', async () => {
      const shop = (await app.account()).shops.find((one) => one.shop_id === SHOP);
      return shop?.policy?.send.attachments?.max_bytes === 1_000;
    });
    const begin = (bytes: number) => ({ conversation_key: key, name: 'a', bytes });
    expect(await app.refusal('attachments.begin', begin(0))).toMatchObject({ code: 'FILE_EMPTY' });
    expect(await app.refusal('attachments.begin', begin(1_001))).toEqual({
      code: 'TOO_LARGE',
      details: { limit_bytes: 1_000 },
    });
    await expect(stage(app.call, key, 'a.png', Buffer.from('no picture'))).rejects.toThrow('ATTACHMENT_KIND');
    expect((await stage(app.call, key, 'a.txt', drawPng(4, 4, 0))).kind).toBe('image');
    const { upload_id } = await app.call('attachments.begin', begin(10));
    const piece = (offset: number, length: number) => ({
      upload_id,
      offset,
      data: Buffer.alloc(length).toString('base64'),
    });
    expect(await app.refusal('attachments.write', piece(1, 2))).toMatchObject({ code: 'BAD_INPUT' });
    expect(await app.refusal('attachments.write', piece(0, 11))).toMatchObject({ code: 'BAD_INPUT' });
    await app.call('attachments.write', piece(0, 4));
    expect(await app.refusal('attachments.finish', { upload_id })).toMatchObject({ code: 'BAD_INPUT' });
    expect(await app.refusal('attachments.write', piece(4, 4))).toMatchObject({ code: 'NOT_FOUND' });
    // Nothing of what was refused lies around.
    expect(readdirSync(cacheFolder()).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  test('[SE2] hostile names go out as plain names', async () => {
    await startGateway();
    await startApp();
    const { id, key } = await enquiry();
    for (const name of ['../../x', 'CON', 'a\u202Egpj.exe', `${'长'.repeat(400)}.pdf`, '\u0000'])
      await stageAndSend(app.call, key, name, noise(10, name.length));
    await until('all', async () => (await app.page(key)).outgoing.length === 0);
    const names = gateway.control
      .messages(id)
      .slice(1)
      .map(({ message }) => message.attachment?.name);
    expect(names).toEqual(['x', 'CON', 'agpj.exe', `${'长'.repeat(251)}.pdf`, 'file']);
  });
});

describe('loading', () => {
  const content = noise(PIECE * 3 + 777, 3);
  async function received(kind: 'image' | 'file', name: string, bytes: Buffer, mime = 'application/octet-stream') {
    const { id, key } = await enquiry();
    gateway.control.consumerSendsFile(id, { name, mime, content: bytes, kind });
    await until('the message', async () => ((await app.page(key)).messages.at(-1)?.attachment ?? null) !== null);
    return { id, key, message: (await app.page(key)).messages.at(-1)! };
  }
  const open = (message_key: number, automatic = false) =>
    app.call('attachments.open', { message_key: message_key as never, automatic });
  const here = async (key: number): Promise<boolean> => (await open(key, true)).state === 'here';

  test('[IN8] a picture loads by itself, a file when asked; saved byte for byte; nothing plain on disk but where it was saved', async () => {
    await startGateway();
    await startApp();
    const picture = await received('image', 'IMG.png', drawPng(240, 180, 90));
    await until('the picture', () => here(picture.message.key));
    expect((await app.app.picture(`m-${picture.message.key}`))?.mime).toBe('image/png');
    const file = await received('file', '报价.bin', content);
    expect(await open(file.message.key, true)).toMatchObject({ state: 'absent' });
    expect(await app.call('attachments.save', { message_key: file.message.key, target: 'saved.bin' })).toEqual({
      bytes: content.length,
    });
    expect(readFileSync(path.join(outside, 'saved.bin')).equals(content)).toBe(true);
    for (const name of readdirSync(cacheFolder()))
      expect(readFileSync(path.join(cacheFolder(), name)).includes(content.subarray(1_000, 1_032))).toBe(false);
    expect(app.topics.some(({ topic }) => topic === 'transfers')).toBe(true);
  });

  test.each(['request', 'reply'] as const)('[IN8] a download survives a cut at each of its pieces: %s', async (on) => {
    await startGateway({ faults: { rules: cutsAtEach('attachment.get', on) } });
    await startApp();
    const { message } = await received('file', 'a.bin', content);
    await open(message.key);
    await until('it to be here', () => here(message.key));
    await app.call('attachments.save', { message_key: message.key, target: 'a' });
    expect(sha256Of(readFileSync(path.join(outside, 'a')))).toBe(sha256Of(content));
  });

  test('[IN8] asked for once, it goes on over a restart, from where it was', async () => {
    await startGateway({
      faults: { rules: [{ fault: 'drop', on: 'reply', match: 'attachment.get', skip: 2, times: 1 }] },
    });
    await startApp();
    const { message } = await received('file', 'a.bin', content);
    await open(message.key);
    await until('half of it', async () => (await transferOf(`m-${message.key}`))?.done_bytes === 2 * PIECE);
    await opened.pop()?.();
    await startApp();
    // Nobody looks at it: it loads all the same.
    await until('it to be here', () => here(message.key));
    expect(await app.store.downloads(TEST_ACCOUNT)).toEqual([]);
  });

  test('[IN8] [SE2] a picture whose bytes are none is a file: a page never gets it, whatever its name and type say', async () => {
    await startGateway();
    await startApp();
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>',
    );
    const bomb = Buffer.from(drawPng(4, 4, 0));
    bomb.writeUInt32BE(60_000, 16);
    bomb.writeUInt32BE(60_000, 20);
    const wrong = Buffer.from(drawPng(4, 4, 0));
    wrong[0] = 0;
    for (const [name, bytes, mime] of [
      ['a.svg', svg, 'image/svg+xml'],
      ['a.png', svg, 'image/png'],
      ['bomb.png', bomb, 'image/png'],
      ['wrong.png', wrong, 'image/png'],
    ] as const) {
      const { message } = await received('image', name, bytes, mime);
      await open(message.key, true);
      await until(name, () => here(message.key));
      expect(await open(message.key), name).toMatchObject({ state: 'here', picture: null });
      expect(await app.app.picture(`m-${message.key}`), name).toBeNull();
    }
  });

  test('[IN8] gone at the gateway: said so, not asked for again by itself, again on demand', async () => {
    await startGateway({ faults: { rules: [{ fault: 'error', match: 'attachment.get', code: 'GONE', times: 1 }] } });
    await startApp();
    const { message } = await received('image', 'a.png', drawPng(50, 50, 10));
    await open(message.key, true);
    await until('the answer', async () => (await open(message.key, true)).state === 'failed');
    expect(await open(message.key, true)).toMatchObject({ code: 'GONE' });
    expect(await app.store.downloads(TEST_ACCOUNT)).toEqual([]);
    await open(message.key, false);
    await until('it to be here', () => here(message.key));
  });

  test('[RC19] a recalled picture is not shown, not saved and not loaded any more', async () => {
    await startGateway();
    await startApp();
    const { message } = await received('image', 'a.png', drawPng(50, 50, 20));
    await open(message.key, true);
    await until('it to be here', () => here(message.key));
    gateway.control.consumerRecalls(message.msg_id);
    await until('the recall', async () => ((await app.store.message(message.key))?.message.recalled ?? null) !== null);
    expect(await app.app.picture(`m-${message.key}`)).toBeNull();
    expect(await app.refusal('attachments.open', { message_key: message.key, automatic: false })).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await app.refusal('attachments.save', { message_key: message.key, target: 'x' })).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(existsSync(path.join(outside, 'x'))).toBe(false);
  });

  test('[RC19] a sealed file is looked at and saved with the seal, each time audited, and survives an emptied cache', async () => {
    await startGateway();
    gateway.control.setRole(ME, 'supervisor');
    await startApp();
    const bytes = drawPng(50, 50, 20);
    const { message } = await received('image', 'a.png', bytes);
    const never = await received('file', '没载入.bin', content);
    await open(message.key, true);
    await until('it to be here', () => here(message.key));
    for (const each of [message, never.message]) {
      gateway.control.consumerRecalls(each.msg_id);
      await until('the recall', async () => ((await app.store.message(each.key))?.message.recalled ?? null) !== null);
    }
    await app.call('attachments.clear', {});
    const { file } = await app.call('seals.open', { message_key: message.key });
    expect(file).toMatchObject({ name: 'a.png', bytes: bytes.length, here: true });
    expect(bytes.equals((await app.app.picture(file?.picture ?? ''))?.bytes ?? new Uint8Array())).toBe(true);
    expect(await app.app.picture(`m-${message.key}`)).toBeNull();
    expect(await app.app.picture('q-guessed')).toBeNull();
    expect(await app.call('seals.save', { message_key: message.key, target: 'sealed' })).toEqual({
      bytes: bytes.length,
    });
    expect(readFileSync(path.join(outside, 'sealed')).equals(bytes)).toBe(true);
    // What never came before the recall is nowhere: said, not pretended.
    expect((await app.call('seals.open', { message_key: never.message.key })).file).toMatchObject({ here: false });
    expect(await app.refusal('seals.save', { message_key: never.message.key, target: 'y' })).toMatchObject({
      code: 'GONE',
    });
    const { rows } = await app.store.auditPage({ actions: ['seal.file_saved'] }, { limit: 5, before: null });
    expect(rows.map(({ details }) => details['msg_id'])).toEqual([never.message.msg_id, message.msg_id]);
    gateway.control.setRole(ME, 'agent');
    await until('the role', async () => (await app.account()).agent?.role === 'agent');
    expect(await app.refusal('seals.save', { message_key: message.key, target: 'z' })).toMatchObject({
      code: 'NO_PERMISSION',
    });
  });

  test('[IN8] room is made from what was used longest ago, never from what is not sent yet or on legal hold', async () => {
    await startGateway();
    await startApp();
    const held = await received('image', 'held.png', drawPng(60, 60, 1));
    gateway.control.setFlags(held.id, { legal_hold: true });
    const plain = await received('image', 'plain.png', drawPng(61, 61, 2));
    for (const { message } of [held, plain]) {
      await open(message.key, true);
      await until('it to be here', () => here(message.key));
    }
    await until('the hold', async () => (await app.store.keptAttachments()).length === 1);
    const chosen = await stage(app.call, plain.key, 'chosen.png', drawPng(62, 62, 3));
    await app.call('attachments.clear', {});
    expect((await app.call('attachments.cache', {})).files).toBe(2);
    expect(await app.app.picture(`m-${held.message.key}`)).not.toBeNull();
    expect(await app.app.picture(`s-${chosen.staged_id}`)).not.toBeNull();
    expect(await app.app.picture(`m-${plain.message.key}`)).toBeNull();
    // Evidence of one's own keeps bytes, too (AD3).
    gateway.control.setFlags(held.id, { legal_hold: false });
    gateway.control.setRole(ME, 'supervisor');
    await until('the hold to end', async () => (await app.store.keptAttachments()).length === 1);
    await until('the role', async () => (await app.account()).agent?.role === 'supervisor');
    await app.call('evidence.mark', { conversation_key: held.key, message_key: held.message.key, note: '仲裁' });
    await app.call('attachments.clear', {});
    expect(await app.app.picture(`m-${held.message.key}`)).not.toBeNull();
    // A smaller limit holds at once.
    await app.call('settings.set', { attachment_cache_mb: 64 });
    expect(await app.call('attachments.cache', {})).toMatchObject({ limit_bytes: 64 * 1024 * 1024 });
    // What was evicted comes again.
    await open(plain.message.key, true);
    await until('it to be here again', () => here(plain.message.key));
  });

  test('[AD2] purged with its conversation: bytes that nothing mentions any more are erased, also after a crash before it', async () => {
    await startGateway();
    await startApp();
    const shared = drawPng(70, 70, 5);
    const { id, key, message } = await received('image', 'a.png', drawPng(71, 71, 6));
    gateway.control.consumerSendsFile(id, { name: 'b.png', mime: 'image/png', content: shared, kind: 'image' });
    const elsewhere = await received('image', 'b.png', shared);
    await until('both', async () => (await app.page(key)).messages.filter((one) => one.attachment).length === 2);
    for (const one of [...(await app.page(key)).messages.filter((m) => m.attachment), elsewhere.message]) {
      await open(one.key, true);
      await until('it to be here', () => here(one.key));
    }
    await stage(app.call, key, 'chosen.png', drawPng(72, 72, 7));
    expect((await app.call('attachments.cache', {})).files).toBe(3);
    expect(await app.store.attachmentHashes(key)).toHaveLength(2);
    gateway.control.emitEvent(ME, 'conversation.purged', { conversation_id: id });
    await until('the erasing', async () => (await app.call('attachments.cache', {})).files === 1);
    expect(await app.app.picture(`m-${message.key}`)).toBeNull();
    expect(await app.app.picture(`m-${elsewhere.message.key}`)).not.toBeNull();
    expect(await app.store.attachmentErasures()).toEqual({ erase: [], keep: [] });
  });
});
