import { sizeName } from '../cases/size-name.ts';
import { spreadOf } from '../measure/spread.ts';
import type { Spread } from '../measure/spread.ts';
import type { Shape } from '../peers/peer.ts';
import type { DoorCost } from './door-cost.ts';
import type { Habit, IdleRun } from './idle.ts';
import type { EndToEnd } from './latency.ts';
import type { SideName } from './side.ts';
import type { Throughput, Work } from './throughput.ts';
import type { DoorRun } from './two-doors.ts';

/** What was measured of everything; null: it could not be, as the failures say. */
export interface KafkaNumbers {
  readonly throughput: readonly Throughput[] | null;
  readonly latency: readonly EndToEnd[] | null;
  readonly doors: readonly DoorRun[] | null;
  readonly idle: readonly IdleRun[] | null;
  readonly doorCost: DoorCost | null;
}

export interface KafkaRow {
  readonly what: string;
  /** The product's number and what it is compared with, each with its unit. */
  readonly ours: string;
  readonly others: string;
  /** Ours divided by the other's, over the rounds; null where the target is a number of its own. */
  readonly ratio: Spread | null;
  readonly target: string;
  readonly isReached: boolean | null;
}

/** A client that is that busy is the limit, whatever the broker could do. */
const busyClientCores = 0.9;
const leastRate: Readonly<Record<Work, number>> = { produce: 1.2, consume: 1 };
const mostCost: Readonly<Record<Work, number>> = { produce: 0.6, consume: 0.8 };
const doorCostMax = 1.15;
const latencyMax = 1;
const idleCoresMax = 0.05;
const startMsMax = 15;
const idleMBMax = 6;

export function judgeKafka({ throughput, latency, doors, idle, doorCost }: KafkaNumbers): KafkaRow[] {
  return [
    ...(throughput === null ? [] : throughputRows(throughput)),
    ...(doors === null ? [] : doorRows(doors)),
    ...(latency === null ? [] : [latencyRow(latency)]),
    ...(idle === null ? [] : [...Map.groupBy(idle, ({ habit }) => habit)].map(([habit, runs]) => idleRow(habit, runs))),
    ...(doorCost === null ? [] : doorCostRows(doorCost)),
  ];
}

function throughputRows(all: readonly Throughput[]): KafkaRow[] {
  const groups = Map.groupBy(all, ({ work, shape }) => `${work} ${nameOf(shape)}`);
  return [...groups].flatMap(([name, runs]) => {
    const { work } = runs[0]!;
    const rates = bySide(runs, ({ recordsPerSecond }) => recordsPerSecond);
    const ratio = ratioOf(rates.q, rates.Kafka);
    const cores = spreadOf(runs.filter(({ side }) => side === 'q').map(({ clientCores }) => clientCores)).median;
    const rate: KafkaRow = {
      what: `${name}, records/s`,
      ours: `${thousands(rates.q)}, client ${percent(cores)} of a core`,
      others: thousands(rates.Kafka),
      ratio,
      target: `>= ${leastRate[work]}, or the client above ${percent(busyClientCores)} of a core`,
      isReached: ratio.median >= leastRate[work] || cores > busyClientCores,
    };
    return [rate, ...costRow(name, work, runs)];
  });
}

function costRow(name: string, work: Work, runs: readonly Throughput[]): KafkaRow[] {
  const told = runs.filter(({ serverMicros }) => serverMicros !== null);
  const micros = bySide(told, ({ serverMicros }) => serverMicros ?? 0);
  if (micros.q.length === 0 || micros.Kafka.length === 0) return [];
  const ratio = ratioOf(micros.q, micros.Kafka);
  return [
    {
      what: `${name}, broker's processor time a record`,
      ours: unit(micros.q, 'us'),
      others: unit(micros.Kafka, 'us'),
      ratio,
      target: `<= ${mostCost[work]}`,
      isReached: ratio.median <= mostCost[work],
    },
  ];
}

function doorRows(all: readonly DoorRun[]): KafkaRow[] {
  const groups = Map.groupBy(all, ({ work, batchBytesMax }) => `${work}, batches of ${batchBytesMax >> 10} KiB`);
  return [...groups].map(([name, runs]) => {
    const micros = (door: DoorRun['door']): number[] =>
      runs.filter((run) => run.door === door).map(({ serverMicros }) => serverMicros);
    const ratio = ratioOf(micros('kafka'), micros('native'));
    return {
      what: `${name}: broker's processor time a record, Kafka door and native door`,
      ours: unit(micros('kafka'), 'us'),
      others: unit(micros('native'), 'us'),
      ratio,
      target: `<= ${doorCostMax}`,
      isReached: ratio.median <= doorCostMax,
    };
  });
}

function latencyRow(all: readonly EndToEnd[]): KafkaRow {
  const p99 = bySide(all, ({ p99Ms }) => p99Ms);
  const p50 = bySide(all, ({ p50Ms }) => p50Ms);
  const ratio = ratioOf(p99.q, p99.Kafka);
  return {
    what: 'end to end p99 at 10,000/s',
    ours: `${unit(p99.q, 'ms')} (p50 ${unit(p50.q, 'ms')})`,
    others: `${unit(p99.Kafka, 'ms')} (p50 ${unit(p50.Kafka, 'ms')})`,
    ratio,
    target: `<= ${latencyMax}`,
    isReached: ratio.median <= latencyMax,
  };
}

function idleRow(habit: Habit, all: readonly IdleRun[]): KafkaRow {
  const text = (side: SideName): string =>
    all
      .filter((run) => run.side === side)
      .map((run) => `${percent(run.cores)} of a core, ${run.requestsPerSecond.toFixed(0)} requests/s`)
      .join('; ');
  const ours = all.find(({ side }) => side === 'q');
  return {
    what: `1,000 idle classic consumers in 100 groups, as ${habit} polls`,
    ours: text('q'),
    others: text('Kafka'),
    ratio: null,
    target: `< ${percent(idleCoresMax)} of a core`,
    isReached: ours === undefined ? null : ours.cores < idleCoresMax,
  };
}

function doorCostRows({ startMs, idleMB }: DoorCost): KafkaRow[] {
  const row = (
    what: string,
    { open, shut }: DoorCost['startMs'],
    { max, name }: { readonly max: number; readonly name: string },
  ): KafkaRow => ({
    what,
    ours: unit(open, name),
    others: `${unit(shut, name)} with the door shut`,
    ratio: null,
    target: `+${max} ${name} at most`,
    isReached: spreadOf(open).median - spreadOf(shut).median <= max,
  });
  return [
    row('start to ready', startMs, { max: startMsMax, name: 'ms' }),
    row('idle memory', idleMB, { max: idleMBMax, name: 'MB' }),
  ];
}

function bySide<T extends { readonly side: SideName }>(
  runs: readonly T[],
  pick: (run: T) => number,
): Record<SideName, number[]> {
  const of = (side: SideName): number[] => runs.filter((run) => run.side === side).map(pick);
  return { q: of('q'), Kafka: of('Kafka') };
}

/** Round by round. */
function ratioOf(ours: readonly number[], others: readonly number[]): Spread {
  const rounds = Math.min(ours.length, others.length);
  return spreadOf(Array.from({ length: rounds }, (_, round) => ours[round]! / others[round]!));
}

function nameOf({ valueBytes, partitions }: Shape): string {
  return `${sizeName(valueBytes)}, ${partitions} part.`;
}

function thousands(values: readonly number[]): string {
  return `${(spreadOf(values).median / 1000).toFixed(0)} k`;
}

function unit(values: readonly number[], name: string): string {
  const { median } = spreadOf(values);
  return `${median.toFixed(median < 10 ? 2 : 0)} ${name}`;
}

function percent(cores: number): string {
  const value = cores * 100;
  return `${value.toFixed(value < 10 ? 1 : 0)} %`;
}
