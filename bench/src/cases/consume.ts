import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CodecName } from '@q/protocol';
import type { BrokerProcess } from '@q/testkit';
import type { CeilingConsumeOptions } from '../ceiling/consume.ts';
import type { ReadFilesOptions } from '../ceiling/read-files.ts';
import type { CeilingServeOptions } from '../ceiling/serve.ts';
import type { Case, Sample } from '../case.ts';
import { forgetPages } from '../measure/page-cache.ts';
import { sizeName } from './size-name.ts';
import { Worker } from '../measure/worker.ts';
import { costOf, startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { ProductConsumeOptions } from '../product/consume.ts';
import { cellsOf, load } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { fill, fillFolder } from './filled-topic.ts';
import type { Filling } from './filled-topic.ts';
import { KeptFolder } from './kept-folder.ts';
import { measurePair, rateSample } from './measured-pair.ts';
import type { CountedTime, MeasuredPair } from './measured-pair.ts';

interface ReadResult extends CountedTime {
  /** Of all records, those of the warm-up included. */
  readonly valueBytes: number;
}

/**
 * - `tail`: what was written last, which the broker's tail cache holds, read again and again;
 * - `warm`: files that another broker wrote and the page cache holds;
 * - `cold`: the same files after the page cache was told to forget them.
 */
type Source = 'tail' | 'warm' | 'cold';

interface Shape {
  readonly valueBytes: number;
  readonly partitions: number;
  readonly by: ProductConsumeOptions['by'];
  readonly source: Source;
  readonly codec: CodecName;
}

type Cell = Partial<Shape> & { readonly quick?: boolean };

const usual: Shape = { valueBytes: 100, partitions: 1, by: 'batch', source: 'warm', codec: 'none' };

/** One thing is changed at a time, from the usual shape with one and with twelve partitions. */
const cells: readonly Cell[] = [
  { quick: true },
  { source: 'tail', quick: true },
  { source: 'cold', quick: true },
  { by: 'lent batch' },
  { by: 'lent batch', source: 'cold' },
  { by: 'message' },
  { valueBytes: 16 },
  { valueBytes: 1024 },
  { valueBytes: 1024, by: 'lent batch' },
  { valueBytes: 1024, by: 'lent batch', source: 'cold' },
  { valueBytes: 1024, by: 'message' },
  { valueBytes: 100 * 1024 },
  { valueBytes: 100 * 1024, by: 'lent batch' },
  { valueBytes: 100 * 1024, by: 'lent batch', source: 'cold' },
  { partitions: 12 },
  { partitions: 12, source: 'tail' },
  { partitions: 12, source: 'cold' },
  { partitions: 12, valueBytes: 1024, by: 'lent batch', source: 'cold' },
  { partitions: 100 },
  { partitions: 1000 },
  { partitions: 12, codec: 'lz4' },
  { partitions: 12, codec: 'zstd' },
];

const topic = 'bench';
/** What a broker reads to answer requests, and a file now and then, is far below. */
const tailReadShareMax = 0.05;
/** About, for the estimate. */
const fillBytesPerMs = 150_000;
const readBytesPerMs = 250_000;

/** Records read per second, from the first to the last. */
export function consumeCases(context: RunContext): Case[] {
  return cellsOf(cells, context.profile).map((cell) => new ConsumeCase(context, cell).case());
}

class ConsumeCase {
  readonly #context: RunContext;
  readonly #shape: Shape;
  /** How much there is to read, once. */
  readonly #records: number;
  readonly #passes: number;
  readonly #folder: KeptFolder;

  constructor(context: RunContext, { quick: _, ...changes }: Cell) {
    this.#context = context;
    this.#shape = { ...usual, ...changes };
    const { source, valueBytes } = this.#shape;
    const { consumeBytes } = context.profile;
    const onceBytes = source === 'tail' ? load.tailBytes : consumeBytes;
    this.#records = Math.floor(onceBytes / valueBytes);
    this.#passes = Math.ceil(consumeBytes / onceBytes);
    this.#folder = new KeptFolder(context.directory);
  }

  case(): Case {
    const { valueBytes, partitions, by, source, codec } = this.#shape;
    const isCold = source === 'cold';
    const bytes = this.#context.profile.consumeBytes;
    return {
      name: [
        sizeName(valueBytes),
        `${partitions} part.`,
        `by ${by}`,
        source,
        ...(codec === 'none' ? [] : [codec]),
      ].join(', '),
      group: 'consume',
      unit: 'records/s',
      better: 'higher',
      estimate: { prepareMs: 1000 + bytes / fillBytesPerMs, runMs: 700 + bytes / readBytesPerMs },
      prepare: async () => {
        const path = await this.#folder.make();
        if (source !== 'tail') await fillFolder(path, this.#filling);
      },
      cleanUp: () => this.#folder.remove(),
      variants: [
        { name: 'ceiling', run: () => this.#runCeiling() },
        ...(isCold ? [{ name: 'files' as const, run: () => this.#readFiles() }] : []),
        { name: 'product', run: () => (source === 'tail' ? this.#runTail() : this.#runFiles()) },
      ],
    };
  }

  get #filling(): Filling {
    const { partitions, valueBytes, codec } = this.#shape;
    const shape = { valueBytes, isVaried: codec !== 'none', codec };
    return { topic, partitions, shape, records: this.#records, durability: 'os', fromMs: null, isNew: true };
  }

  get #isCold(): boolean {
    return this.#shape.source === 'cold';
  }

  async #runCeiling(): Promise<Sample> {
    const { runTimeoutMs } = this.#context.profile;
    await using folder = await temporaryFolder(this.#context.directory);
    const { valueBytes, codec, partitions } = this.#shape;
    await using server = Worker.start('ceiling/serve.ts', {
      directory: folder.path,
      partitions,
      shape: { valueBytes, isVaried: codec !== 'none', codec, batchBytesMax: load.batchBytesMax },
      records: this.#records * this.#passes,
      isCold: this.#isCold,
    } satisfies CeilingServeOptions);
    await server.next('written', runTimeoutMs);
    if (this.#isCold) await forgetPages(folder.path);
    server.go();
    const served = await server.next<CeilingConsumeOptions>('ready', runTimeoutMs);
    await using client = Worker.start('ceiling/consume.ts', served);
    await client.next('reading', runTimeoutMs);
    return checkedSample(
      await measurePair<ReadResult>({ client, server, timeoutMs: runTimeoutMs }),
      served.records * valueBytes,
    );
  }

  /** What is read from the disk, and nothing else done with it. */
  async #readFiles(): Promise<Sample> {
    const { runTimeoutMs } = this.#context.profile;
    await forgetPages(this.#folder.path);
    await using reader = Worker.start('ceiling/read-files.ts', {
      paths: await logFiles(this.#folder.path),
    } satisfies ReadFilesOptions);
    await reader.next('measuring', runTimeoutMs);
    const { bytes, elapsedMs } = await reader.next<{ bytes: number; elapsedMs: number }>('result', runTimeoutMs);
    if (bytes < this.#records * this.#shape.valueBytes)
      throw new Error(`the files hold ${bytes} bytes, which is less than their records`);
    return { value: (this.#records * 1000) / elapsedMs, details: { bytes, elapsedMs } };
  }

  async #runFiles(): Promise<Sample> {
    await using broker = await startProductBroker(this.#folder.path);
    if (this.#isCold) await forgetPages(this.#folder.path);
    const sample = await this.#consume(broker);
    // Stopped and not killed: the next round starts on a clean folder, without a recovery scan.
    await broker.stop();
    return sample;
  }

  async #runTail(): Promise<Sample> {
    await using folder = await temporaryFolder(this.#context.directory);
    await using broker = await startProductBroker(folder.path);
    await fill(broker, this.#filling);
    const sample = await this.#consume(broker);
    const { readBytes } = sample.processes!.find(({ name }) => name === 'server')!;
    const deliveredBytes = this.#records * this.#passes * this.#shape.valueBytes;
    if (readBytes > tailReadShareMax * deliveredBytes)
      throw new Error(`the broker read ${readBytes} bytes of files: the tail cache does not hold what was written`);
    return sample;
  }

  async #consume(broker: BrokerProcess): Promise<Sample> {
    const { runTimeoutMs } = this.#context.profile;
    const { by, valueBytes } = this.#shape;
    const options = { url: broker.url, topic, records: this.#records, passes: this.#passes, by };
    await using client = Worker.start('product/consume.ts', options satisfies ProductConsumeOptions);
    await client.next('reading', runTimeoutMs);
    const pair = await measurePair<ReadResult>({ client, server: costOf(broker), timeoutMs: runTimeoutMs });
    return checkedSample(pair, this.#records * this.#passes * valueBytes);
  }
}

async function logFiles(dataDir: string): Promise<string[]> {
  const names = await readdir(dataDir, { recursive: true });
  return names
    .filter((name) => name.startsWith(`${topic}-`) && name.endsWith('.log'))
    .map((name) => join(dataDir, name));
}

/** A reader that leaves something out would be fast. */
function checkedSample(pair: MeasuredPair<ReadResult>, valueBytes: number): Sample {
  if (pair.result.valueBytes !== valueBytes)
    throw new Error(`${pair.result.valueBytes} bytes of values were read instead of ${valueBytes}`);
  return rateSample(pair);
}
