/** Who reads the audit trail, and what they find (SEC-15, row A3). */
import { FaultyFileSystem } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../src/index.ts';
import type { Asking, AuditQuery, BrokerOptions, Services, WrittenEntry } from '../src/index.ts';
import { auditLimits } from '../src/services/audit/audit-limits.ts';
import { SaidLines } from './fakes/said-lines.ts';

const alice: Asking = { principal: { name: 'User:alice' }, address: '10.0.0.7', clientId: 'billing' };
const bob: Asking = { ...alice, principal: { name: 'User:bob' } };

async function setUp(options: BrokerOptions = {}) {
  let services: Services | undefined;
  const said = new SaidLines();
  const broker = await startBroker({
    storage: 'memory',
    port: 0,
    admin: false,
    logger: said.logger,
    audit: { to: 'topic' },
    doors: [
      {
        name: 'looks',
        port: 0,
        open: (given) => {
          services = given;
          return () => {
            throw new Error('nobody comes');
          };
        },
      },
    ],
    ...options,
  });
  onTestFinished(() => broker.close({ timeoutMs: 100 }));
  const { audit } = services!;
  /** Entries of which each is told from the others by its count. */
  const note = (counts: readonly number[], by = alice): void => {
    for (const count of counts) audit.note({ event: 'audit.group_deleted', by, count });
  };
  const counts = async (query: Partial<AuditQuery> = {}): Promise<readonly (number | undefined)[]> => {
    const { entries } = await audit.list({ limit: 1_000, event: 'group_deleted', ...query }, alice);
    return entries.map(({ count }) => count);
  };
  return { broker, services: services!, audit, said, note, counts };
}

describe.each(['topic', 'log'] as const)('the audit trail that goes to the %s', (to) => {
  it('SEC-15 is listed from the newest on, page by page', async () => {
    const { audit, note, counts } = await setUp({ audit: { to } });
    note([1, 2, 3, 4, 5]);
    await expect.poll(() => counts()).toEqual([5, 4, 3, 2, 1]);
    const pages: (readonly (number | undefined)[])[] = [];
    let before: number | null = Number.MAX_SAFE_INTEGER;
    while (before !== null) {
      const page = await audit.list({ limit: 2, event: 'group_*', before }, alice);
      pages.push(page.entries.map(({ count }) => count));
      before = page.next;
      // What comes meanwhile moves nothing.
      note([9]);
    }
    expect(pages.flat()).toEqual([5, 4, 3, 2, 1]);
    expect(pages[0]).toEqual([5, 4]);
  });

  it('SEC-15 is filtered by principal, event, result, thing and time', async () => {
    const { audit, note, counts } = await setUp({ audit: { to } });
    note([1]);
    note([2], bob);
    const name = 'orders';
    audit.note({ event: 'audit.denied', by: bob, operation: 'read', resource: { type: 'topic', name } });
    await expect.poll(() => counts()).toEqual([2, 1]);
    const events = async (query: Partial<AuditQuery>): Promise<string[]> =>
      (await audit.list({ limit: 10, ...query }, alice)).entries.map(({ event }) => event);
    await expect.poll(() => events({ result: 'denied' })).toEqual(['audit.denied']);
    expect(await events({ principal: 'User:bob' })).toEqual(['audit.denied', 'audit.group_deleted']);
    expect(await events({ resourceName: 'orders' })).toEqual(['audit.denied']);
    expect(await events({ event: 'audit.broker_started' })).toEqual(['audit.broker_started']);
    expect(await events({ event: 'den*' })).toEqual(['audit.denied']);
    expect(await events({ sinceMs: Date.now() + 60_000 })).toEqual([]);
    expect(await events({ untilMs: Date.now() - 60_000 })).toEqual([]);
    for (const limit of [0, -1, 1.5, auditLimits.pageMax + 1])
      await expect(audit.list({ limit }, alice)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('SEC-15 is followed, by so many and no more', async () => {
    const { audit, note } = await setUp({ audit: { to } });
    const heard: WrittenEntry[] = [];
    const stop = audit.follow((entry) => heard.push(entry), alice);
    note([1, 2]);
    stop();
    note([3]);
    expect(heard.map(({ count }) => count)).toEqual([1, 2]);
    const stops = Array.from({ length: auditLimits.followersMax }, () => audit.follow(() => undefined, alice));
    expect(() => audit.follow(() => undefined, alice)).toThrow(/as many as may/);
    stops[0]!();
    audit.follow(() => undefined, alice)();
  });
});

describe('the audit trail', () => {
  it('SEC-15 that goes to the log alone is in memory as far as 1,000 entries back', async () => {
    const { note, counts } = await setUp({ audit: { to: 'log' } });
    note(Array.from({ length: 5_000 }, (_, index) => index));
    const found = await counts();
    expect(found).toHaveLength(1_000);
    expect([found[0], found[999]]).toEqual([4_999, 4_000]);
  });

  it('SEC-15 of many thousands is looked through piece by piece, and a page says where to go on', async () => {
    const { audit, note, counts } = await setUp();
    const many = 3 * auditLimits.windowRecords;
    note([7], bob);
    note(Array.from({ length: many }, (_, index) => index));
    await expect.poll(() => counts({ limit: 1 })).toEqual([many - 1]);
    const { entries } = await audit.list({ limit: 1, principal: 'User:bob' }, alice);
    expect(entries).toMatchObject([{ count: 7 }]);
  });

  it('SEC-12, SEC-15 is read by whoever may read its topic, and by nobody else', async () => {
    const { services, audit, broker } = await setUp({
      security: { mechanisms: ['SCRAM-SHA-256'], superUsers: ['User:alice'] },
      audit: { to: 'both' },
    });
    await expect(audit.list({ limit: 1 }, bob)).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      details: { operation: 'read', resourceType: 'topic', resourceName: '__audit' },
    });
    expect(() => audit.follow(() => undefined, bob)).toThrow('__audit');
    await services.access.add(
      {
        principal: 'User:bob',
        host: '*',
        permission: 'allow',
        operation: 'read',
        resourceType: 'topic',
        patternType: 'literal',
        resourceName: '__audit',
      },
      alice,
    );
    await expect.poll(async () => (await audit.list({ limit: 10, event: 'denied' }, bob)).entries).toHaveLength(1);
    await broker.close();
  });

  it('SEC-15 waits while the disk is full, holds nobody up, and is whole when there is room again', async () => {
    const disk = new FaultyFileSystem({ capacityBytes: 1 << 30 });
    const storageLimits = { journalMissesBefore: 0, journalFiles: 0, diskReserveBytes: 0, reserveFileBytes: 0 };
    const { services, note, counts, said } = await setUp({
      storage: 'file',
      dataDir: '/data',
      fileSystem: disk,
      storageLimits,
    });
    note([1]);
    await expect.poll(() => counts()).toEqual([1]);
    disk.capacityBytes = disk.usedBytes;
    note([2]);
    await expect.poll(() => said.of('audit.not_written')).toHaveLength(1);
    note([3, 4]);
    expect(services.topics.list({ includeInternal: false }, alice)).toEqual([]);
    disk.capacityBytes = 1 << 30;
    await expect.poll(() => counts(), { timeout: 5_000 }).toEqual([4, 3, 2, 1]);
    expect(said.of('audit.entries_dropped')).toEqual([]);
  });
});
