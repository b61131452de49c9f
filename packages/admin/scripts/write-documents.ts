// Writes the table of docs/METRICS.md from its definition:
//   node --conditions=@q/source packages/admin/scripts/write-documents.ts
import { writeFileSync } from 'node:fs';
import { generatedMetrics } from './documents.ts';

const { path, expected } = generatedMetrics();
writeFileSync(path, expected);
