import { describe, expect, it } from 'vitest';
import { Exposition, labelsOf } from '../../src/metrics/exposition.ts';
import { counter, gauge, histogram } from '../../src/metrics/metric.ts';

const sent = counter('q_sent_total', 'Sent.', 'to');
const free = gauge('q_free_bytes', 'Free.');
const times = histogram('q_work_duration_seconds', 'Work.', [0.5, 1, 2.5]);

function pageOf(format: 'text' | 'openmetrics'): string {
  const page = new Exposition(format);
  page.add(sent, 3, labelsOf({ to: 'a' }));
  page.add(free, 1.5);
  page.add(sent, 4, labelsOf({ to: 'b' }));
  const classes = {
    count: 9,
    total: 7_500_000,
    cumulated: (bounds: readonly number[]) => bounds.map((b) => b / 500_000),
  };
  page.addClasses(times, classes, { unit: 1_000_000 });
  return page.finish([free, sent, times, gauge('q_none', 'Nothing.')]).toString();
}

describe('Exposition', () => {
  it('M2 writes the classic text format, with the lines of a metric together', () => {
    expect(pageOf('text')).toBe(`# HELP q_free_bytes Free.
# TYPE q_free_bytes gauge
q_free_bytes 1.5
# HELP q_sent_total Sent.
# TYPE q_sent_total counter
q_sent_total{to="a"} 3
q_sent_total{to="b"} 4
# HELP q_work_duration_seconds Work.
# TYPE q_work_duration_seconds histogram
q_work_duration_seconds_bucket{le="0.5"} 1
q_work_duration_seconds_bucket{le="1.0"} 2
q_work_duration_seconds_bucket{le="2.5"} 5
q_work_duration_seconds_bucket{le="+Inf"} 9
q_work_duration_seconds_sum 7.5
q_work_duration_seconds_count 9
`);
  });

  it('M2 writes OpenMetrics: families without _total, units, an end', () => {
    const page = pageOf('openmetrics');
    expect(page).toContain('# TYPE q_sent counter\nq_sent_total{to="a"} 3\n');
    expect(page).toContain('# TYPE q_free_bytes gauge\n# UNIT q_free_bytes bytes\nq_free_bytes 1.5\n');
    expect(page.endsWith('\n# EOF\n')).toBe(true);
  });

  it('M2 escapes what others may have named', () => {
    expect(labelsOf({ group: 'a"b\\c\nd', topic: 'é' })).toBe('group="a\\"b\\\\c\\nd",topic="é"');
  });

  it('M2 a long page is the same as a short one, line by line', () => {
    const page = new Exposition('text');
    for (let index = 0; index < 20_000; index += 1) page.add(sent, index, labelsOf({ to: String(index) }));
    const lines = page.finish([sent]).toString().trimEnd().split('\n');
    expect(lines).toHaveLength(20_002);
    expect(lines.at(-1)).toBe('q_sent_total{to="19999"} 19999');
  });
});
