import { encodeBatch } from '@q/protocol';
import { defaultLogConfig, openMemoryStore } from '@q/storage';
import type { PartitionLog } from '@q/storage';
import { ManualClock, seededRandom } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BackupService } from '../../../src/services/backup/backup-service.ts';
import { internalTopic } from '../../../src/services/topics/internal-topic.ts';
import { SoleLeadership } from '../../../src/services/topics/leadership.ts';

const topicId = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';

async function setUp(): Promise<{ service: BackupService; clock: ManualClock; log: PartitionLog; lines: object[] }> {
  const clock = new ManualClock();
  const store = await openMemoryStore({ clock });
  onTestFinished(() => store.close());
  const log = await store.open({ topic: 'orders', topicId, partition: 0 }, defaultLogConfig);
  await log.append(encodeBatch([{ value: 'x'.repeat(2_000_000) }]), { leaderEpoch: 0 }).durable;
  const leadership = new SoleLeadership({ brokerId: 1, term: 0 });
  const topic = internalTopic({ log, brokerDefaults: new Map(), leadership });
  const lines: object[] = [];
  const note = (fields: object): void => void lines.push(fields);
  const service = new BackupService({
    store,
    registry: { topics: () => [topic].values(), byId: () => topic },
    identity: { brokerId: 1, clusterId: 'c', software: 'q', softwareVersion: '0', term: 0 },
    clock,
    random: { next: () => 0.5, bytes: (count) => seededRandom(1).bytes(count) },
    limits: { backupStallMs: 1_000 },
    logger: { info: note, warn: note, error: note } as never,
  });
  return { service, clock, log, lines };
}

describe('the backup service', () => {
  it('O2: makes one backup at a time, and the next when it was read to its end', async () => {
    const { service, lines } = await setUp();
    const { chunks } = await service.begin();
    await expect(service.begin()).rejects.toMatchObject({ code: 'BROKER_BUSY' });
    let bytes = 0;
    for await (const chunk of chunks) bytes += chunk.length;
    expect(bytes).toBeGreaterThan(2_000_000);
    expect(lines).toEqual([
      expect.objectContaining({ event: 'backup.started' }),
      expect.objectContaining({ event: 'backup.ended', outcome: 'finished', bytes }),
    ]);
    await (await service.begin()).chunks.return();
  });

  it('O2: lets go of what nobody reads, and of what is read too slowly', async () => {
    const { service, clock } = await setUp();
    const { chunks } = await service.begin();
    await clock.advance(1_001);
    // The next one is made, and whoever comes back to the first is told.
    await (await service.begin()).chunks.return();
    const reading = (async () => {
      for await (const chunk of chunks) void chunk;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT' });
  });
});
