import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Sample } from '../case.ts';
import type { CurvePoint, Percentiles } from '../measure/latencies.ts';
import { readUsage } from '../measure/process-usage.ts';
import { Worker } from '../measure/worker.ts';
import { costOf, startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { IdleConnectionsOptions } from '../product/idle-connections.ts';
import type { ProductSingleSendsOptions } from '../product/single-sends.ts';
import { cellsOf } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { measurePair } from './measured-pair.ts';

interface Cell {
  readonly connections: number;
  readonly quick?: boolean;
}

const cells: readonly Cell[] = [{ connections: 10 }, { connections: 1000, quick: true }, { connections: 10_000 }];
const connectionsMax = 20_000;
const settleMs = 1000;
const openTimeoutMs = 60_000;
const valueBytes = 100;

/**
 * What idle connections cost: memory of the broker for each, and the latency of another client that awaits one send
 * after another.
 */
export function growingConnectionsCases(context: RunContext): Case[] {
  return cellsOf(cells, context.profile).map(({ connections }) => {
    const words = `${connections.toLocaleString('en')} idle connections`;
    return {
      name: `an awaited send beside ${words}, median`,
      group: 'growth, connections',
      unit: 'ms',
      better: 'lower',
      rounds: context.profile.slowRounds,
      readings: [
        { name: `an awaited send beside ${words}, p99`, unit: 'ms', better: 'lower', of: 'p99Ms' },
        { name: `resident with ${words}`, unit: 'MB', better: 'lower', of: 'residentMB' },
        // Of a few, it would be what the first of them costs.
        ...(connections < 1000
          ? []
          : [{ name: `each of ${words}`, unit: 'KB' as const, better: 'lower' as const, of: 'kBPerConnection' }]),
      ],
      estimate: { prepareMs: 0, runMs: 3000 + connections / 2 + context.profile.warmUpMs + context.profile.measureMs },
      variants: [{ name: 'product', run: () => run(context, connections) }],
    };
  });
}

async function run(context: RunContext, connections: number): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  const flags = [
    '--limit',
    `connectionsMax=${connectionsMax}`,
    '--limit',
    `connectionsPerAddressMax=${connectionsMax}`,
  ];
  await using broker = await startProductBroker(folder.path, { flags });
  await sleep(settleMs);
  const before = await readUsage(broker.pid);
  await using idle = Worker.start('product/idle-connections.ts', {
    url: broker.url,
    connections,
  } satisfies IdleConnectionsOptions);
  await idle.next('open', openTimeoutMs);
  await sleep(settleMs);
  const after = await readUsage(broker.pid);
  const options = {
    url: broker.url,
    topic: 'bench',
    durability: 'fsync',
    callers: 1,
    partitions: 1,
    valueBytes,
    warmUpMs,
    measureMs,
  } as const;
  await using client = Worker.start('product/single-sends.ts', options satisfies ProductSingleSendsOptions);
  const { result, processes } = await measurePair<{ percentiles: Percentiles; curve: CurvePoint[] }>({
    client,
    server: costOf(broker),
    timeoutMs: runTimeoutMs,
  });
  const { percentiles, curve } = result;
  const residentMB = after.residentBytes / 1e6;
  const kBPerConnection = (after.residentBytes - before.residentBytes) / connections / 1e3;
  return {
    value: percentiles.p50Ms,
    details: { ...percentiles, residentMB, kBPerConnection },
    curves: { acknowledgement: curve },
    processes,
  };
}
