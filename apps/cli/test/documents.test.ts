import { expect, it } from 'vitest';
import { generatedReadme } from '../scripts/documents.ts';

it('O2 README.md tells the commands as they are (scripts/write-documents.ts writes it)', () => {
  const { actual, expected } = generatedReadme();
  expect(actual).toBe(expected);
});
