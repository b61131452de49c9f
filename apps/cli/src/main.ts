#!/usr/bin/env node
import nodeModule from 'node:module';
import { checkNodeVersion } from './node-version.ts';

// The default import and not the name: in a Node without it, a missing name would fail before the version is checked.
const unsupported = checkNodeVersion(process.versions.node);
if (unsupported !== null) {
  process.stderr.write(`${unsupported}\n`);
  process.exit(1);
}
// Before anything else is loaded: compiled code from the last run halves the time to `q --help`.
nodeModule.enableCompileCache();
const { main } = await import('./run.ts');
await main();
