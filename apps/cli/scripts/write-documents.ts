// Writes the generated sections of README.md and docs/ERRORS.md again; run it after a change of a command, an option or
// the page of an error:
//   node --conditions=@q/source apps/cli/scripts/write-documents.ts
import { writeFileSync } from 'node:fs';
import { generatedDocuments } from './documents.ts';

for (const { path, actual, expected } of generatedDocuments()) if (actual !== expected) writeFileSync(path, expected);
