import { stripVTControlCharacters } from 'node:util';
import { adminExtension } from '@q/admin';
import { startBroker } from '@q/broker';
import type { Broker, BrokerOptions } from '@q/broker';
import { connect } from '@q/client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { formatHealth, formatInfo } from '../src/commands/cluster-view.ts';
import type { ClusterHealth } from '../src/commands/cluster-view.ts';
import { humanUnits } from '../src/output/units.ts';
import { runHere } from './command-here.ts';

async function brokerOf(options: BrokerOptions = {}): Promise<Broker> {
  const broker = await startBroker({
    storage: 'memory',
    port: 0,
    limits: { healthIntervalMs: 20 },
    admin: { port: 0, extension: adminExtension() },
    ...options,
  });
  onTestFinished(() => broker.close({ timeoutMs: 100 }));
  return broker;
}

const nowMs = 1_700_000_000_000;
const health: ClusterHealth = {
  status: 'critical',
  phase: 'ready',
  version: '1.2.3',
  clusterId: 'c',
  brokerId: 1,
  uptimeMs: 3_600_000,
  nowMs,
  writes: { taken: false, reason: 'the disk is full' },
  alerts: [
    {
      name: 'disk.full',
      subject: '',
      severity: 'critical',
      sinceMs: nowMs - 720_000,
      reason: 'the disk has 10 bytes free, and 67108864 are kept in reserve',
      action: 'Make room: q topic trim, a shorter retention.ms, delete topics, or a larger disk.',
    },
    {
      name: 'lag.growing',
      subject: 'billing of orders',
      severity: 'warning',
      sinceMs: nowMs - 5_000,
      reason: 'group billing is behind',
      action: 'Add consumers.',
    },
  ],
  omitted: 3,
  groups: [
    { group: 'billing', topic: 'orders', members: 0, lag: 12_345, behindSinceMs: nowMs - 60_000, trend: 'not-falling' },
  ],
  groupsBehind: 4,
  disk: { path: '/var/lib/q', freeBytes: 10, totalBytes: 1 << 30 },
  topics: [{ topic: 'orders', bytes: 5 << 20 }],
  clients: [{ clientId: '', address: '10.0.0.7', errors: 12, lastError: 'UNKNOWN_TOPIC', sinceLastMs: 2_000 }],
};
const view = { units: humanUnits, terminal: false, columns: Number.POSITIVE_INFINITY };

describe('q cluster', () => {
  it('O4 O1 health shows what is wrong, since when and what to do', () => {
    expect(formatHealth(health, view).split('\n')).toEqual([
      'critical: 2 alerts',
      '',
      'critical  disk.full  for 12 min',
      '  the disk has 10 bytes free, and 67108864 are kept in reserve',
      '  Make room: q topic trim, a shorter retention.ms, delete topics, or a larger disk.',
      '',
      'warning  lag.growing  billing of orders  for 5.0 s',
      '  group billing is behind',
      '  Add consumers.',
      '',
      'and 3 more',
      '',
    ]);
  });

  it('O4 M1 info answers on one screen: is it well, who is behind, what fills the disk, who gets errors', () => {
    const given = [{ name: 'logLevel', value: 'debug', from: 'logLevel in q.yaml, line 3' }];
    expect(formatInfo(health, given, view).split('\n')).toEqual([
      'status\tcritical: 2 alerts',
      'broker\t1 of cluster c, q 1.2.3',
      'up\t1 h',
      'writes\trefused: the disk is full',
      'disk\t10 B free of 1.0 GiB (/var/lib/q)',
      'largest\torders  5.0 MiB',
      'behind\tbilling in orders  12,345 records for 1 min, not falling, no member',
      '\tand 3 more',
      'errors to\tunnamed of 10.0.0.7  12, UNKNOWN_TOPIC 2.0 s ago',
      'settings\tlogLevel=debug  (logLevel in q.yaml, line 3)',
      '',
    ]);
  });

  it('O1 both fit 80 columns, and no word is broken', () => {
    const narrow = { ...view, terminal: true, columns: 80 };
    for (const text of [formatHealth(health, narrow), formatInfo(health, [], narrow)])
      for (const line of stripVTControlCharacters(text).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('O4 health of a broker that is well is exit code 0', async () => {
    const { url } = await brokerOf();
    expect(await runHere({ line: 'cluster health', url })).toEqual({ code: 0, stdout: 'healthy\n', stderr: '' });
  });

  it('O4 health of one that is not is exit code 1, and info tells since when a group is behind', async () => {
    const { url } = await brokerOf({ alerts: { groupEmptyMs: 1 } });
    await using q = await connect(url);
    await q.admin.createTopic('orders');
    await using producer = q.producer();
    await producer.send('orders', { value: 'a' });
    await q.admin.resetGroupOffsets('billing', { orders: { 0: 0 } });
    await vi.waitFor(async () => {
      const { code, stdout } = await runHere({ line: 'cluster health', url });
      expect(stdout).toContain('warning  group.empty  billing of orders  for ');
      expect(code).toBe(1);
    });
    const { stdout, code } = await runHere({ line: 'cluster info', url });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^behind\tbilling in orders {2}1 record for [\d.]+ m?s, no member$/m);
    const json = await runHere({ line: 'cluster info --json', url });
    expect(JSON.parse(json.stdout)).toMatchObject({ status: 'degraded', groups: [{ group: 'billing', lag: 1 }] });
  });
});
