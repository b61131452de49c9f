import type { Sample } from '../case.ts';
import { costBetween } from '../measure/process-usage.ts';
import type { ProcessCost, Usage } from '../measure/process-usage.ts';
import type { Worker } from '../measure/worker.ts';

/** A process whose cost is wanted. */
export interface Costed {
  usage(): Promise<Usage>;
}

export interface MeasuredPair<T> {
  readonly result: T;
  readonly processes: readonly ProcessCost[];
}

/**
 * Waits until the client says `measuring` and then `result`, and charges both processes for the time between the two.
 * The client stays until it is stopped, so that its last usage can be read.
 */
export async function measurePair<T>(options: {
  client: Worker;
  server: Costed;
  timeoutMs: number;
}): Promise<MeasuredPair<T>> {
  const { client, server, timeoutMs } = options;
  await client.next('measuring', timeoutMs);
  const before = await Promise.all([client.usage(), server.usage()]);
  const result = await client.next<T>('result', timeoutMs);
  const after = await Promise.all([client.usage(), server.usage()]);
  return { result, processes: [costBetween('client', before[0], after[0]), costBetween('server', before[1], after[1])] };
}

export interface CountedTime {
  readonly records: number;
  readonly elapsedMs: number;
}

export function rateSample(pair: MeasuredPair<CountedTime>): Sample {
  const { records, elapsedMs } = pair.result;
  return { value: (records * 1000) / elapsedMs, details: { records, elapsedMs }, processes: pair.processes };
}
