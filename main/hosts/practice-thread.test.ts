import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { SUBPROTOCOL } from '#shared/protocol/limits.ts';
import { startPracticeThread, type RunningPractice } from './practice-thread.ts';

const undo: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
});

async function start(options: Parameters<typeof startPracticeThread>[0] = {}): Promise<RunningPractice> {
  const practice = await startPracticeThread({ rate: 0, seed: 1, ...options });
  undo.push(() => practice.close());
  return practice;
}

/** Frames that the gateway sends, once it knows who is there. */
async function login(practice: RunningPractice): Promise<{ next(type: string): Promise<Record<string, unknown>> }> {
  const socket = new WebSocket(practice.url, SUBPROTOCOL);
  undo.push(() => socket.terminate());
  const frames: Record<string, unknown>[] = [];
  let wake = (): void => undefined;
  socket.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as Record<string, unknown>);
    wake();
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send(
    JSON.stringify({
      type: 'hello',
      protocol: 1,
      token: practice.token,
      device_id: 'd-1',
      app_version: '1.0.0',
      resume: null,
    }),
  );
  return {
    async next(type) {
      for (;;) {
        const at = frames.findIndex((frame) => frame['type'] === type);
        if (at >= 0) return frames.splice(at, 1)[0] as Record<string, unknown>;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

describe.each(['in a thread of its own', 'in place, with a clock of one’s own'])('practice gateway %s', (where) => {
  const options = where.startsWith('in place') ? { now: () => 1_790_000_000_000 } : {};

  it('[UX5] serves the protocol, does what its control says, and says what it refuses', async () => {
    const practice = await start(options);
    const client = await login(practice);
    expect(await client.next('welcome')).toMatchObject({ agent: { agent_id: 'a-xiaomei' } });
    const { conversation_id } = await practice.control.newEnquiry({ name: '阿青', text: '有货吗' });
    await practice.control.consumerSays(conversation_id, '在吗');
    for (let events = 0; events < 100; events++) {
      const event = await client.next('event');
      if ((event['message'] as { text?: string } | undefined)?.text === '在吗') break;
      expect(events).toBeLessThan(99);
    }
    const agents = await practice.control.agents();
    expect(agents.length).toBeGreaterThan(1);
    expect(Object.keys(practice.tokens)).toEqual(expect.arrayContaining(agents.map(({ agent_id }) => agent_id)));
    await expect(practice.control.consumerSays('c-none', '?')).rejects.toThrow('unknown conversation');
  });

  it('[UX5] a port that is taken is refused with its code', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    undo.push(() => new Promise((resolve) => taken.close(resolve)));
    const { port } = taken.address() as AddressInfo;
    await expect(startPracticeThread({ rate: 0, port, ...options })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('practice gateway in a thread of its own', () => {
  it('[UX5] its world is saved when it is closed, and after that nothing can be asked of it', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'practice-thread-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    const stateFile = path.join(folder, 'practice.jsonl');
    const first = await startPracticeThread({ rate: 0, seed: 1, stateFile });
    const { conversation_id } = await first.control.newEnquiry({ name: '阿青', text: '有货吗' });
    await first.close();
    await expect(first.control.agents()).rejects.toThrow('ended');
    const second = await start({ stateFile });
    expect(second.token).toBe(first.token);
    expect((await second.control.conversation(conversation_id)).conversation_id).toBe(conversation_id);
  });
});
