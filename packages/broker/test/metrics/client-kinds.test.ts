import { expect, it } from 'vitest';
import { statisticsLimits } from '../../src/limits.ts';
import { ClientKinds } from '../../src/metrics/client-kinds.ts';

it('M1 counts connections by door, library and version', () => {
  const q = { door: 'native', software: { name: '@q/client', version: '1.0.0' } };
  expect(new ClientKinds().count([q, { door: 'native', software: null }, q, { door: 'kafka' }])).toEqual([
    { door: 'native', software: '@q/client', softwareVersion: '1.0.0', connections: 2 },
    { door: 'native', software: '', softwareVersion: '', connections: 1 },
    { door: 'kafka', software: '', softwareVersion: '', connections: 1 },
  ]);
});

it('M1 tells a bounded number apart, however many names there are, and counts all', () => {
  const many = Array.from({ length: 500 }, (_, index) => ({
    door: index % 2 === 0 ? 'native' : 'kafka',
    software: { name: `library-${index}`, version: 'x'.repeat(1000) },
  }));
  const all = new ClientKinds();
  const kinds = all.count(many);
  expect(kinds).toHaveLength(statisticsLimits.clientKindsMax + 2);
  expect(kinds.slice(-2)).toMatchObject([{ software: 'other' }, { software: 'other' }]);
  expect(kinds.reduce((sum, { connections }) => sum + connections, 0)).toBe(500);
  expect(kinds[0]!.softwareVersion).toHaveLength(64);
  // Whoever comes later is one of the others, also when the first have left.
  const late = { door: 'native', software: { name: 'late', version: '1' } };
  expect(all.count([late, many[0]!])).toMatchObject([{ software: 'library-0' }, { software: 'other' }]);
});
