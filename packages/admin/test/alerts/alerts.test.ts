import { connect } from '@q/client';
import { FaultyFileSystem } from '@q/testkit';
import { expect, it, vi } from 'vitest';
import { alertsSchema, healthSchema } from '../../src/alerts/alert-schema.ts';
import { withHanging } from '../hanging-transaction.ts';
import { adminBroker } from '../harness.ts';

it('O4 GET /api/v1/health tells of a broker that is well', async () => {
  const { get, broker } = await adminBroker();
  await using q = await connect(broker.url);
  await q.admin.createTopic('orders');
  const health = healthSchema.parse(await get('/api/v1/health'));
  expect(health).toMatchObject({ status: 'healthy', phase: 'ready', alerts: [], disk: null, groups: [] });
  expect(health.writes).toEqual({ taken: true, reason: null });
  expect(health.lookedMs).not.toBeNull();
});

it('O4 M1 tells how far a group is behind, and who sends bad requests', async () => {
  const { get, broker } = await adminBroker({ limits: { healthIntervalMs: 20 } });
  await using q = await connect(broker.url, { clientId: 'careless' });
  await q.admin.createTopic('orders');
  await using producer = q.producer();
  for (let value = 0; value < 5; value += 1) await producer.send('orders', { value: `${value}` });
  await q.admin.resetGroupOffsets('billing', { orders: { 0: 2 } });
  await expect(q.admin.describeTopic('nowhere')).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
  const behind = await vi.waitFor(async () => {
    const health = healthSchema.parse(await get('/api/v1/health'));
    expect(health.groups).toHaveLength(1);
    return health;
  });
  expect(behind.groups).toMatchObject([{ group: 'billing', topic: 'orders', members: 0, lag: 3, trend: 'unknown' }]);
  expect(behind.groups[0]!.behindSinceMs).toBeGreaterThan(Date.now() - 10_000);
  expect(behind.clients).toMatchObject([{ clientId: 'careless', errors: 1, lastError: 'UNKNOWN_TOPIC' }]);
});

it('O4 a lag that has come from nothing is not called falling', async () => {
  const { get, broker } = await adminBroker({ limits: { healthIntervalMs: 10 }, alerts: { lagWindowMs: 20 } });
  await using q = await connect(broker.url);
  await q.admin.createTopic('orders');
  await q.admin.resetGroupOffsets('billing', { orders: { 0: 0 } });
  const trend = async (): Promise<string | undefined> =>
    healthSchema.parse(await get('/api/v1/health')).groups[0]?.trend;
  await using producer = q.producer();
  await producer.send('orders', { value: 'a' });
  await vi.waitFor(async () => expect(await trend()).toBe('not-falling'));
});

it('O4 GET /api/v1/alerts tells a full disk, and that it was one', async () => {
  const disk = new FaultyFileSystem({ capacityBytes: 1 << 30 });
  const { get, ask } = await adminBroker({
    storage: 'file',
    dataDir: '/data',
    fileSystem: disk,
    storageLimits: { diskReserveBytes: 1 << 20 },
    limits: { healthIntervalMs: 10, maintenanceIntervalMs: 10 },
    alerts: { clearAfterMs: 50, diskLowPercent: 1 },
  });
  const alerts = async (query = ''): Promise<ReturnType<typeof alertsSchema.parse>> =>
    alertsSchema.parse(await get(`/api/v1/alerts${query}`));
  expect(await alerts()).toMatchObject({ status: 'healthy', alerts: [], omitted: 0 });
  disk.capacityBytes = disk.usedBytes;
  const raised = await vi.waitFor(async () => {
    const told = await alerts();
    expect(told.alerts.map(({ name }) => name)).toContain('disk.full');
    return told;
  });
  expect(raised.status).toBe('critical');
  expect(raised.alerts[0]).toMatchObject({ name: 'disk.full', state: 'raised', clearedMs: null });
  disk.capacityBytes = 1 << 30;
  await vi.waitFor(async () => expect((await alerts()).status).toBe('healthy'));
  const all = await alerts('?state=all');
  expect(all.alerts.find(({ name }) => name === 'disk.full')).toMatchObject({
    state: 'cleared',
    clearedMs: expect.any(Number),
  });
  expect((await ask('/api/v1/alerts?state=open')).status).toBe(400);
});

it('O4 X3 GET /api/v1/alerts tells which transaction holds back consumers and since when, until it is aborted', async () => {
  const { admin } = await withHanging({
    limits: { healthIntervalMs: 10 },
    alerts: { transactionHoldsMs: 1, clearAfterMs: 20 },
  });
  const alerts = async (): Promise<ReturnType<typeof alertsSchema.parse>['alerts']> =>
    alertsSchema.parse(await admin.get('/api/v1/alerts')).alerts;
  await vi.waitFor(async () => expect(await alerts()).toHaveLength(1));
  const [alert] = await alerts();
  const { startedMs } = await admin.get<{ startedMs: number }>('/api/v1/transactions/billing-1');
  expect(alert).toMatchObject({
    name: 'transaction.holding',
    subject: 'billing-1',
    severity: 'warning',
    figures: { transactionalId: 'billing-1', state: 'ongoing', sinceMs: startedMs, partitions: 2 },
  });
  expect(alert!.reason).toContain('holds back 2 partitions of orders');
  await admin.send('POST', '/api/v1/transactions/billing-1/abort', {});
  await vi.waitFor(async () => expect(await alerts()).toEqual([]));
});
