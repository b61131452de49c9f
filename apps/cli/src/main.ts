#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { checkNodeVersion } from './node-version.ts';

const unsupported = checkNodeVersion(process.versions.node);
if (unsupported !== null) {
  process.stderr.write(`${unsupported}\n`);
  process.exit(1);
}
// Before anything else is loaded: compiled code from the last run halves the time to `q --help`.
enableCompileCache();
const { main } = await import('./run.ts');
await main();
