/** Nothing of a broker changes without the audit trail saying so (SEC-15). */
import { connect } from '@q/client';
import { encodeBatch } from '@q/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../src/index.ts';
import type { Asking, Broker, Services } from '../src/index.ts';
import { FakeCaller } from './fakes/fake-caller.ts';
import { SaidLines } from './fakes/said-lines.ts';

const alice: Asking = {
  principal: { name: 'User:alice' },
  address: '10.0.0.7',
  clientId: 'billing',
  connectionId: 9,
  door: 'native',
};

/**
 * Every method of the services that doors have: the event that it is told by, `reads` where it changes nothing that
 * somebody owns, `data` where it is records, commits and members, which programs change all the time.
 */
const methods: Readonly<Record<string, `audit.${string}` | 'reads' | 'data'>> = {
  'topicChanges.create': 'audit.topic_created',
  'topicChanges.delete': 'audit.topic_deleted',
  'topicChanges.alter': 'audit.topic_altered',
  'topicChanges.addPartitions': 'audit.topic_grown',
  'recordDeletion.delete': 'audit.records_deleted',
  'partitionReopening.reopen': 'audit.partitions_reopened',
  'groups.changes.reset': 'audit.group_offsets_set',
  'groups.changes.deleteOffsets': 'audit.group_offsets_deleted',
  'groups.changes.deleteGroup': 'audit.group_deleted',
  'settings.change': 'audit.settings_changed',
  'settings.reload': 'audit.settings_reloaded',
  'identities.users.setPassword': 'audit.user_created',
  'identities.users.setSaltedPassword': 'audit.user_credentials_changed',
  'identities.users.removeCredential': 'audit.user_credentials_changed',
  'identities.users.remove': 'audit.user_deleted',
  'backups.begin': 'audit.backup_started',
  'transactions.abort': 'audit.transaction_aborted',
  'transactions.abortIn': 'audit.transaction_aborted',
  'quotas.set': 'audit.quota_set',
  'quotas.remove': 'audit.quota_set',
  'access.add': 'audit.rule_added',
  'access.remove': 'audit.rule_removed',
};

const notChanging: Readonly<Record<string, 'reads' | 'data'>> = Object.fromEntries([
  ...[
    'groups.list groups.describe groups.lags groups.numbers groups.offsets.fetch groups.offsets.fetchClassic',
    'groups.classic.describe groups.classic.list settings.valueOf settings.lookUp settings.onChange settings.file',
    'settings.lastReload settings.list settings.describe identities.users.list identities.users.describe',
    'stats.snapshot stats.vitals stats.topics dataFolder.describe health.report health.lags health.ownReport',
    'health.tell health.note health.onChange producers.describe quotas.list audit.note audit.list audit.follow',
    'access.refusal access.refusalOfAny access.sees access.onChange access.rules access.test',
    'transactions.list transactions.describe transactions.unstableOffsets transactions.survey transactions.inspect',
    'transactions.all transactions.heldPartitions',
  ].flatMap((names) => names.split(' ').map((name) => [name, 'reads'] as const)),
  ...[
    'producerIds.create producerIds.bump groups.heartbeats.beat groups.offsets.commit groups.offsets.commitClassic',
    'groups.offsets.stage groups.offsets.stageClassic transactions.begin transactions.end transactions.add',
    'transactions.stage transactions.stageClassic',
    'groups.classic.join groups.classic.sync groups.classic.heartbeat groups.classic.leave',
  ].flatMap((names) => names.split(' ').map((name) => [name, 'data'] as const)),
]);

/** Services that have nothing to change, or nothing but records. */
const plain = new Set(['identity', 'throttle', 'append', 'fetch', 'offsets', 'epochs', 'topics', 'facts']);

async function setUp() {
  const said = new SaidLines();
  let services: Services | undefined;
  const broker = await startBroker({
    storage: 'memory',
    port: 0,
    admin: false,
    security: { mechanisms: ['SCRAM-SHA-256'], superUsers: ['User:alice', 'User:carol'] },
    logger: said.logger,
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
  });
  onTestFinished(() => broker.close({ timeoutMs: 100 }));
  return { said, broker, services: services! };
}

function methodsOf(service: object, path: string): string[] {
  const prototype = Object.getPrototypeOf(service) as object;
  const home = prototype === Object.prototype ? service : prototype;
  const names = Object.getOwnPropertyNames(home).filter((name) => {
    const found = Object.getOwnPropertyDescriptor(home, name);
    return name !== 'constructor' && typeof found?.value === 'function';
  });
  return names.map((name) => `${path}.${name}`);
}

function allMethods(services: Services): string[] {
  const { groups, identities } = services;
  const nested = [
    ...methodsOf(identities!.users, 'identities.users'),
    ...(['heartbeats', 'offsets', 'changes', 'classic'] as const).flatMap((part) =>
      methodsOf(groups[part], `groups.${part}`),
    ),
  ];
  const direct = Object.entries(services).filter(([name]) => name !== 'identities' && !plain.has(name));
  return [...direct.flatMap(([name, service]) => methodsOf(service as object, name)), ...nested];
}

async function produce(broker: Broker): Promise<void> {
  const login = { mechanism: 'SCRAM-SHA-256', username: 'carol', password: 'carol-pw' } as const;
  const q = await connect(broker.url, { login });
  await using producer = q.producer();
  for (let each = 0; each < 3; each += 1) await producer.send('orders', { value: 'one' });
  await q.close();
}

describe('changes in the audit trail', () => {
  it('SEC-15 every method of the services is known: what it changes, and the event that tells of it', async () => {
    const { services } = await setUp();
    expect(allMethods(services).toSorted()).toEqual([...Object.keys(methods), ...Object.keys(notChanging)].toSorted());
    expect(Object.keys(services).filter((name) => plain.has(name))).toHaveLength(plain.size);
  });

  it('SEC-15 every change is told, with who asked for it and from where', async () => {
    const { said, broker, services } = await setUp();
    await broker.users!.setPassword('carol', 'carol-pw');
    const { topicChanges, groups, identities, settings } = services;
    const { users } = identities!;
    const wanted = { name: 'orders', partitions: 1, replicas: -1, configs: [], validateOnly: false };
    const { topicId } = await topicChanges.create(wanted, alice);
    await produce(broker);
    const rule = {
      principal: 'User:bob',
      host: '*',
      permission: 'allow',
      operation: 'read',
      resourceType: 'topic',
      patternType: 'literal',
      resourceName: 'orders',
    } as const;
    const place = [{ topicId, partitions: [{ partition: 0, offset: 1 }] }];
    await groups.changes.reset({ groupId: 'shipping', validateOnly: false, topics: place }, alice);
    const salted = { saltedPassword: Buffer.alloc(32, 7), salt: Buffer.alloc(16, 7), iterations: 8_192 };
    const claim = { transactionalId: 'tx', timeoutMs: 60_000, expected: null };
    const producer = await services.transactions.begin(claim, alice);
    await services.transactions.add({ transactionalId: 'tx', producer }, new Map([[topicId, [0]]]), alice);
    const hangs = await services.transactions.begin({ ...claim, transactionalId: 'hangs' }, alice);
    const records = encodeBatch([{ value: 'x' }], { ...hangs, baseSequence: 0, isTransactional: true });
    const written = [{ topicId, partitions: [{ partition: 0, leaderEpoch: -1, records }] }];
    const caller = Object.assign(new FakeCaller(), alice);
    const appending = await services.append.append({ timeoutMs: 10_000, topics: written }, caller);
    await new Promise<void>((resolve) => appending.whenSettled(() => resolve()));
    const actions: Record<keyof typeof methods, () => unknown> = {
      'topicChanges.create': () => topicChanges.create({ ...wanted, name: 'other' }, alice),
      'topicChanges.alter': () =>
        topicChanges.alter(
          { name: 'orders', set: [{ key: 'retention.ms', value: '9' }], unset: [], validateOnly: false },
          alice,
        ),
      'topicChanges.addPartitions': () =>
        topicChanges.addPartitions({ name: 'orders', partitions: 2, validateOnly: false }, alice),
      'recordDeletion.delete': () => services.recordDeletion.delete('orders', [{ partition: 0, before: 1 }], alice),
      'partitionReopening.reopen': () => services.partitionReopening.reopen('orders', 'in trouble', alice),
      'groups.changes.reset': () => {
        const topics = [{ topicId, partitions: [{ partition: 0, offset: 2 }] }];
        return groups.changes.reset({ groupId: 'billing', validateOnly: false, topics }, alice);
      },
      'groups.changes.deleteOffsets': () =>
        groups.changes.deleteOffsets({ groupId: 'billing', topics: [{ topicId, partitions: [0] }] }, alice),
      'groups.changes.deleteGroup': () => groups.changes.deleteGroup('shipping', alice),
      'settings.change': () =>
        settings.change({ set: [{ name: 'autoCreateTopics', value: 'true' }], unset: [], by: 'a test' }, alice),
      'settings.reload': () => settings.reload('a test', alice),
      'identities.users.setPassword': () => users.setPassword('bob', 'canary-password', alice),
      'identities.users.setSaltedPassword': () =>
        users.setSaltedPassword({ name: 'bob', mechanism: 'SCRAM-SHA-256' }, salted, alice),
      'identities.users.removeCredential': () => users.removeCredential('bob', 'SCRAM-SHA-256', alice),
      'identities.users.remove': () => users.remove('bob', alice),
      'transactions.abort': () => services.transactions.abort({ transactionalId: 'tx' }, alice),
      'transactions.abortIn': () => services.transactions.abortIn({ topic: 'orders', partition: 0, ...hangs }, alice),
      'quotas.set': () => services.quotas.set({ user: 'bob' }, { changes: new Map([['producerByteRate', 9]]) }, alice),
      'access.add': () => services.access.add(rule, alice),
      'access.remove': () => services.access.remove({ principal: 'User:bob' }, alice),
      'quotas.remove': () => services.quotas.remove({ user: 'bob' }, alice),
      'backups.begin': async () => {
        const { chunks } = await services.backups.begin(undefined, alice);
        await chunks.return();
      },
      'topicChanges.delete': () => topicChanges.delete('orders', alice),
    };
    expect(Object.keys(actions).toSorted()).toEqual(Object.keys(methods).toSorted());
    const told: Record<string, unknown> = {};
    for (const [method, act] of Object.entries(actions)) {
      const before = said.lines.length;
      await act();
      const lines = said.lines.slice(before).filter(({ event }) => event.startsWith('audit.'));
      told[method] = lines.map(({ event, principal, address, door }) => [event, principal, address, door]);
    }
    const expected = Object.entries(methods).map(([method, event]) => [
      method,
      [[event, 'User:alice', '10.0.0.7', 'native']],
    ]);
    expect(told).toEqual(Object.fromEntries(expected));
    expect(JSON.stringify(said.lines)).not.toContain('canary');
    const facts = (event: string) => said.of(event).map(({ before, after }) => [before, after]);
    expect(facts('audit.records_deleted')).toEqual([
      [
        ['partition=0', 'logStartOffset=0'],
        ['partition=0', 'logStartOffset=1'],
      ],
    ]);
    expect(facts('audit.group_offsets_set').slice(1)).toEqual([[['offsets=orders-0=-1'], ['offsets=orders-0=2']]]);
    expect(facts('audit.group_offsets_deleted')).toEqual([[['offsets=orders: 1'], undefined]]);
    expect(facts('audit.settings_changed')).toEqual([
      [['settings=autoCreateTopics=false'], ['settings=autoCreateTopics=true']],
    ]);
    const aborted = [
      ['state=ongoing', 'partitions=1'],
      ['state=completeAbort', 'partitions=0'],
    ];
    expect(facts('audit.transaction_aborted')).toEqual([aborted, aborted]);
    // Alice may alter the cluster, and by that abort whatever she wants to.
    expect(said.of('audit.transaction_aborted').map(({ operation }) => operation)).toEqual(['alter', 'alter']);
    expect(facts('audit.user_deleted')).toEqual([[['mechanisms=SCRAM-SHA-512'], undefined]]);
  });

  it('SEC-15 what only would have been changed is not told, nor what could not be', async () => {
    const { said, services } = await setUp();
    const told = () => said.lines.filter(({ principal }) => principal === 'User:alice').map(({ event }) => event);
    const wanted = { name: 'orders', partitions: 1, replicas: -1, configs: [], validateOnly: true };
    await services.topicChanges.create(wanted, alice);
    await expect(services.topicChanges.delete('orders', alice)).rejects.toThrow('orders');
    await services.identities!.users.remove('nobody', alice);
    await services.settings.change(
      { set: [{ name: 'autoCreateTopics', value: 'true' }], unset: [], validateOnly: true, by: 'a test' },
      alice,
    );
    expect(told()).toEqual([]);
  });

  it('SEC-15 a topic that is made because somebody named it is told of as theirs', async () => {
    const { said, services } = await setUp();
    const made = { set: [{ name: 'autoCreateTopics', value: 'true' }], unset: [], by: 'a test' };
    await services.settings.change(made, alice);
    await services.topics.find(['named'], alice);
    expect(said.of('audit.topic_created').map(({ principal, address }) => [principal, address])).toEqual([
      ['User:alice', '10.0.0.7'],
    ]);
  });
});
