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
 * Waits until the client says `measuring` and then `result`, and charges all processes for the time between the two.
 * The client stays until it is stopped, so that its last usage can be read.
 */
export async function measurePair<T>(options: {
  client: Worker;
  server: Costed;
  /** Of a case where one process produces and the client consumes. */
  producer?: Costed;
  timeoutMs: number;
}): Promise<MeasuredPair<T>> {
  const { client, server, producer, timeoutMs } = options;
  const costed: [string, Costed][] = [
    ['client', client],
    ['server', server],
    ...(producer === undefined ? [] : [['producer', producer] as [string, Costed]]),
  ];
  const usages = (): Promise<Usage[]> => Promise.all(costed.map(([, process]) => process.usage()));
  await client.next('measuring', timeoutMs);
  const before = await usages();
  const result = await client.next<T>('result', timeoutMs);
  const after = await usages();
  return { result, processes: costed.map(([name], index) => costBetween(name, before[index]!, after[index]!)) };
}

export interface CountedTime {
  readonly records: number;
  readonly elapsedMs: number;
}

export function rateSample(pair: MeasuredPair<CountedTime>): Sample {
  const { records, elapsedMs } = pair.result;
  return { value: (records * 1000) / elapsedMs, details: { records, elapsedMs }, processes: pair.processes };
}
