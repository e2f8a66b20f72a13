import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPracticeGateway, type PracticeGateway } from '#main/practice/index.ts';
import type { CallAnswer } from '#shared/contract/door.ts';
import { createPrng } from '#shared/lib/prng.ts';
import { runApp, temporaryDirectory } from '#test/support/running-app.ts';
import { settle, until } from '#test/support/wait.ts';

/** Kill −9 in the middle of everything, over and over; then open once more and compare with the gateway. */
const ME = 'a-xiaomei';
const SHOP = 's-qinghe';
const PROGRAM = fileURLToPath(new URL('../support/app-process.ts', import.meta.url));

let gateway: PracticeGateway;
let directory: { readonly path: string; remove(): Promise<void> };
let children: ChildProcess[];

beforeEach(async () => {
  directory = await temporaryDirectory();
  gateway = await startPracticeGateway({ rate: 0, seed: 5 });
  children = [];
});

afterEach(async () => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await gateway.close();
  await directory.remove();
});

interface Program {
  /** Answers null where the program died first. */
  call(procedure: string, input: unknown): Promise<CallAnswer | null>;
  kill(): Promise<void>;
}

async function startProgram(): Promise<Program> {
  const child = fork(PROGRAM, [directory.path, gateway.url, gateway.token], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.push(child);
  const waiting = new Map<number, (answer: CallAnswer | null) => void>();
  let next = 0;
  let dead = false;
  const ended = new Promise<void>((resolve) =>
    child.on('exit', () => {
      dead = true;
      for (const answer of waiting.values()) answer(null);
      resolve();
    }),
  );
  await new Promise<void>((resolve) => {
    child.on('message', (message: { ready?: true; id?: number; answer?: CallAnswer }) => {
      if (message.ready === true) resolve();
      else if (message.id !== undefined) {
        waiting.get(message.id)?.(message.answer ?? null);
        waiting.delete(message.id);
      }
    });
    void ended.then(resolve);
  });
  return {
    call: (procedure, input) =>
      new Promise((resolve) => {
        if (dead || !child.connected) return resolve(null);
        const id = next++;
        waiting.set(id, resolve);
        child.send({ id, procedure, input }, (error) => {
          if (error !== null) resolve(null);
        });
      }),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe('kill −9', () => {
  it('[SY2] [SY3] [RC15] at any moment of sending, receiving and recalling: nothing lost, nothing twice, nothing guessed', async () => {
    const prng = createPrng(11);
    const { conversation_id } = gateway.control.newEnquiry({
      shop_id: SHOP,
      text: '开始',
      name: '买家',
      assign_to: ME,
    });
    const accepted: string[] = [];
    const recalls: string[] = [];
    let counter = 0;
    for (let round = 0; round < 6; round++) {
      const program = await startProgram();
      let over = false;
      const key = await (async () => {
        for (;;) {
          const list = await program.call('conversations.list', {
            account_id: null,
            intake: 'active',
            limit: 1_000,
            cursor: null,
          });
          const found = (
            list as { ok: true; result: { conversations: { key: number; conversation_id: string }[] } } | null
          )?.result.conversations.find((candidate) => candidate.conversation_id === conversation_id);
          if (found !== undefined) return found.key;
          await settle(10);
        }
      })();
      const talking = (async () => {
        while (!over) {
          gateway.control.consumerSays(conversation_id, `买家 ${counter++}`);
          await settle(prng.int(6));
        }
      })();
      const writing = (async () => {
        while (!over) {
          const text = `客服 ${counter++}`;
          const sent = await program.call('messages.send', { conversation_key: key, text });
          // What the program answered for must arrive; what it died over may or may not.
          if (sent?.ok === true) accepted.push(text);
          await settle(prng.int(10));
        }
      })();
      const recalling = (async () => {
        while (!over) {
          const page = (await program.call('messages.page', { conversation_key: key, limit: 50 })) as {
            ok: true;
            result: { messages: { key: number; text: string | null; sender: { role: string } }[] };
          } | null;
          const own =
            page?.result.messages.filter((message) => message.sender.role === 'agent' && message.text !== null) ?? [];
          const target = own.at(-1);
          if (target !== undefined && prng.chance(0.2)) {
            const asked = await program.call('recall.request', { message_key: target.key });
            if (asked?.ok === true) recalls.push((asked.result as { recall_id: string }).recall_id);
          }
          await settle(prng.int(30));
        }
      })();
      await settle(250 + prng.int(400));
      await program.kill();
      over = true;
      await Promise.all([talking, writing, recalling]);
    }

    const app = await runApp({ directory: directory.path, url: gateway.url, token: gateway.token });
    try {
      await app.live();
      const key = await app.key(conversation_id);
      await until('the outbox to be empty', async () => (await app.page(key)).outgoing.length === 0);
      const states = async () =>
        Promise.all(recalls.map(async (id) => (await app.store.recall(id as never))?.state ?? 'missing'));
      await until('every recall to be settled', async () =>
        (await states()).every((state) => ['done', 'failed', 'expired', 'missing'].includes(state)),
      );
      await until('caught up', async () => (await app.account()).event_seq === gateway.control.lastEventSeq(ME));
      await until('no gap', async () => (await app.page(key)).gaps.length === 0);

      const there = gateway.control.messages(conversation_id);
      const texts = there.map(({ message }) => message.text);
      expect(accepted.length).toBeGreaterThan(20);
      for (const text of accepted)
        expect(
          texts.filter((candidate) => candidate === text),
          text,
        ).toHaveLength(1);
      expect(new Set(texts).size).toBe(texts.length);
      // Order of what was accepted, one after the other, is the order there.
      expect(texts.filter((text) => text !== null && accepted.includes(text))).toEqual(accepted);

      const here = [];
      for (let before: number | undefined; ;) {
        const page = await app.call('messages.page', {
          conversation_key: key,
          limit: 200,
          ...(before === undefined ? {} : { before }),
        });
        here.unshift(...page.messages);
        if (!page.has_older) break;
        before = page.messages[0]?.key;
      }
      // Within one millisecond rows stand in the order they came (their keys follow time); the sequence tells the rest.
      here.sort((a, b) => a.conv_seq - b.conv_seq);
      expect(here.map((message) => message.msg_id)).toEqual(there.map(({ message }) => message.msg_id));
      // A message is a tombstone here exactly where it is recalled there, and sealed with what was said.
      for (const [index, message] of here.entries()) {
        const truth = there[index];
        expect(message.recalled !== null, `message ${index}`).toBe(truth?.recalled !== null);
        expect(message.text).toBe(message.recalled === null ? truth?.message.text : null);
        if (message.recalled !== null) expect((await app.store.openSeal(message.key))?.text).toBe(truth?.message.text);
      }
      expect(recalls.length).toBeGreaterThan(3);
      expect(await states()).not.toContain('missing');
      expect((await app.store.check()).filter((check) => !check.ok)).toEqual([]);
    } finally {
      await app.close();
    }
  }, 120_000);
});
