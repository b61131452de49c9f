import type { SeenRecord } from './committed-reads.ts';
import type { PartitionWatcher } from './partition-watcher.ts';
import type { WrittenRecord, WrittenTransaction } from './transaction-history.ts';
import type { TransactionWorld } from './transaction-world.ts';

/** All committed records of one partition, as they are in the end. */
export interface FinalPartition {
  readonly topic: string;
  readonly partition: number;
  readonly logStartOffset: number;
  readonly records: readonly SeenRecord[];
}

export interface FinalTransactions {
  readonly partitions: readonly FinalPartition[];
  /** Of groups: -1 for none. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly workOffset: number;
}

/** Compares what was promised with what is there. */
export function checkTransactions(world: TransactionWorld, final: FinalTransactions): void {
  const seen = new Map<string, { readonly record: SeenRecord; readonly place: FinalPartition }>();
  for (const place of final.partitions) {
    for (const record of place.records) {
      if (seen.has(record.value)) world.problem(`${record.value} is there twice`);
      seen.set(record.value, { record, place });
    }
  }
  const isSeen = (record: WrittenRecord): boolean => {
    const found = seen.get(record.value);
    return found?.place.topic === record.topic && found.record.offset === record.offset;
  };
  for (const transaction of world.history.transactions) checkOne(world, transaction, { final, isSeen, seen });
  checkOrigins(world, seen);
  checkPlain(world, final, seen);
  checkKeys(world, final);
  for (const [groupId, offset] of final.offsets) checkOffset(world, groupId, offset);
  checkWork(world, final);
}

interface Seen {
  readonly final: FinalTransactions;
  readonly seen: ReadonlyMap<string, { readonly record: SeenRecord }>;
  readonly isSeen: (record: WrittenRecord) => boolean;
}

function checkOne(world: TransactionWorld, transaction: WrittenTransaction, { final, seen, isSeen }: Seen): void {
  const { transactionalId, number, end, records } = transaction;
  const name = `transaction ${number} of ${transactionalId}, ${end}`;
  const kept = records.filter(({ topic }) => topic === 'kept' || topic === 'sink');
  const acknowledged = kept.filter(({ offset }) => offset !== null);
  const isThere = records.some(({ value }) => seen.has(value));
  if ((end === 'aborted' || end === 'open') && isThere) world.problem(`${name}: a record of it is shown`);
  if (end !== 'committed' && !isThere) return;
  for (const record of acknowledged)
    if (!isSeen(record)) world.problem(`${name}: ${record.value} at ${record.partition} ${record.offset} is missing`);
  for (const record of records.filter(({ topic, offset }) => topic === 'trimmed' && offset !== null)) {
    const place = final.partitions.find(({ topic }) => topic === 'trimmed')!;
    if (record.offset! >= place.logStartOffset && !isSeen(record)) world.problem(`${name}: ${record.value} is missing`);
  }
}

/** Everything that is shown was written by somebody, and in each partition in the order of its writer. */
function checkOrigins(world: TransactionWorld, seen: ReadonlyMap<string, { readonly record: SeenRecord }>): void {
  const written = new Set(world.history.transactions.flatMap(({ records }) => records.map(({ value }) => value)));
  for (const value of seen.keys())
    if (!written.has(value) && !world.history.plainSent.has(value)) world.problem(`${value} was never written`);
  for (const { number, records } of world.history.transactions) {
    const last = new Map<string, number>();
    for (const { topic, partition, value } of records) {
      const offset = seen.get(value)?.record.offset;
      if (offset === undefined) continue;
      const place = `${topic}/${partition}`;
      if (offset <= (last.get(place) ?? -1)) world.problem(`transaction ${number} is out of order in ${place}`);
      last.set(place, offset);
    }
  }
}

function checkPlain(
  world: TransactionWorld,
  { partitions }: FinalTransactions,
  seen: ReadonlyMap<string, { readonly record: SeenRecord }>,
): void {
  for (const [value, { topic, partition, offset }] of world.history.plain) {
    const place = partitions.find((each) => each.topic === topic && each.partition === partition);
    if (place === undefined || topic === 'compacted' || offset < place.logStartOffset) continue;
    if (seen.get(value)?.record.offset !== offset)
      world.problem(`plain ${value} at ${topic}/${partition} ${offset} is missing`);
  }
}

/** Of each key the last value that was committed is there, or a later one. */
function checkKeys(world: TransactionWorld, { partitions }: FinalTransactions): void {
  const place = partitions.find(({ topic }) => topic === 'compacted')!;
  const newest = new Map<string, number>();
  for (const { key, offset } of place.records) newest.set(key, Math.max(offset, newest.get(key) ?? -1));
  for (const { end, records, number } of world.history.transactions) {
    if (end !== 'committed') continue;
    for (const { topic, key, offset, value } of records)
      if (topic === 'compacted' && offset !== null && offset > (newest.get(key) ?? -1))
        world.problem(`${value} of transaction ${number} was the newest of key ${key}, and is gone`);
  }
}

function checkOffset(world: TransactionWorld, groupId: string, offset: number): void {
  const allowed: number[] = [];
  let isSure = false;
  for (const step of (world.history.offsets.get(groupId) ?? []).toReversed()) {
    if (step.mayBe()) allowed.push(step.offset);
    isSure = step.isSure();
    if (isSure) break;
  }
  if (!isSure) allowed.push(-1);
  if (!allowed.includes(offset)) world.problem(`${groupId} has ${offset}, and not one of ${allowed.join(', ')}`);
}

/** Each record that the group has passed was worked on once, in order; no other one was. */
function checkWork(world: TransactionWorld, { partitions, workOffset }: FinalTransactions): void {
  if (world.plan.workers === 0) return;
  const recordsOf = (topic: string): readonly SeenRecord[] => partitions.find((each) => each.topic === topic)!.records;
  const wanted = recordsOf('source')
    .filter(({ offset }) => offset < workOffset)
    .map(({ value }) => `o:${value}`);
  const made = recordsOf('sink').map(({ value }) => value.split('#')[0]);
  const first = wanted.findIndex((value, index) => made[index] !== value);
  if (made.length !== wanted.length || first >= 0)
    world.problem(`of ${wanted.length} records that were worked on there are ${made.length}; ${first} is another one`);
}

/** Whoever read committed records on the way was shown nothing else than what is committed, and missed nothing. */
export function checkWatcher(world: TransactionWorld, watcher: PartitionWatcher, final: FinalPartition): void {
  const values = new Map(final.records.map(({ offset, value }) => [offset, value]));
  const mayBeGone = watcher.topic === 'compacted';
  for (const { offset, value } of watcher.seen.values()) {
    if (offset < final.logStartOffset || (mayBeGone && !values.has(offset))) continue;
    if (values.get(offset) !== value)
      world.problem(`${watcher.name} showed ${value} at ${offset}, which is not committed: ${values.get(offset)}`);
  }
  for (const { offset, value } of final.records)
    if (offset < watcher.position && !watcher.seen.has(offset) && watcher.topic !== 'trimmed')
      world.problem(`${watcher.name} was read to ${watcher.position} without ${value} at ${offset}`);
}
