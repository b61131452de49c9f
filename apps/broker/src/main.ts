#!/usr/bin/env node
import { useCompiled } from './compile-cache.ts';
import { ExitCode } from './exit-code.ts';
import { checkNodeVersion } from './node-version.ts';
import { sizeThreadPool } from './thread-pool.ts';

// Order matters: nothing of ours beyond these few small files is loaded before the runtime is known to be able to run
// it, the compile cache is on, and the thread pool, which starts with the first file operation, has its size.
const unsupported = checkNodeVersion(process.versions.node);
if (unsupported !== null) {
  process.stderr.write(`${unsupported}\n`);
  process.exit(ExitCode.failed);
}
useCompiled();
sizeThreadPool(process.env);
const { run } = await import('./run.ts');
await run();
