// Writes again what is made from the schema of the settings: the rules that the program reads instead, and the
// generated sections of README.md, docs/CONFIGURATION.md and docs/LOGS.md. Run it after a change, and `pnpm format`
// after it:
//   node --conditions=@q/source apps/broker/scripts/write-documents.ts
import { writeFileSync } from 'node:fs';
import { rulesOfSchema } from '../schema/rules-of-schema.ts';

const rules = `// Made from schema/settings-schema.ts by scripts/write-documents.ts. Do not edit.
/* oxlint-disable max-lines */
import type { SettingRule } from './setting-rule.ts';

export const settingRules: readonly SettingRule[] = ${JSON.stringify(rulesOfSchema(), null, 2)};
`;
writeFileSync(new URL('../src/setting-rules.ts', import.meta.url), rules);

// Loaded now: the documents are made from the rules.
const { generatedDocuments } = await import('./documents.ts');
for (const { path, actual, expected } of generatedDocuments()) {
  if (actual !== expected) writeFileSync(path, expected);
}
