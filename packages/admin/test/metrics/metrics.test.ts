import { connect } from '@q/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { metricTable } from '../../src/metrics/metric-table.ts';
import { statsSchema } from '../../src/stats/stats-schema.ts';
import { withHanging } from '../hanging-transaction.ts';
import { adminBroker } from '../harness.ts';

/** The lines of one metric, by their labels. */
function valuesOf(page: string, name: string): Record<string, number> {
  const values: Record<string, number> = {};
  for (const line of page.split('\n')) {
    const [, labels = '', value] = new RegExp(`^${name}(?:{(.*)})? (.*)$`).exec(line) ?? [];
    if (value !== undefined) values[labels] = Number(value);
  }
  return values;
}

async function busyBroker() {
  const { broker, ask } = await adminBroker();
  const q = await connect(broker.url, { clientId: 'tester' });
  onTestFinished(async () => void (await q.close()));
  await q.admin.createTopic('orders', { partitions: 3 });
  await using producer = q.producer();
  for (const value of ['a', 'b', 'c', 'd']) await producer.send('orders', { value, partition: 1 });
  await producer.flush();
  const page = async (): Promise<string> => (await ask('/metrics')).text();
  return { q, ask, page };
}

describe('GET /metrics', () => {
  it('M2 tells what was sent, by topic and by partition', async () => {
    const { page } = await busyBroker();
    const text = await page();
    expect(valuesOf(text, 'q_ready')).toEqual({ '': 1 });
    expect(valuesOf(text, 'q_topics')).toEqual({ '': 1 });
    expect(valuesOf(text, 'q_records_in_total')).toEqual({ '': 4 });
    expect(valuesOf(text, 'q_topic_records_in_total')).toEqual({ 'topic="orders"': 4 });
    expect(valuesOf(text, 'q_partition_high_watermark')).toEqual({
      'topic="orders",partition="0"': 0,
      'topic="orders",partition="1"': 4,
      'topic="orders",partition="2"': 0,
    });
    const produced = 'door="native",api="PRODUCE"';
    expect(valuesOf(text, 'q_request_duration_seconds_count')[produced]).toBe(4);
    expect(valuesOf(text, 'q_request_duration_seconds_bucket')[`${produced},le="+Inf"`]).toBe(4);
    expect(valuesOf(text, 'q_request_duration_seconds_bucket')[`${produced},le="60.0"`]).toBe(4);
    expect(valuesOf(text, 'q_connections')).toEqual({ 'door="native",software="@q/client",version="0.0.0"': 1 });
    expect(valuesOf(text, 'q_metrics_left_out')).toEqual({
      'kind="topics"': 0,
      'kind="partitions"': 0,
      'kind="groups"': 0,
      'kind="lags"': 0,
    });
  });

  it('M1 M2 tells how far a group is behind, in records and in seconds', async () => {
    const { q, page } = await busyBroker();
    await q.admin.resetGroupOffsets('billing', { orders: { 1: 0 } });
    const text = await page();
    const place = 'group="billing",topic="orders"';
    expect(valuesOf(text, 'q_group_lag_records')).toEqual({ [place]: 4 });
    const seconds = valuesOf(text, 'q_group_lag_seconds')[place]!;
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(seconds).toBeLessThan(60);
    expect(valuesOf(text, 'q_group_members')).toEqual({ 'group="billing"': 0 });
    expect(valuesOf(text, 'q_groups')['state="empty"']).toBe(1);
  });

  it('M1 M2 X3 tells how many transactions there are, how old the oldest is, and what became of them', async () => {
    const { admin, goOn, outcome } = await withHanging();
    const page = async (): Promise<string> => await (await admin.ask('/metrics')).text();
    const open = await page();
    expect(valuesOf(open, 'q_transactions')).toMatchObject({ 'state="ongoing"': 1, 'state="completeAbort"': 0 });
    expect(valuesOf(open, 'q_transaction_oldest_age_seconds')['']).toBeGreaterThan(0);
    expect(valuesOf(open, 'q_transaction_staged_offsets')).toEqual({ '': 0 });
    await admin.send('POST', '/api/v1/transactions/billing-1/abort', {});
    goOn();
    await outcome.catch(() => undefined);
    const ended = await page();
    expect(valuesOf(ended, 'q_transaction_oldest_age_seconds')).toEqual({ '': 0 });
    expect(valuesOf(ended, 'q_transactions_committed_total')).toEqual({ '': 0 });
    expect(valuesOf(ended, 'q_transactions_aborted_total')).toEqual({
      'cause="producer"': 0,
      'cause="timeout"': 0,
      'cause="fence"': 0,
      'cause="operator"': 1,
    });
    const count = { 'outcome="commit"': 0, 'outcome="abort"': 1 };
    expect(valuesOf(ended, 'q_transaction_duration_seconds_count')).toEqual(count);
    expect(valuesOf(ended, 'q_transaction_end_duration_seconds_count')).toEqual(count);
    const whole = valuesOf(ended, 'q_transaction_duration_seconds_sum')['outcome="abort"']!;
    expect(whole).toBeGreaterThan(valuesOf(ended, 'q_transaction_end_duration_seconds_sum')['outcome="abort"']!);
  });

  it('M1 M2 T2 STATS, the API and the metrics tell the same', async () => {
    const { q, ask, page } = await busyBroker();
    await q.admin.describeTopic('missing').catch(() => undefined);
    const stats = await q.admin.stats();
    const told = statsSchema.parse(await (await ask('/api/v1/stats')).json());
    const text = await page();
    for (const name of ['recordsIn', 'recordsOut', 'bytesIn', 'bytesOut', 'rebalances', 'connections'] as const)
      expect(told[name], name).toBe(stats[name]);
    expect(valuesOf(text, 'q_bytes_in_total')['']).toBe(stats.bytesIn);
    expect(told.holdings).toMatchObject({ messages: stats.messages, bytes: stats.bytes, segments: stats.segments });
    expect(valuesOf(text, 'q_log_size_bytes')['']).toBe(stats.bytes);
    expect(valuesOf(text, 'q_segments')['']).toBe(stats.segments);
    expect(told.failingClients.map(({ sinceLastMs: _, ...client }) => client)).toEqual([
      { door: 'native', clientId: 'tester', address: '127.0.0.1', errors: 1, lastError: 'UNKNOWN_TOPIC' },
    ]);
    expect(valuesOf(text, 'q_errors_total')).toEqual({ 'error="UNKNOWN_TOPIC"': 1 });
    expect(valuesOf(text, 'q_request_errors_total')).toEqual({
      'door="native",api="DESCRIBE_TOPIC",error="UNKNOWN_TOPIC"': 1,
    });
    const produce = stats.apis.find(({ api }) => api === 'PRODUCE')!;
    expect(told.apis.find(({ api }) => api === 'PRODUCE')).toEqual(produce);
    const sum = valuesOf(text, 'q_request_duration_seconds_sum')['door="native",api="PRODUCE"']!;
    expect(sum).toBeCloseTo(produce.totalMicros / 1e6, 6);
    expect(stats.adminUrl).toBe(new URL((await ask('/readyz')).url).origin);
  });

  it.each([
    [undefined, 'text/plain; version=0.0.4; charset=utf-8'],
    ['*/*', 'text/plain; version=0.0.4; charset=utf-8'],
    ['text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', 'text/plain; version=0.0.4; charset=utf-8'],
    // As Prometheus 2.42 and 3 ask.
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    ],
  ])('M2 to whoever accepts %s it answers as %s', async (accept, contentType) => {
    const { ask } = await adminBroker();
    const response = await ask('/metrics', accept === undefined ? {} : { headers: { accept } });
    expect(response.headers.get('content-type')).toBe(contentType);
    expect((await response.text()).endsWith('# EOF\n')).toBe(contentType.startsWith('application/openmetrics'));
  });

  it('M2 every line is of a metric of the table, has its labels, and stands once', async () => {
    const { page } = await busyBroker();
    const known = new Map(Object.values(metricTable).map((metric) => [metric.name, metric]));
    const lines = (await page())
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('#'));
    expect(new Set(lines.map((line) => line.slice(0, line.lastIndexOf(' ')))).size).toBe(lines.length);
    for (const line of lines) {
      const [, name = '', labels = ''] = /^([a-z0-9_]+)(?:\{(.*)\})? [-+.\deE]+(?:Inf)?$/.exec(line) ?? [];
      const metric = known.get(name) ?? known.get(name.replace(/_(bucket|sum|count)$/, ''));
      expect(metric, line).toBeDefined();
      const names = [...labels.matchAll(/([a-z]+)="/g)].map(([, label]) => label);
      expect(names.filter((label) => label !== 'le')).toEqual(metric!.labels);
    }
  });
});
