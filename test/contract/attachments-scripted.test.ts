import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drawPng } from '#main/practice/attachments.ts';
import { BASE_POLICY } from '#shared/domain/recall/fixtures.ts';
import type { ConversationKey, MessageKey } from '#shared/domain/ids.ts';
import { noise, PIECE, sha256Of, stageAndSend } from '#test/support/attachment-steps.ts';
import { runApp, temporaryDirectory, type RunningApp } from '#test/support/running-app.ts';
import {
  startScriptedGateway,
  type Frame,
  type ScriptedConnection,
  type ScriptedGateway,
} from '#test/support/scripted-gateway.ts';
import { until } from '#test/support/wait.ts';

/** A gateway that lies about files. */
const T0 = 1_790_000_000_000;
let gateway: ScriptedGateway;
let directory: { readonly path: string; remove(): Promise<void> };
let app: RunningApp;
let peer: ScriptedConnection;
let outside: string;

beforeEach(async () => {
  gateway = await startScriptedGateway();
  directory = await temporaryDirectory();
  outside = mkdtempSync(path.join(tmpdir(), 'workbench-outside-'));
  app = await runApp({ directory: directory.path, url: gateway.url, token: 't' });
});
afterEach(async () => {
  await app.close();
  await gateway.close();
  await directory.remove();
  rmSync(outside, { recursive: true, force: true });
});

async function begin(attachment: Readonly<Record<string, unknown>> | null): Promise<ConversationKey> {
  peer = await gateway.connection();
  peer.answerPings({ serverNow: () => T0, lastEventSeq: () => 0 });
  await peer.welcome({
    server_time: T0,
    shops: [{ shop_id: 's-1', name: '店', platform: 'practice', policy: BASE_POLICY }],
    resume: { status: 'snapshot', reason: 'first', event_seq: 0 },
  });
  peer.reply(await peer.frame('snapshot.get'), {
    conversations: [
      {
        conversation_id: 'c-1',
        shop_id: 's-1',
        type: 'single',
        title: '买家',
        consumer: { consumer_id: 'u-1', name: '买家' },
        intake: 'active',
        assignee: { agent_id: 'a-1', name: '小美' },
        assignments: [{ agent_id: 'a-1', name: '小美', from: T0, to: null, how: 'claimed' }],
        order_nos: [],
        violation_nos: [],
        last_seq: attachment === null ? 0 : 1,
        last_message_at: T0,
        agent_read_seq: 0,
        consumer_read_seq: 0,
        waiting_since: null,
        ends_at: null,
        deletes_at: null,
        consumer_restricts_recall: false,
        legal_hold: false,
      },
    ],
    cursor: null,
  });
  if (attachment !== null)
    peer.reply(await peer.frame('conversation.pull'), {
      messages: [
        {
          msg_id: 'm-1',
          conversation_id: 'c-1',
          conv_seq: 1,
          client_msg_id: null,
          shop_id: 's-1',
          sender: { role: 'consumer', id: 'u-1', name: '买家' },
          kind: 'image',
          text: null,
          attachment,
          order_nos: [],
          violation_nos: [],
          correction_of: null,
          sent_at: T0,
          status: 'sent',
        },
      ],
      has_more: false,
    });
  await until('live', async () => (await app.account()).state === 'live');
  return app.key('c-1');
}

const picture = drawPng(200, 100, 77);
const ATTACHMENT = {
  attachment_id: 'att-1',
  name: 'a.png',
  mime: 'image/png',
  bytes: picture.length,
  sha256: sha256Of(picture),
};

async function messageKey(key: ConversationKey): Promise<MessageKey> {
  await until('the message', async () => (await app.page(key)).messages.length === 1);
  return (await app.page(key)).messages[0]!.key;
}

const part = (request: Frame, bytes: Buffer, change: Readonly<Record<string, unknown>> = {}) => ({
  data: bytes
    .subarray(Number(request['offset']), Number(request['offset']) + Number(request['length']))
    .toString('base64'),
  bytes: picture.length,
  mime: 'image/png',
  sha256: ATTACHMENT.sha256,
  ...change,
});

test.each<[string, (request: Frame) => unknown]>([
  ['other bytes of the same length', (request) => part(request, Buffer.alloc(picture.length, 7))],
  ['another hash', (request) => part(request, picture, { sha256: 'a'.repeat(64) })],
  ['another length', (request) => part(request, picture, { bytes: picture.length + 1 })],
  ['nothing, for ever', (request) => part(request, picture, { data: '' })],
  ['more than was asked for', (request) => part(request, picture, { data: Buffer.alloc(400_000).toString('base64') })],
])(
  '[IN8] [SE2] a gateway that gives %s: tried once more, then said so; nothing of it is kept or shown',
  async (_, lie) => {
    const key = await messageKey(await begin(ATTACHMENT));
    await app.call('attachments.open', { message_key: key, automatic: true });
    const state = () => app.call('attachments.open', { message_key: key, automatic: true });
    for (let tries = 0; tries < 2; tries++) {
      const request = await peer.frame('attachment.get');
      peer.reply(request, lie(request));
    }
    await until('the failure', async () => (await state()).state === 'failed');
    expect(await state()).toMatchObject({ code: 'ATTACHMENT_DAMAGED', picture: null });
    expect(await app.app.picture(`m-${key}`)).toBeNull();
    expect(readdirSync(path.join(directory.path, 'attachments'))).toEqual([]);
    // Asked for again, the truth is taken.
    await app.call('attachments.open', { message_key: key, automatic: false });
    const request = await peer.frame('attachment.get');
    peer.reply(request, part(request, picture));
    await until('it to be here', async () => (await state()).state === 'here');
    expect(Buffer.from((await app.app.picture(`m-${key}`))!.bytes).equals(picture)).toBe(true);
  },
);

test('[IN8] a gateway that keeps no chunk: given up after a few, said so, sent again on demand', async () => {
  const key = await begin(null);
  const content = noise(2 * PIECE, 1);
  const sent = await stageAndSend(app.call, key, 'a.bin', content);
  for (let tries = 0; tries < 4; tries++)
    peer.reply(await peer.frame('attachment.put'), { attachment_id: 'att-9', received: [] });
  await until('the failure', async () => (await app.page(key)).outgoing[0]?.state === 'failed');
  expect((await app.page(key)).outgoing[0]?.error?.code).toBe('PROTOCOL_ERROR');
  await app.call('messages.retry', { client_msg_id: sent as never });
  peer.reply(await peer.frame('attachment.put'), { attachment_id: 'att-9', received: [0] });
  const last = await peer.frame('attachment.put');
  expect(last).toMatchObject({ chunk_index: 1, chunks: 2, sha256: sha256Of(content), bytes: content.length });
  // It lost the first one and has the second: the first comes again.
  peer.reply(last, { attachment_id: 'att-10', received: [1] });
  const again = await peer.frame('attachment.put');
  expect(again).toMatchObject({ chunk_index: 0 });
  expect(Buffer.from(String(again['data']), 'base64').equals(content.subarray(0, PIECE))).toBe(true);
  peer.reply(again, { attachment_id: 'att-10', received: [0, 1] });
  const message = await peer.frame('message.send');
  expect(message).toMatchObject({ kind: 'file', attachment_id: 'att-10', client_msg_id: sent });
  expect(message).not.toHaveProperty('text');
  // No answer to the message, and the line is cut: the same id with the same file, and no second upload.
  peer.cut();
  peer = await gateway.connection();
  peer.answerPings({ serverNow: () => T0, lastEventSeq: () => 0 });
  await peer.welcome({
    server_time: T0,
    shops: [{ shop_id: 's-1', name: '店', platform: 'practice', policy: BASE_POLICY }],
  });
  expect(await peer.frame('message.send')).toMatchObject({
    kind: 'file',
    attachment_id: 'att-10',
    client_msg_id: sent,
  });
  expect(peer.pending('attachment.put')).toEqual([]);
});

test('[SE2] a message that claims a huge picture loads nothing by itself', async () => {
  const key = await messageKey(await begin({ ...ATTACHMENT, bytes: 9_000_000_000_000 }));
  expect(await app.call('attachments.open', { message_key: key, automatic: true })).toMatchObject({ state: 'absent' });
  expect(peer.pending('attachment.get')).toEqual([]);
});
