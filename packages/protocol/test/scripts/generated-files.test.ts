import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../scripts/generated-files.ts';

describe('generated files', () => {
  it.each([...generatedFiles()])('W1 %s is what the declarations say (else run: pnpm spec)', (path, text) => {
    expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(text);
  });

  it('are the same each time', () => {
    expect(generatedFiles()).toEqual(generatedFiles());
  });
});
