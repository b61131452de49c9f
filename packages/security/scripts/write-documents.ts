// Writes the tables of docs/ACCESS.md from what APIs need:
//   node --conditions=@q/source packages/security/scripts/write-documents.ts
import { writeFileSync } from 'node:fs';
import { generatedNeeds } from './documents.ts';

const { path, expected } = generatedNeeds();
writeFileSync(path, expected);
