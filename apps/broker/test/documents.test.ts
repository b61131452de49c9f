import { describe, expect, it } from 'vitest';
import { generatedDocuments } from '../scripts/documents.ts';
import { replaceSection } from '../scripts/settings-markdown.ts';

describe('documents', () => {
  it.each(
    generatedDocuments().map((document) => [document.path.pathname.split('/').slice(-2).join('/'), document] as const),
  )('Q3 %s tells the settings as they are (scripts/write-documents.ts writes it)', (_, { actual, expected }) => {
    expect(actual).toBe(expected);
  });

  it('refuse to lose a section', () => {
    expect(() => replaceSection('no such section', 'settings', 'x')).toThrow('has no section "settings"');
  });
});
