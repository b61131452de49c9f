/*
 * A bit of everything, at a low rate, for long: records of several sizes and codecs, a consumer of each kind,
 * connections and consumers that come and go, topics that are made and deleted. Says `result` when the time is over.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { recordValues } from '../ceiling/record-values.ts';
import { writeSamples } from '../measure/memory-samples.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface MixedLoadOptions {
  readonly url: string;
  readonly minutes: number;
  readonly samples: { readonly file: string; readonly everyMs: number };
}

const codecs = ['none', 'lz4', 'zstd', 'gzip', 'snappy'] as const;
const partitions = 4;
const cycleMs = 500;
const recordsPerCycle = 200;
/** Old segments go while new ones come. */
const config = { 'retention.bytes': 16 << 20, 'segment.bytes': 4 << 20 } as const;
/** More than the tail cache and the frames beside it hold: what fills slowly would look like growth. */
const filledBytes = 128 << 20;
const largeBytes = 100 * 1024;

const { url, minutes, samples } = workerOptions<MixedLoadOptions>();
writeSamples(samples.file, samples.everyMs);
const q = await connect(url);
const small = recordValues({ valueBytes: 300, isVaried: true }).map((value) => ({ value }));
const large = { value: Buffer.alloc(largeBytes, 'large ') };
for (const codec of codecs) await q.admin.createTopic(`mixed-${codec}`, { partitions, config });
const producers = codecs.map((codec) => ({ topic: `mixed-${codec}`, producer: q.producer({ compression: codec }) }));
const counts = { cycles: 0, sent: 0, read: 0, acknowledged: 0, visits: 0, topics: 0 };

async function fill(): Promise<void> {
  const { topic, producer } = producers[0]!;
  for (let bytes = 0; bytes < filledBytes; bytes += largeBytes)
    if (!producer.enqueue(topic, large)) await producer.ready();
  await producer.flush();
}

async function readPlain(): Promise<void> {
  for await (const batch of q.consumer('mixed-lz4', { from: 'latest' }).batches())
    for (const _ of batch.records) counts.read += 1;
}

async function readInGroup(): Promise<void> {
  for await (const message of q.consumer('mixed-zstd', { group: 'mixed' })) {
    message.ack();
    counts.acknowledged += 1;
  }
}

async function send(): Promise<void> {
  for (const { topic, producer } of producers) {
    const first = (counts.cycles * recordsPerCycle) % small.length;
    const sends = Array.from({ length: recordsPerCycle }, (_, index) =>
      producer.send(topic, small[(first + index) % small.length]!),
    );
    sends.push(producer.send(topic, large));
    await Promise.all(sends);
    counts.sent += sends.length;
  }
}

/** As somebody who comes by: a connection, a record, a look at what there is, and away. */
async function visit(): Promise<void> {
  const visitor: Q = await connect(url);
  await visitor.producer().send('mixed-none', small[0]!);
  for await (const _ of visitor.consumer('mixed-none', { from: 'earliest' })) break;
  await visitor.close();
  counts.visits += 1;
}

async function makeAndDelete(): Promise<void> {
  const topic = `passing-${counts.topics}`;
  await q.admin.createTopic(topic, { partitions });
  await q.producer().send(topic, small[0]!);
  await q.admin.deleteTopic(topic);
  counts.topics += 1;
}

async function work(): Promise<void> {
  const untilMs = performance.now() + minutes * 60_000;
  while (performance.now() < untilMs) {
    const nextMs = performance.now() + cycleMs;
    await send();
    if (counts.cycles % 10 === 0) await visit();
    if (counts.cycles % 60 === 0) await makeAndDelete();
    counts.cycles += 1;
    await sleep(Math.max(0, nextMs - performance.now()));
  }
}

await fill();
// Readers go on for as long as the process does; one that fails ends it.
await Promise.race([work(), readPlain(), readInGroup()]);
await report('result', counts);
