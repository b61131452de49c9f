import { batchLastOffset, iterateBatches, iterateRecords } from '@q/protocol';
import { openDirectoryStore } from '@q/storage';
import type { LogConfig, PartitionLog } from '@q/storage';
import { findViolations, formatLog, ProcessClock } from '@q/testkit';
import type { FaultyFileSystem, ReadRecord } from '@q/testkit';
import { idOf } from './record-identity.ts';
import { anewName, logConfigOf, simulatedTopics } from './simulated-topics.ts';
import type { SimulatedTopic } from './simulated-topics.ts';
import type { World } from './world.ts';

/** Recovery keeps a block of it at once, in each log. */
const keptBytes = 64 << 10;

/**
 * Opens every log on a disk that a power cut might have left, reads all of it, and compares that with the history so
 * far. It takes no time on the world's clock.
 */
export async function checkImage(world: World, disk: FaultyFileSystem): Promise<void> {
  const topics = simulatedTopics(world.plan);
  // Recovery needs no room; but to keep what it cuts, it needs a little of what is kept for that.
  const hasReserve =
    (await disk.readDirectory('/data')).includes('.reserve')
    && (await disk.stat('/data/.reserve')).sizeBytes >= keptBytes;
  disk.capacityBytes = hasReserve && world.random.chance(0.5) ? disk.usedBytes : Number.POSITIVE_INFINITY;
  const fatal: string[] = [];
  const store = await openDirectoryStore({
    directory: '/data',
    fileSystem: disk,
    clock: new ProcessClock(world.clock),
    limits: world.plan.storageLimits,
    onFatal: (error) => fatal.push(error.message),
  });
  // An operator may have changed the policy since: what compaction left must be understood all the same.
  const isPolicyChanged = world.random.chance(0.3);
  const records: ReadRecord[] = [];
  const starts = new Map<string, number>();
  const seen = new Set<string>();
  for (const id of await store.list()) {
    const topic = topics.find(({ name }) => name === id.topic);
    if (topic === undefined) continue;
    const log = await store.open(
      id,
      isPolicyChanged ? withoutCompaction(topic, world) : logConfigOf(topic, world.plan),
    );
    const name = formatLog(id.topic, id.partition);
    seen.add(name);
    starts.set(name, log.logStartOffset);
    const { damage } = log.describe();
    if (damage !== null) world.problem(`after a power cut ${name} is set aside: ${damage.reason}`);
    else {
      const found = await readLog(log, name);
      if (topic.kind !== 'loose') records.push(...found);
    }
  }
  if (fatal.length > 0) world.problem(`recovery failed after a power cut: ${fatal.join()}`);
  const compacted = new Set(topics.filter(({ kind }) => kind === 'compacted').map(({ name }) => formatLog(name, 0)));
  const deleted = new Set(
    [...world.history.acknowledgements()].map(([, { log }]) => log).filter((log) => log.startsWith(anewName)),
  );
  const violations = findViolations(world.history, { records, starts, compacted, deleted });
  for (const violation of violations) world.problem(`in an image of a power cut: ${JSON.stringify(violation)}`);
}

function withoutCompaction(topic: SimulatedTopic, { plan }: World): LogConfig {
  return { ...logConfigOf(topic, plan), cleanupPolicy: { delete: true, compact: false }, retentionMs: -1 };
}

async function readLog(log: PartitionLog, name: string): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  for (let offset = log.logStartOffset; offset < log.highWatermark;) {
    const read = await log.read({ offset, maxBytes: 1 << 20, upTo: 'highWatermark' });
    if (read.bytes === 0) break;
    for (const buffer of read.buffers) {
      for (const batch of iterateBatches(buffer)) {
        for (const record of iterateRecords(batch)) {
          if (record.offset >= log.logStartOffset)
            records.push({ log: name, offset: record.offset, value: idOf(record.headers), key: record.keyText() });
        }
        offset = batchLastOffset(batch) + 1;
      }
    }
  }
  return records;
}
