import { expect, it } from 'vitest';
import { formatPart, parsePart, partOf, whole } from './part.ts';

const things = Array.from({ length: 11 }, (_, index) => index);

it('has each thing in one part, and all in the whole', () => {
  const parts = ['1/3', '2/3', '3/3'].map((text) => partOf(things, parsePart(text)));
  expect(parts.flat().toSorted((a, b) => a - b)).toEqual(things);
  expect(partOf(things, whole)).toEqual(things);
});

it('is written as it is read, and nothing else is read', () => {
  expect(formatPart(parsePart('2/3'))).toBe('2/3');
  for (const text of ['', '0/2', '3/2', '1', 'a/b', '1.5/2'])
    expect(() => parsePart(text)).toThrow('a part looks like 1/2');
});
