import { cluster, clusterName, encodeRule, operationsOf } from '@q/security';
import type { AclRule } from '@q/security';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import type { Asking } from '../../../src/caller.ts';
import { silentLogger } from '../../../src/logger.ts';
import { LogMetadataStore } from '../../../src/metadata/log-metadata-store.ts';
import { BrokerCounters } from '../../../src/metrics/counters.ts';
import { topicNamed } from '../../../src/services/access/access.ts';
import { OwnRules } from '../../../src/services/access/own-rules.ts';
import { RuleAccess } from '../../../src/services/access/rule-access.ts';
import { RuleStore } from '../../../src/services/access/rule-store.ts';
import type { AuditEntry } from '../../../src/services/audit/audit-entry.ts';
import { FakeLog } from '../../fakes/fake-log.ts';

const rule: AclRule = {
  principal: 'User:alice',
  host: '*',
  permission: 'allow',
  operation: 'read',
  resourceType: 'topic',
  patternType: 'literal',
  resourceName: 'orders',
};
const alice: Asking = { principal: { name: 'User:alice' }, address: '10.0.0.7', clientId: 'billing' };
const orders = topicNamed('orders');
const asAlice = { principal: alice.principal.name, address: alice.address };

async function setUp() {
  const clock = new ManualClock();
  const log = new FakeLog();
  const openMetadata = () => LogMetadataStore.open(log, clock);
  const metadata = await openMetadata();
  const openStore = async (of = metadata) =>
    RuleStore.open({ metadata: of, logger: silentLogger, superUsers: ['User:root'] });
  const store = await openStore();
  const noted: AuditEntry[] = [];
  const counters = new BrokerCounters(clock);
  const audit = { note: (entry: AuditEntry) => void noted.push(entry) };
  const access = new RuleAccess(store.authorizer, { counters, audit, clock });
  store.onChange(() => access.changed());
  const own = new OwnRules({ store, audit });
  return { clock, metadata, openMetadata, openStore, store, own, access, noted, counters };
}

describe('A3 stored rules', () => {
  it('A3 are there after a restart, in any order of the changes before it', async () => {
    const { store, openMetadata, openStore } = await setUp();
    const bob = { ...rule, principal: 'User:bob' };
    expect(await store.add(rule)).toBe(true);
    expect(await store.add(bob)).toBe(true);
    expect(await store.add(rule)).toBe(false);
    expect(await store.remove({ principal: 'User:bob' })).toEqual([bob]);
    expect(await store.remove({ principal: 'User:bob' })).toEqual([]);
    expect((await openStore(await openMetadata())).list({})).toEqual([rule]);
  });

  it('A3, SEC-11: the same address in two ways of writing is one rule, and holds for each', async () => {
    const { store, access } = await setUp();
    await store.add({ ...rule, principal: 'User:*' });
    expect(await store.add({ ...rule, permission: 'deny', host: '::ffff:10.0.0.7' })).toBe(true);
    expect(await store.add({ ...rule, permission: 'deny', host: '10.0.0.7' })).toBe(false);
    expect(access.sees(alice, 'read', orders)).toBe(false);
    expect(access.sees({ ...alice, address: '::ffff:10.0.0.7' }, 'read', orders)).toBe(false);
    expect(access.sees({ ...alice, address: '10.0.0.8' }, 'read', orders)).toBe(true);
  });

  it('A3, SEC-11: a refusal that a later version stored goes on refusing, is listed, and can be removed', async () => {
    const { metadata, store, access } = await setUp();
    await store.add(rule);
    const denied = { ...rule, permission: 'deny', resourceName: 'orders' } as const;
    await metadata.compareAndSet({ key: encodeRule(denied).key, expectedVersion: 0, value: '{"version":2}' });
    expect(access.sees(alice, 'read', orders)).toBe(false);
    await expect(store.add(denied)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(store.list({ permission: 'deny' })).toEqual([denied]);
    await store.remove({ permission: 'deny' });
    expect(access.sees(alice, 'read', orders)).toBe(true);
  });

  it('A3, SEC-11: what two entries refuse is refused until both are gone', async () => {
    const { metadata, store, access } = await setUp();
    await store.add(rule);
    for (const key of ['acls/x', 'acls/y']) await metadata.compareAndSet({ key, expectedVersion: 0, value: '?' });
    await metadata.compareAndSet({
      key: 'acls/x',
      expectedVersion: (await metadata.get('acls/x'))!.version,
      value: null,
    });
    expect(access.sees(alice, 'read', orders)).toBe(false);
    expect(store.list({ resourceType: 'cluster' })).toMatchObject([{ resourceName: clusterName, permission: 'deny' }]);
    await metadata.compareAndSet({
      key: 'acls/y',
      expectedVersion: (await metadata.get('acls/y'))!.version,
      value: null,
    });
    expect(access.sees(alice, 'read', orders)).toBe(true);
    expect(store.list({})).toEqual([rule]);
  });

  it('A3 may be so many and no more, also where they come all at once', async () => {
    const { store } = await setUp();
    const all = Array.from({ length: 20_050 }, (_, at) => store.add({ ...rule, resourceName: `t${at}` }));
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(50);
    expect(store.list({})).toHaveLength(20_000);
  });
});

describe('A3 what rules do not allow', () => {
  it('A3, SEC-15: is counted, noted, and told with what would have been needed', async () => {
    const { access, counters, noted } = await setUp();
    const error = access.refusal(alice, 'write', orders);
    expect(error).toMatchObject({
      code: 'NOT_AUTHORIZED',
      message: 'User:alice needs write on topic orders: no access rule allows it',
      details: { principal: 'User:alice', operation: 'write', resourceType: 'topic', resourceName: 'orders' },
    });
    expect(access.sees(alice, 'write', orders)).toBe(false);
    expect(access.refusal({ ...alice, principal: { name: 'User:root' } }, 'write', orders)).toBeNull();
    expect(counters.denials.get('topic')?.get('write')).toBe(1);
    expect(noted).toMatchObject([{ event: 'audit.denied', by: alice, operation: 'write', resource: orders }]);
    // A look comes before each write and read: what is missing is the right to those.
    expect(access.refusal(alice, 'describe', orders)?.message).toBe(
      'User:alice needs describe on topic orders: no access rule allows it (one that allows read, write, delete or alter does as well)',
    );
  });

  it('A3, SEC-7: includes everything for whoever was removed, super users too', async () => {
    const { access } = await setUp();
    const gone: Asking = { ...alice, principal: { name: 'User:root', isGone: true } };
    expect(access.refusal(gone, 'read', orders)).toMatchObject({ code: 'NOT_AUTHORIZED' });
    expect(access.sees(gone, 'read', orders)).toBe(false);
    expect(access.refusalOfAny(gone, 'write', 'topic')).toMatchObject({ code: 'NOT_AUTHORIZED' });
  });

  it('A3 whoever waits hears of a thousand changes in one turn once', async () => {
    const { store, access, clock } = await setUp();
    let heard = 0;
    access.onChange(() => (heard += 1));
    await Promise.all(Array.from({ length: 100 }, (_, at) => store.add({ ...rule, resourceName: `t${at}` })));
    await new Promise<void>((resolve) => clock.defer(resolve));
    expect(heard).toBeGreaterThan(0);
    expect(heard).toBeLessThan(100);
    expect(access.revision).toBe(100);
  });
});

const createAll = {
  ...rule,
  operation: 'create',
  resourceType: 'cluster',
  resourceName: clusterName,
} as const;
const denyPay = {
  ...rule,
  operation: 'create',
  permission: 'deny',
  patternType: 'prefixed',
  resourceName: 'pay-',
} as const;

describe('A3 rights to the cluster in place of those to a topic', () => {
  it('A3, SEC-11: who may make topics makes all but those that a rule denies it', async () => {
    const { store, own, access } = await setUp();
    const asked = (name: string) => {
      const resource = topicNamed(name);
      const { isAllowed, by, right } = own.test({ ...asAlice, operation: 'create', resource });
      expect(access.sees(alice, 'create', resource)).toBe(isAllowed);
      expect(access.refusal(alice, 'create', resource) === null).toBe(isAllowed);
      return [isAllowed, by, right.resource.type];
    };
    expect(asked('pay-1')).toEqual([false, 'default', 'topic']);
    await store.add(createAll);
    expect(asked('pay-1')).toEqual([true, 'rule', 'cluster']);
    await store.add(denyPay);
    expect([asked('pay-1'), asked('other-1')]).toEqual([
      [false, 'rule', 'topic'],
      [true, 'rule', 'cluster'],
    ]);
    expect(access.refusal(alice, 'create', topicNamed('pay-1'))?.message).toBe(
      'User:alice needs create on topic pay-1: an access rule denies it',
    );
    // What denies the cluster leaves what a rule allows of a topic, as in Kafka.
    await store.remove({});
    for (const each of [{ ...denyPay, permission: 'allow' } as const, { ...createAll, permission: 'deny' } as const])
      await store.add(each);
    expect([asked('pay-1'), asked('other-1')]).toEqual([
      [true, 'rule', 'topic'],
      [false, 'default', 'topic'],
    ]);
  });

  it('A3, SEC-12: who reads all topics reads the metadata with clusterAction alone, and not where a rule denies it', async () => {
    const { store, own, access } = await setUp();
    const resource = topicNamed('__metadata');
    const asked = () => {
      const answer = own.test({ ...asAlice, operation: 'read', resource });
      expect(access.refusal(alice, 'read', resource) === null).toBe(answer.isAllowed);
      return answer;
    };
    await store.add({ ...rule, resourceName: '*' });
    const right = { operation: 'clusterAction', resource: cluster };
    expect(asked()).toEqual({ isAllowed: false, by: 'default', rule: null, right });
    await store.add({ ...createAll, operation: 'clusterAction' });
    expect(asked()).toMatchObject({ isAllowed: true, by: 'rule', right });
    await store.add({ ...rule, permission: 'deny', patternType: 'prefixed', resourceName: '__' });
    expect(asked()).toMatchObject({ isAllowed: false, by: 'rule', right: { operation: 'read', resource } });
  });

  it('A3, SEC-12: a test says of each operation what access says, and of changes of internal topics who makes them', async () => {
    const { store, own, access } = await setUp();
    for (const given of [createAll, denyPay, { ...rule, operation: 'write', resourceName: '*' } as const])
      await store.add(given);
    for (const name of ['orders', 'pay-1', '__metadata', '__audit']) {
      for (const operation of operationsOf('topic')) {
        const { isAllowed, by } = own.test({ ...asAlice, operation, resource: topicNamed(name) });
        const isOfBroker = by === 'internal topic';
        expect([name, operation, isAllowed || isOfBroker]).toEqual([
          name,
          operation,
          access.sees(alice, operation, topicNamed(name)),
        ]);
      }
    }
    for (const operation of ['create', 'write', 'alter', 'alterConfigs', 'delete'] as const) {
      const question = { principal: 'User:root', address: alice.address, operation };
      expect(own.test({ ...question, resource: topicNamed('__audit') })).toMatchObject({
        isAllowed: false,
        by: 'internal topic',
      });
      expect(own.test({ ...question, resource: orders })).toMatchObject({ isAllowed: true, by: 'super user' });
    }
  });
});
