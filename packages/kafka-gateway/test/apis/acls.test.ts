/** Access rules at the Kafka door, as Kafka 4.4 answers about them. */
import { describe, expect, it } from 'vitest';
import { createAcls } from '../../src/messages/create-acls.ts';
import { deleteAcls } from '../../src/messages/delete-acls.ts';
import { describeAcls } from '../../src/messages/describe-acls.ts';
import { logIn } from '../logging-in.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

/** A rule that lets alice read the topic orders. */
const reading = {
  resourceType: 2,
  resourceName: 'orders',
  resourcePatternType: 3,
  principal: 'User:alice',
  host: '*',
  operation: 3,
  permissionType: 3,
};
const everything = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};
type Creation = typeof reading;
type Filter = Omit<typeof everything, 'resourceNameFilter' | 'principalFilter' | 'hostFilter'> & {
  readonly resourceNameFilter: string | null;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
};

async function secured() {
  const { broker, kafkaPort } = await kafkaBroker({
    security: { mechanisms: ['SCRAM-SHA-256'], superUsers: ['User:admin'] },
  });
  const as = async (name: string): Promise<RawClient> => {
    await broker.users!.setPassword(name, 'pw');
    const client = await RawClient.connect(kafkaPort);
    await logIn(client, name, 'pw');
    return client;
  };
  const client = await as('admin');
  const create = async (...creations: readonly Partial<Creation>[]) => {
    const full = creations.map((each) => ({ ...reading, ...each }));
    return (await client.ask(createAcls, 3, { creations: full })).results;
  };
  const codes = async (...creations: readonly Partial<Creation>[]) =>
    (await create(...creations)).map(({ errorCode }) => errorCode);
  const found = async (filter: Partial<Filter>) => {
    const { errorCode, resources } = await client.ask(describeAcls, 3, { ...everything, ...filter });
    return [errorCode, ...resources.map(({ resourceName, acls }) => `${resourceName} ${acls.length}`).toSorted()];
  };
  const remove = async (...filters: readonly Partial<Filter>[]) => {
    const full = filters.map((each) => ({ ...everything, ...each }));
    return (await client.ask(deleteAcls, 3, { filters: full })).filterResults;
  };
  return { broker, kafkaPort, as, client, create, codes, found, remove };
}

describe('A3 access rules at the Kafka door', () => {
  it("A3, SEC-11: a rule that Kafka's numbers make is in force for every door, told, and gone when it is deleted", async () => {
    const { broker, client, codes, remove } = await secured();
    const prefixed = { resourcePatternType: 4, resourceName: 'ord', operation: 4, permissionType: 2, host: '10.0.0.7' };
    expect(await codes({}, prefixed)).toEqual([0, 0]);
    const rule = { principal: 'User:alice', resourceType: 'topic', host: '*', permission: 'allow', operation: 'read' };
    expect(broker.rules!.list()).toEqual([
      { ...rule, patternType: 'literal', resourceName: 'orders' },
      {
        ...rule,
        patternType: 'prefixed',
        resourceName: 'ord',
        operation: 'write',
        permission: 'deny',
        host: '10.0.0.7',
      },
    ]);
    const { resourcePatternType: patternType, ...told } = reading;
    const { principal, host, operation, permissionType } = told;
    const { errorCode, resources } = await client.ask(describeAcls, 3, { ...everything, resourceNameFilter: 'orders' });
    expect(errorCode).toBe(0);
    expect(resources).toEqual([
      {
        resourceType: 2,
        resourceName: 'orders',
        patternType: 3,
        acls: [{ principal, host, operation, permissionType }],
      },
    ]);
    expect(await remove({ resourceNameFilter: 'orders' }, { resourceNameFilter: 'orders' })).toEqual([
      { errorCode: 0, errorMessage: null, matchingAcls: [{ errorCode: 0, errorMessage: null, ...told, patternType }] },
      { errorCode: 0, errorMessage: null, matchingAcls: [] },
    ]);
    expect(broker.rules!.list()).toHaveLength(1);
  });

  it('A3: every operation, resource, pattern and permission comes back as it was sent', async () => {
    const { client, codes } = await secured();
    const rules = [
      ...[2, 3, 4, 5, 6, 7, 8, 10, 11].map((operation) => ({ operation })),
      { resourceType: 3, operation: 6, resourcePatternType: 4 },
      ...[2, 5, 7, 8, 9, 10, 11, 12].map((operation) => ({
        operation,
        resourceType: 4,
        resourceName: 'kafka-cluster',
      })),
      { resourceType: 5, operation: 4, permissionType: 2 },
      { resourceName: '*', principal: 'User:*' },
    ].map((each) => ({ ...reading, ...each }));
    expect(await codes(...rules)).toEqual(rules.map(() => 0));
    const { resources } = await client.ask(describeAcls, 3, everything);
    const told = resources.flatMap(({ acls, patternType: resourcePatternType, ...resource }) =>
      acls.map((acl) => ({ ...resource, resourcePatternType, ...acl })),
    );
    expect(told).toHaveLength(rules.length);
    expect(told).toEqual(expect.arrayContaining(rules));
  });

  it('A3: one that is there already is no error, and is there once', async () => {
    const { broker, codes } = await secured();
    expect(await codes({}, {})).toEqual([0, 0]);
    expect(await codes({})).toEqual([0]);
    expect(broker.rules!.list()).toHaveLength(1);
  });

  it.each<[string, Partial<Creation>]>([
    ['any resource', { resourceType: 1 }],
    ['a resource that there is not', { resourceType: 99 }],
    ['delegation tokens', { resourceType: 6 }],
    ['no name', { resourceName: '' }],
    ['any pattern', { resourcePatternType: 1 }],
    ['whatever matches', { resourcePatternType: 2 }],
    ['any operation', { operation: 1 }],
    ['an operation that topics have not', { operation: 9 }],
    ['any permission', { permissionType: 1 }],
    ['a principal without a kind', { principal: 'alice' }],
    ['a group of users', { principal: 'Group:staff' }],
    ['a principal without a name', { principal: 'User:' }],
    ['a host that is no address', { host: 'example.org' }],
    ['another cluster', { resourceType: 4, resourceName: 'mine', operation: 8 }],
    ['a beginning of a cluster', { resourceType: 4, resourceName: 'kafka', resourcePatternType: 4, operation: 8 }],
  ])(
    'A3: a rule about %s is refused with 42, says what may stand there, and the next one is stored',
    async (_, odd) => {
      const { broker, create } = await secured();
      const results = await create(odd, {});
      expect(results.map(({ errorCode }) => errorCode)).toEqual([42, 0]);
      expect(results[0]!.errorMessage).toMatch(/allowed is/);
      expect(broker.rules!.list()).toHaveLength(1);
    },
  );

  it('A3: filters fit as in Kafka', async () => {
    const { codes, found } = await secured();
    await codes(
      {},
      { resourceName: '*', permissionType: 2 },
      { resourcePatternType: 4, resourceName: 'ord', principal: 'User:bob' },
      { resourceType: 3, resourceName: 'readers', host: '::1' },
    );
    expect(await found({})).toEqual([0, '* 1', 'ord 1', 'orders 1', 'readers 1']);
    expect(await found({ resourceNameFilter: 'orders', patternTypeFilter: 2 })).toEqual([
      0,
      '* 1',
      'ord 1',
      'orders 1',
    ]);
    expect(await found({ resourceNameFilter: 'orders', patternTypeFilter: 3 })).toEqual([0, 'orders 1']);
    expect(await found({ patternTypeFilter: 4 })).toEqual([0, 'ord 1']);
    expect(await found({ resourceTypeFilter: 3 })).toEqual([0, 'readers 1']);
    expect(await found({ principalFilter: 'User:bob' })).toEqual([0, 'ord 1']);
    expect(await found({ hostFilter: '0:0:0:0:0:0:0:1' })).toEqual([0, 'readers 1']);
    expect(await found({ permissionType: 2 })).toEqual([0, '* 1']);
    expect(await found({ operation: 4 })).toEqual([0]);
    // Of Kafka's alone: there are none.
    for (const filter of [{ resourceTypeFilter: 6 }, { resourceTypeFilter: 7 }, { operation: 13 }])
      expect(await found(filter)).toEqual([0]);
    for (const filter of [
      { resourceTypeFilter: 0 },
      { patternTypeFilter: 9 },
      { operation: 99 },
      { permissionType: -1 },
    ])
      expect(await found(filter)).toEqual([42]);
  });

  it('A3: a filter that nobody understands deletes nothing, and the others of the request do what they say', async () => {
    const { broker, codes, remove } = await secured();
    await codes({}, { resourceName: 'other' });
    const results = await remove({ resourceTypeFilter: 0 }, { resourceTypeFilter: 6 }, { resourceNameFilter: 'other' });
    expect(results.map(({ errorCode, matchingAcls }) => [errorCode, matchingAcls.length])).toEqual([
      [42, 0],
      [0, 0],
      [0, 1],
    ]);
    expect(broker.rules!.list()).toHaveLength(1);
  });

  it('A3, SEC-7 facts, cluster Describe, Alter: who may not gets 31 for the request, also with empty arrays', async () => {
    const { broker, as, codes } = await secured();
    await codes({});
    const bob = await as('bob');
    const filter = { ...everything, resourceTypeFilter: 6 };
    for (const asked of [everything, filter])
      expect(await bob.ask(describeAcls, 3, asked)).toMatchObject({ errorCode: 31, resources: [] });
    expect((await bob.ask(createAcls, 3, { creations: [reading, reading] })).results).toMatchObject([
      { errorCode: 31 },
      { errorCode: 31 },
    ]);
    expect((await bob.ask(deleteAcls, 3, { filters: [everything] })).filterResults).toMatchObject([
      { errorCode: 31, matchingAcls: [] },
    ]);
    expect((await bob.ask(createAcls, 3, { creations: [] })).results).toEqual([]);
    expect((await bob.ask(deleteAcls, 3, { filters: [] })).filterResults).toEqual([]);
    expect(broker.rules!.list()).toHaveLength(1);
  });

  it('A3: a broker that asks nobody says so: 54', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    expect(await client.ask(describeAcls, 1, everything)).toMatchObject({ errorCode: 54, resources: [] });
    expect((await client.ask(createAcls, 2, { creations: [reading] })).results).toMatchObject([{ errorCode: 54 }]);
    expect((await client.ask(deleteAcls, 1, { filters: [everything] })).filterResults).toMatchObject([
      { errorCode: 54, matchingAcls: [] },
    ]);
  });
});
