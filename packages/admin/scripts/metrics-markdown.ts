import { metricTable } from '../src/metrics/metric-table.ts';

/** Every metric as Markdown, from the table that `/metrics` is written by. */
export function metricsMarkdown(): string {
  const rows = Object.values(metricTable).map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}
