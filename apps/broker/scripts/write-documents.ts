// Writes the generated sections of README.md and docs/CONFIGURATION.md again; run it after a change of the settings
// table:
//   node --conditions=@q/source apps/broker/scripts/write-documents.ts
import { writeFileSync } from 'node:fs';
import { generatedDocuments } from './documents.ts';

for (const { path, actual, expected } of generatedDocuments()) {
  if (actual !== expected) writeFileSync(path, expected);
}
