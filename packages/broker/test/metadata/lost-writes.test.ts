/**
 * Topics come, change and go, producers ask for ids, and the disk loses writes of the metadata log whenever it likes.
 * Requests come between the steps in which a loss is told. What the broker holds in memory is in the end what the next
 * start reads.
 */
import { ManualClock, SeededRandom } from '@q/testkit';
import { expect, it } from 'vitest';
import { defaultLimits } from '../../src/limits.ts';
import { silentLogger } from '../../src/logger.ts';
import { BrokerTerm } from '../../src/metadata/broker-term.ts';
import { LogMetadataStore } from '../../src/metadata/log-metadata-store.ts';
import { ProducerIdBlocks } from '../../src/services/producers/producer-id-blocks.ts';
import { SoleLeadership } from '../../src/services/topics/leadership.ts';
import { TopicChanges } from '../../src/services/topics/topic-changes.ts';
import { TopicRegistry } from '../../src/services/topics/topic-registry.ts';
import type { FakeLog } from '../fakes/fake-log.ts';
import { FakeStore } from '../fakes/fake-store.ts';
import { ForgetfulLog } from '../fakes/forgetful-log.ts';

interface Folder {
  readonly log: ForgetfulLog;
  readonly store: FakeStore;
  readonly random: SeededRandom;
}

async function start({ log, store, random }: Folder) {
  const clock = new ManualClock();
  const metadata = await LogMetadataStore.open(log, clock);
  const brokerDefaults = new Map<string, string>();
  const shared = { metadata, brokerDefaults, term: 0 };
  const leadership = new SoleLeadership({ brokerId: 1, term: 0 });
  const registry = new TopicRegistry({
    ...shared,
    leadership,
    store,
    logger: silentLogger,
    logOpensMax: 2,
    clock,
    retryPauseMsMin: 1_000,
    retryPauseMsMax: 4_000,
  });
  await registry.start();
  const changes = new TopicChanges({ ...shared, registry, limits: defaultLimits, clock, random });
  return { metadata, registry, changes, ids: await ProducerIdBlocks.open(metadata) };
}

type Started = Awaited<ReturnType<typeof start>>;

/** One request of somebody; an id that it brings goes to `taken`. */
function act({ changes, ids }: Started, random: SeededRandom, taken: number[]): Promise<unknown> {
  const name = `topic-${random.below(3)}`;
  const what = random.next();
  if (what < 0.3) return changes.create({ name, partitions: 1, replicas: 1, configs: [], validateOnly: false });
  if (what < 0.5) return changes.delete(name);
  if (what < 0.6) return changes.addPartitions({ name, partitions: 1 + random.below(4), validateOnly: false });
  if (what < 0.8) {
    const set = [{ key: 'retention.ms', value: String(1 + random.below(1000)) }];
    return changes.alter({ name, set, unset: [], validateOnly: false });
  }
  return ids.create().then(({ producerId }) => taken.push(producerId));
}

async function requests(started: Started, { log, random }: Folder, taken: number[]): Promise<void> {
  const asked: Promise<unknown>[] = [];
  for (let count = 0; count < 60; count += 1) {
    asked.push(act(started, random, taken).catch(() => undefined));
    if (random.chance(0.5)) log.end();
    for (let turn = random.below(8); turn > 0; turn -= 1) await Promise.resolve();
  }
  let isOver = false;
  const over = Promise.all(asked).then(() => (isOver = true));
  while (!isOver) {
    log.end();
    await Promise.resolve();
  }
  await over;
}

/** What the topics that are served look like, down to the settings of their logs. */
function topicsOf({ registry }: Started): unknown {
  const topics = [...registry.topics()].map(({ name, id, partitions, settings }) => ({
    name,
    id,
    settings: settings.log,
    logs: partitions.map(({ log }) => (log as FakeLog | null)?.config ?? null),
  }));
  return topics.sort((left, right) => (left.name < right.name ? -1 : 1));
}

async function entriesOf(metadata: LogMetadataStore): Promise<unknown> {
  const { entries } = await metadata.list('');
  return entries.toSorted((left, right) => (left.key < right.key ? -1 : 1));
}

it('T1 P4 memory and metadata log say the same, whichever writes the disk loses', async () => {
  let lost = 0;
  let kept = 0;
  let restarts = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = new SeededRandom(seed);
    const folder = { log: new ForgetfulLog(random), store: new FakeStore(), random };
    const taken: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      const started = await settleWith(folder.log, start(folder)).catch(() => null);
      if (started === null) continue;
      await requests(started, folder, taken);
      await settleWith(folder.log, started.registry.settled());
      const stored = await LogMetadataStore.open(folder.log, new ManualClock());
      expect(await entriesOf(started.metadata), `seed ${seed}`).toEqual(await entriesOf(stored));
      const again = await settleWith(folder.log, start(folder)).catch(() => null);
      // Where a deletion could not be finished, the start may lose that write, too.
      if (again === null) continue;
      expect(topicsOf(started), `seed ${seed}`).toEqual(topicsOf(again));
      restarts += 1;
    }
    expect(new Set(taken).size, `seed ${seed}`).toBe(taken.length);
    lost += folder.log.lost;
    kept += folder.log.batches.length;
  }
  // Otherwise nothing was put to the test.
  expect(lost).toBeGreaterThan(200);
  expect(kept).toBeGreaterThan(500);
  expect(restarts).toBeGreaterThan(80);
});

it('a term whose note the disk lost is not begun, nor ended', async () => {
  const random = new SeededRandom(1);
  const log = new ForgetfulLog(random);
  const begin = async (): Promise<BrokerTerm> => {
    const metadata = await LogMetadataStore.open(log, new ManualClock());
    const begun = BrokerTerm.begin(metadata, { brokerId: 0, random });
    return settleWith(log, begun);
  };
  let term: number | null = null;
  let isStopped = false;
  for (let count = 0; count < 200; count += 1) {
    const begun = await begin().catch(() => null);
    if (begun === null) continue;
    const expected = term === null ? 0 : term + (isStopped ? 0 : 1);
    expect(begun.term).toBe(expected);
    ({ term } = begun);
    isStopped = await settleWith(log, begun.end()).then(
      () => true,
      () => false,
    );
  }
  expect(log.lost).toBeGreaterThan(20);
});

async function settleWith<T>(log: ForgetfulLog, result: Promise<T>): Promise<T> {
  let isOver = false;
  const over = result.finally(() => (isOver = true)).catch(() => undefined);
  while (!isOver) {
    log.end();
    await Promise.resolve();
  }
  await over;
  return result;
}
