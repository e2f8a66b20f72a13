// npm test: installs what is missing, runs every runner, and ends with one line that sums them up.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LAYER_PROJECTS } from './projects.mjs';
import { specCoverage } from './spec-coverage.mjs';
import {
  buildGallery,
  buildRenderer,
  buildViewer,
  childEnvironment,
  ensureInstalled,
  entry,
  packageCommand,
  programNode,
  readIfThere,
  ROOT,
  run,
  say,
} from './setup.mjs';
import { ensureTestTools } from './test-tools.mjs';

const MINUTE = 60_000;
const results = [];

await entry(async () => {
  await ensureInstalled();
  const tools = await ensureTestTools();
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'workbench-test-'));
  try {
    await check('format', 'prettier', ['--check', '--log-level', 'warn', '.']);
    await check('lint', 'oxlint', []);
    await types();
    await checkCommand('layers', ['build/layers.mjs'], 2 * MINUTE);
    listRulesWithoutTest();
    // Tests of both runners start the program as it is started by hand, and that needs its pages.
    await buildRenderer();
    await buildViewer();
    await buildGallery();
    await vitest(path.join(scratch, 'vitest.json'));
    await endToEnd(path.join(scratch, 'playwright.json'), tools.chromium);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return report();
});

function record(name, passed, failed, skipped) {
  results.push({ name, passed, failed, skipped });
  say(`-- ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
}

async function check(name, packageName, args) {
  await checkCommand(name, [packageCommand(packageName), ...args], 5 * MINUTE);
}

async function checkCommand(name, args, limitMs) {
  say(`== ${name}`);
  const code = await run(programNode(), args, { limitMs });
  record(name, code === 0 ? 1 : 0, code === 0 ? 0 : 1, 0);
}

async function types() {
  say('== types');
  let failed = 0;
  for (const project of LAYER_PROJECTS) {
    const code = await run(programNode(), [packageCommand('typescript', 'tsc'), '-p', project], {
      limitMs: 5 * MINUTE,
    });
    if (code !== 0) {
      failed++;
      say(`types of ${project}: failed`);
    }
  }
  record('types', failed === 0 ? 1 : 0, failed === 0 ? 0 : 1, 0);
}

function listRulesWithoutTest() {
  const { rules, untested } = specCoverage(ROOT);
  say(`== spec: ${rules.length - untested.length} of ${rules.length} rules are named by a test`);
  if (untested.length > 0) say(`rules without a test: ${untested.join(' ')}`);
}

async function vitest(file) {
  say('== vitest');
  const code = await run(
    programNode(),
    [packageCommand('vitest'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    {
      limitMs: 12 * MINUTE,
      verdict: () => exitCode(reportIn(file), ({ success }) => success),
    },
  );
  const json = reportIn(file);
  // A runner that died, or a file that could not be loaded, is a failure even where no single test failed.
  const broken = json?.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
  );
  const failed = (json?.numFailedTests ?? 0) + (broken?.length ?? 0);
  record(
    'vitest',
    json?.numPassedTests ?? 0,
    code !== 0 ? Math.max(1, failed) : failed,
    (json?.numPendingTests ?? 0) + (json?.numTodoTests ?? 0),
  );
}

/** What a runner wrote into its file; undefined before it is whole. */
function reportIn(file) {
  try {
    return JSON.parse(readIfThere(file) ?? '');
  } catch {
    return undefined;
  }
}

function exitCode(report, green) {
  if (report === undefined) return undefined;
  return green(report) ? 0 : 1;
}

async function endToEnd(file, chromium) {
  say('== playwright');
  if (chromium === null) {
    const skipped = await countEndToEnd();
    say(
      '!! END-TO-END TESTS SKIPPED: no Chromium here, and none could be installed. 未找到 Chromium，端到端测试已跳过。',
    );
    record('playwright', 0, 0, Math.max(1, skipped));
    return;
  }
  const code = await run(
    programNode(),
    [packageCommand('@playwright/test', 'playwright'), 'test', '--reporter=line,json'],
    {
      limitMs: 11 * MINUTE,
      verdict: () => exitCode(reportIn(file), ({ stats, errors }) => stats.unexpected === 0 && errors.length === 0),
      env: childEnvironment({ PLAYWRIGHT_JSON_OUTPUT_NAME: file, WORKBENCH_CHROMIUM: chromium }),
    },
  );
  const stats = reportIn(file)?.stats;
  const failed = stats?.unexpected ?? 0;
  // A flaky one failed first and passed when repeated: counted as passed, and named by Playwright above.
  record(
    'playwright',
    (stats?.expected ?? 0) + (stats?.flaky ?? 0),
    code !== 0 ? Math.max(1, failed) : failed,
    stats?.skipped ?? 0,
  );
}

async function countEndToEnd() {
  let output = '';
  await run(programNode(), [packageCommand('@playwright/test', 'playwright'), 'test', '--list'], {
    limitMs: MINUTE,
    stdio: ['ignore', 'pipe', 'ignore'],
    onOutput: (chunk) => (output += chunk),
  });
  return Number(/Total: (\d+) test/.exec(output)?.[1] ?? 0);
}

function report() {
  const sum = (key) => results.reduce((total, one) => total + one[key], 0);
  say('');
  for (const { name, passed, failed, skipped } of results)
    say(
      `${name.padEnd(12)}${String(passed).padStart(6)} passed${String(failed).padStart(6)} failed${String(skipped).padStart(6)} skipped`,
    );
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
  return sum('failed') === 0 ? 0 : 1;
}
