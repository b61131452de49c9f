/*
 * One record after another from places all over a partition, each found by its offset, and by its time: from the making
 * of a consumer to the first record. Record n has the time `fromMs + n`, so that what is found can be checked.
 */
import { connect } from '@q/client';
import type { StartPosition } from '@q/client';
import { Latencies } from '../measure/latencies.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface RandomReadsOptions {
  readonly url: string;
  readonly topic: string;
  readonly records: number;
  readonly fromMs: number;
  readonly reads: number;
  /** Further ones, before those that count. */
  readonly warmUpReads: number;
}

const prefetchBytes = 64 << 10;

const { url, topic, records, fromMs, reads, warmUpReads } = workerOptions<RandomReadsOptions>();
const q = await connect(url);

async function firstOffset(from: StartPosition): Promise<number> {
  // Nothing beyond the batch that holds the record: what is fetched ahead would still be coming when the next one is
  // looked for.
  await using consumer = q.consumer(topic, { from, prefetchBytes });
  for await (const { offset } of consumer) return offset;
  throw new Error('the consumer ended');
}

/** Spread over the partition and in no order; the same ones in every run (Lehmer). */
function* places(count: number): Generator<number> {
  let state = 20_261_124;
  for (let index = 0; index < count; index += 1) {
    state = (state * 48_271) % 0x7fff_ffff;
    yield state % records;
  }
}

async function measure(count: number, startAt: (place: number) => StartPosition): Promise<Latencies> {
  const latencies = new Latencies();
  for (const place of places(count)) {
    const startMs = performance.now();
    const offset = await firstOffset(startAt(place));
    latencies.record(performance.now() - startMs);
    if (offset !== place) throw new Error(`record ${offset} was found instead of ${place}`);
  }
  return latencies;
}

const byOffset = (place: number): StartPosition => ({ offset: place });
const byTime = (place: number): StartPosition => ({ timestampMs: fromMs + place });
await measure(warmUpReads, byOffset);
await measure(warmUpReads, byTime);
await report('measuring');
const found = { byOffset: await measure(reads, byOffset), byTime: await measure(reads, byTime) };
const told = (latencies: Latencies): object => ({ percentiles: latencies.percentiles(), curve: latencies.curve() });
await report('result', { byOffset: told(found.byOffset), byTime: told(found.byTime) });
