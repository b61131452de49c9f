import { QError } from '@q/protocol';
import { StorageError, defaultLogConfig } from '@q/storage';
import type { LogStore } from '@q/storage';
import { ManualClock, seededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../../src/limits.ts';
import type { BrokerLimits } from '../../../src/limits.ts';
import { silentLogger } from '../../../src/logger.ts';
import type { BrokerLogger } from '../../../src/logger.ts';
import { LogMetadataStore } from '../../../src/metadata/log-metadata-store.ts';
import { SoleLeadership } from '../../../src/services/topics/leadership.ts';
import { TopicChanges } from '../../../src/services/topics/topic-changes.ts';
import type { CreateTopicOptions } from '../../../src/services/topics/topic-changes.ts';
import { TopicRegistry } from '../../../src/services/topics/topic-registry.ts';
import { FakeLog } from '../../fakes/fake-log.ts';
import { FakeStore } from '../../fakes/fake-store.ts';

/** One data folder, and as many starts of a broker on it as a test wants. */
class Folder {
  readonly store = new FakeStore();
  readonly metadataLog = new FakeLog();
  readonly clock = new ManualClock();
  readonly random = seededRandom(1);
  readonly warnings: object[] = [];

  async start(options: { term?: number; limits?: Partial<BrokerLimits> } = {}) {
    const { term = 0 } = options;
    const limits = { ...defaultLimits, ...options.limits };
    const logger: BrokerLogger = {
      debug() {},
      info() {},
      warn: (fields) => void this.warnings.push(fields),
      error() {},
    };
    const metadata = await LogMetadataStore.open(this.metadataLog, this.clock);
    const store = this.store as LogStore;
    const brokerDefaults = new Map([['segment.bytes', '4096']]);
    const leadership = new SoleLeadership({ brokerId: 1, term });
    const pauses = { retryPauseMsMin: 1_000, retryPauseMsMax: 4_000 };
    const registry = new TopicRegistry({
      store,
      metadata,
      logger,
      brokerDefaults,
      leadership,
      logOpensMax: 2,
      clock: this.clock,
      ...pauses,
    });
    await registry.start();
    const changes = new TopicChanges({
      registry,
      metadata,
      brokerDefaults,
      limits,
      clock: this.clock,
      random: this.random,
      term,
    });
    return { registry, changes, metadata };
  }
}

function topic(name: string, options: Partial<CreateTopicOptions> = {}): CreateTopicOptions {
  return { name, partitions: 2, replicas: 1, configs: [], validateOnly: false, ...options };
}

async function refusal(promise: Promise<unknown>): Promise<QError> {
  const error: unknown = await promise.then(
    () => new Error('accepted'),
    (thrown: unknown) => thrown,
  );
  if (QError.is(error)) return error;
  throw error;
}

describe('TopicChanges', () => {
  it('T1 creates a topic that is there after a restart', async () => {
    const folder = new Folder();
    const first = await folder.start();
    const created = await first.changes.create(topic('a', { configs: [{ key: 'retention.ms', value: '1000' }] }));
    expect(created).toMatchObject({ partitions: 2, replicas: 1 });
    expect(created.topicId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(created.configs).toContainEqual({ key: 'retention.ms', value: '1000', source: 'topic' });
    expect(created.configs).toContainEqual({ key: 'segment.bytes', value: '4096', source: 'broker' });

    const { registry } = await folder.start();
    const found = registry.byName('a')!;
    expect(found).toMatchObject({ id: created.topicId });
    expect(found.partitions[0]!.leaderEpoch).toBe(0);
    expect(found.settings.log.retentionMs).toBe(1000);
    expect(found.partitions.map((partition) => partition.log!.id.partition)).toEqual([0, 1]);
    expect(registry.partitionCount).toBe(2);
  });

  it('counts leader epochs from the term in which the topic was made', async () => {
    const folder = new Folder();
    await (await folder.start({ term: 3 })).changes.create(topic('a'));
    const { registry } = await folder.start({ term: 5 });
    expect(registry.byName('a')!.partitions[0]!.leaderEpoch).toBe(2);
  });

  it('T1 only checks when asked to', async () => {
    const folder = new Folder();
    const { changes, registry } = await folder.start();
    await changes.create(topic('a', { validateOnly: true }));
    expect(registry.size).toBe(0);
    await changes.create(topic('a'));
    await changes.alter({ name: 'a', set: [{ key: 'segment.ms', value: '1' }], unset: [], validateOnly: true });
    await changes.addPartitions({ name: 'a', partitions: 5, validateOnly: true });
    expect(registry.byName('a')!.partitions).toHaveLength(2);
    expect(registry.byName('a')!.settings.log.segmentMs).not.toBe(1);
  });

  it('T1 lets one of two creators of the same name win', async () => {
    const { changes } = await new Folder().start();
    const results = await Promise.allSettled([changes.create(topic('a')), changes.create(topic('a'))]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
    expect((results[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'TOPIC_EXISTS' });
  });

  it('T1 changes settings at run time, and back', async () => {
    const folder = new Folder();
    const { changes, registry } = await folder.start();
    await changes.create(topic('a'));
    await changes.alter({ name: 'a', set: [{ key: 'retention.ms', value: '5' }], unset: [], validateOnly: false });
    const log = registry.byName('a')!.partitions[1]!.log!;
    expect(log.config.retentionMs).toBe(5);
    const configs = await changes.alter({ name: 'a', set: [], unset: ['retention.ms'], validateOnly: false });
    expect(configs).toContainEqual({ key: 'retention.ms', value: '604800000', source: 'default' });
    expect(log.config.retentionMs).toBe(604_800_000);
    expect(
      (
        await refusal(
          changes.alter({
            name: 'a',
            set: [{ key: 'segment.ms', value: '1' }],
            unset: ['segment.ms'],
            validateOnly: false,
          }),
        )
      ).code,
    ).toBe('INVALID_CONFIG');
    expect(
      (await refusal(changes.alter({ name: 'a', set: [], unset: ['nonsense'], validateOnly: false }))).message,
    ).toContain('nonsense');
    expect((await refusal(changes.alter({ name: 'b', set: [], unset: [], validateOnly: false }))).code).toBe(
      'UNKNOWN_TOPIC',
    );
  });

  it('T1 adds partitions, never removes them', async () => {
    const folder = new Folder();
    const { changes, registry } = await folder.start();
    await changes.create(topic('a'));
    expect(await changes.addPartitions({ name: 'a', partitions: 4, validateOnly: false })).toBe(4);
    expect(registry.byName('a')!.partitions.map((partition) => partition.index)).toEqual([0, 1, 2, 3]);
    expect(registry.partitionCount).toBe(4);
    expect((await refusal(changes.addPartitions({ name: 'a', partitions: 4, validateOnly: false }))).code).toBe(
      'INVALID_PARTITIONS',
    );
    expect((await folder.start()).registry.byName('a')!.partitions).toHaveLength(4);
  });

  it('T1 deletes a topic with its data', async () => {
    const folder = new Folder();
    const { changes, registry, metadata } = await folder.start();
    const { topicId } = await changes.create(topic('a'));
    expect(await changes.delete('a')).toEqual({ topicId });
    expect(registry.size).toBe(0);
    expect(registry.partitionCount).toBe(0);
    expect(folder.store.logs.size).toBe(0);
    expect((await metadata.list('topics/')).entries).toEqual([]);
    expect((await refusal(changes.delete('a'))).code).toBe('UNKNOWN_TOPIC');
    expect((await changes.create(topic('a'))).topicId).not.toBe(topicId);
  });

  it('finishes at the next start a deletion that was interrupted', async () => {
    const folder = new Folder();
    const { changes, registry } = await folder.start();
    await changes.create(topic('a'));
    folder.store.deleteFailures.set(1, new Error('EIO'));
    await changes.delete('a');
    expect(registry.byName('a')).toBeUndefined();
    expect(folder.store.logs.size).toBe(1);
    expect((await refusal(changes.create(topic('a')))).message).toContain('being deleted');

    folder.store.deleteFailures.clear();
    const second = await folder.start();
    expect(folder.store.logs.size).toBe(0);
    await second.changes.create(topic('a'));
  });

  it('leaves data alone that no record names, and says so', async () => {
    const folder = new Folder();
    await folder.store.open(
      { topic: 'lost', topicId: '00000000-0000-4000-8000-0000000000ff', partition: 3 },
      new FakeLog().config,
    );
    const { registry } = await folder.start();
    expect(registry.byName('lost')).toBeUndefined();
    expect(folder.store.logs.size).toBe(1);
    expect(folder.warnings).toEqual([
      {
        event: 'partition.unknown_topic',
        topic: 'lost',
        topicId: '00000000-0000-4000-8000-0000000000ff',
        partition: 3,
      },
    ]);
  });

  it('undoes a topic of which a partition could not be made', async () => {
    const folder = new Folder();
    const { changes, registry, metadata } = await folder.start();
    folder.store.openFailures.set(1, new StorageError('STORAGE_FULL', 'the disk is full'));
    expect((await refusal(changes.create(topic('a')))).code).toBe('STORAGE_FULL');
    expect(registry.size).toBe(0);
    expect((await metadata.list('topics/')).entries).toEqual([]);
    expect(folder.store.logs.size).toBe(0);
  });

  it('B5 a topic that could neither be made nor taken back is not there, and is refused for the same reason until there is room', async () => {
    const folder = new Folder();
    const { changes, registry, metadata } = await folder.start();
    const full = new StorageError('STORAGE_FULL', 'the disk is full');
    folder.store.openFailures.set(1, full);
    const append = folder.metadataLog.append.bind(folder.metadataLog);
    folder.metadataLog.append = (batch, options) => {
      if (options.isVital === true) throw full;
      return append(batch, options);
    };
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect((await refusal(changes.create(topic('a')))).code).toBe('STORAGE_FULL');
      expect(registry.byName('a')).toBeUndefined();
      expect(registry.partitionCount).toBe(0);
    }
    await changes.tryAgain();
    folder.metadataLog.append = append;
    await changes.tryAgain();
    expect((await metadata.list('topics/')).entries).toEqual([]);
    expect(folder.store.logs.size).toBe(0);
    folder.store.openFailures.clear();
    await changes.create(topic('a'));
    expect((await refusal(changes.create(topic('a')))).code).toBe('TOPIC_EXISTS');
  });

  it('B5 a topic whose data could not be removed again is refused for the reason of the first time, and made as soon as it can be', async () => {
    const folder = new Folder();
    const { changes, registry } = await folder.start();
    folder.store.openFailures.set(1, new StorageError('STORAGE_FULL', 'the disk is full'));
    folder.store.deleteFailures.set(0, new StorageError('STORAGE_FAILED', 'no descriptor'));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await refusal(changes.create(topic('a')))).toMatchObject({ code: 'STORAGE_FULL', retriable: true });
    }
    folder.store.openFailures.clear();
    folder.store.deleteFailures.clear();
    await changes.create(topic('a'));
    expect(registry.byName('a')!.partitions.every(({ trouble }) => trouble === null)).toBe(true);
  });

  it('starts although a partition cannot be opened, and serves the others', async () => {
    const folder = new Folder();
    await (await folder.start()).changes.create(topic('a'));
    folder.store.openFailures.set(0, new StorageError('CORRUPT_LOG', 'rot'));
    const { registry } = await folder.start();
    const [first, second] = registry.byName('a')!.partitions;
    expect(first!.trouble).toMatchObject({ code: 'CORRUPT_LOG' });
    expect(() => first!.requireLog()).toThrow('rot');
    expect(second!.trouble).toBeNull();
  });

  it('refuses to start on a record that it does not understand', async () => {
    const folder = new Folder();
    const { metadata } = await folder.start();
    for (const value of ['{"format":2,"name":"x"}', 'nonsense', 'null', '{"format":1,"name":"other"}']) {
      const { entry } = await metadata.compareAndSet({ key: 'topics/x', expectedVersion: 0, value });
      expect((await refusal(folder.start())).message).toContain('topics/x');
      await metadata.compareAndSet({ key: 'topics/x', expectedVersion: entry!.version, value: null });
    }
  });

  it.each<[Partial<CreateTopicOptions>, string, RegExp]>([
    [{ name: '' }, 'INVALID_TOPIC_NAME', /empty/],
    [{ name: '..' }, 'INVALID_TOPIC_NAME', /"\.\."/],
    [{ name: 'a/b' }, 'INVALID_TOPIC_NAME', /"\/"/],
    [{ name: 'x'.repeat(250) }, 'INVALID_TOPIC_NAME', /250/],
    [{ name: '__q_offsets' }, 'INVALID_TOPIC_NAME', /broker itself/],
    [{ partitions: 0 }, 'INVALID_PARTITIONS', /not 0/],
    [{ partitions: -2 }, 'INVALID_PARTITIONS', /not -2/],
    [{ partitions: 2_000_000_000 }, 'INVALID_PARTITIONS', /1 to 10000/],
    [{ replicas: 3 }, 'INVALID_REPLICAS', /there is one broker/],
    [{ replicas: 0 }, 'INVALID_REPLICAS', /0 replicas/],
    [{ configs: [{ key: 'retention.ms', value: 'x' }] }, 'INVALID_CONFIG', /"x"/],
    [{ configs: [{ key: 'max.message.bytes', value: '60000000' }] }, 'INVALID_CONFIG', /frames/],
  ])('T1 refuses %j with %s', async (wrong, code, words) => {
    const { changes, registry } = await new Folder().start();
    const error = await refusal(changes.create(topic('a', wrong)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(registry.size).toBe(0);
  });

  it('T1 stops at the limits of the broker', async () => {
    const { changes } = await new Folder().start({ limits: { topicsMax: 2, partitionsMax: 5 } });
    await changes.create(topic('a', { partitions: 3 }));
    expect((await refusal(changes.create(topic('b', { partitions: 3 })))).code).toBe('TOPIC_LIMIT');
    expect((await refusal(changes.addPartitions({ name: 'a', partitions: 6, validateOnly: false }))).code).toBe(
      'TOPIC_LIMIT',
    );
    await changes.create(topic('b', { partitions: 2 }));
    expect((await refusal(changes.create(topic('c', { partitions: 1 })))).code).toBe('TOPIC_LIMIT');
  });

  it('T1 keeps its hands off the broker’s own topics', async () => {
    const { changes } = await new Folder().start();
    expect((await refusal(changes.delete('__metadata'))).code).toBe('INVALID_REQUEST');
    expect((await refusal(changes.alter({ name: '__metadata', set: [], unset: [], validateOnly: false }))).code).toBe(
      'INVALID_REQUEST',
    );
    expect(
      (await refusal(changes.addPartitions({ name: '__metadata', partitions: 2, validateOnly: false }))).code,
    ).toBe('INVALID_REQUEST');
  });

  it('G2 tells listeners when topics come, grow and go, and of nothing else', async () => {
    const { registry, changes } = await new Folder().start();
    const heard: string[] = [];
    const isThere = (name: string): string => (registry.byName(name) === undefined ? 'gone' : 'there');
    const stop = registry.listen({
      topicGrew: ({ name, partitions }) => void heard.push(`${name} ${isThere(name)} ${partitions.length}`),
      topicDeleted: ({ name }) => void heard.push(`${name} ${isThere(name)}`),
    });
    await changes.create(topic('a'));
    await changes.alter({ name: 'a', set: [{ key: 'retention.ms', value: '1' }], unset: [], validateOnly: false });
    await changes.addPartitions({ name: 'a', partitions: 5, validateOnly: false });
    await changes.delete('a');
    stop();
    await changes.create(topic('b'));
    expect(heard).toEqual(['a there 2', 'a there 5', 'a gone']);
  });

  it('G3 finds the logs of internal topics that others open, and does not warn of them', async () => {
    const folder = new Folder();
    const own = { topic: '__groups', topicId: '00000000-0000-4000-8000-000000000002', partition: 0 };
    const lost = { ...own, topic: 'lost', topicId: '00000000-0000-4000-8000-00000000dead' };
    await folder.store.open(own, defaultLogConfig);
    await folder.store.open(lost, defaultLogConfig);
    const metadata = await LogMetadataStore.open(folder.metadataLog, folder.clock);
    const warned: object[] = [];
    const registry = new TopicRegistry({
      store: folder.store,
      metadata,
      logger: { ...silentLogger, warn: (fields) => void warned.push(fields) },
      brokerDefaults: new Map(),
      leadership: new SoleLeadership({ brokerId: 1, term: 0 }),
      logOpensMax: 2,
      clock: folder.clock,
      retryPauseMsMin: 1_000,
      retryPauseMsMax: 4_000,
      ownLogs: [own],
    });
    expect(await registry.start()).toEqual([own]);
    expect(warned).toEqual([{ event: 'partition.unknown_topic', ...lost }]);
  });
});
