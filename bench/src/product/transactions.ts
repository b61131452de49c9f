/*
 * Producers that commit one small transaction after another, each with one record in every partition, through the
 * product's client and one connection.
 */
import { connect } from '@q/client';
import type { TransactionalProducer } from '@q/client';
import { recordValue } from '../ceiling/record-values.ts';
import { Latencies } from '../measure/latencies.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface ProductTransactionsOptions {
  readonly url: string;
  readonly topic: string;
  readonly producers: number;
  readonly partitions: number;
  readonly valueBytes: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

const { url, topic, producers, partitions, valueBytes, warmUpMs, measureMs } =
  workerOptions<ProductTransactionsOptions>();
const q = await connect(url);
await q.admin.createTopic(topic, { partitions });
const value = recordValue(valueBytes);
const places = Array.from({ length: partitions }, (_, partition) => partition);
const latencies = new Latencies();
const untilMs = performance.now() + warmUpMs + measureMs;

async function commitAgain(producer: TransactionalProducer): Promise<void> {
  while (performance.now() < untilMs) {
    const startMs = performance.now();
    await producer.transaction((tx) => Promise.all(places.map((partition) => tx.send(topic, { value, partition }))));
    latencies.record(performance.now() - startMs);
  }
}

const committing = Array.from({ length: producers }, (_, index) =>
  commitAgain(q.producer({ transactionalId: `bench-${index}` })),
);
await new Promise((resolve) => setTimeout(resolve, warmUpMs));
latencies.reset();
await report('measuring');
const startMs = performance.now();
await Promise.all(committing);
await report('result', {
  elapsedMs: performance.now() - startMs,
  percentiles: latencies.percentiles(),
  curve: latencies.curve(),
});
