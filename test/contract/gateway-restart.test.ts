import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startPracticeGateway } from '#main/practice/index.ts';
import { runPractice } from '#main/practice/run.ts';
import { RawClient, type EventFrame } from '../support/raw-client.ts';
import { until } from '../support/wait.ts';

/** The practice gateway over its own end: saved, killed, damaged, and as a process of its own. */

let folder = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'practice-gateway-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});

const stateFile = (): string => path.join(folder, 'practice.state');

/** The newest copy of each event, by number. */
function numbers(client: RawClient): number[] {
  return client.events.map(({ event_seq }: EventFrame) => event_seq);
}

describe('restart', () => {
  test('[SY2] with a state file the numbers, tokens and contents go on', async () => {
    const first = await startPracticeGateway({ port: 0, seed: 1, rate: 0, stateFile: stateFile() });
    const one = await RawClient.login(first.url, first.token);
    const id = first.control.newEnquiry({ text: '第一次', assign_to: 'a-xiaomei' }).conversation_id;
    const fields = { client_msg_id: 'k-1', conversation_id: id, kind: 'text', text: '您好' };
    const sent = await one.get('message.send', fields);
    await one.get('message.recall', { recall_id: 'r-1', conversation_id: id, msg_id: sent.message.msg_id });
    const seen = await one.caughtUp();
    one.cut();
    await first.close();

    const second = await startPracticeGateway({ port: 0, seed: 1, rate: 0, stateFile: stateFile() });
    expect(second.tokens).toEqual(first.tokens);
    second.control.consumerSays(id, '第二次');
    const two = await RawClient.login(second.url, second.token, { resume: seen });
    expect(two.welcome.resume).toEqual({ status: 'resumed', from_seq: seen + 1 });
    await two.caughtUp();
    expect(numbers(two)[0]).toBe(seen + 1);
    expect(await two.get('message.send', fields)).toMatchObject({
      duplicate: true,
      message: { msg_id: sent.message.msg_id },
    });
    expect(await two.get('recall.query', { recall_id: 'r-1' })).toMatchObject({ known: true, ok: true });
    const pulled = await two.get('conversation.pull', { conversation_id: id, from_seq: 1, to_seq: 10, limit: 10 });
    expect(pulled.messages.map((message: any) => message.text)).toEqual(['第一次', '您好', '第二次']);
    two.cut();
    await second.close();
  });

  test('[SY2] killed without a goodbye, it forgets nothing that a client has seen', async () => {
    const child = await startChild();
    const one = await RawClient.login(child.url, child.token);
    const { conversations } = await one.get('snapshot.get', { cursor: null, limit: 500 });
    const active = conversations.find(
      (conversation: any) =>
        conversation.intake === 'active' &&
        conversation.assignee?.agent_id === 'a-xiaomei' &&
        conversation.type === 'single',
    );
    const sent: any[] = [];
    for (let i = 0; i < 20; i++)
      sent.push(
        (
          await one.get('message.send', {
            client_msg_id: `k-${i}`,
            conversation_id: active.conversation_id,
            kind: 'text',
            text: `第${i}句`,
          })
        ).message,
      );
    const seen = await one.caughtUp();
    child.process.kill('SIGKILL');
    await one.untilClosed();

    const again = await startChild();
    const two = await RawClient.login(again.url, again.token, { resume: seen });
    expect(two.welcome.resume).toEqual({ status: 'resumed', from_seq: seen + 1 });
    const pulled = await two.get('conversation.pull', {
      conversation_id: active.conversation_id,
      from_seq: sent[0].conv_seq,
      to_seq: sent.at(-1).conv_seq,
      limit: 1000,
    });
    expect(pulled.messages.map((message: any) => message.msg_id)).toEqual(sent.map((message) => message.msg_id));
    two.cut();
  });

  test('[ST4] an unreadable state file: a new world whose numbers nobody can mistake for the old ones', async () => {
    const first = await startPracticeGateway({ port: 0, seed: 1, rate: 0, stateFile: stateFile() });
    const one = await RawClient.login(first.url, first.token);
    const seen = await one.caughtUp();
    one.cut();
    await first.close();
    fs.writeFileSync(stateFile(), 'damaged');
    const problems: string[] = [];
    const second = await startPracticeGateway({
      port: 0,
      seed: 1,
      rate: 0,
      stateFile: stateFile(),
      onProblem: ({ code }) => problems.push(code),
    });
    expect(problems).toEqual(['UNREADABLE']);
    const two = await RawClient.login(second.url, second.token, { resume: seen });
    expect(two.welcome.resume).toMatchObject({ status: 'snapshot', reason: 'expired' });
    two.cut();
    await second.close();
  });

  test('[IN8] uploads survive the restart', async () => {
    const content = Buffer.from('图片内容');
    const { createHash } = await import('node:crypto');
    const put = {
      sha256: createHash('sha256').update(content).digest('hex'),
      bytes: content.length,
      mime: 'image/png',
      name: '图.png',
      chunk_index: 0,
      chunks: 1,
      data: content.toString('base64'),
    };
    const first = await startPracticeGateway({ port: 0, rate: 0, stateFile: stateFile() });
    const one = await RawClient.login(first.url, first.token);
    const { attachment_id } = await one.get('attachment.put', put);
    one.cut();
    await first.close();
    const second = await startPracticeGateway({ port: 0, rate: 0, stateFile: stateFile() });
    const two = await RawClient.login(second.url, second.token);
    expect((await two.get('attachment.get', { attachment_id, offset: 0, length: 100 })).data).toBe(put.data);
    two.cut();
    await second.close();
  });

  test('[WIRE] close says goodbye with 4005 and a time to come back', async () => {
    const on = await startPracticeGateway({ port: 0, rate: 0 });
    const client = await RawClient.login(on.url, on.token);
    await on.close();
    const close = await client.untilClosed();
    expect(close.code).toBe(4005);
    expect(JSON.parse(close.reason)).toEqual({ retry_after_ms: expect.any(Number) });
  });
});

describe('the practice command', () => {
  test('[UX5] prints the address and token, takes a faults file, and refuses a wrong one', async () => {
    const faults = path.join(folder, 'faults.json');
    fs.writeFileSync(
      faults,
      JSON.stringify({ rules: [{ fault: 'error', match: 'agents.list', code: 'SERVER_BUSY' }] }),
    );
    const printed: { url: string; token: string }[] = [];
    const started = await runPractice({ port: 0, seed: 1, rate: 0, faults, print: (line) => printed.push(line) });
    if (!started.ok) throw new Error(started.error.code);
    expect(printed).toHaveLength(1);
    const client = await RawClient.login(printed[0]?.url as string, printed[0]?.token as string);
    expect(await client.refused('agents.list')).toBe('SERVER_BUSY');
    client.cut();

    const taken = await runPractice({ port: started.value.port, rate: 0, print: () => undefined });
    expect(taken).toEqual({ ok: false, error: { code: 'PORT_IN_USE', detail: 'EADDRINUSE' } });
    await started.value.close();

    fs.writeFileSync(faults, '{"rules":7}');
    const wrong = await runPractice({ port: 0, rate: 0, faults, print: () => undefined });
    expect(wrong).toMatchObject({ ok: false, error: { code: 'FILE_FORMAT', detail: 'rules: invalid_type' } });
    const missing = await runPractice({ port: 0, rate: 0, faults: `${faults}.none`, print: () => undefined });
    expect(missing).toMatchObject({ ok: false, error: { code: 'FILE_UNREADABLE' } });
  });
});

async function startChild(): Promise<{ process: ChildProcess; url: string; token: string }> {
  const module = pathToFileURL(path.resolve('main/practice/index.ts')).href;
  const script = `const { startPracticeGateway } = await import(${JSON.stringify(module)});
const on = await startPracticeGateway({ port: 0, seed: 1, rate: 0, stateFile: ${JSON.stringify(stateFile())} });
console.log(JSON.stringify({ url: on.url, token: on.token }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString('utf8')));
  await until('the child says where it is', () => output.includes('\n') || child.exitCode !== null);
  return { process: child, ...(JSON.parse(output) as { url: string; token: string }) };
}
