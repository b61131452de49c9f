import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotError } from './client-program.ts';
import type { ClientProgram } from './client-program.ts';
import type { Feature } from './feature.ts';
import type { KafkaClient, Prepared } from './kafka-client.ts';
import { KafkaBroker } from './kafka-broker.ts';
import { Stage } from './stage.ts';

/** What came of one feature. `cannot`: the client has no such thing. */
export type Verdict = 'yes' | 'no' | 'cannot';

export interface FeatureResult {
  readonly feature: Feature;
  readonly verdict: Verdict;
  /** Why not, or what is worth a line in the log. */
  readonly why: string;
  readonly seconds: number;
}

export interface ClientResult {
  readonly client: string;
  /** Why it was not tried at all; else null. */
  readonly skipped: string | null;
  readonly version: string;
  readonly features: readonly FeatureResult[];
  /** What the broker itself said it had failed in. */
  readonly brokerFaults: readonly string[];
}

export interface ClientRunOptions {
  readonly client: KafkaClient;
  readonly features: readonly Feature[];
  readonly cacheFolder: string;
  readonly seed: number;
  readonly onResult: (client: string, result: FeatureResult) => void;
  readonly signal: AbortSignal;
}

/** Whatever a feature waits for has a bound of its own; this one is for what nobody thought of. */
const featureMsMax = 150_000;

/** Tries one client on a broker of its own. A feature that fails gets the next one a new program. */
export async function runClient({
  client,
  features,
  cacheFolder,
  seed,
  onResult,
  signal,
}: ClientRunOptions): Promise<ClientResult> {
  const folder = join(cacheFolder, client.name.replaceAll(/[^\w.-]/g, '_'));
  await mkdir(folder, { recursive: true });
  const prepared = await prepare(client, folder);
  if ('missing' in prepared)
    return { client: client.name, skipped: prepared.missing, version: '', features: [], brokerFaults: [] };
  const data = await mkdtemp(join(tmpdir(), 'q-kafka-'));
  const results: FeatureResult[] = [];
  try {
    await using broker = await KafkaBroker.start(data);
    await using programs = new Programs(() => prepared.start(broker.bootstrap));
    const { version } = await programs.current.ask('hello', {}, 60_000);
    for (const feature of features) {
      if (signal.aborted) break;
      const stage = new Stage(
        {
          broker,
          startProgram: programs.start,
          example: prepared.example,
          prefix: `${client.name.replaceAll(/\W/g, '')}-${results.length}`,
          seed,
        },
        programs.current,
      );
      const result = await tryFeature(feature, stage);
      if (result.verdict === 'no') await programs.replace();
      results.push(result);
      onResult(client.name, result);
    }
    return { client: client.name, skipped: null, version, features: results, brokerFaults: faultsIn(broker.log) };
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

/** What cannot be brought is a reason to skip; what was brought and does not work is not. */
async function prepare(client: KafkaClient, folder: string): Promise<Prepared> {
  try {
    return await client.prepare(folder);
  } catch (error) {
    return { missing: `its packages could not be brought: ${String(error)}` };
  }
}

async function tryFeature(feature: Feature, stage: Stage): Promise<FeatureResult> {
  const begin = performance.now();
  const seconds = (): number => (performance.now() - begin) / 1000;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('the feature took too long')), featureMsMax);
  try {
    const words = await Promise.race([feature.run(stage), late.promise]);
    return { feature, verdict: 'yes', why: words ?? '', seconds: seconds() };
  } catch (error) {
    const cannot = whatItCannot(error);
    if (cannot !== undefined) return { feature, verdict: 'cannot', why: cannot.message, seconds: seconds() };
    return { feature, verdict: 'no', why: wordsOf(error), seconds: seconds() };
  } finally {
    clearTimeout(timer);
    await stage[Symbol.asyncDispose]();
  }
}

/** Several programs may have been asked at once. */
function whatItCannot(error: unknown): CannotError | undefined {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.find((each) => each instanceof CannotError);
}

function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  const place = error.stack?.split('\n').find((line) => line.includes('/features/'));
  return place === undefined
    ? error.message
    : `${error.message} ${place.trim().replace(/file:.*\/features/, 'features')}`;
}

/** Its own mistakes a broker writes down. */
function faultsIn(log: string): string[] {
  return log.split('\n').filter((line) => /request failed|could not be (served|encoded)/.test(line));
}

/** The program that features share, and how to start more. */
class Programs implements AsyncDisposable {
  readonly start: () => ClientProgram;
  current: ClientProgram;

  constructor(start: () => ClientProgram) {
    this.start = start;
    this.current = start();
  }

  async replace(): Promise<void> {
    await this.current.kill();
    this.current = this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.current.kill();
  }
}
