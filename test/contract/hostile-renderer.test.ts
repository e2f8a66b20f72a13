import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { serve, type Serving } from '#main/hosts/browser/serve.ts';
import { ACCESS } from '#shared/contract/access.ts';
import type { CallAnswer } from '#shared/contract/door.ts';
import { PROCEDURES, type ProcedureName } from '#shared/contract/procedures.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import type { Role } from '#shared/protocol/entities.ts';
import { createPrng } from '#shared/lib/prng.ts';
import { mutateJson } from '../support/hostile-input.ts';
import { until } from '../support/wait.ts';

/**
 * A hostile page on the real bridge of the real host, with the whole program behind it (SE1, SE3): every procedure with wrong
 * roles, wrong shapes, replayed and oversized. Nothing beyond its role ever comes back.
 */
const NAMES = Object.keys(PROCEDURES) as ProcedureName[];
/** What was said and taken back: an agent's window must never see it again, whatever it asks. */
const SEALED = '封存金丝雀7f3a9b内容';
const AGENT = 'a-xiaomei';

let folder = '';
let serving: Serving;
let cookie = '';
let page = '';

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'hostile-'));
  // Open to everybody, so that what keeps others out is the profile's own doing.
  chmodSync(folder, 0o755);
  page = path.join(folder, 'page');
  mkdirSync(page);
  writeFileSync(path.join(page, 'index.html'), '<!doctype html>');
  serving = await serve({
    directory: path.join(folder, 'profile'),
    practice: { rate: 0, seed: 1 },
    port: 0,
    open: false,
    print: () => undefined,
    page,
  });
  const signedIn = await ask(new URL(serving.url).search.replace('?', '/?'));
  cookie = String(signedIn.headers['set-cookie']).split(';')[0] as string;
  const control = serving.workbench?.practice?.control;
  if (control === undefined) throw new Error('no practice gateway');
  const conversation = await control.newEnquiry({ assign_to: AGENT, text: '在吗' });
  const said = await control.consumerSays(conversation.conversation_id, SEALED);
  const socket = await open();
  await until('found 1 times', async () => (await countOf(socket)) === 1);
  await control.consumerRecalls(said.msg_id);
  await until('found 0 times', async () => (await countOf(socket)) === 0);
  socket.end();
}, 60_000);
afterAll(async () => {
  await serving?.close();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

async function countOf(socket: Door): Promise<number | undefined> {
  const answer = await socket.call('search.count', { slot: 'wait', query: { text: SEALED }, cap: null });
  return answer.ok ? (answer.result as { count: number }).count : undefined;
}

function ask(target: string, headers: http.OutgoingHttpHeaders = {}): Promise<http.IncomingMessage> {
  const { port, host } = new URL(serving.url);
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path: target, headers: { host, ...headers }, agent: false }, (response) => {
        response.resume();
        resolve(response);
      })
      .on('error', reject);
  });
}

interface Door {
  call(procedure: unknown, input: unknown): Promise<CallAnswer>;
  raw(data: string | Buffer): Promise<number>;
  end(): void;
  readonly heard: string[];
}

function open(headers: Record<string, string> = { cookie, origin: serving.origin }): Promise<Door> {
  const socket = new WebSocket(`${serving.origin.replace('http', 'ws')}/bridge`, { headers, maxPayload: 0 });
  const waiting = new Map<number, (answer: CallAnswer) => void>();
  const heard: string[] = [];
  let last = 0;
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    heard.push(text);
    const message = JSON.parse(text) as { id?: number; answer?: CallAnswer };
    if (message.id !== undefined && message.answer !== undefined) waiting.get(message.id)?.(message.answer);
  });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) => reject(new Error(String(response.statusCode))));
    socket.on('open', () =>
      resolve({
        heard,
        call: (procedure, input) =>
          new Promise((settle) => {
            const id = ++last;
            waiting.set(id, settle);
            socket.send(JSON.stringify({ id, procedure, input }));
          }),
        raw: (data) =>
          new Promise((settle) => {
            socket.once('close', (code) => settle(code));
            socket.send(data);
          }),
        end: () => socket.terminate(),
      }),
    );
  });
}

/** The smallest input that a schema takes; null where it can't be made from its description alone. */
function sample(name: ProcedureName): unknown {
  const schema = z.toJSONSchema(PROCEDURES[name].input, { io: 'input', unrepresentable: 'any' });
  const made = fromSchema(schema as Described);
  const named = typeof made === 'object' && made !== null && 'account_id' in made;
  // Of an account that isn't here there is no role to judge by.
  const value = named ? { ...made, account_id: 'practice' } : made;
  return PROCEDURES[name].input.safeParse(value).success ? value : null;
}

interface Described {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Described[];
  readonly oneOf?: readonly Described[];
  readonly allOf?: readonly Described[];
  readonly properties?: Readonly<Record<string, Described>>;
  readonly required?: readonly string[];
  readonly items?: Described;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly pattern?: string;
  readonly format?: string;
}

function fromSchema(of: Described): unknown {
  if (of.const !== undefined) return of.const;
  if (of.enum !== undefined) return of.enum[0];
  const [choice] = of.anyOf ?? of.oneOf ?? of.allOf ?? [];
  if (choice !== undefined) return fromSchema(choice);
  const type = Array.isArray(of.type) ? (of.type as readonly string[])[0] : (of.type as string | undefined);
  if (type === 'object')
    return Object.fromEntries((of.required ?? []).map((name) => [name, fromSchema(of.properties?.[name] ?? {})]));
  if (type === 'array') return Array.from({ length: of.minItems ?? 0 }, () => fromSchema(of.items ?? {}));
  if (type === 'integer' || type === 'number') return Math.max(1, of.minimum ?? (of.exclusiveMinimum ?? 0) + 1);
  if (type === 'boolean') return true;
  if (type === 'null') return null;
  if (of.format === 'uri') return 'https://a.example/';
  if (/64/.test(of.pattern ?? '')) return 'a'.repeat(64);
  return 'a'.repeat(Math.max(8, of.minLength ?? 8));
}

/** Ends this program's records for good, or needs no role: not asked for in the walk. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'practice.join',
  'accounts.remove',
  'lock.set',
  'lock.now',
  'backups.restore',
]);

test('[AD1] a hostile window: for every procedure that a role may not use, a well-formed call is refused as such', async () => {
  const socket = await open();
  const control = serving.workbench?.practice?.control;
  let refusals = 0;
  const shapeless: string[] = [];
  for (const role of ['agent', 'qa', 'supervisor', 'admin'] as const satisfies readonly Role[]) {
    await control?.setRole(AGENT, role);
    await until('the other end', async () => {
      const answer = await socket.call('access.mine', {});
      return answer.ok && JSON.stringify((answer.result as { roles: unknown }).roles) === JSON.stringify([role]);
    });
    for (const name of NAMES) {
      const { may } = ACCESS[name];
      if (may === 'everyone' || isPermitted(role, may)) continue;
      const input = sample(name);
      if (input === null) {
        shapeless.push(name);
        continue;
      }
      const answer = await socket.call(name, input);
      expect([role, name, answer.ok, answer.ok ? '' : answer.error.code]).toEqual([role, name, false, 'NO_PERMISSION']);
      refusals++;
    }
  }
  await control?.setRole(AGENT, 'agent');
  // What the description alone can't make is few, and refused by the same door (access.test.ts walks all of them).
  expect(new Set(shapeless).size).toBeLessThanOrEqual(8);
  expect(refusals).toBeGreaterThan(40);
  socket.end();
}, 60_000);

test('[SE2] a hostile window: what was taken back never comes back to an agent, whatever is asked with which keys', async () => {
  const socket = await open();
  await until('the other end', async () => {
    const answer = await socket.call('access.mine', {});
    return answer.ok && JSON.stringify((answer.result as { roles: unknown }).roles) === '["agent"]';
  });
  const random = createPrng(7);
  let answered = 0;
  for (const name of NAMES) {
    if (LEFT_OUT.has(name)) continue;
    const base = sample(name);
    for (let turn = 0; turn < 4; turn++) {
      const input = turn === 0 ? base : mutateJson(random, withKeys(base, random.int(60) + 1));
      const answer = await socket.call(name, input);
      answered++;
      // A failure is one of ours, with a code; never the bare end of a bug.
      if (!answer.ok)
        expect([name, answer.error.code, JSON.stringify(input).slice(0, 300)]).not.toEqual([
          name,
          'INTERNAL',
          expect.anything(),
        ]);
    }
  }
  // The keys of every conversation and message there is.
  for (let key = 1; key <= 60; key++) {
    await socket.call('conversations.get', { conversation_key: key });
    await socket.call('messages.page', { conversation_key: key, limit: 200 });
  }
  await socket.call('search.page', { slot: 'a', query: { text: SEALED.slice(0, 4) }, limit: 50, cursor: null });
  await socket.call('recall.dashboard', {});
  expect(answered).toBeGreaterThan(300);
  expect(socket.heard.filter((text) => text.includes(SEALED))).toEqual([]);
  // It is there all the same: a supervisor may open the seal, and only then is it heard.
  await serving.workbench?.practice?.control.setRole(AGENT, 'supervisor');
  await until('the supervisor', async () => {
    const answer = await socket.call('access.mine', {});
    return answer.ok && JSON.stringify((answer.result as { roles: unknown }).roles) === '["supervisor"]';
  });
  for (const key of recalledKeys(socket.heard)) await socket.call('seals.open', { message_key: key });
  expect(socket.heard.filter((text) => text.includes(SEALED)).length).toBeGreaterThan(0);
  await serving.workbench?.practice?.control.setRole(AGENT, 'agent');
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  socket.end();
}, 120_000);

/** Keys of recalled messages in what was answered. */
function recalledKeys(heard: readonly string[]): number[] {
  const keys = new Set<number>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { key, recalled } = value as { key?: unknown; recalled?: unknown };
    if (typeof key === 'number' && typeof recalled === 'object' && recalled !== null) keys.add(key);
    for (const inner of Object.values(value)) walk(inner);
  };
  for (const text of heard) if (text.includes('"recalled":{')) walk(JSON.parse(text));
  return [...keys];
}

/** Numbers where keys stand: those that exist here. */
function withKeys(value: unknown, key: number): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name.endsWith('_key') ? key : withKeys(inner, key)]),
  );
}

test('[SE1] a hostile window: unknown names, wrong envelopes, oversized calls and replays end the call or the line, never the host', async () => {
  const socket = await open();
  for (const name of [
    '__proto__',
    'constructor',
    'toString',
    'settings.get ',
    'SETTINGS.GET',
    '',
    'x'.repeat(128),
    'hasOwnProperty',
  ])
    expect(await socket.call(name, {})).toMatchObject({ ok: false, error: { code: 'BAD_INPUT' } });
  // The same id again is only another call: nothing is remembered of the first one, nothing is done twice for it.
  const [first, second] = await Promise.all([socket.call('app.info', {}), socket.call('app.info', {})]);
  expect(second).toEqual(first);
  socket.end();
  for (const wrong of [
    '',
    'null',
    '[]',
    '{"id":-1,"procedure":"app.info"}',
    '{"id":1.5,"procedure":"app.info"}',
    '{"id":1}',
    '{"id":1,"procedure":{}}',
  ])
    expect(await (await open()).raw(wrong)).toBe(1008);
  expect(await (await open()).raw(Buffer.from([1, 2, 3]))).toBe(1008);
  expect(
    await (await open()).raw(JSON.stringify({ id: 1, procedure: 'drafts.set', input: 'x'.repeat(9_000_000) })),
  ).toBe(1009);
  const deep = `{"id":1,"procedure":"search.page","input":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  const again = await open();
  const closed = again.raw(deep);
  await Promise.race([closed, until('an answer', () => again.heard.some((text) => text.includes('BAD_INPUT')))]);
  again.end();
  const after = await open();
  expect(await after.call('app.info', {})).toMatchObject({ ok: true });
  after.end();
});

test('[SE3] the browser host against others: no cookie, wrong origin, rebound name, and guessing the token tells nothing', async () => {
  const { port, host } = new URL(serving.url);
  const cases: Record<string, string>[] = [
    {},
    { origin: serving.origin },
    { cookie: 'workbench_session=AAAA', origin: serving.origin },
    { cookie, origin: 'https://evil.example' },
    { cookie, origin: serving.origin, host: `evil.example:${port}` },
    { cookie, origin: serving.origin, host: `localhost:${port}` },
    { cookie },
    { cookie, origin: serving.origin, 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of cases) await expect(open(headers), JSON.stringify(headers)).rejects.toThrow('403');
  // 256 random bits; a thousand wrong ones change nothing, and the right one was used up when the page was opened.
  const answers = new Set<string>();
  for (let guess = 0; guess < 1_000; guess++) {
    const token = Buffer.from(`guess ${guess}`).toString('base64url').padEnd(43, 'A');
    const { statusCode, headers } = await ask(`/?token=${token}`, { host });
    answers.add(`${statusCode} ${String(headers['set-cookie'])}`);
  }
  expect([...answers]).toEqual(['403 undefined']);
  expect((await ask(new URL(serving.url).search.replace('?', '/?'))).statusCode).toBe(403);
}, 60_000);

const asRoot = process.getuid?.() === 0 && spawnSync('which', ['setpriv'], { stdio: 'ignore' }).status === 0;
// A skipped proof has to be seen.
if (!asRoot) process.stderr.write('!! OTHER-USER TEST SKIPPED: needs root and setpriv to become another user\n');

test.skipIf(!asRoot)(
  '[SE3] another local user: reads no file of the profile, and gets nothing from the port',
  async () => {
    const { port, search } = new URL(serving.url);
    const script = `
    import http from 'node:http';
    import { readFileSync, readdirSync } from 'node:fs';
    const ask = (path, headers = {}) => new Promise((resolve) => http.get({ host: '127.0.0.1', port: ${port}, path, headers }, (r) => {
      let body = ''; r.on('data', (c) => (body += c)); r.on('end', () => resolve(r.statusCode + ' ' + body.trim()));
    }).on('error', (e) => resolve(e.code)));
    const tryTo = (f) => { try { f(); return 'got it'; } catch (e) { return e.code; } };
    const host = '127.0.0.1:${port}';
    console.log(JSON.stringify({
      uid: process.getuid(),
      http: [await ask('/', { host }), await ask('/${search}', { host }), await ask('/files/download/AAAAAAAAAAAAAAAAAAAAAA', { host })],
      files: [tryTo(() => readdirSync(process.argv[1])), tryTo(() => readFileSync(process.argv[1] + '/practice.key')), tryTo(() => readFileSync(process.argv[1] + '/store/records.db'))],
    }));`;
    // Not in step: this very process has to answer it.
    const other = await promisify(execFile)(
      'setpriv',
      [
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        process.execPath,
        '--input-type=module',
        '-e',
        script,
        path.join(folder, 'profile'),
      ],
      { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' }, cwd: '/', timeout: 20_000 },
    );
    const result = JSON.parse(other.stdout) as { uid?: number; http?: string[]; files?: string[] };
    expect(result.uid, other.stderr).toBe(65_534);
    expect(result.http).toEqual([
      '403 403 Forbidden NO_SESSION',
      '403 403 Forbidden WRONG_TOKEN',
      '403 403 Forbidden NO_SESSION',
    ]);
    expect(result.files).toEqual(['EACCES', 'EACCES', 'EACCES']);
  },
);

test('[SE4] secrets: the whole data folder of this run, its log included, holds no token, no key, no text in plain', async () => {
  const practice = serving.workbench?.practice;
  const tokens = Object.values(practice?.tokens ?? {});
  const key = readFileSync(path.join(folder, 'profile', 'practice.key'), 'utf8').trim();
  const one = new URL(serving.url).searchParams.get('token') ?? '';
  const sought = [...tokens, one, key, cookie.split('=')[1] ?? '', SEALED].filter((text) => text.length > 8);
  expect(sought.length).toBeGreaterThan(4);
  const found: string[] = [];
  const looked: string[] = [];
  const walk = (at: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const file = path.join(at, entry.name);
      if (entry.isDirectory()) walk(file);
      else {
        looked.push(path.relative(folder, file));
        const bytes = readFileSync(file);
        for (const text of sought)
          for (const encoding of ['utf8', 'utf16le'] as const)
            if (bytes.includes(Buffer.from(text, encoding)))
              found.push(`${path.relative(folder, file)}: ${sought.indexOf(text)}`);
        if (bytes.includes(Buffer.from(key, 'hex'))) found.push(`${path.relative(folder, file)}: raw key`);
      }
    }
  };
  await serving.workbench?.store.backup(path.join(folder, 'profile', 'backups', 'canary.db'));
  walk(path.join(folder, 'profile'));
  // The practice shop's own two files: its key (SE4: readable by the person alone), and what its gateway remembers.
  const allowed = /^profile\/(practice\.key|practice\.jsonl)/;
  expect(found.filter((one_) => !allowed.test(one_))).toEqual([]);
  expect(looked.some((file) => /log/.test(file))).toBe(true);
  expect(looked.some((file) => file.endsWith('records.db'))).toBe(true);
});
