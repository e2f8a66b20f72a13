// What every entry needs before anything else can run. Plain JavaScript for Node 20 without a dependency installed:
// this file and whoever imports it at the top must not import a package.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { icon } from './icons.mjs';

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const CACHE = path.join(ROOT, 'node_modules', '.cache', 'workbench');

/** Newest runtime features that an entry script itself needs, and what the program needs (better-sqlite3, vitest, electron). */
const ENTRY_NODE = [20, 0];
const PROGRAM_NODE = [22, 18];
/** How long a child may take to exit after its report is written. */
const REPORTED_MS = 30_000;

/** Messages go to standard error: standard output belongs to the command that is run. */
export const say = (line) => process.stderr.write(`${line}\n`);

class SetupFailure extends Error {}

/** Runs an entry; a SetupFailure ends it with its message alone, exit code 3. */
export async function entry(main) {
  try {
    requireNode(process.versions.node, ENTRY_NODE);
    requireNpm();
    process.exitCode = await main();
  } catch (failure) {
    if (!(failure instanceof SetupFailure)) throw failure;
    say(failure.message);
    process.exitCode = 3;
  }
}

function requireNode(version, least) {
  if (olderThan(version, least))
    throw new SetupFailure(
      `RUNTIME_TOO_OLD: Node.js ${version} is too old, ${least.join('.')} or newer is needed. ` +
        `Node.js ${version} 版本过旧，需要 ${least.join('.')} 或更高版本。`,
    );
}

function requireNpm() {
  const version = /^npm\/(\d+\.\d+)/.exec(process.env.npm_config_user_agent ?? '')?.[1];
  if (version !== undefined && olderThan(version, [9, 0]))
    throw new SetupFailure(
      `RUNTIME_TOO_OLD: npm ${version} is too old, 9 or newer is needed. npm 版本过旧，需要 9 或更高版本。`,
    );
}

function olderThan(version, [major, minor]) {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a < major || (a === major && b < minor);
}

/** The Node that runs the program: the `node` package's binary, else the present one where it is new enough. */
export function programNode() {
  const own = ownNode();
  if (existsSync(own)) return own;
  requireNode(process.versions.node, PROGRAM_NODE);
  return process.execPath;
}

function ownNode() {
  return path.join(ROOT, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** Environment for children: node_modules/.bin first, so that `node` is the program's Node everywhere. */
export function childEnvironment(extra = {}) {
  const bin = path.join(ROOT, 'node_modules', '.bin');
  const pathName = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...process.env, [pathName]: `${bin}${path.delimiter}${process.env[pathName] ?? ''}`, ...extra };
}

/** The browser host's young generation: a burst of events lets it grow to its limit, otherwise 128 MB and more. */
export const HOST_FLAGS = ['--max-semi-space-size=16'];

/**
 * Its environment. The C library (glibc; no other reads this) gives freed memory back from 128 KiB on: left alone it keeps ever
 * more, up to twice the largest piece that was ever freed.
 */
export const hostEnvironment = () =>
  childEnvironment({ MALLOC_TRIM_THRESHOLD_: process.env.MALLOC_TRIM_THRESHOLD_ ?? '131072' });

/** `npm ci` when node_modules is absent or does not hold what package-lock.json says; else nothing. */
export async function ensureInstalled() {
  const lockText = readFileSync(path.join(ROOT, 'package-lock.json'));
  const wanted = `${hash(lockText)} ${process.platform} ${process.arch}\n`;
  const stamp = path.join(CACHE, 'installed');
  if (readIfThere(stamp) === wanted && existsSync(ownNode())) return false;
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const complete = holdsWhatLockSays(JSON.parse(lockText.toString('utf8')));
  if (!complete) {
    say('Installing dependencies (npm ci) … 正在安装依赖 …');
    const code = await run(...npmCommand(['ci', '--ignore-scripts', ...quiet]), { stdio: ['ignore', 2, 2] });
    if (code !== 0) throw new SetupFailure(`npm ci failed (exit code ${code}). 依赖安装失败。`);
  }
  if (!complete || !existsSync(ownNode())) await runInstallScripts(quiet);
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(stamp, wanted);
  return !complete;
}

/**
 * The install scripts that are allowed, by package. better-sqlite3 isn't among them: its prebuilt binary lies in the
 * package, and compiling it would need a compiler that a fresh machine hasn't got.
 */
export const ALLOWED_INSTALL_SCRIPTS = ['node', 'keytar'];

async function runInstallScripts(quiet) {
  const code = await run(...npmCommand(['rebuild', ...ALLOWED_INSTALL_SCRIPTS, '--ignore-scripts=false', ...quiet]), {
    stdio: ['ignore', 2, 2],
  });
  if (code !== 0 || !existsSync(ownNode()))
    throw new SetupFailure(`Installing Node 24 failed (exit code ${code}). Node 24 安装失败。`);
}

function holdsWhatLockSays(lock) {
  const hidden = readIfThere(path.join(ROOT, 'node_modules', '.package-lock.json'));
  if (hidden === null) return false;
  const { packages } = JSON.parse(hidden);
  return Object.entries(lock.packages).every(
    ([where, { version, optional, devOptional, peer }]) =>
      where === '' || optional || devOptional || peer || packages[where]?.version === version,
  );
}

export function npmCommand(args) {
  // npm names itself in npm_execpath; that avoids npm.cmd and a shell on Windows.
  const npm = process.env.npm_execpath;
  if (npm !== undefined && /\.[cm]?js$/.test(npm)) return [process.execPath, [npm, ...args]];
  return process.platform === 'win32' ? ['cmd.exe', ['/d', '/s', '/c', 'npm', ...args]] : ['npm', args];
}

/**
 * Runs a child to its end and answers with its exit code; passes on SIGINT and SIGTERM. `limitMs` in milliseconds, 124 after it.
 * `verdict` says the exit code that the child's own finished report stands for, undefined before it is written: a test runner
 * whose native parts hang while it exits (seen once in a hundred runs) is then ended, and judged by what it reported.
 */
export function run(command, args, options = {}) {
  const { limitMs, onOutput, verdict, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env: childEnvironment(), stdio: 'inherit', ...rest });
    let timedOut = false;
    let judged;
    const stop = () => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
    };
    const timer =
      limitMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            stop();
          }, limitMs);
    const watch =
      verdict === undefined
        ? undefined
        : setInterval(() => {
            if (judged !== undefined || verdict() === undefined) return;
            judged = setTimeout(() => {
              say(`!! ended by hand: its report was written ${REPORTED_MS / 1000} s ago, and it did not exit`);
              stop();
            }, REPORTED_MS);
          }, 2_000);
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', pass);
    process.on('SIGTERM', pass);
    child.stdout?.on('data', (chunk) => onOutput?.(chunk));
    child.stderr?.on('data', (chunk) => onOutput?.(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      clearInterval(watch);
      clearTimeout(judged);
      process.off('SIGINT', pass);
      process.off('SIGTERM', pass);
      if (timedOut) say(`stopped after ${Math.round(limitMs / 1000)} s: ${path.basename(command)} ${args[0] ?? ''}`);
      const killedAfterReport = code === null && judged !== undefined ? verdict() : undefined;
      resolve(timedOut ? 124 : (code ?? killedAfterReport ?? (signal === 'SIGINT' ? 130 : 1)));
    });
  });
}

/** Path of an installed package's command, to be run with programNode(). */
export function packageCommand(packageName, command = packageName) {
  const folder = path.join(ROOT, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return path.join(folder, typeof bin === 'string' ? bin : bin[command]);
}

/** Runs the builder only when a source changed since; `sources` are files or folders below the root. */
export async function buildIfStale(name, sources, output, build) {
  const wanted = fingerprint(sources);
  const stamp = path.join(CACHE, `built-${name}`);
  if (existsSync(path.join(ROOT, output)) && readIfThere(stamp) === wanted) return false;
  say(`Building ${name} … 正在构建 ${name} …`);
  const code = await build();
  if (code !== 0) throw new SetupFailure(`Building ${name} failed (exit code ${code}). 构建失败。`);
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(stamp, wanted);
  return true;
}

function fingerprint(sources) {
  const sum = createHash('sha256');
  const add = (file) => {
    const full = path.join(ROOT, file);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) add(`${file}/${name}`);
    } else if (!/\.test\.tsx?$/.test(file)) {
      sum.update(`${file}\0`).update(readFileSync(full));
    }
  };
  sources.forEach(add);
  return sum.digest('hex');
}

export async function buildRenderer() {
  return buildIfStale(
    'renderer',
    ['renderer', 'shared', 'docs/guide', 'build/vite.renderer.config.ts', 'build/guide.ts', 'package-lock.json'],
    'dist/renderer/index.html',
    () => vite('build/vite.renderer.config.ts'),
  );
}

/** Primitives and states on one page (`npm run gallery`), for the pictures that the end-to-end run compares. */
export async function buildGallery() {
  return buildIfStale(
    'gallery',
    ['renderer', 'shared', 'docs/guide', 'build/vite.gallery.config.ts', 'build/guide.ts', 'package-lock.json'],
    'dist/gallery/index.html',
    () => vite('build/vite.gallery.config.ts'),
  );
}

/** The review package's page, which exports put into every package. */
export async function buildViewer() {
  return buildIfStale(
    'viewer',
    [
      'renderer/viewer',
      'renderer/ui',
      'shared',
      'build/vite.viewer.config.ts',
      'build/vite.renderer.config.ts',
      'package-lock.json',
    ],
    'dist/viewer/index.html',
    () => vite('build/vite.viewer.config.ts'),
  );
}

export async function buildMain() {
  const sources = ['main', 'shared', 'build/vite.main.config.ts', 'package.json', 'package-lock.json'];
  return buildIfStale('main', sources, 'dist/main/preload.cjs', async () => {
    const code = await vite('build/vite.main.config.ts');
    if (code !== 0) return code;
    writeFileSync(path.join(ROOT, 'dist/main/icon.png'), icon(256));
    return vite('build/vite.main.config.ts', '--mode', 'preload');
  });
}

/** The programs that `npm run kill` starts and kills (test/support/fault-programs.ts). */
export async function buildFaultPrograms() {
  const sources = ['main', 'shared', 'test/support', 'build/vite.main.config.ts', 'package-lock.json'];
  return buildIfStale('faults', sources, 'dist/faults/fault-child.js', () =>
    vite('build/vite.main.config.ts', '--mode', 'faults'),
  );
}

function vite(config, ...args) {
  return run(programNode(), [packageCommand('vite'), 'build', '--config', config, '--logLevel', 'warn', ...args], {
    stdio: ['ignore', 2, 2],
  });
}

export function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

export const hash = (data) => createHash('sha256').update(data).digest('hex');

/** First of the given programs that is there, by absolute path or by name on the path. */
export function findProgram(...names) {
  for (const name of names) {
    if (path.isAbsolute(name)) {
      if (existsSync(name)) return name;
      continue;
    }
    const found = spawnSync(process.platform === 'win32' ? 'where' : 'which', [name], { encoding: 'utf8' });
    if (found.status === 0) return found.stdout.split(/\r?\n/)[0];
  }
  return null;
}
