import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from '../measure/worker.ts';
import { readSamples } from '../measure/memory-samples.ts';
import type { MemorySample } from '../measure/memory-samples.ts';
import { buildPrograms } from '../product/build.ts';
import { startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { MixedLoadOptions } from '../product/mixed-load.ts';
import { growthOf } from './growth.ts';
import type { Growth } from './growth.ts';

type Field = 'rss' | 'heapUsed' | 'external';

/**
 * By how much each may rise after the warm-up, in bytes, however long it takes: what is left of caches that fill, and
 * of what a heap's layout does.
 */
const growthBytesMax: Readonly<Record<Field, number>> = { rss: 24e6, heapUsed: 6e6, external: 16e6 };
const everyMs = 2_000;
/** To fill what fills, and to end. */
const spareMs = 5 * 60_000;

export interface MixedRow {
  readonly process: 'broker' | 'client';
  readonly field: Field;
  readonly growth: Growth | null;
  readonly peakBytes: number;
  readonly verdict: 'flat' | 'grows' | 'too few samples';
}

export interface MixedReport {
  readonly at: string;
  readonly minutes: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly rows: readonly MixedRow[];
}

/** Broker and client under a low, mixed load for so many minutes, and whether the memory of one of them grows. */
export async function runMixedLoad({
  directory,
  minutes,
}: {
  directory: string;
  minutes: number;
}): Promise<MixedReport> {
  const at = new Date().toISOString();
  await buildPrograms();
  await using folder = await temporaryFolder(directory);
  const [dataDir, ofBroker, ofClient] = ['data', 'broker.jsonl', 'client.jsonl'].map((name) =>
    join(folder.path, name),
  ) as [string, string, string];
  await mkdir(dataDir);
  const watch = new URL('../measure/watch-memory.ts', import.meta.url);
  watch.search = String(new URLSearchParams({ file: ofBroker, everyMs: String(everyMs) }));
  await using broker = await startProductBroker(dataDir, { nodeFlags: ['--import', watch.href] });
  await using client = Worker.start('product/mixed-load.ts', {
    url: broker.url,
    minutes,
    samples: { file: ofClient, everyMs },
  } satisfies MixedLoadOptions);
  const counts = await client.next<Record<string, number>>('result', minutes * 60_000 + spareMs);
  const rows = [...rowsOf('broker', await readSamples(ofBroker)), ...rowsOf('client', await readSamples(ofClient))];
  return { at, minutes, counts, rows };
}

function rowsOf(process: MixedRow['process'], samples: readonly MemorySample[]): MixedRow[] {
  return (Object.keys(growthBytesMax) as Field[]).map((field) => {
    const growth = growthOf(samples.map((sample) => ({ atMs: sample.atMs, bytes: sample[field] })));
    const peakBytes = Math.max(0, ...samples.map((sample) => sample[field]));
    const verdict = growth === null ? 'too few samples' : growth.bytes > growthBytesMax[field] ? 'grows' : 'flat';
    return { process, field, growth, peakBytes, verdict };
  });
}

export function formatMixed({ minutes, counts, rows }: MixedReport): string {
  const said = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  const lines = rows.map(({ process, field, growth, peakBytes, verdict }) => {
    const numbers =
      growth === null
        ? []
        : [
            `typical ${megabytes(growth.typicalBytes)}`,
            `rises by ${megabytes(growth.bytes)} (${megabytes(growth.bytesPerHour)} an hour; allowed ${megabytes(growthBytesMax[field])})`,
          ];
    return `${process} ${field}: ${[...numbers, `peak ${megabytes(peakBytes)}`, verdict].join(', ')}`;
  });
  return `mixed load for ${minutes} min: ${said.join(', ')}\n${lines.join('\n')}\n`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
