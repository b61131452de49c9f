// Writes the generated section of README.md again; run it after a change of a command or an option:
//   node --conditions=@q/source apps/cli/scripts/write-documents.ts
import { writeFileSync } from 'node:fs';
import { generatedReadme } from './documents.ts';

const { path, actual, expected } = generatedReadme();
if (actual !== expected) writeFileSync(path, expected);
