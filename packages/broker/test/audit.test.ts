import { connect } from '@q/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../src/index.ts';
import { SaidLines } from './fakes/said-lines.ts';

async function setUp(options: Parameters<typeof startBroker>[0] = {}) {
  const said = new SaidLines();
  const audit = { to: 'log' } as const;
  const logger = said.logger;
  const broker = await startBroker({ storage: 'memory', port: 0, admin: false, logger, audit, ...options });
  onTestFinished(() => broker.close({ timeoutMs: 100 }));
  const q = await connect(broker.url, { clientId: 'billing' });
  onTestFinished(() => q.close().then(() => undefined));
  return { said, q, broker, trail: () => said.lines.filter(({ event }) => event.startsWith('audit.')) };
}

describe('the audit trail of a broker', () => {
  it('SEC-15 has every change of a topic, who made it, and what was before', async () => {
    const { q, trail } = await setUp();
    await q.admin.createTopic('orders', { partitions: 2, config: { 'retention.ms': '1000' } });
    await q.admin.alterTopic('orders', { set: { 'retention.ms': '2000' } });
    await q.admin.alterTopic('orders', { set: { 'retention.ms': '2000' } });
    await q.admin.addPartitions('orders', 3);
    await q.admin.createTopic('orders', { partitions: 2 }).catch(() => undefined);
    await q.admin.deleteTopic('orders');
    const by = { address: '127.0.0.1', clientId: 'billing', door: 'native', connectionId: 1, result: 'done' };
    expect(trail().filter(({ resourceName }) => resourceName === 'orders')).toMatchObject([
      { event: 'audit.topic_created', after: expect.arrayContaining(['partitions=2', 'settings=retention.ms=1000']) },
      { event: 'audit.topic_altered', before: ['settings=retention.ms=1000'], after: ['settings=retention.ms=2000'] },
      { event: 'audit.topic_grown', before: ['partitions=2'], after: ['partitions=3'] },
      { event: 'audit.topic_deleted', before: expect.arrayContaining(['partitions=3']) },
    ]);
    for (const line of trail()) expect(line).toMatchObject(by);
  });

  it('SEC-15 says nothing where nobody asked for it', async () => {
    const said = new SaidLines();
    const { q } = await setUp({ logger: said.logger, audit: { to: 'off' } });
    await q.admin.createTopic('orders');
    expect(said.lines.filter(({ event }) => event.startsWith('audit.'))).toEqual([]);
    await expect(startBroker({ audit: { to: 'nowhere' as 'log' } })).rejects.toThrow('audit.to = nowhere');
  });
});
