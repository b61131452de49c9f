/*
 * Load for the product by count, as the peers' tools work: the first fifth of the records warms up.
 *
 *   node q-load.ts produce|consume|single URL TOPIC RECORDS BYTES
 */
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { Latencies } from '../measure/latencies.ts';
import { ReadMeter } from '../measure/read-meter.ts';

interface Work {
  readonly q: Q;
  readonly topic: string;
  readonly records: number;
  readonly valueBytes: number;
}

const warmUpShare = 0.2;

async function produce({ q, topic, records, valueBytes }: Work): Promise<string> {
  const producer = q.producer();
  const record = { value: Buffer.alloc(valueBytes, 'x') };
  const send = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      // False: it was taken, and is to be the last one for now.
      if (!producer.enqueue(topic, record)) await producer.ready();
    }
    await producer.flush();
  };
  const warmUp = Math.floor(records * warmUpShare);
  await send(warmUp);
  const startMs = performance.now();
  await send(records - warmUp);
  return `records=${records - warmUp} elapsedMs=${performance.now() - startMs}`;
}

async function consume({ q, topic, records, valueBytes }: Work): Promise<string> {
  const meter = new ReadMeter(records, () => undefined);
  let readBytes = 0;
  for await (const batch of q.consumer(topic, { from: 'earliest' }).batches({ lend: true })) {
    let count = 0;
    for (const { value } of batch.records) {
      readBytes += value?.length ?? 0;
      count += 1;
    }
    meter.add(count);
    if (meter.isDone) break;
  }
  if (readBytes !== records * valueBytes) throw new Error(`${readBytes} bytes were read of ${records} records`);
  const result = meter.result();
  return `records=${result.records} elapsedMs=${result.elapsedMs}`;
}

async function single({ q, topic, records, valueBytes }: Work): Promise<string> {
  const producer = q.producer();
  const record = { value: Buffer.alloc(valueBytes, 'x') };
  const latencies = new Latencies();
  const warmUp = Math.floor(records * warmUpShare);
  let measuredFromMs = 0;
  for (let index = 0; index < records; index += 1) {
    const startMs = performance.now();
    if (index === warmUp) {
      latencies.reset();
      measuredFromMs = startMs;
    }
    await producer.send(topic, record);
    latencies.record(performance.now() - startMs);
  }
  const { p50Ms, p99Ms } = latencies.percentiles();
  return `records=${records - warmUp} elapsedMs=${performance.now() - measuredFromMs} p50Ms=${p50Ms} p99Ms=${p99Ms}`;
}

const works: Readonly<Record<string, (work: Work) => Promise<string>>> = { produce, consume, single };
const [name, url, topic, records, valueBytes] = process.argv.slice(2);
const q = await connect(url!);
process.stdout.write(
  `${await works[name!]!({ q, topic: topic!, records: Number(records), valueBytes: Number(valueBytes) })}\n`,
);
await q.close();
