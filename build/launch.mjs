// Chooses the host: Electron where its runtime is there or can be had, else the browser host with the practice shop.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  buildMain,
  buildRenderer,
  buildViewer,
  CACHE,
  entry,
  HOST_FLAGS,
  hostEnvironment,
  packageCommand,
  programNode,
  readIfThere,
  ROOT,
  run,
  say,
} from './setup.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;
const PROBE_MS = 5_000;
const DOWNLOAD_MS = 15 * 60 * 1000;

const electronFolder = path.join(ROOT, 'node_modules', 'electron');
const { version } = JSON.parse(readFileSync(path.join(electronFolder, 'package.json'), 'utf8'));
const mirror =
  process.env.ELECTRON_MIRROR ??
  process.env.npm_config_electron_mirror ??
  'https://github.com/electron/electron/releases/download/';

await entry(async () => {
  const args = process.argv.slice(2);
  const forced = args.includes('--browser');
  const rest = args.filter((arg) => arg !== '--browser');
  const reason = forced ? null : await whyNoElectron();
  if (!forced && reason === null) {
    await buildRenderer();
    await buildViewer();
    await buildMain();
    return run(electronBinary(), ['.', ...rest]);
  }
  await buildRenderer();
  await buildViewer();
  if (reason !== null) say(reason);
  return run(programNode(), [...HOST_FLAGS, 'main/hosts/cli/main.ts', 'serve', ...rest], { env: hostEnvironment() });
});

/** Null when Electron can run; else one line that says why not. */
async function whyNoElectron() {
  const headless = process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
  if (headless) return 'No display: starting in the browser instead of Electron. 没有图形界面，改用浏览器方式启动。';
  if (electronBinary() !== null) return null;
  const remembered = path.join(CACHE, 'electron-unavailable.json');
  const failure = JSON.parse(readIfThere(remembered) ?? 'null');
  const unavailable =
    'Electron runtime not available: starting in the browser. 未取得 Electron 运行环境，改用浏览器方式启动。';
  if (
    failure?.version === version &&
    failure.mirror === mirror &&
    Date.now() - failure.at < DAY_MS &&
    failure.at <= Date.now()
  )
    return unavailable;
  if (await download()) return null;
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(remembered, JSON.stringify({ version, mirror, at: Date.now() }));
  return unavailable;
}

/** A closed download shows within seconds; an open but slow one gets its time. */
async function download() {
  try {
    const answer = await fetch(`${mirror}v${version}/SHASUMS256.txt`, { signal: AbortSignal.timeout(PROBE_MS) });
    await answer.body?.cancel();
    if (!answer.ok) return false;
  } catch {
    return false;
  }
  say(`Downloading Electron ${version} (about 110 MB, once) … 正在下载 Electron 运行环境（约 110 MB，仅一次）…`);
  const proxied = process.env.HTTPS_PROXY ?? process.env.https_proxy;
  const code = await run(programNode(), [packageCommand('electron', 'install-electron')], {
    limitMs: DOWNLOAD_MS,
    env: { ...process.env, ...(proxied === undefined ? {} : { ELECTRON_GET_USE_PROXY: '1' }) },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  return code === 0 && electronBinary() !== null;
}

function electronBinary() {
  const inside = readIfThere(path.join(electronFolder, 'path.txt'));
  if (inside === null) return null;
  const binary = path.join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? path.join(electronFolder, 'dist'), inside);
  return existsSync(binary) ? binary : null;
}
