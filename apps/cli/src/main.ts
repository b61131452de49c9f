#!/usr/bin/env node
import { useCompiled } from './compile-cache.ts';
import { checkNodeVersion } from './node-version.ts';

const unsupported = checkNodeVersion(process.versions.node);
if (unsupported !== null) {
  process.stderr.write(`${unsupported}\n`);
  process.exit(1);
}
// Before anything else is loaded.
useCompiled();
const { main } = await import('./run.ts');
await main();
