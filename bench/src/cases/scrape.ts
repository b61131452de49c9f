import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case, Sample } from '../case.ts';
import { readUsage } from '../measure/process-usage.ts';
import { spreadOf } from '../measure/spread.ts';
import { Worker } from '../measure/worker.ts';
import { startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { WideTopicOptions } from '../product/wide-topic.ts';
import { cellsOf } from '../profile.ts';
import type { RunContext } from '../run-context.ts';

const cells: readonly { readonly partitions: number; readonly quick?: boolean }[] = [
  { partitions: 1000 },
  { partitions: 10_000 },
];
const warmUps = 30;
const scrapes = 60;
const startTimeoutMs = 120_000;

/** A scrape of `/metrics`, as a client sees it, and the longest turn of the broker's event loop meanwhile. */
export function scrapeCases(context: RunContext): Case[] {
  return cellsOf(cells, context.profile).map(({ partitions }) => {
    const words = `${partitions.toLocaleString('en')} partitions`;
    return {
      name: `scrape, ${words}`,
      group: 'growth, partitions',
      unit: 'ms',
      better: 'lower',
      rounds: context.profile.slowRounds,
      readings: [
        { name: `longest turn while scraping, ${words}`, unit: 'ms', better: 'lower', of: 'turnMs' },
        { name: `processor time of a scrape, ${words}`, unit: 'ms', better: 'lower', of: 'cpuMs' },
      ],
      estimate: { prepareMs: 0, runMs: 4000 + 2 * partitions },
      variants: [{ name: 'product', run: () => scrape(context.directory, partitions) }],
    };
  });
}

async function scrape(parent: string, partitions: number): Promise<Sample> {
  await using folder = await temporaryFolder(parent);
  const turns = join(folder.path, 'turns');
  const watch = new URL('../measure/watch-loop.ts', import.meta.url);
  watch.searchParams.set('file', turns);
  await using broker = await startProductBroker(join(folder.path, 'data'), {
    startTimeoutMs,
    nodeFlags: ['--import', watch.href],
  });
  await using client = Worker.start('product/wide-topic.ts', {
    url: broker.url,
    topic: 'wide',
    partitions,
  } satisfies WideTopicOptions);
  await client.next('result', startTimeoutMs);
  for (let count = 0; count < warmUps; count += 1) await readPage(broker.adminUrl);
  const turnsBefore = (await readTurns(turns)).length;
  const before = await readUsage(broker.pid);
  const times: number[] = [];
  for (let count = 0; count < scrapes; count += 1) {
    const startMs = performance.now();
    await readPage(broker.adminUrl);
    times.push(performance.now() - startMs);
  }
  const after = await readUsage(broker.pid);
  const turnsMeanwhile = (await readTurns(turns)).slice(turnsBefore);
  await broker.stop();
  return {
    value: spreadOf(times).median,
    details: {
      turnMs: Math.max(0, ...turnsMeanwhile),
      cpuMs: ((after.cpuSeconds - before.cpuSeconds) * 1000) / scrapes,
    },
  };
}

async function readPage(adminUrl: string): Promise<void> {
  const response = await fetch(`${adminUrl}/metrics`);
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`);
  await response.arrayBuffer();
}

async function readTurns(file: string): Promise<number[]> {
  return (await readFile(file, 'utf8')).trimEnd().split('\n').map(Number);
}
