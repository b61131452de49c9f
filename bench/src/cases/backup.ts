import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BrokerProcess } from '@q/testkit';
import type { Case, Sample } from '../case.ts';
import type { Percentiles } from '../measure/latencies.ts';
import { Worker } from '../measure/worker.ts';
import { costOf, startProductBroker, temporaryFolder } from '../product/broker.ts';
import { commandMain } from '../product/build.ts';
import type { ProductLatencyOptions } from '../product/latency.ts';
import type { RunContext } from '../run-context.ts';
import { whyNoRoom } from './disk-room.ts';
import { fill } from './filled-topic.ts';
import { measurePair } from './measured-pair.ts';

const run = promisify(execFile);
const valueBytes = 10_000;
const ratePerSecond = 1000;

/**
 * A backup beside a plain copy of the same folder, both synced at their end; and what produces of another topic notice
 * of backups that are made one after the other.
 */
export function backupCases(context: RunContext): Case[] {
  const megabytes = context.profile.cells === 'all' ? 2048 : 8;
  const filled = new FilledBroker(context, megabytes);
  const cases: Case[] = [
    {
      name: `${megabytes} MiB, to a folder`,
      group: 'backup',
      unit: 'ms',
      better: 'lower',
      base: 'a plain copy of the data folder',
      rounds: context.profile.slowRounds,
      estimate: { prepareMs: 5 * megabytes, runMs: 4 * megabytes },
      whyNot: () => whyNoRoom(context.directory, 3 * megabytes * 2 ** 20),
      prepare: () => filled.start(),
      cleanUp: () => filled.stop(),
      variants: [
        { name: 'base', run: () => filled.timed((to) => copy(filled.dataDir, to)) },
        { name: 'product', run: () => filled.timed((to) => backUp(filled.broker, to)) },
      ],
    },
    {
      name: `acknowledgements at ${ratePerSecond.toLocaleString('en')}/s, p99`,
      group: 'backup',
      unit: 'ms',
      better: 'lower',
      base: 'the same without a backup',
      rounds: context.profile.slowRounds,
      estimate: { prepareMs: 5 * megabytes, runMs: 3 * context.profile.measureMs + 2_000 },
      whyNot: () => whyNoRoom(context.directory, 3 * megabytes * 2 ** 20),
      prepare: () => filled.start(),
      cleanUp: () => filled.stop(),
      variants: [
        { name: 'base', run: () => filled.latency({ backsUp: false }) },
        { name: 'product', run: () => filled.latency({ backsUp: true }) },
      ],
    },
  ];
  // The second takes long to say anything.
  return context.profile.cells === 'all' ? cases : cases.slice(0, 1);
}

/** The plain copy reads what the broker may be writing: it is a yardstick, and no backup. */
async function copy(from: string, to: string): Promise<void> {
  await run('sh', ['-c', 'cp -a "$0" "$1" && sync -f "$1"', from, to]);
}

async function backUp({ adminUrl }: BrokerProcess, to: string): Promise<void> {
  const args = [commandMain, 'backup', 'create', to, '--full', '--admin-url', adminUrl];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`q backup create ended with ${code}`);
}

/** A broker with so much in it, for all rounds of a case. */
class FilledBroker {
  readonly #context: RunContext;
  readonly #megabytes: number;
  #folder: (AsyncDisposable & { readonly path: string }) | null = null;
  #broker: BrokerProcess | null = null;
  #copies = 0;

  constructor(context: RunContext, megabytes: number) {
    this.#context = context;
    this.#megabytes = megabytes;
  }

  get broker(): BrokerProcess {
    return this.#broker!;
  }

  get dataDir(): string {
    return join(this.#folder!.path, 'data');
  }

  async start(): Promise<void> {
    this.#folder = await temporaryFolder(this.#context.directory);
    this.#broker = await startProductBroker(this.dataDir);
    await fill(this.#broker, {
      topic: 'filled',
      partitions: 8,
      shape: { valueBytes, codec: 'none', isVaried: true },
      records: Math.ceil((this.#megabytes * 2 ** 20) / valueBytes),
      durability: 'os',
      fromMs: null,
      isNew: true,
    });
  }

  async stop(): Promise<void> {
    await this.#broker?.kill();
    await this.#folder?.[Symbol.asyncDispose]();
  }

  async timed(work: (to: string) => Promise<void>): Promise<Sample> {
    this.#copies += 1;
    const to = join(this.#folder!.path, `copy-${this.#copies}`);
    const startMs = performance.now();
    await work(to);
    const value = performance.now() - startMs;
    await run('rm', ['-rf', to]);
    return { value, details: { megabytesPerSecond: (this.#megabytes / value) * 1000 } };
  }

  async latency({ backsUp }: { readonly backsUp: boolean }): Promise<Sample> {
    const { runTimeoutMs, warmUpMs, measureMs } = this.#context.profile;
    this.#copies += 1;
    const options = { url: this.broker.url, topic: `t${this.#copies}`, durability: 'fsync' as const, ratePerSecond };
    await using client = Worker.start('product/latency.ts', {
      ...options,
      valueBytes: 100,
      warmUpMs,
      measureMs: 3 * measureMs,
    } satisfies ProductLatencyOptions);
    const measuring = measurePair<{ readonly acknowledgement: { readonly percentiles: Percentiles } }>({
      client,
      server: costOf(this.broker),
      timeoutMs: runTimeoutMs,
    });
    const over = new AbortController();
    const backups = backsUp ? this.#backUpUntil(over.signal) : Promise.resolve();
    const { result, processes } = await measuring.finally(() => over.abort());
    await backups;
    const { percentiles } = result.acknowledgement;
    return { value: percentiles.p99Ms, details: { ...percentiles }, processes };
  }

  async #backUpUntil(signal: AbortSignal): Promise<void> {
    const to = join(this.#folder!.path, 'again');
    while (!signal.aborted) {
      await backUp(this.broker, to);
      await run('rm', ['-rf', to]);
    }
  }
}
