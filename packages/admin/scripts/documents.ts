import { readFileSync } from 'node:fs';
import { metricsMarkdown } from './metrics-markdown.ts';

const begin = '<!-- metrics: generated, do not edit -->';
const end = '<!-- end of metrics -->';

/** docs/METRICS.md as it is, and as it should be. */
export function generatedMetrics(): { path: URL; actual: string; expected: string } {
  const path = new URL('../../../docs/METRICS.md', import.meta.url);
  const actual = readFileSync(path, 'utf8');
  const from = actual.indexOf(begin);
  const to = actual.indexOf(end);
  if (from < 0 || to < from) throw new Error('docs/METRICS.md has no section for the metrics');
  const expected = `${actual.slice(0, from + begin.length)}\n\n${metricsMarkdown()}\n${actual.slice(to)}`;
  return { path, actual, expected };
}
