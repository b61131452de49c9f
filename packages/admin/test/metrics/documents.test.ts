import { expect, it } from 'vitest';
import { generatedMetrics } from '../../scripts/documents.ts';
import { metricTable } from '../../src/metrics/metric-table.ts';

it('M2 docs/METRICS.md tells the metrics as they are (scripts/write-documents.ts writes it)', () => {
  const { actual, expected } = generatedMetrics();
  expect(actual).toBe(expected);
});

it.each(Object.values(metricTable))('M2 $name keeps the rules of names', ({ name, type, labels, help, bounds }) => {
  expect(name).toMatch(/^q_[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
  expect(name.endsWith('_total')).toBe(type === 'counter');
  expect(name).not.toMatch(/_(ms|millis|micros|kb|mb|percent|count|sum|bucket)$/);
  expect(help).toMatch(/^[^"\\\n]+\.$/);
  for (const label of labels) expect(['key', 'client', 'address', 'member', 'le']).not.toContain(label);
  if (type === 'histogram') expect(bounds).toEqual(bounds!.toSorted((left, right) => left - right));
});
