import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Sample } from '../case.ts';
import { readUsage } from '../measure/process-usage.ts';
import { Worker } from '../measure/worker.ts';
import { startProductBroker } from '../product/broker.ts';
import type { WideTopicOptions } from '../product/wide-topic.ts';
import { cellsOf } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { KeptFolder } from './kept-folder.ts';

interface Cell {
  readonly partitions: number;
  readonly quick?: boolean;
}

const cells: readonly Cell[] = [{ partitions: 10 }, { partitions: 1000, quick: true }, { partitions: 10_000 }];
/** Long enough for the garbage of the start to be collected. */
const idleMs = 3000;
const startTimeoutMs = 120_000;

/**
 * What each partition costs a broker that starts after an orderly stop. Each holds one record, so none is spared the
 * look into its log.
 */
export function growingPartitionsCases(context: RunContext): Case[] {
  return cellsOf(cells, context.profile).map(({ partitions }) => {
    const folder = new KeptFolder(context.directory);
    const words = `${partitions.toLocaleString('en')} partitions`;
    return {
      name: `start to ready, ${words}`,
      group: 'growth, partitions',
      unit: 'ms',
      better: 'lower',
      rounds: context.profile.slowRounds,
      readings: [
        { name: `processor time of the start, ${words}`, unit: 'ms', better: 'lower', of: 'startCpuMs' },
        { name: `resident after the start, ${words}`, unit: 'MB', better: 'lower', of: 'residentMB' },
      ],
      estimate: { prepareMs: 1500 + 1.5 * partitions, runMs: 200 + idleMs + partitions },
      prepare: async () => makeTopic(await folder.make(), partitions),
      cleanUp: () => folder.remove(),
      variants: [{ name: 'product', run: () => start(folder.path) }],
    };
  });
}

async function makeTopic(directory: string, partitions: number): Promise<void> {
  await using broker = await startProductBroker(directory);
  await using client = Worker.start('product/wide-topic.ts', {
    url: broker.url,
    topic: 'wide',
    partitions,
  } satisfies WideTopicOptions);
  await client.next('result', startTimeoutMs);
  await broker.stop();
}

async function start(directory: string): Promise<Sample> {
  const startMs = performance.now();
  await using broker = await startProductBroker(directory, { startTimeoutMs });
  const readyMs = performance.now() - startMs;
  const { cpuSeconds } = await readUsage(broker.pid);
  await sleep(idleMs);
  const usage = await readUsage(broker.pid);
  await broker.stop();
  return {
    value: readyMs,
    details: {
      residentMB: usage.residentBytes / 1e6,
      peakMB: usage.residentPeakBytes / 1e6,
      startCpuMs: cpuSeconds * 1000,
    },
  };
}
