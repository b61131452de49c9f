import { expect, it } from 'vitest';
import { shareOfDay } from './share-of-day.ts';

it('has everything within so many days, and the same all day long', () => {
  const things = ['a', 'b', 'c', 'd', 'e'];
  const day = (number: number): string[] => shareOfDay(things, 3, number * 86_400_000);
  expect([...day(20_000), ...day(20_001), ...day(20_002)].toSorted()).toEqual(things);
  expect(shareOfDay(things, 3, 20_000 * 86_400_000 + 86_399_999)).toEqual(day(20_000));
  expect(day(20_003)).toEqual(day(20_000));
});
