import type { Case, Sample } from '../case.ts';
import { readUsage } from '../measure/process-usage.ts';
import { Worker } from '../measure/worker.ts';
import { startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { FanOutOptions } from '../product/fan-out.ts';
import type { RunContext } from '../run-context.ts';
import { measurePair } from './measured-pair.ts';
import type { CountedTime } from './measured-pair.ts';

const valueBytes = 100;
/** Well within what a broker keeps of the newest records in memory (64 MiB). */
const topicBytes = 32 << 20;

interface FanOutResult extends CountedTime {
  /** Delivered to all consumers together. */
  readonly bytes: number;
}

/** What a delivered byte costs the broker, with one consumer and with ten. The clients' cost does not count. */
export function fanOutCases(context: RunContext): Case[] {
  return [1, 10].map((consumers) => ({
    name: `${consumers} consumer${consumers === 1 ? '' : 's'} at the tail, 100 B: processor time of the broker`,
    group: 'fan-out',
    unit: 'ns/KiB',
    better: 'lower',
    variants: [{ name: 'product', run: () => runFanOut(context, consumers) }],
  }));
}

async function runFanOut(context: RunContext, consumers: number): Promise<Sample> {
  // The same bytes are delivered in all cases: processor time is known to a hundredth of a second only.
  const passes = Math.max(1, Math.round((4 * context.profile.consumeBytes) / topicBytes / consumers));
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  await using client = Worker.start('product/fan-out.ts', { url: broker.url, consumers, valueBytes, records: Math.floor(topicBytes / valueBytes), passes } satisfies FanOutOptions);
  const { result, processes } = await measurePair<FanOutResult>({ client, server: { usage: () => readUsage(broker.pid) }, timeoutMs: context.profile.runTimeoutMs });
  const { cpuSeconds } = processes.find((process) => process.name === 'server')!;
  return { value: (cpuSeconds * 1e9 * 1024) / result.bytes, details: { ...result, recordsPerSecond: (result.records * 1000) / result.elapsedMs }, processes };
}
