/*
 * The product's producers, each with a connection of its own: `enqueue` until the buffer is full, `ready`, again;
 * `flush` at the end, so that every record that counts is acknowledged. Default settings but for what the case names.
 */
import type { Producer, ProducerOptions } from '@q/client';
import { recordValues } from '../ceiling/record-values.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';
import { comeIn } from './way-in.ts';
import type { WayIn } from './way-in.ts';

export interface ProductProduceOptions {
  readonly url: string;
  readonly wayIn?: WayIn;
  readonly topic: string;
  readonly partitions: number;
  readonly producers: number;
  readonly durability: 'fsync' | 'interval' | 'os';
  /** Further settings of the topic. With some, `ready` is said once it is there. */
  readonly topicConfig?: Readonly<Record<string, string | number>>;
  readonly codec: NonNullable<ProducerOptions['compression']>;
  readonly valueBytes: number;
  readonly isVaried: boolean;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Asking for the time costs more than buffering a record, so it is asked once for this many bytes. */
const bytesPerLook = 32 << 10;

const options = workerOptions<ProductProduceOptions>();
const recordsPerLook = Math.max(1, Math.floor(bytesPerLook / options.valueBytes));
const clients = await Promise.all(Array.from({ length: options.producers }, () => comeIn(options)));
await clients[0]!.admin.createTopic(options.topic, {
  partitions: options.partitions,
  config: { durability: options.durability, ...options.topicConfig },
});
if (options.topicConfig !== undefined) await report('ready');
const producers = clients.map((q) => q.producer({ compression: options.codec }));
const records = recordValues(options).map((value) => ({ value }));

async function sendThrough(producer: Producer, durationMs: number): Promise<number> {
  const untilMs = performance.now() + durationMs;
  let sent = 0;
  while (performance.now() < untilMs) {
    for (let count = 0; count < recordsPerLook; count += 1) {
      // False: it was taken, and is to be the last one for now.
      if (!producer.enqueue(options.topic, records[sent % records.length]!)) await producer.ready();
      sent += 1;
    }
  }
  await producer.flush();
  return sent;
}

async function sendFor(durationMs: number): Promise<number> {
  const counts = await Promise.all(producers.map((producer) => sendThrough(producer, durationMs)));
  return counts.reduce((sum, count) => sum + count, 0);
}

await sendFor(options.warmUpMs);
await report('measuring');
const startMs = performance.now();
const sent = await sendFor(options.measureMs);
await report('result', { records: sent, elapsedMs: performance.now() - startMs });
