/** Access rules in force, as users of the native protocol see them (rows A3; SEC-7, SEC-11, SEC-12). */
import { connect } from '@q/client';
import { Authenticate, errorCode, Fetch, formatBearer, GroupHeartbeat, Ping } from '@q/protocol';
import type { AclRule } from '@q/security';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../src/index.ts';
import type { Broker, BrokerOptions } from '../src/index.ts';
import { SaidLines } from './fakes/said-lines.ts';
import { RawClient } from './raw-client.ts';

type Client = Awaited<ReturnType<typeof connect>>;

async function secured(
  options: Pick<BrokerOptions, 'logger' | 'autoCreateTopics'> = {},
): Promise<{ broker: Broker; root: Client; alice: Client }> {
  const broker = await startBroker({
    storage: 'memory',
    port: 0,
    admin: false,
    security: { mechanisms: ['SCRAM-SHA-256'], superUsers: ['User:root'] },
    ...options,
  });
  onTestFinished(() => broker.close());
  for (const name of ['root', 'alice']) await broker.users!.setPassword(name, `${name}-pw`);
  const [root, alice] = [await open(broker, 'root'), await open(broker, 'alice')];
  await root.admin.createTopic('orders', { partitions: 1 });
  return { broker, root, alice };
}

async function open(broker: Broker, username: string): Promise<Client> {
  const client = await connect(broker.url, { login: { username, password: `${username}-pw` } });
  onTestFinished(() => client.close().then(() => undefined));
  return client;
}

function rule(given: Partial<AclRule>): AclRule {
  return {
    principal: 'User:alice',
    host: '*',
    permission: 'allow',
    operation: 'all',
    resourceType: 'topic',
    patternType: 'literal',
    resourceName: 'orders',
    ...given,
  };
}

describe('A3 access rules', () => {
  it('A3, SEC-7: who has no right is refused, in words that name it; a topic that is there is as one that is not', async () => {
    const { alice } = await secured();
    const refused = (name: string) => alice.admin.describeTopic(name);
    await expect(refused('orders')).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      message: expect.stringContaining('User:alice needs describe on topic orders') as string,
    });
    await expect(refused('nothing')).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' });
    expect(await alice.admin.listTopics()).toEqual([]);
  });

  it('A3, SEC-11: a rule that is added holds for the next request, and one that is removed does not', async () => {
    const { broker, alice } = await secured();
    const describes = () => alice.admin.describeTopic('orders').then(({ name }) => name);
    await broker.rules!.add(rule({ operation: 'read' }));
    expect(await describes()).toBe('orders');
    await broker.rules!.add(rule({ operation: 'describe', permission: 'deny', principal: 'User:*' }));
    await expect(describes()).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' });
    expect(await broker.rules!.remove({ permission: 'deny' })).toHaveLength(1);
    expect(await describes()).toBe('orders');
  });

  it('A3, SEC-11: who may make topics makes none that a rule denies it, by its own word or by looking for one', async () => {
    const { broker, root, alice } = await secured({ autoCreateTopics: true });
    const onCluster = { resourceType: 'cluster', resourceName: 'kafka-cluster' } as const;
    const onPay = { patternType: 'prefixed', resourceName: 'pay-' } as const;
    await broker.rules!.add(rule({ ...onCluster, operation: 'create' }));
    await broker.rules!.add(rule({ ...onPay, operation: 'create', permission: 'deny' }));
    await broker.rules!.add(rule({ operation: 'write', resourceName: '*' }));
    const refused = {
      code: 'NOT_AUTHORIZED',
      message: expect.stringContaining('create on topic pay-1: an access rule denies it') as string,
    };
    await expect(alice.admin.createTopic('pay-1', { partitions: 1 })).rejects.toMatchObject(refused);
    await using producer = alice.producer();
    await expect(producer.send('pay-1', { value: 'x' })).rejects.toMatchObject(refused);
    await alice.admin.createTopic('other-1', { partitions: 1 });
    await producer.send('other-2', { value: 'x' });
    expect((await root.admin.listTopics()).map(({ name }) => name).toSorted()).toEqual([
      'orders',
      'other-1',
      'other-2',
    ]);
  });

  it('A3, SEC-12: a fetch that waits is answered when the right to it is taken', async () => {
    const { broker, root, alice } = await secured();
    await broker.rules!.add(rule({ operation: 'read' }));
    await root.producer().send('orders', { value: 'first' });
    const consumer = alice.consumer('orders', { from: 'earliest', maxWaitMs: 20_000 });
    const messages = consumer[Symbol.asyncIterator]();
    expect((await messages.next()).value?.value?.toString()).toBe('first');
    const next = messages.next();
    await broker.rules!.remove({ principal: 'User:alice' });
    await expect(next).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      message: expect.stringContaining('read on topic orders') as string,
    });
  });

  it('A3, SEC-7: a fetch of somebody who is removed while it waits is answered', async () => {
    const { broker, root, alice } = await secured();
    await broker.rules!.add(rule({ operation: 'read' }));
    await root.producer().send('orders', { value: 'first' });
    const messages = alice.consumer('orders', { from: 'earliest', maxWaitMs: 20_000 })[Symbol.asyncIterator]();
    await messages.next();
    const next = messages.next();
    await broker.users!.remove('alice');
    await expect(next).rejects.toThrow();
  });

  it('A3, SEC-12: a record is not taken without the right, at once and for good', async () => {
    const { broker, alice } = await secured();
    await broker.rules!.add(rule({ operation: 'describe' }));
    await using producer = alice.producer();
    await expect(producer.send('orders', { value: 'x' })).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      message: expect.stringMatching(/User:alice needs write on/) as string,
    });
  });

  it('A3, SEC-12: a member whose right to the group is taken is told so, and reads no more', async () => {
    const { broker, root, alice } = await secured();
    const ofGroup = { resourceType: 'group', resourceName: 'billing', operation: 'read' } as const;
    await broker.rules!.add(rule({ operation: 'read' }));
    await broker.rules!.add(rule(ofGroup));
    await root.producer().send('orders', { value: 'first' });
    const messages = alice.consumer('orders', { group: 'billing', from: 'earliest' })[Symbol.asyncIterator]();
    const first = await messages.next();
    expect(first.value?.value?.toString()).toBe('first');
    first.value?.ack();
    const next = messages.next();
    await broker.rules!.remove(ofGroup);
    await expect(next).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      message: expect.stringContaining('read on group billing') as string,
    });
  });

  it('A3, SEC-12: a member whose right to a topic is taken is told so', async () => {
    const { broker, root, alice } = await secured();
    await broker.rules!.add(rule({ operation: 'read' }));
    await broker.rules!.add(rule({ resourceType: 'group', resourceName: '*', operation: 'read' }));
    await root.producer().send('orders', { value: 'first' });
    const messages = alice.consumer('orders', { group: 'billing', from: 'earliest' })[Symbol.asyncIterator]();
    (await messages.next()).value?.ack();
    const next = messages.next();
    await broker.rules!.remove({ resourceType: 'topic' });
    await expect(next).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      message: expect.stringMatching(/(read|describe) on topic orders/) as string,
    });
  });

  it('A3: a producer whose right is taken is told so with the next record', async () => {
    const { broker, alice } = await secured();
    await broker.rules!.add(rule({ operation: 'write' }));
    await using producer = alice.producer();
    await producer.send('orders', { value: 'first' });
    await broker.rules!.remove({ operation: 'write' });
    await expect(producer.send('orders', { value: 'second' })).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      retriable: false,
      message: expect.stringContaining('User:alice needs write on topic orders') as string,
    });
  });

  it('A3: a consumer without the right to the topic, or to the group, is told so at once', async () => {
    const { broker, alice } = await secured();
    const first = (options: object) => alice.consumer('orders', options)[Symbol.asyncIterator]().next();
    await expect(first({ from: 'earliest' })).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' });
    await broker.rules!.add(rule({ operation: 'describe' }));
    await expect(first({ from: 'earliest' })).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      message: expect.stringContaining('read on topic orders') as string,
    });
    await expect(first({ group: 'billing' })).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      message: expect.stringContaining('read on group billing') as string,
    });
  });

  it('A3, SEC-15: a client that asks for the same again and again does not fill the log', async () => {
    const said = new SaidLines();
    const { alice } = await secured({ logger: said.logger });
    const asking = Array.from({ length: 200 }, () => alice.admin.describeTopic('orders').catch(() => undefined));
    await Promise.all(asking);
    const about = said.lines.filter(({ event }) => event.startsWith('request.') || event.startsWith('audit.denied'));
    expect(about).toMatchObject([
      { event: 'audit.denied', principal: 'User:alice', operation: 'describe', resourceName: 'orders' },
    ]);
  });
});

describe('A3 requests that wait', () => {
  /** A connection of alice's, who may read the topic and the group. Her token is her name. */
  async function waiting(): Promise<{ broker: Broker; raw: RawClient; topicId: string }> {
    const broker = await startBroker({
      storage: 'memory',
      port: 0,
      admin: false,
      security: {
        mechanisms: ['OAUTHBEARER'],
        tokens: { verify: (user) => Promise.resolve({ user, expiresAtMs: Date.now() + 3_600_000, reason: null }) },
        superUsers: ['User:root'],
      },
    });
    onTestFinished(() => broker.close());
    const [root, raw] = [await knownAs('root', broker), await knownAs('alice', broker)];
    const { topicId } = await root.createTopic('orders', { partitions: 1 });
    await broker.rules!.add(rule({ operation: 'read' }));
    await broker.rules!.add(rule({ operation: 'read', resourceType: 'group', resourceName: 'billing' }));
    return { broker, raw, topicId };
  }

  async function knownAs(user: string, broker: Broker): Promise<RawClient> {
    const raw = await RawClient.connect(broker);
    onTestFinished(() => raw.close());
    await raw.request(Authenticate, { mechanism: 'OAUTHBEARER', message: formatBearer(user) });
    return raw;
  }

  it('A3, SEC-12: a fetch that the broker holds is answered when the right to read is taken', async () => {
    const { broker, raw, topicId } = await waiting();
    const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset: 0, maxBytes: 1000 }];
    const wait = { maxWaitMs: 20_000, minBytes: 1, maxBytes: 1000, isolation: 0, throttleWaitMs: 0 };
    const answer = raw.request(Fetch, { ...wait, topics: [{ topicId, partitions }] });
    // It is answered behind the fetch, so that one waits by now.
    await raw.request(Ping, { payload: Buffer.alloc(0) });
    await broker.rules!.remove({ resourceType: 'topic' });
    const { topics } = await answer;
    expect(topics[0]!.partitions[0]).toMatchObject({
      errorCode: errorCode('NOT_AUTHORIZED'),
      errorMessage: expect.stringContaining('User:alice needs read on topic orders') as string,
    });
  });

  it('A3, SEC-12: a heartbeat that the broker holds is refused when the right to the group is taken', async () => {
    const { broker, raw } = await waiting();
    const member = { groupId: 'billing', memberId: '00000000-0000-4000-8000-0000000000aa', instanceId: null };
    const asBefore = { sessionTimeoutMs: -1, rebalanceTimeoutMs: -1, assignor: null, topics: null, stalledMs: 0 };
    const join = { memberEpoch: 0, topics: ['orders'], owned: [], maxWaitMs: 0 };
    const { memberEpoch, assignment } = await raw.request(GroupHeartbeat, { ...member, ...asBefore, ...join });
    const takesUp = { memberEpoch, owned: assignment, maxWaitMs: 0 };
    await raw.request(GroupHeartbeat, { ...member, ...asBefore, ...takesUp });
    const held = raw.request(GroupHeartbeat, { ...member, ...asBefore, memberEpoch, owned: null, maxWaitMs: 20_000 });
    await raw.request(Ping, { payload: Buffer.alloc(0) });
    await broker.rules!.remove({ resourceType: 'group' });
    await expect(held).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      message: expect.stringContaining('User:alice needs read on group billing') as string,
    });
  });
});
