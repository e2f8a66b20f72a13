#!/usr/bin/env node
// The command line (design.md, "Command line"). Runs as TypeScript under Node 24 and bundled in the packaged program.
import { keepCompiledCode } from '../code-cache.ts';
import { runtimeProblem } from '../runtime.ts';

keepCompiledCode();
const problem = runtimeProblem();
if (problem === null) {
  // Loaded only now: an old runtime is told so before anything native is touched.
  const { run } = await import('./program.ts');
  process.exitCode = await run(process.argv.slice(2));
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 3;
}
