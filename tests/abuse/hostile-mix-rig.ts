import { mkdtemp, rm } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { Stats } from '@q/protocol';
import { BrokerProcess } from '@q/testkit';
import type { RigReport } from '@q/testkit';
import { residentBytes } from '../resident-memory.ts';
import { RigRun } from '../rig-run.ts';
import { WireConnection } from '../wire-connection.ts';
import { budgetBytes, limits as abuseLimits } from './abuse-limits.ts';
import { Child } from './child.ts';
import type { HonestEnd, Latencies } from './honest-client.ts';
import type { Latency } from './latency.ts';

export interface HostileMixOptions {
  readonly seconds: number;
  /** Idle connections; as many as there are descriptors for when missing. */
  readonly idleConnections?: number;
  /** Whether latencies are judged: on a busy machine they say nothing. Default true. */
  readonly judgesTime?: boolean;
}

const KiB = 1024;
const MiB = 1024 * KiB;
const brokerMain = fileURLToPath(new URL('../../apps/broker/src/main.ts', import.meta.url));
const honestProgram = fileURLToPath(new URL('honest-client.ts', import.meta.url));
const bareDiskProgram = fileURLToPath(new URL('bare-disk.ts', import.meta.url));
const turnMonitor = new URL('turn-monitor.ts', import.meta.url).href;
const crowdProgram = fileURLToPath(new URL('hostile-crowd.ts', import.meta.url));

const idleConnectionsMax = 10_000;
/** Descriptors beside the idle connections, of the broker and of the crowd. */
const otherDescriptors = 1_500;
/** Nothing is judged before the honest client has run warm. */
const warmUpMs = 3_000;
const slowdownMax = 3;
/** What shares two cores with two other programs is held up for this long by nobody's fault. */
const p99MsLeast = 5;
/**
 * Generous, as more comes at once in a turn when the machine is busy, and a collection of garbage is part of one.
 * Before batches were checked apart, the mix had turns of 510 ms, and one in a hundred was as long.
 */
const turnMsMax = { p99: 30, max: 100 };

/**
 * The small budgets of the abuse rigs, with time for a byte a second, and long polls beyond what is held. One check of
 * a large batch at a time: with two, and one of a huge one, three threads would want the two cores that the mix is
 * meant for.
 */
const limits = {
  ...abuseLimits,
  frameTimeoutMs: 10_000,
  connectionHeldMax: 8_000,
  brokerHeldMax: 50_000,
  checksMax: 1,
} as const;

/**
 * What the broker may hold beside its budgets: idle connections, what a large batch becomes (V8 may leave another two),
 * held requests.
 */
function extraBytes(idleConnections: number): number {
  return idleConnections * 40 * KiB + 3 * 64 * MiB + limits.brokerHeldMax * KiB;
}

/**
 * An honest client beside everything hostile at once, each in a process of its own: how long its records take, first
 * alone and then in the mix, and what the broker's memory grows to.
 */
export async function run({
  seconds,
  idleConnections = affordableConnections(),
  judgesTime = true,
}: HostileMixOptions): Promise<RigReport> {
  const rig = new RigRun('hostile-mix', 0);
  const replay = `--seconds ${seconds}`;
  let mix = await measure({ seconds, idleConnections });
  const isTimeAlone = mix.faults.length === 0 && mix.honest.troubles.length === 0;
  if (judgesTime && isTimeAlone && ways.some((way) => isSlow(mix, way))) {
    // A disk or a host that stood still for a moment does not do so twice; a broker that is held up by the crowd is so
    // each time.
    rig.note('measured again, produce and fetch p99 ms before', ways.map((way) => mix.hostile[way].p99Ms).join(', '));
    mix = await measure({ seconds, idleConnections });
  }
  judge(rig, mix, { replay, idleConnections, judgesTime });
  return rig.report();
}

const ways = ['produce', 'fetch'] as const;

function isSlow(mix: Mix, way: (typeof ways)[number]): boolean {
  return mix.hostile[way].p99Ms > slowdownMax * quietP99Ms(mix, way);
}

/**
 * What the client would see without the crowd: what it saw before that came, or what the disk alone takes while it is
 * there.
 */
function quietP99Ms({ alone, disk }: Mix, way: (typeof ways)[number]): number {
  return Math.max(alone[way].p99Ms, disk.p99Ms, p99MsLeast);
}

function judge(rig: RigRun, mix: Mix, o: { replay: string; idleConnections: number; judgesTime: boolean }): void {
  const { replay, idleConnections, judgesTime } = o;
  rig.ran('honest records in the mix', mix.hostile.fetch.records);
  for (const trouble of mix.honest.troubles) rig.fail(`the honest client: ${trouble}`, replay);
  for (const fault of mix.faults) rig.fail(`the broker failed in a way that it did not foresee: ${fault}`, replay);
  if (mix.honest.read < mix.honest.acknowledged)
    rig.fail(`${mix.honest.acknowledged} records were acknowledged, ${mix.honest.read} read`, replay);
  if ((mix.done['idle connections kept'] ?? 0) < idleConnections)
    rig.fail(`${mix.done['idle connections kept'] ?? 0} of ${idleConnections} idle connections were kept`, replay);
  judgeMemory(rig, mix, { replay, allowedBytes: budgetBytes + extraBytes(idleConnections) });
  for (const way of ways) {
    const [before, during] = [mix.alone[way], mix.hostile[way]];
    rig.note(`${way} ms alone (p50, p99, max)`, `${before.p50Ms}, ${before.p99Ms}, ${before.maxMs}`);
    rig.note(`${way} ms in the mix (p50, p99, max)`, `${during.p50Ms}, ${during.p99Ms}, ${during.maxMs}`);
    const allowedMs = slowdownMax * quietP99Ms(mix, way);
    if (judgesTime && isSlow(mix, way))
      rig.fail(
        `the p99 of ${way} was ${during.p99Ms} ms in the mix, ${before.p99Ms} alone, that of the bare disk ${mix.disk.p99Ms}: more than ${allowedMs} ms`,
        replay,
      );
  }
  rig.note('bare disk ms in the mix (p50, p99, max)', `${mix.disk.p50Ms}, ${mix.disk.p99Ms}, ${mix.disk.maxMs}`);
  rig.note('broker cores', mix.brokerCores);
  rig.note('turn of the event loop, processor ms (p99, max)', `${mix.turns.turnP99Ms}, ${mix.turns.turnMaxMs}`);
  if (mix.turns.turnP99Ms > turnMsMax.p99)
    rig.fail(
      `one turn in a hundred of the event loop took ${mix.turns.turnP99Ms} ms of processor time or more`,
      replay,
    );
  if (mix.turns.turnMaxMs > turnMsMax.max)
    rig.fail(`a turn of the event loop took ${mix.turns.turnMaxMs} ms of processor time`, replay);
  for (const [what, times] of Object.entries(mix.done)) rig.note(what, times);
}

/** Processor time of the broker's main thread from one look at its timers to the next (see turn-monitor.ts). */
interface Turns {
  readonly turnP99Ms: number;
  readonly turnMaxMs: number;
}

interface Mix {
  readonly alone: Latencies;
  readonly hostile: Latencies;
  /** A process that writes and syncs as often, while the mix goes on. */
  readonly disk: Latency;
  readonly honest: HonestEnd;
  readonly idleBytes: number;
  readonly peakBytes: number;
  /** Of a core, while the mix went on. */
  readonly brokerCores: number;
  readonly turns: Turns;
  readonly done: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

async function measure(o: { seconds: number; idleConnections: number }): Promise<Mix> {
  const folder = await mkdtemp(join(tmpdir(), 'q-hostile-'));
  try {
    return await measureIn(folder, o);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureIn(
  folder: string,
  { seconds, idleConnections }: { seconds: number; idleConnections: number },
): Promise<Mix> {
  const args = Object.entries(limits).flatMap(([name, value]) => ['--limit', `${name}=${value}`]);
  await using broker = await BrokerProcess.start({
    main: brokerMain,
    args: ['--data-dir', join(folder, 'data'), ...args],
    nodeFlags: ['--import', turnMonitor],
  });
  await using watcher = await WireConnection.open(broker.url);
  await using honest = new Child(honestProgram, [broker.url]);
  await using bareDisk = new Child(bareDiskProgram, [join(folder, 'bare-disk')]);
  await honest.ask('begin');
  await pause(warmUpMs);
  await honest.ask('latencies');
  await pause(Math.max(5_000, Math.min(60_000, (seconds * 1000) / 3)));
  const alone = await honest.ask<Latencies>('latencies');

  const idleBytes = residentBytes(broker.pid);
  let peakBytes = idleBytes;
  const watch = setInterval(() => (peakBytes = Math.max(peakBytes, residentBytes(broker.pid))), 50);
  try {
    await using crowd = new Child(crowdProgram, [broker.port, broker.kafkaPort, idleConnections].map(String));
    await crowd.ask('begin');
    await pause(warmUpMs);
    await honest.ask('latencies');
    await bareDisk.ask('latencies');
    process.kill(broker.pid, 'SIGUSR2');
    const before = await watcher.call(Stats, {});
    await pause(seconds * 1000);
    const hostile = await honest.ask<Latencies>('latencies');
    const disk = await bareDisk.ask<Latency>('latencies');
    const after = await watcher.call(Stats, {});
    const turns = turnsIn(broker.log);
    const cpuMs = after.cpuUserMs + after.cpuSystemMs - before.cpuUserMs - before.cpuSystemMs;
    const done = await crowd.ask<Record<string, number>>('end');
    const account = await honest.ask<HonestEnd>('end');
    const faults = broker.log
      .split('\n')
      .filter((line) => line.includes('request failed') || line.includes('could not be served'));
    const brokerCores = Math.round((cpuMs / (after.uptimeMs - before.uptimeMs)) * 100) / 100;
    return { alone, hostile, disk, honest: account, idleBytes, peakBytes, brokerCores, turns, done, faults };
  } finally {
    clearInterval(watch);
  }
}

function turnsIn(log: string): Turns {
  const line = log.split('\n').findLast((each) => each.startsWith('{"turnP99Ms"'));
  if (line === undefined) throw new Error('the broker did not tell how long its turns were');
  return JSON.parse(line) as Turns;
}

function judgeMemory(
  rig: RigRun,
  { idleBytes, peakBytes }: Mix,
  { replay, allowedBytes }: { replay: string; allowedBytes: number },
): void {
  const grownBytes = peakBytes - idleBytes;
  rig.note('idle MiB', Math.round(idleBytes / MiB));
  rig.note('grown MiB', Math.round(grownBytes / MiB));
  rig.note('allowed MiB', Math.round(allowedBytes / MiB));
  if (grownBytes > allowedBytes)
    rig.fail(
      `the broker grew by ${Math.round(grownBytes / MiB)} MiB, more than ${Math.round(allowedBytes / MiB)}`,
      replay,
    );
}

/** As many as the limit of open files allows, which the processes that this one starts inherit. */
function affordableConnections(): number {
  const files = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  const descriptors = files === 'unlimited' ? Number.POSITIVE_INFINITY : Number(files);
  return Math.max(0, Math.min(idleConnectionsMax, descriptors - otherDescriptors));
}
