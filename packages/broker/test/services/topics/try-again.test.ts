import { StorageError } from '@q/storage';
import { ManualClock, seededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { LogMetadataStore } from '../../../src/metadata/log-metadata-store.ts';
import { defaultLimits } from '../../../src/limits.ts';
import { silentLogger } from '../../../src/logger.ts';
import { RetrySchedule } from '../../../src/services/topics/retry-schedule.ts';
import { SoleLeadership } from '../../../src/services/topics/leadership.ts';
import { TopicChanges } from '../../../src/services/topics/topic-changes.ts';
import { TopicRegistry } from '../../../src/services/topics/topic-registry.ts';
import { FakeLog } from '../../fakes/fake-log.ts';
import { FakeStore } from '../../fakes/fake-store.ts';

const unreadable = new StorageError('STORAGE_FAILED', 'EIO');

async function setUp() {
  const clock = new ManualClock();
  const store = new FakeStore();
  const lines: string[] = [];
  const note = (_fields: object, line: string): void => void lines.push(line);
  const metadata = await LogMetadataStore.open(new FakeLog(), clock);
  const common = { metadata, brokerDefaults: new Map<string, string>(), term: 0 };
  const makeRegistry = (): TopicRegistry =>
    new TopicRegistry({
      ...common,
      leadership: new SoleLeadership({ brokerId: 1, term: 0 }),
      store,
      logger: { ...silentLogger, error: note, warn: note, info: note },
      logOpensMax: 2,
      clock,
      retryPauseMsMin: 1_000,
      retryPauseMsMax: 4_000,
    });
  const first = makeRegistry();
  await first.start();
  const changes = new TopicChanges({
    ...common,
    registry: first,
    limits: defaultLimits,
    clock,
    random: seededRandom(1),
  });
  await changes.create({ name: 'a', partitions: 2, replicas: 1, configs: [], validateOnly: false });
  first.stop();
  const start = async (): Promise<TopicRegistry> => {
    const registry = makeRegistry();
    await registry.start();
    return registry;
  };
  return { clock, store, lines, start, changes, metadata };
}

describe('RetrySchedule', () => {
  it('S2 gives what has failed once for each failure, after a pause that doubles up to its greatest', async () => {
    const clock = new ManualClock();
    const schedule = new RetrySchedule<string>({ clock, pauseMsMin: 1_000, pauseMsMax: 4_000 });
    const tries: number[] = [];
    const startMs = clock.monotonic();
    expect(schedule.failed('x')).toBe(1);
    for (let at = 0; at < 20; at += 1) {
      await clock.advance(500);
      for (const thing of schedule.due()) {
        tries.push(clock.monotonic() - startMs);
        if (tries.length < 5) schedule.failed(thing);
      }
    }
    expect(tries).toEqual([1_000, 3_000, 7_000]);
    expect([schedule.settled('x'), schedule.settled('x'), schedule.size]).toEqual([true, false, 0]);
  });
});

describe('a partition that could not be opened', () => {
  it('S2 is opened again by itself once its disk can be read, and both are said once', async () => {
    const { clock, store, lines, start } = await setUp();
    store.openFailures.set(0, unreadable);
    const registry = await start();
    const [first, second] = registry.byName('a')!.partitions;
    expect([first!.trouble?.code, second!.trouble]).toEqual(['STORAGE_FAILED', null]);
    // Whoever asks for its records is to ask again; that its disk failed is final for clients.
    expect(() => first!.requireLog()).toThrow(
      expect.objectContaining({
        code: 'NOT_LEADER',
        retriable: true,
        message: expect.stringMatching(/could not be opened, which is tried again: EIO/) as string,
      }) as Error,
    );
    await registry.tryAgain();
    await clock.advance(1_000);
    await registry.tryAgain();
    expect(first!.trouble?.code).toBe('STORAGE_FAILED');
    store.openFailures.clear();
    await clock.advance(1_999);
    await registry.tryAgain();
    expect(first!.log).toBeNull();
    await clock.advance(1);
    await registry.tryAgain();
    expect([first!.trouble, first!.requireLog().id.partition]).toEqual([null, 0]);
    expect(lines).toEqual([
      'a partition could not be opened',
      'partitions could not be opened again; they are tried later',
      'a partition that could not be opened is open now',
    ]);
  });

  it('S2 is not tried again by itself where only somebody can help, and is by command', async () => {
    const { clock, store, start } = await setUp();
    store.openFailures.set(0, new StorageError('LOG_EXISTS', 'it belongs to another topic'));
    const registry = await start();
    const first = registry.byName('a')!.partitions[0]!;
    expect(() => first.requireLog()).toThrow(expect.objectContaining({ code: 'CORRUPT_LOG' }) as Error);
    store.openFailures.clear();
    await clock.advance(1_000_000);
    await registry.tryAgain();
    expect(first.log).toBeNull();
    await registry.reopen(first);
    expect(first.trouble).toBeNull();
  });

  it('S2 that is set aside as damaged is opened anew by command alone, and who waits for its records hears of new ones', async () => {
    const { clock, store, start } = await setUp();
    const registry = await start();
    const first = registry.byName('a')!.partitions[0]!;
    const damaged = first.log as FakeLog;
    damaged.state = 'quarantined';
    let news = 0;
    first.onRecords(() => (news += 1));
    await clock.advance(1_000_000);
    await registry.tryAgain();
    expect(first.log).toBe(damaged);
    const mended = new FakeLog(damaged.id);
    store.logs.set(`${damaged.id.topicId}/0`, mended);
    await registry.reopen(first);
    expect([damaged.state, first.log, first.trouble]).toEqual(['closed', mended, null]);
    const before = news;
    mended.settle();
    expect(news).toBe(before + 1);
    // Without trouble it is left as it is.
    await registry.reopen(first);
    expect(mended.state).toBe('open');
  });

  it('T1 S2 is not opened, and leaves nothing behind, once its topic is deleted', async () => {
    const { clock, store, start, metadata } = await setUp();
    store.openFailures.set(0, unreadable);
    const registry = await start();
    const changes = new TopicChanges({
      registry,
      metadata,
      brokerDefaults: new Map(),
      limits: defaultLimits,
      clock,
      random: seededRandom(2),
      term: 0,
    });
    await changes.delete('a');
    store.openFailures.clear();
    await clock.advance(1_000_000);
    await registry.tryAgain();
    expect(store.logs.size).toBe(0);
  });
});

it('T1 the data of a deleted topic that could not be removed is, with a later round', async () => {
  const { clock, store, start, metadata } = await setUp();
  const registry = await start();
  const changes = new TopicChanges({
    registry,
    metadata,
    brokerDefaults: new Map(),
    limits: defaultLimits,
    clock,
    random: seededRandom(2),
    term: 0,
  });
  store.deleteFailures.set(1, unreadable);
  await changes.delete('a').catch(() => undefined);
  expect(store.logs.size).toBe(1);
  expect((await metadata.list('topics/')).entries).toHaveLength(1);
  store.deleteFailures.clear();
  await clock.advance(1_000);
  await registry.tryAgain();
  expect([store.logs.size, (await metadata.list('topics/')).entries]).toEqual([0, []]);
});
