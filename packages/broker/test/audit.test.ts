import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@q/client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
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
    for (const line of trail().filter(({ resourceName }) => resourceName === 'orders')) expect(line).toMatchObject(by);
  });

  it('SEC-15 says nothing where nobody asked for it', async () => {
    const said = new SaidLines();
    const { q } = await setUp({ logger: said.logger, audit: { to: 'off' } });
    await q.admin.createTopic('orders');
    expect(said.lines.filter(({ event }) => event.startsWith('audit.'))).toEqual([]);
    await expect(startBroker({ audit: { to: 'nowhere' as 'log' } })).rejects.toThrow('audit.to = nowhere');
  });
});

describe('logins in the audit trail', () => {
  async function secured(options: Parameters<typeof startBroker>[0] = {}) {
    const said = new SaidLines();
    const broker = await startBroker({
      storage: 'memory',
      port: 0,
      admin: false,
      security: { mechanisms: ['SCRAM-SHA-256'] },
      logger: said.logger,
      ...options,
    });
    onTestFinished(() => broker.close({ timeoutMs: 100 }));
    await broker.users!.setPassword('alice', 'canary-password');
    const open = async (password: string, username = 'alice') => {
      const login = { mechanism: 'SCRAM-SHA-256', username, password } as const;
      const q = await connect(broker.url, { clientId: 'billing', login, connectTimeoutMs: 2_000 });
      onTestFinished(() => q.close().then(() => undefined));
      return q;
    };
    return { said, open, logins: () => said.lines.filter(({ event }) => /^audit\.logins?_/.test(event)) };
  }
  const from = { address: '127.0.0.1', door: 'native', mechanism: 'SCRAM-SHA-256' };

  it('SEC-9, SEC-15 says who was let in and who was not, and why; never a password', async () => {
    const { open, logins, said } = await secured();
    await open('canary-password');
    await expect(open('canary-guess')).rejects.toThrow();
    await expect(open('canary-guess', 'mallory')).rejects.toThrow();
    const reason = 'wrong password, or no such user';
    expect(logins()).toMatchObject([
      { event: 'audit.login_done', principal: 'User:alice', result: 'done', ...from },
      { event: 'audit.login_refused', principal: 'User:alice', result: 'refused', reason, ...from },
      { event: 'audit.login_refused', principal: 'User:mallory', result: 'refused', reason, ...from },
    ]);
    expect(JSON.stringify(said.lines)).not.toContain('canary');
  });

  it('SEC-15 tells refused logins alone where there are too many others', async () => {
    const { open, logins } = await secured({ audit: { to: 'log', logins: false } });
    await open('canary-password');
    await expect(open('wrong')).rejects.toThrow();
    expect(logins()).toMatchObject([{ event: 'audit.login_refused' }]);
  });
});

describe('the topic of the audit trail', () => {
  function setUpFolder() {
    const dataDir = mkdtempSync(join(tmpdir(), 'q-audit-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true }));
    const run = async () => {
      const broker = await startBroker({ dataDir, port: 0, admin: false, audit: { to: 'topic' } });
      onTestFinished(() => broker.close({ timeoutMs: 100 }));
      const q = await connect(broker.url, { clientId: 'billing' });
      onTestFinished(() => q.close().then(() => undefined));
      return { q, broker };
    };
    return { run };
  }

  it('SEC-15 is made with the first entry, goes on after a restart, and is read as any topic is', async () => {
    const { run } = setUpFolder();
    const first = await run();
    await first.q.admin.createTopic('orders');
    await first.q.close();
    await first.broker.close();
    const { q } = await run();
    await q.admin.deleteTopic('orders');
    const told: string[] = [];
    for await (const { key, value } of q.consumer('__audit', { from: 'earliest' })) {
      const entry = JSON.parse(String(value)) as { event: string; principal: string };
      expect(String(key)).toBe(entry.principal);
      told.push(entry.event);
      if (entry.event === 'audit.topic_deleted') break;
    }
    expect(told).toEqual([
      'audit.broker_started',
      'audit.topic_created',
      'audit.broker_stopped',
      'audit.broker_started',
      'audit.topic_deleted',
    ]);
  });

  it('SEC-15 is written, altered, trimmed and deleted by nobody', async () => {
    const { run } = setUpFolder();
    const { q } = await run();
    await q.admin.createTopic('orders');
    await vi.waitFor(() => q.admin.describeTopic('__audit'));
    const producer = q.producer({ deliveryTimeoutMs: 1_000 });
    onTestFinished(() => producer.close().then(() => undefined));
    await expect(producer.send('__audit', { value: 'forged' })).rejects.toThrow('written by the broker alone');
    const settings = { set: { 'retention.ms': '1' } };
    await expect(q.admin.alterTopic('__audit', settings)).rejects.toThrow('__audit');
    await expect(q.admin.addPartitions('__audit', 2)).rejects.toThrow('__audit');
    await expect(q.admin.deleteRecords('__audit', { 0: 1 })).rejects.toThrow('__audit');
    await expect(q.admin.deleteTopic('__audit')).rejects.toThrow('__audit');
    await expect(q.admin.createTopic('__audit')).rejects.toThrow('__audit');
    const { configs } = await q.admin.describeTopic('__audit');
    expect(configs.find(({ key }) => key === 'cleanup.policy')).toMatchObject({ value: 'delete' });
  });
});
