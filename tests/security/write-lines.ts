// Writes the table of the security list again, between its marks in docs/SECURITY.md. Run it after a test has come or
// gone that cites a line:
//   node --conditions=@q/source tests/security/write-lines.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { withSecurityLines } from './cited-lines.ts';

const path = new URL('../../docs/SECURITY.md', import.meta.url);
const written = withSecurityLines(readFileSync(path, 'utf8'));
if (written === null) throw new Error('docs/SECURITY.md has no marks for the table of the security list');
writeFileSync(path, written);
