/* Consumers, each with a connection of its own, that all read the same topic from start to end, again and again. */
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface FanOutOptions {
  readonly url: string;
  readonly topic: string;
  readonly records: number;
  readonly consumers: number;
  readonly passes: number;
  /** Whether batches are lent to the consumers. */
  readonly lend: boolean;
}

const { url, topic, records, consumers, passes, lend } = workerOptions<FanOutOptions>();
const clients = await Promise.all(Array.from({ length: consumers }, () => connect(url)));

async function read(q: Q): Promise<number> {
  await using consumer = q.consumer(topic, { from: 'earliest' });
  let count = 0;
  let valueBytes = 0;
  for await (const batch of consumer.batches({ lend })) {
    for (const { value } of batch.records) {
      valueBytes += value?.length ?? 0;
      count += 1;
    }
    if (count >= records) break;
  }
  return valueBytes;
}

async function readAgain(times: number): Promise<number> {
  let valueBytes = 0;
  for (let pass = 0; pass < times; pass += 1) {
    for (const bytes of await Promise.all(clients.map(read))) valueBytes += bytes;
  }
  return valueBytes;
}

// Once before it counts: code gets compiled, buffers their size.
await readAgain(1);
await report('measuring');
const startMs = performance.now();
const valueBytes = await readAgain(passes);
await report('result', { valueBytes, elapsedMs: performance.now() - startMs });
