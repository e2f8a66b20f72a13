// npm run sbom -- [FILE]: what the program is made of, as CycloneDX JSON, from package-lock.json alone (no network).
import { writeFileSync } from 'node:fs';
import { entry, ensureInstalled, npmCommand, run, say } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  const [target] = process.argv.slice(2);
  let json = '';
  const [command, args] = npmCommand([
    'sbom',
    '--sbom-format=cyclonedx',
    '--omit=dev',
    '--package-lock-only',
    '--offline',
  ]);
  const code = await run(command, args, { stdio: ['ignore', 'pipe', 2], onOutput: (chunk) => (json += chunk) });
  if (code !== 0) return code;
  const { bomFormat, components } = JSON.parse(json);
  if (bomFormat !== 'CycloneDX' || !(components?.length > 0)) throw new Error('npm sbom answered something else');
  if (target === undefined) process.stdout.write(`${json.trim()}\n`);
  else writeFileSync(target, json);
  say(`${components.length} components`);
  return 0;
});
