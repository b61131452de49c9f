import { StorageError } from '@q/storage';
import { ManualClock, seededRandom } from '@q/testkit';
import { expect, it } from 'vitest';
import { defaultLimits } from '../../../src/limits.ts';
import { silentLogger } from '../../../src/logger.ts';
import { LogMetadataStore } from '../../../src/metadata/log-metadata-store.ts';
import { SoleLeadership } from '../../../src/services/topics/leadership.ts';
import { RecordDeletion } from '../../../src/services/topics/record-deletion.ts';
import { TopicChanges } from '../../../src/services/topics/topic-changes.ts';
import { TopicRegistry } from '../../../src/services/topics/topic-registry.ts';
import type { FakeLog } from '../../fakes/fake-log.ts';
import { FakeLog as MetadataLog } from '../../fakes/fake-log.ts';
import { FakeStore } from '../../fakes/fake-store.ts';

it('T1 a deletion up to where the partition begins already reaches the log, which may have files left to remove', async () => {
  const clock = new ManualClock();
  const metadata = await LogMetadataStore.open(new MetadataLog(), clock);
  const common = { metadata, brokerDefaults: new Map<string, string>(), term: 0 };
  const leadership = new SoleLeadership({ brokerId: 1, term: 0 });
  const store = new FakeStore();
  const registry = new TopicRegistry({
    ...common,
    leadership,
    store,
    logger: silentLogger,
    logOpensMax: 2,
    clock,
    retryPauseMsMin: 1,
    retryPauseMsMax: 1,
  });
  await registry.start();
  const changes = new TopicChanges({ ...common, registry, limits: defaultLimits, clock, random: seededRandom(1) });
  await changes.create({ name: 'a', partitions: 1, replicas: 1, configs: [], validateOnly: false });
  const log = registry.byName('a')!.partitions[0]!.log as FakeLog;
  Object.assign(log, { logStartOffset: 5, highWatermark: 9 });
  const deletion = new RecordDeletion({ registry, clock, limits: defaultLimits, logger: silentLogger });
  const before = (offset: number | 'end'): Promise<object[]> =>
    deletion.delete('a', [{ partition: 0, before: offset }]);
  expect(await before(5)).toEqual([{ partition: 0, error: null, logStartOffset: 5 }]);
  expect(await before(3)).toEqual([{ partition: 0, error: null, logStartOffset: 5 }]);
  expect(await before('end')).toEqual([{ partition: 0, error: null, logStartOffset: 9 }]);
  expect(log.deletions).toEqual([5, 3, 9]);
  log.deleteBefore = () => Promise.reject(new StorageError('STORAGE_FAILED', 'EIO'));
  expect(await before(5)).toMatchObject([{ error: { code: 'STORAGE_FAILED' }, logStartOffset: 9 }]);
  expect(await before(10)).toMatchObject([{ error: { code: 'OFFSET_OUT_OF_RANGE' } }]);

  // Many wishes do not hold up everybody, and there may not be more of them than partitions.
  let turns = 0;
  clock.defer = (run) => {
    turns += 1;
    setImmediate(run);
  };
  const many = await deletion.delete(
    'a',
    Array.from({ length: 1000 }, () => ({ partition: 1, before: 0 })),
  );
  expect(many).toHaveLength(1000);
  expect(turns).toBeGreaterThan(10);
  const tooMany = Array.from({ length: defaultLimits.partitionsMax + 1 }, () => ({ partition: 0, before: 0 }));
  await expect(deletion.delete('a', tooMany)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});
