import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket, WebSocketServer } from 'ws';
import { startPracticeGateway } from '#main/practice/index.ts';
import { SUBPROTOCOL } from '#shared/protocol/limits.ts';
import { launch } from './support/browser.ts';
import { startChild } from './support/children.ts';
import { show, spread } from './support/statistics.ts';
import { assessRecall } from '#shared/domain/recall/assess.ts';
import { BASE_CONTEXT, BASE_FACTS, SENT_AT } from '#shared/domain/recall/fixtures.ts';

// Preflight of a visible list: 200 own messages, each asked once (target: under 1 ms in total). Then from the click on the
// confirmation in real Chromium to the request's frame at the gateway (target: p95 under 20 ms): the browser and the host
// each a process of their own, the frames timed by a proxy before the practice gateway.

const MESSAGES = 200;
const ROUNDS = 2_000;

const facts = Array.from({ length: MESSAGES }, (_, at) => ({
  ...BASE_FACTS,
  sent_at: SENT_AT - at * 1_500,
  read_at: at % 3 === 0 ? SENT_AT : null,
}));
const context = { ...BASE_CONTEXT, recalls_last_hour: [SENT_AT - 60_000, SENT_AT - 90_000] };
const samples: number[] = [];
let allowed = 0;
for (let round = 0; round < ROUNDS; round++) {
  const began = performance.now();
  for (const one of facts) if (assessRecall(one, context).verdict === 'allowed') allowed++;
  samples.push(performance.now() - began);
}
samples.sort((a, b) => a - b);
const at = (q: number): string => (samples[Math.floor(q * samples.length)] ?? 0).toFixed(3);
process.stdout.write(
  `| preflight of ${MESSAGES} messages | p50 ms | p95 ms | worst ms | target |\n|---|---|---|---|---|\n` +
    `| ${ROUNDS} rounds, ${allowed / ROUNDS} allowed each | ${at(0.5)} | ${at(0.95)} | ${(samples.at(-1) ?? 0).toFixed(3)} | < 1 |\n`,
);

// ── click → request on the wire ─────────────────────────────────────────────────────────────────────────────────────

const ME = 'a-xiaomei';
const CLICKS = Number(process.env['BENCH_CLICKS'] ?? 60);
/** Everything is compiled and loaded once before anything counts. */
const WARM = 5;

const gateway = await startPracticeGateway({ rate: 0, seed: 1 });
const shop = gateway.control.shops()[0];
if (shop === undefined) throw new Error('no shop');
gateway.control.changePolicy(shop.shop_id, {
  recall: { window_ms: 3_600_000, other_device: 'allow', per_hour_soft: 10_000, per_hour_hard: 10_000 },
});

/** When a recall's frame arrived, milliseconds since 1970 with fractions, in order. */
const arrived: number[] = [];
const proxy = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => SUBPROTOCOL });
await new Promise<void>((resolve) => proxy.once('listening', resolve));
proxy.on('connection', (client) => {
  const upstream = new WebSocket(gateway.url, SUBPROTOCOL);
  const early: string[] = [];
  client.on('message', (data) => {
    const now = performance.timeOrigin + performance.now();
    const text = String(data);
    if (text.includes('"message.recall"')) arrived.push(now);
    if (upstream.readyState === WebSocket.OPEN) upstream.send(text);
    else early.push(text);
  });
  upstream.on('open', () => {
    for (const text of early) upstream.send(text);
  });
  upstream.on('message', (data) => client.send(String(data)));
  upstream.on('close', () => client.terminate());
  client.on('close', () => upstream.terminate());
});

const folder = mkdtempSync(join(tmpdir(), 'recall-bench-'));
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, gateway.token, { mode: 0o600 });
const page = process.env['BENCH_PAGE'];
const host = await startChild('host.child.ts', {
  directory: join(folder, 'p'),
  keyFile: join(folder, 'k'),
  ...(page === undefined ? {} : { page }),
  gateway: { url: `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}/`, tokenFile },
});
const browser = await launch();
try {
  while (!(await host.ask<string[]>('state')).includes('live')) await new Promise((resolve) => setTimeout(resolve, 50));
  const { conversation_id } = gateway.control.newEnquiry({
    shop_id: shop.shop_id,
    name: '买家基准',
    text: '在吗',
    assign_to: ME,
  });
  const window = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN' });
  await window.goto(await host.ask<string>('url'));
  await window.getByRole('tab', { name: /接待中/ }).click();
  await window.getByRole('option', { name: /买家基准/ }).click();
  await window.evaluate(() => {
    const clicks: number[] = [];
    addEventListener('click', (event) => clicks.push(performance.timeOrigin + event.timeStamp), { capture: true });
    Object.assign(globalThis, { benchClicks: clicks });
  });
  const taken: number[] = [];
  for (let n = 0; n < CLICKS + WARM; n++) {
    gateway.control.agentSays(ME, conversation_id, `要撤回的第 ${n} 句`, { device_id: 'd-bench' });
    const bubble = window.getByRole('article').filter({ hasText: `要撤回的第 ${n} 句` });
    await bubble.click({ button: 'right' });
    await window.getByRole('menuitem', { name: /撤回/ }).click();
    await window.getByRole('dialog').getByRole('button', { name: /^撤回/ }).click();
    while (arrived.length <= n) await new Promise((resolve) => setTimeout(resolve, 1));
    const clicked = await window.evaluate(() =>
      (globalThis as unknown as { benchClicks: number[] }).benchClicks.at(-1),
    );
    if (n >= WARM) taken.push((arrived[n] as number) - (clicked ?? 0));
    await bubble.waitFor({ state: 'detached' });
  }
  process.stdout.write(
    `\n| click → request on the wire, p50 / p95 / worst ms | target |\n|---|---|\n| ${show(spread(taken))} (${taken.length} recalls) | p95 < 20 |\n`,
  );
} finally {
  await browser.close();
  await host.end();
  proxy.close();
  for (const socket of proxy.clients) socket.terminate();
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
}
