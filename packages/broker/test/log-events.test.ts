import { connect } from '@q/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { logEvents, logFields, startBroker } from '../src/index.ts';
import { SaidLines } from './fakes/said-lines.ts';

async function setUp(options: Parameters<typeof startBroker>[0] = {}) {
  const said = new SaidLines();
  const broker = await startBroker({ storage: 'memory', port: 0, admin: false, logger: said.logger, ...options });
  onTestFinished(() => broker.close({ timeoutMs: 100 }));
  const q = await connect(broker.url, { clientId: 'billing' });
  onTestFinished(() => q.close().then(() => undefined));
  return { said, q, broker };
}

describe('the log of a broker', () => {
  it('O5 tells of every change of a topic, and who made it', async () => {
    const { said, q } = await setUp();
    await q.admin.createTopic('orders', { partitions: 2, config: { 'retention.ms': '1000' } });
    await q.admin.alterTopic('orders', { set: { 'retention.ms': '2000' } });
    await q.admin.alterTopic('orders', { set: { 'retention.ms': '2000' } });
    await q.admin.addPartitions('orders', 3);
    await q.admin.createTopic('orders', { partitions: 2 }).catch(() => undefined);
    await q.admin.deleteTopic('orders');
    const by = { clientId: 'billing', address: '127.0.0.1', connectionId: 1 };
    expect(said.lines.filter(({ event }) => event.startsWith('topic.'))).toMatchObject([
      { event: 'topic.created', topic: 'orders', partitions: 2, settings: ['retention.ms=1000'], ...by },
      { event: 'topic.altered', topic: 'orders', settings: ['retention.ms=2000'], ...by },
      { event: 'topic.grown', topic: 'orders', partitions: 3, partitionsBefore: 2, ...by },
      { event: 'topic.deleted', topic: 'orders', partitions: 3, ...by },
    ]);
  });

  it('O5 names who asks for what is not there', async () => {
    const { said, q } = await setUp();
    await expect(q.admin.describeTopic('gone')).rejects.toThrow('gone');
    expect(said.of('request.refused')).toMatchObject([
      { level: 'info', door: 'native', api: 'DESCRIBE_TOPIC', code: 'UNKNOWN_TOPIC', clientId: 'billing' },
    ]);
  });

  it('O5 has no line that the table does not have, nor a field', async () => {
    const { said, q, broker } = await setUp();
    await q.admin.createTopic('orders');
    await q.close();
    await broker.close();
    expect(said.lines.length).toBeGreaterThan(4);
    const events: Readonly<Record<string, { level: string; fields: readonly string[] }>> = logEvents;
    for (const { level, event, ...fields } of said.lines) {
      expect([event, events[event]?.level]).toEqual([event, level]);
      const known = new Set(events[event]!.fields.map((field) => field.replace(/\?$/, '')));
      expect([event, Object.keys(fields).filter((field) => !known.has(field))]).toEqual([event, []]);
    }
  });

  it('Q2 a full disk is named to the producer, with the code that q explain knows', async () => {
    const { said, q } = await setUp({ storageMaxBytes: 50_000 });
    await q.admin.createTopic('orders');
    const producer = q.producer({ deliveryTimeoutMs: 1_500 });
    onTestFinished(() => producer.close().then(() => undefined));
    const sends = Array.from({ length: 20 }, () => producer.send('orders', { value: Buffer.alloc(10_000, 7) }));
    const outcomes = await Promise.allSettled(sends);
    const failed = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(failed.reason).toMatchObject({
      code: 'DELIVERY_TIMED_OUT',
      message: expect.stringContaining('last failure: STORAGE_FULL: ') as string,
      cause: { code: 'STORAGE_FULL' },
    });
    expect(said.of('disk.full')).toMatchObject([{ level: 'warn', limit: 'storageBytesMax' }]);
  });
});

describe('the table of events', () => {
  it('O5 has names of one form, sentences, and only fields that are explained', () => {
    const known = new Set(Object.keys(logFields));
    for (const [name, { meaning, fields }] of Object.entries(logEvents)) {
      expect(name).toMatch(/^[a-z]+\.[a-z_]+$/);
      expect([name, meaning]).toEqual([name, expect.stringMatching(/^[A-Z].*\.$/)]);
      expect([name, fields.map((field) => field.replace(/\?$/, '')).filter((field) => !known.has(field))]).toEqual([
        name,
        [],
      ]);
    }
  });

  it('O5 uses no name that every line has for itself', () => {
    for (const name of ['level', 'time', 'event', 'msg', 'pid']) expect(Object.keys(logFields)).not.toContain(name);
  });
});
