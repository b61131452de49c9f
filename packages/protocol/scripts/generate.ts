import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './generated-files.ts';

// Writes the specification and the message vectors (`pnpm spec`). A test compares them with what this would write.
for (const [path, text] of generatedFiles()) {
  writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), text);
  console.log(`packages/protocol/${path}  ${text.length} characters`);
}
