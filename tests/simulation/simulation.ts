import { calm, findViolations, formatLog, seededRandom } from '@q/testkit';
import type { FinalState, ReadRecord } from '@q/testkit';
import { scheduleFaults, spoilStop } from './fault-actor.ts';
import { checkCommitted, finishGroup } from './group-check.ts';
import { GroupActor } from './group-actor.ts';
import { finishKafkaGroup, KafkaGroupActor } from './kafka-group-actor.ts';
import { KafkaProducerActor } from './kafka-producer-actor.ts';
import { ProducerActor } from './producer-actor.ts';
import { ReaderActor } from './reader-actor.ts';
import { idOf } from './record-identity.ts';
import { SimulatedBroker } from './simulated-broker.ts';
import { connectClient } from './simulated-client.ts';
import { groupTopic } from './simulated-group.ts';
import { planSimulation } from './simulation-plan.ts';
import type { PlanOverrides, SimulationPlan } from './simulation-plan.ts';
import { simulatedTopics } from './simulated-topics.ts';
import type { SimulatedTopic } from './simulated-topics.ts';
import { TopicActor } from './topic-actor.ts';
import { watchTopics } from './watcher-actor.ts';
import { roomyDiskBytes, World } from './world.ts';

export interface SimulationResult {
  readonly plan: SimulationPlan;
  /** What went wrong, in words; empty when every promise was kept. */
  readonly failures: readonly string[];
  readonly digest: string;
  readonly trace: string;
  readonly sent: number;
  readonly acknowledged: number;
  readonly crashes: number;
  /** Disks after power cuts that were looked at. */
  readonly images: number;
}

/** Simulated ms that a healed world may take to bring everything to its end. */
const liveMsMax = 300_000;
const startMsMax = 60_000;

/** One run: faults for a while, under which nothing may be lost; then none, and everything must come to its end. */
export async function simulate(seed: number, overrides: PlanOverrides = {}): Promise<SimulationResult> {
  const plan = planSimulation(seed, overrides);
  const world = new World(plan);
  const broker = new SimulatedBroker(world);
  const failures = await run(world, broker);
  return {
    plan,
    failures,
    digest: world.trace.digest,
    trace: world.trace.tail(),
    sent: world.history.sentCount,
    acknowledged: world.history.acknowledgedCount,
    crashes: broker.crashes,
    images: broker.images,
  };
}

async function run(world: World, broker: SimulatedBroker): Promise<readonly string[]> {
  const topics = simulatedTopics(world.plan);
  const preparing = prepare(world, broker, topics);
  if (!(await world.settles(preparing, startMsMax))) return [...world.problems, 'stuck: the topics cannot be made'];
  await preparing;
  scheduleFaults(world, broker);
  const actors = Promise.all(startActors(world, topics));
  await world.settles(actors, world.plan.faultsMs);
  await heal(world, broker);
  if (!(await world.settles(actors, liveMsMax)))
    return [...world.problems, 'stuck: faults are over, and somebody still waits'];
  const state = finish(world, broker, topics);
  if (!(await world.settles(state, liveMsMax)))
    return [...world.problems, 'stuck: the records cannot be read at the end'];
  const found = await state.catch((error: unknown) => error as Error);
  if (found instanceof Error) return [...world.problems, `not everything can be read at the end: ${found.message}`];
  const violations = findViolations(world.history, found);
  return [...world.problems, ...violations.map((violation) => JSON.stringify(violation))];
}

async function prepare(world: World, broker: SimulatedBroker, topics: readonly SimulatedTopic[]): Promise<void> {
  await broker.start();
  const q = await connectClient(world);
  for (const { name, partitions, config } of topics) await q.admin.createTopic(name, { partitions, config });
  await q.close();
}

function startActors(world: World, topics: readonly SimulatedTopic[]): Promise<void>[] {
  const { producers, readers, hasTopicChanges, members } = world.plan;
  const promised = topics.filter(({ kind }) => kind !== 'loose');
  const actors = [watchTopics(world, promised)];
  for (let index = 0; index < producers; index += 1)
    actors.push(new ProducerActor({ world, name: `p${index}`, topics }).run());
  for (let index = 0; index < readers; index += 1)
    actors.push(new ReaderActor({ world, name: `r${index}`, topic: promised[index % promised.length]! }).run());
  actors.push(new ReaderActor({ world, name: 'rt', topic: promised[2]! }).run());
  for (let index = 0; index < members; index += 1) actors.push(new GroupActor({ world, name: `m${index}` }).run());
  actors.push(...startKafkaActors(world, topics));
  if (hasTopicChanges) actors.push(new TopicActor(world).run());
  // One that fails is a mistake of the rig; the others go on, so that the run comes to its end and says so.
  return actors.map((actor) =>
    actor.catch((error: unknown) => world.problem(`an actor failed: ${(error as Error).stack}`)),
  );
}

/** With chance of their own: what else is drawn from a seed stays as it was. */
function startKafkaActors(world: World, topics: readonly SimulatedTopic[]): Promise<void>[] {
  const { seed, kafkaProducers, kafkaMembers } = world.plan;
  const random = seededRandom(seed ^ 0x6b62);
  const topic = topics.find(({ kind }) => kind === 'kept')!;
  const actors: Promise<void>[] = [];
  for (let index = 0; index < kafkaProducers; index += 1)
    actors.push(new KafkaProducerActor({ world, name: `kp${index}`, topic, random: random.fork() }).run());
  for (let index = 0; index < kafkaMembers; index += 1)
    actors.push(new KafkaGroupActor({ world, name: `km${index}`, random: random.fork() }).run());
  return actors;
}

async function heal(world: World, broker: SimulatedBroker): Promise<void> {
  world.trace.add('HEAL no more faults');
  world.isHealed = true;
  world.network.weather = calm;
  broker.disk.faults.clear();
  broker.disk.stopAfter(Number.POSITIVE_INFINITY);
  broker.disk.capacityBytes = roomyDiskBytes;
  await world.settles(broker.started(), startMsMax);
  // What some operators do once the disk is good again. The broker goes on by itself, too, and opens what it could not.
  const isRestarted = world.plan.diskFaults > 0 && world.random.chance(0.5);
  if (isRestarted) await world.settles(broker.crash(world.random.chance(0.5) ? 'kill' : 'power'), startMsMax);
}

/** The power fails once more while nothing is under way, and a fresh client reads everything. */
async function finish(world: World, broker: SimulatedBroker, topics: readonly SimulatedTopic[]): Promise<FinalState> {
  if (world.random.chance(0.3)) {
    if (world.random.chance(0.5)) spoilStop(world, broker);
    await broker.close();
    await broker.start();
  } else await broker.crash('power', world.random.pick(['some', 'all'] as const));
  const q = await connectClient(world);
  const records: ReadRecord[] = [];
  const starts = new Map<string, number>();
  for (const { name, kind } of topics) {
    // Retention may still be at work: the start is asked for afterwards, and nothing below it is missed.
    const onOffsetOutOfRange = kind === 'trimmed' ? 'earliest' : 'fail';
    for await (const { partition, offset, key, headers } of q.consumer(name, {
      from: 'earliest',
      stopAtEnd: true,
      onOffsetOutOfRange,
    })) {
      if (kind !== 'loose')
        records.push({ log: formatLog(name, partition), offset, value: idOf(headers), key: key?.toString() ?? null });
    }
    const offsets = await q.admin.listOffsets(name, 'start');
    for (const [partition, offset] of Object.entries(offsets)) starts.set(formatLog(name, Number(partition)), offset);
  }
  if (world.plan.members > 0) {
    await checkCommitted(world, q);
    await finishGroup(world, q);
  }
  if (world.plan.kafkaMembers > 0) {
    const ends = await q.admin.listOffsets(groupTopic, 'end');
    await finishKafkaGroup(world, new Map(Object.entries(ends).map(([partition, end]) => [Number(partition), end])));
  }
  await q.close();
  const compacted = new Set(topics.filter(({ kind }) => kind === 'compacted').map(({ name }) => formatLog(name, 0)));
  return { records, starts, compacted, deleted: world.deletedLogs };
}
