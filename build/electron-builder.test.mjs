import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { FuseV1Options } from '@electron/fuses';
import { expect, test } from 'vitest';
import { ROOT } from './setup.mjs';

// electron-builder's own reading and checking of its configuration.
const require = createRequire(path.join(ROOT, 'node_modules/electron-builder/package.json'));
const { getConfig, validateConfiguration } = require('app-builder-lib/out/util/config/config.js');
const { DebugLogger } = require('builder-util');

const read = () => getConfig(ROOT, path.join(ROOT, 'electron-builder.yml'), null);

test('[SE1] the installers’ configuration is valid by electron-builder’s schema, and a wrong one would not be', async () => {
  const config = await read();
  await validateConfiguration(config, new DebugLogger(false));
  await expect(validateConfiguration({ ...config, npmRebuilt: false }, new DebugLogger(false))).rejects.toThrow(
    /npmRebuilt/,
  );
  expect(config).toMatchObject({ npmRebuild: false, asar: true, asarUnpack: ['**/*.node'] });
});

test('[SE1] every fuse is set on purpose: no Node, no inspection, only our own archive', async () => {
  const { electronFuses } = await read();
  expect(electronFuses).toEqual({
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
    resetAdHocDarwinSignature: true,
  });
  // The fuses that electron-builder can set (camel case of @electron/fuses’ names), so that a new one is noticed here.
  const schema = JSON.parse(readFileSync(path.join(ROOT, 'node_modules/app-builder-lib/scheme.json'), 'utf8'));
  expect(Object.keys(electronFuses).sort()).toEqual(Object.keys(schema.definitions.FuseOptionsV1.properties).sort());
  // Electron's own list, whatever electron-builder knows of it.
  const fuses = Object.keys(FuseV1Options).filter((name) => /^[A-Z]/.test(name));
  expect(fuses.map((name) => name[0].toLowerCase() + name.slice(1)).filter((name) => !(name in electronFuses))).toEqual(
    [],
  );
});
