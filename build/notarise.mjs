/**
 * What electron-builder needs to notarise (macOS), from the environment alone: an App Store Connect key
 * (APPLE_API_KEY, APPLE_API_KEY_ID, APPLE_API_ISSUER) or an Apple ID (APPLE_ID, APPLE_APP_SPECIFIC_PASSWORD, APPLE_TEAM_ID).
 * Half of one is a mistake and said, not skipped.
 */
const WAYS = [
  ['APPLE_API_KEY', 'APPLE_API_KEY_ID', 'APPLE_API_ISSUER'],
  ['APPLE_ID', 'APPLE_APP_SPECIFIC_PASSWORD', 'APPLE_TEAM_ID'],
];

/** True: notarise; false: nothing is set. Error where a way is set by half. */
export function notariseBy(environment) {
  const set = (name) => (environment[name] ?? '') !== '';
  if (WAYS.some((way) => way.every(set))) return true;
  for (const way of WAYS) {
    const missing = way.filter((name) => !set(name));
    if (missing.length < way.length) throw new Error(`notarisation: ${missing.join(', ')} missing`);
  }
  return false;
}

/** Arguments for electron-builder. Unsigned macOS packages are for trying only, and say so. */
export function distArguments(environment, platform = process.platform) {
  const args = [];
  if (platform === 'darwin') args.push(`-c.mac.notarize=${notariseBy(environment)}`);
  const feed = environment.WORKBENCH_UPDATE_URL ?? '';
  if (feed === '') return args;
  if (!URL.canParse(feed) || new URL(feed).protocol !== 'https:')
    throw new Error('WORKBENCH_UPDATE_URL must be https:');
  return [...args, '-c.publish.provider=generic', `-c.publish.url=${feed}`];
}
