import { expect, it } from 'vitest';
import { generatedNeeds } from '../scripts/documents.ts';

it('A3, SEC-11: docs/ACCESS.md tells what APIs need as it is (scripts/write-documents.ts writes it)', () => {
  const { actual, expected } = generatedNeeds();
  expect(actual).toBe(expected);
});
