// examples/one-log.ts
// One partition's log in a folder: append, wait until it is durable, read, close.
import { encodeBatch, iterateBatches, iterateRecords } from '@q/protocol';
import { defaultLogConfig, openDirectoryStore } from '@q/storage';

const store = await openDirectoryStore({
  directory: process.argv[2] ?? './data-example',
  // The disk failed and what it holds is unknown. Nothing is acknowledged any more: end the process.
  onFatal: (error) => {
    console.error(error.message);
    process.exit(1);
  },
});

const orders = { topic: 'orders', topicId: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff', partition: 0 };
const log = await store.open(orders, { ...defaultLogConfig, segmentBytes: 64 << 20, retentionMs: 3_600_000 });

const batch = encodeBatch(
  [
    { key: 'ada', value: 'one book' },
    { key: 'alan', value: 'two machines' },
  ],
  { codec: 'zstd' },
);
const append = log.append(batch, { leaderEpoch: 0 }); // the log owns `batch` now; offsets are assigned already
await append.durable; // synced
console.log(`offsets ${append.baseOffset} to ${append.lastOffset} are on the disk`);

const read = await log.read({ offset: append.baseOffset, maxBytes: 1 << 20, upTo: 'highWatermark' });
for (const buffer of read.buffers) {
  for (const stored of iterateBatches(buffer)) {
    for (const record of iterateRecords(stored))
      console.log(`${record.offset}: ${record.keyText()} = ${record.valueText()}`);
  }
}

await store.maintain(); // retention, compaction, checkpoints: every few seconds
await store.close(); // a clean shutdown: the next start reads next to nothing
