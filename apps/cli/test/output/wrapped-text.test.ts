import { expect, it } from 'vitest';
import { wrapText } from '../../src/output/wrapped-text.ts';

it('O1 breaks a sentence between words, and no word', () => {
  expect(wrapText('the disk has no room left', 10)).toEqual(['the disk', 'has no', 'room left']);
  expect(wrapText('see /var/lib/q/orders-0 now', 8)).toEqual(['see', '/var/lib/q/orders-0', 'now']);
  expect(wrapText('short', Number.POSITIVE_INFINITY)).toEqual(['short']);
  expect(wrapText('', 10)).toEqual([]);
});
