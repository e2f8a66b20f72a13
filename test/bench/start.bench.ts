import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launch } from './support/browser.ts';
import { show, spread, table } from './support/statistics.ts';

/**
 * How long a start takes that is not the first one: `npm start` to the printed address, and from there to a window that
 * shows conversations; and one search as a process of its own.
 *
 *   node test/bench/start.bench.ts [--times 5]
 */
const { values } = parseArgs({ options: { times: { type: 'string', default: '5' } } });
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'start-bench-'));
const environment = { ...process.env, WORKBENCH_DATA: path.join(folder, 'p'), NODE_OPTIONS: '' };

async function start() {
  const began = performance.now();
  // A group of its own: npm's children end with it.
  const child = spawn('npm', ['start', '--silent', '--', '--browser', '--practice', '--no-open'], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(text)?.[0];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`npm start ended with ${String(code)}`)));
  });
  return {
    url,
    toUrl: performance.now() - began,
    async stop() {
      // Its pipe closes when the last of the group has gone, and let go of the profile.
      const gone = once(child, 'close');
      process.kill(-(child.pid as number), 'SIGTERM');
      await gone;
    },
  };
}

async function search(): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, ['main/hosts/cli/main.ts', 'search', '--text', '您', '--json'], {
    cwd: root,
    env: environment,
    stdio: 'ignore',
  });
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`search ended with ${code}`);
  return performance.now() - began;
}

const browser = await launch();
const toUrl: number[] = [];
const toContent: number[] = [];
const searches: number[] = [];
try {
  // The first start makes the profile, and builds what has changed.
  await (await start()).stop();
  for (let i = 0; i < Number(values.times); i++) {
    const running = await start();
    toUrl.push(running.toUrl);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN' });
    const began = performance.now();
    await page.goto(running.url);
    // Conversations, not their placeholders.
    await page.getByRole('option').first().waitFor();
    toContent.push(performance.now() - began);
    await page.close();
    await running.stop();
    searches.push(await search());
    process.stderr.write(
      `${[toUrl.at(-1), toContent.at(-1), searches.at(-1)].map((value) => value?.toFixed(0)).join(' ')}\n`,
    );
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(
  `${values.times} times, ${cpus().length} × ${cpus()[0]?.model ?? ''}, Node ${process.versions.node}. Milliseconds: p50 / p95 / worst.\n\n${table(
    ['what', 'time'],
    [
      ['`npm start -- --browser --no-open`, second start, until the address is printed', show(spread(toUrl))],
      ['from opening the address until the window shows conversations', show(spread(toContent))],
      ['`workbench search --text 您 --json` as a process', show(spread(searches))],
    ],
  )}\n`,
);
