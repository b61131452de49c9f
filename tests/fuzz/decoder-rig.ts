import { QError, SaslFault } from '@q/protocol';
import { StorageError } from '@q/storage';
import { Mutator, seededRandom } from '@q/testkit';
import type { RigReport } from '@q/testkit';
import { WireFault } from '../../packages/kafka-gateway/src/wire/fault.ts';
import { partOf, whole } from '../part.ts';
import type { Part } from '../part.ts';
import { RigRun } from '../rig-run.ts';
import { batchTargets } from './batch-targets.ts';
import { groupRecordTarget } from './group-record-target.ts';
import { kafkaTargets } from './kafka-targets.ts';
import { loginTargets } from './login-targets.ts';
import { messageTargets } from './message-targets.ts';
import { storedTargets } from './stored-targets.ts';
import type { FuzzTarget } from './target.ts';
import { webLoginTargets } from './web-login-targets.ts';

export interface FuzzOptions {
  /** Inputs for each decoder (those of the Kafka door get a fiftieth, those of storage a hundredth). */
  readonly count: number;
  readonly seed: number;
  /** A decoder's name, or `name:number` for one input. */
  readonly only?: string;
  /** That share of the decoders. */
  readonly part?: Part;
}

const inputMsMax = 50;
/** Memory is looked at after so many inputs. */
const stretch = 64;

/** Feeds every decoder with wrong inputs; one report for each, so that the smallest count is seen. */
export async function run(options: FuzzOptions): Promise<RigReport[]> {
  const targets = [
    ...messageTargets(),
    ...(await loginTargets()),
    ...(await webLoginTargets()),
    ...(await kafkaTargets()),
    ...batchTargets(),
    groupRecordTarget(),
    ...(await storedTargets()),
  ];
  const [name, number] = (options.only ?? '').split(':') as [string, string | undefined];
  const chosen = name === '' ? targets : targets.filter((target) => target.name === name);
  if (chosen.length === 0)
    throw new Error(`there is no decoder '${name}'; there are: ${targets.map((target) => target.name).join(', ')}`);
  const reports: RigReport[] = [];
  for (const target of partOf(chosen, options.part ?? whole))
    reports.push(await fuzz(target, options, number === undefined ? null : Number(number)));
  return reports;
}

export async function fuzz(
  target: FuzzTarget,
  { count, seed }: Pick<FuzzOptions, 'count' | 'seed'>,
  only: number | null = null,
): Promise<RigReport> {
  const rig = new RigRun(`fuzz/${target.name}`, seed);
  const mutator = new Mutator(target.corpus);
  const inputs = Math.ceil(count * (target.share ?? 1));
  for (let first = only ?? 0; first < (only === null ? inputs : only + 1); first += stretch) {
    const last = only ?? Math.min(inputs, first + stretch) - 1;
    const before = process.memoryUsage().arrayBuffers;
    let inputBytes = 0;
    for (let number = first; number <= last; number += 1) {
      // Each input has a stream of its own: the one that fails is made again without those before it.
      const input = mutator.next(seededRandom(seed ^ Math.imul(number + 1, 0x9e3779b1)));
      inputBytes += input.length;
      await feed(target, input, { rig, seed, number });
    }
    const grownBytes = process.memoryUsage().arrayBuffers - before - inputBytes * 8;
    const bytesMax = (last - first + 1) * target.allocatedBytesMax;
    if (grownBytes > bytesMax)
      rig.fail(
        `inputs ${first} to ${last} of ${target.name} left ${grownBytes} bytes allocated`,
        `--only '${target.name}' --seed ${seed} --count ${last + 1}`,
      );
  }
  return rig.report();
}

async function feed(
  target: FuzzTarget,
  input: Buffer,
  { rig, seed, number }: { rig: RigRun; seed: number; number: number },
): Promise<void> {
  const replay = `--only '${target.name}:${number}' --seed ${seed}`;
  // Decoders may look at their input's memory only, and some targets put it right first.
  const again = Buffer.from(input);
  const startedAt = performance.now();
  const outcome = await outcomeOf(target, input);
  rig.ran(outcome.isTyped ? outcome.what : 'crashed');
  if (!outcome.isTyped) rig.fail(`${target.name}, input ${number}: ${outcome.what}`, replay);
  if (performance.now() - startedAt <= inputMsMax) return;
  // The scheduler and the collector take their time, too: the same input again, by what this thread computes, tells. A
  // large collection may fall into one more try, or two.
  let elapsedMs = Infinity;
  for (let tries = 0; tries < 4 && elapsedMs > inputMsMax; tries += 1) {
    const copy = Buffer.from(again);
    elapsedMs = Math.min(elapsedMs, await computingMs(() => outcomeOf(target, copy)));
  }
  if (elapsedMs > inputMsMax)
    rig.fail(`${target.name}, input ${number}: takes ${Math.round(elapsedMs)} ms for ${again.length} bytes`, replay);
  else rig.count('over 50 ms once, on the clock of a busy machine');
}

async function computingMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

async function outcomeOf(target: FuzzTarget, input: Buffer): Promise<{ isTyped: boolean; what: string }> {
  try {
    const decoding = target.decode(input);
    // Awaiting what is no promise would cost more than most decoders do.
    if (decoding !== undefined) await decoding;
    return { isTyped: true, what: 'accepted' };
  } catch (error) {
    if (QError.is(error) || StorageError.is(error)) return { isTyped: true, what: error.code };
    if (error instanceof WireFault || error instanceof SaslFault) return { isTyped: true, what: error.name };
    return {
      isTyped: false,
      what: error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ') : String(error),
    };
  }
}
