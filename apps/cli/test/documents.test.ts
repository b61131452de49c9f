import { expect, it } from 'vitest';
import { generatedDocuments } from '../scripts/documents.ts';

it.each(generatedDocuments().map((document) => [document.path.pathname.split('/').at(-1)!, document] as const))(
  'O2 Q2 %s tells commands and errors as they are (scripts/write-documents.ts writes it)',
  (_, { actual, expected }) => {
    expect(actual).toBe(expected);
  },
);
