import { findBounds } from './committed-reads.ts';
import { groupOffset } from './group-offset.ts';
import { PartitionWatcher } from './partition-watcher.ts';
import { PlainActor } from './plain-actor.ts';
import { TransactionActor } from './transaction-actor.ts';
import { simulatedCaller, TransactionBroker } from './transaction-broker.ts';
import { checkOffset, checkTransactions, checkWatcher, checkWork } from './transaction-check.ts';
import type { FinalPartition } from './transaction-check.ts';
import { healTransactions, scheduleTransactionFaults } from './transaction-faults.ts';
import { planTransactions } from './transaction-plan.ts';
import type { TransactionPlan } from './transaction-plan.ts';
import { TransactionSession } from './transaction-session.ts';
import { TransactionWorld } from './transaction-world.ts';
import { workGroup, WorkerActor } from './worker-actor.ts';

export interface TransactionSimulationResult {
  readonly plan: TransactionPlan;
  /** What went wrong, in words; empty when every promise was kept. */
  readonly failures: readonly string[];
  readonly digest: string;
  readonly trace: string;
  readonly transactions: number;
  readonly committed: number;
  readonly crashes: number;
}

const startMsMax = 60_000;
const liveMsMax = 300_000;
/** After its time-out a transaction is over within this. */
const boundMs = 15_000;
const plainRecords = 40;
const sourceRecords = 60;

/** One run: faults for a while; then none, and everything must come to its end, and be as it was promised. */
export async function simulateTransactions(
  seed: number,
  overrides: Partial<TransactionPlan> = {},
): Promise<TransactionSimulationResult> {
  const plan = { ...planTransactions(seed), ...overrides };
  const world = new TransactionWorld(plan);
  const broker = new TransactionBroker(world);
  await run(world, broker);
  const { transactions } = world.history;
  return {
    plan,
    failures: world.problems,
    digest: world.trace.digest,
    trace: world.trace.tail(),
    transactions: transactions.length,
    committed: transactions.filter(({ end }) => end === 'committed').length,
    crashes: broker.crashes,
  };
}

async function run(world: TransactionWorld, broker: TransactionBroker): Promise<void> {
  if (!(await settled(world, prepare(world, broker), startMsMax))) return world.problem('stuck: no start');
  scheduleTransactionFaults(world, broker);
  const watchers = watchersOf(world, broker);
  const actors = Promise.all([
    ...startActors(world, broker),
    ...watchers.map((watcher) => guard(world, watcher.run())),
  ]);
  await world.settles(actors, world.plan.faultsMs);
  world.isHealed = true;
  world.trace.add('HEAL');
  healTransactions(broker);
  if (!(await settled(world, actors, liveMsMax))) return world.problem('stuck: somebody still waits');
  if (!(await settled(world, finish(world, broker, watchers), liveMsMax))) world.problem('stuck: the end');
}

async function settled(world: TransactionWorld, promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  return await world.settles(guard(world, promise), limitMs);
}

/** One that fails is a mistake of the rig, or of a service that throws what it should not. */
async function guard(world: TransactionWorld, promise: Promise<unknown>): Promise<void> {
  await promise.catch((error: unknown) => world.problem(`it failed: ${(error as Error).stack}`));
}

async function prepare(world: TransactionWorld, broker: TransactionBroker): Promise<void> {
  await broker.start();
  const { segmentBytes, partitions } = world.plan;
  const small = { 'segment.bytes': String(segmentBytes), 'file.delete.delay.ms': '100' };
  const compacted = {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0.01',
    'delete.retention.ms': String(world.random.pick([1, 300, 5_000])),
  };
  const topics = [
    { name: 'kept', partitions, settings: small },
    { name: 'compacted', partitions: 1, settings: { ...small, ...compacted } },
    { name: 'trimmed', partitions: 1, settings: { ...small, 'retention.bytes': String(3 * segmentBytes) } },
    { name: 'doomed', partitions: 1, settings: small },
    { name: 'source', partitions: 1, settings: small },
    { name: 'sink', partitions: 1, settings: small },
  ];
  for (const { settings, ...topic } of topics) {
    const configs = Object.entries(settings).map(([key, value]) => ({ key, value }));
    const { topicId } = await broker.ask(({ topicChanges }) =>
      topicChanges.create({ ...topic, replicas: 1, configs, validateOnly: false }, simulatedCaller),
    );
    world.topicIds.set(topic.name, topicId);
  }
}

function watchersOf(world: TransactionWorld, broker: TransactionBroker): PartitionWatcher[] {
  const kept = Array.from({ length: world.plan.partitions }, (_, partition) => ({ topic: 'kept', partition }));
  const others = ['compacted', 'trimmed', 'sink', 'source'].map((topic) => ({ topic, partition: 0 }));
  return [...kept, ...others].map((place) => new PartitionWatcher({ world, broker, ...place }));
}

function startActors(world: TransactionWorld, broker: TransactionBroker): Promise<void>[] {
  const { ids, rivals, oldIds, workers, partitions } = world.plan;
  const actors: Promise<void>[] = [];
  for (let index = 0; index < ids + rivals; index += 1) {
    const isAlone = index >= rivals && index < ids;
    const isOld = isAlone && index >= ids - oldIds;
    const transactionalId = `id-${index % ids}`;
    actors.push(new TransactionActor(new TransactionSession({ world, broker, transactionalId, isOld, isAlone })).run());
  }
  const plain = (topic: string, count: number): Promise<void> =>
    new PlainActor({ world, broker, topic, partitions: topic === 'kept' ? partitions : 1 }).run(count);
  actors.push(plain('kept', plainRecords), plain('trimmed', plainRecords));
  let isSourceOver = workers === 0;
  if (workers > 0) actors.push(plain('source', sourceRecords).then(() => void (isSourceOver = true)));
  for (let index = 0; index < workers; index += 1) {
    const session = new TransactionSession({ world, broker, transactionalId: 'worker', isAlone: workers === 1 });
    actors.push(new WorkerActor(session, () => isSourceOver).run());
  }
  return actors.map((actor) => guard(world, actor));
}

/** Perhaps a last crash; then nothing may be left open once its time is over. */
async function finish(world: TransactionWorld, broker: TransactionBroker, watchers: readonly PartitionWatcher[]) {
  const last = world.random.pick(['power', 'clean', 'none'] as const);
  if (last === 'power') await broker.crash('power', world.random.pick(['some', 'all'] as const));
  if (last === 'clean') await broker.restart();
  await world.sleep(world.plan.timeoutMsMax + boundMs);
  for (const { transactionalId, state } of await broker.ask(({ transactions }) => transactions.list(simulatedCaller)))
    if (state === 'ongoing' || state.startsWith('prepare')) world.problem(`${transactionalId} hangs: ${state}`);
  const partitions: FinalPartition[] = [];
  for (const watcher of watchers) partitions.push(await finishPartition(world, broker, watcher));
  checkTransactions(world, partitions);
  const offsetOf = (groupId: string): Promise<number> =>
    broker.ask((services) => groupOffset(services, groupId, world.topicId('source')));
  for (const groupId of world.history.offsets.keys()) checkOffset(world, groupId, await offsetOf(groupId));
  if (world.plan.workers === 0) return;
  const partitionOf = (topic: string): FinalPartition => partitions.find((each) => each.topic === topic)!;
  const workOffset = await offsetOf(workGroup);
  checkWork(world, { source: partitionOf('source'), sink: partitionOf('sink'), workOffset });
}

/** Whoever has read on the way reads on; whoever comes new reads everything. */
async function finishPartition(
  world: TransactionWorld,
  broker: TransactionBroker,
  watcher: PartitionWatcher,
): Promise<FinalPartition> {
  const { topic, partition } = watcher;
  while (await watcher.look());
  const fresh = new PartitionWatcher({ world, broker, topic, partition });
  const found = await broker.ask((services) => findBounds(services, { topicId: world.topicId(topic), partition }));
  if (found.lastStableOffset !== found.highWatermark)
    world.problem(`${watcher.name} hangs at ${found.lastStableOffset} of ${found.highWatermark}`);
  fresh.position = found.logStartOffset;
  while (await fresh.look());
  if (fresh.position !== found.highWatermark)
    world.problem(`${watcher.name} ends at ${found.highWatermark}, and is read to ${fresh.position}`);
  const records = [...fresh.seen].map(([offset, { value, key }]) => ({ offset, value, key }));
  const final = { topic, partition, logStartOffset: found.logStartOffset, readTo: found.highWatermark, records };
  checkWatcher(world, watcher, final);
  return final;
}
