import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPracticeGateway, type PracticeGateway } from '#main/practice/index.ts';
import { createPrng } from '#shared/lib/prng.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { noise, PIECE, sha256Of, stage } from '#test/support/attachment-steps.ts';
import { startKillableApp, type KillableApp } from '#test/support/killable-app.ts';
import { runApp, temporaryDirectory } from '#test/support/running-app.ts';
import { settle, until } from '#test/support/wait.ts';

/** Kill −9 (a real one, of a process of its own) while files come and go. */
const ME = 'a-xiaomei';
const SHOP = 's-qinghe';
/** More rounds on demand: `WORKBENCH_KILL_ROUNDS=200`. */
const ROUNDS = Number(process.env['WORKBENCH_KILL_ROUNDS'] ?? 2);

let gateway: PracticeGateway;
let directory: { readonly path: string; remove(): Promise<void> };
let program: KillableApp | null;

beforeEach(async () => {
  directory = await temporaryDirectory();
  // Slow enough that most kills fall into a transfer.
  gateway = await startPracticeGateway({
    rate: 0,
    seed: 5,
    faults: { rules: [{ fault: 'delay', on: 'reply', match: 'attachment.*', ms: 15, jitter_ms: 30 }] },
  });
  program = null;
});
afterEach(async () => {
  await program?.kill();
  await gateway.close();
  await directory.remove();
});

test(
  '[IN8] [SY3] [PV6] killed while files are chosen, sent, uploaded and loaded: nothing lost, nothing twice, bytes right',
  async () => {
    const prng = createPrng(17);
    const { conversation_id } = gateway.control.newEnquiry({
      shop_id: SHOP,
      text: '开始',
      name: '买家',
      assign_to: ME,
    });
    const chosen = new Map<string, string>();
    const accepted: string[] = [];
    const wanted = new Map<string, string>();
    let counter = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const running = await startKillableApp(directory.path, gateway.url, gateway.token);
      program = running;
      let over = false;
      let key: ConversationKey | undefined;
      while (key === undefined) {
        const list = await running.call('conversations.list', {
          account_id: null,
          intake: 'active',
          limit: 1_000,
          cursor: null,
        });
        key = list?.conversations.find((one) => one.conversation_id === conversation_id)?.key;
        await settle(10);
      }
      const conversation_key = key;
      const guarded = <T>(work: () => Promise<T>): Promise<T | null> => work().catch(() => null);
      const sending = (async () => {
        while (!over) {
          const bytes = noise(prng.int(3 * PIECE) + 1, counter++);
          const name = `${counter}.bin`;
          await guarded(async () => {
            const call = async (procedure: never, input: never): Promise<never> => {
              const answer = await running.call(procedure, input);
              if (answer === null) throw new Error('dead');
              return answer as never;
            };
            const staged = await stage(call as never, conversation_key, name, bytes);
            chosen.set(name, sha256Of(bytes));
            if (prng.chance(0.2)) return;
            const sent = await running.call('attachments.send', {
              conversation_key,
              staged_ids: [staged.staged_id],
            });
            if (sent !== null) accepted.push(name);
          });
        }
      })();
      const loading = (async () => {
        while (!over) {
          const bytes = noise(prng.int(3 * PIECE) + 1, 100_000 + counter++);
          const message = gateway.control.consumerSendsFile(conversation_id, {
            name: `in-${counter}.bin`,
            mime: 'application/octet-stream',
            content: bytes,
          });
          await guarded(async () => {
            for (let tries = 0; tries < 50 && !over; tries++) {
              const page = await running.call('messages.page', { conversation_key, limit: 100 });
              const found = page?.messages.find((one) => one.msg_id === message.msg_id);
              if (found !== undefined) {
                const state = await running.call('attachments.open', { message_key: found.key, automatic: false });
                // What it answered for, it must go on with by itself.
                if (state !== null) wanted.set(message.msg_id, sha256Of(bytes));
                return;
              }
              await settle(10);
            }
          });
          await settle(prng.int(60));
        }
      })();
      // Killed when some of it is under way, however slow the machine is, and then at any moment.
      const [files, loads] = [accepted.length + 1 + prng.int(3), wanted.size + 1 + prng.int(3)];
      await until('files under way', () => accepted.length >= files && wanted.size >= loads, 60_000);
      await settle(prng.int(120));
      await running.kill();
      over = true;
      program = null;
      await Promise.all([sending, loading]);
    }

    const app = await runApp({ directory: directory.path, url: gateway.url, token: gateway.token });
    try {
      await app.live();
      const key = await app.key(conversation_id);
      await until('the outbox to be empty', async () => (await app.page(key)).outgoing.length === 0, 60_000);
      const there = gateway.control
        .messages(conversation_id)
        .map(({ message }) => message)
        .filter((message) => message.sender.role === 'agent');
      const names = there.map((message) => message.attachment?.name ?? '');
      expect(new Set(names).size).toBe(names.length);
      expect(accepted.length).toBeGreaterThanOrEqual(ROUNDS);
      // All that was accepted, each once, in order, with the bytes that were chosen.
      expect(names.filter((name) => accepted.includes(name))).toEqual(accepted);
      for (const message of there) {
        const expected = chosen.get(message.attachment?.name ?? '');
        if (expected !== undefined) expect(message.attachment?.sha256).toBe(expected);
      }
      // What was chosen and never sent is still chosen, and can be sent.
      const { staged } = await app.call('attachments.staged', { conversation_key: key });
      for (const name of chosen.keys())
        expect(names.includes(name) || staged.some((one) => one.name === name), name).toBe(true);
      for (const one of staged) expect(names).not.toContain(one.name);
      if (staged.length > 0) {
        await app.call('attachments.send', { conversation_key: key, staged_ids: staged.map((one) => one.staged_id) });
        await until('the rest to be sent', async () => (await app.page(key)).outgoing.length === 0, 60_000);
      }
      // What was asked for has come, without anybody asking again.
      const page = await app.call('messages.page', { conversation_key: key, limit: 1_000 });
      expect(wanted.size).toBeGreaterThanOrEqual(ROUNDS);
      await until(
        'all that was asked for',
        async () => {
          for (const msgId of wanted.keys()) {
            const message = page.messages.find((one) => one.msg_id === msgId);
            const state = await app.call('attachments.open', { message_key: message!.key, automatic: true });
            if (state.state !== 'here') return false;
          }
          return true;
        },
        60_000,
      );
      expect(
        readdirSync(path.join(directory.path, 'attachments')).filter((name) => !/^[0-9a-f]{64}$/.test(name)),
      ).toEqual([]);
      expect((await app.store.check()).filter((check) => !check.ok)).toEqual([]);
    } finally {
      await app.close();
    }
  },
  300_000 + ROUNDS * 60_000,
);
