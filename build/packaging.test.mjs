import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { licences, problemsOf } from './licences.mjs';
import { distArguments, notariseBy } from './notarise.mjs';
import { ALLOWED_INSTALL_SCRIPTS, npmCommand, ROOT, run } from './setup.mjs';

const require = createRequire(path.join(ROOT, 'node_modules/electron-builder/package.json'));
const { getConfig } = require('app-builder-lib/out/util/config/config.js');
const read = () => getConfig(ROOT, path.join(ROOT, 'electron-builder.yml'), null);

test('[SE1] installers: per user, upgraded in place, records removed only when asked; hardened; links and packages open', async () => {
  const config = await read();
  expect(config.win).toMatchObject({
    target: [{ target: 'nsis', arch: ['x64', 'arm64'] }],
    requestedExecutionLevel: 'asInvoker',
    verifyUpdateCodeSignature: true,
  });
  expect(config.nsis).toMatchObject({ perMachine: false, allowElevation: false, deleteAppDataOnUninstall: false });
  expect(config.mac).toMatchObject({ hardenedRuntime: true, notarize: false });
  expect(config.mac.target.map(({ target, arch }) => [target, arch])).toEqual([
    ['dmg', ['x64', 'arm64']],
    ['zip', ['x64', 'arm64']],
  ]);
  expect(config.linux.target.map(({ target }) => target)).toEqual(['AppImage', 'deb']);
  expect(config.protocols).toEqual([{ name: 'Merchant Workbench link', schemes: ['workbench'] }]);
  expect(config.fileAssociations).toMatchObject([{ ext: 'mwpkg', role: 'Viewer' }]);
  expect(config.publish).toBeNull();
  for (const file of [config.nsis.include, config.mac.entitlements, config.mac.entitlementsInherit])
    expect(existsSync(path.join(ROOT, file)), file).toBe(true);
});

test('[SE1] uninstalling: an upgrade and a silent removal keep the records, and "no" is the first choice', async () => {
  const { nsis, productName } = await read();
  const script = readFileSync(path.join(ROOT, nsis.include), 'utf8');
  expect(script).toContain('${ifNot} ${isUpdated}');
  expect(script).toMatch(/MB_DEFBUTTON2 .*\/SD IDNO IDNO keepData/);
  expect(script.match(/RMDir \/r (.*)/)?.[1]).toBe('"$LOCALAPPDATA\\Merchant Workbench"');
  for (const language of ['1033', '2052']) expect(script).toContain(`LangString keepRecords ${language} `);
  // The same folder that the program uses, and not the one that it is installed in.
  const profile = readFileSync(path.join(ROOT, 'main/hosts/profile.ts'), 'utf8');
  expect(profile).toContain("'Merchant Workbench'");
  expect(productName).toBe('Merchant Workbench');
});

test('[SE1] macOS runs with no more than it needs: no foreign libraries, no unsigned memory, no debugger', async () => {
  const { mac } = await read();
  const keys = [...readFileSync(path.join(ROOT, mac.entitlements), 'utf8').matchAll(/<key>(.*)<\/key>/g)].map(
    ([, key]) => key,
  );
  expect(keys).toEqual(['com.apple.security.cs.allow-jit']);
});

test('[SE1] notarisation by the environment: all of one way, none, or a mistake that is said', () => {
  expect(notariseBy({})).toBe(false);
  expect(notariseBy({ APPLE_API_KEY: 'k', APPLE_API_KEY_ID: 'i', APPLE_API_ISSUER: 's' })).toBe(true);
  expect(() => notariseBy({ APPLE_ID: 'a', APPLE_TEAM_ID: 't' })).toThrow(/APPLE_APP_SPECIFIC_PASSWORD missing/);
  expect(distArguments({}, 'linux')).toEqual([]);
  expect(distArguments({}, 'darwin')).toEqual(['-c.mac.notarize=false']);
  expect(distArguments({ WORKBENCH_UPDATE_URL: 'https://updates.example/wb' }, 'win32')).toEqual([
    '-c.publish.provider=generic',
    '-c.publish.url=https://updates.example/wb',
  ]);
  expect(() => distArguments({ WORKBENCH_UPDATE_URL: 'http://updates.example' }, 'win32')).toThrow(/https/);
});

test('[SE1] every licence that is shipped is one that we may ship, with its text; another one would be refused', () => {
  const list = licences();
  expect(list.length).toBeGreaterThan(60);
  expect(problemsOf(list)).toEqual([]);
  expect(problemsOf([{ name: 'x', version: '1', licence: 'AGPL-3.0', text: '' }])).toEqual(['x: AGPL-3.0']);
  expect(list.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['zod', 'react', 'antd', 'ws', '@github/keytar']),
  );
  expect(list.filter(({ name }) => name === 'vitest' || name === 'electron-builder')).toEqual([]);
});

test('[SE1] install scripts run by name only; the lock names every package that has one', () => {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
  const scripted = Object.entries(packages)
    .filter(([, entry]) => entry.hasInstallScript === true)
    .map(([where]) => where.replace(/^.*node_modules\//, ''));
  // A new one has to be looked at here before it may run or be left out.
  expect([...new Set(scripted)].sort()).toEqual(SCRIPTED);
  for (const name of ALLOWED_INSTALL_SCRIPTS) expect(scripted).toContain(name);
  const setup = readFileSync(path.join(ROOT, 'build/setup.mjs'), 'utf8');
  expect(setup).toContain("'ci', '--ignore-scripts'");
  expect(readFileSync(path.join(ROOT, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
});
const SCRIPTED = ['electron-winstaller', 'keytar', 'node'];

test('[SE1] every package comes from the registry by a hash, none from elsewhere', () => {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
  const odd = Object.entries(packages).filter(
    ([where, { integrity, resolved, inBundle }]) =>
      where !== '' &&
      inBundle !== true &&
      (!(integrity ?? '').startsWith('sha512-') || (resolved !== undefined && !resolved.startsWith('https://'))),
  );
  expect(odd.map(([where]) => where)).toEqual([]);
});

test('[SE1] the bill of materials lists what is shipped, and nothing that only builds it', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sbom-'));
  try {
    let json = '';
    const args = ['sbom', '--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only', '--offline'];
    const [command, given] = npmCommand(args);
    expect(
      await run(command, given, {
        stdio: ['ignore', 'pipe', 'ignore'],
        onOutput: (chunk) => (json += chunk),
        limitMs: 60_000,
      }),
    ).toBe(0);
    const { bomFormat, components } = JSON.parse(json);
    expect(bomFormat).toBe('CycloneDX');
    const names = components.map(({ name, group }) => (group === undefined ? name : `${group}/${name}`));
    for (const name of ['zod', 'ws', 'antd']) expect(names).toContain(name);
    expect(names).not.toContain('vitest');
    expect(components.every(({ purl }) => purl.startsWith('pkg:npm/'))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
