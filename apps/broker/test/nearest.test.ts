import { describe, expect, it } from 'vitest';
import { nearest } from '../src/nearest.ts';

describe('nearest', () => {
  const words = ['--port', '--admin-port', '--host', '--data-dir'];

  it.each([
    ['--prot', '--port'],
    ['--Port', '--port'],
    ['--adminport', '--admin-port'],
    ['--data-dri', '--data-dir'],
    ['--hosts', '--host'],
  ])('takes %s for %s', (word, meant) => {
    expect(nearest(word, words)).toBe(meant);
  });

  it('says nothing rather than something far-fetched', () => {
    expect(nearest('--retention', words)).toBeUndefined();
    expect(nearest('', words)).toBeUndefined();
  });
});
