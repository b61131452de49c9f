/*
 * Consumers that all read the same topic, each over a connection of its own, from its first record to its last, again and
 * again. The topic fits into what the broker keeps of the newest records in memory: this is reading at the tail.
 */
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { recordValue } from '../ceiling/full-batch.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface FanOutOptions {
  readonly url: string;
  readonly consumers: number;
  readonly valueBytes: number;
  readonly records: number;
  /** How often each consumer reads all of it, after once to warm up. */
  readonly passes: number;
}

const options = workerOptions<FanOutOptions>();
const topic = 'bench';
const clients = await Promise.all(Array.from({ length: options.consumers }, () => connect(options.url)));
await fill(clients[0]!);
await readAll(1);
await report('measuring');
const startMs = performance.now();
const bytes = await readAll(options.passes);
await report('result', { records: options.records * options.consumers * options.passes, bytes, elapsedMs: performance.now() - startMs });

async function fill(q: Q): Promise<void> {
  await q.admin.createTopic(topic, { partitions: 1, config: { durability: 'os' } });
  const producer = q.producer();
  const record = { value: recordValue(options.valueBytes) };
  for (let count = 0; count < options.records; count += 1) if (!producer.enqueue(topic, record)) await producer.ready();
  await producer.flush();
}

/** Bytes of batches that came to all consumers together. */
async function readAll(passes: number): Promise<number> {
  const counts = await Promise.all(clients.map((q) => readPasses(q, passes)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function readPasses(q: Q, passes: number): Promise<number> {
  let read = 0;
  for (let pass = 0; pass < passes; pass += 1) {
    let records = 0;
    for await (const batch of q.consumer(topic, { from: 'earliest', stopAtEnd: true }).batches()) {
      read += batch.sizeBytes;
      records += batch.recordsCount;
    }
    if (records !== options.records) throw new Error(`${records} records came instead of ${options.records}`);
  }
  return read;
}
